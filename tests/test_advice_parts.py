"""An order of several items: what became of one is no advice about the others."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from builders import NOW, day, days_ago, leg, order, parcel, scan, shown

from monitor.model import Case, Line, Order
from monitor.rules.policy import Policy
from monitor.rules.verdict import Verdict, judge

ACCEPTED = scan(24, "InTransit", "InTransit_002", "accepted")
MOVING = parcel(leg(ACCEPTED, scan(1, "InTransit", "InTransit_003", "origin")))
STALLED = parcel(leg(ACCEPTED, scan(20, "InTransit", "InTransit_007", "line_haul")))
LOST = parcel(leg(ACCEPTED, scan(2, "Exception", "Exception_013")))
HERE = replace(parcel(leg(ACCEPTED, scan(3, "Delivered"))), id=2)


def items(*line_ids: str, quantity: int = 1) -> tuple[Line, ...]:
    return tuple(Line(line_id, "", quantity, None, "") for line_id in line_ids)


def about(line_id: str, state: str, refund: str = "", since: float = 1) -> Case:
    money = Decimal(refund) if refund else None
    case_id = f"case {line_id}"
    return Case(case_id, line_id, state, day(-2), "", money, "USD" if money else "", days_ago(since))  # type: ignore[arg-type]


def bought(
    *parcels: Any, lines: tuple[Line, ...], cases: tuple[Case, ...], left: int = 30, **more: Any
) -> Order:
    facts = {"amount": Decimal(20), "currency": "USD", "dates": [shown("protection_end", left + 1)], **more}
    return order(*parcels, lines=lines, cases=cases, **facts)


def verdict(one: Order) -> Verdict:
    return judge(one, Policy(), NOW, ZoneInfo("Europe/Berlin"))


TWO = items("a", "b")
REFUNDED, WITH_SELLER = (about("a", "refunded", "8"),), (about("a", "waiting_seller"),)


@pytest.mark.parametrize(
    ("one", "situation"),
    [
        (bought(MOVING, lines=TWO, cases=REFUNDED, left=0), "last_days"),
        (bought(MOVING, lines=TWO, cases=REFUNDED, left=-1), "just_over"),
        (bought(MOVING, lines=TWO, cases=REFUNDED, left=3), "near_end"),
        (bought(LOST, HERE, lines=TWO, cases=REFUNDED), "lost"),
        (bought(STALLED, lines=TWO, cases=REFUNDED), "stalled"),
        (bought(MOVING, lines=TWO, cases=(about("a", "refunded", since=40),), left=2), "near_end"),
        (bought(MOVING, lines=TWO, cases=WITH_SELLER, left=1), "last_days"),
        (bought(MOVING, lines=TWO, cases=(about("a", "platform_review"),), left=1), "last_days"),
        # the answer is due in two days
        (bought(MOVING, lines=TWO, cases=(about("a", "waiting_buyer"),), left=1), "last_days"),
        (bought(MOVING, lines=TWO, cases=(about("a", "waiting_buyer"),), left=2), "case_waits_for_you"),
        (bought(HERE, lines=TWO, cases=REFUNDED, order_state="completed", completed_on=day(-2)), "completed_check"),
        # a dispute that was closed without money pursues nothing
        (bought(MOVING, lines=TWO, cases=(*REFUNDED, about("b", "closed")), left=1), "last_days"),
        # less came back than was paid, and what was bought is not known
        (bought(MOVING, lines=(), cases=(about("", "refunded", "8"),), left=1), "last_days"),
        (bought(MOVING, lines=items("a", quantity=2), cases=REFUNDED, left=1), "last_days"),
        (bought(MOVING, HERE, lines=(), cases=(about("", "refunded"),), left=1), "last_days"),
    ],
)  # fmt: skip
def test_a_right_to_the_rest_of_an_order_is_on_top(one: Order, situation: str) -> None:
    found = verdict(one).advice
    assert found.situation == situation
    assert {"case_refunded", "case_waits_for_you", "refund_overdue"} & {
        found.situation,
        *found.also,
    } or not any(case.state in ("refunded", "waiting_buyer") for case in one.cases)


@pytest.mark.parametrize(
    ("lines", "cases", "situation"),
    [
        (items("a"), (about("a", "refunded", "8"),), "case_refunded"),  # a settlement
        (TWO, (about("a", "refunded", "8"), about("b", "refunded", "2")), "case_refunded"),
        (TWO, (about("", "refunded", "20"),), "case_refunded"),
        ((), (about("", "refunded", "20"),), "case_refunded"),
        ((), (about("", "refunded"),), "case_refunded"),
        (TWO, (about("", "waiting_seller"),), "case_with_seller"),
        (TWO, (about("a", "refunded", "8"), about("b", "waiting_seller")), "case_refunded"),
        (TWO, (about("a", "refunded", "8"), about("b", "platform_review")), "case_with_platform"),
        (TWO, (about("a", "refunded", "8"), about("b", "waiting_buyer")), "case_waits_for_you"),
    ],
)
def test_a_dispute_about_all_of_an_order_is_its_advice(
    lines: tuple[Line, ...], cases: tuple[Case, ...], situation: str
) -> None:
    found = verdict(bought(LOST, lines=lines, cases=cases, left=1)).advice
    assert found.situation == situation
    assert "rest of the order" not in found.text


def test_a_refund_of_a_part_says_that_the_rest_is_watched() -> None:
    found = verdict(bought(MOVING, lines=TWO, cases=REFUNDED)).advice
    assert found.situation == "case_refunded"
    assert "The rest of the order" in found.text
    assert day(30).isoformat() in found.text


def test_money_that_did_not_come_is_told_beside_the_last_days_of_the_rest() -> None:
    overdue = (about("a", "refunded", "8", since=30),)
    judged = verdict(bought(MOVING, lines=TWO, cases=overdue, left=1))
    notices = {notice.kind: notice for notice in judged.notices(Policy())}
    assert "Follow the refund." in notices["refund_arrival"].body
    assert "Open the dispute now." in notices["protection_end"].body


def test_a_dispute_that_is_over_is_not_called_open() -> None:
    why = [
        str(reason)
        for reason in verdict(bought(MOVING, lines=items("a"), cases=(about("a", "closed"),))).advice.why
    ]
    assert "A dispute is over: closed." in why
    assert not any("is open" in reason for reason in why)


def test_what_was_shipped_and_cancelled_was_paid() -> None:
    found = verdict(order(MOVING, order_state="cancelled", shipped_on=None)).advice
    assert found.situation == "cancelled"
