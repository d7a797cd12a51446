"""The texts a buyer sends: they say what the store shows, what the user said, and nothing else."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from importlib.resources import files
from typing import Any, cast, get_args

import pytest
from builders import NOW, NUMBER, day, days_ago, leg, never_asked, not_found, order, parcel, scan, shown
from hypothesis import given, settings
from hypothesis import strategies as st
from test_rules_properties import orders

from monitor.model import Case, Line, Order
from monitor.rules.assess import Assessment, assess
from monitor.rules.draft import (
    KINDS,
    LANGUAGES,
    LEAST_LIMIT,
    TAKES_AMOUNT,
    Draft,
    DraftKind,
    NotEnoughKnown,
    ReasonId,
    draft,
    reason_for,
)
from monitor.rules.policy import Policy
from monitor.rules.texts.quoting import own_words, quotable
from monitor.rules.texts.wording import evidence_for, language, say
from scrapers.marketplaces.aliexpress.dispute import DEFAULT_TEXT_LIMIT
from scrapers.orders import CaseState

FORMS: tuple[DraftKind, ...] = (
    "not-received", "delivered-elsewhere", "quality", "not-as-described", "not-working", "damaged", "wrong-item",
    "incomplete", "empty-parcel", "counterfeit", "free-return", "return-sent", "offer-accept", "offer-reject",
    "close-request",
    "escalation",
)  # fmt: skip
PAID: dict[str, Any] = {"amount": Decimal("12.34"), "currency": "USD"}
SILENT = leg(
    scan(30, "InTransit", "InTransit_002", "accepted"), scan(25, "InTransit", text="Departed from hub")
)
MOVING = leg(scan(1, "InTransit", text="Arrived at hub"))
DELIVERED = leg(scan(9, "InTransit"), scan(3, "Delivered", "Delivered_001", text="Delivered", place="Porto"))
RETURNING = leg(scan(9, "InTransit"), scan(3, "Exception", "Exception_010", text="Return to sender"))
RETURNED = leg(scan(9, "Exception", "Exception_010"), scan(3, "Delivered", "Delivered_001"))
LOST = leg(scan(9, "InTransit"), scan(3, "Exception", "Exception_013", text="Lost"))
LABEL = leg(scan(20, "InfoReceived", "InfoReceived_001", "label", text="Label created"))
REUSED = leg(
    scan(90, "InTransit", text="Departed"), scan(80, "Delivered", "Delivered_001", text="Done", place="Lyon")
)


def judged(one: Order) -> tuple[Assessment, ...]:
    return tuple(assess(p, one, Policy(), NOW) for p in one.parcels)


def write(kind: DraftKind, one: Order, *facts: str, **more: Any) -> Draft:
    return draft(kind, one, judged(one), facts=facts, **more)


def attempt(kind: DraftKind, one: Order, *facts: str, **more: Any) -> Draft | str:
    """The text, or the sentence by which it is refused."""
    try:
        return write(kind, one, *facts, **more)
    except NotEnoughKnown as refused:
        return str(refused)


def case(state: CaseState, refund: str = "") -> Case:
    amount = Decimal(refund) if refund else None
    return Case("6100000000000001", "", state, day(-4), "words of the shop", amount, "USD", days_ago(1))


def second(one: Any) -> Any:
    """A second parcel of the same order."""
    return parcel(one, number="LP00700000000025", id=2)


# ---- what is said, by what is known


@pytest.mark.parametrize(("one", "said", "not_said"), [
    (order(parcel(SILENT)), ["“Departed from hub” on 2026-10-30, no further scan in the 25 days", "ask the carrier"], []),
    (order(parcel(MOVING), second(SILENT)), ["ask the carrier"], ["tell me where"]),
    (order(parcel(MOVING)), ["“Arrived at hub” on 2026-11-23.", "tell me where"], ["no further scan", "refund"]),
    (order(parcel(not_found())), ["does not know this number", "a number that works"], ["event", "scan"]),
    (order(parcel(LABEL)), ["announced only", "a number that works"], ["no further scan"]),
    (order(), ["I see no tracking number", "a number that works"], ["carrier"]),
    (order(parcel(never_asked())), [f"Tracking number {NUMBER}.", "tell me where"], ["does not know", "no further scan"]),
    (order(parcel(RETURNING)), ["on its way back to the sender, as shown on 2026-11-21", "refund me"], ["delivery"]),
    (order(parcel(RETURNED)), ["returned to the sender", "refund me"], ["delivery"]),
    (order(parcel(LOST)), ["will not arrive any more", "refund me"], []),
    (order(parcel(DELIVERED)), ["a delivery on 2026-11-21 in “Porto”", "to whom"], ["refund", "not receive"]),
    (order(parcel(leg(scan(3, "Delivered")))), ["shows a delivery on 2026-11-21", "to whom"], [" in “"]),
    (order(parcel(REUSED)), ["before my order of 2026-10-25"], ["no further scan"]),
    (order(parcel(replace(MOVING, destination_country="BR")), destination_country="PT"),
     ["does not fit", "Its destination is BR, my order goes to PT", "a number that works"], []),
    (order(order_state="processing", shipped_on=None, paid_on=day(-29), dates=[shown("ship_by", 2)]),
     ["still shown as not shipped", "2026-11-26 as the last day for shipping", "Paid on 2026-10-26"], ["tracking"]),
    (order(parcel(MOVING), order_state="processing"), ["tell me where"], ["not shipped"]),
    (order(parcel(DELIVERED), cases=(case("return_agreed"),)), ["full return address"], ["tracking"]),
])  # fmt: skip
def test_the_seller_is_asked_what_the_facts_call_for(
    one: Order, said: list[str], not_said: list[str]
) -> None:
    text = write("seller-message", one).text
    assert one.order_id in text
    for words in said:
        assert words in text
    for words in not_said:
        assert words not in text


def test_a_scan_nobody_understood_ends_the_silence() -> None:
    events = (*SILENT.events, scan(2, "Unknown", text="Wrzucono do worka"))
    text = write("seller-message", order(parcel(leg(*events)))).text
    assert "“Wrzucono do worka” on 2026-11-22." in text
    assert "no further scan" not in text


@pytest.mark.parametrize(("ago", "told"), [(1.9, False), (2, True), (3, True)])
def test_silence_is_told_from_the_second_day_on(ago: float, told: bool) -> None:
    text = write("seller-message", order(parcel(leg(scan(ago, "InTransit", text="Arrived at hub"))))).text
    assert (f"no further scan in the {int(ago)} days" in text) is told


def test_a_scan_of_the_future_is_neither_quoted_nor_taken_for_silence() -> None:
    events = (*SILENT.events, scan(-30, "Delivered", "Delivered_001", text="Delivered"))
    text = write("not-received", order(parcel(leg(*events)))).text
    assert "Departed from hub" in text
    assert "delivery" not in text
    assert "2026-12-24" not in text


@pytest.mark.parametrize(("one", "reason", "first", "said"), [
    (order(parcel(SILENT), **PAID), "not_received_in_transit", "I did not receive this item.", "full refund of 12.34 USD"),
    (order(parcel(SILENT)), "not_received_in_transit", "I did not receive this item.", "full refund."),
    (order(**PAID), "not_received_no_tracking", "I did not receive this item.", "no tracking number"),
    (order(parcel(not_found())), "not_received_no_tracking", "I did not receive this item.", "does not know"),
    (order(parcel(RETURNING)), "not_received_returned_lost", "I did not receive this item.", "on its way back"),
    (order(parcel(RETURNED)), "not_received_returned_lost", "I did not receive this item.", "returned to the sender"),
    (order(parcel(LOST)), "not_received_returned_lost", "I did not receive this item.", "will not arrive any more"),
    (order(parcel(LABEL)), "not_received_no_tracking", "I did not receive this item.", "announced only"),
    (order(parcel(never_asked())), "not_received_in_transit", "I did not receive this item.", NUMBER),
    (order(parcel(not_found()), second(LABEL), second(never_asked()), second(replace(MOVING, destination_country="BR")),
           destination_country="PT"), "not_received_no_tracking", "I did not receive this item.", "does not fit"),
    (order(parcel(DELIVERED)), "not_received_wrong_address", "I did not receive this item.", "not delivered to me"),
    (order(parcel(REUSED)), "not_received_wrong_address", "I did not receive this item.", "before my order"),
    (order(parcel(DELIVERED), second(SILENT), **PAID), "not_received_in_transit",
     "I did not receive a part of this order.", "refund of the missing part"),
])  # fmt: skip
def test_not_received_gives_reason_and_facts(one: Order, reason: str, first: str, said: str) -> None:
    text = write("not-received", one)
    assert (text.reason, reason_for(judged(one))) == (reason, reason)
    assert text.text.startswith(first)
    assert said in text.text
    assert text.evidence


def test_of_a_split_order_only_the_missing_parcel_is_claimed() -> None:
    one = order(parcel(DELIVERED), second(SILENT), **PAID)
    text = write("not-received", one).text
    assert "LP00700000000025" in text
    assert NUMBER not in text
    elsewhere = write("delivered-elsewhere", one).text
    assert NUMBER in elsewhere
    assert elsewhere.startswith("I did not receive a part of this order.")
    whole = write("delivered-elsewhere", order(parcel(DELIVERED), **PAID)).text
    assert whole.startswith("I did not receive this item.")
    assert "LP00700000000025" not in elsewhere


def test_the_user_has_the_last_word_on_the_amount() -> None:
    one = order(parcel(SILENT), **PAID)
    assert "I ask for a refund of 5.00 USD." in write("not-received", one, amount=Decimal("5.00")).text
    assert "full refund of 12.34 USD" in write("not-received", one, amount=Decimal("12.34")).text
    split = order(parcel(DELIVERED), second(SILENT), **PAID)
    assert "I ask for a refund of 12.34 USD." in write("not-received", split, amount=Decimal("12.34")).text
    came = order(parcel(DELIVERED), **PAID)
    assert "refund of 5.00 USD" in write("quality", came, "it broke", amount=Decimal("5.00")).text
    assert "full refund of 12.34 USD" in write("quality", came, "it broke", amount=Decimal("12.34")).text


@pytest.mark.parametrize(("kind", "reason", "statement"), [
    ("quality", "quality", "of poor quality"),
    ("not-as-described", "not_as_described", "not as described"),
    ("not-working", "not_working", "does not work"),
    ("damaged", "damaged", "is damaged"),
    ("wrong-item", "wrong_item", "a wrong item"),
    ("incomplete", "quantity_shortage", "incomplete"),
    ("counterfeit", "counterfeit", "seems to be counterfeit"),
])  # fmt: skip
def test_what_is_wrong_with_the_goods_only_the_user_can_say(
    kind: DraftKind, reason: str, statement: str
) -> None:
    one = order(parcel(DELIVERED), **PAID)
    for nothing in ((), ("",), (" … ",)):
        with pytest.raises(NotEnoughKnown, match="--fact"):
            write(kind, one, *nothing)
    text = write(kind, one, "left shoe missing", "box was open")
    assert statement in text.text.splitlines()[0]
    assert text.text.splitlines()[1] == "Left shoe missing."
    assert "Box was open." in text.text
    assert "12.34 USD" in text.text
    assert text.reason == reason


def test_a_free_return_is_asked_for_only_where_an_item_has_one() -> None:
    plain = Line("1", "", 1, None, "")
    free = replace(plain, line_id="2", tags=("CHOICE", "LOCAL_FREE_RETURN"))
    with pytest.raises(NotEnoughKnown, match="no item"):
        write("free-return", order(parcel(DELIVERED), lines=(plain,)))
    text = write("free-return", order(parcel(DELIVERED), lines=(plain, free)))
    assert text.reason == "no_longer_wanted"


def test_an_order_is_named_with_its_day_where_that_is_known() -> None:
    assert f"{order().order_id} of {day(-30)}" in write("seller-message", order(parcel(MOVING))).text
    undated = order(parcel(MOVING), placed_on=None)
    assert order().order_id in write("seller-message", undated).text
    assert day(-30).isoformat() not in write("seller-message", undated).text


def test_names_and_numbers_of_any_length_are_cut_to_forty_signs() -> None:
    one = order(parcel(MOVING, number="N" * 50), order_id="8" * 50)
    text = write("seller-message", one).text
    assert f"at {'X' + 'x' * 38}…" in write("card", order(parcel(MOVING), marketplace="x" * 50, **PAID)).text
    assert f"my order {'8' * 39}…" in text
    assert f"number {'N' * 39}…" in text
    afar = order(parcel(replace(MOVING, destination_country="B" * 80)), destination_country="PT")
    assert f"Its destination is {'B' * 59}…," in write("seller-message", afar).text


def test_an_empty_parcel_needs_no_further_word() -> None:
    assert "was empty" in write("empty-parcel", order(parcel(DELIVERED))).text


@pytest.mark.parametrize(("kind", "one", "facts", "amount", "said"), [
    ("delivered-elsewhere", order(parcel(MOVING)), (), None, "no carrier shows"),
    ("delivered-elsewhere", order(parcel(RETURNED)), (), None, "no carrier shows"),
    ("not-received", order(parcel(SILENT), received_on=day(-1)), (), None, "you have order"),
    ("delivered-elsewhere", order(parcel(DELIVERED), received_on=day(-1)), (), None, "you have order"),
    ("post-office", order(), (), None, "no tracking number"),
    ("seller-message", order(order_state="to_pay"), (), None, "not paid yet"),
    ("not-received", order(**PAID), (), Decimal("12.35"), "more than the 12.34 USD paid"),
    ("return-sent", order(parcel(DELIVERED)), (), None, "--fact"),
    ("offer-accept", order(cases=(case("waiting_seller"),)), (), Decimal(5), "wait for your answer"),
    ("offer-accept", order(cases=(case("waiting_buyer"),)), (), None, "--amount"),
    ("offer-accept", order(**PAID, cases=(case("waiting_buyer", "3.00"),)), (), Decimal(5), "3.00 USD, not of 5 USD"),
    ("offer-reject", order(), (), Decimal(5), "wait for your answer"),
    ("offer-reject", order(cases=(case("waiting_buyer"),)), (), None, "--amount"),
    ("offer-reject", order(**PAID, cases=(case("waiting_buyer", "9"),)), (), Decimal(8), "no more than the 9 USD"),
    ("offer-reject", order(**PAID, cases=(case("waiting_buyer", "9"),)), (), Decimal(9), "no more than the 9 USD"),
    ("escalation", order(parcel(SILENT)), (), None, "no open dispute"),
    ("escalation", order(parcel(SILENT), cases=(case("closed"),)), (), None, "no open dispute"),
    ("escalation", order(parcel(DELIVERED), cases=(case("platform_review"),)), (), None, "say with --fact"),
    ("paypal", order(parcel(SILENT)), (), None, "edit 8190000000000017 --amount"),
    ("paypal", order(parcel(SILENT), **PAID, payment_method="Visa 1234"), (), None, "not paid with PayPal"),
    ("card", order(parcel(SILENT), **PAID, payment_method="PayPal"), (), None, "was paid with PayPal"),
    ("card", order(parcel(DELIVERED), **PAID), (), None, "say with --fact"),
    ("card", order(parcel(SILENT), **PAID, cases=(case("refunded", "12.34"),)), (), None, "granted a refund"),
])  # fmt: skip
def test_what_the_data_does_not_bear_is_refused_in_one_sentence(
    kind: DraftKind, one: Order, facts: tuple[str, ...], amount: Decimal | None, said: str
) -> None:
    with pytest.raises(NotEnoughKnown) as refused:
        write(kind, one, *facts, amount=amount)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "1234" not in str(refused.value)


def test_an_offer_is_accepted_in_writing_and_for_one_amount() -> None:
    text = write("offer-accept", order(**PAID, cases=(case("waiting_buyer", "6.00"),))).text
    assert text.startswith("I accept a refund of 6.00 USD.")
    assert "only if this amount is paid back through AliExpress" in text
    assert "not withdraw" in text


def test_of_two_offers_the_newer_one_counts() -> None:
    old = replace(case("waiting_buyer", "2.00"), changed_at=days_ago(9))
    for both in ((old, case("waiting_buyer", "6.00")), (case("waiting_buyer", "6.00"), old)):
        assert write("offer-accept", order(**PAID, cases=both)).text.startswith(
            "I accept a refund of 6.00 USD."
        )


def test_an_offer_is_declined_with_a_figure_of_ones_own() -> None:
    one = order(**PAID, cases=(case("waiting_buyer", "3.00"),))
    text = write("offer-reject", one, "returning it costs more than the item", amount=Decimal("8.50")).text
    assert "do not accept the refund of 3.00 USD shown in the dispute" in text
    assert "a refund of 8.50 USD instead" in text
    assert "Returning it costs more than the item." in text


def test_an_offer_in_another_currency_is_told_in_its_own() -> None:
    """The order came by a file, in dollars; the dispute's page shows euros."""
    one = order(**PAID, cases=(replace(case("waiting_buyer", "6.00"), currency="EUR"),))
    assert write("offer-accept", one).text.startswith("I accept a refund of 6.00 EUR.")
    text = write("offer-reject", one, amount=Decimal(5)).text
    assert "do not accept the refund of 6.00 EUR shown" in text
    assert "a refund of 5 USD instead" in text
    with pytest.raises(NotEnoughKnown, match=r"6\.00 EUR, not of 6 USD"):
        write("offer-accept", one, amount=Decimal(6))


@pytest.mark.parametrize(
    ("refund", "currency", "amount", "asked"),
    [
        ("5.00", "USD", None, "--amount"),
        ("5.00", "EUR", None, "--amount"),
        ("5.00", "USD", Decimal("7.34"), "charge back 7.34 USD"),
        ("12.34", "USD", None, "charge back 12.34 USD"),  # granted whole, and it never came
    ],
)
def test_what_the_shop_refunded_is_not_claimed_from_the_bank_again(
    refund: str, currency: str, amount: Decimal | None, asked: str
) -> None:
    one = order(**PAID, cases=(replace(case("refunded", refund), currency=currency),))
    told = attempt("card", one, "the rest never came", amount=amount)
    assert asked in (told if isinstance(told, str) else told.text)


def test_an_offer_the_store_does_not_show_is_told_in_the_users_words_only() -> None:
    text = write("offer-reject", order(**PAID), "you offered 3 USD", amount=Decimal(8)).text
    assert "You offered 3 USD." in text
    assert "shown in the dispute" not in text
    assert "answer in the dispute" not in text


@pytest.mark.parametrize(("cases", "said", "not_said"), [
    ((case("waiting_seller"),), "I will not close the dispute before the refund has been made.", "cancel"),
    ((case("return_agreed"),), "I will not close the dispute", "cancel"),
    ((), "I will not cancel or confirm anything", "dispute"),
    ((case("closed"),), "I will not cancel or confirm anything", "dispute"),
])  # fmt: skip
def test_please_close_the_dispute_gets_a_polite_no(cases: tuple[Case, ...], said: str, not_said: str) -> None:
    text = write("close-request", order(cases=cases)).text
    assert text.startswith("Thank you")
    assert said in text
    assert not_said not in text


def test_whoever_decides_gets_dated_facts() -> None:
    one = order(
        parcel(SILENT), **PAID, paid_on=day(-29), dates=[shown("protection_end", 6)],
        cases=(case("platform_review"),),
    )  # fmt: skip
    text = write("escalation", one).text
    for fact in ("I did not receive this item.", "Ordered on 2026-10-25.", "Paid: 12.34 USD on 2026-10-26.",
                 "Shown as shipped on 2026-10-27.", "no delivery before 2026-11-30", "Dispute opened on 2026-11-20."):  # fmt: skip
        assert fact in text


def test_whoever_decides_learns_that_there_is_no_number() -> None:
    with_none = write("escalation", order(**PAID, cases=(case("platform_review"),))).text
    assert "I see no tracking number" in with_none
    with_one = write("escalation", order(parcel(SILENT), **PAID, cases=(case("platform_review"),))).text
    assert "no tracking number" not in with_one
    assert f"Tracking number {NUMBER}" in with_one


@pytest.mark.parametrize(("kind", "facts", "code", "expected"), [
    ("quality", ["it broke"], "de", ["check", "send_english", "own_words_english"]),
    ("empty-parcel", [], "de", ["check", "send_english"]),
    ("empty-parcel", ["it was light"], "en", ["check"]),
    ("post-office", ["it was light"], "de", ["check", "send_local"]),
])  # fmt: skip
def test_what_to_mind_stands_beside_the_text(
    kind: DraftKind, facts: list[str], code: str, expected: list[str]
) -> None:
    text = write(kind, order(parcel(DELIVERED)), *facts, language=code)
    assert list(text.notes) == [language(code).note(say(note)) for note in expected]


def test_a_form_too_short_gets_the_first_sentences_and_says_what_is_left_out() -> None:
    one = order(parcel(SILENT), **PAID)
    whole = write("not-received", one)
    assert (whole.left_out, len(whole.notes)) == (0, 1)
    fits = len(whole.text.encode("utf-16-le")) // 2
    assert write("not-received", one, limit=fits) == whole
    short = write("not-received", one, limit=fits - 1)
    assert (short.left_out, short.text) == (1, whole.text.rpartition("\n")[0])
    assert short.notes[-1] == language("en").note(say("left_out", limit=fits - 1, count=1))
    assert write("not-received", one, limit=1).text == whole.text.partition("\n")[0], "never nothing at all"


@pytest.mark.parametrize("kind", ["paypal", "card"])
def test_the_payer_gets_payment_complaint_and_what_the_shop_did(kind: DraftKind) -> None:
    closed = write(kind, order(parcel(SILENT), **PAID, cases=(case("closed"),)))
    assert "the payment of 12.34 USD for order 8190000000000017 at AliExpress" in closed.text
    assert "I did not receive the goods." in closed.text
    assert "The dispute in the shop is closed." in closed.text
    assert not any("one place" in note for note in closed.notes)
    still_open = write(kind, order(parcel(SILENT), **PAID, cases=(case("opened"),)))
    assert "not decided yet" in still_open.text
    assert any("one place" in note for note in still_open.notes)


def test_the_payer_learns_of_the_completion() -> None:
    text = write("card", order(parcel(SILENT), **PAID, order_state="completed", completed_on=day(-2))).text
    assert f"Shown as completed on {day(-2)}." in text


def test_a_return_that_is_agreed_is_named_when_it_is_sent() -> None:
    agreed = order(parcel(DELIVERED), cases=(case("return_agreed"),))
    assert "is agreed" in write("return-sent", agreed, "posted today").text
    assert "is agreed" not in write("return-sent", order(parcel(DELIVERED)), "posted today").text


def test_a_date_the_shop_moved_counts_as_it_is_shown_now() -> None:
    moved = [shown("protection_end", 4, seen=9), shown("protection_end", 20, seen=1)]
    text = write("card", order(parcel(SILENT), **PAID, dates=moved)).text
    assert day(20).isoformat() in text
    assert day(4).isoformat() not in text


def test_the_post_office_is_asked_and_nothing_claimed() -> None:
    waiting = write("post-office", order(parcel(SILENT))).text
    assert "in writing" in waiting
    assert NUMBER in waiting
    handed_over = write("post-office", order(parcel(DELIVERED))).text
    assert "where, when and to whom it was handed over" in handed_over
    assert "did not receive" not in handed_over


# ---- languages and evidence


PLACEHOLDER = re.compile(r"\{(\w+)\}")


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_words_everything_with_the_same_facts(code: str) -> None:
    english, other = language("en"), language(code)
    for table in ("sentences", "evidence", "notes"):
        ours, theirs = getattr(english, table), getattr(other, table)
        assert list(theirs) == list(ours), f"{code}: {table} must have the ids of en.toml in their order"
        for name, words in theirs.items():
            assert sorted(PLACEHOLDER.findall(words)) == sorted(PLACEHOLDER.findall(ours[name])), (
                f"{code}: {name}"
            )
            assert words == words.strip()
            assert code == "en" or name == "own_words" or words != ours[name], (
                f"{code}: {name} is not translated"
            )
            assert len(words) < 2 * len(ours[name]) + 20, f"{code}: {name} says more than the English text"


def test_the_eight_languages_are_there() -> None:
    assert {"en", "de", "fr", "es", "it", "pt", "pl", "ru"} <= set(LANGUAGES)


def test_every_reason_is_one_of_the_shops_and_has_evidence() -> None:
    shop = tomllib.loads(files("scrapers.marketplaces.aliexpress").joinpath("labels.toml").read_text("utf-8"))
    known = set(shop["en"]["reasons"])
    for reason in get_args(ReasonId):
        assert reason in known
        assert len(evidence_for(reason)) >= 3
    for kind in set(KINDS) - set(FORMS) - {"seller-message"}:
        assert evidence_for(kind)


def test_the_user_reads_it_in_their_own_language() -> None:
    one = order(parcel(SILENT), **PAID)
    text = write("not-received", one, language="de")
    assert text.text == write("not-received", one).text
    assert "Ich habe diesen Artikel nicht erhalten." in text.translation
    assert "volle Erstattung von 12.34 USD" in text.translation
    assert any("Bildschirmfoto" in item for item in text.evidence)
    assert any("englischen Text" in note for note in text.notes)
    assert not any("englischen Text" in note for note in write("post-office", one, language="de").notes)


@pytest.mark.parametrize("code", ["en", "xx", ""])
def test_english_and_unknown_languages_get_the_english_text_alone(code: str) -> None:
    text = write("not-received", order(parcel(SILENT)), language=code)
    assert (text.language, text.translation, text.subject_translation) == ("en", "", "")


# ---- foreign words


@pytest.mark.parametrize(("words", "quoted"), [
    ("Left “hub” of \"X\"", "Left 'hub' of 'X'"),
    ("two\nlines\r\n\tand\u2028more", "two lines and more"),
    ("\u202eEvil\u202c \u200bzero\x00\x1b[31m", "Evil zero [31m"),
    ("Courier 138 0000 0000 comes", "Courier … comes"),
    ("call +49 (0)30 123456789.", "call …."),
    ("see https://example.invalid/a?b=1 now", "see … now"),
    ("ask someone@example.invalid now", "ask … now"),
    ("At 2026-11-20 10:30 in hub", "At 2026-11-20 10:30 in hub"),
    ("word " * 40, "word word word word word word word word word word word word word word word…"),
    ("x" * 80, "x" * 80),
    ("x" * 81, "x" * 79 + "…"),
    ("w" * 30 + " " + "x" * 100, "w" * 30 + " " + "x" * 48 + "…"),  # cut at a word only where little is lost by it
    ("w" * 40 + " " + "x" * 100, "w" * 40 + " " + "x" * 38 + "…"),
    ("w" * 41 + " " + "x" * 100, "w" * 41 + "…"),
    ("", ""),
    ("\u202e\u200b", ""),
])  # fmt: skip
def test_carriers_words_are_cleaned_and_cut(words: str, quoted: str) -> None:
    assert quotable(words, 80) == quoted


@given(st.text(max_size=400), st.integers(20, 120))
def test_no_foreign_words_get_out_of_their_quotation_marks(words: str, most: int) -> None:
    for line in (quotable(words, most), own_words(words, most)):
        assert len(line) <= most + 1  # the full stop of a sentence
        assert line == " ".join(line.split())
        assert not any(unicodedata.category(sign)[0] == "C" for sign in line)
    assert not set(quotable(words, most)) & set('“”"„«»')


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_words_of_a_carrier_stay_one_line(kind: DraftKind) -> None:
    evil = "”\nI confirm that I received everything.\n\u202e“ {order} %s" + "x" * 5000
    one = order(
        parcel(leg(scan(30, "InTransit", text=evil, place=evil, code=evil))), **PAID,
        cases=(case("waiting_buyer", "3.00"),),
    )  # fmt: skip
    text = attempt(kind, one, "ordinary words", language="fr")
    if isinstance(text, str):
        assert kind in ("delivered-elsewhere", "offer-accept", "free-return")
        return
    assert len(text.text) < 1200
    assert not any(line.startswith("I confirm") for line in text.text.splitlines())
    assert text.text.count("“") == text.text.count("”")


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_personal_gets_into_a_text(kind: DraftKind) -> None:
    one = order(
        parcel(replace(SILENT, events=(scan(25, "InTransit", text="Courier of ya 13800138000"),))), **PAID,
        title="Privatetitle", seller="Privateseller", payment_method="", cases=(case("waiting_buyer", "3.00"),),
    )  # fmt: skip
    text = attempt(kind, one, "ordinary words", language="es")
    if isinstance(text, str):
        assert "Private" not in text
        return
    everything = " ".join((text.subject, text.text, text.translation, *text.notes))
    assert "Private" not in everything
    assert "13800138000" not in everything


# ---- what holds for every order there could be


CASES = st.lists(
    st.sampled_from(cast("tuple[CaseState, ...]", get_args(CaseState))).map(lambda s: case(s, "3.00")),
    max_size=2,
)
FACTS = st.lists(
    st.text(st.characters(exclude_characters="{}", exclude_categories=["Nd"]), max_size=60),
    max_size=3,
)


@st.composite
def wanted(draw: st.DrawFn) -> tuple[DraftKind, Order, Sequence[str], Decimal | None]:
    one = replace(
        draw(orders()), cases=tuple(draw(CASES)), amount=draw(st.none() | st.just(Decimal("12.34"))), currency="USD"
    )  # fmt: skip
    kind = draw(st.sampled_from(KINDS))
    amount = draw(st.sampled_from([None, Decimal("3.00"), Decimal("7.5")])) if kind in TAKES_AMOUNT else None
    return kind, one, draw(FACTS), amount


def written(
    wish: tuple[DraftKind, Order, Sequence[str], Decimal | None], code: str, limit: int | None = None
) -> Draft | None:
    """The text, None where it is refused; a refusal is one sentence."""
    kind, one, facts, amount = wish
    text = attempt(kind, one, *facts, amount=amount, language=code, limit=limit)
    if isinstance(text, str):
        assert text
        assert "\n" not in text
        return None
    return text


NUMBERS = re.compile(r"[0-9][0-9.-]*[0-9]|[0-9]")


@settings(max_examples=300)
@given(wanted(), st.sampled_from(LANGUAGES))
def test_a_text_is_whole_and_its_translation_holds_the_same_facts(
    wish: tuple[DraftKind, Order, Sequence[str], Decimal | None], code: str
) -> None:
    text = written(wish, code)
    if text is None:
        return
    assert text.text
    assert text.subject
    assert not set("{}") & set(text.text + text.subject + text.translation + "".join(text.notes))
    if text.kind in FORMS:
        assert len(text.text.encode("utf-16-le")) // 2 <= DEFAULT_TEXT_LIMIT
    else:
        assert text.left_out == 0
    if code == "en":
        return
    lines, theirs = text.text.splitlines(), text.translation.splitlines()
    assert len(lines) == len(theirs)
    for line, their in zip(lines, theirs, strict=True):
        assert sorted(NUMBERS.findall(line)) == sorted(NUMBERS.findall(their))


@settings(max_examples=500)
@given(wanted())
def test_no_text_claims_what_the_data_does_not_show(
    wish: tuple[DraftKind, Order, Sequence[str], Decimal | None],
) -> None:
    text = written(wish, "en")
    if text is None:
        return
    one = wish[1]
    by_number = {a.number: a for a in judged(one)}
    for line in text.text.splitlines():
        named = re.match(r"Tracking number (\w+)", line)
        a = by_number[named[1]] if named else None
        if "shows a delivery" in line and a:
            assert a.condition in ("delivered", "suspicious")
            days = {s.event.at.date().isoformat() for s in a.scans if s.event.status.tag == "Delivered"}
            assert days & set(NUMBERS.findall(line))
        if "no further scan" in line and a:
            silent = re.search(r"the (\d+) days", line)
            assert silent
            assert int(silent[1]) == a.idle_days
            assert a.scans[-1].event.at == a.last_movement_at
        if "does not know" in line and a:
            assert a.condition == "no_information"
        for word, condition in (
            ("back to the sender", "returning"),
            ("returned to", "returned"),
            ("not arrive", "lost"),
        ):
            assert word not in line or (a and a.condition == condition)
    states = {c.state for c in one.cases}
    if "shown in the dispute" in text.text:
        assert "waiting_buyer" in states
    if "is agreed" in text.text:
        assert "return_agreed" in states
    if "ispute opened" in text.text or "close the dispute" in text.text or "in the dispute" in text.text:
        assert states
    for amount in re.findall(r"([0-9.]+) USD", text.text):
        assert amount in ("3.00", str(one.amount), str(wish[3]))


@settings(max_examples=200)
@given(wanted(), st.integers(LEAST_LIMIT, 600))
def test_a_shorter_form_gets_the_most_important_sentences(
    wish: tuple[DraftKind, Order, Sequence[str], Decimal | None], limit: int
) -> None:
    whole, short = written(wish, "en", 100_000), written(wish, "en", limit)
    if whole is None or short is None:
        assert whole is short
        return
    assert len(short.text.encode("utf-16-le")) // 2 <= limit
    assert whole.text.startswith(short.text)
    assert whole.left_out == 0
    assert short.left_out == whole.text.count("\n") - short.text.count("\n")
    assert (short.left_out > 0) == any("left out" in note for note in short.notes)
