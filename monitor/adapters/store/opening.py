"""The database at a place. What speaks to a server is imported only where there is one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.adapters.store.address import Server
from monitor.adapters.store.database import Database
from monitor.adapters.store.trouble import StoreUnfit

if TYPE_CHECKING:
    from monitor.adapters.store.copying import Target


def open_database(place: Path | Server, *, half: bool = False) -> Target:
    """The newest schema, made or brought up to date; `half` opens a copy that is not complete, too.

    Raises StoreTrouble.
    """
    if isinstance(place, Path):
        return Database(place, half=half)
    try:
        from monitor.adapters.store.postgres import PostgresDatabase
    except ImportError as error:
        raise _missing(place) from error
    return PostgresDatabase(place, half=half)


def only_run(server: Server) -> AbstractContextManager[Callable[[], bool]]:
    """Hold the right to be the only `run` on a server's store; yields what says whether it is held, now or again.

    The right goes with its connection, so a machine that is gone holds nobody up. Raises StoreTrouble.
    """
    try:
        from monitor.adapters.store.postgres import holding
    except ImportError as error:
        raise _missing(server) from error
    return holding(server)


def _missing(server: Server) -> StoreUnfit:
    return StoreUnfit(f"The store {server} needs an extra: pip install 'parcelwarden[server]'.")
