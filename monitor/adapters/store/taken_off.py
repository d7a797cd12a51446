"""Tracking numbers the user took off an order: nothing is told by them there, until a newer word brings one back.

The user's own word always does, the shop's where it was said afterwards. A file of the user's that is imported again
holds what was thought before, and a carrier only says what it has heard of a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from monitor.adapters.store import columns as col
from monitor.adapters.store import due, looks
from monitor.adapters.store.connection import Connection, placeholders
from scrapers.orders import OrderRecord


def put(db: Connection, order: int, numbers: Sequence[str], now: datetime) -> None:
    """Take numbers off an order, be they its parcels' own or further ones of theirs.

    Their scans and answers stay for another order that has them; else they are forgotten.
    """
    if not numbers:
        return
    due.touch(db, order)  # as long as it is known who has the same numbers
    these = placeholders(numbers)
    db.execute(f"DELETE FROM parcels WHERE order_id = ? AND number IN ({these})", (order, *numbers))
    db.execute(
        f"DELETE FROM legs WHERE look_id IN (SELECT id FROM looks WHERE number IN ({these}))"
        " AND parcel_id IN (SELECT id FROM parcels WHERE order_id = ?)",
        (*numbers, order),
    )
    looks.forget_unwanted(db)
    for number in numbers:
        _hush(db, order, number, now)
        db.execute(
            "INSERT INTO taken_off (order_id, number, at) VALUES (?, ?, ?)"
            " ON CONFLICT (order_id, number) DO UPDATE SET at = excluded.at",
            (order, number, col.stamp(now)),
        )


def still_off(
    db: Connection, order: int, numbers: Sequence[str], record: OrderRecord, now: datetime
) -> set[str]:
    """Those of the numbers this record names that stay off the order; the others are back."""
    said = col.stamp(record.said_at or now)
    rows = db.execute(
        f"SELECT number, at FROM taken_off WHERE order_id = ? AND number IN ({placeholders(numbers)})",
        (order, *numbers),
    ).fetchall()
    by_the_shop = record.source != "manual"
    back = [row["number"] for row in rows if record.own_word or (by_the_shop and said > row["at"])]
    db.executemany(
        "DELETE FROM taken_off WHERE order_id = ? AND number = ?", [(order, number) for number in back]
    )
    return {row["number"] for row in rows} - set(back)


def _hush(db: Connection, order: int, number: str, now: datetime) -> None:
    """What was to be warned of about a parcel is not told any more; what was told stays, as told."""
    told = "SELECT 1 FROM deliveries d WHERE d.notice_id = notices.id AND d.taken_at IS NOT NULL"
    for row in db.execute("SELECT id, kind, key FROM notices WHERE order_id = ?", (order,)).fetchall():
        if row["key"].startswith(f"{row['kind']}/{number}/"):
            db.execute(f"DELETE FROM notices WHERE id = ? AND NOT EXISTS ({told})", (row["id"],))
            db.execute(
                "UPDATE notices SET acknowledged_at = COALESCE(acknowledged_at, ?), stands = 0 WHERE id = ?",
                (col.stamp(now), row["id"]),
            )
