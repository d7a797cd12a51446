"""How far the machine's clock is believed: a doubt may make a warning earlier, never later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

# Ticks come every 30 seconds; three missed ones are a gap.
NOTABLE = timedelta(seconds=90)
_SLACK = timedelta(minutes=5)
_MONTH = timedelta(days=31)
# Longer than a machine with orders under way is off: who leaps so far may just have got a wrong year.
_TOO_LONG = timedelta(days=183)


@dataclass(frozen=True, slots=True)
class Tick:
    """One look at both clocks. `monotonic` is in seconds and counts anew from each start of the machine.

    Looks of another `machine`, of which the store was brought or which shares it, have another monotonic clock.
    """

    wall: datetime
    monotonic: float
    machine: str = ""


@dataclass(frozen=True, slots=True)
class Doubt:
    """What speaks against the wall clock: the latest time it can be, and how far it is behind by other hosts' word.

    Until they have spoken, a leap of half a year and more counts as being so far ahead (`behind` is negative then).
    """

    latest: datetime
    behind: timedelta


@dataclass(frozen=True, slots=True)
class ClockEvent:
    """What happened to the clocks since the last tick: `seconds` slept or jumped, negative for backward."""

    kind: Literal["gap", "forward", "backward"]
    seconds: float


def event(before: Tick, now: Tick) -> ClockEvent | None:
    """A gap or a step of more than 90 seconds, None where the clocks simply went on.

    A suspended machine whose monotonic clock stands still looks like a forward step; both mean the same.
    """
    passed = (now.wall - before.wall).total_seconds()
    if passed < -NOTABLE.total_seconds():
        return ClockEvent("backward", passed)
    slept = _gone(before, now)
    if slept < 0:  # the machine was started anew, or is another one
        return ClockEvent("gap", passed) if passed > NOTABLE.total_seconds() else None
    step = passed - slept
    if abs(step) > NOTABLE.total_seconds():
        return ClockEvent("forward" if step > 0 else "backward", step)
    return ClockEvent("gap", slept) if slept > NOTABLE.total_seconds() else None


def _gone(before: Tick, now: Tick) -> float:
    """Seconds by the monotonic clock, negative where it tells nothing."""
    return now.monotonic - before.monotonic if now.machine == before.machine else -1


def behind_after(happened: ClockEvent, behind: timedelta) -> timedelta:
    """How far the clock is behind after that, as far as is known; negative where it is ahead.

    A step may have set it right, which ends what other hosts said; but none forward sets a clock right that is ahead.
    A leap no pause explains is one ahead, until hosts say otherwise.
    """
    holds = happened.kind == "gap" or (happened.kind == "forward" and behind < timedelta())
    leap = timedelta(seconds=happened.seconds)
    return (behind if holds else timedelta()) or (-leap if leap > _TOO_LONG else timedelta())


def latest(before: Tick, known: datetime, now: Tick) -> datetime:
    """The latest time it can be: `known` so at `before`, gone on since then at least as far as either clock has.

    The wall clock counts for that only while it is known to be behind, and no longer than a month at once: what is
    more is the clock being set right.
    """
    passed = timedelta(seconds=max(0.0, _gone(before, now)))
    walked = now.wall - before.wall
    if before.wall < known - _SLACK and walked <= _MONTH:
        passed = max(passed, walked)
    return max(now.wall, known + passed)


def moments(now: datetime, doubt: Doubt | None) -> tuple[datetime, ...]:
    """The times it may be: what the clock says, nearly the latest it can be, and what other hosts' clocks say.

    Whoever decides at each of them warns in time whichever is true.
    """
    may_be = [now]
    if doubt and doubt.latest - _SLACK > now:
        may_be.append(doubt.latest - _SLACK)
    if doubt and abs(doubt.behind) > _SLACK:
        may_be.append(now + doubt.behind)
    return tuple(may_be)


def witnessed(ahead: Iterable[timedelta]) -> timedelta | None:
    """How far ours is behind, by two hosts' own clocks (each so much `ahead`) that agree; None where no two do."""
    leads = sorted(ahead)
    agreeing = (second for first, second in pairwise(leads) if second - first <= _SLACK)
    return max(agreeing, default=None)
