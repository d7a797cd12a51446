"""What one text is about: the order, what its carriers show, and what the user adds in their own words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from monitor.model import Case, Order
from monitor.rules.assess import Assessment
from monitor.rules.texts.quoting import clean
from monitor.rules.texts.tracking import delivery
from monitor.rules.texts.wording import Sentence, say
from scrapers.orders import CaseState, DateKind

# The shop's reasons of a dispute, by their ids in scrapers/marketplaces/aliexpress/labels.toml.
ReasonId = Literal[
    "not_received_no_tracking", "not_received_in_transit", "not_received_returned_lost", "not_received_wrong_address",
    "quality", "not_as_described", "not_working", "damaged", "wrong_item", "quantity_shortage", "empty_parcel",
    "counterfeit", "no_longer_wanted",
]  # fmt: skip

_SHOPS = {"aliexpress": "AliExpress", "ebay": "eBay"}
_OPEN: tuple[CaseState, ...] = ("opened", "waiting_seller", "waiting_buyer", "platform_review")


class NotEnoughKnown(Exception):
    """The store does not bear this text; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A text before it is worded: its sentences, the most important first, and the reason to choose in a form."""

    subject: Sentence
    sentences: tuple[Sentence, ...]
    reason: ReasonId | None = None


@dataclass(frozen=True, slots=True)
class Matter:
    """Everything a text may draw from. `own_words` are the user's, already sentences; `figure` is the user's own
    amount in the order's currency, None to ask for all that was paid."""

    order: Order
    assessments: tuple[Assessment, ...]
    own_words: tuple[str, ...] = ()
    figure: Decimal | None = None

    @property
    def id(self) -> str:
        return clean(self.order.order_id, 40)

    @property
    def shop(self) -> str:
        name = self.order.marketplace
        return _SHOPS.get(name, clean(name, 40).capitalize())

    @property
    def delivered(self) -> tuple[Assessment, ...]:
        return tuple(a for a in self.assessments if delivery(a) is not None)

    @property
    def missing(self) -> tuple[Assessment, ...]:
        return tuple(a for a in self.assessments if delivery(a) is None)

    @property
    def is_split(self) -> bool:
        """One parcel of the order shows a delivery and another does not: neither stands for the whole order."""
        return bool(self.delivered and self.missing)

    @property
    def words(self) -> list[Sentence]:
        return [say("own_words", words=words) for words in self.own_words]

    @property
    def not_shipped(self) -> bool:
        """Not shipped by the shop's word, which a scan of a carrier overrules."""
        return self.order.order_state == "processing" and not any(
            a.last_movement_at for a in self.assessments
        )

    def case(self, *states: CaseState) -> Case | None:
        """The newest case in one of these states."""
        found = [case for case in self.order.cases if case.state in states]
        return max(found, key=lambda case: case.changed_at, default=None)

    @property
    def open_case(self) -> Case | None:
        return self.case(*_OPEN)

    @property
    def paid(self) -> str:
        """All that was paid, "" where that is not known."""
        return self.money(self.order.amount) if self.order.amount is not None else ""

    def money(self, amount: Decimal, currency: str = "") -> str:
        """An amount in the order's currency, unless it has one of its own."""
        return f"{amount:f} {clean(currency or self.order.currency, 10)}".rstrip()

    def about(self, sentence: str) -> Sentence:
        """A sentence that names the order, with its day where that is known."""
        if self.order.placed_on is None:
            return say(sentence, order=self.id)
        return say(f"{sentence}_of", order=self.id, placed=self.order.placed_on.isoformat())

    def shown(self, kind: DateKind) -> date | None:
        """The earliest day that any place now shows for a deadline; what it showed before does not count."""
        seen = sorted((s for s in self.order.dates if s.kind == kind), key=lambda s: s.seen_at)
        return min({s.place: s.day for s in seen}.values(), default=None)

    def asked_refund(self) -> Sentence:
        """The refund asked for: the user's own figure, else all that was paid, or the part that is missing."""
        if self.figure is not None and (self.is_split or self.figure != self.order.amount):
            return say("refund", amount=self.money(self.figure))
        if self.is_split:
            return say("refund_part")
        return say("full_refund", amount=self.paid) if self.paid else say("full_refund_bare")


def on(sentence: str, day: date | None) -> Iterable[Sentence]:
    """A sentence with its day, where the day is known."""
    if day is not None:
        yield say(sentence, day=day.isoformat())


Writer = Callable[[Matter], Outline]
