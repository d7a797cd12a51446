"""What to do now: one row of the table per situation."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from builders import NOW, day, leg, never_asked, not_found, order, parcel, scan, shown

from monitor.model import Case, Leg, Order
from monitor.rules.advise import Advice
from monitor.rules.policy import Policy
from monitor.rules.verdict import judge

BERLIN = ZoneInfo("Europe/Berlin")
ACCEPTED = scan(24, "InTransit", "InTransit_002", "accepted")


def advice(one: Order) -> Advice:
    return judge(one, Policy(), NOW, BERLIN).advice


def moving(ago: float = 1) -> Leg:
    return leg(ACCEPTED, scan(ago, "InTransit", "InTransit_003", "origin"))


def with_scan(ago: float, tag: str, subtag: str = "", stage: str = "") -> Leg:
    return leg(ACCEPTED, scan(ago, tag, subtag, stage))  # type: ignore[arg-type]


def ends(offset: int) -> list[object]:
    """A protection whose last safe day is `offset` days from today."""
    return [shown("protection_end", offset + 1)]


@pytest.mark.parametrize(
    ("legs", "left", "action"),
    [
        ([moving()], 30, "wait"),
        ([moving()], 7, "check_post_office"),
        ([moving()], 3, "prepare_dispute"),
        ([moving()], 2, "prepare_dispute"),
        ([moving()], 1, "open_dispute"),
        ([moving()], 0, "open_dispute"),
        ([moving()], -1, "open_dispute"),
        ([never_asked()], 30, "wait"),
        ([never_asked()], 2, "prepare_dispute"),
        ([never_asked()], 0, "open_dispute"),
        ([with_scan(0.2, "OutForDelivery", "OutForDelivery_001", "out_for_delivery")], 20, "wait"),
        ([with_scan(1, "AvailableForPickup", "AvailableForPickup_001", "pickup")], 20, "collect_parcel"),
        ([with_scan(1, "AvailableForPickup", "AvailableForPickup_001", "pickup")], 2, "collect_parcel"),
        ([with_scan(1, "AttemptFail", "AttemptFail_002")], 20, "contact_carrier"),
        ([with_scan(1, "Exception", "Exception_004", "import_customs")], 20, "contact_carrier"),
        ([with_scan(16, "InTransit", "InTransit_007", "line_haul")], 20, "ask_seller"),
        ([with_scan(16, "InTransit", "InTransit_007", "line_haul")], 6, "prepare_dispute"),
        ([with_scan(8, "InTransit", "InTransit_004", "arrived")], 20, "check_post_office"),
        ([with_scan(3, "Exception", "Exception_010")], 20, "open_dispute"),
        ([with_scan(3, "Exception", "Exception_011")], 20, "open_dispute"),
        ([with_scan(3, "Exception", "Exception_013")], 20, "open_dispute"),
        ([with_scan(3, "Delivered", "Delivered_001")], 20, "wait"),
    ],
)
def test_condition_and_days_left_give_the_action(legs: list[Leg], left: int, action: str) -> None:
    one = order(parcel(*legs), dates=ends(left))  # type: ignore[arg-type]
    assert advice(one).action == action


@pytest.mark.parametrize(
    ("shipped", "left", "action"),
    [(-4, 40, "wait"), (-11, 40, "ask_seller"), (-31, 40, "prepare_dispute"), (-11, 13, "prepare_dispute")],
)
@pytest.mark.parametrize("known", [not_found(), leg()])
def test_a_number_nobody_scans_is_asked_about_and_then_disputed(
    known: Leg, shipped: int, left: int, action: str
) -> None:
    one = order(parcel(known), placed=shipped - 1, shipped_on=day(shipped), dates=ends(left))  # type: ignore[arg-type]
    assert advice(one).action == action


def test_a_delivery_elsewhere_is_disputed_at_once() -> None:
    gone = leg(ACCEPTED, scan(3, "Delivered"), destination_country="BR")
    assert advice(order(parcel(gone), destination_country="DE", dates=ends(30))).action == "open_dispute"  # type: ignore[arg-type]


def test_a_reused_number_still_moving_is_first_asked_about() -> None:
    old = leg(scan(90, "InTransit", "InTransit_002"), scan(80, "InTransit", "InTransit_003"))
    assert advice(order(parcel(old), dates=ends(30))).action == "ask_seller"  # type: ignore[arg-type]
    assert advice(order(parcel(old), dates=ends(9))).action == "prepare_dispute"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "action"),
    [
        ({"order_state": "processing", "shipped_on": None}, "cancel_order"),
        ({"order_state": "processing", "shipped_on": None, "placed_on": day(-8)}, "ask_seller"),
        ({"order_state": "processing", "shipped_on": None, "placed_on": day(-2)}, "wait"),
        ({"order_state": "to_pay"}, "nothing"),
        ({"order_state": "cancelled", "paid_on": day(-20)}, "follow_refund"),
        ({"order_state": "cancelled", "shipped_on": None}, "nothing"),
        ({"order_state": "closed"}, "follow_refund"),
        ({"received_on": day(-1)}, "nothing"),
        ({"shipped_on": day(-12)}, "ask_seller"),
    ],
)
def test_states_without_a_parcel(facts: dict[str, object], action: str) -> None:
    assert advice(order(**facts)).action == action  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("legs", "completed", "placed", "action"),
    [
        ([moving()], -2, -40, "open_dispute"),
        ([moving()], -30, -60, "claim_from_payer"),
        ([moving()], -200, -240, "nothing"),
        ([with_scan(3, "Delivered")], -2, -40, "wait"),
        ([with_scan(23, "Delivered")], -22, -40, "nothing"),
        ([never_asked()], -300, -340, "nothing"),
    ],
)
def test_a_completed_order_has_its_short_window(
    legs: list[Leg], completed: int, placed: int, action: str
) -> None:
    one = order(parcel(*legs), placed=placed, order_state="completed", completed_on=day(completed))
    assert advice(one).action == action


def test_completion_ahead_of_a_missing_parcel_is_an_alarm() -> None:
    one = order(parcel(moving()), dates=ends(30), closes_soon_on=day(0))  # type: ignore[arg-type]
    assert advice(one).action == "open_dispute"


@pytest.mark.parametrize(
    ("state", "action"),
    [
        ("opened", "wait"), ("waiting_seller", "wait"), ("waiting_buyer", "answer_case"),
        ("platform_review", "add_evidence"), ("return_agreed", "send_return"), ("refunded", "follow_refund"),
    ],
)  # fmt: skip
def test_an_open_case_comes_first(state: str, action: str) -> None:
    case = Case("1", "", state, None, "", None, "", NOW)  # type: ignore[arg-type]
    one = order(parcel(with_scan(3, "Exception", "Exception_013")), cases=(case,), dates=ends(0))  # type: ignore[arg-type]
    assert advice(one).action == action


def in_case(state: str, changed: float, **more: object) -> Order:
    """An order whose dispute came into this state so many days ago."""
    case = Case("1", "", state, None, "", None, "", NOW - timedelta(days=changed))  # type: ignore[arg-type]
    return order(parcel(moving()), cases=(case,), dates=ends(30), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "situation", "by"),
    [
        (in_case("waiting_buyer", 1), "case_waits_for_you", 2),
        (in_case("return_agreed", 4), "return_agreed", 6),
        (in_case("refunded", 4), "case_refunded", 24),
        (in_case("refunded", 28), "case_refunded", 0),  # 20 business days: four weeks
        (in_case("refunded", 29), "refund_overdue", -1),
        (in_case("waiting_seller", 5), "case_with_seller", 0),
        (in_case("waiting_seller", 6), "seller_silent", 1),
        (in_case("platform_review", 6), "case_with_platform", 1),
    ],
)
def test_every_step_of_a_dispute_has_its_day(one: Order, situation: str, by: int) -> None:
    assert (advice(one).situation, advice(one).by) == (situation, day(by))


@pytest.mark.parametrize(
    ("asked", "situation"), [(-1, "cancel_asked"), (-3, "cancel_asked"), (-4, "cancel_unanswered")]
)
def test_a_cancellation_asked_for_is_waited_for_three_days(asked: int, situation: str) -> None:
    one = order(
        placed=-5, shipped_on=None, order_state="processing", dates=[shown("cancel_requested", asked)]
    )
    assert advice(one).situation == situation


@pytest.mark.parametrize(
    ("opened", "action"), [(-12, "wait"), (-13, "claim_from_payer"), (-20, "claim_from_payer"), (-21, "wait")]
)
def test_a_paypal_dispute_is_escalated_in_its_last_week(opened: int, action: str) -> None:
    dates = [*ends(40), shown("payer_asked", opened)]
    assert advice(order(parcel(moving()), dates=dates, payment_method="PayPal")).action == action  # type: ignore[arg-type]


def test_a_cancelled_order_has_its_money_followed_to_the_bank() -> None:
    gone = {"order_state": "cancelled", "paid_on": day(-40)}
    assert advice(order(dates=[shown("cancelled", -28)], **gone)).situation == "cancelled"
    assert advice(order(dates=[shown("cancelled", -29)], **gone)).situation == "refund_overdue"


def test_after_a_delivery_the_short_window_can_start_any_day_and_that_is_said() -> None:
    delivered = advice(order(parcel(with_scan(2, "Delivered")), dates=ends(30)))  # type: ignore[arg-type]
    over = advice(order(parcel(moving()), dates=ends(-1)))  # type: ignore[arg-type]
    assert all("auto_confirm" in [reason.id for reason in one.why] for one in (delivered, over))
    waiting = advice(order(parcel(moving()), dates=ends(0)))  # type: ignore[arg-type]
    assert "auto_confirm" not in [reason.id for reason in waiting.why]


def test_a_coupon_is_claimed_two_days_after_the_promise() -> None:
    dates = [shown("protection_end", 31), shown("late_coupon", -2)]
    assert advice(order(parcel(moving()), dates=dates)).action == "claim_late_coupon"
    assert advice(order(parcel(moving()), dates=[dates[0], shown("late_coupon", -1)])).action == "wait"


def test_the_reasons_name_the_scan_and_the_date() -> None:
    why = " ".join(str(reason) for reason in advice(order(parcel(moving()), dates=ends(2))).why)  # type: ignore[arg-type]
    assert str(day(2)) in why
    assert "InTransit_003" in why


def test_an_expected_day_after_the_last_safe_day_is_said() -> None:
    late = leg(
        ACCEPTED, scan(1, "InTransit", "InTransit_003", "origin"), expected_at=NOW.replace(month=12, day=30)
    )
    why = [reason.id for reason in advice(order(parcel(late), dates=ends(20))).why]  # type: ignore[arg-type]
    assert "arrives_after" in why


def test_of_two_parcels_the_worse_one_decides() -> None:
    fine, lost = (
        parcel(moving()),
        parcel(with_scan(2, "Exception", "Exception_013"), id=2, number="LP00700000000025"),
    )
    assert advice(order(fine, lost, dates=ends(30))).action == "open_dispute"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("paid", "offered", "said"),
    [
        ("20.00", "5.00", "5.00 USD of 20.00 USD paid (25 %); accepting it gives up 15.00 USD"),
        (None, "5.00", "Offered: 5.00 USD."),
    ],
)
def test_an_offer_is_shown_in_numbers_with_what_each_answer_closes(
    paid: str | None, offered: str, said: str
) -> None:
    case = Case("1", "", "waiting_buyer", None, "", Decimal(offered), "USD", NOW)
    one = order(parcel(moving()), cases=(case,), amount=Decimal(paid) if paid else None, currency="USD")
    why = " ".join(str(reason) for reason in advice(one).why)
    assert said in why
    assert "closes the case for good" in why
