"""What each carrier answered about each number: the last attempt, the last good answer, when to ask next.

An answer that says what the last good one said costs two short statements, whatever it holds: see `digest_of`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b

import msgspec

from monitor import __version__
from monitor.adapters.store import attempts, scans
from monitor.adapters.store import columns as col
from monitor.adapters.store.connection import Connection, parts, placeholders
from monitor.model import Role
from monitor.rules import clock
from scrapers.base import Outcome, TrackingReport

# Who was just asked is asked again after so long, unless a decision names another moment before.
_UNDECIDED = timedelta(hours=1)
_GOOD = ("ok", "not_found")
# An appointment made by a clock that ran ahead is none any more.
_ATTEMPTED = (
    "UPDATE looks SET last_attempt_at = ?, last_outcome = ?, last_detail = ?,"
    " due_at = CASE WHEN next_check_at > ? AND (last_attempt_at IS NULL OR last_attempt_at <= ?)"
    " THEN next_check_at ELSE ? END,"
    " next_check_at = CASE WHEN last_attempt_at > ? THEN NULL ELSE next_check_at END"
)
_WELL = "failures = 0, last_good_at = ?, last_good_outcome = ?"
# What an answer leaves out, an earlier one may have told.
_LEARNED = (
    "digest = ?, origin_country = COALESCE(NULLIF(?, ''), origin_country),"
    " destination_country = COALESCE(NULLIF(?, ''), destination_country),"
    " ends_by_design = CASE WHEN ? = 1 THEN 1 ELSE ends_by_design END, expected_at = COALESCE(?, expected_at)"
)


def ensure(db: Connection, carrier: str, number: str) -> int:
    """The id of the look for (carrier, number), made when missing."""
    return ensure_all(db, carrier, [number])[number]


def ensure_all(db: Connection, carrier: str, numbers: Iterable[str]) -> dict[str, int]:
    """Number -> the id of its look at a carrier, made when missing: to be asked at once, but for the shop's own."""
    return {number: look for number, (look, _) in _ensured(db, carrier, numbers).items()}


def link(db: Connection, parcel: int, carrier: str, number: str, role: Role) -> bool:
    """Let a parcel be seen by a carrier under a number; False when it already was, or is there no more, or where its
    user took that number off."""
    may_be = db.execute(
        "SELECT 1 FROM parcels p WHERE p.id = ? AND NOT EXISTS"
        " (SELECT 1 FROM taken_off t WHERE t.order_id = p.order_id AND t.number = ?)",
        (parcel, number),
    ).fetchone()
    if may_be is None:
        return False
    look = ensure(db, carrier, number)
    done = db.execute(
        "INSERT INTO legs (parcel_id, look_id, role) VALUES (?, ?, ?) ON CONFLICT (parcel_id, look_id) DO NOTHING",
        (parcel, look, role),
    )
    if done.rowcount > 0:
        # What the last answer linked is to be learned for this parcel too, and a look nobody wanted is wanted again.
        db.execute("UPDATE looks SET digest = '' WHERE id = ?", (look,))
        wake(db, [look])
        touch_owners(db, [look], new=True)
    return done.rowcount > 0


def forget_unwanted(db: Connection) -> None:
    """Forget the looks no parcel has, with all they told."""
    db.execute("DELETE FROM looks WHERE id NOT IN (SELECT look_id FROM legs)")
    attempts.forget_unasked(db)


def wake(db: Connection, looks: Sequence[int]) -> None:
    """Let looks that were not to be asked any more be asked at their time."""
    db.executemany(
        "UPDATE looks SET due_at = CASE WHEN last_attempt_at IS NULL THEN '' ELSE next_check_at END"
        " WHERE id = ? AND due_at IS NULL AND carrier <> 'shop'",
        [(look,) for look in looks],
    )


def appoint(db: Connection, checks: Mapping[tuple[str, str], datetime | None]) -> None:
    """When to ask each (carrier, number) next, None for not any more.

    One whose time has come and that was not asked since keeps its place: it may be under a lease, with somebody asking.
    """
    db.executemany(
        "UPDATE looks SET next_check_at = ?, due_at = CASE WHEN due_at IS NOT NULL AND next_check_at >= last_attempt_at"
        " AND next_check_at <= ? THEN due_at ELSE ? END WHERE carrier = ? AND number = ?",
        [(stamp, stamp, stamp, *asked) for asked, at in checks.items() for stamp in [col.stamp_if(at)]],
    )


def lease(db: Connection, numbers: Mapping[str, Sequence[str]], until: datetime) -> None:
    """Nobody else is to ask these carriers about these numbers until then."""
    db.executemany(
        "UPDATE looks SET due_at = ? WHERE carrier = ? AND number = ?",
        [(col.stamp(until), carrier, number) for carrier, asked in numbers.items() for number in asked],
    )


def claim(
    db: Connection, carrier: str, numbers: Sequence[str], lease: datetime, until: datetime
) -> list[str]:
    """Those of the numbers that are still under this lease, which now holds until then."""
    return [
        number
        for number in numbers
        if db.execute(
            "UPDATE looks SET due_at = ? WHERE carrier = ? AND number = ? AND due_at = ?",
            (col.stamp(until), carrier, number, col.stamp(lease)),
        ).rowcount
    ]


def ids(db: Connection, carrier: str, numbers: Sequence[str]) -> list[int]:
    """The looks of these numbers at a carrier, as far as they are there."""
    return [look for look, _ in _known(db, carrier, numbers).values()]


def touch_owners(db: Connection, looks: Sequence[int], *, new: bool = False) -> None:
    """The orders whose parcels are seen by these looks are to be judged again; with something `new`, their parcels
    may lack legs, too."""
    change = "touched = touched + 1, legs_known = 0" if new else "touched = touched + 1"
    for some in parts(looks):
        db.execute(
            f"UPDATE orders SET {change} WHERE id IN (SELECT p.order_id FROM legs l"
            f" JOIN parcels p ON p.id = l.parcel_id WHERE l.look_id IN ({placeholders(some)}))",
            some,
        )


def digest_of(report: TrackingReport) -> str:
    """Stands for all that a good answer says, in the reading of this program.

    How each text is classified is part of it, so that new tables are never hidden by an answer that stayed the same.
    """
    said = (
        __version__,
        report.outcome,
        report.linked_numbers,
        report.origin_country,
        report.destination_country,
        report.ends_by_design,
        report.expected_at,
        report.events,
    )
    # Instants are written as such there, so the same moment in another zone is the same.
    return blake2b(msgspec.msgpack.encode(said), digest_size=12).hexdigest()


def news(db: Connection, carrier: str, reports: Sequence[TrackingReport]) -> list[TrackingReport]:
    """Those of the reports that say something else than the last good answer did."""
    good = {report.number: report for report in reports if report.outcome in _GOOD}
    known = _known(db, carrier, list(good))
    return [r for number, r in good.items() if number not in known or known[number][1] != digest_of(r)]


def record(
    db: Connection,
    carrier: str,
    reports: Sequence[TrackingReport],
    now: datetime,
    seconds: Mapping[str, float],
) -> list[int]:
    """Store one answer about its numbers; returns the looks of which it said something new.

    Only ok and not_found touch what was known; every attempt is kept beside it. What it says of a number the user
    removed meanwhile is not.
    """
    known = _known(db, carrier, list(dict.fromkeys(report.number for report in reports)))
    asked = [(known[report.number][0], report) for report in reports if report.number in known]
    attempts.put(db, now, [(look, r.outcome, r.detail, seconds.get(r.number)) for look, r in asked])
    changed = {
        look: (r, digest)
        for look, r in asked
        if r.outcome in _GOOD and (digest := digest_of(r)) != known[r.number][1]
    }
    _attempted(db, asked, changed, now)
    scans.put(db, {look: report.events for look, (report, _) in changed.items()})
    touch_owners(db, [look for look, _ in known.values() if look not in changed])
    touch_owners(db, list(changed), new=True)
    return list(changed)


def _attempted(
    db: Connection,
    asked: Sequence[tuple[int, TrackingReport]],
    changed: Mapping[int, tuple[TrackingReport, str]],
    now: datetime,
) -> None:
    """Who was asked, with what outcome, and what `changed` answers told of their parcels."""
    at, ahead, undecided = (col.stamp(m) for m in (now, now + clock.NOTABLE, now + _UNDECIDED))
    alike: dict[tuple[Outcome, str], list[int]] = {}
    for look, report in asked:
        if look not in changed:
            alike.setdefault((report.outcome, report.detail), []).append(look)
    # The good last: where an answer says two things of one number, they count.
    for (outcome, detail), looks in sorted(alike.items(), key=lambda one: one[0][0] in _GOOD):
        values = (at, outcome, detail, at, ahead, undecided, ahead)
        for some in parts(looks):
            these = f"WHERE id IN ({placeholders(some)})"
            if outcome in _GOOD:
                db.execute(f"{_ATTEMPTED}, {_WELL} {these}", (*values, at, outcome, *some))
            else:
                db.execute(f"{_ATTEMPTED}, failures = failures + 1 {these}", (*values, *some))
    db.executemany(
        f"{_ATTEMPTED}, {_WELL}, {_LEARNED} WHERE id = ?",
        [
            (
                at, r.outcome, r.detail, at, ahead, undecided, ahead, at, r.outcome,
                digest, r.origin_country, r.destination_country, int(r.ends_by_design), col.stamp_if(r.expected_at),
                look,
            )
            for look, (r, digest) in changed.items()
        ],
    )  # fmt: skip


def _ensured(db: Connection, carrier: str, numbers: Iterable[str]) -> dict[str, tuple[int, str]]:
    """Number -> its look's id and digest, made when missing."""
    wanted = list(dict.fromkeys(numbers))
    found = _known(db, carrier, wanted)
    if missing := [number for number in wanted if number not in found]:
        due = None if carrier == "shop" else ""
        db.executemany(
            "INSERT INTO looks (carrier, number, due_at) VALUES (?, ?, ?) ON CONFLICT (carrier, number) DO NOTHING",
            [(carrier, number, due) for number in missing],
        )
        found |= _known(db, carrier, missing)
    return found


def _known(db: Connection, carrier: str, numbers: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Number -> id and digest of its look, where there is one."""
    found: dict[str, tuple[int, str]] = {}
    for some in parts(numbers):
        rows = db.execute(
            f"SELECT number, id, digest FROM looks WHERE carrier = ? AND number IN ({placeholders(some)})",
            (carrier, *some),
        )
        found |= {number: (int(look), digest) for number, look, digest in rows}
    return found
