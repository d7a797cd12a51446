"""The strip of an order: its days on an axis all orders share, as numbers a drawing needs, and in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from itertools import pairwise

from monitor.rules.verdict import Verdict

WIDTH = 400
BEFORE, AFTER = timedelta(days=75), timedelta(days=60)
_SILENCE = 5  # days without a scan from which a gap is drawn


@dataclass(frozen=True, slots=True)
class Strip:
    """Places on an axis of WIDTH units: first day, scans, silences (from, length), today, last safe day or None."""

    start: int
    scans: tuple[int, ...]
    silences: tuple[tuple[int, int], ...]
    today: int
    last_safe: int | None
    ladder: tuple[int, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Month:
    """Where a month begins on the axis."""

    at: int
    first: date


def place(day: date, today: date) -> int:
    """A day's place on the axis: 75 days back, 60 ahead; what lies outside stands at its edge."""
    share = (day - today + BEFORE) / (BEFORE + AFTER)
    return round(WIDTH * min(max(share, 0), 1))


def months(today: date) -> list[Month]:
    """The months that begin within the axis."""
    found, first = [], (today - BEFORE).replace(day=1)
    while (first := (first + timedelta(days=31)).replace(day=1)) < today + AFTER:
        found.append(Month(place(first, today), first))
    return found


def strip(verdict: Verdict, ladder: tuple[int, ...], today: date, zone: tzinfo) -> Strip:
    """The strip of one order."""
    order = verdict.order
    days = sorted({scan.event.at.astimezone(zone).date() for a in verdict.assessments for scan in a.scans})
    days = [day for day in days if day <= today]
    near = verdict.nearest
    gaps = [(a, b) for a, b in pairwise([*days, today]) if (b - a).days >= _SILENCE]
    words = [f"{len(days)} days with scans" + (f", the last on {days[-1]}" if days else "")]
    if gaps and gaps[-1][1] == today:
        words.append(f"silent for {(today - gaps[-1][0]).days} days")
    if near:
        words.append(f"{near.name} until {near.last_safe_day}, {near.certainty}")
    rungs = [near.last_safe_day - timedelta(days=n) for n in ladder if n] if near else []
    return Strip(
        start=place(order.placed_on or (days[0] if days else today), today),
        scans=tuple(dict.fromkeys(place(day, today) for day in days)),
        silences=tuple((place(a, today), place(b, today) - place(a, today)) for a, b in gaps),
        today=place(today, today),
        last_safe=place(near.last_safe_day, today) if near else None,
        ladder=tuple(place(day, today) for day in rungs),
        words="; ".join(words),
    )
