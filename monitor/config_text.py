"""config.toml as its owner wrote it: values changed, every comment and every other line kept."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path

import tomlkit
from tomlkit.items import Item

Key = tuple[str, ...]

_HEADING = re.compile(r"\[([^\[\]]+)\]")
_SETTING = re.compile(r"(\w+)\s*=\s*(.*?)\s*#\s*(.*)")
_MORE = re.compile(r"\s{8,}#\s*(.*)")


def with_text(text: str, table: str, key: str, value: str) -> str:
    """The text with `key` of `[table]` set to a string."""
    return with_values(text, {(*table.split("."), key): value})


def with_values(text: str, changes: Mapping[Key, object]) -> str:
    """The text with each key set, on the line where it stands, else at the end of its table, made where missing.

    The text must be TOML; where it is not, it comes back as it is, for its reader to say so.
    """
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return text
    document = tomlkit.parse(text)
    for (*tables, key), value in changes.items():
        table = document
        for name in tables:
            if name not in table:
                table[name] = tomlkit.table()
            table = table[name]
        _set(table, key, tomlkit.item(value))
    return tomlkit.dumps(document)


def _set(table: tomlkit.TOMLDocument, key: str, new: Item) -> None:
    """The value in its place; its comment stays where it stood, as far as a longer value leaves room."""
    old = table.get(key)
    if isinstance(old, Item) and old.trivia.comment:
        room = len(old.trivia.comment_ws) + len(old.as_string()) - len(new.as_string())
        comment = old.trivia.comment
        table[key] = new
        new.trivia.comment_ws, new.trivia.comment = " " * max(room, 1), comment
    else:
        table[key] = new


def commented_example() -> str:
    """config.example.toml, as it lies in the package or, in a checkout, beside it."""
    inside = resources.files("monitor") / "config.example.toml"
    if inside.is_file():
        return inside.read_text("utf-8")
    return (Path(__file__).parents[1] / "config.example.toml").read_text("utf-8")


@cache
def explanations() -> Mapping[Key, str]:
    """What the example says beside each key."""
    found: dict[Key, str] = {}
    table = ""
    last: Key = ()
    for line in commented_example().splitlines():
        if heading := _HEADING.fullmatch(line.strip()):
            table = heading[1]
        elif setting := _SETTING.fullmatch(line):
            last = (*table.split("."), setting[1])
            found[last] = setting[3]
        elif (more := _MORE.fullmatch(line)) and last in found:
            found[last] += f" {more[1]}"
    return found
