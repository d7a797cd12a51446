"""Every question put to a carrier, and what came of it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """One carrier asked about one number; `detail` says why it gave no answer."""

    carrier: str
    number: str
    at: datetime
    outcome: str
    detail: str


def of_order(db: sqlite3.Connection, order: int) -> list[Attempt]:
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
