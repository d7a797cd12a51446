"""The database at a place."""

from __future__ import annotations

from pathlib import Path

from monitor.adapters.store.address import Server
from monitor.adapters.store.copying import Target
from monitor.adapters.store.database import Database
from monitor.adapters.store.trouble import StoreUnfit


def open_database(place: Path | Server, *, half: bool = False) -> Target:
    """The newest schema, made or brought up to date; `half` opens a copy that is not complete, too.

    Raises StoreTrouble.
    """
    if isinstance(place, Path):
        return Database(place, half=half)
    try:
        from monitor.adapters.store.postgres import PostgresDatabase
    except ImportError as error:
        raise StoreUnfit(
            f"The store {place} needs the extra `server`: pip install 'parcelwarden[server]' ({error})."
        ) from error
    return PostgresDatabase(place, half=half)
