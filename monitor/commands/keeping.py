"""Keeping the store: backup and restore."""

from __future__ import annotations

from pathlib import Path

from monitor.adapters.store import StoreTrouble, backups, recovery
from monitor.commands import DONE
from monitor.session import Session, say


def backup(session: Session, file: Path) -> int:
    """A checked copy of the store; an older copy of a store gives way, any other file does not."""
    store = session.store_path
    session.store.close()  # it exists and can be read
    if file.is_dir():
        file = file / f"parcelwarden-{session.clock().astimezone(session.zone):%Y-%m-%d}.sqlite3"
    if file.resolve() == store.resolve():
        raise StoreTrouble(f"{file} is the store itself: choose another file.")
    if file.exists() and backups.damage(file):
        raise StoreTrouble(f"{file} is there and no backup of a store: choose another file.")
    backups.copy(store, file)
    say(f"The store is copied to {file}; `parcelwarden restore {file}` brings it back.")
    return DONE


def restore(session: Session, file: Path) -> int:
    """A backup takes the store's place."""
    kept = recovery.restore(file, session.store_path, session.clock())
    orders = len(session.store.orders())
    say(
        f"Restored {file} with {orders} orders."
        + (f" The store before it is kept as {kept}." if kept else "")
    )
    return DONE
