"""Asking the carriers: who is due is asked, politely and in batches; every answer is stored, then judged."""

from __future__ import annotations

import contextlib
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from monitor.adapters.store import Decision, Store
from monitor.config import Config
from monitor.model import Leg, Order, Parcel
from monitor.rules import schedule
from monitor.rules.verdict import Verdict, judge
from scrapers import carriers
from scrapers.base import Access, Carrier, Outcome, Request, TrackingReport

if TYPE_CHECKING:
    from monitor.adapters.fetch import Fetcher

# An answer may name another number of the parcel, and that one's answer a third; no journey has more.
_ROUNDS = 3
# Carriers asked at the same time.
_AT_ONCE = 4
# Seconds after which a wait for answers looks up whether it is to stop.
_LOOK_UP = 0.5

Clock = Callable[[], datetime]
Say = Callable[[str], None]
Stopped = Callable[[], bool]


@dataclass(slots=True)
class Asked:
    """What came of one round of questions: outcomes counted, and what could not be asked, a sentence each."""

    outcomes: Counter[str] = field(default_factory=Counter)
    troubles: dict[str, str] = field(default_factory=dict)

    @property
    def incomplete(self) -> bool:
        return bool(self.troubles)


def poll(
    store: Store,
    fetcher: Fetcher,
    config: Config,
    clock: Clock,
    *,
    only: Sequence[str] = (),
    everything: bool = False,
    say: Say = lambda _: None,
    stopped: Stopped = lambda: False,
) -> Asked:
    """Ask about every due number, or about all, or about the orders named; learn linked numbers on the way."""
    asked = Asked()
    done: set[tuple[str, str]] = set()
    for _ in range(_ROUNDS):
        orders = _watched(store, only)
        if _learn_legs(store, orders, config, clock()):
            orders = _watched(store, only)
        legs = [leg for o in orders for p in o.parcels for leg in p.legs]
        wanted = [
            leg
            for leg in legs
            if (leg.carrier, leg.number) not in done
            and config.carrier(leg.carrier).enabled
            and (everything or only or _is_due(leg, clock()))
        ]
        if not wanted or stopped():
            break
        done |= {(leg.carrier, leg.number) for leg in wanted}
        owners = _owners(orders)
        for carrier, reports, now in ask(fetcher, config, wanted, clock, say, stopped):
            store.record(carrier, reports, _linked(carrier, reports, owners), now)
            _count(asked, carrier, reports)
    return asked


def _watched(store: Store, only: Sequence[str]) -> list[Order]:
    return [o for o in store.orders() if o.watched and (not only or o.order_id in only)]


def ask(
    fetcher: Fetcher, config: Config, legs: Sequence[Leg], clock: Clock, say: Say, stopped: Stopped
) -> Iterator[tuple[str, list[TrackingReport], datetime]]:
    """Ask about these legs; yields each answer as (carrier, reports, when) as soon as it is there.

    One question a carrier at a time, and carriers do not wait for each other. When `stopped` turns true, or the
    iterator is closed, nobody is asked any more and answers under way are not waited for.
    """
    batches = schedule.batches(legs)
    waiting: dict[str, list[list[str]]] = {}
    for carrier, numbers in batches:
        waiting.setdefault(carrier, []).append(numbers)
    answers: SimpleQueue[tuple[str, list[TrackingReport] | Exception]] = SimpleQueue()
    turns, over = threading.Semaphore(_AT_ONCE), threading.Event()

    def work(carrier: str) -> None:
        for numbers in waiting[carrier]:
            with turns:
                if over.is_set():
                    return
                try:
                    answers.put((carrier, _reports(fetcher, config, carrier, numbers)))
                except Exception as fault:  # noqa: BLE001 - raised again where the answers are read
                    answers.put((carrier, fault))

    for carrier in waiting:
        # Daemon threads: an answer that hangs for its twenty seconds must not hold up the end of the program.
        threading.Thread(target=work, args=(carrier,), daemon=True, name=f"ask {carrier}").start()
    try:
        for answered in range(1, len(batches) + 1):
            carrier, reports = _next(answers, stopped)
            if isinstance(reports, Exception):
                raise reports
            if not carrier:
                return
            yield carrier, reports, clock()
            say(f"{answered} of {len(batches)} questions answered")
    finally:
        over.set()


def _next(
    answers: SimpleQueue[tuple[str, list[TrackingReport] | Exception]], stopped: Stopped
) -> tuple[str, list[TrackingReport] | Exception]:
    while not stopped():
        with contextlib.suppress(Empty):
            return answers.get(timeout=_LOOK_UP)
    return "", []


def decide(
    store: Store,
    config: Config,
    channels: Sequence[str],
    now: datetime,
    orders: Iterable[Order] | None = None,
) -> list[Verdict]:
    """Judge orders and store the warnings that are due, in one transaction; needs no network."""
    verdicts = [judge(order, config.policy, now, config.zone) for order in (orders or store.orders())]
    decisions = [
        Decision(v.order.id, v.notices(config.policy), _next_checks(v, config, now))
        for v in verdicts
        if v.order.watched
    ]
    store.decide(decisions, channels, now)
    return verdicts


def _reports(fetcher: Fetcher, config: Config, carrier_id: str, numbers: list[str]) -> list[TrackingReport]:
    """One report for every number: what the carrier said, or why it could not be asked."""
    carrier, settings = carriers.get(carrier_id), config.carrier(carrier_id)
    why = _out_of_reach(carrier, settings.key, config.general.postcode)
    if why:
        return [TrackingReport(n, "blocked", why) for n in numbers]
    access = Access(settings.key, config.general.postcode, config.general.language)
    reports: list[TrackingReport] = []
    for request in carrier.requests(numbers, access):
        reports += _answer(fetcher, request, settings.base_url, carrier_id)
    told = {report.number for report in reports}
    left_out = [
        TrackingReport(n, "unavailable", "no question could be put") for n in numbers if n not in told
    ]
    return reports + left_out


def _out_of_reach(carrier: Carrier, key: str, postcode: str) -> str:
    """Why a carrier is not asked at all, and what helps; "" where it can be."""
    if carrier.reach == "key" and not key:
        return f"{carrier.name} is asked with a key of your own: set carriers.{carrier.id}.key"
    if carrier.reach == "postcode" and not postcode:
        return f"{carrier.name} answers only with your postcode: set general.postcode"
    if carrier.reach == "user":
        return f"{carrier.name} answers only a person: look at {carrier.home} yourself"
    return ""


def _answer(fetcher: Fetcher, request: Request, base_url: str, carrier_id: str) -> list[TrackingReport]:
    fetched = fetcher.fetch(request, base_url=base_url)
    if fetched.page is None:
        return [TrackingReport(n, "unavailable", fetched.fault) for n in request.numbers]
    reports = carriers.get(carrier_id).parse(fetched.page, request.numbers)
    fetcher.report(base_url or request.url, _page_outcome(reports))
    return reports


def _page_outcome(reports: Sequence[TrackingReport]) -> Outcome:
    """What the page as a whole was: an answer if it says anything about anyone, a refusal only if to all."""
    outcomes = {report.outcome for report in reports}
    if outcomes & {"ok", "not_found"}:
        return "ok"
    return "blocked" if outcomes == {"blocked"} else "unavailable"


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
    carrier: str, reports: Sequence[TrackingReport], owners: dict[tuple[str, str], list[tuple[Order, Parcel]]]
) -> dict[int, list[Leg]]:
    """Legs for the other numbers an answer names, by the parcel they belong to."""
    wanted: dict[int, list[Leg]] = {}
    for report in reports:
        for order, parcel in owners.get((carrier, report.number), []) if report.linked_numbers else []:
            wanted.setdefault(parcel.id, []).extend(
                schedule.linked_legs(parcel, report.linked_numbers, order)
            )
    return wanted


def _is_due(leg: Leg, now: datetime) -> bool:
    return leg.last_attempt_at is None or (leg.next_check_at is not None and leg.next_check_at <= now)


def _count(asked: Asked, carrier: str, reports: Sequence[TrackingReport]) -> None:
    for report in reports:
        asked.outcomes[report.outcome] += 1
        if report.outcome in ("blocked", "unavailable", "changed"):
            asked.troubles.setdefault(carrier, report.detail)


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
