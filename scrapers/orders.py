"""What any source can tell about an order: a page's answer, a mail, a row of a file, the user.

Every field may be left out; None or empty means "this source does not say", never "there is none".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from scrapers.base import TrackingEvent

OrderState = Literal["to_pay", "processing", "shipped", "completed", "cancelled", "closed"]
Source = Literal["page", "mail", "manual"]

DateKind = Literal[
    "protection_end",       # "refund if no delivery before" this day
    "late_coupon",          # the promised day; a coupon is due when delivery comes after it
    "ship_by",              # the seller must have shipped
    "completed_window",     # last day to open a dispute after completion
    "faulty_window",        # last day for faulty or not-as-described goods
    "free_return",          # last day to send an unwanted item back free of charge
    "case_answer",          # the buyer's answer in an open dispute
    "expected",             # the shop's own delivery estimate
    "opens_on",             # before this day the shop takes no dispute, by its own refusal
    "cancelled",            # the order was cancelled
    "cancel_requested",     # the buyer asked the shop to cancel
    "payer_asked",          # the buyer opened a dispute at PayPal
]  # fmt: skip

# The id of a dispute its buyer recorded before the shop named it.
BY_HAND = "by hand"

# Stands in the place of a day whose number of day and month may be swapped.
UNSURE_DAY = "day and month may be swapped"

# Where a day stands that the user gave: in a row of a file, or said by hand.
IMPORTED = "import"
OWN_WORD = "your own word"

CaseState = Literal[
    "opened", "waiting_seller", "waiting_buyer", "platform_review", "return_agreed", "refunded", "closed"
]


def case_place(case_id: str) -> str:
    """The place of the days a dispute's page shows: several disputes of one order have each their own."""
    return f"case page {case_id}"


@dataclass(frozen=True, slots=True)
class ShownDate:
    """A day some source shows for one deadline. `day` is as written there; `sentence` holds its very words.

    `place` names where it stood ("order detail", "tracking page", "mail of 2026-03-08", IMPORTED).
    """

    kind: DateKind
    day: date
    source: Source
    place: str
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One item of an order. `tags` are the shop's own, e.g. LOCAL_FREE_RETURN.

    `line_id` is "" where a source names the goods but not the line (a tracking page).
    """

    line_id: str
    title: str = ""
    quantity: int = 1
    price: Decimal | None = None
    currency: str = ""
    tags: tuple[str, ...] = ()
    product_id: str = ""
    sku_id: str = ""


@dataclass(frozen=True, slots=True)
class ShopParcel:
    """One parcel of an order as the shop shows it. `number` is the deliverer's, `other_numbers` the shop's own.

    `events` are the shop's tracking page, oldest first.
    """

    number: str
    other_numbers: tuple[str, ...] = ()
    carrier_name: str = ""
    carrier_id: str = ""
    events: tuple[TrackingEvent, ...] = ()
    delivered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """A dispute or refund as a source shows it. `words` are the source's own state text.

    `case_id` is "" where the source shows the state but not the case (the order list).
    """

    case_id: str
    state: CaseState
    line_id: str = ""
    opened_on: date | None = None
    words: str = ""
    refund: Decimal | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """What one source says about one order. `order_id` is "" where the source does not name it.

    `said_at` is when the source said so (the page's own clock, the date of a mail): an older word must not
    undo a newer one. `places` are the places of dates it read whole: a date that stood there before and is not in
    `dates` now is gone from there. `received_on` and `archived_on` are the user's own word on an order of another
    store; they count where it is new, for nothing else may end a watch. `own_word` is for what the user says by hand
    now, in no file; `without` are tracking numbers (normal ones) that by their word are not of this order.
    """

    order_id: str
    source: Source
    marketplace: str = "aliexpress"
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
    lines: tuple[OrderLine, ...] = ()
    parcels: tuple[ShopParcel, ...] = ()
    dates: tuple[ShownDate, ...] = ()
    places: tuple[str, ...] = ()
    cases: tuple[CaseRecord, ...] = ()
    closes_soon: bool = False
    news: str = ""
    said_at: datetime | None = None
    received_on: date | None = None
    archived_on: date | None = None
    own_word: bool = False
    without: tuple[str, ...] = ()
