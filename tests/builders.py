"""Short ways to write down an order, its parcel and what the carriers said, days counted from one `NOW`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from msgspec import structs

from monitor.model import DateSeen, Leg, Order, Parcel
from scrapers.base import Stage, Status, TrackingEvent
from scrapers.orders import DateKind, Source

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
TODAY = NOW.date()
NUMBER = "LP00700000000017"


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def day(offset: int) -> date:
    return TODAY + timedelta(days=offset)


def scan(
    ago: float, tag: str, subtag: str = "", stage: Stage = "", text: str = "", **more: Any
) -> TrackingEvent:
    status = Status(tag, subtag, rule="said by the test", stage=stage)
    words = text or f"{tag} {subtag}".strip()
    event = TrackingEvent(days_ago(ago), at_is_exact=True, text=words, place="", code="", status=status)
    return structs.replace(event, **more)


def leg(
    *events: TrackingEvent, carrier: str = "cainiao", number: str = NUMBER, looked: float = 0, **more: Any
) -> Leg:
    """A leg whose last answer was good, `looked` days ago."""
    moment = days_ago(looked)
    given = Leg(
        carrier, number, last_attempt_at=moment, last_outcome="ok", last_good_at=moment, last_good_outcome="ok",
        events=tuple(sorted(events, key=lambda event: event.at)),
    )  # fmt: skip
    return replace(given, **more)


def not_found(carrier: str = "cainiao", looked: float = 0, **more: Any) -> Leg:
    return leg(
        carrier=carrier, looked=looked, last_outcome="not_found", last_good_outcome="not_found", **more
    )


def never_asked(outcome: str = "blocked", carrier: str = "cainiao", **more: Any) -> Leg:
    """A leg that was tried and never gave an answer."""
    given = Leg(carrier, NUMBER, last_attempt_at=days_ago(0.1), last_detail="a web page where data was due")
    return replace(given, last_outcome=outcome, **more)


def parcel(*legs: Leg, number: str = NUMBER, **more: Any) -> Parcel:
    return replace(Parcel(1, number, legs=legs), **more)


def order(*parcels: Parcel, placed: int = -30, dates: Sequence[DateSeen] = (), **more: Any) -> Order:
    given = Order(
        1, "aliexpress", "8190000000000017", placed_on=day(placed), shipped_on=day(placed + 2),
        order_state="shipped", parcels=parcels, dates=tuple(dates),
    )  # fmt: skip
    return replace(given, **more)


def shown(
    kind: DateKind, offset: int, *, source: Source = "page", place: str = "order detail", seen: float = 1
) -> DateSeen:
    """A day the shop shows for a deadline, `offset` days from today."""
    return DateSeen(kind, day(offset), source, place, f"{kind} {day(offset)}", days_ago(seen))
