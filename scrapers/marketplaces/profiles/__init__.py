"""What a shop or a payer grants the buyer: windows counted from events, where to claim, in which words.

One TOML file each, listing this folder is the whole registration; the user's own files are read the same way (see
docs/marketplaces.md). Dates that an order shows itself always come before anything here.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from importlib.resources import files
from typing import Literal

from scrapers.orders import OrderState

DeadlineKind = Literal[
    "protection_end", "completed_window", "faulty_window", "faulty_strict", "free_return", "withdrawal",
    "late_coupon", "ship_by", "opens_on", "auto_confirm", "cancel_answer", "case_answer", "seller_answer",
    "platform_decision", "return_posting", "refund_arrival", "paypal_dispute", "paypal_escalate", "card_chargeback",
]  # fmt: skip

# The kinds a payer grants; it may not change what the shop does.
PAYERS: tuple[DeadlineKind, ...] = ("paypal_dispute", "paypal_escalate", "card_chargeback")

Event = Literal[
    "placed", "paid", "shipped",
    "expected",             # the delivery the shop itself estimates
    "promised",             # the day after which a delivery counts as late
    "delivered",            # the last parcel's delivery
    "first_delivered",      # the first parcel's
    "protection_over",      # the day after the last safe day of the protection
    "closes_soon",          # the shop said that it will complete the order
    "completed", "cancelled", "cancel_requested",
    "case_opened",          # a dispute that is not decided yet
    "case_with_seller",     # ... and waits for the seller
    "case_waits_for_you",   # ... and waits for the buyer
    "return_agreed", "refunded",
    "payer_asked",          # the buyer opened a dispute at PayPal
]  # fmt: skip

Confidence = Literal["high", "medium", "low"]

# The shops whose forms can be filled; of the others only the way to the form is known.
WITH_FORMS = frozenset({"aliexpress"})

# What a dispute is about, in the ids all shops share.
REASONS = (
    "not_received", "not_received_no_tracking", "not_received_in_transit", "not_received_returned_lost",
    "not_received_customs", "not_received_wrong_address", "not_as_described", "quality", "not_working", "damaged",
    "counterfeit", "quantity_shortage", "empty_parcel", "wrong_item", "no_longer_wanted", "change_address",
    "slow_seller", "better_price", "other",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Window:
    """How many days after an event a right lasts, or somebody else's time does.

    It counts only in these `states` of an order (all where empty, "unknown" for none said), for an item with this
    `tag`, into these `countries`, and for a way of paying that holds one of these `methods`.
    """

    kind: DeadlineKind
    event: Event
    days: int
    confidence: Confidence
    business: bool = False
    note: str = ""
    states: tuple[OrderState | Literal["unknown"], ...] = ()
    tag: str = ""
    countries: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()


@dataclass(frozen=True)
class Profile:
    """One shop, or one payer (`payment` says by which words in an order's way of paying it is known).

    Of several windows of one kind the first whose event is known counts. `entry` is where a claim begins, `way` how
    to go on from there. `zone` is the calendar the shop counts in, "" where it is not known. `reasons` are the words
    to choose there, by the ids in REASONS.
    """

    id: str
    name: str
    windows: tuple[Window, ...] = ()
    zone: str = ""
    entry: str = ""
    way: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)
    payment: tuple[str, ...] = ()
    not_payment: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def of(self, kind: DeadlineKind) -> tuple[Window, ...]:
        """The windows of one kind, in the order in which they count."""
        return self._by_kind.get(kind, ())

    @functools.cached_property
    def _by_kind(self) -> dict[DeadlineKind, tuple[Window, ...]]:
        return {
            kind: tuple(window for window in self.windows if window.kind == kind)
            for kind in {window.kind for window in self.windows}
        }

    def entry_of(self, order_id: str) -> str:
        """The address where a claim about this order begins, "" where none is known."""
        return self.entry.replace("{order_id}", order_id)


@dataclass(frozen=True)
class Profiles:
    """All profiles by id."""

    by_id: Mapping[str, Profile]

    @functools.cached_property
    def digest(self) -> str:
        """Stands for all of them: another one where any word or number of them is another."""
        return blake2b(repr(self.by_id).encode(), digest_size=12).hexdigest()

    def shop(self, marketplace: str) -> Profile:
        """The shop of an order ("amazon.de" is amazon); one nobody described grants nothing by itself."""
        name = marketplace.casefold()
        known = self.by_id.get(name) or self.by_id.get(name.split(".")[0])
        return known or Profile(name, marketplace or "the shop")

    def payers(self, method: str) -> tuple[Profile, ...]:
        """Who paid for the buyer and can be asked for the money back; none for an unknown way of paying."""
        words = method.casefold()
        return tuple(
            payer
            for payer in self.by_id.values()
            if any(word in words for word in payer.payment)
            and not any(word in words for word in payer.not_payment)
        )

    def parties(self, marketplace: str, method: str) -> tuple[Profile, ...]:
        """Who can be asked about an order: its shop, then who paid."""
        shop = self.shop(marketplace)
        return (shop, *(payer for payer in self.payers(method) if payer.id != shop.id))

    def with_own(self, own: Iterable[Profile]) -> Profiles:
        """These and the user's own; an own one takes the place of one with the same id."""
        return Profiles({**self.by_id, **{profile.id: profile for profile in own}})


@functools.cache
def shipped() -> Profiles:
    """The profiles that come with the program."""
    from scrapers.marketplaces.profiles.reading import read

    found = sorted(
        (f for f in files(__package__).iterdir() if f.name.endswith(".toml")), key=lambda f: f.name
    )
    read_all = [read(f.read_text(encoding="utf-8"), f.name.removesuffix(".toml")) for f in found]
    return Profiles({profile.id: profile for profile in read_all})
