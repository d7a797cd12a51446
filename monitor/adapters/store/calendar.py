"""What calendars were told of each deadline."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from datetime import date, datetime

from monitor.adapters.store import columns as col
from monitor.rules.agenda import Entry, Told


def told(db: sqlite3.Connection) -> list[Told]:
    """All entries calendars know, the nearest first."""
    return [_told(row) for row in db.execute("SELECT * FROM calendar ORDER BY day, uid")]


def put(db: sqlite3.Connection, entries: Iterable[Told]) -> None:
    """Keep what calendars know from now on."""
    db.executemany(
        "INSERT OR REPLACE INTO calendar VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (t.entry.uid, t.entry.order, col.iso(t.entry.day), t.entry.summary, t.entry.description,
             " ".join(map(str, t.entry.alarms)), t.entry.cancelled, t.sequence, col.stamp(t.changed_at))
            for t in entries
        ),
    )  # fmt: skip


def _told(row: sqlite3.Row) -> Told:
    entry = Entry(
        row["uid"], row["order_id"], date.fromisoformat(row["day"]), row["summary"], row["description"],
        tuple(int(days) for days in row["alarms"].split()), bool(row["cancelled"]),
    )  # fmt: skip
    return Told(entry, row["sequence"], datetime.fromisoformat(row["changed_at"]))
