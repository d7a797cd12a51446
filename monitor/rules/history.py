"""What the user's own finished parcels teach: how long each stage of a route takes.

It may only tighten a limit, never loosen one: an alarm is not hidden because earlier parcels were slow too.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

from monitor.model import Order, Parcel
from monitor.rules.policy import Limit
from monitor.rules.timeline import merge
from scrapers.base import Stage

# Fewer samples say nothing about the slowest tenth.
_ENOUGH = 10

Route = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Learned:
    """Of `count` gaps at one stage of one route, 90 % were over by day `days`."""

    days: int
    count: int


@dataclass(frozen=True, slots=True)
class History:
    """How many gaps between two scans took so many days (one begun counts), by route (origin, destination) and the
    stage they were waited at. Of a million parcels no more is kept than of a thousand."""

    gaps: Mapping[tuple[Route, Stage], Mapping[int, int]] = field(default_factory=dict)

    def learned(self, route: Route, stage: Stage) -> Learned | None:
        """The day by which 90 % had moved on, None where too few parcels say so."""
        gaps = self.gaps.get((route, stage), {})
        count = sum(gaps.values())
        if count < _ENOUGH:
            return None
        over = accumulate(gaps[days] for days in sorted(gaps))
        day = next(
            day for day, so_far in zip(sorted(gaps), over, strict=True) if so_far >= math.ceil(0.9 * count)
        )
        return Learned(day, count)

    def tightened(self, limit: Limit, route: Route, stage: Stage) -> Limit:
        """The limit, or an earlier one where this route is usually quicker: stalled two days after the 90 %."""
        known = self.learned(route, stage)
        if known is None:
            return limit
        stalled = min(limit.stalled, known.days + 2)
        return Limit(min(limit.late, max(stalled - 1, 1)), stalled)


def route_of(parcel: Parcel, order: Order) -> Route:
    """Where a parcel comes from and goes to, as far as it is known."""
    origin = next((leg.origin_country for leg in parcel.legs if leg.origin_country), "")
    theirs = next((leg.destination_country for leg in parcel.legs if leg.destination_country), "")
    return origin, order.destination_country or theirs


def learn(orders: Iterable[Order]) -> History:
    """The gaps of all parcels that came to their end: delivered by a scan, or in the user's hands by their word."""
    gaps: dict[tuple[Route, Stage], Counter[int]] = {}
    for order in orders:
        for parcel in order.parcels:
            scans = merge(parcel)
            arrived = [n for n, scan in enumerate(scans) if scan.event.status.tag == "Delivered"]
            if not arrived and order.received_on is None:
                continue
            ours = scans[: arrived[0] + 1] if arrived else scans
            route = route_of(parcel, order)
            for before, after in pairwise(ours):
                waited = (after.event.at - before.event.at).total_seconds() / 86_400
                gaps.setdefault((route, before.stage), Counter())[math.ceil(waited)] += 1
    return History(gaps)
