"""One poll: who is due is asked and every answer is stored, in parts, so that many parcels take no more memory."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from monitor.adapters.log_file import LOG
from monitor.adapters.store import Store
from monitor.asking import Answer, Asker, Say, Stopped
from monitor.judging import new_legs, pages
from monitor.model import Leg
from monitor.rules import schedule
from monitor.rules.verdict import judge_each
from scrapers import carriers
from scrapers.base import TrackingReport

# By carrier.
Numbers = Mapping[str, Sequence[str]]
# An answer may name another number of the parcel, and that one's answer a third; no journey has more.
_ROUNDS = 3
# The numbers of a part: so many questions to each carrier.
_QUESTIONS = 10
# On a store shared with workers, how long they leave a part alone.
_LEASE = timedelta(minutes=15)


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
    first: Callable[[], None] = lambda: None,
) -> Asked:
    """Ask about every due number, or about all, or about the orders named; learn linked numbers on the way.

    `first` is called before anybody is asked, and not where nobody is.
    """
    one = _Poll(store, asker, say, stopped, first)
    if only or everything:
        one.ask_of(iter([store.ids_of(only)]) if only else pages(store.ids_after))
    else:
        one.ask_due()
    LOG.log(logging.INFO if one.asked.outcomes else logging.DEBUG, str(one.asked))
    if asker.fetcher.clocks_ahead:
        store.heard_clocks(asker.fetcher.clocks_ahead, asker.clock())
    return one.asked


@dataclass(slots=True)
class _Poll:
    """One poll under way."""

    store: Store
    asker: Asker
    say: Say
    stopped: Stopped
    first: Callable[[], None]
    asked: Asked = field(default_factory=Asked)

    def ask_due(self) -> None:
        """Those who are due; then those whose numbers came up meanwhile."""
        give_legs(self.store, self.asker, pages(self.store.lacking_legs_after))
        newest = 0
        for _ in range(_ROUNDS):
            before, newest = newest, self.store.newest_look()
            if newest == before:
                return
            for part in self._due(newest):
                self._ask(part)
                if self.stopped():
                    return
            give_legs(self.store, self.asker, pages(self.store.lacking_legs_after))

    def ask_of(self, orders: Iterator[list[int]]) -> None:
        """All numbers of these orders (parts of row ids) that are watched."""
        for ids in orders:
            done: set[tuple[str, str]] = set()
            for _ in range(_ROUNDS):
                give_legs(self.store, self.asker, iter([ids]))
                wanted = self._asked_for(ids, done)
                if not wanted or self.stopped():
                    break
                done |= {(carrier, number) for carrier, numbers in wanted.items() for number in numbers}
                self._ask(wanted)

    def _due(self, newest: int) -> Iterator[Numbers]:
        """The due numbers in parts; one that is due still after it was asked ends the round."""
        most = {
            c.id: c.batch * _QUESTIONS for c in carriers.every() if self.asker.config.carrier(c.id).enabled
        }
        part: Numbers = {}
        while True:
            now = self.asker.clock()
            before = part
            if self.store.shared:
                part = self.store.take_due(most, now, newest, now + _LEASE)
            else:
                part = self.store.due(most, now, newest)
            if not part or part == before:
                return
            yield part

    def _asked_for(self, ids: Sequence[int], done: Collection[tuple[str, str]]) -> Numbers:
        """The numbers of these orders that are not done."""
        found: dict[str, list[str]] = {}
        for order in self.store.orders_by_id(ids):
            for leg in (leg for parcel in order.parcels for leg in parcel.legs if order.watched):
                if (leg.carrier, leg.number) not in done and self.asker.config.carrier(leg.carrier).enabled:
                    found.setdefault(leg.carrier, []).append(leg.number)
        return found

    def _ask(self, numbers: Numbers) -> None:
        if not self.asked.outcomes:
            self.first()
        for answer in self.asker.ask(numbers, self.say, self.stopped):
            take(self.store, answer)
            self._count(answer)

    def _count(self, answer: Answer) -> None:
        for report in answer.reports:
            self.asked.outcomes[report.outcome] += 1
            if report.outcome in ("blocked", "unavailable", "changed"):
                self.asked.troubles.setdefault(answer.carrier, report.detail)


def take(store: Store, answer: Answer) -> None:
    """Store an answer, with legs for the other numbers of parcels it names for the first time."""
    naming = [report for report in answer.reports if report.linked_numbers]
    linked = _linked(store, answer.carrier, naming) if naming else {}
    store.record(answer.carrier, answer.reports, linked, answer.at, answer.seconds)


def give_legs(store: Store, asker: Asker, orders: Iterator[list[int]]) -> None:
    """Give new parcels their carriers, and parcels that arrived the post of their country."""
    config = asker.config
    policy, keys = config.policy, {name for name, settings in config.carriers.items() if settings.key}
    for ids in orders:
        found = store.to_judge(ids)
        watched = [order for order in found.orders if order.watched]
        verdicts = judge_each(watched, policy, asker.clock(), config.zone).verdicts
        wanted = {parcel: legs for v in verdicts for parcel, legs in new_legs(v, keys).items()}
        store.link(wanted, found.marks)


def _linked(store: Store, carrier: str, naming: Sequence[TrackingReport]) -> dict[int, list[Leg]]:
    """Legs for the other numbers that new answers name, by the parcel they belong to."""
    wanted: dict[int, list[Leg]] = {}
    named = {report.number: report.linked_numbers for report in store.news(carrier, naming)}
    for order in store.owners(carrier, list(named)) if named else ():
        for parcel in order.parcels:
            for number in {leg.number for leg in parcel.legs if leg.carrier == carrier} & named.keys():
                legs = schedule.linked_legs(parcel, named[number], order)
                wanted.setdefault(parcel.id, []).extend(legs)
    return wanted
