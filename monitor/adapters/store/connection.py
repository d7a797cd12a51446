"""What the store's modules need of a database: one dialect of SQL that SQLite (from 3.37) and PostgreSQL both speak.

Placeholders are ? or :name. Values are text, whole numbers, floats, bools (kept as 0 and 1) and None. Upserts are
INSERT … ON CONFLICT (…); where a column may be NULL, = is asked of COALESCE(…); IN () is never written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from monitor.adapters.store.address import Server

Values = Sequence[object] | Mapping[str, object]
T = TypeVar("T")

# Databases take a limited number of values a statement.
_SOME = 500


def parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Values in parts, none of them empty, that fit one statement each."""
    return (values[start : start + _SOME] for start in range(0, len(values), _SOME))


def placeholders(values: Sequence[object]) -> str:
    """What stands in IN (…) for these values."""
    return ",".join("?" * len(values))


class Row(Protocol):
    """One row: row["name"] or row[0]."""

    def __getitem__(self, key: str | int, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def keys(self) -> list[str]: ...


class Result(Protocol):
    """What a statement gave."""

    @property
    def rowcount(self) -> int: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...
    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """A connection within a transaction."""

    @property
    def total_changes(self) -> int:
        """How many rows were written since it was opened."""

    def execute(self, statement: str, values: Values = ..., /) -> Result: ...
    def executemany(self, statement: str, values: Iterable[Sequence[object]], /) -> Result: ...


class Backend(Protocol):
    """Where a store is. Everything raises StoreTrouble with one sentence where it cannot be done."""

    @property
    def place(self) -> Path | Server: ...
    def write(self) -> AbstractContextManager[Connection]:
        """One transaction that writes: all of it or nothing, and no other writer beside it."""

    def read(self) -> AbstractContextManager[Connection]:
        """One consistent view; nothing is written."""

    def copy_in_memory(self) -> Backend: ...
    def damage(self) -> str:
        """What the database's own quick check finds wrong, "" when it is sound."""

    def size(self) -> int:
        """Bytes on the disk."""

    def mark(self) -> object:
        """Something that changes with every commit."""

    def close(self) -> None:
        """Committed work stays."""
