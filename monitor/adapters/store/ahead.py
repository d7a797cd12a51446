"""Which alarms a server of push messages holds for us."""

from __future__ import annotations

from datetime import datetime

from monitor.adapters.store import columns as col
from monitor.adapters.store.connection import Connection
from monitor.rules.ahead import Alarm


def held(db: Connection) -> list[Alarm]:
    rows = db.execute("SELECT * FROM ahead ORDER BY at, id")
    return [Alarm(r["id"], datetime.fromisoformat(r["at"]), r["title"], r["body"]) for r in rows]


def put(db: Connection, alarm: Alarm) -> None:
    db.execute(
        "INSERT INTO ahead (id, at, title, body) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at,"
        " title = excluded.title, body = excluded.body",
        (alarm.id, col.stamp(alarm.at), alarm.title, alarm.body),
    )


def drop(db: Connection, alarm: Alarm) -> None:
    db.execute("DELETE FROM ahead WHERE id = ?", (alarm.id,))
