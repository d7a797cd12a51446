"""Every deadline of an order: until when which right can be used, from what source, how sure.

The last safe day is the day before a "no delivery before" date, of the earliest source. Windows are counted, by the
profile of the order's shop and by who paid, only where no date is shown, and are marked estimated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

from monitor.model import Case, DateSeen, Order
from monitor.rules.assess import Assessment
from monitor.rules.moved import Move, latest, moves, now_shown
from monitor.rules.windows import counts, earliest_day, events, last_day, sentence
from scrapers.marketplaces.profiles import (
    PAYERS,
    Confidence,
    DeadlineKind,
    Event,
    Profile,
    Profiles,
    Window,
    shipped,
)
from scrapers.orders import UNSURE_DAY, case_place

DeadlineSource = Literal["page", "mail", "manual", "estimated"]
_ShownKind = Literal[
    "protection_end", "completed_window", "faulty_window", "free_return", "late_coupon", "ship_by", "case_answer",
    "opens_on",
]  # fmt: skip

NAMES: dict[DeadlineKind, str] = {
    "protection_end": "Buyer protection (not received)",
    "completed_window": "Dispute after completion",
    "faulty_window": "Dispute for faulty goods",
    "faulty_strict": "Dispute for faulty goods, by the stricter rule",
    "free_return": "Free return",
    "withdrawal": "Withdrawal without a reason (EU)",
    "late_coupon": "Late-delivery coupon",
    "ship_by": "Seller must ship",
    "opens_on": "Dispute can be opened from",
    "auto_confirm": "The shop can complete the order from",
    "cancel_answer": "Seller's answer to your cancellation",
    "case_answer": "Your answer in the dispute",
    "seller_answer": "Seller's answer in the dispute",
    "platform_decision": "The shop steps into the dispute",
    "return_posting": "Posting the return",
    "refund_arrival": "Refund should have arrived",
    "paypal_dispute": "PayPal dispute",
    "paypal_escalate": "PayPal dispute must become a claim",
    "card_chargeback": "Card chargeback",
}
# Days on which something begins or somebody else's time ends; all others are the last day of a right of the buyer's.
_NOT_YOURS: frozenset[DeadlineKind] = frozenset({
    "late_coupon", "ship_by", "opens_on", "auto_confirm", "cancel_answer", "seller_answer", "platform_decision",
    "refund_arrival",
})  # fmt: skip

CERTAINTY: dict[DeadlineSource, str] = {
    "page": "as the shop shows it",
    "mail": "as the shop's mail says",
    "manual": "as you gave it",
    "estimated": "estimated",
}
_TRUST: tuple[DeadlineSource, ...] = ("page", "manual", "mail")

# AliExpress counts in Pacific time in its older rules; one order of 2026 showed dates a day apart.
SHOP_ZONE = ZoneInfo("America/Los_Angeles")

# Rights that end a full day before the shown date; the others end with it.
_BEFORE: frozenset[_ShownKind] = frozenset({"protection_end"})
# What is left once an order is cancelled: the way of the money.
_OF_CANCELLED: frozenset[DeadlineKind] = frozenset({"refund_arrival", *PAYERS})


@dataclass(frozen=True, slots=True)
class Deadline:
    """One day that matters, most of them the last safe day of a right. `days_left` is negative once it is over.

    `sentence` is the source's own wording or how the day was counted; `seen` holds every source's day, newest
    first per place, and `moves` what the shop changed about it.
    """

    kind: DeadlineKind
    last_safe_day: date
    source: DeadlineSource
    days_left: int
    sentence: str
    seen: tuple[DateSeen, ...] = ()
    confidence: Confidence = "low"
    moves: tuple[Move, ...] = ()

    @property
    def name(self) -> str:
        return NAMES[self.kind]

    @property
    def certainty(self) -> str:
        return CERTAINTY[self.source]

    @property
    def yours(self) -> bool:
        """The last day of a right of the buyer's; the other kinds tell when something begins or is due to them."""
        return self.kind not in _NOT_YOURS


def today(now: datetime, zone: tzinfo, shop_zone: tzinfo = SHOP_ZONE) -> date:
    """The day that counts: the user's or the shop's, whichever is further on, so that no day is thought left."""
    return max(now.astimezone(zone).date(), now.astimezone(shop_zone).date())


def deadlines(
    order: Order,
    assessments: Sequence[Assessment],
    now: datetime,
    zone: tzinfo,
    profiles: Profiles | None = None,
) -> tuple[Deadline, ...]:
    """All deadlines of an order, the nearest first. Pure; none is left out because it has passed.

    `profiles` say what shops and payers grant; without them those that come with the program count.
    """
    if order.order_state == "to_pay":
        return ()
    parties = (profiles or shipped()).parties(order.marketplace, order.payment_method)
    shop = parties[0]
    shop_zone = ZoneInfo(shop.zone) if shop.zone else zone
    day = today(now, zone, shop_zone)
    zones = (zone, shop_zone)
    state, happened = _state(order, assessments), events(order, assessments, zones)
    found = _Finding(order, shop, state, happened, day, zones)
    all_found = [*found.of_the_shop(), *(d for party in parties for d in found.of_the_payer(party))]
    dated = [d for d in all_found if order.order_state != "cancelled" or d.kind in _OF_CANCELLED]
    return tuple(sorted(dated, key=lambda d: (d.last_safe_day, d.kind)))


@dataclass(frozen=True, slots=True)
class _Finding:
    """What is needed to find the deadlines of one order."""

    order: Order
    shop: Profile
    state: str
    events: Mapping[Event, date]
    today: date
    zones: Sequence[tzinfo]

    def of_the_shop(self) -> Iterator[Deadline]:
        found = [
            protection := self._protection(),
            self._shown("completed_window") or self._counted("completed_window"),
            *self._faulty(),
            self._free_return(),
            self._counted("withdrawal"),
            self._coupon(),
            self._ship_by(),
            self._shown("opens_on") or self._counted("opens_on"),
            self._auto_confirm(protection),
            self._counted("cancel_answer"),
            self._case_answer(),
            self._counted("seller_answer"),
            self._counted("platform_decision"),
            self._counted("return_posting"),
            self._counted("refund_arrival"),
        ]
        yield from (d for d in found if d is not None)

    def of_the_payer(self, payer: Profile) -> Iterator[Deadline]:
        for kind in PAYERS:
            if counted := self.first_of(payer.of(kind), self.events):
                yield counted

    def _protection(self) -> Deadline | None:
        shown = self._shown("protection_end")
        # Where a shop has a window for after the completion, only what a page still shows is a right beside it.
        if shown is not None or ("completed" in self.events and self.shop.of("completed_window")):
            return shown
        return self._counted("protection_end")

    def _faulty(self) -> list[Deadline | None]:
        """The day the order's own page names, and beside it the stricter rule, of which the alarm is rung too."""
        shown, counted = self._shown("faulty_window"), self._counted("faulty_window")
        if shown is None or counted is None or counted.last_safe_day >= shown.last_safe_day:
            return [shown or counted]
        return [shown, replace(counted, kind="faulty_strict")]

    def _free_return(self) -> Deadline | None:
        """A page counts from the completion, the latest a delivery can have been; a known delivery is earlier."""
        shown = self._shown("free_return")
        if shown is None:
            return self._counted("free_return")
        # Shown, it holds for the item whether or not it is tagged so.
        untagged = [replace(window, tag="") for window in self.shop.of("free_return")]
        counted = self.first_of(untagged, self.events)
        if counted is None or counted.last_safe_day >= shown.last_safe_day:
            return replace(shown, confidence="medium")
        return replace(counted, seen=shown.seen, moves=shown.moves)

    def _coupon(self) -> Deadline | None:
        """The day from which the coupon can be asked for. It is never taken for the protection date."""
        shown, delivered = self._shown("late_coupon"), self.events.get("delivered")
        if shown is None or (delivered is not None and delivered <= shown.last_safe_day):
            return None
        counted = self._counted("late_coupon")
        if counted is None:
            return shown
        return replace(shown, last_safe_day=counted.last_safe_day, days_left=counted.days_left)

    def _ship_by(self) -> Deadline | None:
        if self.state != "processing" or self.order.shipped_on is not None:
            return None
        return self._shown("ship_by") or self._counted("ship_by")

    def _case_answer(self) -> Deadline | None:
        """Of several disputes that wait for the buyer the one that has to be answered first."""
        waiting = [case for case in self.order.cases if case.state == "waiting_buyer"]
        answers = [answer for case in waiting if (answer := self._answer_in(case))]
        return min(answers, key=lambda answer: answer.last_safe_day, default=None)

    def _answer_in(self, case: Case) -> Deadline | None:
        """By the day its own page shows, unless that was over when the dispute came to wait: of an earlier round."""
        asked = earliest_day(case.changed_at, self.zones)
        others = {case_place(other.case_id) for other in self.order.cases if other is not case}
        shown = self._shown("case_answer", lambda seen: seen.place not in others and seen.day >= asked)
        windows = self.shop.of("case_answer")
        return shown or self.first_of(windows, {**self.events, "case_waits_for_you": asked})

    def _auto_confirm(self, protection: Deadline | None) -> Deadline | None:
        """The day from which the shop may complete the order by itself, which starts the short window.

        A delivery, the shop's own word and the end of the protection allow it; the last only once it is there.
        """
        days = dict(self.events)
        if protection is not None and protection.last_safe_day < self.today:
            days["protection_over"] = protection.last_safe_day + timedelta(days=1)
        found = self.first_of(self.shop.of("auto_confirm"), days)
        announced = found is not None and found.last_safe_day == days.get("closes_soon")
        return replace(found, source="mail") if found and announced else found

    def _shown(self, kind: _ShownKind, holds: Callable[[DateSeen], bool] = lambda _: True) -> Deadline | None:
        """The earliest day any source now shows; the sources may disagree by a day or more."""
        seen = [shown for shown in self.order.dates if shown.kind == kind and holds(shown)]
        if not seen:
            return None
        first = min(now_shown(seen), key=lambda shown: (shown.day, _TRUST.index(shown.source)))
        day = first.day - timedelta(days=1) if kind in _BEFORE else first.day
        newest_first = tuple(sorted(seen, key=lambda shown: shown.seen_at, reverse=True))
        moved = moves(seen)
        confidence = _confidence(first, moved)
        left = (day - self.today).days
        return Deadline(kind, day, first.source, left, first.sentence, newest_first, confidence, moved)

    def _counted(self, kind: DeadlineKind) -> Deadline | None:
        """By the shop's profile."""
        return self.first_of(self.shop.of(kind), self.events)

    def first_of(self, windows: Sequence[Window], days: Mapping[Event, date]) -> Deadline | None:
        """The first window whose event has its day among these, and which is meant for such an order."""
        for window in windows:
            start = days.get(window.event)
            if start is not None and counts(window, self.order, self.state):
                words = sentence(window, start)
                day = last_day(start, window)
                left = (day - self.today).days
                return Deadline(window.kind, day, "estimated", left, words, confidence=window.confidence)
        return None


def _state(order: Order, assessments: Sequence[Assessment]) -> str:
    """The order's state for a window: a carrier's scan overrules "processing", which may be an old look."""
    if order.completed_on is not None:
        return "completed"
    if order.order_state == "processing" and any(a.last_movement_at is not None for a in assessments):
        return "shipped"
    return order.order_state or "unknown"


def _confidence(shown: DateSeen, moved: Sequence[Move]) -> Confidence:
    if shown.gone_at is not None or UNSURE_DAY in shown.place:
        return "low"
    put_off = any(move.later and move.place == shown.place for move in latest(moved))
    return "medium" if shown.source == "mail" or put_off else "high"
