"""What each carrier answered about each number: every attempt, the last good answer, its scans."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime

from monitor.adapters.store import columns as col
from monitor.adapters.store import labels
from monitor.model import Role
from scrapers.base import Status, TrackingEvent, TrackingReport


def ensure(db: sqlite3.Connection, carrier: str, number: str) -> int:
    """The id of the look for (carrier, number), made when missing."""
    db.execute("INSERT OR IGNORE INTO looks (carrier, number) VALUES (?, ?)", (carrier, number))
    row = db.execute("SELECT id FROM looks WHERE carrier = ? AND number = ?", (carrier, number)).fetchone()
    return int(row["id"])


def link(db: sqlite3.Connection, parcel: int, carrier: str, number: str, role: Role) -> bool:
    """Let a parcel be seen by a carrier under a number; False when it already was."""
    look = ensure(db, carrier, number)
    done = db.execute(
        "INSERT OR IGNORE INTO legs (parcel_id, look_id, role) VALUES (?, ?, ?)", (parcel, look, role)
    )
    return done.rowcount > 0


def record(
    db: sqlite3.Connection, carrier: str, report: TrackingReport, now: datetime, seconds: float | None
) -> None:
    """Store one answer. Only ok and not_found touch what was known; every attempt is kept beside it."""
    look = ensure(db, carrier, report.number)
    at = col.stamp(now)
    db.execute(
        "INSERT INTO attempts (look_id, at, outcome, detail, seconds) VALUES (?, ?, ?, ?, ?)",
        (look, at, report.outcome, report.detail, seconds),
    )
    good = report.outcome in ("ok", "not_found")
    db.execute(
        "UPDATE looks SET last_attempt_at = ?, last_outcome = ?, last_detail = ?,"
        " failures = CASE WHEN ? THEN 0 ELSE failures + 1 END WHERE id = ?",
        (at, report.outcome, report.detail, good, look),
    )
    if not good:
        return
    db.execute(
        "UPDATE looks SET last_good_at = ?, last_good_outcome = ?,"
        " origin_country = CASE WHEN ? <> '' THEN ? ELSE origin_country END,"
        " destination_country = CASE WHEN ? <> '' THEN ? ELSE destination_country END,"
        " ends_by_design = MAX(ends_by_design, ?), expected_at = COALESCE(?, expected_at) WHERE id = ?",
        (
            at, report.outcome, report.origin_country, report.origin_country, report.destination_country,
            report.destination_country, report.ends_by_design, col.stamp_if(report.expected_at), look,
        ),
    )  # fmt: skip
    put_events(db, look, report.events)


def put_events(db: sqlite3.Connection, look: int, events: Sequence[TrackingEvent]) -> bool:
    """Store a list of scans; scans a shorter new list leaves out are kept. False when nothing is new."""
    before = list(events_of(db, look))
    if len(events) < len(before):  # carriers forget old scans; what was seen was seen
        seen = {(e.at, e.text, e.code) for e in events}
        events = sorted(
            [*(e for e in before if (e.at, e.text, e.code) not in seen), *events], key=lambda e: e.at
        )
    if [_identity(e) for e in events] == [_identity(e) for e in before]:
        return False
    db.execute("DELETE FROM events WHERE look_id = ?", (look,))
    for at, event in enumerate(events):
        status = event.status
        db.execute(
            "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                look, at, col.stamp(event.at), event.at_is_exact, event.code, _text(db, event.text),
                _text(db, event.place), status.tag, status.subtag, status.stage, _text(db, status.rule),
            ),
        )  # fmt: skip
    return True


def events_of(db: sqlite3.Connection, look: int) -> Iterable[TrackingEvent]:
    """The scans of one look, oldest first."""
    return events_by_look(db, [look]).get(look, ())


def events_by_look(db: sqlite3.Connection, ids: Sequence[int]) -> dict[int, tuple[TrackingEvent, ...]]:
    """The scans of many looks at once, with the user's labels for texts no rule understands."""
    own_words = labels.every(db)
    found: dict[int, list[TrackingEvent]] = {}
    for start in range(0, len(ids), 500):  # SQLite takes a limited number of values a statement
        some = ids[start : start + 500]
        rows = db.execute(
            "SELECT e.look_id, e.at, e.exact, e.code, e.tag, e.subtag, e.stage, w.text AS words, p.text AS place,"
            " r.text AS rule, k.carrier FROM events e JOIN looks k ON k.id = e.look_id"
            " JOIN texts w ON w.id = e.words JOIN texts p ON p.id = e.place JOIN texts r ON r.id = e.rule"
            f" WHERE e.look_id IN ({','.join('?' * len(some))}) ORDER BY e.look_id, e.place_in_list",
            some,
        )
        for row in rows:
            said = Status(row["tag"], row["subtag"], row["rule"], row["stage"])
            status = labels.read(own_words, said, row["words"], row["carrier"])
            at = datetime.fromisoformat(row["at"])
            event = TrackingEvent(at, bool(row["exact"]), row["words"], row["place"], row["code"], status)
            found.setdefault(row["look_id"], []).append(event)
    return {look: tuple(events) for look, events in found.items()}


def _identity(event: TrackingEvent) -> tuple[object, ...]:
    return (event.at.timestamp(), event.at_is_exact, event.text, event.place, event.code, event.status)


def _text(db: sqlite3.Connection, text: str) -> int:
    db.execute("INSERT OR IGNORE INTO texts (text) VALUES (?)", (text,))
    return int(db.execute("SELECT id FROM texts WHERE text = ?", (text,)).fetchone()["id"])
