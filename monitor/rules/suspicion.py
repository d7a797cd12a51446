"""Fake and reused numbers: each sign is named; one strong or two weak make a parcel suspicious.

Sources of the signs: buyers' reports collected 2026-11 (deliveries to another city, scans years old, one
number on several orders).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from monitor.model import Order, Parcel
from monitor.rules.reasons import Reason, because
from monitor.rules.timeline import ORDER_OF_STAGES, Scan

# The order's day and a scan's day may lie in zones far apart.
_SLACK = timedelta(days=2)
# No flight and delivery between two continents is quicker.
_FASTEST = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Signal:
    """One sign that the number may not be this order's."""

    reason: Reason
    strong: bool


def old_journey(scans: Sequence[Scan], order: Order) -> tuple[list[Scan], list[Scan]]:
    """Scans older than the order, set apart from its own. Labels printed ahead count as its own."""
    if order.placed_on is None:
        return [], list(scans)
    start = datetime.combine(order.placed_on, time.min, UTC) - _SLACK
    old = [s for s in scans if s.event.at < start and s.event.status.tag not in ("Pending", "InfoReceived")]
    return old, [s for s in scans if s not in old]


def signals(
    parcel: Parcel, order: Order, old: Sequence[Scan], own: Sequence[Scan], cities: Sequence[str] = ()
) -> list[Signal]:
    """Every sign found, strong ones first. `cities` are spellings of the buyer's own city."""
    found = [
        *_before_order(order, old),
        *_other_country(parcel, order),
        *_too_early(order, own),
        *_shared(parcel),
        *_too_fast(own),
        *_other_city(own, cities),
    ]
    return sorted(found, key=lambda signal: not signal.strong)


def enough(found: Sequence[Signal]) -> bool:
    """One strong sign, or two weak ones."""
    return any(s.strong for s in found) or len(found) >= 2


def _before_order(order: Order, old: Sequence[Scan]) -> Iterable[Signal]:
    if old and order.placed_on:
        day = old[0].event.at.date().isoformat()
        yield Signal(because("before_order", day=day, placed=order.placed_on.isoformat()), strong=True)


def _other_country(parcel: Parcel, order: Order) -> Iterable[Signal]:
    theirs = {leg.destination_country for leg in parcel.legs if leg.destination_country}
    if order.destination_country and theirs and order.destination_country not in theirs:
        facts = because("other_country", theirs=", ".join(sorted(theirs)), ours=order.destination_country)
        yield Signal(facts, strong=True)


def _too_early(order: Order, own: Sequence[Scan]) -> Iterable[Signal]:
    delivered = [s for s in own if s.event.status.tag == "Delivered"]
    if delivered and order.shipped_on:
        day = delivered[0].event.at
        if day < datetime.combine(order.shipped_on, time.min, UTC) - timedelta(days=1):
            facts = because(
                "delivered_before_shipped", day=day.date().isoformat(), shipped=order.shipped_on.isoformat()
            )
            yield Signal(facts, strong=True)
    elif delivered and order.placed_on:
        day = delivered[0].event.at
        if day < datetime.combine(order.placed_on, time.min, UTC) - timedelta(days=1):
            facts = because("before_order", day=day.date().isoformat(), placed=order.placed_on.isoformat())
            yield Signal(facts, strong=True)


def _shared(parcel: Parcel) -> Iterable[Signal]:
    if parcel.other_sellers:
        yield Signal(because("shared_number", seller=parcel.other_sellers[0]), strong=False)


def _too_fast(own: Sequence[Scan]) -> Iterable[Signal]:
    left = [s for s in own if s.stage == "line_haul"]
    there = [s for s in own if s.event.status.tag == "Delivered" and s.event.at_is_exact]
    if left and there and ORDER_OF_STAGES.index(there[0].stage) >= ORDER_OF_STAGES.index("line_haul"):
        took = there[0].event.at - left[-1].event.at
        if timedelta(0) <= took < _FASTEST:
            yield Signal(because("too_fast", hours=int(took.total_seconds() // 3600)), strong=False)


def _other_city(own: Sequence[Scan], cities: Sequence[str]) -> Iterable[Signal]:
    """Weak: depots deliver to the towns around them, and places are spelled in many ways."""
    delivered = [s.event for s in own if s.event.status.tag == "Delivered" and s.event.place]
    if cities and delivered and not any(_plain(city) in _plain(delivered[-1].place) for city in cities):
        yield Signal(because("other_city", theirs=delivered[-1].place, ours=cities[0]), strong=False)


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
