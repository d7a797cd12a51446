"""When `run` next reads the shop and the mailbox, and how the last time went."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from monitor.adapters.store import columns as col


@dataclass(frozen=True, slots=True)
class Errand:
    """`failing_since` is None, and `trouble` "", where the last time went well."""

    next_at: datetime
    failing_since: datetime | None = None
    trouble: str = ""


def of(db: sqlite3.Connection, name: str) -> Errand | None:
    """None where it was never done."""
    row = db.execute("SELECT * FROM errands WHERE name = ?", (name,)).fetchone()
    if row is None:
        return None
    return Errand(datetime.fromisoformat(row["next_at"]), col.instant(row["failing_since"]), row["trouble"])


def put(db: sqlite3.Connection, name: str, errand: Errand) -> None:
    db.execute(
        "INSERT OR REPLACE INTO errands (name, next_at, failing_since, trouble) VALUES (?, ?, ?, ?)",
        (name, col.stamp(errand.next_at), col.stamp_if(errand.failing_since), errand.trouble),
    )
