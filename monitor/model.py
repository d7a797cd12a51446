"""What is watched: orders, their parcels, and what each carrier answered about each number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from scrapers.base import Outcome, TrackingEvent
from scrapers.orders import CaseState, DateKind, OrderState, Source

Condition = Literal[
    "no_information", "label_only", "moving", "stalled", "held", "attempt_failed", "out_for_delivery",
    "ready_for_pickup", "delivered", "returning", "returned", "lost", "tracking_ended", "suspicious", "unchecked",
]  # fmt: skip

Action = Literal[
    "wait", "check_post_office", "ask_seller", "contact_carrier", "collect_parcel", "cancel_order",
    "claim_late_coupon", "prepare_dispute", "open_dispute", "add_evidence", "answer_case", "send_return",
    "follow_refund", "claim_from_payer", "nothing",
]  # fmt: skip

Role = Literal["owner", "helper"]


@dataclass(frozen=True, slots=True)
class Leg:
    """One number at one carrier, and what came of asking.

    `last_good_*` is the newest answer that said something (ok or not_found); `last_*` is the newest attempt,
    good or not. An `owner` is a carrier the number belongs to; a `helper` is asked besides, and its
    not-found means nothing.
    """

    carrier: str
    number: str
    role: Role = "owner"
    last_attempt_at: datetime | None = None
    last_outcome: Outcome | None = None
    last_detail: str = ""
    last_good_at: datetime | None = None
    last_good_outcome: Outcome | None = None
    next_check_at: datetime | None = None
    failures: int = 0
    events: tuple[TrackingEvent, ...] = ()
    origin_country: str = ""
    destination_country: str = ""
    ends_by_design: bool = False
    expected_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """One parcel of an order. `carrier` is what the user or the shop named, an id or ""; it wins over guesses.

    `shop_events` are the scans the shop's own page showed. `other_sellers` are sellers of the user's other
    orders that carry this same number.
    """

    id: int
    number: str
    carrier: str = ""
    shop_carrier_name: str = ""
    legs: tuple[Leg, ...] = ()
    shop_events: tuple[TrackingEvent, ...] = ()
    shop_seen_at: datetime | None = None
    other_sellers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DateSeen:
    """A day some source showed for one deadline, as written there, and when we saw it.

    `gone_at` is when the same place was read again and showed no day of this kind any more.
    """

    kind: DateKind
    day: date
    source: Source
    place: str
    sentence: str
    seen_at: datetime
    gone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One item of an order."""

    line_id: str
    title: str
    quantity: int
    price: Decimal | None
    currency: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """A dispute or refund. `words` are the shop's own state text."""

    case_id: str
    line_id: str
    state: CaseState
    opened_on: date | None
    words: str
    refund: Decimal | None
    currency: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Order:
    """One order with everything known about it. Days are as the shop shows them."""

    id: int
    marketplace: str
    order_id: str
    title: str = ""
    seller: str = ""
    amount: Decimal | None = None
    currency: str = ""
    placed_on: date | None = None
    paid_on: date | None = None
    shipped_on: date | None = None
    completed_on: date | None = None
    order_state: OrderState | None = None
    destination_country: str = ""
    payment_method: str = ""
    received_on: date | None = None
    archived_on: date | None = None
    closes_soon_on: date | None = None
    news: str = ""
    lines: tuple[Line, ...] = ()
    parcels: tuple[Parcel, ...] = ()
    dates: tuple[DateSeen, ...] = ()
    cases: tuple[Case, ...] = ()
    dispute_refused_at: datetime | None = None
    added_at: datetime | None = None

    @property
    def watched(self) -> bool:
        """Still the program's business: only the user's own word ends that."""
        return self.received_on is None and self.archived_on is None


def order_number(written: str) -> str:
    """An order's number as the shop counts it; copied from somewhere, it may stand in groups."""
    return "".join(written.split())
