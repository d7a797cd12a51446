"""Copies of the store: compact, checked, and put in place whole or not at all.

A copy is made by SQLite itself (VACUUM INTO), never by copying the file: a file copied while it is written is a
broken one. It is checked and on the disk before it gets its name, so every file with the name of a backup is good.
"""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date, datetime
from pathlib import Path

from monitor.adapters.store.trouble import StoreDamaged, trouble

DAILY, WEEKLY = 7, 4
_DAY_NAME = re.compile(r"parcelwarden-(\d{4}-\d\d-\d\d)\.sqlite3")
_BUSY_SECONDS = 10.0
_ABANDONED_SECONDS = 3600
_SLACK_SECONDS = 3600
# Tables of a store of any schema: others have version numbers in their files, too.
_OURS = {"orders", "looks", "notices", "deliveries"}


def folder_of(store: Path) -> Path:
    """Where the automatic backups of a store lie."""
    return store.parent / "backups"


def copy(store: Path, target: Path, *, only_schema: int | None = None) -> None:
    """Make `target` a complete, checked copy of the store as it is now; with `only_schema` only if it has that.

    Raises StoreTrouble; what stood at `target` before is still there then.
    """
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(_uri(store, "rw"), uri=True, timeout=_BUSY_SECONDS)) as db:
            db.execute("VACUUM INTO ?", (str(part),))
        if said := damage(part):
            raise StoreDamaged(f"The store {store} is damaged ({said}): no backup was made of it.")
        if only_schema in (None, schema(part)):
            _put_in_place(part, target)
    except (sqlite3.Error, UnicodeDecodeError, OSError) as error:
        raise trouble(error, target if isinstance(error, OSError) else store) from error
    finally:
        part.unlink(missing_ok=True)


def daily(store: Path, now: datetime) -> Path | None:
    """Make today's backup if there is none yet, and drop what is older than is kept; the new one, or None."""
    target = folder_of(store) / f"parcelwarden-{now.date().isoformat()}.sqlite3"
    if target.exists():
        return None
    _sweep(folder_of(store), now)
    copy(store, target)
    days = dict(_days(folder_of(store)))
    for day in outdated(sorted(days)):
        days[day].unlink(missing_ok=True)
    return target


def outdated(days: Sequence[date]) -> list[date]:
    """Which days' backups are not kept: seven stay, and of the older ones the last of each of four weeks."""
    newest_first = sorted(days, reverse=True)
    weeks: dict[tuple[int, int], date] = {}
    for day in newest_first[DAILY:]:
        weeks.setdefault(day.isocalendar()[:2], day)
    kept = set(list(weeks.values())[:WEEKLY])
    return [day for day in newest_first[DAILY:] if day not in kept]


def before_migration(store: Path, schema: int) -> None:
    """Keep the store as it is before it leaves a schema; nothing, where another process was quicker to leave it."""
    copy(store, folder_of(store) / f"before-leaving-schema-{schema}.sqlite3", only_schema=schema)


def before_restore(store: Path, now: datetime) -> Path:
    """Keep the store as it is before another takes its place."""
    target = folder_of(store) / f"before-restore-{now:%Y%m%dT%H%M%S}.sqlite3"
    copy(store, target)
    return target


def newest_good(store: Path) -> Iterator[Path]:
    """The backups that can be restored by themselves, the newest first; each is checked when its turn comes.

    How old one is that a clock dated which ran ahead nobody knows: it comes last. What the user had replaced on purpose
    (before-restore) is not among them.
    """
    found = [p for p in folder_of(store).glob("*.sqlite3") if not p.name.startswith((".", "before-restore"))]
    latest = time.time() + _SLACK_SECONDS
    made = {path: path.stat().st_mtime for path in found}
    for path in sorted(found, key=lambda p: (made[p] <= latest, made[p]), reverse=True):
        if not damage(path):
            yield path


def any_there(store: Path) -> bool:
    """Whether this store was ever backed up: then it is no new one."""
    return any(folder_of(store).glob("*.sqlite3"))


def damage(path: Path) -> str:
    """What a full check finds wrong with a file that should hold a store, "" for a sound one."""
    try:
        with closing(sqlite3.connect(_uri(path, "ro"), uri=True, timeout=_BUSY_SECONDS)) as db:
            version = int(db.execute("PRAGMA user_version").fetchone()[0])
            if version < 0:
                return "it holds a copy that is not complete"
            tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not version or not tables >= _OURS:
                return "it holds no store"
            found = str(db.execute("PRAGMA integrity_check(1)").fetchone()[0])
            if found == "ok" and db.execute("PRAGMA foreign_key_check").fetchone():
                return "rows without their owners"
    except (sqlite3.Error, UnicodeDecodeError) as error:
        return str(error)
    return "" if found == "ok" else found


def schema(path: Path) -> int:
    """The schema number of a sound file; a change that was cut off in it is taken back first."""
    with closing(sqlite3.connect(_uri(path, "rw"), uri=True, timeout=_BUSY_SECONDS)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


def set_aside(store: Path, now: datetime) -> Path:
    """Move a damaged store away with its journals, which belong to it and to no other file; where it is now."""
    kept = store.parent / "damaged" / f"{store.stem}-{now:%Y%m%dT%H%M%S}{store.suffix}"
    try:
        kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        for ending in ("-journal", "-wal", "-shm", ""):
            with contextlib.suppress(FileNotFoundError):
                Path(f"{store}{ending}").replace(f"{kept}{ending}")
    except OSError as error:
        raise trouble(error, store) from error
    return kept


def pour(backup: Path, store: Path) -> None:
    """Make a sound store hold what a backup holds, in one transaction: other programs may have it open."""
    try:
        with (
            closing(sqlite3.connect(_uri(backup, "ro"), uri=True)) as source,
            closing(sqlite3.connect(store, timeout=_BUSY_SECONDS)) as target,
        ):
            target.execute("PRAGMA synchronous=FULL")
            source.backup(target)
    except sqlite3.Error as error:
        raise trouble(error, store) from error


def _sweep(folder: Path, now: datetime) -> None:
    """Remove what killed programs left of copies they were making."""
    for part in folder.glob(".*.part"):
        with contextlib.suppress(FileNotFoundError):
            if now.timestamp() - part.stat().st_mtime > _ABANDONED_SECONDS:
                part.unlink()


def _days(folder: Path) -> Iterator[tuple[date, Path]]:
    for path in folder.glob("parcelwarden-*.sqlite3"):
        if named := _DAY_NAME.fullmatch(path.name):
            with contextlib.suppress(ValueError):
                yield date.fromisoformat(named[1]), path


def _put_in_place(part: Path, target: Path) -> None:
    with part.open("rb") as written:
        os.fsync(written.fileno())
    part.replace(target)
    if os.name == "posix":
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _uri(path: Path, mode: str) -> str:
    return f"{path.absolute().as_uri()}?mode={mode}"
