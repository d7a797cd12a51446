"""When a warning goes out, and by which channel."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from monitor.rules.telling import Habits, Pending, merged, ripe, snooze_until

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
QUIET = Habits(quiet=(time(22), time(7)))
DIGEST = Habits(digest=time(18))
NEW = Pending(
    kind="protection_end", step=14, days_left=12, made_at=NOW, stands=True, taken_at=None, next_try_at=None,
    snoozed_until=None, alone=True,
)  # fmt: skip
FAR = replace(NEW, alone=False)  # the desktop may still bring it
LAST = replace(NEW, step=0, days_left=0)


AT_ONCE = Habits()


def goes(pending: Pending, habits: Habits = AT_ONCE, after: timedelta = timedelta()) -> bool:
    return ripe(pending, habits, NOW + after, BERLIN)


@pytest.mark.parametrize(
    ("pending", "hours", "expected"),
    [
        (NEW, 0, True),
        (FAR, 0, False), (FAR, 3.9, False), (FAR, 4, True),  # nobody acknowledged
        (replace(FAR, days_left=3), 0, True), (replace(FAR, days_left=4), 0, False),
        (replace(FAR, days_left=0), 0, True), (replace(FAR, days_left=-1), 0, False),
        (replace(FAR, made_at=NOW + 9000 * HOUR), 0, True),  # made by a clock that ran ahead
        (replace(NEW, next_try_at=NOW + HOUR / 2), 0, False), (replace(NEW, next_try_at=NOW + HOUR / 2), 0.5, True),
        (replace(NEW, next_try_at=NOW + HOUR), 0, False), (replace(NEW, next_try_at=NOW + 1.01 * HOUR), 0, True),
        (replace(NEW, next_try_at=NOW + 9000 * HOUR), 0, True),
    ],
)  # fmt: skip
def test_the_nearest_channel_is_first_and_the_others_follow(
    pending: Pending, hours: float, expected: bool
) -> None:
    assert goes(pending, after=hours * HOUR) is expected


@pytest.mark.parametrize(
    ("step", "left", "expected"),
    [
        (14, 15, True),
        (14, 16, False),
        (0, 1, True),
        (0, 2, False),
        (-1, 0, True),
        (-1, 1, False),
        (None, 99, True),
    ],
)
def test_a_step_stored_by_a_clock_that_ran_ahead_waits_for_its_day(
    step: int | None, left: int, expected: bool
) -> None:
    assert goes(replace(NEW, step=step, days_left=left)) is expected


@pytest.mark.parametrize(
    ("left", "hours", "again"),
    [(12, 999, False), (4, 999, False), (3, 0, False), (3, 23, False), (3, 24, True), (1, 24, True), (0, 0.9, False), (0, 1, True),
     (-1, 999, False)],
)  # fmt: skip
def test_a_warning_taken_comes_again_daily_and_hourly_on_the_last_day(
    left: int, hours: float, again: bool
) -> None:
    taken = replace(NEW, days_left=left, taken_at=NOW)
    assert goes(taken, after=hours * HOUR) is again
    assert not goes(replace(taken, stands=False), after=hours * HOUR), "what does not hold any more"
    assert not goes(replace(taken, step=None, kind="held"), after=hours * HOUR), "what is no deadline"


@pytest.mark.parametrize(
    ("pending", "utc_hour", "expected"),
    [(NEW, 21, False), (NEW, 20, True), (NEW, 5, False), (NEW, 6, True), (LAST, 23, True), (replace(NEW, days_left=1), 23, False)],
)  # fmt: skip
def test_quiet_hours_hold_everything_but_the_last_safe_day(
    pending: Pending, utc_hour: int, expected: bool
) -> None:
    at = NOW.replace(hour=utc_hour)
    assert ripe(replace(pending, made_at=at), QUIET, at, BERLIN) is expected


def test_quiet_hours_within_a_day_begin_and_end_to_the_minute() -> None:
    quiet = Habits(quiet=(time(13), time(15)))  # in Berlin; it is 13:00 there
    minute = timedelta(minutes=1)
    assert goes(NEW, Habits(quiet=(time(13), time(13)))), "from a time to the same time is no time"
    assert [goes(NEW, quiet, after) for after in (-minute, 0 * HOUR, 2 * HOUR - minute, 2 * HOUR)] == [
        True, False, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pending", "hours", "expected"),
    [
        (NEW, 0, False), (NEW, 4.9, False), (NEW, 5, True), (replace(NEW, made_at=NOW + 5 * HOUR), 5, True), (replace(NEW, made_at=NOW + 6 * HOUR), 11, False),
        (replace(NEW, days_left=8), 0, False), (replace(NEW, days_left=7), 0, True), (replace(NEW, step=None, kind="lost"), 0, True),
        (replace(NEW, step=None, kind="stalled"), 0, False), (replace(NEW, step=None, kind="stalled", days_left=2), 0, True),
    ],
)  # fmt: skip
def test_the_digest_holds_only_what_can_wait(pending: Pending, hours: float, expected: bool) -> None:
    assert goes(pending, DIGEST, hours * HOUR) is expected


def test_a_snooze_holds_until_its_end_but_never_the_last_safe_day() -> None:
    until = NOW + 48 * HOUR
    snoozed = replace(NEW, snoozed_until=until)
    assert not goes(snoozed, after=47 * HOUR)
    assert goes(snoozed, after=48 * HOUR)
    assert not goes(replace(snoozed, days_left=1))
    assert goes(replace(snoozed, days_left=0, step=1)), (
        "no step of the last day's own, and the day all the same"
    )
    assert goes(replace(LAST, snoozed_until=until))
    assert goes(replace(snoozed, kind="moved", step=None)), "a date put off by the seller is news at once"


def test_a_snooze_ends_where_the_last_safe_day_begins() -> None:
    last = NOW.date() + timedelta(days=2)
    assert snooze_until(1, last, NOW, BERLIN) == NOW + 24 * HOUR
    assert snooze_until(9, last, NOW, BERLIN).astimezone(BERLIN) == datetime(2026, 11, 26, tzinfo=BERLIN)
    assert snooze_until(9, NOW.date(), NOW, BERLIN) <= NOW
    assert snooze_until(9, None, NOW, BERLIN) == NOW + 9 * 24 * HOUR


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])
def test_a_change_of_clocks_skips_no_digest_and_no_quiet_end(zone: str) -> None:
    habits = Habits(quiet=(time(22), time(2, 30)), digest=time(2, 15))
    local = ZoneInfo(zone)
    for start in range(0, 365 * 24, 12):
        made = datetime(2027, 1, 1, tzinfo=UTC) + start * HOUR
        pending = replace(NEW, made_at=made)
        assert any(ripe(pending, habits, made + n * HOUR / 2, local) for n in range(2 * 30)), made


def test_several_warnings_are_one_message() -> None:
    one = ("..0017", "Protection: 1 day left", "Order ..0017: last safe day 2026-11-25.")
    two = ("..0018", "Your parcel is lost", "Order ..0018.")
    assert merged([one]) == one[1:]
    assert merged([one, one])[1].startswith("Protection: 1 day left. "), "one order need not be named twice"
    title, body = merged([one, two])
    assert title == "Protection: 1 day left - and 1 more"
    assert body.startswith(
        "2 orders: parcelwarden status lists them.\n"
        "Protection: 1 day left. Order ..0017: last safe day 2026-11-25."
    )
    assert "Your parcel is lost. Order ..0018." in body
