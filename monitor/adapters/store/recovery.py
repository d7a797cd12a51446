"""Back to a store that works: from a backup the user names, or by itself when the store is damaged or gone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from monitor.adapters.store import backups
from monitor.adapters.store.database import Database
from monitor.adapters.store.migrations import newest_schema
from monitor.adapters.store.trouble import StoreDamaged, StoreGone, StoreTrouble, says_damaged, trouble


def mend(store: Path, now: datetime) -> str:
    """Where the store is damaged or gone, put the newest good backup in its place; what was done, "" for nothing.

    Raises StoreDamaged or StoreGone, and moves nothing, when no backup can be restored: an empty store that looks
    like a working one would lose every warning.
    """
    with _alone(store):
        wrong = ailment(store)
        if not wrong:
            return ""
        backup = next(backups.newest_good(store), None)
        if backup is None and store.exists():
            raise StoreDamaged(
                f"The store {store} is damaged ({wrong}) and there is no good backup in"
                f" {backups.folder_of(store)}: bring one with `parcelwarden restore FILE`, or move the file away"
                " to begin anew."
            )
        if backup is None:
            raise StoreGone(f"The store {store} is gone and none of its backups can be read.")
        kept = backups.set_aside(store, now) if store.exists() else None
        backups.copy(backup, store)
        with suppress(StoreTrouble):  # as where the disk is full by now; it is restored all the same
            _leave_ahead_again(store)
        made = datetime.fromtimestamp(backup.stat().st_mtime, UTC).astimezone()
    aside = f"the damaged file is kept as {kept}" if kept else "the file was gone"
    return (
        f"THE STORE WAS RESTORED from the backup of {made:%Y-%m-%d %H:%M} ({aside}): what came in since is missing."
        " Import your orders again, and look through `parcelwarden status`."
    )


def restore(backup: Path, store: Path, now: datetime) -> Path | None:
    """Put a backup in the store's place; where the present one is kept, None if there was none.

    Raises StoreTrouble, with nothing changed, when the file is no sound store or one of a newer program.
    """
    if not backup.is_file():
        raise StoreTrouble(f"There is no file {backup}.")
    if wrong := backups.damage(backup):
        raise StoreTrouble(f"{backup} cannot be restored ({wrong}); nothing was changed.")
    if backups.schema(backup) > newest_schema():
        raise StoreTrouble(
            f"{backup} was written by a newer parcelwarden: update the program; nothing was changed."
        )
    if backup.resolve() == store.resolve():
        raise StoreTrouble(f"{backup} is the store itself; nothing was changed.")
    with _alone(store):
        kept = None
        if store.exists() and ailment(store):
            kept = backups.set_aside(store, now)
        elif store.exists():
            kept = backups.before_restore(store, now)
            backups.pour(backup, store)
        if not store.exists():
            backups.copy(backup, store)
    _leave_ahead_again(store)
    return kept


def _leave_ahead_again(store: Path) -> None:
    """What a backup knows of alarms left with a push server may be over: under their ids they can be left again."""
    with closing(Database(store)) as database, database.write() as db:  # brings an older schema up to date
        db.execute("DELETE FROM ahead")


def ailment(store: Path) -> str:
    """What is wrong with the file: "" for a sound one, and for none at all where there never was a store."""
    if not store.exists() or not store.stat().st_size:
        return "it is gone" if backups.any_there(store) else ""
    return _quick_damage(store)


def _quick_damage(store: Path) -> str:
    """What SQLite's quick check says against the file, "" if nothing. A file that is locked or full is not damaged."""
    try:
        with closing(sqlite3.connect(store, timeout=10)) as db:
            found = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        return str(error) if says_damaged(error) else ""
    return "" if found == "ok" else found


@contextmanager
def _alone(store: Path) -> Iterator[None]:
    """Of two programs that find the damage at once the second finds it mended."""
    lock = FileLock(store.parent / "restore.lock", timeout=60)
    try:
        store.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock.acquire()
    except OSError as error:
        raise trouble(error, store) from error
    try:
        yield
    finally:
        lock.release()
