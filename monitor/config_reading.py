"""From a table of TOML to a section of the config: each value checked, and what is wrong told with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from msgspec import Struct, ValidationError, convert
from msgspec.structs import FieldInfo, fields

KeyPath = tuple[str, ...]


class Section(Struct, frozen=True, kw_only=True):
    """A table of config.toml. A key's type may name further checks: `Annotated[str, a_function]`.

    A check takes the value and returns what is kept, or raises ValueError with what to write instead.
    """


S = TypeVar("S", bound=Section)
_WORDS = {
    "int": "a whole number", "float": "a number", "str": "a text", "bool": "true or false", "array": "a list",
    "object": "a table",
}  # fmt: skip


class Refused(Exception):
    """A value that cannot be used: the path of its key, the value (None: not to be repeated), and why it cannot."""

    def __init__(self, path: KeyPath, value: object, why: str) -> None:
        super().__init__(why)
        self.path, self.value, self.why = path, value, why


class NoSuchKey(Exception):
    """A key nobody knows: its path, and those that are known beside it."""

    def __init__(self, path: KeyPath, known: list[str]) -> None:
        super().__init__(".".join(path))
        self.path, self.known = path, known


class KeyMissing(Exception):
    """A key that its neighbours need; the path it would have."""

    def __init__(self, path: KeyPath) -> None:
        super().__init__(".".join(path))
        self.path = path


@cache
def _fields(section: type[Section]) -> tuple[FieldInfo, ...]:
    return fields(section)  # which reads the annotations anew each time


def keys_of(section: type[Section]) -> dict[str, Any]:
    """The keys of a section and the types of their values, as they are written."""
    return {field.name: field.type for field in _fields(section)}


def plain(kind: Any) -> Any:
    """A type without the checks that stand beside it."""
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Section)


def read(section: type[S], table: object) -> S:
    """A section as a table of TOML says it. Raises NoSuchKey, KeyMissing or Refused.

    A misspelt key comes before all else: it may be why another one is missing.
    """
    _all_known(section, table, ())
    made: S = _value(section, table, ())
    return made


def _all_known(kind: Any, value: object, path: KeyPath) -> None:
    if not isinstance(value, Mapping):
        return
    if get_origin(kind) is dict:
        for name, inner in value.items():
            _all_known(get_args(kind)[1], inner, (*path, name))
    elif is_section(kind):
        known = keys_of(kind)
        for name, inner in value.items():
            if name not in known:
                raise NoSuchKey((*path, name), list(known))
            _all_known(known[name], inner, (*path, name))


def _value(kind: Any, value: object, path: KeyPath) -> Any:
    if is_section(kind):
        return _section(kind, value, path)
    if get_origin(kind) is dict:
        return {
            name: _value(get_args(kind)[1], inner, (*path, name))
            for name, inner in _table(value, path).items()
        }
    if get_origin(kind) is Literal and value not in get_args(kind):
        raise Refused(path, value, f"write {' or '.join(get_args(kind))}")
    try:
        return _checked(kind, convert(value, kind))
    except ValidationError as error:
        raise Refused(path, value, _in_words(error)) from error
    except ValueError as error:
        raise Refused(path, value, str(error)) from error


def _section(kind: type[S], value: object, path: KeyPath) -> S:
    table = _table(value, path)
    given = {
        name: _value(inner, table[name], (*path, name))
        for name, inner in keys_of(kind).items()
        if name in table
    }
    for field in _fields(kind):
        if field.required and field.name not in given:
            raise KeyMissing((*path, field.name))
    try:
        return kind(**given)
    except Refused as refused:  # of keys that do not go together
        raise Refused((*path, *refused.path), refused.value, refused.why) from refused


def _table(value: object, path: KeyPath) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise Refused(path, None, "expected a table")  # what stands there may be a secret of that table
    return value


def _checked(kind: Any, value: Any) -> Any:
    for check in getattr(kind, "__metadata__", ()):
        if callable(check):
            value = check(value)
    return value


def _in_words(error: ValidationError) -> str:
    """What msgspec says, in the words of the file: its own place for it is left out, for ours is better."""
    said = str(error).partition(" - at ")[0]
    said = re.sub(r"`(\w+)`", lambda name: _WORDS.get(name[1], name[1]), said)
    return said[:1].lower() + said[1:]


def line_of(text: str, path: KeyPath) -> int:
    """The line on which a key stands, or that of the nearest table above it."""
    best, here, table = 1, 1, ""
    names = [".".join(path[:n]) for n in range(len(path), 0, -1)]
    found = len(names)
    for here, line in enumerate(text.splitlines(), start=1):
        if heading := re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line):
            table = re.sub(r"[\s\"']", "", heading.group(1))
            full = table
        elif key := re.match(r"\s*([\w.\"'-]+)\s*=", line):
            full = ".".join(filter(None, (table, key.group(1).strip("\"'"))))
        else:
            continue
        if full in names and names.index(full) < found:
            best, found = here, names.index(full)
    return best
