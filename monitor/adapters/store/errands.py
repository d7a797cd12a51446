"""When `run` next reads the shop and the mailbox, and how the last time went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from monitor.adapters.store import columns as col
from monitor.adapters.store.connection import Connection


@dataclass(frozen=True, slots=True)
class Errand:
    """`failing_since` is None, and `trouble` "", where the last time went well."""

    next_at: datetime
    failing_since: datetime | None = None
    trouble: str = ""


def of(db: Connection, name: str) -> Errand | None:
    """None where it was never done."""
    row = db.execute("SELECT * FROM errands WHERE name = ?", (name,)).fetchone()
    if row is None:
        return None
    return Errand(datetime.fromisoformat(row["next_at"]), col.instant(row["failing_since"]), row["trouble"])


def put(db: Connection, name: str, errand: Errand) -> None:
    db.execute(
        "INSERT INTO errands (name, next_at, failing_since, trouble) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE"
        " SET next_at = excluded.next_at, failing_since = excluded.failing_since, trouble = excluded.trouble",
        (name, col.stamp(errand.next_at), col.stamp_if(errand.failing_since), errand.trouble),
    )
