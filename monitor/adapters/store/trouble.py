"""What can be wrong with the store, each in one sentence: what, where, what to do."""

from __future__ import annotations

import errno
from pathlib import Path

from monitor.adapters.store.address import Server


class StoreTrouble(Exception):
    """The store cannot be used; the message is one sentence: what, where, what to do."""


class StoreUnfit(StoreTrouble):
    """No store for this program: of a newer one, of another one, or in a folder where none must lie."""


class StoreDamaged(StoreTrouble):
    """The file is there and cannot be read as a store."""


class StoreGone(StoreTrouble):
    """The file is missing or empty, though there was a store."""


def trouble(error: Exception, path: Path | Server) -> StoreTrouble:
    """The exception for an error of SQLite or of the file system."""
    said = str(error)
    if says_damaged(error):
        return StoreDamaged(
            f"{path} is damaged or not a parcelwarden store: `parcelwarden check` puts the newest backup in its"
            " place, `parcelwarden restore FILE` another."
        )
    if "locked" in said or "busy" in said:
        return StoreTrouble(
            f"The store {path} is locked by another program; nothing was changed. Try again in a moment."
        )
    if "disk is full" in said or getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        return StoreTrouble(
            f"The disk that holds {path} is full; what was stored before is safe. Free some space."
        )
    read_only = isinstance(error, PermissionError) or getattr(error, "errno", None) == errno.EROFS
    if read_only or "readonly" in said or "read-only" in said:
        return StoreTrouble(
            f"The store {path} cannot be written: check the permissions of the file and its folder."
        )
    return StoreTrouble(f"The store {path} cannot be used ({said}).")


def says_damaged(error: Exception) -> bool:
    """Whether an error of SQLite means that the file is broken, not that it is locked, full or out of reach.

    Names that are no UTF-8 any more come up as decoding errors.
    """
    return isinstance(error, UnicodeDecodeError) or any(
        word in str(error)
        for word in ("not a database", "malformed", "Could not decode", "unsupported file format")
    )
