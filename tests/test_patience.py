"""Silences over holidays, and what the user's own parcels teach."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from builders import NOW, TODAY, days_ago, leg, order, parcel, scan

from monitor.model import Order
from monitor.rules.assess import assess
from monitor.rules.days_off import days_off
from monitor.rules.history import learn
from monitor.rules.policy import DEFAULT_LIMITS, Limit, Policy

ROUTE = {"origin_country": "CN", "destination_country": "DE"}


@pytest.mark.parametrize(
    ("country", "after", "until", "count"),
    [
        ("CN", date(2027, 2, 1), date(2027, 2, 20), 6),
        ("CN", date(2026, 9, 28), date(2026, 10, 12), 6),
        ("DE", date(2026, 12, 23), date(2026, 12, 27), 2),
        ("DE", date(2026, 12, 27), date(2026, 12, 23), 0),
        ("", date(2026, 1, 1), date(2026, 12, 31), 0),
        ("XX", date(2026, 1, 1), date(2026, 12, 31), 0),
    ],
)
def test_public_holidays_are_counted_per_country(country: str, after: date, until: date, count: int) -> None:
    assert len(days_off(country, after, until)) == count


def silent_since(day: datetime, now: datetime) -> tuple[str, list[str]]:
    """A parcel inside China whose last scan was on a day; the order was placed shortly before."""
    moved = scan(0, "InTransit", "InTransit_003", "origin", at=day)
    one = parcel(leg(moved, last_good_at=now, last_attempt_at=now, **ROUTE))
    own = order(one, placed=(day.date() - TODAY).days - 3)
    verdict = assess(one, own, Policy(), now)
    return verdict.condition, [reason.id for reason in verdict.reasons]


def test_chinese_new_year_stretches_a_silence_and_is_named() -> None:
    start = datetime(2027, 2, 2, 12, tzinfo=UTC)
    assert silent_since(start, start + timedelta(days=12)) == ("moving", ["scan", "silent", "holidays"])
    assert silent_since(start, start + timedelta(days=17))[0] == "stalled"


def test_without_a_holiday_the_same_silence_is_a_stall() -> None:
    start = datetime(2026, 11, 2, 12, tzinfo=UTC)
    assert silent_since(start, start + timedelta(days=12)) == ("stalled", ["scan", "silent"])


def finished(count: int, days: float) -> list[Order]:
    """Parcels of one route that waited `days` between the countries and were delivered."""
    return [
        order(
            parcel(
                leg(scan(60, "InTransit", "InTransit_007", "line_haul"),
                    scan(60 - days, "InTransit", "InTransit_004", "arrived"),
                    scan(59 - days, "Delivered"), **ROUTE)
            ),
            placed=-70, order_id=f"{n:016d}", destination_country="DE",
        )
        for n in range(count)
    ]  # fmt: skip


def flying(ago: float) -> Order:
    one = parcel(
        leg(
            scan(ago + 2, "InTransit", "InTransit_002", "accepted"),
            scan(ago, "InTransit", "InTransit_007", "line_haul"),
            **ROUTE,
        )
    )
    return order(one, destination_country="DE")


@pytest.mark.parametrize(
    ("count", "days", "ago", "condition"),
    [
        (12, 4.0, 7, "stalled"),   # 90 % had moved on by day 4: six days are enough
        (12, 4.0, 5, "moving"),
        (9, 4.0, 7, "moving"),     # too few to say
        (12, 30.0, 15, "stalled"), # slow parcels before hide no alarm
    ],
)  # fmt: skip
def test_own_parcels_tighten_a_stall_and_never_loosen_it(
    count: int, days: float, ago: float, condition: str
) -> None:
    one = flying(ago)
    verdict = assess(one.parcels[0], one, Policy(), NOW, learn(finished(count, days)))
    assert verdict.condition == condition


def test_what_was_learned_is_said() -> None:
    one = flying(7)
    verdict = assess(one.parcels[0], one, Policy(), NOW, learn(finished(12, 4.0)))
    assert any("90 % of your earlier parcels" in str(reason) for reason in verdict.reasons)


def test_unfinished_parcels_teach_nothing() -> None:
    open_ones = [flying(20) for _ in range(30)]
    assert learn(open_ones).gaps == {}


def test_a_user_limit_holds() -> None:
    policy = Policy(limits={**DEFAULT_LIMITS, "line_haul": Limit(20, 30)})
    one = flying(16)
    assert assess(one.parcels[0], one, policy, NOW).condition == "moving"
    assert days_ago(0) == NOW
