"""Opening the file safely: durable settings, short transactions, numbered migrations, plain words for trouble.

Write-ahead logging is used only from SQLite 3.51.3 on, which mended a corruption bug of WAL resets; older
libraries get a rollback journal (sqlite.org, "WAL-reset bug", March 2026).
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from monitor.adapters.store import backups, migrations
from monitor.adapters.store.address import Server
from monitor.adapters.store.connection import Connection
from monitor.adapters.store.migrations import newest_schema
from monitor.adapters.store.place import unfit
from monitor.adapters.store.trouble import StoreGone, StoreUnfit, trouble

_SAFE_WAL = (3, 51, 3)
_BUSY_MS = 10_000


class Database:
    """A SQLite file with the current schema. Raises StoreTrouble wherever it cannot be read or written.

    A file that is missing is made, unless there are backups of it: then it was lost (StoreGone).
    """

    def __init__(self, path: Path, *, half: bool = False) -> None:
        """`half`: a copy that is not complete may be opened, to complete it."""
        self.place: Path | Server = path
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
            self._migrate(path, half=half)

    def copy_in_memory(self) -> InMemory:
        return InMemory(self._connection, self.place)

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

    def damage(self) -> str:
        """What SQLite's own quick check finds wrong with the file, "" when it is sound."""
        with self._worded():
            found = str(self._connection.execute("PRAGMA quick_check(1)").fetchone()[0])
        return "" if found == "ok" else found

    def size(self) -> int:
        """Bytes of the file."""
        with self._worded():
            pages, size = self._connection.execute(
                "SELECT page_count, page_size FROM pragma_page_count, pragma_page_size"
            ).fetchone()
        return int(pages) * int(size)

    def mark(self) -> object:
        """What changes with every commit. The file is not opened: closing it would end SQLite's own locks."""
        found = []
        for ending in ("", "-wal"):
            with contextlib.suppress(OSError):
                state = Path(f"{self.place}{ending}").stat()
                found.append((state.st_mtime_ns, state.st_size))
        return tuple(found)

    def half(self) -> bool:
        """Whether a copy into this store is not complete."""
        return self._version() < 0

    def set_half(self, db: Connection, *, half: bool) -> None:
        """A copy into this store begins, or is complete."""
        db.execute(f"PRAGMA user_version={newest_schema() * (-1 if half else 1)}")

    def _settle(self) -> None:
        journal = "WAL" if sqlite3.sqlite_version_info >= _SAFE_WAL else "TRUNCATE"
        for pragma in (
            f"busy_timeout={_BUSY_MS}",
            "foreign_keys=ON",
            f"journal_mode={journal}",
            "synchronous=FULL",
        ):
            self._connection.execute(f"PRAGMA {pragma}")

    def _migrate(self, backed_up: Path | None, *, half: bool = False) -> None:
        """Bring the schema up to date; of a file (`backed_up`) a backup is made before."""
        # One statement, one view: another process may be migrating this very moment.
        at, tables = self._connection.execute(
            "SELECT user_version, (SELECT COUNT(*) FROM sqlite_master) FROM pragma_user_version"
        ).fetchone()
        at = migrations.fitting(self.place, at, others=bool(tables), half=half)
        if backed_up and 0 < at < newest_schema():
            backups.before_migration(backed_up, at)
        for number, script in migrations.steps()[at:]:
            with self.write() as db:
                if abs(self._version()) >= number:  # another process was quicker
                    continue
                for statement in migrations.statements(script):
                    db.execute(statement)
                db.execute(f"PRAGMA user_version={number}")

    def _version(self) -> int:
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    @contextlib.contextmanager
    def _worded(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise trouble(error, self.place) from error


class InMemory(Database):
    """A copy of what an open connection reads, with the current schema; for one thread after the other."""

    def __init__(self, source: sqlite3.Connection | None, place: Path | Server) -> None:
        """Empty without a source. Errors name `place`."""
        self.place = place
        self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        with self._worded():
            if source is not None:
                source.backup(self._connection)
            self._connection.execute("PRAGMA foreign_keys=ON")
            self._migrate(None)
