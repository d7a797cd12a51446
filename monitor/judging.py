"""Judging what can have changed, in parts: an order of which something was written, and all of them every hour.

A verdict follows from what is stored, from the settings, and from the time. What is stored of an order counts in
`touched` when it is written; the settings and the days that have begun are in the `basis`; and what hangs on an
hour of the day is found at the next full hour of watching. Where anything speaks against the clock, all orders are
judged every time.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from monitor import __version__
from monitor.adapters.log_file import LOG
from monitor.adapters.store import Decision, Judged, Judging, Store
from monitor.config import Config
from monitor.model import Leg, Order
from monitor.rules import clock, schedule
from monitor.rules.history import History, learn
from monitor.rules.notices import Notice, short
from monitor.rules.policy import Policy
from monitor.rules.protection import SHOP_ZONE
from monitor.rules.verdict import Verdict, judge

EVERY = timedelta(hours=1)
# Orders judged in one transaction: of a million, no more are in memory.
_PART = 100

Step = Callable[[str], None]


def decide(store: Store, config: Config, channels: Sequence[str], now: datetime) -> list[Verdict]:
    """Judge all orders and store the warnings that are due, in one transaction; needs no network.

    Where something speaks against the clock, what would be due at the other time is stored as well.
    """
    return _at_once(store, _judgement(store, config, channels, now))


def decide_changed(
    store: Store, config: Config, channels: Sequence[str], now: datetime, step: Step = lambda _: None
) -> int:
    """The same for the orders whose verdict can have changed; returns how many were judged.

    `step` is called after each part.
    """
    judgement = _judgement(store, config, channels, now)
    last = store.judging()
    if last and judgement.lasts(last):
        return _in_parts(store, judgement, pages(store.touched_after), last.history, step)
    if len(few := store.ids_after(0, _PART)) < _PART:
        judged = len(_at_once(store, judgement, few))
        step("judged")
        return judged
    history = learn(order for ids in pages(store.ids_after) for order in store.orders_by_id(ids))
    judged = _in_parts(store, judgement, pages(store.ids_after), history, step)
    store.set_judging(Judging(judgement.basis, now, history))  # last: who is ended before begins anew
    return judged


def decide_touched(store: Store, config: Config, channels: Sequence[str], now: datetime) -> int:
    """The same only for the orders of which something was written: who has no right to judge the days, as a worker."""
    judgement = _judgement(store, config, channels, now)
    last = store.judging()
    history = last.history if last else History()
    return _in_parts(store, judgement, pages(store.touched_after), history, lambda _: None)


def pages(after: Callable[[int, int], list[int]]) -> Iterator[list[int]]:
    """Row ids of orders in parts."""
    ids = after(0, _PART)
    while ids:
        yield ids
        ids = after(ids[-1], _PART)


def new_legs(verdict: Verdict, keys: Container[str] = ()) -> dict[int, list[Leg]]:
    """By whom parcels (by row id) are to be seen, too: new ones by their carriers, those that arrived by the post of
    their country. `keys` are the carriers with a key."""
    arrived = {a.number for a in verdict.assessments if a.destination_reached}
    wanted: dict[int, list[Leg]] = {}
    order = verdict.order
    for parcel in order.parcels:
        owned = any(leg.role == "owner" for leg in parcel.legs)
        legs = schedule.legs_for(parcel, order, keys) if parcel.carrier or not owned else []
        # A carrier named later is asked beside those that were guessed before.
        legs = [leg for leg in legs if not owned or leg.carrier == parcel.carrier]
        legs += schedule.destination_legs(parcel, order, reached=parcel.number in arrived)
        known = {(leg.carrier, leg.number) for leg in parcel.legs}
        if new := [leg for leg in legs if (leg.carrier, leg.number) not in known]:
            wanted[parcel.id] = new
    return wanted


def _at_once(store: Store, judgement: _Judgement, ids: Sequence[int] | None = None) -> list[Verdict]:
    """All orders, or these, which are all: read once, for what they teach together and for their verdicts."""
    found = store.to_judge(ids)
    history = learn(found.orders)
    verdicts = judgement.store(store, found, history)
    store.set_judging(Judging(judgement.basis, judgement.now, history))
    return verdicts


def _in_parts(
    store: Store, judgement: _Judgement, parts: Iterator[list[int]], history: History, step: Step
) -> int:
    judged = 0
    for ids in parts:
        judgement.store(store, store.to_judge(ids), history)
        judged += len(ids)
        step("judged")
    return judged


@dataclass(frozen=True, slots=True)
class _Judgement:
    """One moment of judging: by which settings, for which channels, and the times it may be."""

    config: Config
    channels: tuple[str, ...]
    now: datetime
    moments: tuple[datetime, ...]

    @property
    def basis(self) -> str:
        """Stands for all a verdict rests on but the order: two of the same basis differ at most by the hour."""
        zones = (UTC, SHOP_ZONE, self.config.zone)
        days = [self.now.astimezone(zone).date().isoformat() for zone in zones]
        settings = (repr(self.config.sections), self.config.policy.profiles.digest, str(self.config.zone))
        told = repr((__version__, *settings, self.channels))
        return f"{blake2b(told.encode(), digest_size=12).hexdigest()} {' '.join(days)} {len(self.moments)}"

    def lasts(self, last: Judging) -> bool:
        """Whether the last judgement of all orders still holds for those of which nothing was written since."""
        same = last.basis == self.basis and len(self.moments) == 1
        return same and timedelta() <= self.now - last.at < EVERY

    def store(self, store: Store, found: Judged, history: History) -> list[Verdict]:
        """Judge these orders and store what follows, in one transaction."""
        config, policy, decisions, verdicts = self.config, self.config.policy, [], []
        for order in found.orders:
            try:
                first, *doubts = (judge(order, policy, m, config.zone, history) for m in self.moments)
                told = _notices(policy, first, *doubts)
            except Exception as fault:  # noqa: BLE001 - one order that cannot be judged must not silence the others
                if store.tell(_unjudged(order, self.now.astimezone(config.zone)), self.channels, self.now):
                    LOG.warning(f"An order cannot be judged ({type(fault).__name__}).", exc_info=True)
                continue
            verdicts.append(first)
            if order.watched:
                checks = _next_checks(first, config, self.now)
                legless = bool(new_legs(first))
                decisions.append(Decision(order.id, told, checks, found.marks[order.id], legless=legless))
        settled = {order.id: found.marks[order.id] for order in found.orders if not order.watched}
        store.decide(decisions, self.channels, self.now, settled)
        return verdicts


def _judgement(store: Store, config: Config, channels: Sequence[str], now: datetime) -> _Judgement:
    return _Judgement(config, tuple(channels), now, clock.moments(now, store.clock_doubt()))


def _unjudged(order: Order, now: datetime) -> Notice:
    """An order of which nothing can be told, and so its last safe day neither: said once a day."""
    key = f"unjudged/{order.id}/{now.date().isoformat()}"
    body = (
        f"Order {short(order.order_id)} is NOT watched: one of its days may be wrong. Correct it with"
        " parcelwarden edit."
    )
    return Notice("unjudged", key, None, None, "An order cannot be judged", body)


def _notices(policy: Policy, *verdicts: Verdict) -> list[Notice]:
    """What any of these verdicts on one order has to tell."""
    return list({n.key: n for v in verdicts for n in v.notices(policy)}.values())


def _next_checks(verdict: Verdict, config: Config, now: datetime) -> dict[tuple[str, str], datetime | None]:
    checks: list[dict[tuple[str, str], datetime | None]] = []
    by_number = {a.number: a for a in verdict.assessments}
    for parcel in verdict.order.parcels:
        for leg in parcel.legs:
            if leg.last_attempt_at is None or (leg.next_check_at is not None and leg.next_check_at >= now):
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
            # None in the past: an order of the same number, judged after this one, would take it for nobody's.
            at = None if moment is None else max(schedule.spread(leg, moment, share), now)
            checks.append({(leg.carrier, leg.number): at})
    return schedule.soonest(checks)
