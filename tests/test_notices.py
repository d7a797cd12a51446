"""What rings, once, and again when the date moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from builders import NOW, day, days_ago, leg, order, parcel, scan, shown

from monitor import disputes
from monitor.adapters.notify import plain
from monitor.laying import Laid
from monitor.model import Case, Order
from monitor.rules import notices
from monitor.rules.advise import TABLE
from monitor.rules.notices import Notice
from monitor.rules.policy import Policy
from monitor.rules.protection import NAMES
from monitor.rules.verdict import judge

BERLIN = ZoneInfo("Europe/Berlin")
ACCEPTED = scan(24, "InTransit", "InTransit_002", "accepted")
MOVING = leg(ACCEPTED, scan(1, "InTransit", "InTransit_003", "origin"))


def rung(one: Order) -> list[Notice]:
    return judge(one, Policy(), NOW, BERLIN).notices(Policy())


def steps(left: int) -> list[str]:
    one = order(parcel(MOVING), dates=[shown("protection_end", left + 1)])
    return [n.key.rsplit("/", 1)[1] for n in rung(one) if n.kind == "protection_end"]


@pytest.mark.parametrize(
    ("left", "step"),
    [(20, []), (15, []), (14, ["14"]), (10, ["14"]), (7, ["7"]), (4, ["7"]), (3, ["3"]), (2, ["3"]), (1, ["1"]),
     (0, ["0"]), (-1, ["-1"]), (-7, ["-1"]), (-8, [])],
)  # fmt: skip
def test_each_step_of_the_ladder_rings_and_overtaken_ones_collapse_into_one(
    left: int, step: list[str]
) -> None:
    assert steps(left) == step


def test_a_moved_date_is_another_alarm() -> None:
    before = rung(order(parcel(MOVING), dates=[shown("protection_end", 3)]))
    after = rung(
        order(parcel(MOVING), dates=[shown("protection_end", 3, seen=2), shown("protection_end", 4)])
    )
    assert before[0].key != after[0].key


@pytest.mark.parametrize(
    ("tag", "subtag", "kind"),
    [
        ("Exception", "Exception_010", "returning"), ("Exception", "Exception_011", "returned"),
        ("Exception", "Exception_013", "lost"), ("Exception", "Exception_004", "held"),
        ("Exception", "Exception_003", "returning"), ("AttemptFail", "AttemptFail_002", "attempt_failed"),
        ("AvailableForPickup", "", "ready_for_pickup"),
    ],
)  # fmt: skip
def test_what_needs_the_user_rings_at_once(tag: str, subtag: str, kind: str) -> None:
    one = order(parcel(leg(ACCEPTED, scan(2, tag, subtag))), dates=[shown("protection_end", 40)])
    assert [n.kind for n in rung(one)] == [kind]


def test_a_reused_number_rings_at_once() -> None:
    one = order(
        parcel(leg(scan(90, "InTransit"), scan(80, "Delivered"))), dates=[shown("protection_end", 40)]
    )
    assert "suspicious" in [n.kind for n in rung(one)]


def test_moving_parcels_far_from_the_date_ring_nothing() -> None:
    assert rung(order(parcel(MOVING), dates=[shown("protection_end", 40)])) == []


def test_delivered_keeps_ringing_until_the_user_has_it() -> None:
    delivered = parcel(leg(ACCEPTED, scan(4, "Delivered")))
    one = order(delivered, dates=[shown("protection_end", 2)])
    assert {n.kind for n in rung(one)} == {"protection_end", "completed_window"}
    assert rung(order(delivered, dates=one.dates, received_on=day(0))) == []


def case(state: str, changed: float) -> Case:
    return Case("1", "", state, None, "", None, "", days_ago(changed))  # type: ignore[arg-type]


def rung_kinds(one: Order) -> set[str]:
    return {n.kind for n in rung(one)}


@pytest.mark.parametrize(("agreed", "step"), [(2, "14"), (3, "7"), (7, "3"), (10, "0"), (11, "-1")])
def test_posting_a_return_has_a_ladder_of_its_own(agreed: float, step: str) -> None:
    one = order(parcel(MOVING), cases=(case("return_agreed", agreed),), dates=[shown("protection_end", 60)])
    assert [n.key.rsplit("/", 1)[1] for n in rung(one) if n.kind == "return_posting"] == [step]


@pytest.mark.parametrize(("granted", "rings"), [(27, False), (28, True), (29, True), (36, False)])
def test_a_refund_rings_when_it_should_be_there_and_once_when_it_is_not(granted: int, rings: bool) -> None:
    refunded = order(parcel(MOVING), cases=(case("refunded", granted),), dates=[shown("protection_end", 60)])
    cancelled = order(dates=[shown("cancelled", -granted)], order_state="cancelled", paid_on=day(-50))
    assert [("refund_arrival" in rung_kinds(one)) for one in (refunded, cancelled)] == [rings, rings]


@pytest.mark.parametrize(("left", "rings"), [(4, False), (3, True), (0, True), (-1, False)])
def test_rights_few_orders_need_ring_once_in_their_last_days(left: int, rings: bool) -> None:
    completed = {"order_state": "completed", "completed_on": day(left - 15)}
    assert ("faulty_window" in rung_kinds(order(**completed))) is rings
    keys = {n.key for n in rung(order(**completed)) if n.kind == "faulty_window"}
    assert all(key.endswith("/3") for key in keys)


def test_where_the_page_gives_faulty_goods_longer_the_stricter_rule_rings_too() -> None:
    one = order(order_state="completed", completed_on=day(-13), dates=[shown("faulty_window", 60)])
    assert "faulty_strict" in rung_kinds(one)
    assert "faulty_window" not in rung_kinds(one)


def test_days_of_the_seller_and_the_shop_do_not_ring_as_the_user_s() -> None:
    one = order(parcel(MOVING), cases=(case("waiting_seller", 4),), dates=[shown("protection_end", 60)])
    assert rung(one) == []


def test_orders_completed_long_ago_do_not_ring_on_import() -> None:
    one = order(parcel(MOVING), placed=-300, order_state="completed", completed_on=day(-250))
    assert rung(one) == []


def test_a_notice_holds_no_number_no_title_and_no_carrier_text() -> None:
    hostile = scan(2, "Exception", "Exception_013", text="Lost $(rm) by John Doe")
    one = order(parcel(leg(ACCEPTED, hostile)), title="Secret thing", dates=[shown("protection_end", 2)])
    told = " ".join(n.title + n.body for n in rung(one))
    for secret in ("John", "$(", "Secret", one.order_id, one.parcels[0].number):
        assert secret not in told


@pytest.mark.parametrize(("expected", "rings"), [(25, True), (20, False), (19, False)])
def test_an_arrival_after_the_last_safe_day_is_a_warning_of_its_own(expected: int, rings: bool) -> None:
    one = order(parcel(MOVING), dates=[shown("protection_end", 21), shown("expected", expected)])
    assert [n.kind for n in rung(one)] == (["arrives_after"] if rings else [])
    carrier = replace(MOVING, expected_at=NOW + timedelta(days=expected))
    assert [n.kind for n in rung(order(parcel(carrier), dates=[shown("protection_end", 21)]))] == (
        ["arrives_after"] if rings else []
    )


def refused(ago: float, left: int, **more: Any) -> list[Notice]:
    one = order(
        parcel(MOVING), dates=[shown("protection_end", left + 1)], dispute_refused_at=days_ago(ago), **more
    )
    return [n for n in rung(one) if n.kind == "retry_dispute"]


def test_a_refused_dispute_is_to_be_tried_again_on_every_day_to_the_last() -> None:
    assert refused(0, 9) == []  # it was tried today
    assert [n.days_left for n in refused(1, 9)] == [9]
    assert [n.key for n in refused(1, 9)] == [n.key for n in refused(4, 0)] == ["retry_dispute/2026-11-24"]
    assert refused(4, -1) == []


@pytest.mark.parametrize(("hour", "minute"), [(0, 30), (7, 30), (8, 30), (23, 30)])
def test_a_try_of_yesterday_by_any_calendar_is_none_of_today(hour: int, minute: int) -> None:
    """Refused in the evening in California, early the next morning in UTC: the next day rings all the same."""
    at = (NOW - timedelta(days=1)).replace(hour=hour, minute=minute)
    one = order(parcel(MOVING), dates=[shown("protection_end", 9)], dispute_refused_at=at)
    assert "retry_dispute" in [n.kind for n in rung(one)]
    assert "retry_dispute" in [n.kind for n in rung(replace(one, dispute_refused_at=NOW.replace(hour=7)))]


def test_a_refused_dispute_rests_once_it_was_taken_or_the_goods_are_here() -> None:
    taken = Case("6100000000000001", "", "opened", day(0), "", None, "", days_ago(0.2))
    assert refused(3, 9, cases=(taken,)) == []
    assert refused(3, 9, received_on=day(0)) == []
    earlier = replace(taken, state="closed", changed_at=days_ago(8))
    assert len(refused(3, 9, cases=(earlier,))) == 1


# -- the words -----------------------------------------------------------------------------------------------


def test_with_a_right_that_runs_out_waiting_is_never_said_to_be_all() -> None:
    """Only what is on its way by its usual time, or at the door, needs nothing."""
    waiting = {row.situation for row in TABLE if row.action == "wait"}
    assert set(notices._WHILE_WAITING) == waiting - {"on_its_way", "out_for_delivery"}


def test_every_word_of_a_warning_comes_through_to_the_desktop() -> None:
    """Its letters do: brackets and quotation marks may go, but leave no hole and no torn word."""
    said = [
        *NAMES.values(),
        *notices._TO_DO.values(),
        *notices._WHILE_WAITING.values(),
        *notices._AT_ONCE.values(),
    ]
    for words in said:
        assert plain(words) == words.translate(dict.fromkeys(map(ord, "()'’“”"))), words


def test_orders_of_one_buyer_are_told_apart() -> None:
    """The shop gives all orders of one account the same last four digits."""
    assert notices.short("8190311400010020") != notices.short("8190309500350020")


@pytest.mark.parametrize("language", ["de", "ru", "en"])
def test_a_filled_form_is_told_on_the_desktop_in_letters_it_shows(language: str) -> None:
    told: list[str] = []
    form = disputes.DisputeForm("8190000000000017", received=False, reason="", text="")
    disputes._tell(form, Laid("filled", None, (), "", "", language), language, lambda _: None, told.append)
    (words,) = told
    assert plain(words) == words.replace(";", ",")
