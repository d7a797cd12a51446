"""Opening the file safely: durable settings, short transactions, numbered migrations, plain words for trouble.

Write-ahead logging is used only from SQLite 3.51.3 on, which mended a corruption bug of WAL resets; older
libraries get a rollback journal (sqlite.org, "WAL-reset bug", March 2026).
"""

from __future__ import annotations

import contextlib
import functools
import os
import sqlite3
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

from monitor.adapters.store import backups
from monitor.adapters.store.place import unfit
from monitor.adapters.store.trouble import StoreGone, StoreUnfit, trouble

_SAFE_WAL = (3, 51, 3)
_BUSY_MS = 10_000


class Database:
    """A SQLite file with the current schema. Raises StoreTrouble wherever it cannot be read or written.

    A file that is missing is made, unless there are backups of it: then it was lost (StoreGone).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if reason := unfit(path.parent):
            raise StoreUnfit(reason)
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not path.exists() or not path.stat().st_size:
                if backups.any_there(path):
                    raise StoreGone(
                        f"The store {path} is gone or empty: `parcelwarden check` puts the newest backup in its"
                        f" place; to begin anew, move {backups.folder_of(path)} away."
                    )
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
        except OSError as error:
            raise trouble(error, path) from error
        with self._worded():
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_MS / 1000)
            self._connection.row_factory = sqlite3.Row
            self._settle()
            self._migrate(keep=True)

    def copy_in_memory(self) -> Database:
        return InMemory(self._connection, self.path)

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

    def _migrate(self, *, keep: bool) -> None:
        """Bring the schema up to date; `keep` makes a backup before."""
        steps = _migrations()
        # One statement, one view: another process may be migrating this very moment.
        at, tables = self._connection.execute(
            "SELECT user_version, (SELECT COUNT(*) FROM sqlite_master) FROM pragma_user_version"
        ).fetchone()
        if at > len(steps):
            raise StoreUnfit(
                f"{self.path} was written by a newer parcelwarden (schema {at}, this one knows {len(steps)}):"
                " update the program; the file was not touched."
            )
        if at == 0 and tables:
            raise StoreUnfit(
                f"{self.path} belongs to another program; it was not touched. Choose another file."
            )
        if keep and 0 < at < len(steps):
            backups.before_migration(self.path, at)
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
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise trouble(error, self.path) from error


class InMemory(Database):
    """A copy of what an open connection reads, with the current schema; for one thread after the other."""

    def __init__(self, source: sqlite3.Connection, path: Path) -> None:
        """Errors name `path`."""
        self.path = path
        self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        with self._worded():
            source.backup(self._connection)
            self._connection.execute("PRAGMA foreign_keys=ON")
            self._migrate(keep=False)


def newest_schema() -> int:
    """The schema this program writes."""
    return len(_migrations())


@functools.cache  # read once: a daemon opens its store at every tick
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
