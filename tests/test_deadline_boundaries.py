"""How each deadline came about, in words and in days, where two sources or two parcels disagree."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from builders import NOW, day, days_ago, leg, order, parcel, scan, shown

from monitor.model import Case, Line, Order
from monitor.rules.assess import assess
from monitor.rules.moved import Move
from monitor.rules.policy import Policy
from monitor.rules.protection import NAMES, Deadline, deadlines
from scrapers.marketplaces.profiles import Profile, Profiles, Window
from scrapers.orders import CaseState, case_place

BERLIN = ZoneInfo("Europe/Berlin")
ACCEPTED = scan(24, "InTransit", "InTransit_002", "accepted")


def delivered(ago: float, number: str = "LP00700000000017") -> Any:
    return parcel(leg(ACCEPTED, scan(ago, "Delivered"), number=number), number=number)


def found(one: Order, profiles: Profiles | None = None) -> dict[str, Deadline]:
    assessments = [assess(p, one, Policy(), NOW) for p in one.parcels]
    return {d.kind: d for d in deadlines(one, assessments, NOW, BERLIN, profiles)}


def case(state: CaseState, *, opened: int | None = None, since: float = 1, number: str = "1") -> Case:
    opened_on = day(opened) if opened is not None else None
    return Case(number, "", state, opened_on, "", None, "", days_ago(since))


COMPLETED: dict[str, Any] = {"order_state": "completed", "completed_on": day(-2)}
PREPARED: dict[str, Any] = {"order_state": "processing", "shipped_on": None}
TAGGED = (Line("1", "Lamp", 1, None, "", ("LOCAL_FREE_RETURN",)),)


@pytest.mark.parametrize(
    ("one", "kind", "sentence"),
    [
        (order(), "protection_end", f"counted: shipped {day(-28)} + 60 days"),
        (order(placed=-8, **PREPARED), "ship_by", f"counted: placed {day(-8)} + 7 business days, Monday to Friday"),
        (order(delivered(2)), "completed_window",
         f"counted: delivered {day(-2)} + 7 days; the shop may complete the order by itself any day after a delivery"),
        (order(delivered(2), lines=TAGGED), "free_return",
         f"counted: delivered {day(-2)} + 15 days; unused, with the shop's own label"),
        (order(**COMPLETED), "faulty_window", f"counted: completed {day(-2)} + 15 days"),
        (order(dates=[shown("protection_end", -1)]), "auto_confirm", f"counted: protection over on {day(-1)}"),
        (order(closes_soon_on=day(-1)), "auto_confirm", f"counted: announced {day(-1)}"),
        (order(dates=[shown("cancel_requested", -1)], **PREPARED), "cancel_answer",
         f"counted: you asked on {day(-1)} + 3 days; silence of the seller cancels the order"),
        (order(cases=(case("waiting_seller", opened=-2),)), "seller_answer",
         f"counted: dispute opened {day(-2)} + 5 days; the seller's silence usually carries out what you asked for"),
        (order(cases=(case("waiting_seller", opened=-2),)), "platform_decision",
         f"counted: dispute opened {day(-2)} + 7 days; without an agreement AliExpress steps in by itself"),
        (order(cases=(case("waiting_buyer", since=1),)), "case_answer", f"counted: asked {day(-1)} + 3 days"),
        (order(cases=(case("return_agreed", since=1),)), "return_posting",
         f"counted: return agreed {day(-1)} + 10 days"),
        (order(payment_method="PayPal", dates=[shown("payer_asked", -1)]), "paypal_escalate",
         f"counted: you asked on {day(-1)} + 20 days; after that PayPal closes the dispute for good"),
        (order(marketplace="ebay", dates=[shown("expected", 4)]), "protection_end",
         f"counted: delivery expected {day(4)} + 30 days"),
    ],
)  # fmt: skip
def test_how_a_day_was_counted_is_said_in_a_sentence(one: Order, kind: str, sentence: str) -> None:
    assert found(one)[kind].sentence.startswith(sentence)


@pytest.mark.parametrize("kind", NAMES)
def test_only_the_last_day_of_a_right_is_called_yours(kind: str) -> None:
    theirs = {
        "late_coupon", "ship_by", "opens_on", "auto_confirm", "cancel_answer", "seller_answer", "platform_decision",
        "refund_arrival",
    }  # fmt: skip
    one = Deadline(kind, day(1), "page", 1, "")  # type: ignore[arg-type]
    assert one.yours is (kind not in theirs)
    assert one.name[0].isupper()


@pytest.mark.parametrize(
    ("source", "words"),
    [("page", "as the shop shows it"), ("mail", "as the shop's mail says"), ("manual", "as you gave it"), ("estimated", "estimated")],
)  # fmt: skip
def test_how_sure_a_day_is_has_its_words(source: str, words: str) -> None:
    assert Deadline("protection_end", day(1), source, 1, "").certainty == words  # type: ignore[arg-type]


# -- two parcels


def test_of_two_deliveries_the_first_starts_the_free_return_and_the_last_the_rest() -> None:
    both = order(delivered(6), delivered(2, "LP00700000000025"), lines=TAGGED, destination_country="DE")
    dated = found(both)
    assert dated["free_return"].last_safe_day == day(-6 + 15)
    assert dated["completed_window"].last_safe_day == day(-2 + 7)
    assert dated["withdrawal"].last_safe_day == day(-2 + 14)


def test_while_one_parcel_is_missing_only_the_free_return_of_the_other_runs() -> None:
    half = order(delivered(6), parcel(leg(ACCEPTED), number="LP00700000000025"), lines=TAGGED)
    assert found(half)["free_return"].last_safe_day == day(9)
    assert "completed_window" not in found(half)
    assert "auto_confirm" not in found(half)


def test_an_order_without_parcels_has_no_delivery() -> None:
    assert "completed_window" not in found(order())


# -- two disputes


@pytest.mark.parametrize(
    ("cases", "kind", "left"),
    [
        (
            [case("waiting_seller", opened=-4), case("waiting_seller", opened=-2, number="2")],
            "seller_answer",
            1,
        ),
        ([case("waiting_buyer", since=2), case("waiting_buyer", since=1, number="2")], "case_answer", 1),
        ([case("waiting_buyer", opened=-9, since=1)], "case_answer", 2),
        ([case("waiting_buyer", opened=-3)], "platform_decision", 4),
        ([case("opened", opened=-3)], "platform_decision", 4),
        ([case("waiting_seller", opened=-3)], "platform_decision", 4),
        ([case("platform_review", opened=-3)], "platform_decision", 4),
        ([case("closed", opened=-3)], "platform_decision", None),
        ([case("refunded", opened=-3)], "platform_decision", None),
        ([case("platform_review", opened=-3)], "seller_answer", None),
        ([case("platform_review", opened=-3)], "case_answer", None),
        ([case("waiting_seller", opened=-3)], "refund_arrival", None),
    ],
)
def test_of_several_disputes_the_earliest_counts(cases: list[Case], kind: str, left: int | None) -> None:
    deadline = found(order(cases=tuple(cases))).get(kind)
    assert (deadline.days_left if deadline else None) == left


# -- two sources


@pytest.mark.parametrize(
    ("first", "second", "source"),
    [
        ("mail", "page", "page"),
        ("page", "mail", "page"),
        ("mail", "manual", "manual"),
        ("page", "manual", "page"),
    ],
)
def test_of_two_sources_of_one_day_the_better_is_named(first: Any, second: Any, source: str) -> None:
    one = order(dates=[
        shown("protection_end", 9, source=first, place="a"), shown("protection_end", 9, source=second, place="b"),
    ])  # fmt: skip
    assert found(one)["protection_end"].source == source


def test_what_each_source_showed_stands_newest_first() -> None:
    one = order(dates=[shown("protection_end", 9, seen=n, place=f"place {n}") for n in (3, 1, 2)])
    assert [seen.seen_at for seen in found(one)["protection_end"].seen] == [days_ago(n) for n in (1, 2, 3)]


@pytest.mark.parametrize(
    ("shown_on", "kinds"),
    [
        (14, {"faulty_window": 14, "faulty_strict": 13}),
        (13, {"faulty_window": 13}),
        (12, {"faulty_window": 12}),
    ],
)
def test_the_stricter_rule_stands_beside_a_later_day_only(shown_on: int, kinds: dict[str, int]) -> None:
    dated = found(order(dates=[shown("faulty_window", shown_on)], **COMPLETED))
    assert {k: d.days_left for k, d in dated.items() if k.startswith("faulty")} == kinds


@pytest.mark.parametrize(
    ("shown_on", "left", "source", "confidence"),
    [(14, 13, "estimated", "high"), (13, 13, "page", "medium"), (12, 12, "page", "medium")],
)
def test_a_free_return_ends_with_the_earlier_of_the_page_and_the_delivery(
    shown_on: int, left: int, source: str, confidence: str
) -> None:
    one = order(delivered(2), dates=[shown("free_return", shown_on)])
    deadline = found(one)["free_return"]
    assert (deadline.days_left, deadline.source, deadline.confidence) == (left, source, confidence)
    assert len(deadline.seen) == 1


@pytest.mark.parametrize(("delivered_ago", "coupon"), [(2, False), (3, False), (1, True)])
def test_a_coupon_is_due_only_for_a_delivery_after_the_promised_day(delivered_ago: int, coupon: bool) -> None:
    one = order(delivered(delivered_ago), dates=[shown("late_coupon", -2)])
    assert ("late_coupon" in found(one)) is coupon


def test_a_promise_in_a_shop_that_names_no_days_is_the_day_itself() -> None:
    nobody = Profiles({"nobody": Profile("nobody", "Nobody")})
    one = order(marketplace="nobody", dates=[shown("late_coupon", 3)])
    assert found(one, nobody)["late_coupon"].days_left == 3


# -- states


@pytest.mark.parametrize(
    ("facts", "there"),
    [
        ({}, True), ({"order_state": None}, True), ({"order_state": "closed"}, True),
        ({"order_state": "processing"}, False), ({"order_state": "cancelled"}, False), ({"order_state": "to_pay"}, False),
        ({"order_state": "completed"}, True), (COMPLETED, False),
    ],
)  # fmt: skip
def test_the_protection_is_counted_while_the_order_is_under_way(facts: dict[str, Any], there: bool) -> None:
    assert ("protection_end" in found(order(**facts))) is there


def test_in_a_shop_without_a_window_for_the_completion_the_protection_runs_on() -> None:
    window = Window("protection_end", "placed", 40, "low")
    mine = Profiles({"mine": Profile("mine", "eShop", windows=(window,))})
    assert found(order(marketplace="mine", **COMPLETED), mine)["protection_end"].days_left == 10


@pytest.mark.parametrize(
    ("facts", "left"),
    [
        ({"dates": [shown("protection_end", 0)]}, 0),
        ({"dates": [shown("protection_end", 1)]}, None),
        ({"dates": [shown("protection_end", -4)]}, -4),
        ({"dates": [shown("protection_end", -4)], **COMPLETED}, None),
        ({"closes_soon_on": day(-3)}, -3),
        ({"closes_soon_on": day(-3), "completed_on": day(-1)}, None),
    ],
)
def test_from_when_on_the_shop_may_complete_the_order(facts: dict[str, Any], left: int | None) -> None:
    deadline = found(order(**facts)).get("auto_confirm")
    assert (deadline.days_left if deadline else None) == left


def test_the_shop_s_own_announcement_is_a_mail_s() -> None:
    assert found(order(closes_soon_on=day(-3)))["auto_confirm"].source == "mail"
    assert found(order(delivered(3)))["auto_confirm"].source == "estimated"


@pytest.mark.parametrize(
    ("facts", "there"),
    [(PREPARED, True), ({**PREPARED, "shipped_on": day(-1)}, False), ({"shipped_on": None}, False)],
)
def test_a_seller_has_to_ship_only_what_is_not_shipped(facts: dict[str, Any], there: bool) -> None:
    one = order(dates=[shown("ship_by", 3)], **facts)
    assert ("ship_by" in found(one)) is there


def test_what_is_not_paid_has_no_deadline_whatever_its_page_shows() -> None:
    assert found(order(order_state="to_pay", payment_method="Visa", dates=[shown("protection_end", 9)])) == {}


@pytest.mark.parametrize(
    ("facts", "there"), [(COMPLETED, True), ({"completed_on": day(-2)}, True), ({}, False)]
)
def test_a_completion_weighs_more_than_the_state_s_word(facts: dict[str, Any], there: bool) -> None:
    window = Window("faulty_window", "placed", 90, "low", states=("completed",))
    mine = Profiles({"mine": Profile("mine", "eShop", windows=(window,))})
    assert ("faulty_window" in found(order(marketplace="mine", **facts), mine)) is there


def test_an_order_known_by_nothing_has_no_deadline() -> None:
    assert found(order(placed_on=None, shipped_on=None, order_state=None)) == {}


@pytest.mark.parametrize(("state", "left"), [("waiting_buyer", 4), ("waiting_seller", None)])
def test_a_timer_of_a_dispute_counts_while_it_waits_for_the_buyer(state: CaseState, left: int | None) -> None:
    one = order(cases=(case(state),), dates=[shown("case_answer", 4)])
    deadline = found(one).get("case_answer")
    assert (deadline.days_left if deadline else None) == left


def test_deadlines_come_the_nearest_first() -> None:
    one = order(delivered(2), destination_country="DE", dates=[shown("protection_end", 40)])
    days = [
        d.last_safe_day for d in deadlines(one, [assess(one.parcels[0], one, Policy(), NOW)], NOW, BERLIN)
    ]
    assert days == sorted(days)
    assert len(days) > 3


# -- moves


@pytest.mark.parametrize(("after", "later"), [(12, True), (11, False), (10, False), (None, False)])
def test_only_a_later_day_is_a_date_put_off(after: int | None, later: bool) -> None:
    move = Move("order detail", day(11), None if after is None else day(after), NOW)
    assert move.later is later


@pytest.mark.parametrize(
    ("days", "confidence"),
    [((30, 45), "medium"), ((45, 30), "high"), ((30, 45, 40), "high"), ((30, 30), "high")],
)
def test_a_date_put_off_last_is_trusted_less(days: tuple[int, ...], confidence: str) -> None:
    seen = [shown("protection_end", on, seen=9 - n) for n, on in enumerate(days)]
    assert found(order(dates=seen))["protection_end"].confidence == confidence


def test_a_move_elsewhere_leaves_this_place_s_day_as_sure_as_it_was() -> None:
    one = order(dates=[
        shown("protection_end", 30, seen=4, place="tracking page"), shown("protection_end", 45, seen=1, place="tracking page"),
        shown("protection_end", 30, seen=1),
    ])  # fmt: skip
    assert found(one)["protection_end"].confidence == "high"


def test_a_day_gone_from_its_place_is_the_least_sure() -> None:
    gone = replace(shown("protection_end", 30, source="mail"), gone_at=NOW - timedelta(hours=1))
    assert found(order(dates=[gone]))["protection_end"].confidence == "low"


def test_of_two_disputes_the_one_to_be_answered_first_counts() -> None:
    """The page of each shows its own day; the one read last must not hide the other."""
    first = shown("case_answer", 2, place=case_place("1"), seen=1)
    second = shown("case_answer", 9, place=case_place("2"), seen=0.9)
    waiting = (case("waiting_buyer", number="1"), case("waiting_buyer", number="2"))
    answer = found(order(cases=waiting, dates=[first, second]))["case_answer"]
    assert (answer.last_safe_day, answer.moves) == (day(2), ())
    answered = (case("waiting_seller", number="1"), case("waiting_buyer", number="2"))
    assert found(order(cases=answered, dates=[first, second]))["case_answer"].last_safe_day == day(9)


def test_the_day_of_an_earlier_answer_is_not_that_of_the_next() -> None:
    """The shop asks a second time and its page names no day: the first day is over, the second answer is not."""
    before = shown("case_answer", -12, place=case_place("1"), seen=15)
    answer = found(order(cases=(case("waiting_buyer", since=0),), dates=[before]))["case_answer"]
    assert (answer.source, answer.days_left > 0) == ("estimated", True)
