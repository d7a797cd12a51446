"""`worker`: carriers asked by as many machines as are needed, as politely as by one.

Every worker asks; one of them at a time also plans, which is whoever holds the lock. To plan is to take due numbers
under a lease, put them into the carriers' queues, and judge what answers changed. A number under a lease is planned
by nobody else; where its worker is gone, or its answer could not be stored, the lease lapses and it is planned again.
Warnings are stored here and sent by `run`, of which a store has one.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from monitor.adapters.log_file import LOG
from monitor.adapters.store import Server, Store, StoreTrouble
from monitor.asking import Answer, Asker
from monitor.config import ConfigError
from monitor.judging import decide_touched, pages
from monitor.poll import give_legs, take
from monitor.rules import schedule
from monitor.session import Session, complain, say
from scrapers import carriers

if TYPE_CHECKING:
    from monitor.adapters.jobs import Jobs

NO_SERVER = (
    "A worker needs a store on a PostgreSQL server: set [store] url in config.toml,"
    ' e.g. url = "postgresql+psycopg://user@host/database".'
)
NO_EXTRA = "A worker needs an extra: pip install 'parcelwarden[server]'."
# Carriers one worker asks at the same time.
_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two plans; how long a planned number is nobody else's; how many jobs of how many questions are
    planned ahead for a carrier, which are asked within the lease at ten seconds each; for the rest see jobs.Life."""

    plan: float = 30
    lease: timedelta = timedelta(minutes=15)
    ahead: int = 6
    questions: int = 10
    looks: float = 1
    beats: float = 10
    gone: float = 30
    patience: float = 120  # seconds an answer waits for a store that does not take it


def work(session: Session, pace: Pace = Pace()) -> int:
    """Work until told to stop. Raises ConfigError, StoreTrouble."""
    place = session.store_place
    if not isinstance(place, Server):
        raise ConfigError(NO_SERVER)
    try:
        from monitor.adapters.jobs import Jobs, Life
    except ImportError as error:
        raise ConfigError(NO_EXTRA) from error
    session.new_store().close()  # what is wrong with it is told now
    with session.logged("worker"), session.asker() as asker:
        worker = _Worker(session, asker, pace)
        jobs = Jobs(place, worker.ask, Life(pace.looks, pace.beats, pace.gone))
        asyncio.run(worker.run(jobs))
    say("Stopped.")
    return 0


@dataclass
class _Worker:
    """One worker: what it asks with, and whether it is to stop."""

    session: Session
    asker: Asker
    pace: Pace
    stopping: threading.Event = field(default_factory=threading.Event)
    trouble: str = ""  # what was said last, until a plan works

    async def run(self, jobs: Jobs) -> None:
        from monitor.adapters.jobs import ServerGone

        enabled = [c.id for c in carriers.every() if self._enabled(c.id)]
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: LOG.warning(str(context["message"])))
        say(f"Working for {self.session.store_place}. Ctrl-C stops.")
        while not self.stopping.is_set():
            try:
                async with jobs.opened(), asyncio.TaskGroup() as tasks:
                    work = tasks.create_task(jobs.work(enabled, _AT_ONCE))
                    plan = tasks.create_task(self._plan_again_and_again(jobs))
                    self._told_by_signals(work, plan)
            except* ServerGone as gone:
                self._complain(await asyncio.to_thread(self._why, gone))
                await asyncio.sleep(min(self.pace.plan, 5))

    def _why(self, gone: BaseException) -> str:
        """What is wrong with the server, in the store's words."""
        from monitor.adapters.store.postgres import worded

        try:
            self.session.new_store().close()
        except StoreTrouble as trouble:
            return str(trouble)
        while isinstance(gone, BaseExceptionGroup):
            gone = gone.exceptions[0]
        place = self.session.store_place
        assert isinstance(place, Server)
        return str(worded(gone.__cause__ or gone, place))

    def _complain(self, sentence: str) -> None:
        """Say what is wrong, once for as long as it stays the same."""
        if sentence != self.trouble:
            complain(sentence)
        self.trouble = sentence

    def _told_by_signals(self, *tasks: asyncio.Task[None]) -> None:
        """The first signal ends the tasks and lets questions under way be answered; the second ends the process."""

        def stop(number: int) -> None:
            if self.stopping.is_set():
                os._exit(128 + number)
            self.stopping.set()
            for task in tasks:
                loop.call_soon_threadsafe(task.cancel)

        loop = asyncio.get_running_loop()
        for one in (signal.SIGINT, signal.SIGTERM):
            signal.signal(one, lambda number, _: stop(number))
        if self.stopping.is_set():  # told while the server was away, before there were these tasks
            for task in tasks:
                task.cancel()

    async def ask(self, carrier: str, numbers: list[str], lease: datetime) -> None:
        """Ask about planned numbers, question by question, and store each answer."""
        try:
            await asyncio.to_thread(self._ask, carrier, numbers, lease)
        except StoreTrouble as trouble:
            complain(f"Questions to {carrier} are put off: {trouble}")
        except Exception as fault:
            complain(f"Questions to {carrier} are put off by an unexpected fault ({type(fault).__name__}).")
            LOG.warning("It arose here", exc_info=True)
            raise

    def _ask(self, carrier: str, numbers: list[str], lease: datetime) -> None:
        batch = carriers.get(carrier).batch
        with closing(self.session.new_store()) as store:
            for start in range(0, len(numbers), batch):
                now = self.session.clock()
                if self.stopping.is_set():  # the others may have the rest at once
                    store.claim(carrier, numbers[start:], lease, now)
                    return
                # What was planned anew meanwhile, as after a long wait in the queue, is another job's.
                mine = store.claim(carrier, numbers[start : start + batch], lease, now + self.pace.lease)
                if mine:
                    self._keep(store, self.asker.question(carrier, mine))

    def _keep(self, store: Store, answer: Answer) -> None:
        """A server that is started anew costs no answer: it would have to be asked for again."""
        waited, pause = 0.0, 0.5
        while True:
            try:
                return take(store, answer)
            except StoreTrouble:
                if waited >= self.pace.patience:
                    raise
                time.sleep(pause)
                waited, pause = waited + pause, min(pause * 2, 10)

    async def _plan_again_and_again(self, jobs: Jobs) -> None:
        from monitor.adapters.jobs import ServerGone

        while True:
            try:
                await self._plan(jobs)
                self.trouble = ""
            except StoreTrouble as trouble:
                self._complain(str(trouble))
            except ServerGone:
                raise
            except Exception as fault:  # noqa: BLE001 - one bad plan must not end a watch of months
                LOG.warning("It arose here", exc_info=True)
                self._complain(f"Planning: an unexpected fault ({type(fault).__name__}); it is tried again.")
            await asyncio.sleep(self.pace.plan)

    async def _plan(self, jobs: Jobs) -> None:
        await jobs.bury()
        async with jobs.planning() as mine:
            if mine:
                waiting = await jobs.waiting()
                lease = self.session.clock() + self.pace.lease
                planned = await asyncio.to_thread(self._take_due, waiting, lease)
                await jobs.put(planned, lease)
                await asyncio.to_thread(self._judge)

    def _take_due(self, waiting: dict[str, int], lease: datetime) -> list[tuple[str, list[str]]]:
        """Due numbers as jobs, taken under a lease: as many as fill each carrier's queue up."""
        size = {c.id: c.batch * self.pace.questions for c in carriers.every() if self._enabled(c.id)}
        most = {name: jobs * max(self.pace.ahead - waiting.get(name, 0), 0) for name, jobs in size.items()}
        with closing(self.session.new_store()) as store:
            give_legs(store, self.asker, pages(store.lacking_legs_after))
            numbers = store.take_due(most, self.session.clock(), store.newest_look(), lease)
        return schedule.batches(numbers, size)

    def _enabled(self, carrier: str) -> bool:
        return self.asker.config.carrier(carrier).enabled

    def _judge(self) -> None:
        with closing(self.session.new_store()) as store:
            channels = list(self.session.channels())
            decide_touched(store, self.session.config, channels, self.session.clock())
