"""Every deadline there is: its last safe day, the day after it, where it comes from and how sure it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from builders import NOW, day, days_ago, leg, order, parcel, scan, shown
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Case, Line, Order
from monitor.rules.assess import assess
from monitor.rules.policy import Policy
from monitor.rules.protection import NAMES, Deadline, deadlines
from monitor.rules.windows import business_days_after
from scrapers.orders import UNSURE_DAY, CaseState

BERLIN = ZoneInfo("Europe/Berlin")
COMPLETED: dict[str, Any] = {"order_state": "completed", "completed_on": day(-2)}
PREPARED: dict[str, Any] = {"order_state": "processing", "shipped_on": None}
FREE_RETURN: dict[str, Any] = {"lines": (Line("1", "Lamp", 1, None, "", ("LOCAL_FREE_RETURN",)),)}
DELIVERED = parcel(leg(scan(20, "InTransit", "InTransit_002"), scan(2, "Delivered")))


def found(one: Order, now: datetime = NOW, zone: ZoneInfo = BERLIN) -> dict[str, Deadline]:
    """The deadlines at a moment, by what is known today."""
    assessments = [assess(p, one, Policy(), NOW) for p in one.parcels]
    return {d.kind: d for d in deadlines(one, assessments, now, zone)}


def case(state: CaseState, changed: float, *, opened: int | None = None) -> dict[str, Any]:
    """A dispute that came into this state so many days ago."""
    opened_on = day(opened) if opened is not None else None
    return {"cases": (Case("1", "", state, opened_on, "", None, "", days_ago(changed)),)}


def with_dates(*dates: Any, **more: Any) -> Order:
    return order(dates=dates, **more)


# One row per deadline: the order, the kind, the last safe day counted from today, its source, its confidence.
TABLE: list[tuple[Order, str, int, str, str]] = [
    (with_dates(shown("protection_end", 9)), "protection_end", 8, "page", "high"),
    (with_dates(shown("protection_end", 9, source="mail")), "protection_end", 8, "mail", "medium"),
    (with_dates(shown("protection_end", 9, source="manual")), "protection_end", 8, "manual", "high"),
    (order(), "protection_end", -28 + 60, "estimated", "low"),
    (order(shipped_on=None, paid_on=day(-29)), "protection_end", -29 + 60, "estimated", "low"),
    (order(shipped_on=None), "protection_end", -30 + 60, "estimated", "low"),
    (order(**COMPLETED), "completed_window", -2 + 7, "estimated", "medium"),
    (order(DELIVERED), "completed_window", -2 + 7, "estimated", "low"),
    (with_dates(shown("completed_window", 13), **COMPLETED), "completed_window", 13, "page", "high"),
    (order(**COMPLETED), "faulty_window", -2 + 15, "estimated", "medium"),
    (with_dates(shown("faulty_window", 60), **COMPLETED), "faulty_window", 60, "page", "high"),
    (with_dates(shown("faulty_window", 60), **COMPLETED), "faulty_strict", -2 + 15, "estimated", "medium"),
    (order(DELIVERED, **FREE_RETURN), "free_return", -2 + 15, "estimated", "high"),
    (with_dates(shown("free_return", 14)), "free_return", 14, "page", "medium"),
    (order(DELIVERED, dates=[shown("free_return", 14)]), "free_return", -2 + 15, "estimated", "high"),
    (order(DELIVERED, dates=[shown("free_return", 12)]), "free_return", 12, "page", "medium"),
    (order(DELIVERED, destination_country="DE"), "withdrawal", -2 + 14, "estimated", "high"),
    (with_dates(shown("late_coupon", -3)), "late_coupon", -3 + 2, "page", "high"),
    (with_dates(shown("ship_by", 3), **PREPARED), "ship_by", 3, "page", "high"),
    (order(placed=-8, **PREPARED), "ship_by", 1, "estimated", "low"),
    (order(placed=-9, paid_on=day(-8), **PREPARED), "ship_by", 1, "estimated", "medium"),
    (order(), "opens_on", -28 + 10, "estimated", "low"),
    (order(DELIVERED), "auto_confirm", -2, "estimated", "low"),
    (order(closes_soon_on=day(-1)), "auto_confirm", -1, "mail", "high"),
    (with_dates(shown("protection_end", -1)), "auto_confirm", -1, "estimated", "low"),
    (with_dates(shown("cancel_requested", -1), **PREPARED), "cancel_answer", -1 + 3, "estimated", "low"),
    (order(**case("waiting_buyer", 1)), "case_answer", -1 + 3, "estimated", "low"),
    (with_dates(shown("case_answer", 1), **case("waiting_buyer", 1)), "case_answer", 1, "page", "high"),
    (order(**case("waiting_seller", 1, opened=-3)), "seller_answer", -3 + 5, "estimated", "medium"),
    (order(**case("opened", 1)), "seller_answer", -1 + 5, "estimated", "medium"),
    (order(**case("platform_review", 1, opened=-6)), "platform_decision", -6 + 7, "estimated", "medium"),
    (order(**case("return_agreed", 4)), "return_posting", -4 + 10, "estimated", "medium"),
    (order(**case("refunded", 4)), "refund_arrival", 24, "estimated", "medium"),
    (order(payment_method="Bonus", **case("refunded", 4)), "refund_arrival", -4 + 10, "estimated", "medium"),
    (with_dates(shown("cancelled", -4), order_state="cancelled"), "refund_arrival", 24, "estimated", "medium"),
    (order(paid_on=day(-30), payment_method="PayPal"), "paypal_dispute", 150, "estimated", "high"),
    (with_dates(shown("payer_asked", -5), payment_method="PayPal"), "paypal_escalate", 15, "estimated", "high"),
    (order(paid_on=day(-30), payment_method="Visa"), "card_chargeback", 90, "estimated", "medium"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "kind", "offset", "source", "confidence"), TABLE)
def test_every_deadline_on_its_last_day_and_the_day_after(
    one: Order, kind: str, offset: int, source: str, confidence: str
) -> None:
    deadline = found(one)[kind]
    assert (deadline.last_safe_day, deadline.source, deadline.confidence) == (day(offset), source, confidence)
    assert deadline.days_left == offset
    midnight = datetime.combine(day(offset + 1), time(), BERLIN)
    before, after = (found(one, midnight + timedelta(minutes=n))[kind].days_left for n in (-1, 0))
    assert (before, after) == (0, -1)


def test_no_deadline_there_is_goes_without_a_row() -> None:
    assert {kind for _, kind, *_ in TABLE} == set(NAMES)


@pytest.mark.parametrize(("one", "kind"), [(one, kind) for one, kind, *_ in TABLE])
def test_every_deadline_says_how_it_came_about(one: Order, kind: str) -> None:
    deadline = found(one)[kind]
    assert deadline.sentence
    if deadline.source == "estimated":
        assert deadline.sentence.startswith("counted: ")


@pytest.mark.parametrize(
    ("zone", "over"),
    [
        ("Europe/Berlin", datetime(2026, 11, 30, 23, 0, tzinfo=UTC)),  # the buyer's midnight comes first
        ("Pacific/Kiritimati", datetime(2026, 11, 30, 10, 0, tzinfo=UTC)),
        ("Pacific/Honolulu", datetime(2026, 12, 1, 8, 0, tzinfo=UTC)),  # the shop's (Pacific) comes first
    ],
)
def test_a_right_is_over_when_the_first_of_both_calendars_says_so(zone: str, over: datetime) -> None:
    one = with_dates(shown("protection_end", (date(2026, 12, 1) - day(0)).days))
    left = [
        found(one, over + timedelta(minutes=n), ZoneInfo(zone))["protection_end"].days_left for n in (-1, 0)
    ]
    assert left == [0, -1]


@pytest.mark.parametrize(
    ("zone", "delivered", "counted_from"),
    [
        ("Europe/Berlin", datetime(2026, 11, 20, 23, 30, tzinfo=UTC), date(2026, 11, 20)),  # 21st in Berlin
        (
            "Europe/Berlin",
            datetime(2026, 11, 20, 7, 59, tzinfo=UTC),
            date(2026, 11, 19),
        ),  # 19th in California
        ("Pacific/Kiritimati", datetime(2026, 11, 20, 8, 0, tzinfo=UTC), date(2026, 11, 20)),
        ("Pacific/Honolulu", datetime(2026, 11, 20, 9, 30, tzinfo=UTC), date(2026, 11, 19)),
    ],
)
def test_of_both_calendars_the_earlier_day_starts_a_window(
    zone: str, delivered: datetime, counted_from: date
) -> None:
    ago = (NOW - delivered) / timedelta(days=1)
    one = order(parcel(leg(scan(20, "InTransit", "InTransit_002"), scan(ago, "Delivered"))))
    window = found(one, zone=ZoneInfo(zone))["completed_window"]
    assert window.last_safe_day == counted_from + timedelta(days=7)


@pytest.mark.parametrize(
    ("now", "left"),
    [
        # Berlin's clocks go back on 25 October 2026 and forward on 28 March 2027; the days stay whole.
        (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), 31),
        (datetime(2026, 10, 25, 22, 59, tzinfo=UTC), 31),
        (datetime(2026, 10, 25, 23, 0, tzinfo=UTC), 30),
        (datetime(2027, 3, 27, 22, 59, tzinfo=UTC), -122),
        (datetime(2027, 3, 28, 21, 59, tzinfo=UTC), -123),
        (datetime(2027, 3, 28, 22, 0, tzinfo=UTC), -124),
    ],
)
def test_a_change_of_clocks_neither_gives_nor_takes_a_day(now: datetime, left: int) -> None:
    one = with_dates(shown("protection_end", (date(2026, 11, 26) - day(0)).days))
    assert found(one, now)["protection_end"].days_left == left


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        (date(2026, 11, 24), 0, date(2026, 11, 24)),  # a Tuesday
        (date(2026, 11, 24), 3, date(2026, 11, 27)),
        (date(2026, 11, 24), 4, date(2026, 11, 30)),
        (date(2026, 11, 27), 1, date(2026, 11, 30)),  # Friday to Monday
        (date(2026, 11, 28), 1, date(2026, 11, 30)),  # Saturday
        (date(2026, 11, 29), 5, date(2026, 12, 4)),  # Sunday
        (date(2026, 11, 24), 20, date(2026, 12, 22)),
    ],
)
def test_business_days_are_monday_to_friday(start: date, days: int, expected: date) -> None:
    assert business_days_after(start, days) == expected


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 300))
def test_the_nth_business_day_is_one_and_n_of_them_lie_behind_it(start: date, days: int) -> None:
    last = business_days_after(start, days)
    passed = [start + timedelta(days=n) for n in range(1, (last - start).days + 1)]
    assert last.weekday() < 5
    assert sum(one.weekday() < 5 for one in passed) == days


def test_a_day_whose_month_is_unsure_is_told_with_low_confidence() -> None:
    unsure = shown("protection_end", 9, place=f"order detail ({UNSURE_DAY}: the earlier day is taken)")
    assert found(with_dates(unsure))["protection_end"].confidence == "low"


def test_two_days_of_one_page_give_the_earlier() -> None:
    both = with_dates(shown("protection_end", 9), shown("protection_end", 10))
    assert found(both)["protection_end"].last_safe_day == day(8)


def test_the_page_of_an_order_in_preparation_estimates_no_protection_but_a_scan_overrules_it() -> None:
    assert "protection_end" not in found(order(**PREPARED))
    scanned = order(parcel(leg(scan(3, "InTransit", "InTransit_002"))), **PREPARED)
    assert found(scanned)["protection_end"].last_safe_day == day(30)


@pytest.mark.parametrize("country", ["GB", "US", ""])
def test_the_union_s_right_of_withdrawal_is_not_told_elsewhere(country: str) -> None:
    assert "withdrawal" not in found(order(DELIVERED, destination_country=country))


def test_an_unwanted_item_without_the_tag_goes_back_by_no_free_return() -> None:
    assert "free_return" not in found(order(DELIVERED))


def test_a_cancelled_order_has_only_its_money_left() -> None:
    one = with_dates(
        shown("protection_end", 9), shown("cancelled", -4), order_state="cancelled", payment_method="PayPal"
    )
    assert set(found(one)) == {"refund_arrival", "paypal_dispute"}


def test_a_gift_card_is_no_card_a_bank_issued() -> None:
    assert "card_chargeback" not in found(order(payment_method="Gift card"))
