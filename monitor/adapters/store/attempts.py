"""Every question put to a carrier, and what came of it: one answer for all of its numbers that fared alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from monitor.adapters.store import columns as col
from monitor.adapters.store.connection import Connection

ASKED = "attempts t JOIN answers a ON a.id = t.answer JOIN looks k ON k.id = t.look_id"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One carrier asked about one number; `detail` says why it gave no answer."""

    carrier: str
    number: str
    at: datetime
    outcome: str
    detail: str


def put(db: Connection, at: datetime, asked: Iterable[tuple[int, str, str, float | None]]) -> None:
    """Keep what came of one question: (look, outcome, detail, seconds it took) of each number."""
    alike: dict[tuple[str, str, float | None], dict[int, None]] = {}
    for look, outcome, detail, seconds in asked:
        alike.setdefault((outcome, detail, seconds), {})[look] = None
    for answer, looks in alike.items():
        number = db.execute(
            "INSERT INTO answers (at, outcome, detail, seconds) VALUES (?, ?, ?, ?) RETURNING id",
            (col.micros(at), *answer),
        ).fetchone()["id"]
        db.executemany(
            "INSERT INTO attempts (look_id, answer) VALUES (?, ?)", [(look, number) for look in sorted(looks)]
        )


def forget_unasked(db: Connection) -> None:
    """Forget the answers about numbers that are no longer there."""
    db.execute("DELETE FROM answers WHERE id IN (SELECT id FROM answers EXCEPT SELECT answer FROM attempts)")


def newest_before(db: Connection, moment: datetime) -> int:
    """The newest answer (row id) of before a moment, 0 where there is none."""
    row = db.execute("SELECT COALESCE(MAX(id), 0) AS id FROM answers WHERE at < ?", (col.micros(moment),))
    return int(row.fetchone()["id"])


def forget_of_looks(db: Connection, before: datetime, newest: int, after: int, most: int) -> int:
    """Forget that so many looks, those past `after`, were asked before a moment, `newest` being the last answer then;
    returns the last of them, 0 where there are none any more."""
    looks = [
        int(row["id"])
        for row in db.execute("SELECT id FROM looks WHERE id > ? ORDER BY id LIMIT ?", (after, most))
    ]
    # Look by look, for nothing else finds attempts without reading them all.
    db.executemany(
        "DELETE FROM attempts WHERE look_id = ? AND answer <= ? AND EXISTS"
        " (SELECT 1 FROM answers a WHERE a.id = attempts.answer AND a.at < ?)",
        [(look, newest, col.micros(before)) for look in looks],
    )
    return looks[-1] if looks else 0


def forget_answers(db: Connection, before: datetime, most: int) -> int:
    """Forget so many answers of before a moment of which no attempt is left; returns how many there were."""
    return db.execute(
        "DELETE FROM answers WHERE id IN (SELECT id FROM answers WHERE at < ? ORDER BY id LIMIT ?)",
        (col.micros(before), most),
    ).rowcount


def counted(db: Connection, since: datetime) -> dict[str, Counter[str]]:
    """Carrier -> its answers since a moment, counted by outcome."""
    rows = db.execute(
        f"SELECT k.carrier, a.outcome, COUNT(*) AS times FROM {ASKED} WHERE a.at >= ?"
        " GROUP BY k.carrier, a.outcome ORDER BY k.carrier",
        (col.micros(since),),
    )
    found: dict[str, Counter[str]] = {}
    for row in rows:
        found.setdefault(row["carrier"], Counter())[row["outcome"]] = int(row["times"])
    return found


def times(db: Connection, since: datetime) -> dict[str, list[float]]:
    """Carrier -> the seconds its answers since a moment took, the quickest first; one answer to many numbers once."""
    rows = db.execute(
        f"SELECT DISTINCT k.carrier, a.at, a.seconds FROM {ASKED} WHERE a.at >= ? AND a.seconds IS NOT NULL"
        " ORDER BY k.carrier, a.seconds",
        (col.micros(since),),
    )
    found: dict[str, list[float]] = {}
    for row in rows:
        found.setdefault(row["carrier"], []).append(row["seconds"])
    return found


def of_order(db: Connection, order: int) -> list[Attempt]:
    """The attempts of all parcels of an order (by row id), per carrier and number, oldest first."""
    rows = db.execute(
        f"SELECT DISTINCT k.carrier, k.number, a.at, a.outcome, a.detail FROM {ASKED}"
        " JOIN legs l ON l.look_id = k.id JOIN parcels p ON p.id = l.parcel_id"
        " WHERE p.order_id = ? ORDER BY k.carrier, k.number, a.at",
        (order,),
    )
    return [Attempt(r["carrier"], r["number"], col.moment(r["at"]), r["outcome"], r["detail"]) for r in rows]
