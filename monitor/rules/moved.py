"""What each place shows for a deadline now, and how that changed: a shop may move a date, or take it away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby, pairwise

from monitor.model import DateSeen
from scrapers.orders import OWN_WORD


@dataclass(frozen=True, slots=True)
class Move:
    """A place showed `before` and then, first seen at `seen_at`, `after`; None where it shows no day any more."""

    place: str
    before: date
    after: date | None
    seen_at: datetime

    @property
    def later(self) -> bool:
        return self.after is not None and self.after > self.before


def now_shown(seen: Iterable[DateSeen]) -> list[DateSeen]:
    """The earliest day each place showed when it was last read; what it showed before is history.

    A day that is gone from its place still counts: a page that says less takes no right away. All the user gave, in a
    file or by hand, is one place: the newest of it corrects the others.
    """
    return [sightings[-1] for sightings in _by_place(seen)]


def moves(seen: Iterable[DateSeen]) -> tuple[Move, ...]:
    """Every change of the shop's own word, oldest first. What the user corrects is no move."""
    found: list[Move] = []
    for sightings in _by_place(s for s in seen if s.source != "manual"):
        for before, after in pairwise(sightings):
            if before.day != after.day:
                found.append(Move(after.place, before.day, after.day, after.seen_at))
        last = sightings[-1]
        if last.gone_at is not None:
            found.append(Move(last.place, last.day, None, last.gone_at))
    return tuple(sorted(found, key=lambda move: move.seen_at))


def latest(found: Sequence[Move]) -> tuple[Move, ...]:
    """The newest change of each place."""
    return tuple({move.place: move for move in found}.values())


def _by_place(seen: Iterable[DateSeen]) -> list[list[DateSeen]]:
    """Per place its sightings in time, of each the earliest day it showed."""
    ordered = sorted(seen, key=lambda s: (_place(s), s.seen_at, s.day))
    return [
        [next(days) for _, days in groupby(sightings, key=lambda s: s.seen_at)]
        for _, sightings in groupby(ordered, key=_place)
    ]


def _place(seen: DateSeen) -> str:
    return OWN_WORD if seen.source == "manual" else seen.place
