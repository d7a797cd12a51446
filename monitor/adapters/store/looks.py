"""What each carrier answered about each number: every attempt, the last good answer, its scans.

An answer that says what the last good one said costs two short statements, whatever it holds: see `digest_of`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from types import MappingProxyType
from typing import TypeVar

from monitor import __version__
from monitor.adapters.store import columns as col
from monitor.adapters.store import labels
from monitor.adapters.store.connection import Connection
from monitor.model import Leg, Role
from monitor.rules import clock
from scrapers.base import Status, TrackingEvent, TrackingReport

T = TypeVar("T")

# Databases take a limited number of values a statement.
SOME = 500
# Who was just asked is asked again after so long, unless a decision names another moment before.
_UNDECIDED = timedelta(hours=1)
_NO_WORDS: labels.Labels = MappingProxyType({})


def ensure(db: Connection, carrier: str, number: str) -> int:
    """The id of the look for (carrier, number), made when missing."""
    return ensure_all(db, carrier, [number])[number]


def ensure_all(db: Connection, carrier: str, numbers: Iterable[str]) -> dict[str, int]:
    """Number -> the id of its look at a carrier, made when missing: to be asked at once, but for the shop's own."""
    wanted = list(dict.fromkeys(numbers))
    found = {number: look for look, number, _ in _known(db, carrier, wanted)}
    if missing := [number for number in wanted if number not in found]:
        due = None if carrier == "shop" else ""
        db.executemany(
            "INSERT INTO looks (carrier, number, due_at) VALUES (?, ?, ?) ON CONFLICT (carrier, number) DO NOTHING",
            [(carrier, number, due) for number in missing],
        )
        found |= {number: look for look, number, _ in _known(db, carrier, missing)}
    return found


def link(db: Connection, parcel: int, carrier: str, number: str, role: Role) -> bool:
    """Let a parcel be seen by a carrier under a number; False when it already was."""
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


def wake(db: Connection, looks: Sequence[int]) -> None:
    """Let looks that were not to be asked any more be asked at their time."""
    db.executemany(
        "UPDATE looks SET due_at = CASE WHEN last_attempt_at IS NULL THEN '' ELSE next_check_at END"
        " WHERE id = ? AND due_at IS NULL AND carrier <> 'shop'",
        [(look,) for look in looks],
    )


def appoint(db: Connection, checks: Mapping[tuple[str, str], datetime | None]) -> None:
    """When to ask each (carrier, number) next, None for not any more."""
    db.executemany(
        "UPDATE looks SET next_check_at = ?, due_at = ? WHERE carrier = ? AND number = ?",
        [(col.stamp_if(at), col.stamp_if(at), *asked) for asked, at in checks.items()],
    )


def lease(db: Connection, legs: Iterable[Leg], until: datetime) -> None:
    """Nobody else is to ask about these until then."""
    db.executemany(
        "UPDATE looks SET due_at = ? WHERE carrier = ? AND number = ?",
        [(col.stamp(until), leg.carrier, leg.number) for leg in legs],
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
    return [look for look, _, _ in _known(db, carrier, numbers)]


def touch_owners(db: Connection, looks: Sequence[int], *, new: bool = False) -> None:
    """The orders whose parcels are seen by these looks are to be judged again; with something `new`, their parcels
    may lack legs, too."""
    change = "touched = touched + 1, legs_known = 0" if new else "touched = touched + 1"
    for some in _parts(looks):
        db.execute(
            f"UPDATE orders SET {change} WHERE id IN (SELECT p.order_id FROM legs l"
            f" JOIN parcels p ON p.id = l.parcel_id WHERE l.look_id IN ({_marks(some)}))",
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
        col.stamp_if(report.expected_at),
        tuple(_said(event) for event in report.events),
    )
    return blake2b(repr(said).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def news(db: Connection, carrier: str, reports: Sequence[TrackingReport]) -> list[TrackingReport]:
    """Those of the reports that say something else than the last good answer did."""
    good = {report.number: report for report in reports if report.outcome in ("ok", "not_found")}
    known = {number: digest for _, number, digest in _known(db, carrier, list(good))}
    return [report for number, report in good.items() if known.get(number, "") != digest_of(report)]


def record(
    db: Connection,
    carrier: str,
    reports: Sequence[TrackingReport],
    now: datetime,
    seconds: Mapping[str, float],
) -> list[int]:
    """Store one answer about its numbers; returns the looks of which it said something new.

    Only ok and not_found touch what was known; every attempt is kept beside it.
    """
    known = ensure_all(db, carrier, (report.number for report in reports))
    digests = {look: digest for look, _, digest in _known(db, carrier, list(known))}
    at = col.stamp(now)
    db.executemany(
        "INSERT INTO attempts (look_id, at, outcome, detail, seconds) VALUES (?, ?, ?, ?, ?)",
        [(known[r.number], at, r.outcome, r.detail, seconds.get(r.number)) for r in reports],
    )
    good = [report for report in reports if report.outcome in ("ok", "not_found")]
    _attempted(db, [(known[r.number], r) for r in reports], now)
    changed = {
        known[r.number]: (r, digest) for r in good if (digest := digest_of(r)) != digests[known[r.number]]
    }
    _learned(db, changed)
    put_events(db, {look: report.events for look, (report, _) in changed.items()})
    touch_owners(db, [look for look in known.values() if look not in changed])
    touch_owners(db, list(changed), new=True)
    return list(changed)


def _attempted(db: Connection, asked: Sequence[tuple[int, TrackingReport]], now: datetime) -> None:
    """Who was asked and with what outcome; an appointment made by a clock that ran ahead is none any more."""
    at, ahead, undecided = (col.stamp(m) for m in (now, now + clock.NOTABLE, now + _UNDECIDED))
    attempt = (
        "UPDATE looks SET last_attempt_at = ?, last_outcome = ?, last_detail = ?,"
        " due_at = CASE WHEN next_check_at > ? AND (last_attempt_at IS NULL OR last_attempt_at <= ?)"
        " THEN next_check_at ELSE ? END,"
        " next_check_at = CASE WHEN last_attempt_at > ? THEN NULL ELSE next_check_at END,"
    )
    said: dict[bool, list[tuple[object, ...]]] = {True: [], False: []}
    for look, report in asked:
        good = report.outcome in ("ok", "not_found")
        values = (at, report.outcome, report.detail, at, ahead, undecided, ahead)
        said[good].append((*values, at, report.outcome, look) if good else (*values, look))
    db.executemany(f"{attempt} failures = failures + 1 WHERE id = ?", said[False])
    db.executemany(
        f"{attempt} failures = 0, last_good_at = ?, last_good_outcome = ? WHERE id = ?", said[True]
    )


def _learned(db: Connection, changed: Mapping[int, tuple[TrackingReport, str]]) -> None:
    db.executemany(
        "UPDATE looks SET digest = ?, origin_country = COALESCE(NULLIF(?, ''), origin_country),"
        " destination_country = COALESCE(NULLIF(?, ''), destination_country),"
        " ends_by_design = CASE WHEN ? = 1 THEN 1 ELSE ends_by_design END, expected_at = COALESCE(?, expected_at)"
        " WHERE id = ?",
        [
            (
                digest, r.origin_country, r.destination_country, int(r.ends_by_design),
                col.stamp_if(r.expected_at), look,
            )
            for look, (r, digest) in changed.items()
        ],
    )  # fmt: skip


def put_events(db: Connection, lists: Mapping[int, Sequence[TrackingEvent]]) -> set[int]:
    """Store lists of scans by their looks; scans a shorter new list leaves out are kept. Returns those with any new."""
    stored = _events(db, sorted(lists), _NO_WORDS)
    wanted: dict[int, Sequence[TrackingEvent]] = {}
    for look, told in lists.items():
        before, events = stored.get(look, []), told
        if len(events) < len(before):  # carriers forget old scans; what was seen was seen
            seen = {(e.at, e.text, e.code) for e in events}
            left_out = [e for e in before if (e.at, e.text, e.code) not in seen]
            events = sorted([*left_out, *events], key=lambda e: e.at)
        if [_said(e) for e in events] != [_said(e) for e in before]:
            wanted[look] = events
    _replace(db, wanted)
    return set(wanted)


def _replace(db: Connection, lists: Mapping[int, Sequence[TrackingEvent]]) -> None:
    words = {_kept(w) for events in lists.values() for e in events for w in (e.text, e.place, e.status.rule)}
    ids = _texts(db, sorted(words))
    db.executemany("DELETE FROM events WHERE look_id = ?", [(look,) for look in lists])
    db.executemany(
        "INSERT INTO events (look_id, place_in_list, at, exact, code, words, place, tag, subtag, stage, rule)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                look, at, col.stamp(e.at), int(e.at_is_exact), e.code, ids[_kept(e.text)], ids[_kept(e.place)],
                e.status.tag, e.status.subtag, e.status.stage, ids[_kept(e.status.rule)],
            )
            for look, events in lists.items()
            for at, e in enumerate(events)
        ],
    )  # fmt: skip


def events_by_look(db: Connection, ids: Sequence[int]) -> dict[int, tuple[TrackingEvent, ...]]:
    """The scans of many looks, oldest first, with the user's labels for texts no rule understands."""
    return {look: tuple(events) for look, events in _events(db, ids, labels.every(db)).items()}


def _events(db: Connection, ids: Sequence[int], own_words: labels.Labels) -> dict[int, list[TrackingEvent]]:
    found: dict[int, list[TrackingEvent]] = {}
    for some in _parts(ids):
        rows = db.execute(
            "SELECT e.look_id, e.at, e.exact, e.code, e.tag, e.subtag, e.stage, w.text AS words, p.text AS place,"
            " r.text AS rule, k.carrier FROM events e JOIN looks k ON k.id = e.look_id"
            " JOIN texts w ON w.id = e.words JOIN texts p ON p.id = e.place JOIN texts r ON r.id = e.rule"
            f" WHERE e.look_id IN ({_marks(some)}) ORDER BY e.look_id, e.place_in_list",
            some,
        )
        for row in rows:
            said = Status(row["tag"], row["subtag"], row["rule"], row["stage"])
            status = labels.read(own_words, said, row["words"], row["carrier"])
            at = datetime.fromisoformat(row["at"])
            event = TrackingEvent(at, bool(row["exact"]), row["words"], row["place"], row["code"], status)
            found.setdefault(row["look_id"], []).append(event)
    return found


def _said(event: TrackingEvent) -> tuple[object, ...]:
    """All of a scan as plain values; the same moment in another zone is the same."""
    status = event.status
    return (
        event.at.timestamp(), event.at_is_exact, event.text, event.place, event.code,
        status.tag, status.subtag, status.rule, status.stage,
    )  # fmt: skip


def _known(db: Connection, carrier: str, numbers: Sequence[str]) -> list[tuple[int, str, str]]:
    """(id, number, digest) of the looks there are."""
    found: list[tuple[int, str, str]] = []
    for some in _parts(numbers):
        rows = db.execute(
            f"SELECT id, number, digest FROM looks WHERE carrier = ? AND number IN ({_marks(some)})",
            (carrier, *some),
        )
        found += [(int(row["id"]), row["number"], row["digest"]) for row in rows]
    return found


def _texts(db: Connection, texts: Sequence[str]) -> dict[str, int]:
    """Text -> its id, made when missing."""
    found: dict[str, int] = {}
    for some in _parts(texts):
        asked = f"SELECT id, text FROM texts WHERE text IN ({_marks(some)})"
        found |= {row["text"]: int(row["id"]) for row in db.execute(asked, some)}
        if missing := [text for text in some if text not in found]:
            db.executemany(
                "INSERT INTO texts (text) VALUES (?) ON CONFLICT DO NOTHING", [(t,) for t in missing]
            )
            found |= {row["text"]: int(row["id"]) for row in db.execute(asked, some)}
    return found


def _kept(text: str) -> str:
    """A text as every database can hold it."""
    return text.replace("\0", "\ufffd")


def _parts(values: Sequence[T]) -> Iterator[Sequence[T]]:
    return (values[start : start + SOME] for start in range(0, len(values), SOME))


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))
