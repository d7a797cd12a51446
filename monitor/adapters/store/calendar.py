"""What calendars were told of each deadline."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from monitor.adapters.store import columns as col
from monitor.adapters.store.connection import Connection, Row
from monitor.rules.agenda import Entry, Told


def told(db: Connection) -> list[Told]:
    """All entries calendars know, the nearest first."""
    return [_told(row) for row in db.execute("SELECT * FROM calendar ORDER BY day, uid")]


def put(db: Connection, entries: Iterable[Told]) -> None:
    """Keep what calendars know from now on."""
    db.executemany(
        "INSERT INTO calendar (uid, order_id, day, summary, description, alarms, cancelled, sequence, changed_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (uid) DO UPDATE SET order_id = excluded.order_id,"
        " day = excluded.day, summary = excluded.summary, description = excluded.description,"
        " alarms = excluded.alarms, cancelled = excluded.cancelled, sequence = excluded.sequence,"
        " changed_at = excluded.changed_at",
        (
            (t.entry.uid, t.entry.order, col.iso(t.entry.day), t.entry.summary, t.entry.description,
             " ".join(map(str, t.entry.alarms)), t.entry.cancelled, t.sequence, col.stamp(t.changed_at))
            for t in entries
        ),
    )  # fmt: skip


def _told(row: Row) -> Told:
    entry = Entry(
        row["uid"], row["order_id"], date.fromisoformat(row["day"]), row["summary"], row["description"],
        tuple(int(days) for days in row["alarms"].split()), bool(row["cancelled"]),
    )  # fmt: skip
    return Told(entry, row["sequence"], datetime.fromisoformat(row["changed_at"]))
