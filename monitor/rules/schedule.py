"""Who is asked, and when next: quiet parcels seldom, near a delivery or a deadline more often, never rudely.

Intervals in use elsewhere (collected 2026-11): 6 h fixed for Cainiao by one integration that fears a ban;
3 / 8 / 24 h by leg and 2^n h back-off by a shop extension.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.model import Condition, Leg, Order, Parcel, Role
from monitor.rules.advise import Advice
from monitor.rules.assess import Assessment
from scrapers import carriers, numbers

_QUIET: frozenset[Condition] = frozenset(
    {"no_information", "label_only", "stalled", "tracking_ended", "held"}
)
_CLOSE: frozenset[Condition] = frozenset({"out_for_delivery", "attempt_failed", "ready_for_pickup"})
_DONE: frozenset[Condition] = frozenset({"delivered", "returned", "lost"})
# A delivery can still be taken back by a scan of the next days; later than this nobody asks any more.
_LOOK_AFTER = timedelta(days=10)
_LONGEST = timedelta(hours=24)
_SURE = 0.9
_LIKELY = 0.5


@dataclass(frozen=True, slots=True)
class Intervals:
    """Time between two good looks at one number."""

    quiet: timedelta = timedelta(hours=24)
    moving: timedelta = timedelta(hours=8)
    close: timedelta = timedelta(hours=3)


def legs_for(parcel: Parcel, order: Order, keys: Container[str] = ()) -> list[Leg]:
    """The carriers to ask about a parcel's own number, those it belongs to first; `keys` are those with a key.

    The user's word and the shop's own carrier name win where that carrier can be asked. Without them an
    AliExpress number is Cainiao's, and also that of a carrier whose pattern fits nobody else.
    """
    known = set(carriers.ids())
    named = parcel.carrier
    if named in known and (_open(named) or named in keys or order.marketplace != "aliexpress"):
        return [Leg(named, parcel.number)]
    candidates = [c for c in numbers.identify(parcel.number) if c.carrier in known and _open(c.carrier)]
    # An S10 number is some post's, but that post sees it only at the end: see destination_legs.
    sure = [c.carrier for c in candidates if c.certainty >= _SURE and not numbers.is_s10(parcel.number)]
    wanted = ["cainiao", *sure] if order.marketplace == "aliexpress" else [c.carrier for c in candidates[:1]]
    return [Leg(carrier, parcel.number) for carrier in dict.fromkeys(wanted)]


def pages_for(parcel: Parcel) -> list[Leg]:
    """The carriers whose pages a person can look at for a parcel: those of the surest guess for each number.

    First of all carriers that answer nobody else; a page that could be asked directly is opened, too, when it is
    the only one.
    """
    found: list[Leg] = []
    for number in dict.fromkeys([parcel.number, *(leg.number for leg in parcel.legs)]):
        named = [parcel.carrier] if parcel.carrier and number == parcel.number else []
        guessed = [c.carrier for c in numbers.identify(number) if c.certainty >= _LIKELY]
        known = [c for c in dict.fromkeys([*named, *guessed]) if c in carriers.ids()]
        private = [c for c in known if carriers.get(c).reach == "user"]
        found += [Leg(c, number, role="helper") for c in private or known[:1]]
    return found


def linked_legs(parcel: Parcel, linked: Iterable[str], order: Order) -> list[Leg]:
    """Legs for numbers an answer linked to this parcel: helpers, whose not-found means nothing."""
    found: list[Leg] = []
    for number in linked:
        own = legs_for(Parcel(parcel.id, numbers.normal(number)), order)
        found += [Leg(leg.carrier, leg.number, role="helper") for leg in own]
    return found


def destination_legs(parcel: Parcel, order: Order, *, reached: bool) -> list[Leg]:
    """The destination post sees the same S10 number once the parcel is in its country."""
    country = order.destination_country or next(
        (leg.destination_country for leg in parcel.legs if leg.destination_country), ""
    )
    if not reached or not country or not numbers.is_s10(parcel.number):
        return []
    posts = [
        c for c in carriers.every() if country in c.countries and c.reach == "open" and c.id != "cainiao"
    ]
    role: Role = "helper"
    seeing = [post.id for post in posts if numbers.fits(post, parcel.number)]
    # Where that post answers no program, the postal union's own tracking sees the same number, if less of it.
    return [Leg(carrier, parcel.number, role=role) for carrier in seeing or ["upu"]]


def next_check(
    leg: Leg,
    assessment: Assessment,
    advice: Advice,
    days_left: int | None,
    intervals: Intervals,
    now: datetime,
) -> datetime | None:
    """When to ask this leg next; None where asking has no use any more."""
    floor = carriers.get(leg.carrier).poll_floor
    if leg.last_outcome in ("blocked", "unavailable", "changed"):
        return now + min(max(timedelta(hours=2 ** min(leg.failures, 5)), floor / 3), _LONGEST)
    if advice.situation in ("has_it", "archived", "completed_over", "everything_over"):
        return None
    if assessment.condition in _DONE:
        over = assessment.since is not None and now - assessment.since > _LOOK_AFTER
        return None if over else now + intervals.quiet
    if assessment.condition in _CLOSE or (days_left is not None and 0 <= days_left <= 3):
        return now + max(intervals.close, floor)
    if assessment.condition in _QUIET:
        return now + max(intervals.quiet, floor)
    return now + max(intervals.moving, floor)


def spread(leg: Leg, moment: datetime, share: float) -> datetime:
    """A next check earlier or later by a share of the time until it, but never below the carrier's floor."""
    last = leg.last_attempt_at or moment
    return max(moment + (moment - last) * share, min(moment, last + carriers.get(leg.carrier).poll_floor))


def soonest(
    wishes: Iterable[Mapping[tuple[str, str], datetime | None]],
) -> dict[tuple[str, str], datetime | None]:
    """Several parcels' next checks of (carrier, number) as one: a number is asked about as long as one has a use."""
    found: dict[tuple[str, str], datetime | None] = {}
    for asked, at in (one for wish in wishes for one in wish.items()):
        known = found.get(asked)
        found[asked] = min(at, known) if at and known else at or known
    return found


def batches(
    numbers: Mapping[str, Sequence[str]], sizes: Mapping[str, int] | None = None
) -> list[tuple[str, list[str]]]:
    """Numbers by carrier as questions: (carrier, its numbers), each no longer than the carrier takes at once, or than
    `sizes` say, and no number twice."""
    out: list[tuple[str, list[str]]] = []
    for carrier, named in numbers.items():
        asked = list(dict.fromkeys(named))
        size = sizes[carrier] if sizes else carriers.get(carrier).batch
        out += [(carrier, asked[at : at + size]) for at in range(0, len(asked), size)]
    return out


def _open(carrier: str) -> bool:
    return carriers.get(carrier).reach == "open"
