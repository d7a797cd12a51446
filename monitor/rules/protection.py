"""Every deadline of an order: until when which right can be used, from what source, how sure.

The last safe day is the day before a "no delivery before" date, of the earliest source; counted windows
are used only where no date is shown, and marked estimated. Sources: AliExpress's own texts of 2023-2026 and
copies of its help pages (facts collected 2026-11); PayPal's help pages; card networks' rules as Adyen tells them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

from monitor.model import DateSeen, Order
from monitor.rules.assess import Assessment
from scrapers.orders import DateKind

DeadlineKind = Literal[
    "protection_end", "completed_window", "faulty_window", "free_return", "late_coupon", "ship_by",
    "case_answer", "paypal_dispute", "card_chargeback",
]  # fmt: skip
DeadlineSource = Literal["page", "mail", "manual", "estimated"]

NAMES: dict[DeadlineKind, str] = {
    "protection_end": "Buyer protection (not received)",
    "completed_window": "Dispute after completion",
    "faulty_window": "Dispute for faulty goods",
    "free_return": "Free return",
    "late_coupon": "Late-delivery coupon",
    "ship_by": "Seller must ship",
    "case_answer": "Your answer in the dispute",
    "paypal_dispute": "PayPal dispute",
    "card_chargeback": "Card chargeback",
}

_CERTAINTY: dict[DeadlineSource, str] = {
    "page": "as the shop shows it",
    "mail": "as the shop's mail says",
    "manual": "as you gave it",
    "estimated": "estimated",
}

# AliExpress counts in Pacific time in its older rules; one order of 2026 showed dates a day apart.
SHOP_ZONE = ZoneInfo("America/Los_Angeles")

PROTECTION_DAYS = 60  # from shipping; texts say 60 to 90: the shortest (low confidence)
COMPLETED_DAYS = 7  # BR 2026; 15 in DE 2023 and EU pages: the shorter until the order's own text says so
FAULTY_DAYS = 15  # after completion; 90 from the order only where the page says so
FREE_RETURN_DAYS = 15  # after delivery (2026)
SHIP_DAYS = 10  # typical processing time is 3-10 days (medium confidence)
COUPON_WAIT_DAYS = 2  # "after 48 hours of that date" (2026)
CASE_ANSWER_DAYS = 3  # no source: a cautious guess, marked estimated
PAYPAL_DAYS = 180  # from payment (PayPal help)
CARD_DAYS = 120  # about, from the expected delivery; the issuer decides (medium confidence)

# Rights that end a full day before the shown date; the others end with it.
_BEFORE: frozenset[DateKind] = frozenset({"protection_end"})


@dataclass(frozen=True, slots=True)
class Deadline:
    """One right and its last safe day. `days_left` is negative once the day is over.

    `sentence` is the source's own wording or how the day was counted; `seen` holds every source's day, newest
    first per place, so that a moved date can be shown.
    """

    kind: DeadlineKind
    last_safe_day: date
    source: DeadlineSource
    days_left: int
    sentence: str
    seen: tuple[DateSeen, ...] = ()

    @property
    def name(self) -> str:
        return NAMES[self.kind]

    @property
    def certainty(self) -> str:
        return _CERTAINTY[self.source]


def today(now: datetime, zone: tzinfo) -> date:
    """The day that counts: the user's or the shop's, whichever is further on, so that no day is thought left."""
    return max(now.astimezone(zone).date(), now.astimezone(SHOP_ZONE).date())


def deadlines(
    order: Order, assessments: Sequence[Assessment], now: datetime, zone: tzinfo
) -> tuple[Deadline, ...]:
    """All deadlines of an order, the nearest first. Pure; none is left out because it has passed."""
    if order.order_state in ("to_pay", "cancelled"):
        return ()
    delivered = _delivered_on(assessments, zone)
    found = [
        _protection(order),
        _completed(order, delivered),
        _faulty(order),
        _free_return(order, delivered),
        _coupon(order, delivered),
        _ship_by(order),
        _case_answer(order),
        *_payer(order),
    ]
    day = today(now, zone)
    dated = [replace(d, days_left=(d.last_safe_day - day).days) for d in found if d is not None]
    return tuple(sorted(dated, key=lambda d: (d.last_safe_day, d.kind)))


def newest_per_place(seen: Sequence[DateSeen]) -> list[DateSeen]:
    """What each place shows now; what it showed before is history."""
    latest: dict[str, DateSeen] = {}
    for shown in sorted(seen, key=lambda s: s.seen_at):
        latest[shown.place] = shown
    return list(latest.values())


def _shown(order: Order, kind: DateKind, deadline: DeadlineKind) -> Deadline | None:
    """The earliest day any source now shows; the sources may disagree by a day or more."""
    seen = [shown for shown in order.dates if shown.kind == kind]
    if not seen:
        return None
    first = min(newest_per_place(seen), key=lambda shown: shown.day)
    day = first.day - timedelta(days=1) if kind in _BEFORE else first.day
    newest_first = tuple(sorted(seen, key=lambda shown: shown.seen_at, reverse=True))
    return Deadline(deadline, day, first.source, 0, first.sentence, newest_first)


def _counted(kind: DeadlineKind, start: date, days: int, words: str) -> Deadline:
    sentence = f"counted: {words} {start.isoformat()} + {days} days"
    return Deadline(kind, start + timedelta(days=days), "estimated", 0, sentence)


def _protection(order: Order) -> Deadline | None:
    shown = _shown(order, "protection_end", "protection_end")
    if shown is not None or order.order_state == "processing" or order.completed_on is not None:
        return shown
    for start, words in ((order.shipped_on, "shipped"), (order.paid_on, "paid"), (order.placed_on, "placed")):
        if start is not None:
            return _counted("protection_end", start, PROTECTION_DAYS, words)
    return None


def _completed(order: Order, delivered: date | None) -> Deadline | None:
    shown = _shown(order, "completed_window", "completed_window")
    if shown is not None:
        return shown
    if order.completed_on is not None:
        return _counted("completed_window", order.completed_on, COMPLETED_DAYS, "completed")
    if delivered is not None:  # the shop may complete the order by itself any day after a delivery
        return _counted("completed_window", delivered, COMPLETED_DAYS, "delivered")
    return None


def _faulty(order: Order) -> Deadline | None:
    shown = _shown(order, "faulty_window", "faulty_window")
    if shown is not None or order.completed_on is None:
        return shown
    return _counted("faulty_window", order.completed_on, FAULTY_DAYS, "completed")


def _free_return(order: Order, delivered: date | None) -> Deadline | None:
    shown = _shown(order, "free_return", "free_return")
    tagged = any("LOCAL_FREE_RETURN" in line.tags for line in order.lines)
    if shown is not None or delivered is None or not tagged:
        return shown
    return _counted("free_return", delivered, FREE_RETURN_DAYS, "delivered")


def _coupon(order: Order, delivered: date | None) -> Deadline | None:
    """The day from which the coupon can be asked for. It is never taken for the protection date."""
    shown = _shown(order, "late_coupon", "late_coupon")
    if shown is None or (delivered is not None and delivered <= shown.last_safe_day):
        return None
    return replace(shown, last_safe_day=shown.last_safe_day + timedelta(days=COUPON_WAIT_DAYS))


def _ship_by(order: Order) -> Deadline | None:
    if order.order_state != "processing" or order.shipped_on is not None:
        return None
    shown = _shown(order, "ship_by", "ship_by")
    start = order.paid_on or order.placed_on
    if shown is not None or start is None:
        return shown
    return _counted("ship_by", start, SHIP_DAYS, "paid")


def _case_answer(order: Order) -> Deadline | None:
    waiting = [case for case in order.cases if case.state == "waiting_buyer"]
    if not waiting:
        return None
    shown = _shown(order, "case_answer", "case_answer")
    asked = min(case.changed_at for case in waiting).date()
    return shown or _counted("case_answer", asked, CASE_ANSWER_DAYS, "asked")


def _payer(order: Order) -> list[Deadline]:
    """What is left outside the shop, where the way of paying is known."""
    paid, method = order.paid_on or order.placed_on, order.payment_method.casefold()
    if paid is None:
        return []
    if "paypal" in method:
        return [_counted("paypal_dispute", paid, PAYPAL_DAYS, "paid")]
    if "card" in method or "karte" in method:
        return [_counted("card_chargeback", paid, CARD_DAYS, "paid")]
    return []


def _delivered_on(assessments: Sequence[Assessment], zone: tzinfo) -> date | None:
    days = [a.delivered_at.astimezone(zone).date() for a in assessments if a.delivered_at is not None]
    return max(days) if days and len(days) == len(assessments) else None
