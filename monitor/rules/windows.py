"""Counting: which events of an order have their day, and the last day of a window that starts with one.

Of the user's calendar and the shop's the earlier day is the event's, so that no window is thought longer than it is.
Business days are Monday to Friday: holidays only make a bank slower, so a reminder comes early, never late.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo

from monitor.model import Order
from monitor.rules.assess import Assessment
from monitor.rules.moved import now_shown
from scrapers.marketplaces.profiles import Event, Window
from scrapers.orders import CaseState, DateKind

EVENT_WORDS: dict[Event, str] = {
    "first_delivered": "delivered",
    "protection_over": "protection over on",
    "closes_soon": "announced",
    "cancel_requested": "you asked on",
    "case_opened": "dispute opened",
    "case_with_seller": "dispute opened",
    "case_waits_for_you": "asked",
    "return_agreed": "return agreed",
    "payer_asked": "you asked on",
    "expected": "delivery expected",
}

_SHOWN: dict[Event, DateKind] = {
    "expected": "expected",
    "promised": "late_coupon",
    "cancelled": "cancelled",
    "cancel_requested": "cancel_requested",
    "payer_asked": "payer_asked",
}
_UNDECIDED: tuple[CaseState, ...] = ("opened", "waiting_seller", "waiting_buyer", "platform_review")


def events(order: Order, assessments: Sequence[Assessment], zones: Sequence[tzinfo]) -> dict[Event, date]:
    """The days of everything that has happened to an order so far, as far as it is known."""
    arrived = [earliest_day(a.delivered_at, zones) for a in assessments if a.delivered_at is not None]
    whole = bool(arrived) and len(arrived) == len(assessments)
    found: dict[Event, date | None] = {
        "placed": order.placed_on,
        "paid": order.paid_on,
        "shipped": order.shipped_on,
        "first_delivered": min(arrived, default=None),
        "delivered": max(arrived) if whole else None,
        "closes_soon": order.closes_soon_on if order.completed_on is None else None,
        "completed": order.completed_on,
        "case_opened": _case(order, _UNDECIDED, zones),
        "case_with_seller": _case(order, ("opened", "waiting_seller"), zones),
        "case_waits_for_you": _case(order, ("waiting_buyer",), zones, opened=False),
        "return_agreed": _case(order, ("return_agreed",), zones, opened=False),
        "refunded": _case(order, ("refunded",), zones, opened=False),
    }
    for event, kind in _SHOWN.items():
        found[event] = min(
            (s.day for s in now_shown([d for d in order.dates if d.kind == kind])), default=None
        )
    return {event: day for event, day in found.items() if day is not None}


def counts(window: Window, order: Order, state: str) -> bool:
    """Whether a window is meant for such an order, in this state ("unknown" where none is known)."""
    return (
        (not window.states or state in window.states)
        and (not window.tag or any(window.tag in line.tags for line in order.lines))
        and (not window.countries or order.destination_country in window.countries)
        and (not window.methods or any(word in order.payment_method.casefold() for word in window.methods))
    )


def last_day(start: date, window: Window) -> date:
    """The last day of a window that starts with an event of this day."""
    return business_days_after(start, window.days) if window.business else start + timedelta(days=window.days)


def business_days_after(start: date, days: int) -> date:
    """The n-th day from Monday to Friday after `start`; `start` itself where n is 0."""
    day = start
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return day


def sentence(window: Window, start: date) -> str:
    """How a window's last day was counted."""
    words = EVENT_WORDS.get(window.event, window.event.replace("_", " "))
    unit = "business days, Monday to Friday" if window.business else "days"
    length = f" + {window.days} {unit}" if window.days else ""
    note = f"; {window.note}" if window.note else ""
    return f"counted: {words} {start.isoformat()}{length}{note}"


def _case(
    order: Order, states: tuple[CaseState, ...], zones: Sequence[tzinfo], *, opened: bool = True
) -> date | None:
    """The day the earliest dispute in one of these states began, or (not `opened`) came into it."""
    days = [
        case.opened_on if opened and case.opened_on else earliest_day(case.changed_at, zones)
        for case in order.cases
        if case.state in states
    ]
    return min(days, default=None)


def earliest_day(moment: datetime, zones: Sequence[tzinfo]) -> date:
    """The day of a moment in that of these calendars that is the furthest behind."""
    return min(moment.astimezone(zone).date() for zone in zones)
