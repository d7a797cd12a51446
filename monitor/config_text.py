"""config.toml as its owner wrote it: one value changed, every comment and every other line kept."""

from __future__ import annotations

import json
import re

_HEADING = re.compile(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?")
_VALUE = r"(\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^\s#\"'\[{][^\s#]*)"


def with_text(text: str, table: str, key: str, value: str) -> str:
    """The text with `key` of `[table]` set to a string, on the line where it stands, else at the end of its table.

    A value that stands over several lines is not found: the result then sets the key twice, which a reader refuses.
    """
    lines = text.removesuffix("\n").split("\n") if text else []
    written = f"{key} = {_string(value)}"
    first = next((n for n, line in enumerate(lines) if _heading(line) == table), None)
    if first is None:
        return "\n".join([*lines, *([""] if lines else []), f"[{table}]", written, ""])
    last = next((n for n in range(first + 1, len(lines)) if _heading(lines[n])), len(lines))
    for n in range(first + 1, last):
        if found := re.fullmatch(rf"(\s*{re.escape(key)}\s*=\s*){_VALUE}(\s*(?:#.*)?)", lines[n]):
            lines[n] = _beside(found[1] + _string(value), found[2], _string(value), found[3])
            return "\n".join(lines) + "\n"
    lines.insert(first + 1, written)
    return "\n".join(lines) + "\n"


def _beside(setting: str, before: str, after: str, comment: str) -> str:
    """The comment where it stood, as far as the longer value leaves room."""
    words = comment.lstrip()
    room = len(comment) - len(words) + len(before) - len(after)
    return f"{setting}{' ' * max(room, 1)}{words}".rstrip() if words else setting


def _heading(line: str) -> str | None:
    found = _HEADING.fullmatch(line)
    return found[1].strip() if found else None


def _string(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
