"""The text and the rows of a file a spreadsheet saved as CSV, in whatever code and with whatever separator it chose."""

from __future__ import annotations

import csv
from collections.abc import Iterator

# An item title may hold line breaks; a quotation mark nobody closed must not swallow the orders below it.
_MOST_LINES_IN_A_ROW = 10


def decoded(raw: bytes) -> tuple[str, str]:
    """(text, doubt): UTF-8 with or without a mark, UTF-16, else Windows-1252 with a sentence that says so."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        written, doubt = raw.decode("utf-16", "replace"), ""
    elif b"\0" in raw[:2]:
        written, doubt = raw.decode("utf-16-be" if raw[:1] == b"\0" else "utf-16-le", "replace"), ""
    else:
        try:
            written, doubt = raw.decode("utf-8-sig"), ""
        except UnicodeDecodeError:
            written = raw.decode("cp1252", "replace")
            doubt = "the file is not UTF-8 and was read as Windows-1252; check the letters beyond a-z"
    return written.replace("\0", "").removeprefix("\ufeff"), doubt


def rows(written: str) -> Iterator[tuple[int, list[str] | None]]:
    """(line number, cells) of every row that is not blank; None for one that cannot be taken apart."""
    lines = written.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    head = next((line for line in lines if line.strip()), "")
    separator = max(",;\t", key=head.count)
    index = 0
    while index < len(lines):
        cells, used = _cells(lines[index : index + _MOST_LINES_IN_A_ROW], separator)
        if cells is None or any(cell.strip() for cell in cells):
            yield index + 1, cells
        index += used


def _cells(lines: list[str], separator: str) -> tuple[list[str] | None, int]:
    """(cells, lines used) of the row that begins with the first of these lines."""
    for used in range(1, len(lines) + 1):
        try:
            return next(csv.reader(["\n".join(lines[:used])], delimiter=separator, strict=True)), used
        except csv.Error:  # most often a cell that goes on in the next line
            continue
    return None, 1
