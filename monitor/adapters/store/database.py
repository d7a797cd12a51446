"""Opening the file safely: durable settings, short transactions, numbered migrations, plain words for trouble.

Write-ahead logging is used only from SQLite 3.51.3 on, which mended a corruption bug of WAL resets; older
libraries get a rollback journal (sqlite.org, "WAL-reset bug", March 2026).
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

_SAFE_WAL = (3, 51, 3)
_BUSY_MS = 10_000


class StoreTrouble(Exception):
    """The store cannot be used; the message is one sentence: what, where, what to do."""


class Database:
    """A SQLite file with the current schema. Raises StoreTrouble wherever it cannot be read or written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not path.exists():
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        except OSError as error:
            raise StoreTrouble(_sentence(error, path)) from error
        with self._worded():
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_MS / 1000)
            self._connection.row_factory = sqlite3.Row
            self._settle()
            self._migrate()

    def close(self) -> None:
        """Close the file; committed work stays."""
        self._connection.close()

    @contextlib.contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction that writes: all of it or nothing."""
        with self._worded():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                with contextlib.suppress(sqlite3.Error):  # the first error is the one to tell
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """One consistent view; nothing is written."""
        with self._worded():
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            finally:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")

    def _settle(self) -> None:
        journal = "WAL" if sqlite3.sqlite_version_info >= _SAFE_WAL else "TRUNCATE"
        for pragma in (
            f"busy_timeout={_BUSY_MS}",
            "foreign_keys=ON",
            f"journal_mode={journal}",
            "synchronous=FULL",
        ):
            self._connection.execute(f"PRAGMA {pragma}")

    def _migrate(self) -> None:
        steps = _migrations()
        at = self._version()
        if at > len(steps):
            raise StoreTrouble(
                f"{self.path} was written by a newer parcelwarden (schema {at}, this one knows {len(steps)}):"
                " update the program; the file was not touched."
            )
        for number, script in steps[at:]:
            with self.write() as db:
                if self._version() >= number:  # another process was quicker
                    continue
                for statement in _statements(script):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version={number}")

    def _version(self) -> int:
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    @contextlib.contextmanager
    def _worded(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreTrouble(_sentence(error, self.path)) from error


def _migrations() -> list[tuple[int, str]]:
    files = [f for f in resources.files(__package__).iterdir() if f.name.endswith(".sql")]
    return [(int(f.name[:4]), f.read_text("utf-8")) for f in sorted(files, key=lambda f: f.name)]


def _statements(script: str) -> Iterator[str]:
    """A script's statements one by one: executescript() would commit between them."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


def _sentence(error: Exception, path: Path) -> str:
    said = str(error)
    if "locked" in said or "busy" in said:
        return f"The store {path} is locked by another program; nothing was changed. Try again in a moment."
    if "disk is full" in said or getattr(error, "errno", None) == 28:
        return f"The disk that holds {path} is full; what was stored before is safe. Free some space."
    if "readonly" in said or "read-only" in said or isinstance(error, PermissionError):
        return f"The store {path} cannot be written: check the permissions of the file and its folder."
    if "not a database" in said or "malformed" in said:
        return f"{path} is damaged or not a parcelwarden store: move it away and restore a backup."
    return f"The store {path} cannot be used ({said})."
