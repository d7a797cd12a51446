"""Warnings as rows: made once by their identity, sent until a channel took them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from monitor.adapters.store import columns as col
from monitor.rules.notices import Notice

# From half a minute up to a quarter of an hour, without end: a warning is never given up.
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(minutes=15)


_NOTICE = "SELECT n.*, o.order_id AS shop_order FROM notices n JOIN orders o ON o.id = n.order_id"


@dataclass(frozen=True, slots=True)
class StoredNotice:
    """A warning in the outbox. `taken_by` are the channels that took it."""

    id: int
    order_id: str
    kind: str
    deadline: date | None
    title: str
    body: str
    made_at: datetime
    acknowledged_at: datetime | None
    taken_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """One warning that one channel has still to take."""

    notice: StoredNotice
    channel: str


def put(
    db: sqlite3.Connection, order: int, notices: Iterable[Notice], channels: Sequence[str], now: datetime
) -> int:
    """Store those that are new by their key, each with a delivery per channel; returns how many were new."""
    new = 0
    for notice in notices:
        done = db.execute(
            "INSERT OR IGNORE INTO notices (order_id, key, kind, deadline, title, body, made_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                order,
                notice.key,
                notice.kind,
                col.iso(notice.deadline),
                notice.title,
                notice.body,
                col.stamp(now),
            ),
        )
        if not done.rowcount:
            continue
        new += 1
        for channel in channels:
            db.execute("INSERT INTO deliveries (notice_id, channel) VALUES (?, ?)", (done.lastrowid, channel))
    return new


def due(db: sqlite3.Connection, channels: Sequence[str], now: datetime) -> list[Due]:
    """Deliveries whose time has come, oldest warning first; settled orders' warnings are not sent any more."""
    marks = ",".join("?" * len(channels))
    rows = db.execute(
        f"{_NOTICE.replace('n.*', 'n.*, d.channel')} JOIN deliveries d ON d.notice_id = n.id"
        f" WHERE d.taken_at IS NULL AND d.channel IN ({marks}) AND (d.next_try_at IS NULL OR d.next_try_at <= ?)"
        " AND n.acknowledged_at IS NULL AND (n.snoozed_until IS NULL OR n.snoozed_until <= ?)"
        " AND o.received_on IS NULL AND o.archived_on IS NULL ORDER BY n.id",
        (*channels, col.stamp(now), col.stamp(now)),
    ).fetchall()
    return [Due(_notice(db, row), row["channel"]) for row in rows]


def untold(db: sqlite3.Connection) -> list[StoredNotice]:
    """Warnings no channel has taken and nobody has acknowledged: what a person at the terminal must still see."""
    rows = db.execute(
        f"{_NOTICE} WHERE n.acknowledged_at IS NULL AND o.received_on IS NULL"
        " AND o.archived_on IS NULL AND NOT EXISTS (SELECT 1 FROM deliveries t WHERE t.notice_id = n.id"
        " AND t.taken_at IS NOT NULL) ORDER BY n.id"
    ).fetchall()
    return [_notice(db, row) for row in rows]


def taken_since(db: sqlite3.Connection, moment: datetime) -> list[StoredNotice]:
    """Warnings some channel took at or after a moment."""
    rows = db.execute(
        f"{_NOTICE} WHERE EXISTS (SELECT 1 FROM deliveries t WHERE t.notice_id = n.id"
        " AND t.taken_at >= ?) ORDER BY n.id",
        (col.stamp(moment),),
    ).fetchall()
    return [_notice(db, row) for row in rows]


def of_order(db: sqlite3.Connection, order: int) -> list[StoredNotice]:
    """Every warning of one order, oldest first."""
    rows = db.execute(f"{_NOTICE} WHERE n.order_id = ? ORDER BY n.id", (order,)).fetchall()
    return [_notice(db, row) for row in rows]


def taken(db: sqlite3.Connection, notice: int, channel: str, now: datetime) -> None:
    """A channel took a warning."""
    db.execute(
        "INSERT INTO deliveries (notice_id, channel, taken_at, tries) VALUES (?, ?, ?, 1)"
        " ON CONFLICT (notice_id, channel) DO UPDATE SET taken_at = excluded.taken_at, tries = tries + 1",
        (notice, channel, col.stamp(now)),
    )


def failed(db: sqlite3.Connection, notice: int, channel: str, answer: str, now: datetime) -> None:
    """A channel did not take it: later again, never given up."""
    row = db.execute(
        "SELECT tries FROM deliveries WHERE notice_id = ? AND channel = ?", (notice, channel)
    ).fetchone()
    wait = min(_FIRST_WAIT * 2 ** min(int(row["tries"]), 10), _LONGEST_WAIT)
    db.execute(
        "UPDATE deliveries SET tries = tries + 1, next_try_at = ?, last_answer = ? WHERE notice_id = ? AND channel = ?",
        (col.stamp(now + wait), answer, notice, channel),
    )


def acknowledge(db: sqlite3.Connection, order: int | None, now: datetime) -> int:
    """Mark the warnings of one order, or all, as seen; returns how many."""
    done = db.execute(
        "UPDATE notices SET acknowledged_at = ? WHERE acknowledged_at IS NULL AND (? IS NULL OR order_id = ?)",
        (col.stamp(now), order, order),
    )
    return done.rowcount


def _notice(db: sqlite3.Connection, row: sqlite3.Row) -> StoredNotice:
    channels = db.execute(
        "SELECT channel FROM deliveries WHERE notice_id = ? AND taken_at IS NOT NULL ORDER BY channel",
        (row["id"],),
    ).fetchall()
    made = datetime.fromisoformat(row["made_at"])
    return StoredNotice(
        id=int(row["id"]),
        order_id=row["shop_order"],
        kind=row["kind"],
        deadline=col.day(row["deadline"]),
        title=row["title"],
        body=row["body"],
        made_at=made,
        acknowledged_at=col.instant(row["acknowledged_at"]),
        taken_by=tuple(c["channel"] for c in channels),
    )
