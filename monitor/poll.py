"""One poll: who is due is asked, every answer is stored, and then all orders are judged."""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.adapters.log_file import LOG
from monitor.adapters.store import Decision, Store
from monitor.asking import Answer, Asker, Say, Stopped
from monitor.config import Config
from monitor.model import Leg, Order, Parcel
from monitor.rules import clock, schedule
from monitor.rules.notices import Notice
from monitor.rules.verdict import Verdict, judge, judge_all

# An answer may name another number of the parcel, and that one's answer a third; no journey has more.
_ROUNDS = 3


@dataclass(slots=True)
class Asked:
    """What came of one round of questions: outcomes counted, and what could not be asked, a sentence each."""

    outcomes: Counter[str] = field(default_factory=Counter)
    troubles: dict[str, str] = field(default_factory=dict)

    @property
    def incomplete(self) -> bool:
        return bool(self.troubles)

    def __str__(self) -> str:
        counts = ", ".join(f"{outcome} {count}" for outcome, count in sorted(self.outcomes.items()))
        failed = f"; trouble with {', '.join(sorted(self.troubles))}" if self.troubles else ""
        return f"{self.outcomes.total()} numbers asked: {counts or 'none due'}{failed}."


def poll(
    store: Store,
    asker: Asker,
    *,
    only: Sequence[str] = (),
    everything: bool = False,
    say: Say = lambda _: None,
    stopped: Stopped = lambda: False,
) -> Asked:
    """Ask about every due number, or about all, or about the orders named; learn linked numbers on the way."""
    asked, config = Asked(), asker.config
    done: set[tuple[str, str]] = set()
    for _ in range(_ROUNDS):
        orders = _watched(store, only)
        if _learn_legs(store, orders, config, asker.clock()):
            orders = _watched(store, only)
        legs = [leg for o in orders for p in o.parcels for leg in p.legs]
        wanted = [
            leg
            for leg in legs
            if (leg.carrier, leg.number) not in done
            and config.carrier(leg.carrier).enabled
            and (everything or only or _is_due(leg, asker.clock()))
        ]
        if not wanted or stopped():
            break
        done |= {(leg.carrier, leg.number) for leg in wanted}
        owners = _owners(orders)
        for answer in asker.ask(wanted, say, stopped):
            store.record(answer.carrier, answer.reports, _linked(answer, owners), answer.at, answer.seconds)
            _count(asked, answer)
    LOG.log(logging.INFO if asked.outcomes else logging.DEBUG, str(asked))
    if asker.fetcher.clocks_ahead:
        store.heard_clocks(asker.fetcher.clocks_ahead, asker.clock())
    return asked


def _watched(store: Store, only: Sequence[str]) -> list[Order]:
    return [o for o in store.orders() if o.watched and (not only or o.order_id in only)]


def decide(store: Store, config: Config, channels: Sequence[str], now: datetime) -> list[Verdict]:
    """Judge all orders and store the warnings that are due, in one transaction; needs no network.

    Where something speaks against the clock, what would be due at the other time is stored as well.
    """
    orders = store.orders()
    first, *later = clock.moments(now, store.clock_doubt())
    verdicts = judge_all(orders, config.policy, first, config.zone)
    doubts = [judge_all(orders, config.policy, moment, config.zone) for moment in later]
    decisions = [
        Decision(v.order.id, _notices(config, v, *others), _next_checks(v, config, now))
        for v, *others in zip(verdicts, *doubts, strict=True)
        if v.order.watched
    ]
    store.decide(decisions, channels, now)
    return verdicts


def _notices(config: Config, *verdicts: Verdict) -> list[Notice]:
    """What any of these verdicts on one order has to tell."""
    return list({n.key: n for v in verdicts for n in v.notices(config.policy)}.values())


def _learn_legs(store: Store, orders: Sequence[Order], config: Config, now: datetime) -> bool:
    """Give new parcels their carriers, and parcels that arrived the post of their country; True if any was new."""
    keys = {name for name, settings in config.carriers.items() if settings.key}
    wanted: dict[int, list[Leg]] = {}
    for order in orders:
        arrived = {
            a.number
            for a in judge(order, config.policy, now, config.zone).assessments
            if a.destination_reached
        }
        for parcel in order.parcels:
            owned = any(leg.role == "owner" for leg in parcel.legs)
            legs = [] if owned else schedule.legs_for(parcel, order, keys)
            legs += schedule.destination_legs(parcel, order, reached=parcel.number in arrived)
            known = {(leg.carrier, leg.number) for leg in parcel.legs}
            wanted[parcel.id] = [leg for leg in legs if (leg.carrier, leg.number) not in known]
    return any(wanted.values()) and store.link(wanted) > 0


def _owners(orders: Sequence[Order]) -> dict[tuple[str, str], list[tuple[Order, Parcel]]]:
    """Whose parcel a (carrier, number) is; one number may stand on several orders."""
    found: dict[tuple[str, str], list[tuple[Order, Parcel]]] = {}
    for order in orders:
        for parcel in order.parcels:
            for leg in parcel.legs:
                found.setdefault((leg.carrier, leg.number), []).append((order, parcel))
    return found


def _linked(
    answer: Answer, owners: dict[tuple[str, str], list[tuple[Order, Parcel]]]
) -> dict[int, list[Leg]]:
    """Legs for the other numbers an answer names, by the parcel they belong to."""
    wanted: dict[int, list[Leg]] = {}
    for report in answer.reports:
        for order, parcel in owners.get((answer.carrier, report.number), []) if report.linked_numbers else []:
            wanted.setdefault(parcel.id, []).extend(
                schedule.linked_legs(parcel, report.linked_numbers, order)
            )
    return wanted


def _is_due(leg: Leg, now: datetime) -> bool:
    if leg.last_attempt_at is None or leg.next_check_at is None:
        return leg.last_attempt_at is None
    # An appointment made by a clock that ran ahead is none.
    return leg.next_check_at <= now or leg.last_attempt_at > now + clock.NOTABLE


def _count(asked: Asked, answer: Answer) -> None:
    for report in answer.reports:
        asked.outcomes[report.outcome] += 1
        if report.outcome in ("blocked", "unavailable", "changed"):
            asked.troubles.setdefault(answer.carrier, report.detail)


def _next_checks(verdict: Verdict, config: Config, now: datetime) -> dict[tuple[str, str], datetime | None]:
    checks: dict[tuple[str, str], datetime | None] = {}
    by_number = {a.number: a for a in verdict.assessments}
    for parcel in verdict.order.parcels:
        for leg in parcel.legs:
            if leg.last_attempt_at is None or (leg.next_check_at is not None and leg.next_check_at > now):
                continue
            moment = schedule.next_check(
                leg,
                by_number[parcel.number],
                verdict.advice,
                verdict.days_left,
                config.intervals,
                leg.last_attempt_at,
            )
            share = config.polling.jitter * (random.random() * 2 - 1)  # noqa: S311 - spreads polls, guards nothing
            key = (leg.carrier, leg.number)
            checks[key] = None if moment is None else moment + (moment - leg.last_attempt_at) * share
    return checks
