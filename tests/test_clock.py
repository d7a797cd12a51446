"""Clocks that sleep, jump and lie: seen, and never a reason to warn later."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.adapters.store import Store
from monitor.rules.clock import ClockEvent, Doubt, Tick, behind_after, event, latest, moments, witnessed

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
seconds = st.floats(-1e9, 1e9)


def tick(wall: float, monotonic: float) -> Tick:
    return Tick(NOW + timedelta(seconds=wall), monotonic)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (tick(30, 1030), None), (tick(89, 1000), None), (tick(-60, 1030), None),
        (tick(9 * 3600, 1000 + 9 * 3600), ClockEvent("gap", 9 * 3600)),
        (tick(9 * 3600, 1030), ClockEvent("forward", 9 * 3600 - 30)),
        (tick(9 * 3600, 1000), ClockEvent("forward", 9 * 3600)),
        (tick(-3600, 1030), ClockEvent("backward", -3600)),
        (tick(30, 1600), ClockEvent("backward", -570)),
        (tick(90, 1090), None), (tick(120, 1030), None), (tick(90, 5), None), (tick(-90, 1030), ClockEvent("backward", -120)),
        (tick(30, 5), None), (tick(7200, 5), ClockEvent("gap", 7200)), (tick(-7200, 5), ClockEvent("backward", -7200)),
    ],
)  # fmt: skip
def test_gaps_and_steps_of_more_than_ninety_seconds_are_seen(
    after: Tick, expected: ClockEvent | None
) -> None:
    assert event(tick(0, 1000), after) == expected


def test_a_step_to_the_second_is_told_by_its_length() -> None:
    assert event(tick(0, 1000), tick(91, 1091)) == ClockEvent("gap", 91)
    assert event(tick(0, 1000), tick(-91, 1030)) == ClockEvent("backward", -91)


def test_a_clock_that_goes_is_believed_alone() -> None:
    assert moments(NOW, None) == (NOW,)
    assert moments(NOW, Doubt(NOW, timedelta())) == (NOW,)
    assert moments(NOW, Doubt(NOW + 5 * MINUTE, 5 * MINUTE)) == (NOW,), "minutes say nothing"
    assert moments(NOW, Doubt(NOW, 5 * MINUTE + SECOND)) == (NOW, NOW + 5 * MINUTE + SECOND)


def test_a_clock_set_back_leaves_the_later_time_possible_until_two_hosts_agree() -> None:
    assert moments(NOW - DAY, Doubt(NOW, timedelta())) == (NOW - DAY, NOW - 5 * MINUTE)
    assert witnessed([timedelta()]) is None
    assert witnessed([timedelta(), DAY]) is None
    assert witnessed([timedelta(), 2 * MINUTE, 9 * DAY]) == 2 * MINUTE
    assert witnessed([timedelta(), 2 * MINUTE, 4 * MINUTE]) == 4 * MINUTE, "the later is the safer"
    assert moments(NOW + DAY, Doubt(NOW + DAY, -DAY)) == (NOW + DAY, NOW), "hosts say ours is a day ahead"


@given(seconds, st.floats(0, 1e9), seconds, st.floats(0, 1e9))
def test_the_latest_time_never_goes_back_and_keeps_pace(
    wall: float, up: float, later: float, upper: float
) -> None:
    before, now = tick(wall, up), tick(later, upper)
    known = max(NOW, before.wall)
    reached = latest(before, known, now)
    assert reached >= max(known, now.wall)
    assert reached >= known + timedelta(seconds=max(0, upper - up))


@pytest.mark.parametrize(
    ("behind", "walked", "reached"),
    [
        (0, 0, 30), (0, -60, 30),  # the other clock has gone on
        (3600, 86400, 86400),  # known to be behind: what its wall clock has gone counts
        (301, 86400, 86400), (300, 86400, 86400 - 300), (-240, 86400, 86400 + 240),  # not behind
        (3600, 31 * 86400, 31 * 86400), (3600, 31 * 86400 + 1, 31 * 86400 + 1 - 3600),  # set right
    ],
)  # fmt: skip
def test_a_wall_clock_known_to_be_behind_counts_by_what_it_has_gone(
    behind: float, walked: float, reached: float
) -> None:
    assert latest(tick(-behind, 100), NOW, tick(walked - behind, 130)) == NOW + timedelta(seconds=reached)
    assert latest(tick(0, 100), NOW, tick(0, 5)) == NOW, "a machine started anew"


def test_a_store_remembers_and_a_proof_settles(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite3")
    assert store.clock_doubt() is None
    store.tick(tick(0, 100))
    assert store.tick(tick(-86400, 130)) == ClockEvent("backward", -86400)
    back = NOW - DAY
    assert len(moments(back, store.clock_doubt())) == 2
    store.heard_clocks({"one.example": SECOND}, back)
    assert len(moments(back, store.clock_doubt())) == 2, "one host proves nothing"
    store.heard_clocks({"two.example": -SECOND}, back)
    assert moments(back, store.clock_doubt()) == (back,)
    store.heard_clocks({"one.example": DAY, "two.example": DAY}, back)
    assert max(moments(back, store.clock_doubt())) >= NOW - 5 * MINUTE, "the hosts say it is a day later"
    store.close()


def test_the_uptime_of_another_machine_tells_nothing(tmp_path: Path) -> None:
    with closing(Store(tmp_path / "store.sqlite3")) as store:
        store.tick(Tick(NOW, 1000, "laptop"))
        for n, up in enumerate((9_936_000.0, 1030.0, 9_936_060.0), start=1):
            now = NOW + n * MINUTE
            assert store.tick(Tick(now, up, "server" if up > 2000 else "laptop")) is None
            assert moments(now, store.clock_doubt()) == (now,)


@pytest.mark.parametrize(
    ("kind", "days", "before", "after"),
    [
        ("gap", 2, 0, 0), ("gap", 2, 5, 5), ("gap", 2, -5, -5),
        ("forward", 2, 5, 0),  # it may have been set right
        ("forward", 2, -5, -5),  # that sets no clock right that is ahead; it may have slept
        ("backward", -2, 5, 0), ("backward", -2, -5, 0), ("backward", -400, 0, 0),
        ("forward", 183, 0, 0), ("forward", 184, 0, -184), ("gap", 400, 0, -400), ("forward", 400, -5, -5),
    ],
)  # fmt: skip
def test_what_is_left_of_a_doubt_after_a_step(kind: Any, days: int, before: int, after: int) -> None:
    assert behind_after(ClockEvent(kind, days * 86400.0), before * DAY) == after * DAY


@pytest.mark.parametrize("up", [1030.0, 5.0], ids=["running", "started anew"])
def test_a_leap_of_a_year_leaves_the_time_before_it_possible_until_two_hosts_agree(
    tmp_path: Path, up: float
) -> None:
    with closing(Store(tmp_path / "parcels.sqlite3")) as store:
        store.tick(tick(0, 1000))
        leap = tick(400 * 86400, up)
        store.tick(leap)
        assert abs(moments(leap.wall, store.clock_doubt())[-1] - NOW) < MINUTE
        later = Tick(leap.wall + DAY, up + 86400)
        store.tick(later)
        assert abs(moments(later.wall, store.clock_doubt())[-1] - NOW - DAY) < MINUTE
        store.heard_clocks({"one.example": timedelta(), "two.example": timedelta()}, later.wall)
        assert moments(later.wall, store.clock_doubt()) == (later.wall,)
