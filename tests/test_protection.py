"""Deadlines: the earlier day, the day before, and estimates that say so."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from builders import NOW, day, leg, order, parcel, scan, shown

from monitor.model import Order
from monitor.rules.assess import assess
from monitor.rules.policy import Policy
from monitor.rules.protection import Deadline, deadlines, today

BERLIN = ZoneInfo("Europe/Berlin")


def found(one: Order) -> dict[str, Deadline]:
    assessments = [assess(p, one, Policy(), NOW) for p in one.parcels]
    return {d.kind: d for d in deadlines(one, assessments, NOW, BERLIN)}


def test_the_earliest_source_wins_and_the_day_before_is_the_last_safe_one() -> None:
    one = order(
        dates=[
            shown("protection_end", 10, place="order detail"),
            shown("protection_end", 9, place="tracking page"),
        ]
    )
    protection = found(one)["protection_end"]
    assert (protection.last_safe_day, protection.source, protection.days_left) == (day(8), "page", 8)
    assert {s.place for s in protection.seen} == {"order detail", "tracking page"}


def test_a_moved_date_replaces_the_old_one_of_its_place_and_keeps_it_as_history() -> None:
    one = order(dates=[shown("protection_end", 5, seen=4), shown("protection_end", 12, seen=1)])
    protection = found(one)["protection_end"]
    assert protection.last_safe_day == day(11)
    assert [s.day for s in protection.seen] == [day(12), day(5)]


def test_without_a_shown_date_the_shortest_rule_counts_and_says_estimated() -> None:
    protection = found(order(placed=-20, shipped_on=day(-15)))["protection_end"]
    assert (protection.last_safe_day, protection.source) == (day(45), "estimated")


def test_the_coupon_date_is_never_the_protection_date() -> None:
    one = order(placed=-20, shipped_on=day(-18), dates=[shown("late_coupon", -3)])
    dated = found(one)
    assert dated["late_coupon"].last_safe_day == day(-1)
    assert dated["protection_end"].last_safe_day == day(42)


def test_completed_orders_get_the_short_window_unless_their_own_text_names_a_day() -> None:
    completed = order(order_state="completed", completed_on=day(-2))
    assert found(completed)["completed_window"].last_safe_day == day(5)
    said = order(
        order_state="completed", completed_on=day(-2), dates=[shown("completed_window", 13, source="mail")]
    )
    assert (found(said)["completed_window"].last_safe_day, found(said)["completed_window"].source) == (
        day(13),
        "mail",
    )


def test_a_delivery_starts_the_short_window_since_the_shop_may_complete_any_day() -> None:
    one = order(parcel(leg(scan(20, "InTransit", "InTransit_002"), scan(2, "Delivered"))))
    assert found(one)["completed_window"].last_safe_day == day(5)


@pytest.mark.parametrize(
    ("method", "kind", "offset"),
    [("PayPal", "paypal_dispute", 150), ("Credit/Debit card", "card_chargeback", 90)],
)
def test_the_payer_is_counted_where_the_way_of_paying_is_known(method: str, kind: str, offset: int) -> None:
    assert found(order(placed=-30, paid_on=day(-30), payment_method=method))[kind].last_safe_day == day(
        offset
    )


@pytest.mark.parametrize(
    ("now", "zone", "expected"),
    [
        (datetime(2026, 11, 24, 23, 30, tzinfo=UTC), "Europe/Berlin", date(2026, 11, 25)),
        (datetime(2026, 11, 24, 5, 0, tzinfo=UTC), "Pacific/Honolulu", date(2026, 11, 23)),
        (datetime(2026, 11, 24, 9, 0, tzinfo=UTC), "Pacific/Honolulu", date(2026, 11, 24)),
        (datetime(2026, 11, 24, 11, 0, tzinfo=UTC), "Pacific/Kiritimati", date(2026, 11, 25)),
        (datetime(2027, 3, 28, 0, 59, tzinfo=UTC), "Europe/Berlin", date(2027, 3, 28)),
    ],
)
def test_the_later_calendar_of_buyer_and_shop_counts(now: datetime, zone: str, expected: date) -> None:
    assert today(now, ZoneInfo(zone)) == expected
