"""What stands in the user's calendar: one entry per deadline, and how a calendar is told of a change.

An entry keeps its identity while the shop moves its day, and changes only with what it says: how many days are left
and what is advised today are not in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from monitor.rules.protection import Deadline
from monitor.rules.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Entry:
    """One all-day entry. `order` is the row id; `alarms` are days before `day`, 0 for the day itself."""

    uid: str
    order: int
    day: date
    summary: str
    description: str
    alarms: tuple[int, ...]
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """An entry as calendars know it: `sequence` counts its changes (RFC 5545, SEQUENCE)."""

    entry: Entry
    sequence: int
    changed_at: datetime


def entries(verdicts: Iterable[Verdict], ladder: Sequence[int]) -> Iterator[Entry]:
    """The entries of all watched orders, also of days that are over."""
    for verdict in verdicts:
        if not verdict.order.watched:
            continue
        met = Counter[str]()
        for deadline in verdict.deadlines:
            met[deadline.kind] += 1
            yield _entry(verdict, deadline, met[deadline.kind], ladder)


def retell(
    before: Iterable[Told], now_so: Iterable[Entry], now: datetime, unjudged: Container[int] = ()
) -> list[Told]:
    """What calendars are to know now. Entries that are no more are told as cancelled, once known; those of orders
    (row ids) that cannot be judged stay as they are."""
    known = {told.entry.uid: told for told in before}
    current = {entry.uid: entry for entry in now_so}
    gone = {
        uid: told.entry if told.entry.order in unjudged else replace(told.entry, cancelled=True)
        for uid, told in known.items()
        if uid not in current
    }
    return [_told(known.get(uid), entry, now) for uid, entry in (current | gone).items()]


def _told(before: Told | None, entry: Entry, now: datetime) -> Told:
    if before is None:
        return Told(entry, 0, now)
    return before if before.entry == entry else Told(entry, before.sequence + 1, now)


def _entry(verdict: Verdict, deadline: Deadline, nth: int, ladder: Sequence[int]) -> Entry:
    order = verdict.order
    again = f"-{nth}" if nth > 1 else ""
    unsure = " (estimated)" if deadline.source == "estimated" else ""
    what = order.title or f"order {order.order_id}"
    numbers = ", ".join(parcel.number for parcel in order.parcels)
    lines = (
        f"{deadline.name}: {'last safe day' if deadline.yours else 'day'} {deadline.last_safe_day},"
        f" {deadline.certainty}.",
        deadline.sentence,
        f"Order {order.order_id}" + (f", parcel {numbers}" if numbers else ""),
        f"parcelwarden show {order.order_id}",
    )
    return Entry(
        uid=f"{order.marketplace}-{order.order_id}-{deadline.kind}{again}@parcelwarden",
        order=order.id,
        day=deadline.last_safe_day,
        summary=f"{'Last day: ' if deadline.yours else ''}{deadline.name}{unsure} – {what}",
        description="\n".join(line for line in lines if line),
        alarms=tuple(ladder) if deadline.yours else (0,),
    )
