"""Every question put to a carrier, and what came of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from monitor.adapters.store import columns as col
from monitor.adapters.store.connection import Connection


@dataclass(frozen=True, slots=True)
class Attempt:
    """One carrier asked about one number; `detail` says why it gave no answer."""

    carrier: str
    number: str
    at: datetime
    outcome: str
    detail: str


def counted(db: Connection, since: datetime) -> dict[str, Counter[str]]:
    """Carrier -> its answers since a moment, counted by outcome."""
    rows = db.execute(
        "SELECT k.carrier, a.outcome, COUNT(*) AS times FROM attempts a JOIN looks k ON k.id = a.look_id"
        " WHERE a.at >= ? GROUP BY k.carrier, a.outcome ORDER BY k.carrier",
        (col.stamp(since),),
    )
    found: dict[str, Counter[str]] = {}
    for row in rows:
        found.setdefault(row["carrier"], Counter())[row["outcome"]] = int(row["times"])
    return found


def times(db: Connection, since: datetime) -> dict[str, list[float]]:
    """Carrier -> the seconds its answers since a moment took, the quickest first; one answer to many numbers once."""
    rows = db.execute(
        "SELECT DISTINCT k.carrier, a.at, a.seconds FROM attempts a JOIN looks k ON k.id = a.look_id"
        " WHERE a.at >= ? AND a.seconds IS NOT NULL ORDER BY k.carrier, a.seconds",
        (col.stamp(since),),
    )
    found: dict[str, list[float]] = {}
    for row in rows:
        found.setdefault(row["carrier"], []).append(row["seconds"])
    return found


def of_order(db: Connection, order: int) -> list[Attempt]:
    """The attempts of all parcels of an order (by row id), per carrier and number, oldest first."""
    rows = db.execute(
        "SELECT DISTINCT k.carrier, k.number, a.at, a.outcome, a.detail FROM attempts a"
        " JOIN looks k ON k.id = a.look_id JOIN legs l ON l.look_id = k.id JOIN parcels p ON p.id = l.parcel_id"
        " WHERE p.order_id = ? ORDER BY k.carrier, k.number, a.at",
        (order,),
    )
    return [
        Attempt(r["carrier"], r["number"], datetime.fromisoformat(r["at"]), r["outcome"], r["detail"])
        for r in rows
    ]
