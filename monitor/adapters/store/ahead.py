"""Which alarms a server of push messages holds for us."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from monitor.adapters.store import columns as col
from monitor.rules.ahead import Alarm


def held(db: sqlite3.Connection) -> list[Alarm]:
    rows = db.execute("SELECT * FROM ahead ORDER BY at, id")
    return [Alarm(r["id"], datetime.fromisoformat(r["at"]), r["title"], r["body"]) for r in rows]


def put(db: sqlite3.Connection, alarm: Alarm) -> None:
    db.execute(
        "INSERT OR REPLACE INTO ahead (id, at, title, body) VALUES (?, ?, ?, ?)",
        (alarm.id, col.stamp(alarm.at), alarm.title, alarm.body),
    )


def drop(db: sqlite3.Connection, alarm: Alarm) -> None:
    db.execute("DELETE FROM ahead WHERE id = ?", (alarm.id,))
