"""What the pretend shop answers in each of its languages is read like its English."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from fixtures.shop import wording
from fixtures.shop.answers import Answers, wrap
from fixtures.shop.variant import Variant
from fixtures.shop.wording import LANGUAGES
from fixtures.world import Order, load
from scrapers.forms import Sight
from scrapers.marketplaces.aliexpress import detail, dispute, orders, refunds, states, tracking

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


REASONS = {
    "not_received": {
        "returned_lost": "not_received_returned_lost", "no_tracking": "not_received_no_tracking",
        "in_transit": "not_received_in_transit", "customs": "not_received_customs",
        "wrong_address": "not_received_wrong_address",
    },
    "received": {
        "not_as_described": "not_as_described", "quality": "quality", "damaged": "damaged", "not_working": "not_working",
        "missing": "quantity_shortage", "wrong_item": "wrong_item", "empty": "empty_parcel",
        "counterfeit": "counterfeit", "no_need": "no_longer_wanted",
    },
    "cancel_reasons": {"no_need": "no_longer_wanted"},
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_option_of_the_forms_is_chosen_by_its_meaning(language: str) -> None:
    words = wording.words(language)
    for group, meanings in REASONS.items():
        options = list(words[group].values())
        for key, meaning in meanings.items():
            chosen = dispute.reason(options, meaning).index
            assert chosen is not None, (key, options)
            assert options[chosen] == words[group][key]
    solutions = [words["refund_only"], words["return_and_refund"]]
    assert dispute.solution(solutions, "refund_only").index == 0
    assert dispute.solution(solutions, "return_and_refund").index == 1
    assert dispute.answer([words["agree"], words["disagree"]], "disagree").index == 1
    assert dispute.answer([words["agree"]], "disagree").index is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_way_to_the_forms_is_known_and_no_button_that_acts_is_on_it(language: str) -> None:
    words = wording.words(language)
    question = (f"{words['received_question']}\n{words['no']}\n{words['yes']}",)
    assert dispute.is_opener(words["returns_refunds"], (), "returns")
    assert dispute.is_opener(words["possible_solutions"], (), "decision")
    assert dispute.is_opener(words["more_evidence"], (), "evidence")
    assert dispute.is_opener(words["no"], question, "no")
    assert dispute.is_opener(words["yes"], question, "yes")
    assert not dispute.is_opener(words["no"], (words["receipt_question"],), "no")
    for acts in (
        "submit", "next_step", "confirm", "confirm_received", "cancel_order", "cancel_request", "accept", "pay_now", "remove",
    ):  # fmt: skip
        assert dispute.is_never(words[acts]), words[acts]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_is_known_by_its_words_or_by_what_it_leaves_out(language: str) -> None:
    words = wording.words(language)
    form = "https://www.aliexpress.com/p/reverse-pages/start.html"
    assert (
        dispute.refusal(Sight(form, paragraphs=(words["form_title"], words["shipped_already"])))
        == (words["shipped_already"])
    )


@pytest.mark.parametrize(("sentence", "says_no"), [
    ("Un remboursement n'est pas possible pour cette commande.", True),
    ("Для этого заказа возврат невозможен.", True),
    ("Esta solicitud todavía no está disponible.", True),
    ("Welcome to the new shopping experience", False),
])  # fmt: skip
def test_a_page_that_stays_without_its_form_may_say_no_in_words_never_met(
    sentence: str, says_no: bool
) -> None:
    form = "https://www.aliexpress.com/p/reverse-pages/start.html"
    assert bool(dispute.declining(Sight(form, paragraphs=("Refund", sentence)))) is says_no
    assert (
        dispute.declining(Sight("https://www.aliexpress.com/p/order/detail.html", paragraphs=(sentence,)))
        == ""
    )
