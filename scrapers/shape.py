"""Taking values out of foreign JSON, and stopping when its shape is not the one we know."""

from __future__ import annotations

from typing import TypeVar, cast

T = TypeVar("T")


class LayoutChanged(Exception):
    """An answer is unlike anything this reader knows; the message names what was missing."""


_MISSING = object()


def _walk(data: object, path: str) -> object:
    value = data
    for step in path.split(".") if path else ():
        if isinstance(value, dict):
            value = value.get(step, _MISSING)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return _MISSING
    return value


def _at(data: object, path: str) -> object:
    value = data.get(path, _MISSING) if type(data) is dict and path else _MISSING
    return _walk(data, path) if value is _MISSING else value


def need(data: object, path: str, kind: type[T]) -> T:
    """The value at a dotted path ("module.0.mailNo"); raises LayoutChanged where it is absent or of another type."""
    value = _at(data, path)
    if value is _MISSING:
        raise LayoutChanged(f"{path or 'the answer'} is missing")
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise LayoutChanged(f"{path or 'the answer'} is not {_word(kind)}")
    return value


def maybe(data: object, path: str, kind: type[T]) -> T | None:
    """The value at a path, or None where it is absent, null or of another type: for what we can do without."""
    value = _at(data, path)
    if value is _MISSING or not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        return None
    return value


def text(data: object, path: str) -> str:
    """A text or number at a path as stripped text, "" where there is none. Ids stay text, whatever JSON made of them.

    Half a surrogate pair, which JSON can smuggle in but nothing can store or print, becomes "?".
    """
    # As in `_at`, without the call: every scan has several such texts.
    value = data.get(path, _MISSING) if type(data) is dict and path else _MISSING
    if value is _MISSING:
        value = _walk(data, path)
    if type(value) is str and value.isascii():
        return value.strip()
    return as_text(value)


def as_text(value: object) -> str:
    """A text or number of an answer as `text` reads it."""
    if type(value) is str:
        if value.isascii():
            return value.strip()
        return value.encode("utf-8", "replace").decode("utf-8").strip()
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return str(value)
        except ValueError:  # thousands of digits: not an id of anything
            return ""
    return ""


def rows(data: object, path: str) -> list[dict[str, object]]:
    """A list of objects at a path; raises LayoutChanged where it is no list or holds anything else."""
    values = need(data, path, list)
    for value in values:
        if not isinstance(value, dict):
            raise LayoutChanged(f"{path} holds something other than objects")
    return cast("list[dict[str, object]]", values)


def _word(kind: type) -> str:
    return {dict: "an object", list: "a list", str: "text", int: "a number", bool: "true or false"}.get(
        kind, kind.__name__
    )
