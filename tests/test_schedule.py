"""Who is asked about a parcel, and when again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from builders import NOW, days_ago, leg, never_asked, not_found, order, parcel, scan, shown

from monitor.model import Leg, Order, Parcel
from monitor.rules.policy import Policy
from monitor.rules.schedule import (
    Intervals,
    batches,
    destination_legs,
    legs_for,
    linked_legs,
    next_check,
    pages_for,
    spread,
)
from monitor.rules.verdict import judge
from scrapers import carriers

UTC_ZONE = NOW.tzinfo
CAINIAO, S10, FOUR_PX, LOCKER = "LP00700000000017", "LA388011220FR", "4PX3009900110027CN", "6A12345678901"
EXPRESS, HERMES, NOBODY_S = "1Z999AA10123456784", "H1000730000000001048", "UG403177555MV"
ACCEPTED = scan(24, "InTransit", "InTransit_002", "accepted")
BUYERS = order()
ELSEWHERE = order(marketplace="ebay")


def asked(number: str, whose: Order = BUYERS, *, named: str = "", keys: Any = ()) -> list[str]:
    return [one.carrier for one in legs_for(Parcel(1, number, carrier=named), whose, keys)]


@pytest.mark.parametrize(
    ("number", "whose", "named", "keys", "expected"),
    [
        (CAINIAO, BUYERS, "", (), ["cainiao"]),
        (FOUR_PX, BUYERS, "", (), ["cainiao", "4px"]),
        (S10, BUYERS, "", (), ["cainiao"]),              # the post sees it at the end only
        (LOCKER, BUYERS, "", (), ["cainiao"]),           # a guess is not sure enough
        (HERMES, BUYERS, "", (), ["cainiao", "hermes_de"]),
        (EXPRESS, BUYERS, "", (), ["cainiao"]),          # UPS answers only a person
        (FOUR_PX, BUYERS, "4px", (), ["4px"]),
        (CAINIAO, BUYERS, "la_poste", (), ["la_poste"]),
        (CAINIAO, BUYERS, "ups", (), ["cainiao"]),
        (CAINIAO, BUYERS, "yanwen", (), ["cainiao"]),    # asked with a key only
        (CAINIAO, BUYERS, "yanwen", ("yanwen",), ["yanwen"]),
        (CAINIAO, BUYERS, "nobody", (), ["cainiao"]),
        (EXPRESS, ELSEWHERE, "ups", (), ["ups"]),
        (FOUR_PX, ELSEWHERE, "", (), ["4px"]),
        (LOCKER, ELSEWHERE, "", (), ["la_poste"]),
        (S10, ELSEWHERE, "", (), ["la_poste"]),
        ("???", ELSEWHERE, "", (), []),
    ],
)  # fmt: skip
def test_who_is_asked_about_a_number(
    number: str, whose: Order, named: str, keys: Any, expected: list[str]
) -> None:
    assert asked(number, whose, named=named, keys=keys) == expected


def test_a_carrier_is_asked_about_the_number_as_its_owner() -> None:
    assert [(one.number, one.role) for one in legs_for(parcel(), BUYERS)] == [(CAINIAO, "owner")]


def test_a_linked_number_is_a_helper_s_under_its_normal_spelling() -> None:
    found = linked_legs(parcel(), ["4px 3009900110027 cn"], BUYERS)
    assert [(one.carrier, one.number, one.role) for one in found] == [
        ("cainiao", FOUR_PX, "helper"), ("4px", FOUR_PX, "helper"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "country", "theirs", "reached", "expected"),
    [
        (S10, "FR", "", True, ["la_poste"]),
        (S10, "FR", "", False, []),
        (S10, "", "FR", True, ["la_poste"]),
        (S10, "", "", True, []),
        (CAINIAO, "FR", "", True, []),
        (NOBODY_S, "MV", "", True, ["upu"]),             # no post of its own is known: the union's tracking
        ("RB551200441CN", "CN", "", True, ["upu"]),      # Cainiao is asked anyway, China's post answers only a person
    ],
)  # fmt: skip
def test_the_post_of_the_country_is_asked_once_the_parcel_is_there(
    number: str, country: str, theirs: str, reached: bool, expected: list[str]
) -> None:
    one = parcel(leg(destination_country=""), leg(destination_country=theirs), number=number)
    found = destination_legs(one, order(one, destination_country=country), reached=reached)
    assert [one.carrier for one in found] == expected
    assert {one.role for one in found} <= {"helper"}


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (Parcel(1, EXPRESS), [("ups", EXPRESS)]),
        (Parcel(1, FOUR_PX), [("4px", FOUR_PX)]),
        (Parcel(1, LOCKER), [("la_poste", LOCKER)]),
        (Parcel(1, NOBODY_S), []),
        (Parcel(1, NOBODY_S, carrier="ups"), [("ups", NOBODY_S)]),
        (Parcel(1, FOUR_PX, carrier="nobody"), [("4px", FOUR_PX)]),
        (Parcel(1, FOUR_PX, legs=(Leg("cainiao", FOUR_PX), Leg("x", EXPRESS))), [("4px", FOUR_PX), ("ups", EXPRESS)]),
        (Parcel(1, FOUR_PX, carrier="ups"), [("ups", FOUR_PX)]),
        (Parcel(1, CAINIAO, carrier="4px"), [("4px", CAINIAO)]),
        (Parcel(1, NOBODY_S, carrier="ups", legs=(Leg("4px", FOUR_PX),)), [("ups", NOBODY_S), ("4px", FOUR_PX)]),
        (Parcel(1, "RB551200441CN"), [("china_post", "RB551200441CN")]),
    ],
)  # fmt: skip
def test_the_pages_a_person_can_look_at(one: Parcel, expected: list[tuple[str, str]]) -> None:
    found = pages_for(one)
    assert [(one.carrier, one.number) for one in found] == expected
    assert {one.role for one in found} <= {"helper"}


def wait(
    one: Leg, *, left: int | None = 30, intervals: Intervals | None = None, **facts: Any
) -> float | None:
    """Hours until this leg is asked again; the protection's last safe day is `left` days away."""
    dates = [] if left is None else [shown("protection_end", left + 1)]
    verdict = judge(order(parcel(one), dates=dates, **facts), Policy(), NOW, UTC_ZONE)  # type: ignore[arg-type]
    due = next_check(
        one, verdict.assessments[0], verdict.advice, verdict.days_left, intervals or Intervals(), NOW
    )
    return None if due is None else (due - NOW) / timedelta(hours=1)


def moving(**more: Any) -> Leg:
    return leg(ACCEPTED, scan(1, "InTransit", "InTransit_003", "origin"), **more)


@pytest.mark.parametrize(
    ("one", "hours"),
    [
        (moving(), 8),
        (leg(ACCEPTED, scan(2, "Exception", "Exception_010")), 8),
        (not_found(), 24),
        (leg(scan(1, "InfoReceived", "", "label")), 24),
        (leg(ACCEPTED, scan(20, "InTransit", "", "line_haul")), 24),
        (leg(ACCEPTED, scan(8, "InTransit", "", "arrived"), ends_by_design=True), 24),
        (leg(ACCEPTED, scan(2, "Exception", "Exception_004")), 24),
        (leg(ACCEPTED, scan(0.1, "OutForDelivery")), 3),
        (leg(ACCEPTED, scan(0.1, "AttemptFail")), 3),
        (leg(ACCEPTED, scan(0.1, "AvailableForPickup")), 3),
        (leg(ACCEPTED, scan(2, "Delivered")), 24),
        (leg(ACCEPTED, scan(10, "Delivered")), 24),
        (leg(ACCEPTED, scan(10.001, "Delivered")), None),
        (leg(ACCEPTED, scan(11, "Exception", "Exception_011")), None),
        (leg(ACCEPTED, scan(11, "Exception", "Exception_013")), None),
        (leg(ACCEPTED, scan(9, "Exception", "Exception_013")), 24),
    ],
)
def test_the_condition_tells_how_often_to_ask(one: Leg, hours: float | None) -> None:
    assert wait(one) == hours


@pytest.mark.parametrize(("left", "hours"), [(4, 24), (3, 3), (0, 3), (-1, 24), (None, 24)])
def test_near_the_last_safe_day_even_a_quiet_parcel_is_asked_often(left: int | None, hours: float) -> None:
    stalled = leg(ACCEPTED, scan(20, "InTransit", "", "line_haul"))
    assert wait(stalled, left=left, placed_on=None, shipped_on=None) == hours


@pytest.mark.parametrize(
    ("outcome", "failures", "hours"),
    [
        ("blocked", 1, 2), ("unavailable", 1, 2), ("changed", 1, 2), ("blocked", 2, 4), ("blocked", 4, 16),
        ("blocked", 5, 24), ("blocked", 50, 24), ("blocked", 0, 1),
    ],
)  # fmt: skip
def test_a_carrier_that_fails_is_asked_ever_more_seldom_up_to_once_a_day(
    outcome: str, failures: int, hours: float
) -> None:
    assert wait(never_asked(outcome, failures=failures)) == hours
    assert wait(never_asked(outcome, carrier="belpost", failures=failures)) == max(
        hours, 2
    )  # it asks for more
    assert wait(moving(last_outcome=outcome, failures=failures), left=0) == hours


@pytest.mark.parametrize(
    ("facts", "hours"),
    [
        ({"received_on": NOW.date()}, None),
        ({"archived_on": NOW.date()}, None),
        ({"order_state": "completed", "completed_on": days_ago(200).date(), "placed": -240}, None),
        ({"shipped_on": days_ago(190).date(), "placed": -199}, None),
        ({"order_state": "completed", "completed_on": days_ago(2).date()}, 8),
    ],
)
def test_who_has_it_or_has_no_right_left_is_not_asked_for(facts: dict[str, Any], hours: float | None) -> None:
    assert wait(moving(), left=None, **facts) == hours


def test_no_wish_of_the_user_makes_it_quicker_than_the_carrier_s_floor() -> None:
    hasty = Intervals(timedelta(minutes=1), timedelta(minutes=1), timedelta(minutes=1))
    for one in (moving(), not_found(), leg(ACCEPTED, scan(0.1, "OutForDelivery"))):
        assert wait(one, intervals=hasty) == 3
    calm = Intervals(timedelta(hours=48), timedelta(hours=12), timedelta(hours=6))
    assert [wait(one, intervals=calm) for one in (moving(), not_found())] == [12, 48]
    assert wait(leg(ACCEPTED, scan(0.1, "OutForDelivery")), intervals=calm) == 6


@pytest.mark.parametrize(("hours", "earliest"), [(24, 19.2), (3, 3), (1, 1)])
def test_times_are_spread_but_never_below_the_carrier_s_floor(hours: float, earliest: float) -> None:
    one = leg(looked=0)
    at = spread(one, NOW + timedelta(hours=hours), -0.2)
    assert at == NOW + timedelta(hours=earliest)


def test_questions_are_as_long_as_the_carrier_takes_them_and_name_no_number_twice() -> None:
    size = carriers.get("cainiao").batch
    many = [f"LP{n:014d}" for n in range(size + 1)]
    found = batches({"cainiao": [*many, many[0]], "4px": ["A", "B"]})
    assert [(carrier, len(numbers)) for carrier, numbers in found] == [
        ("cainiao", size), ("cainiao", 1), ("4px", 1), ("4px", 1),
    ]  # fmt: skip
    assert found[1][1] == [many[-1]]
    assert batches({}) == []
