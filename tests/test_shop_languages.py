"""What the pretend shop answers in each of its languages is read like its English."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from fixtures.shop.answers import Answers, wrap
from fixtures.shop.variant import Variant
from fixtures.shop.wording import LANGUAGES
from fixtures.world import Order, load
from scrapers.marketplaces.aliexpress import detail, orders, refunds, states, tracking

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
WORLD = load("demo", NOW)


def told(language: str) -> Answers:
    return Answers(Variant(language=language, seed=5), 5)  # type: ignore[arg-type]


def days(order: Order) -> set[tuple[str, date]]:
    found = {("late_coupon", order.promised_on), ("expected", order.promised_on)}
    if order.promised_on:
        found |= {("protection_end", order.protection_until)}
    return {(kind, day) for kind, day in found if day}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_order_list_is_read_in_every_language(language: str) -> None:
    for page in (1, 2):
        for record in orders.read_list(wrap("list", told(language).order_list(WORLD, page))):
            order = WORLD.order(record.order_id)
            assert order is not None
            assert (record.order_state, record.placed_on, record.amount, record.currency) == (
                order.state, order.placed_on, order.amount, order.currency,
            )  # fmt: skip
            assert [case.state for case in record.cases] == ([order.case.state] if order.case else [])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_an_order_is_read_in_every_language(language: str) -> None:
    for order in WORLD.orders:
        (record,) = detail.read_detail(wrap("detail", told(language).order_detail(WORLD, order)))
        assert (record.order_state, record.placed_on, record.shipped_on) == (
            order.state, order.placed_on, order.shipped_on,
        )  # fmt: skip
        shown = {(one.kind, one.day) for one in record.dates}
        assert days(order) <= shown
        assert record.closes_soon == order.closes_soon
        if order.state == "completed":
            assert record.completed_on == order.completed_on
            assert {"completed_window", "faulty_window"} <= {kind for kind, _ in shown}


@pytest.mark.parametrize("language", LANGUAGES)
def test_parcels_and_cases_are_read_in_every_language(language: str) -> None:
    for order in WORLD.orders:
        for record in tracking.read_tracking(
            wrap("tracking", told(language).tracking(WORLD, order)), order.order_id
        ):
            if order.promised_on and order.protection_until:
                assert {"protection_end", "late_coupon"} <= {one.kind for one in record.dates}
        if order.case:
            (record,) = refunds.read_case(wrap("case", told(language).case(order, order.case)))
            assert record.cases[0].state == order.case.state


@pytest.mark.parametrize(("words", "state"), [
    ("Waiting for your reply", "waiting_buyer"),
    ("En attente de ta réponse", "waiting_buyer"),
    ("Warten auf Rückmeldung von Ihnen", "waiting_buyer"),
    ("Waiting for seller reply", "waiting_seller"),
    ("Waiting for the seller's answer", None),
    ("Dispute closed", None),
    ("Refund approved", None),
    ("Rückerstattung läuft", None),
])  # fmt: skip
def test_a_case_that_waits_for_the_buyer_is_seen_in_words_never_met_and_no_end_is_guessed(
    words: str, state: str | None
) -> None:
    assert states.case_state(words) == state


@pytest.mark.parametrize(("words", "state"), [
    ("Processing order", "processing"),
    ("Order shipped", "shipped"),
    ("Completed order", None),
    ("Order cancelled by seller", None),
    ("Something else", None),
    ("", None),
])  # fmt: skip
def test_no_end_of_an_order_is_guessed(words: str, state: str | None) -> None:
    assert states.order_state(words) == state
