"""The whole judgement of one order: conditions, deadlines, advice. Pure, and the same for daemon and one-shot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import NamedTuple

from monitor.model import Order
from monitor.rules.advise import Advice, advise
from monitor.rules.assess import Assessment, assess
from monitor.rules.history import History, learn
from monitor.rules.notices import Notice, due
from monitor.rules.policy import Policy
from monitor.rules.protection import Deadline, deadlines
from scrapers.marketplaces.profiles import Profile


@dataclass(frozen=True, slots=True)
class Verdict:
    """One order judged at one moment. `parties` can be asked for the money: the shop, then who paid."""

    order: Order
    assessments: tuple[Assessment, ...]
    deadlines: tuple[Deadline, ...]
    advice: Advice
    parties: tuple[Profile, ...]

    @property
    def days_left(self) -> int | None:
        """Days to the nearest last safe day still to come."""
        return next((d.days_left for d in self.deadlines if d.yours and d.days_left >= 0), None)

    @property
    def nearest(self) -> Deadline | None:
        """The deadline to look at: that of the advice, else the next last safe day still to come."""
        if self.advice.by is not None:
            return next((d for d in self.deadlines if d.last_safe_day == self.advice.by), None)
        return next((d for d in self.deadlines if d.yours and d.days_left >= 0), None)

    @property
    def urgent(self) -> bool:
        """Something is to be done; waiting and being done are not."""
        return self.order.watched and self.advice.action not in ("wait", "nothing")

    def notices(self, policy: Policy) -> list[Notice]:
        return due(self.order, self.assessments, self.deadlines, self.advice, policy)


def judge(
    order: Order, policy: Policy, now: datetime, zone: tzinfo, history: History | None = None
) -> Verdict:
    """Judge one order; `history` is what all orders together teach (history.learn)."""
    assessments = tuple(assess(parcel, order, policy, now, history) for parcel in order.parcels)
    dated = deadlines(order, assessments, now, zone, policy.profiles)
    advice = advise(order, assessments, dated, policy, now, zone)
    parties = policy.profiles.parties(order.marketplace, order.payment_method)
    return Verdict(order, assessments, dated, advice, parties)


class Judgement(NamedTuple):
    """Several orders judged, and those that cannot be (rules.unjudged says what to do)."""

    verdicts: list[Verdict]
    unjudged: list[Order]


def judge_all(orders: Sequence[Order], policy: Policy, now: datetime, zone: tzinfo) -> Judgement:
    """Judge orders in the light of what they teach together."""
    return judge_each(orders, policy, now, zone, learn(orders))


def judge_each(
    orders: Iterable[Order], policy: Policy, now: datetime, zone: tzinfo, history: History | None = None
) -> Judgement:
    """Judge orders one by one: one that cannot be judged keeps nobody from the others."""
    done = Judgement([], [])
    for order in orders:
        try:
            done.verdicts.append(judge(order, policy, now, zone, history))
        except Exception:  # noqa: BLE001 - whatever is wrong with one order, the others have their days
            done.unjudged.append(order)
    return done


def most_urgent_first(verdicts: list[Verdict]) -> list[Verdict]:
    """What needs the user on top, then by days left; orders without a date come after those with one."""
    return sorted(
        verdicts, key=lambda v: (not v.urgent, not v.order.watched, v.days_left is None, v.days_left or 0)
    )
