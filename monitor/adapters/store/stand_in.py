"""The last known state of a store that cannot be written, read into memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

from monitor.adapters.store import backups
from monitor.adapters.store.database import Database, InMemory
from monitor.adapters.store.trouble import StoreTrouble

_BUSY_SECONDS = 2.0


def from_file(path: Path) -> Database | None:
    """What the file of a store still holds, None where it is gone, damaged or cannot be read."""
    return _first_sound(_addresses(path), path)


def from_backup(path: Path) -> Database | None:
    """What the newest good backup of a store holds, None where there is none."""
    return _first_sound(
        (f"{backup.absolute().as_uri()}?mode=ro" for backup in backups.newest_good(path)), path
    )


def _addresses(path: Path) -> Iterator[str]:
    """Ways to open the file that write nothing."""
    if not path.is_file() or not path.stat().st_size:
        return
    address = path.absolute().as_uri()
    yield f"{address}?mode=ro"
    # A store with write-ahead logging in a folder that takes no files opens only so; it is whole without a log.
    logs = [path.with_name(f"{path.name}{ending}") for ending in ("-wal", "-journal")]
    if not any(log.exists() and log.stat().st_size for log in logs):
        yield f"{address}?immutable=1"


def _first_sound(addresses: Iterable[str], path: Path) -> Database | None:
    for address in addresses:
        try:
            with closing(sqlite3.connect(address, uri=True, timeout=_BUSY_SECONDS)) as source:
                if source.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok":
                    return InMemory(source, path)
        except (sqlite3.Error, UnicodeDecodeError, StoreTrouble):
            continue
    return None
