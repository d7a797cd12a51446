"""Warnings as rows: made once by their identity, offered to each channel until it took them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from monitor.adapters.store import columns as col
from monitor.adapters.store.connection import Connection, Row
from monitor.rules.notices import OVER, Notice

# From half a minute up to a quarter of an hour, without end: a warning is never given up.
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(minutes=15)
# A warning made so far ahead of now was made by a clock that was wrong, and is made again.
_AHEAD = timedelta(hours=1)
_NOT_KNOWN = "Not known yet"
_COULD_NOT_WARN = " Could not warn you before: the computer was off, or no channel took it."

_NOTICE = (
    "SELECT n.*, COALESCE(o.order_id, '') AS shop_order, o.snoozed_until"
    " FROM notices n LEFT JOIN orders o ON o.id = n.order_id"
)
# Still to be told: not of a settled order, not a ladder's step that a later one has taken the place of, nor a try of
# another day.
_OPEN = (
    "n.acknowledged_at IS NULL AND o.received_on IS NULL AND o.archived_on IS NULL"
    " AND (n.stands = 1 OR n.kind <> 'retry_dispute')"
    " AND (n.stands = 1 OR n.step IS NULL OR NOT EXISTS (SELECT 1 FROM notices l WHERE l.stands = 1"
    " AND l.order_id = n.order_id AND l.kind = n.kind AND l.id <> n.id))"
)
# Not taken by its channel yet, or one that may have to come again.
_TO_COME = "(d.taken_at IS NULL OR (n.stands = 1 AND n.step IS NOT NULL AND n.step >= 0))"


@dataclass(frozen=True, slots=True)
class StoredNotice:
    """A warning in the outbox. `order_id` is "" for one about the program; `taken_by` are the channels that took it."""

    id: int
    order_id: str
    kind: str
    deadline: date | None
    step: int | None
    title: str
    body: str
    made_at: datetime
    acknowledged_at: datetime | None
    stands: bool
    snoozed_until: datetime | None
    taken_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """One warning one channel may have to take: when it last took it, or tried in vain and will next."""

    notice: StoredNotice
    channel: str
    taken_at: datetime | None
    tries: int
    next_try_at: datetime | None


def put(
    db: Connection,
    order: int | None,
    notices: Iterable[Notice],
    channels: Sequence[str],
    now: datetime,
) -> int:
    """Store what holds for an order (None: the program) now, each with its deliveries; returns how many were new."""
    standing = [_put(db, order, notice, channels, now) for notice in notices]
    others = "".join(" AND id <> ?" for _ in standing)
    db.execute(
        f"UPDATE notices SET stands = 0 WHERE COALESCE(order_id, 0) = ? AND stands = 1{others}",
        (order or 0, *(number for number, _ in standing)),
    )
    return sum(new for _, new in standing)


def offer_untold(db: Connection, channels: Sequence[str], *, of_orders: bool) -> None:
    """What no channel has taken yet is for these, too: about the program, told once to those that were on then; and
    `of_orders`, which a worker made on a machine with others.
    """
    which = "" if of_orders else " AND COALESCE(n.order_id, 0) = 0"
    for channel in channels:
        db.execute(
            "INSERT INTO deliveries (notice_id, channel) SELECT n.id, ? FROM notices n WHERE n.stands = 1"
            f" AND n.acknowledged_at IS NULL{which} AND NOT EXISTS (SELECT 1 FROM deliveries d"
            " WHERE d.notice_id = n.id AND (d.channel = ? OR d.taken_at IS NOT NULL))"
            " ON CONFLICT (notice_id, channel) DO NOTHING",
            (channel, channel),
        )


def tell(db: Connection, notice: Notice, channels: Sequence[str], now: datetime) -> bool:
    """Store one warning about the program itself, for these channels; whether it was new."""
    return _put(db, None, notice, channels, now)[1]


def _put(
    db: Connection, order: int | None, notice: Notice, channels: Sequence[str], now: datetime
) -> tuple[int, bool]:
    """One notice: its row, with the words of now, and whether it is to be told as new."""
    from monitor.rules import telling  # who only reads tells nothing

    row = db.execute(
        "SELECT id, made_at, title, body, step, stands FROM notices WHERE COALESCE(order_id, 0) = ? AND key = ?",
        (order or 0, notice.key),
    ).fetchone()
    body = notice.body + (_COULD_NOT_WARN if _came_too_late(db, order, notice) else "")
    if row and _rings_anew(row, notice, now):
        db.execute("DELETE FROM notices WHERE id = ?", (row["id"],))
        row = None
    if row:
        number = int(row["id"])
        if (row["title"], row["body"], row["step"], row["stands"]) != (notice.title, body, notice.step, 1):
            db.execute(
                "UPDATE notices SET title = ?, body = ?, step = ?, stands = 1 WHERE id = ?",
                (notice.title, body, notice.step, number),
            )
    else:
        number = _insert(db, order, notice, body, now)
    untold = db.execute(
        "SELECT NOT EXISTS (SELECT 1 FROM deliveries WHERE notice_id = ? AND taken_at IS NOT NULL)", (number,)
    ).fetchone()[0]
    # One that comes again reaches whoever switched to another channel meanwhile.
    again = notice.step is not None and notice.days_left is not None and 0 <= notice.days_left <= telling.NEAR
    for channel in channels if untold or again else ():
        db.execute(
            "INSERT INTO deliveries (notice_id, channel) VALUES (?, ?) ON CONFLICT (notice_id, channel) DO NOTHING",
            (number, channel),
        )
    return number, row is None


def _rings_anew(row: Row, notice: Notice, now: datetime) -> bool:
    """Made by a clock that ran ahead, or a step or a moved date that held before, then did not, and holds again."""
    ahead = datetime.fromisoformat(row["made_at"]) > now + _AHEAD
    return ahead or ((notice.step is not None or notice.kind == "moved") and not row["stands"])


def _insert(db: Connection, order: int | None, notice: Notice, body: str, now: datetime) -> int:
    done = db.execute(
        "INSERT INTO notices (order_id, key, kind, deadline, step, title, body, made_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            order,
            notice.key,
            notice.kind,
            col.iso(notice.deadline),
            notice.step,
            notice.title,
            body,
            col.stamp(now),
        ),
    )
    return int(done.fetchall()[0]["id"])


def _came_too_late(db: Connection, order: int | None, notice: Notice) -> bool:
    """A last safe day that went by without any warning of it having reached the user."""
    if notice.step != OVER:
        return False
    told = db.execute(
        "SELECT 1 FROM notices n JOIN deliveries d ON d.notice_id = n.id WHERE n.order_id = ? AND n.kind = ?"
        " AND n.deadline = ? AND n.key <> ? AND d.taken_at IS NOT NULL",
        (order, notice.kind, col.iso(notice.deadline), notice.key),
    ).fetchone()
    return told is None


def due(db: Connection, channels: Sequence[str]) -> list[Due]:
    """What may go out, oldest warning first: not taken by its channel yet, or one that may have to come again."""
    if not channels:
        return []
    marks = ",".join("?" * len(channels))
    rows = db.execute(
        f"{_NOTICE.replace('n.*', 'n.*, d.channel, d.taken_at, d.tries, d.next_try_at')}"
        f" JOIN deliveries d ON d.notice_id = n.id WHERE d.channel IN ({marks}) AND {_OPEN} AND {_TO_COME}"
        " ORDER BY n.id",
        tuple(channels),
    ).fetchall()
    return [
        Due(
            _notice(db, row),
            row["channel"],
            col.instant(row["taken_at"]),
            int(row["tries"]),
            col.instant(row["next_try_at"]),
        )
        for row in rows
    ]


def untold(db: Connection) -> list[StoredNotice]:
    """Warnings no channel has taken and nobody has acknowledged: what a person at the terminal must still see."""
    rows = db.execute(
        f"{_NOTICE} WHERE {_OPEN} AND NOT EXISTS (SELECT 1 FROM deliveries t WHERE t.notice_id = n.id"
        " AND t.taken_at IS NOT NULL) ORDER BY n.id"
    ).fetchall()
    return [_notice(db, row) for row in rows]


def taken_since(db: Connection, moment: datetime) -> list[StoredNotice]:
    """Warnings some channel took at or after a moment."""
    rows = db.execute(
        f"{_NOTICE} WHERE EXISTS (SELECT 1 FROM deliveries t WHERE t.notice_id = n.id"
        " AND t.taken_at >= ?) ORDER BY n.id",
        (col.stamp(moment),),
    ).fetchall()
    return [_notice(db, row) for row in rows]


def own(db: Connection) -> list[StoredNotice]:
    """What still holds about the program itself and was not acknowledged, oldest first."""
    rows = db.execute(
        f"{_NOTICE} WHERE n.order_id IS NULL AND n.stands = 1 AND n.acknowledged_at IS NULL ORDER BY n.id"
    ).fetchall()
    return [_notice(db, row) for row in rows]


def of_order(db: Connection, order: int) -> list[StoredNotice]:
    """Every warning of one order, oldest first."""
    rows = db.execute(f"{_NOTICE} WHERE n.order_id = ? ORDER BY n.id", (order,)).fetchall()
    return [_notice(db, row) for row in rows]


def newest(db: Connection, count: int) -> list[StoredNotice]:
    """The newest warnings of all orders and of the program itself."""
    rows = db.execute(f"{_NOTICE} ORDER BY n.made_at DESC, n.id DESC LIMIT ?", (count,)).fetchall()
    return [_notice(db, row) for row in rows]


def offered(db: Connection, notices: Iterable[int], channel: str, now: datetime) -> None:
    """A channel is about to get warnings: a store that takes this will take its answer.

    Who was ended in the middle offers them again at once; should that happen a second time, they wait a little, for
    they may have come twice by now.
    """
    for notice in notices:
        db.execute(
            "UPDATE deliveries SET last_answer = ?,"
            " next_try_at = CASE WHEN last_answer LIKE ? THEN ? ELSE next_try_at END"
            " WHERE notice_id = ? AND channel = ?",
            (
                f"{_NOT_KNOWN}, asked at {col.stamp(now)}.", f"{_NOT_KNOWN}%", col.stamp(now + _LONGEST_WAIT),
                notice, channel,
            ),
        )  # fmt: skip


def taken(db: Connection, notices: Iterable[int], channel: str, now: datetime) -> None:
    """A channel took warnings; of an order forgotten meanwhile there are none any more."""
    for notice in notices:
        db.execute(
            "INSERT INTO deliveries (notice_id, channel, taken_at) SELECT id, ?, ? FROM notices WHERE id = ?"
            " ON CONFLICT (notice_id, channel)"
            " DO UPDATE SET taken_at = excluded.taken_at, tries = 0, next_try_at = NULL, last_answer = ''",
            (channel, col.stamp(now), notice),
        )


def failed(db: Connection, notices: Iterable[int], channel: str, answer: str, now: datetime) -> None:
    """A channel did not take them: later again, never given up."""
    for notice in notices:
        row = db.execute(
            "SELECT tries FROM deliveries WHERE notice_id = ? AND channel = ?", (notice, channel)
        ).fetchone()
        if row is None:  # its order was forgotten meanwhile
            continue
        wait = min(_FIRST_WAIT * 2 ** min(int(row["tries"]), 10), _LONGEST_WAIT)
        db.execute(
            "UPDATE deliveries SET tries = tries + 1, next_try_at = ?, last_answer = ?"
            " WHERE notice_id = ? AND channel = ?",
            (col.stamp(now + wait), answer, notice, channel),
        )


def failing(db: Connection, tries: int) -> list[str]:
    """The channels that refused one and the same warning so many times running, and are to get it still.

    A refusal of what was acknowledged, settled or overtaken since is tried no more, and says nothing of today.
    """
    rows = db.execute(
        "SELECT DISTINCT d.channel FROM deliveries d JOIN notices n ON n.id = d.notice_id"
        " LEFT JOIN orders o ON o.id = n.order_id WHERE d.tries > 0 AND d.tries >= ?"
        f" AND {_OPEN} AND {_TO_COME} ORDER BY d.channel",
        (tries,),
    ).fetchall()
    return [row["channel"] for row in rows]


def acknowledge(db: Connection, order: int | None, now: datetime) -> int:
    """Mark the warnings of one order, or all, as seen; returns how many."""
    asked = "UPDATE notices SET acknowledged_at = ? WHERE acknowledged_at IS NULL"
    if order is None:
        return db.execute(asked, (col.stamp(now),)).rowcount
    return db.execute(f"{asked} AND order_id = ?", (col.stamp(now), order)).rowcount


def _notice(db: Connection, row: Row) -> StoredNotice:
    channels = db.execute(
        "SELECT channel FROM deliveries WHERE notice_id = ? AND taken_at IS NOT NULL ORDER BY channel",
        (row["id"],),
    ).fetchall()
    return StoredNotice(
        id=int(row["id"]),
        order_id=row["shop_order"],
        kind=row["kind"],
        deadline=col.day(row["deadline"]),
        step=row["step"],
        title=row["title"],
        body=row["body"],
        made_at=datetime.fromisoformat(row["made_at"]),
        acknowledged_at=col.instant(row["acknowledged_at"]),
        stands=bool(row["stands"]),
        snoozed_until=col.instant(row["snoozed_until"]),
        taken_by=tuple(c["channel"] for c in channels),
    )
