"""Where one advice or warning ends and the next begins: every row of the table on either side of its day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from builders import NOW, TODAY, day, days_ago, leg, never_asked, not_found, order, parcel, scan, shown

from monitor.model import Action, Case, Line, Order
from monitor.rules.advise import TABLE, Advice
from monitor.rules.notices import Notice
from monitor.rules.policy import Policy
from monitor.rules.verdict import Verdict, judge, judge_all, most_urgent_first
from scrapers.marketplaces.profiles import Profile, Profiles, Window
from scrapers.orders import CaseState

BERLIN = ZoneInfo("Europe/Berlin")
ACCEPTED = scan(24, "InTransit", "InTransit_002", "accepted")
MOVING = parcel(leg(ACCEPTED, scan(1, "InTransit", "InTransit_003", "origin")))
STALLED = parcel(leg(ACCEPTED, scan(20, "InTransit", "InTransit_007", "line_haul")))
LABEL = parcel(leg(scan(1, "InfoReceived", "", "label")))
LOST = parcel(leg(ACCEPTED, scan(2, "Exception", "Exception_013")))
UNASKED = parcel(never_asked())
ENDED = parcel(leg(ACCEPTED, scan(20, "InTransit", "InTransit_004", "arrived"), ends_by_design=True))


def delivered(ago: float) -> Any:
    return parcel(leg(ACCEPTED, scan(ago, "Delivered")))


def reused(ago: float = 80) -> Any:
    return parcel(leg(scan(90, "InTransit"), scan(ago, "InTransit", text="later")))


def ends(left: int) -> dict[str, Any]:
    """A protection whose last safe day is so many days away."""
    return {"dates": [shown("protection_end", left + 1)]}


def case(state: CaseState, *, opened: int = -1, since: float = 1, **more: Any) -> dict[str, Any]:
    one = Case("1", "", state, day(opened), "", None, "", days_ago(since))
    return {"cases": (replace(one, **more),)}


def completed(on: int) -> dict[str, Any]:
    return {"order_state": "completed", "completed_on": day(on)}


PREPARED: dict[str, Any] = {"order_state": "processing", "shipped_on": None}


def verdict(one: Order, policy: Policy | None = None) -> Verdict:
    return judge(one, policy or Policy(), NOW, BERLIN)


def advice(one: Order, policy: Policy | None = None) -> Advice:
    return verdict(one, policy).advice


def said(advice_: Advice) -> dict[str, str]:
    return {reason.id: str(reason) for reason in advice_.why}


# (order, situation, days until `by`; None where there is no day)
SITUATIONS: list[tuple[Order, str, int | None]] = [
    (order(MOVING, received_on=TODAY), "has_it", None),
    (order(MOVING, archived_on=TODAY), "archived", None),
    (order(order_state="to_pay"), "to_pay", None),
    (order(MOVING, **case("waiting_buyer", since=1)), "case_waits_for_you", 2),
    (order(MOVING, payment_method="PayPal", dates=[shown("payer_asked", -13)]), "paypal_closes", 7),
    (order(MOVING, payment_method="PayPal", dates=[shown("payer_asked", -12)]), "on_its_way", 32),
    (order(MOVING, payment_method="PayPal", dates=[shown("payer_asked", -20)]), "paypal_closes", 0),
    (order(MOVING, payment_method="PayPal", dates=[shown("payer_asked", -21)]), "on_its_way", 32),
    (order(MOVING, **case("return_agreed", since=3)), "return_agreed", 7),
    (order(MOVING, **case("refunded", since=29)), "refund_overdue", -1),
    (order(MOVING, **case("refunded", since=28)), "case_refunded", 0),
    (order(MOVING, **case("platform_review", opened=-3)), "case_with_platform", 4),
    (order(MOVING, **case("waiting_seller", opened=-5)), "case_with_seller", 0),
    (order(MOVING, **case("opened", opened=-5)), "case_with_seller", 0),
    (order(MOVING, **case("waiting_seller", opened=-6)), "seller_silent", 1),
    (order(MOVING, **case("opened", opened=-6)), "seller_silent", 1),
    (order(placed_on=None, shipped_on=None, order_state=None, **case("closed")), "case_over", None),
    (order(MOVING, **case("closed")), "on_its_way", 32),
    (order(order_state="cancelled", paid_on=day(-30), dates=[shown("cancelled", -2)]), "cancelled", 24),
    (order(order_state="cancelled", amount=Decimal(5), dates=[shown("cancelled", -29)]), "refund_overdue", -1),
    (order(order_state="cancelled", shipped_on=None), "cancelled_unpaid", None),
    (order(order_state="cancelled", shipped_on=None, dates=[shown("cancelled", -40)]), "cancelled_unpaid", None),
    (order(order_state="closed"), "closed", None),
    (order(dates=[shown("cancel_requested", -4)], **PREPARED), "cancel_unanswered", -1),
    (order(dates=[shown("cancel_requested", -3)], placed=-3, **PREPARED), "cancel_asked", 0),
    (order(dates=[shown("ship_by", -1)], placed=-3, **PREPARED), "ship_by_over", -1),
    (order(dates=[shown("ship_by", 0)], placed=-3, **PREPARED), "processing", 0),
    (order(dates=[shown("ship_by", 5)], placed=-7, **PREPARED), "not_shipped", 5),
    (order(dates=[shown("ship_by", 5)], placed=-6, **PREPARED), "processing", 5),
    (order(MOVING, **completed(-7)), "completed_not_here", 0),
    (order(MOVING, order_state="completed", **ends(5)), "completed_not_here", 5),
    (order(MOVING, replace(delivered(9), id=2), **completed(-7)), "completed_not_here", 0),
    (order(MOVING, **completed(-8)), "completed_just_over", -1),
    (order(MOVING, placed=-40, **completed(-15)), "completed_just_over", -8),
    (order(MOVING, placed=-40, **completed(-16)), "completed_over_not_here", None),
    (order(MOVING, placed=-40, payment_method="Visa", **completed(-16)), "completed_over_not_here", 80),
    (order(MOVING, dates=[shown("completed_window", -1)], **completed(-15)), "completed_over_not_here", None),
    (order(MOVING, placed=-200, payment_method="Visa", **completed(-16)), "completed_over", None),
    (order(delivered(9), **completed(-7)), "completed_check", 0),
    (order(delivered(9), dates=[shown("protection_end", 6)], **completed(-8)), "completed_check", 5),
    (order(UNASKED, **completed(-7)), "completed_check", 0),
    (order(ENDED, **completed(-7)), "completed_check", 0),
    (order(delivered(9), **completed(-8)), "completed_faulty", 7),
    (order(delivered(19), **completed(-15)), "completed_faulty", 0),
    (order(delivered(19), **completed(-16)), "completed_over", None),
    (order(delivered(19), marketplace="nobody", **completed(-2)), "completed_unknown", None),
    (order(delivered(19), marketplace="nobody", dates=[shown("faulty_window", -1)], **completed(-2)), "completed_over", None),
    (order(delivered(19), marketplace="nobody", dates=[shown("faulty_window", 0)], **completed(-2)), "completed_faulty", 0),
    (order(MOVING, order_state="completed", placed=-63), "completed_over_not_here", None),
    (order(MOVING, placed_on=None, shipped_on=None, order_state="completed"), "completed_unknown", None),
    (order(MOVING, payment_method="Visa", **ends(-8)), "protection_over", 90),
    (order(MOVING, **ends(-7)), "just_over", -7),
    (order(MOVING, placed=-99, shipped_on=day(-97)), "just_over", -37),
    (order(MOVING, placed=-99, shipped_on=day(-98)), "protection_over", None),
    (order(MOVING, placed=-199, shipped_on=day(-190)), "everything_over", None),
    (order(MOVING, placed=-121, payment_method="Visa", **ends(-60)), "everything_over", None),
    (order(MOVING, placed=-120, payment_method="Visa", **ends(-60)), "protection_over", 0),
    (order(MOVING, placed=-120, **ends(-60)), "protection_over", None),
    (order(MOVING, placed=-121, **ends(-60)), "everything_over", None),
    (order(MOVING, **ends(-1)), "just_over", -1),
    (order(MOVING, **ends(0)), "last_days", 0),
    (order(MOVING, **ends(1)), "last_days", 1),
    (order(MOVING, **ends(2)), "near_end", 2),
    (order(MOVING, **ends(3)), "near_end", 3),
    (order(MOVING, **ends(4)), "soon", 4),
    (order(MOVING, **ends(7)), "soon", 7),
    (order(MOVING, **ends(8)), "on_its_way", 8),
    (order(parcel(leg(ACCEPTED, scan(2, "Exception", "Exception_010"))), **ends(20)), "came_back", 20),
    (order(parcel(leg(ACCEPTED, scan(2, "Exception", "Exception_011"))), **ends(20)), "came_back", 20),
    (order(LOST, **ends(20)), "lost", 20),
    (order(reused(), **ends(14)), "fake_number_near", 14),
    (order(reused(), **ends(15)), "fake_number", 15),
    (order(parcel(leg(scan(90, "InTransit"), scan(80, "Delivered"))), **ends(15)), "delivered_elsewhere", 15),
    (order(MOVING, closes_soon_on=TODAY, **ends(20)), "closes_soon_not_here", 20),
    (order(delivered(2), closes_soon_on=TODAY, **ends(20)), "delivered", 5),
    (order(delivered(8), **ends(20)), "delivered", 20),
    (order(delivered(20), dates=[shown("protection_end", -2)]), "delivered", -13),
    (order(parcel(leg(ACCEPTED, scan(1, "AvailableForPickup"))), **ends(3)), "pickup", 3),
    (order(parcel(leg(ACCEPTED, scan(1, "AvailableForPickup"))), **ends(1)), "last_days", 1),
    (order(parcel(leg(ACCEPTED, scan(1, "Exception", "Exception_004"))), **ends(4)), "held", 4),
    (order(parcel(leg(ACCEPTED, scan(1, "AttemptFail"))), **ends(4)), "attempt_failed", 4),
    (order(STALLED, **ends(7)), "silent_and_soon", 7),
    (order(STALLED, **ends(8)), "stalled", 8),
    (order(parcel(leg(ACCEPTED, scan(8, "InTransit", "", "arrived"))), **ends(8)), "stalled_here", 8),
    (order(LABEL, placed=-12, **ends(7)), "silent_and_soon", 7),
    (order(LABEL, placed=-12, **ends(14)), "never_tracked_asked", 14),
    (order(LABEL, placed=-12, **ends(15)), "never_tracked", 15),
    (order(LABEL, placed=-11, **ends(15)), "on_its_way", 15),
    (order(LABEL, placed=-31, **ends(15)), "never_tracked", 15),
    (order(LABEL, placed=-32, **ends(15)), "never_tracked_asked", 15),
    (order(parcel(not_found()), placed=-12, **ends(15)), "never_tracked", 15),
    (order(placed=-12, **ends(15)), "never_tracked", 15),
    (order(placed=-11, **ends(15)), "on_its_way", 15),
    (order(placed=-12, paid_on=day(-10), shipped_on=None, **ends(15)), "never_tracked", 15),
    (order(placed=-12, paid_on=day(-9), shipped_on=None, **ends(15)), "on_its_way", 15),
    (order(placed=-10, shipped_on=None, **ends(15)), "never_tracked", 15),
    (order(parcel(leg(ACCEPTED, scan(14, "InTransit", "", "arrived"), ends_by_design=True)), **ends(15)), "ended_long_ago", 15),
    (order(parcel(leg(ACCEPTED, scan(13, "InTransit", "", "arrived"), ends_by_design=True)), **ends(15)), "on_its_way", 15),
    (order(MOVING, dates=[shown("late_coupon", -2), shown("protection_end", 21)]), "late_coupon", 0),
    (order(MOVING, dates=[shown("late_coupon", -1), shown("protection_end", 21)]), "on_its_way", 20),
    (order(UNASKED, **ends(15)), "no_carrier_asked", 15),
    (order(parcel(leg(ACCEPTED, scan(0.2, "OutForDelivery"))), **ends(15)), "out_for_delivery", 15),
    (order(MOVING, order_state="processing", shipped_on=None, **ends(15)), "on_its_way", 15),
    (order(MOVING, shipped_on=None, order_state=None, **ends(15)), "on_its_way", 15),
]  # fmt: skip


@pytest.mark.parametrize(("one", "situation", "by"), SITUATIONS, ids=lambda value: str(value)[:24])
def test_every_situation_on_its_own_day(one: Order, situation: str, by: int | None) -> None:
    found = advice(one)
    assert (found.situation, found.by) == (situation, None if by is None else day(by))
    assert found.action == next(row.action for row in TABLE if row.situation == situation)


def test_no_row_of_the_table_goes_untried() -> None:
    assert {situation for _, situation, _ in SITUATIONS} == {row.situation for row in TABLE}


ACTIONS: dict[Action, set[str]] = {
    "wait": {"case_with_seller", "cancel_asked", "processing", "completed_check", "completed_faulty",
             "completed_unknown", "delivered", "no_carrier_asked", "out_for_delivery", "on_its_way"},
    "check_post_office": {"stalled_here", "soon", "ended_long_ago"},
    "ask_seller": {"not_shipped", "fake_number", "never_tracked", "stalled"},
    "contact_carrier": {"held", "attempt_failed"},
    "collect_parcel": {"pickup"},
    "cancel_order": {"cancel_unanswered", "ship_by_over"},
    "claim_late_coupon": {"late_coupon"},
    "prepare_dispute": {"near_end", "fake_number_near", "silent_and_soon", "never_tracked_asked"},
    "open_dispute": {"completed_not_here", "completed_just_over", "just_over", "last_days", "came_back", "lost",
                     "delivered_elsewhere", "closes_soon_not_here"},
    "add_evidence": {"case_with_platform", "seller_silent"},
    "answer_case": {"case_waits_for_you"},
    "send_return": {"return_agreed"},
    "follow_refund": {"refund_overdue", "case_refunded", "cancelled", "closed"},
    "claim_from_payer": {"paypal_closes", "completed_over_not_here", "protection_over"},
    "nothing": {"has_it", "archived", "to_pay", "case_over", "cancelled_unpaid", "completed_over", "everything_over"},
}  # fmt: skip


def test_what_to_do_in_every_situation() -> None:
    assert set(ACTIONS) == set(get_args(Action))
    assert {row.situation: row.action for row in TABLE} == {
        situation: action for action, situations in ACTIONS.items() for situation in situations
    }


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.situation)
def test_every_row_says_what_to_do_in_a_sentence(row: Any) -> None:
    assert row.text.format(shop="the shop")[0].isupper() or row.text.startswith("{shop}")
    assert row.text.endswith(".")
    assert row.avoid == "" or row.avoid.startswith("Do not ")


# -- what is said beside the advice


def test_what_applies_besides_is_listed_but_not_that_one_can_wait() -> None:
    one = order(STALLED, dates=[shown("protection_end", 3), shown("late_coupon", -9)])
    assert advice(one).also == ("silent_and_soon", "stalled", "soon", "late_coupon")
    assert advice(order(MOVING, **ends(20))).also == ()


def test_why_is_told_in_order_and_once() -> None:
    one = order(
        delivered(2), closes_soon_on=TODAY, news="Hello", **case("waiting_seller", opened=-2, words="Your case")
    )  # fmt: skip
    ids = [reason.id for reason in advice(one).why]
    assert ids[:2] == ["closes_soon", "case"]
    assert ids[-1] == "news"
    assert len(set(advice(one).why)) == len(ids)
    assert said(advice(one))["case"] == "A dispute is open: Your case."


@pytest.mark.parametrize(
    ("one", "there", "not_there"),
    [
        (order(MOVING, received_on=TODAY, closes_soon_on=TODAY), ["has_it"], ["closes_soon", "scan"]),
        (order(MOVING, **completed(-2)), ["completed", "scan", "deadline"], ["no_number", "processing"]),
        (order(order_state="cancelled", paid_on=day(-3)), ["cancelled"], ["no_number"]),
        (order(order_state="closed"), ["cancelled"], ["processing"]),
        (order(**PREPARED), ["processing"], ["no_number"]),
        (order(), ["no_number", "deadline"], ["processing", "no_deadline"]),
        (order(placed_on=None, shipped_on=None), ["no_number", "no_deadline"], ["deadline"]),
        (order(MOVING, **ends(-1)), ["deadline_passed"], ["deadline"]),
        (order(MOVING, **case("waiting_seller")), ["case", "their_day"], ["offer"]),
        (order(delivered(2), order_state="shipped"), ["deadline", "auto_confirm"], ["no_number"]),
    ],
)
def test_the_reasons_of_a_state(one: Order, there: list[str], not_there: list[str]) -> None:
    ids = [reason.id for reason in advice(one).why]
    assert [name for name in there if name not in ids] == []
    assert [name for name in not_there if name in ids] == []


@pytest.mark.parametrize(("left", "words"), [(0, "today"), (1, "1 day left"), (2, "2 days left")])
def test_how_many_days_are_left_is_told(left: int, words: str) -> None:
    sentence = said(advice(order(MOVING, **ends(left))))["deadline"]
    assert sentence == (
        f"Buyer protection (not received): last safe day {day(left)} (as the shop shows it, {words})."
    )


@pytest.mark.parametrize(
    ("opened", "left"), [(-7, "today"), (-8, "over"), (-6, "1 day left"), (-5, "2 days left")]
)
def test_the_platform_s_day_is_told_as_theirs(opened: int, left: str) -> None:
    sentence = said(advice(order(MOVING, **case("platform_review", opened=opened))))["their_day"]
    assert sentence.endswith(f"(estimated, {left}).")


def test_an_arrival_too_late_is_told_with_both_days() -> None:
    late = parcel(leg(ACCEPTED, scan(1, "InTransit", "", "origin"), expected_at=NOW + timedelta(days=12)))
    assert said(advice(order(late, **ends(11))))["arrives_after"] == (
        f"The expected day {day(12)} is after the last safe day {day(11)}."
    )
    assert "arrives_after" not in said(advice(order(late, **ends(12))))


def test_the_right_of_a_completed_order_is_its_window_up_to_the_last_day() -> None:
    late = parcel(leg(ACCEPTED, scan(1, "InTransit", "", "origin"), expected_at=NOW + timedelta(days=3)))
    for on, last in ((-7, 0), (-8, None)):
        found = said(advice(order(late, dates=[shown("protection_end", 6)], **completed(on))))
        assert ("arrives_after" in found) is (last == 0)


@pytest.mark.parametrize(
    ("amount", "refund", "currency", "ids"),
    [
        (Decimal(20), Decimal(9), "USD", ["offer", "offer_choice"]),
        (Decimal(20), Decimal(9), "", ["offer", "offer_choice"]),
        (Decimal(20), Decimal(9), "EUR", ["offer_alone", "offer_choice"]),
        (None, Decimal(9), "USD", ["offer_alone", "offer_choice"]),
        (Decimal(20), None, "USD", []),
    ],
)
def test_an_offer_is_told_in_numbers(
    amount: Decimal | None, refund: Decimal | None, currency: str, ids: list[str]
) -> None:
    one = order(
        MOVING, amount=amount, currency="USD", **case("waiting_buyer", refund=refund, currency=currency)
    )
    assert [r.id for r in advice(one).why if r.id.startswith("offer")] == ids
    if ids[:1] == ["offer"]:
        assert said(advice(one))["offer"] == (
            "Offered: 9 USD of 20 USD paid (45 %); accepting it gives up 11 USD."
        )


def test_of_an_order_without_any_date_nobody_has_waited_yet() -> None:
    undated = order(placed_on=None, shipped_on=None)
    assert advice(undated, Policy(untracked_days=1)).situation == "on_its_way"
    assert advice(replace(undated, paid_on=day(-1)), Policy(untracked_days=1)).situation == "never_tracked"


@pytest.mark.parametrize("state", ["to_pay", "cancelled", "closed"])
def test_an_order_that_is_settled_lacks_neither_number_nor_date(state: str) -> None:
    settled = advice(order(placed_on=None, shipped_on=None, order_state=state))
    assert not {"no_number", "no_deadline"} & set(said(settled))
    assert settled.also == ()


def test_an_offer_of_more_than_was_paid_gives_up_nothing() -> None:
    one = order(MOVING, amount=Decimal(8), currency="USD", **case("waiting_buyer", refund=Decimal(9)))
    assert said(advice(one))["offer"].endswith("gives up 0 USD.")


def test_a_window_still_open_is_not_said_to_be_just_over() -> None:
    still, over = (advice(order(MOVING, **completed(on))) for on in (-7, -8))
    assert over.situation == "completed_just_over"
    assert "completed_just_over" not in still.also


@pytest.mark.parametrize(("refund", "share"), [("19.99", 99), ("20.00", 100)])
def test_only_an_offer_of_everything_is_called_the_whole(refund: str, share: int) -> None:
    one = order(MOVING, amount=Decimal(20), currency="USD", **case("waiting_buyer", refund=Decimal(refund)))
    assert f"({share} %)" in said(advice(one))["offer"]


# -- where to go


@pytest.mark.parametrize(
    ("one", "entry"),
    [
        (order(LOST, **ends(20)), "aliexpress.com"),
        (order(MOVING, **ends(20)), ""),
        (order(STALLED, **ends(20)), ""),
        (order(MOVING, payment_method="PayPal", **ends(-8)), "paypal.com"),
        (order(MOVING, payment_method="Visa", **ends(-8)), ""),
        (order(MOVING, **ends(-8)), ""),
        (order(MOVING, **case("waiting_buyer")), "aliexpress.com"),
        (order(MOVING, **case("return_agreed")), "aliexpress.com"),
        (order(MOVING, **case("refunded")), "aliexpress.com"),
        (order(MOVING, **case("platform_review")), "aliexpress.com"),
        (order(dates=[shown("ship_by", -1)], **PREPARED), "aliexpress.com"),
        (order(MOVING, dates=[shown("late_coupon", -9)]), "aliexpress.com"),
        (order(MOVING, **ends(3)), "aliexpress.com"),
    ],
)
def test_the_page_to_go_to_is_the_party_s_own(one: Order, entry: str) -> None:
    found = advice(one).entry
    assert entry in found if entry else found == ""


def test_the_payer_s_way_is_told_with_its_page() -> None:
    one = order(MOVING, payment_method="PayPal", **ends(-8))
    assert advice(one).text.endswith(
        " PayPal: “Report a problem”, then the payment (https://www.paypal.com/disputes/)."
    )
    card = advice(order(MOVING, payment_method="Visa", **ends(-8))).text
    assert " Your card's bank: the bank's form or app" in card


def shop(**facts: Any) -> Policy:
    window = Window("protection_end", "placed", 40, "low")
    mine = Profile("mine", "eShop", windows=(window,), **facts)
    return Policy(profiles=Profiles({"mine": mine}))


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"way": "“Help”", "entry": "https://shop.example/{order_id}"}, " eShop: “Help” (https://shop.example/17)."),
        ({"way": "“Help”"}, " eShop: “Help”."),
        ({"entry": "https://shop.example/"}, " eShop: https://shop.example/."),
        ({"way": "“Help”", "reasons": {"not_received": "Never came"}}, " eShop: “Help”. The reason to choose: “Never came”."),
    ],
)  # fmt: skip
def test_the_way_in_another_shop_is_told_where_it_is_known(facts: dict[str, Any], words: str) -> None:
    one = order(LOST, marketplace="mine", order_id="17")
    assert advice(one, shop(**facts)).text.endswith("at once." + words)


def test_only_a_claim_names_the_reason_to_choose() -> None:
    policy = shop(way="“Help”", reasons={"not_received": "Never came"})
    one = order(MOVING, marketplace="mine", order_id="17", **case("refunded"))
    assert "Never came" not in advice(one, policy).text


# -- the payer


@pytest.mark.parametrize(
    ("method", "paid", "left"),
    [
        ("PayPal", -180, True), ("PayPal", -181, False), ("Visa", -120, True), ("Visa", -121, False),
        ("PayPal and Visa", -150, True), ("", -120, True), ("", -121, False), ("Bonus", -120, True),
    ],
)  # fmt: skip
def test_who_paid_can_be_asked_so_long(method: str, paid: int, left: bool) -> None:
    one = order(MOVING, placed=paid, paid_on=day(paid), payment_method=method, **ends(-60))
    assert advice(one).situation == ("protection_over" if left else "everything_over")


def test_of_two_payers_the_one_that_is_left_gives_the_day() -> None:
    method = "PayPal, then a credit transfer"
    one = order(MOVING, placed=-150, paid_on=day(-150), payment_method=method, **ends(-60))
    assert advice(one).by == day(30)


# -- which verdict comes first


def test_what_needs_the_user_stands_on_top_and_then_the_nearest_day() -> None:
    calm, far, near, undated, done = (
        order(MOVING, order_id="calm", **ends(9)),
        order(LOST, order_id="far", **ends(20)),
        order(LOST, order_id="near", **ends(5)),
        order(LOST, order_id="undated", placed_on=None, shipped_on=None),
        order(LOST, order_id="done", received_on=TODAY, **ends(1)),
    )
    found = most_urgent_first(judge_all([done, calm, undated, far, near], Policy(), NOW, BERLIN).verdicts)
    assert [v.order.order_id for v in found] == ["near", "far", "undated", "calm", "done"]


@pytest.mark.parametrize(
    ("one", "urgent", "left"),
    [
        (order(MOVING, **ends(20)), False, 20),
        (order(LOST, **ends(0)), True, 0),
        (order(MOVING, **ends(-1)), True, None),
        (order(MOVING, placed=-200, shipped_on=day(-190)), False, None),
        (order(LOST, archived_on=TODAY, **ends(20)), False, 20),
        (order(MOVING, dates=[shown("late_coupon", -1), shown("protection_end", 21)]), False, 20),
    ],
)
def test_what_is_urgent_and_how_many_days_are_left(one: Order, urgent: bool, left: int | None) -> None:
    found = verdict(one)
    assert (found.urgent, found.days_left) == (urgent, left)


@pytest.mark.parametrize(
    ("one", "kind", "left"),
    [
        (order(MOVING, **ends(20)), "protection_end", 20),
        (order(MOVING, **ends(-1)), "protection_end", -1),
        (order(order_state="closed", **ends(20)), "protection_end", 20),
        (order(order_state="closed", **ends(0)), "protection_end", 0),
        (order(order_state="closed", **ends(-1)), None, None),
        (order(order_state="closed", dates=[shown("late_coupon", 2), shown("protection_end", 21)]), "protection_end", 20),
        (order(placed_on=None, shipped_on=None), None, None),
        (order(MOVING, dates=[shown("late_coupon", -9), shown("protection_end", 21)]), "late_coupon", -7),
    ],
)  # fmt: skip
def test_the_deadline_to_look_at_is_the_advice_s_else_the_next(
    one: Order, kind: str | None, left: int | None
) -> None:
    nearest = verdict(one).nearest
    assert (nearest.kind if nearest else None, nearest.days_left if nearest else None) == (kind, left)


def test_a_verdict_names_the_shop_and_who_paid() -> None:
    assert [p.id for p in verdict(order(payment_method="PayPal")).parties] == ["aliexpress", "paypal"]


def test_what_all_orders_teach_is_used_for_each() -> None:
    journey = leg(scan(60, "InTransit", "", "line_haul"), scan(56, "Delivered"), origin_country="CN")
    finished = [order(parcel(journey), placed=-70, order_id=str(n)) for n in range(10)]
    flying = order(parcel(leg(scan(7, "InTransit", "", "line_haul"), origin_country="CN")), order_id="flying")
    assert verdict(flying).assessments[0].condition == "moving"
    together = judge_all([*finished, flying], Policy(), NOW, BERLIN).verdicts
    assert together[-1].assessments[0].condition == "stalled"


# -- what rings


def rung(one: Order, policy: Policy | None = None) -> list[Notice]:
    return verdict(one).notices(policy or Policy())


def keys(one: Order) -> list[str]:
    return [notice.key for notice in rung(one)]


LADDER = [(15, None), (14, 14), (8, 14), (7, 7), (4, 7), (3, 3), (2, 3), (1, 1), (0, 0), (-1, -1), (-7, -1), (-8, None)]  # fmt: skip


@pytest.mark.parametrize(("left", "step"), LADDER)
@pytest.mark.parametrize(
    ("kind", "made"),
    [
        ("protection_end", lambda left: order(MOVING, **ends(left))),
        ("completed_window", lambda left: order(MOVING, dates=[shown("completed_window", left)], **completed(-30))),
        ("case_answer", lambda left: order(MOVING, dates=[shown("case_answer", left)], **case("waiting_buyer", since=9))),
        ("return_posting", lambda left: order(MOVING, **case("return_agreed", since=10 - left))),
        ("paypal_escalate", lambda left: order(MOVING, payment_method="PayPal", dates=[shown("payer_asked", left - 20)])),
    ],
)  # fmt: skip
def test_every_right_with_a_ladder_rings_on_its_steps(
    kind: str, made: Any, left: int, step: int | None
) -> None:
    found = [n for n in rung(made(left)) if n.kind == kind]
    assert [n.step for n in found] == ([] if step is None else [step])
    for notice in found:
        assert notice.key == f"{kind}/{day(left)}/{step}"
        assert (notice.deadline, notice.days_left) == (day(left), left)


TAGGED = (Line("1", "Lamp", 1, None, "", ("LOCAL_FREE_RETURN",)),)


@pytest.mark.parametrize(("left", "rings"), [(4, False), (3, True), (0, True), (-1, False)])
@pytest.mark.parametrize(
    ("kind", "made"),
    [
        ("faulty_window", lambda left: order(delivered(30), **completed(left - 15))),
        ("faulty_strict", lambda left: order(delivered(30), dates=[shown("faulty_window", 90)], **completed(left - 15))),
        ("free_return", lambda left: order(delivered(15 - left), lines=TAGGED, **completed(-1))),
    ],
)  # fmt: skip
def test_a_right_few_need_rings_once_in_its_last_days(kind: str, made: Any, left: int, rings: bool) -> None:
    found = [n.key for n in rung(made(left)) if n.kind == kind]
    assert found == ([f"{kind}/{day(left)}/3"] if rings else [])


@pytest.mark.parametrize(
    ("one", "found"),
    [
        (order(MOVING, dates=[shown("late_coupon", -1), shown("protection_end", 30)]), []),
        (order(MOVING, dates=[shown("late_coupon", -2), shown("protection_end", 30)]), ["late_coupon"]),
        (order(LOST, dates=[shown("late_coupon", -2), shown("protection_end", 30)]), ["lost"]),
        (order(dates=[shown("ship_by", -1)], **PREPARED), ["ship_by"]),
        (order(dates=[shown("ship_by", 0)], placed=-2, **PREPARED), []),
        (order(dates=[shown("cancel_requested", -3)], placed=-3, **PREPARED), []),
        (order(dates=[shown("cancel_requested", -4)], placed=-4, **PREPARED), ["cancel_answer"]),
        (order(MOVING, **case("refunded", since=27)), []),
        (order(MOVING, **case("refunded", since=28)), ["refund_arrival"]),
        (order(MOVING, **case("refunded", since=29)), ["refund_arrival"]),
        (order(order_state="cancelled", paid_on=day(-40), dates=[shown("cancelled", -28)]), ["refund_arrival"]),
        (order(MOVING, placed=-110, paid_on=day(-110), payment_method="Visa", **ends(-60)), ["card_chargeback"]),
        (order(MOVING, placed=-170, paid_on=day(-170), payment_method="PayPal", **ends(-60)), ["paypal_dispute"]),
        (order(MOVING, placed=-110, paid_on=day(-110), payment_method="Visa", **ends(20)), []),
        (order(order_state="to_pay", news="Hello"), []),
        (order(STALLED, placed=-199, shipped_on=day(-190)), []),
        (order(delivered(19), dates=[shown("protection_end", 1)], **completed(-20)), ["protection_end"]),
        (order(LOST, archived_on=TODAY, **ends(1)), []),
        (order(LOST, received_on=TODAY, **ends(1)), []),
        (order(LOST, order_state="cancelled", news="Hello", **ends(1)), []),
        (order(order_state="closed"), ["closed"]),
        (order(MOVING, news="Hello"), ["news"]),
        (order(MOVING, closes_soon_on=day(-1)), ["closes_soon"]),
        (order(delivered(6), closes_soon_on=day(-5), **completed(-1)), ["completed_window"]),
        (order(LABEL, placed=-12, **ends(20)), ["untracked"]),
        (order(LABEL, placed=-32, **ends(20)), ["untracked"]),
        (order(LABEL, placed=-11, **ends(20)), []),
        (order(STALLED, placed=-300, **completed(-250)), []),
        (order(STALLED, placed=-40, **completed(-2)), ["stalled", "completed_window"]),
        (order(MOVING, dates=[shown("protection_end", -1)], **completed(-20)), []),
        (order(MOVING, order_state="completed", dates=[shown("protection_end", -1)]), []),
        (order(MOVING, dates=[shown("protection_end", 2)], **completed(-30)), ["protection_end"]),
    ],
)  # fmt: skip
def test_what_rings_and_what_does_not(one: Order, found: list[str]) -> None:
    assert [notice.kind for notice in rung(one)] == found


@pytest.mark.parametrize(
    ("subtag", "tag", "title"),
    [
        ("Exception_010", "Exception", "Your parcel goes back to the sender"),
        ("Exception_011", "Exception", "Your parcel went back to the sender"),
        ("Exception_013", "Exception", "Your parcel is lost"),
        ("Exception_004", "Exception", "Your parcel is held"),
        ("", "AttemptFail", "Your parcel could not be delivered"),
        ("", "AvailableForPickup", "Your parcel waits to be collected"),
    ],
)
def test_a_condition_is_told_under_its_parcel_and_day(subtag: str, tag: str, title: str) -> None:
    one = parcel(leg(ACCEPTED, scan(2, tag, subtag)))
    (notice,) = rung(order(one, **ends(20)))
    assert notice.title == title
    assert notice.key == f"{notice.kind}/{one.number}/{day(-2)}"
    assert (notice.deadline, notice.days_left, notice.step) == (day(20), 20, None)


@pytest.mark.parametrize(
    ("dates", "left"),
    [
        ([shown("protection_end", 1)], 0),
        ([shown("protection_end", 21), shown("late_coupon", 3)], 20),
        ([shown("protection_end", 0)], None),
    ],
)
def test_beside_a_condition_stands_the_nearest_right_that_is_left(dates: Any, left: int | None) -> None:
    told = next(n for n in rung(order(LOST, dates=dates)) if n.kind == "lost")
    assert told.days_left == left


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (ends(20), "Open the dispute now."),
        (case("waiting_seller"), "The dispute is with the seller."),
        (case("platform_review"), "Add evidence."),
        (case("waiting_buyer"), "Answer in the dispute."),
        (case("return_agreed"), "Send the return."),
        (case("refunded"), "Follow the refund."),
        (ends(-8), "Ask PayPal or your bank."),
        ({"placed": -199, "shipped_on": day(-190)}, "Nothing to do."),
    ],
)
def test_a_warning_ends_with_what_to_do(facts: dict[str, Any], words: str) -> None:
    told = next(n for n in rung(order(LOST, news="Hello", **facts)) if n.kind == "news")
    assert told.body.endswith(f" {words}")


def test_without_a_day_a_condition_is_told_all_the_same() -> None:
    (notice,) = rung(order(LOST, placed_on=None, shipped_on=None))
    assert (notice.deadline, notice.days_left) == (None, None)
    assert notice.body == "Order ..00000017. Open the dispute now."


def test_a_suspicious_number_has_no_day_it_began() -> None:
    assert keys(order(reused(), **ends(20))) == [f"suspicious/{reused().number}/"]


def test_the_right_named_beside_a_condition_is_the_nearest_still_to_come() -> None:
    one = order(LOST, dates=[shown("protection_end", 10)], **case("waiting_buyer", since=2))
    told = next(n for n in rung(one) if n.kind == "lost")
    assert told.deadline == day(1)
    assert told.body == f"Order ..00000017. Last safe day {day(1)}. Answer in the dispute."


@pytest.mark.parametrize(
    ("one", "title", "body"),
    [
        (order(MOVING, **ends(2)), "Buyer protection (not received): 2 days left",
         f"Order ..00000017: last safe day {day(2)}, as the shop shows it. Prepare the dispute."),
        (order(MOVING, **ends(1)), "Buyer protection (not received): 1 day left", None),
        (order(MOVING, **ends(0)), "Buyer protection (not received): today is the last safe day", None),
        (order(MOVING, **ends(-1)), "Buyer protection (not received): the last safe day is over", None),
        (order(dates=[shown("ship_by", -1)], **PREPARED), "Seller must ship: the day is over",
         f"Order ..00000017: {day(-1)}, as the shop shows it. Cancel the order."),
        (order(MOVING, dates=[shown("late_coupon", -2)]), "Late-delivery coupon: today", None),
        (order(delivered(9), **ends(20)),
         "Dispute after completion: may be over, if the shop has completed the order", None),
        (order(delivered(9), **completed(-8)), "Dispute after completion: the last safe day is over", None),
        (order(delivered(9), order_state="completed"), "Dispute after completion: the last safe day is over", None),
    ],
)  # fmt: skip
def test_the_words_of_a_deadline_s_warning(one: Order, title: str, body: str | None) -> None:
    (notice,) = rung(one)
    assert notice.title == title
    assert body is None or notice.body == body


@pytest.mark.parametrize(
    ("before", "after", "title"),
    [
        (30, 45, f"The shop moved a date later, from {day(30)} to {day(45)}"),
        (45, 30, f"The shop moved a date earlier, from {day(45)} to {day(30)}"),
    ],
)
def test_a_moved_day_is_told_under_both_days(before: int, after: int, title: str) -> None:
    one = order(
        MOVING, dates=[shown("protection_end", before, seen=4), shown("protection_end", after, seen=1)]
    )
    (notice,) = rung(one)
    assert (notice.title, notice.key) == (title, f"moved/protection_end/{day(before)}/{day(after)}")


@pytest.mark.parametrize("facts", [completed(-1), {"order_state": "completed"}])
def test_moves_of_a_completed_order_and_of_what_is_over_are_no_news(facts: dict[str, Any]) -> None:
    moved = [shown("protection_end", 30, seen=4), shown("protection_end", 45, seen=1)]
    assert "moved" not in [n.kind for n in rung(order(MOVING, dates=moved, **facts))]
    passed = [shown("protection_end", 30, seen=4), shown("protection_end", 0, seen=1)]
    assert "moved" not in [n.kind for n in rung(order(MOVING, dates=passed))]
    today = [shown("protection_end", 30, seen=4), shown("protection_end", 1, seen=1)]
    assert "moved" in [n.kind for n in rung(order(MOVING, dates=today))]
    coupon = [shown("late_coupon", 30, seen=4), shown("late_coupon", 45, seen=1)]
    assert rung(order(MOVING, dates=coupon)) == []


def test_an_arrival_too_late_rings_under_both_days() -> None:
    late = parcel(leg(ACCEPTED, scan(1, "InTransit", "", "origin"), expected_at=NOW + timedelta(days=25)))
    assert keys(order(late, **ends(20))) == [f"arrives_after/{day(25)}/{day(20)}"]
    assert keys(order(late, **ends(25))) == []
    assert [n.kind for n in rung(order(late, dates=[shown("protection_end", 21)], **completed(-1)))] == [
        "completed_window"
    ]


@pytest.mark.parametrize(
    ("added", "left", "rings"), [(-30, -20, True), (-20, -20, True), (-19, -20, False), (None, -20, False)]
)
def test_a_day_that_passed_while_the_machine_was_off_is_told_however_late(
    added: int | None, left: int, rings: bool
) -> None:
    at = None if added is None else datetime(2026, 11, 24, 9, tzinfo=UTC) + timedelta(days=added)
    found = [n.step for n in rung(order(MOVING, added_at=at, **ends(left))) if n.kind == "protection_end"]
    assert found == ([-1] if rings else [])


@pytest.mark.parametrize(
    ("refused", "left", "rings"),
    [(0, 5, False), (-1, 5, True), (-1, 0, True), (-1, -1, False)],
)
def test_a_refused_dispute_is_to_be_tried_again_every_day_until_the_last(
    refused: int, left: int, rings: bool
) -> None:
    at = NOW + timedelta(days=refused)
    one = order(MOVING, dispute_refused_at=at, **ends(left))
    assert ("retry_dispute" in [n.kind for n in rung(one)]) is rings
    if rings:
        assert f"retry_dispute/{TODAY}" in keys(one)


@pytest.mark.parametrize(
    "facts",
    [
        completed(-7),
        {"dates": [shown("faulty_window", 0)], **completed(-30)},
        {"dates": [shown("faulty_window", 90)], **completed(-15)},
    ],
)
def test_so_is_one_for_any_right_that_is_left(facts: dict[str, Any]) -> None:
    one = order(delivered(19), placed=-60, dispute_refused_at=days_ago(2), **facts)
    assert f"retry_dispute/{TODAY}" in keys(one)
    assert "retry_dispute" not in [n.kind for n in rung(replace(one, dispute_refused_at=None))]


@pytest.mark.parametrize(("changed", "rings"), [(2, False), (3, False), (3.001, True)])
def test_a_dispute_that_was_opened_after_the_refusal_needs_no_other_try(changed: float, rings: bool) -> None:
    one = order(MOVING, dispute_refused_at=days_ago(3), **ends(9), **case("waiting_seller", since=changed))
    assert ("retry_dispute" in [n.kind for n in rung(one)]) is rings


def test_a_shorter_ladder_rings_on_its_own_steps() -> None:
    short = Policy(ladder=(5, 0))
    assert [n.step for n in rung(order(MOVING, **ends(6)), short)] == []
    assert [n.step for n in rung(order(MOVING, **ends(4)), short)] == [5]
    assert [n.step for n in rung(order(MOVING, **ends(0)), short)] == [0]


AFTER_YOURS = "after your last safe day: keep its refusal and write to its chat."


@pytest.mark.parametrize(
    ("named", "said"),
    [
        (None, ""), (0, ""),  # a day that is only counted, or over, is no news
        (1, f"The shop named {day(1)} as the first day."), (8, f"The shop named {day(8)} as the first day."),
        (9, f"The shop named {day(9)} as the first day, {AFTER_YOURS}"),
    ],
)  # fmt: skip
def test_the_day_a_refusal_names_is_told_and_puts_no_try_off(named: int | None, said: str) -> None:
    dates = [shown("protection_end", 9), *([shown("opens_on", named)] if named is not None else [])]
    (retry,) = [
        n
        for n in rung(order(MOVING, dates=dates, dispute_refused_at=days_ago(2)))
        if n.kind == "retry_dispute"
    ]
    assert (retry.body[retry.body.find("The shop named") :] if said else "") == said
    assert ("The shop named" in retry.body) is bool(said)
