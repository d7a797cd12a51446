"""The alarms of last safe days that are near enough to be left with a server of push messages beforehand.

A machine that is off warns of nothing. What a server holds for it arrives at the beginning of the day: the moment at
which the machine itself would tell it, judged for that moment by the same rules.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from monitor.rules.notices import Notice
from monitor.rules.policy import Policy
from monitor.rules.verdict import Verdict, judge

_SOON = timedelta(minutes=1)  # what is nearer is told by the machine, which is on


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm to be left with the server. `id` tells nobody which order it is; `at` is in UTC."""

    id: str
    at: datetime
    title: str
    body: str


def last_days(
    verdicts: Iterable[Verdict],
    policy: Policy,
    now: datetime,
    zone: tzinfo,
    within: timedelta,
    place: str = "",
) -> Iterator[Alarm]:
    """The alarms of all last safe days that begin within that time, to be left at one place: another has its own."""
    for verdict in verdicts:
        for day in sorted({d.last_safe_day for d in verdict.deadlines if d.days_left > 0}):
            at = _begins(day, verdict, zone)
            if verdict.order.watched and now + _SOON < at <= now + within:
                then = judge(verdict.order, policy, at, zone).notices(policy)
                yield from (
                    _alarm(verdict, notice, at, place)
                    for notice in then
                    if notice.step is not None and notice.deadline == day and notice.days_left == 0
                )


def _begins(day: date, verdict: Verdict, zone: tzinfo) -> datetime:
    """When the day that counts begins: the user's or the shop's, whichever is earlier (see protection.today)."""
    shop = verdict.parties[0].zone
    zones = (zone, ZoneInfo(shop) if shop else zone)
    return min(datetime.combine(day, time(), one).astimezone(UTC) for one in zones)


def _alarm(verdict: Verdict, notice: Notice, at: datetime, place: str) -> Alarm:
    order = verdict.order
    name = f"{place}/{order.marketplace}/{order.order_id}/{notice.key}"
    return Alarm(
        id=f"pw-{hashlib.sha256(name.encode()).hexdigest()[:24]}",
        at=at,
        title=notice.title,
        body=f"{notice.body} Sent ahead, in case your computer is off.",
    )
