"""The numbered steps from no schema to the newest one, as they lie beside this module."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from monitor.adapters.store.address import Server
from monitor.adapters.store.trouble import StoreUnfit


@functools.cache  # read once: a daemon opens its store at every tick
def steps() -> list[tuple[int, str]]:
    """(number, script) of each, in their order."""
    files = [f for f in resources.files(__package__).iterdir() if f.name.endswith(".sql")]
    return [(int(f.name[:4]), f.read_text("utf-8")) for f in sorted(files, key=lambda f: f.name)]


def newest_schema() -> int:
    """The schema this program writes."""
    return len(steps())


def statements(script: str) -> Iterator[str]:
    """A script's statements one by one: executescript() would commit between them."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


def fitting(place: Path | Server, at: int, *, others: bool, half: bool) -> int:
    """The schema a store has by its mark, which is negative while a copy into it is not complete.

    `others`: there are tables. `half`: such a copy may be opened, to complete it. Raises StoreUnfit for what this
    program must not touch.
    """
    if -newest_schema() < at < 0:
        raise StoreUnfit(
            f"{place} holds a copy that an older parcelwarden began and did not complete: empty it and copy anew."
        )
    if at < 0 and not half:
        raise StoreUnfit(
            f"{place} holds a copy that is not complete: `parcelwarden db copy` with the same --from and --to goes"
            " on where it was."
        )
    if abs(at) > newest_schema():
        raise StoreUnfit(
            f"{place} was written by a newer parcelwarden (schema {abs(at)}, this one knows {newest_schema()}):"
            " update the program; the store was not touched."
        )
    if at == 0 and others:
        raise StoreUnfit(f"{place} belongs to another program; it was not touched. Choose another place.")
    return abs(at)
