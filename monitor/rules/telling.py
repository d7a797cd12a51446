"""When a stored warning goes out, and by which channel: at once, later, again, or not.

First the desktop, where somebody may sit; if it cannot, or nobody acknowledges, the channels that reach the user
elsewhere. What is near its last safe day goes everywhere at once and comes again: daily, and hourly on that day.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

NEAR = 3
_LISTED = 20
_DAILY = timedelta(days=1)
_HOURLY = timedelta(hours=1)
# From here on a condition is somebody's to act upon; others can be told with the day's digest.
_CAN_WAIT = frozenset(
    {"stalled", "untracked", "late_coupon", "faulty_window", "faulty_strict", "free_return"}
)


@dataclass(frozen=True, slots=True)
class Habits:
    """When the user wants to be told. `quiet` is from when to when; `digest` the hour of what can wait."""

    quiet: tuple[time, time] | None = None
    digest: time | None = None
    escalate_after: timedelta = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Pending:
    """One warning as one channel stands to it.

    `days_left` counts to its last safe day, None where it has none; `taken_at` is when this channel last took it;
    `alone` says that no nearer channel is there to take it first, or that it fails.
    """

    kind: str
    step: int | None
    days_left: int | None
    made_at: datetime
    stands: bool
    taken_at: datetime | None
    next_try_at: datetime | None
    snoozed_until: datetime | None
    alone: bool


def ripe(pending: Pending, habits: Habits, now: datetime, zone: tzinfo) -> bool:
    """Whether the channel gets the warning now. Times in the future of `now` come from a clock that ran ahead."""
    if pending.next_try_at and now < pending.next_try_at <= now + _HOURLY:
        return False
    if _too_early(pending):
        return False
    last_day = pending.step is not None and pending.days_left == 0
    if not last_day and (_snoozed(pending, now) or _is_quiet(habits.quiet, now.astimezone(zone).time())):
        return False
    if pending.taken_at is None:
        return _first_time(pending, habits, now, zone)
    every = repeat_every(pending)
    return every is not None and not pending.taken_at <= now < pending.taken_at + every


def _too_early(pending: Pending) -> bool:
    """A step stored by a clock that ran ahead and has been set right since: it goes out when its day comes. A day more
    may be left by one zone's calendar than by another's."""
    step, left = pending.step, pending.days_left
    return step is not None and left is not None and left > step + 1


def repeat_every(pending: Pending) -> timedelta | None:
    """How often a warning that was taken and not acknowledged comes again; None: never."""
    if not pending.stands or pending.step is None or pending.days_left is None:
        return None
    if pending.days_left == 0:
        return _HOURLY
    return _DAILY if 0 < pending.days_left <= NEAR else None


def _first_time(pending: Pending, habits: Habits, now: datetime, zone: tzinfo) -> bool:
    waited = abs(now - pending.made_at)
    if not pending.alone and not _is_near(pending) and waited < habits.escalate_after:
        return False
    if habits.digest is None or _is_near(pending) or not can_wait(pending):
        return True
    made = pending.made_at.astimezone(zone)
    digest = datetime.combine(made.date(), habits.digest, zone)
    if digest < made:
        digest = datetime.combine(made.date() + _DAILY, habits.digest, zone)
    return now >= digest or waited >= _DAILY


def _is_near(pending: Pending) -> bool:
    return pending.days_left is not None and 0 <= pending.days_left <= NEAR


def can_wait(pending: Pending) -> bool:
    """What the digest may hold: early steps of a ladder, and conditions that are nothing to run for."""
    if pending.step is not None and pending.days_left is not None:
        return pending.days_left > 7
    return pending.kind in _CAN_WAIT


def _snoozed(pending: Pending, now: datetime) -> bool:
    until = pending.snoozed_until
    over = pending.days_left is not None and pending.days_left <= 0
    return until is not None and now < until and not over and pending.kind != "moved"


def _is_quiet(quiet: tuple[time, time] | None, at: time) -> bool:
    if quiet is None:
        return False
    start, end = quiet
    return start <= at < end if start <= end else at >= start or at < end


def snooze_until(days: int, last_safe_day: date | None, now: datetime, zone: tzinfo) -> datetime:
    """The end of a snooze: so many days from now, but never later than the beginning of the last safe day."""
    wished = now + timedelta(days=days)
    if last_safe_day is None:
        return wished
    return min(wished, datetime.combine(last_safe_day, time(), zone).astimezone(now.tzinfo))


def merged(lines: Sequence[tuple[str, str, str]]) -> tuple[str, str]:
    """Title and body for several warnings, the most urgent first, each (order as shown, title, body).

    Desktops show the beginning only, and ntfy takes 4 kB: where many are told, the rest is a number and where to look.
    """
    if len(lines) == 1:
        return lines[0][1], lines[0][2]
    named = list(dict.fromkeys(order for order, _, _ in lines if order))
    title = f"{lines[0][1]} - and {len(lines) - 1} more"
    orders = f"{len(named)} orders: parcelwarden status lists them.\n" if len(named) > 1 else ""
    listed = [f"{what}. {body}" for _, what, body in lines[:_LISTED]]
    if len(lines) > _LISTED:
        listed.append(f"And {len(lines) - _LISTED} more.")
    return title, orders + "\n".join(listed)
