"""`run`: a metronome that asks, decides and hands over; what is due lives in the store.

APScheduler only beats time: a few interval ticks in UTC, nothing scheduled for a date (it drops late jobs and
skips days at a change of clocks, see docs/decisions/0004). Whatever was missed is found due at the next tick.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from types import FrameType
from typing import NoReturn, Protocol

from apscheduler.schedulers.background import BackgroundScheduler
from filelock import FileLock, Timeout

from monitor import broker, outage
from monitor.adapters import child
from monitor.adapters.heap import share_one_heap
from monitor.adapters.log_file import LOG
from monitor.adapters.sd_notify import ALIVE, READY, STOPPING, tell_systemd
from monitor.adapters.store import Server, StoreTrouble, backups, only_run
from monitor.errands import run_errands
from monitor.heartbeat import beat
from monitor.poll import poll
from monitor.session import Session, complain, say
from monitor.watchdog import Patience, Watchdog
from monitor.web.beside import local_page

TICK_SECONDS = 30
STOP_SECONDS = 4
LAST_WORDS_SECONDS = 2
# Ticks after which who holds a server's store is another. Where the network broke it is ourselves: the server gives the
# connection that is gone up within two ticks, and whoever is warned twice meanwhile loses nothing.
TICKS_OF_DOUBT = 4
PATIENCE = Patience()
HUNG = 70  # EX_SOFTWARE of sysexits.h


Job = Callable[[Session, threading.Event], None]
Lives = Callable[[str], None]


class WatchedJob(Protocol):
    """A job that calls `lives` after each step that may take long, with a word for it; the watchdog counts on it."""

    def __call__(self, session: Session, stop: threading.Event, /, lives: Lives) -> None: ...


def _unseen(_step: str) -> None:
    """The signs of life of a job nobody watches."""


class AlreadyRunning(Exception):
    """Another daemon holds this data folder; the message says where."""


def run(session: Session, patience: Patience = PATIENCE) -> int:
    """Run until stopped; where the ticks hang the process ends, with 70.

    Raises AlreadyRunning, ConfigError, StoreTrouble at the start; later faults are said.
    """
    _ = session.config  # a broken config or store is told now, not at the first tick
    share_one_heap()
    with _only_one(session.data_dir), session.logged("run"):
        outage.open_store(session)
        stop, watchdog = threading.Event(), Watchdog(patience, JOBS, fed=lambda: tell_systemd(ALIVE))
        # Jobs under way, the page and the broker have four seconds to end; what hangs ends with the process.
        late = "Stopped without waiting for what hangs; it rolls back at the next start."
        insisting = _later(STOP_SECONDS, _end, 0, late)
        with (
            _told_by_signals() as told_to_stop,
            broker.reporting(session) as more,
            _only_one_on_the_server(session.store_place) as alone,
            contextlib.ExitStack() as beside,
        ):
            scheduler = _metronome(session, stop, watchdog, {**more, **alone})
            scheduler.start()
            place = session.store_place
            where = f"in {session.data_dir}" if isinstance(place, Path) else str(place)
            say(f"Watching; the store is {where}. Ctrl-C stops.")
            beside.enter_context(local_page(session))
            tell_systemd(READY)
            while not told_to_stop(patience.look):
                if wrong := watchdog.overdue():
                    _end(HUNG, f"{wrong}; the program ends, for the system to start it anew.")
                for name in watchdog.late():
                    scheduler.modify_job(name, next_run_time=datetime.now(UTC))
            tell_systemd(STOPPING)
            stop.set()
            insisting.start()
            scheduler.shutdown()
        insisting.cancel()
        say("Stopped.")
    return 0


def _metronome(
    session: Session, stop: threading.Event, watchdog: Watchdog, more: Mapping[str, Job]
) -> BackgroundScheduler:
    scheduler = BackgroundScheduler(
        timezone="UTC",
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )
    watched: dict[str, Job] = {
        name: functools.partial(job, lives=watchdog.lives_in(name)) for name, job in JOBS.items()
    }
    for name, job in {**watched, **more}.items():
        scheduler.add_job(
            _Ticks(name, job, session, stop, watchdog).run,
            "interval",
            seconds=TICK_SECONDS,
            id=name,
            next_run_time=datetime.now(UTC),
        )
    return scheduler


def _later(seconds: float, do: Callable[..., object], *words: object) -> threading.Timer:
    """Something to be done from a thread of its own, which holds up no end."""
    timer = threading.Timer(seconds, do, words)
    timer.daemon = True
    return timer


def _end(code: int, sentence: str) -> NoReturn:
    """End the process and its children whatever hangs, be it the disk or whoever reads what is said."""
    _later(LAST_WORDS_SECONDS, os._exit, code).start()
    child.end_all()
    complain(sentence)
    os._exit(code)


def ask(session: Session, stop: threading.Event, lives: Lives = _unseen) -> None:
    """Poll the carriers that are due."""
    store = session.new_store()
    try:
        with session.asker() as asker:
            # A store that takes nothing is found out before anybody is asked; where nobody is, nothing is written.
            ready = functools.partial(session.tick, store)
            asked = poll(store, asker, say=lives, stopped=stop.is_set, first=ready)
        if not stop.is_set():
            beat(session, store, asked)
    finally:
        store.close()


def warn(session: Session, _stop: threading.Event, lives: Lives = _unseen) -> None:
    """Decide from what is known and hand the warnings over; waits for no carrier, nor for a store that is broken."""
    outage.warn_anyway(session, step=lives)


def keep(session: Session, stop: threading.Event, lives: Lives = _unseen) -> None:
    """Make the day's backup when it is not there yet, then forget what is too old; a file damaged or gone meanwhile
    gives way to the newest backup."""
    place = session.store_place
    if isinstance(place, Path):
        if session.mend_store():
            return
        backups.daily(place, session.clock().astimezone(session.zone))
        lives("backed up")
    session.upkeep.forget_old(session, stop, lives)


JOBS: dict[str, WatchedJob] = {"warn": warn, "ask": ask, "keep": keep, "errands": run_errands}


class _Ticks:
    """The ticks of one job. One that fails is said, once for each trouble, and tried again by the next; none ever
    ends the daemon."""

    def __init__(
        self, name: str, job: Job, session: Session, stop: threading.Event, watchdog: Watchdog
    ) -> None:
        self._name, self._job, self._session, self._stop, self._watchdog = name, job, session, stop, watchdog
        self._trouble = ""

    def run(self) -> None:
        self._watchdog.lives(self._name)
        before, self._trouble = self._trouble, self._run()
        if self._trouble and self._trouble != before:
            complain(f"{self._name}: {self._trouble}")
        elif before and not self._trouble:
            say(f"{self._name}: works again.")
        self._watchdog.ended(self._name)

    def _run(self) -> str:
        """What went wrong; "" for nothing."""
        try:
            self._job(self._session, self._stop)
        except StoreTrouble as trouble:
            return str(trouble)
        except Exception as fault:  # noqa: BLE001 - one bad tick must not end a watch of months
            kind = type(fault).__name__
            if f"({kind})" not in self._trouble:
                LOG.warning(f"{self._name}: it arose here", exc_info=True)
            return f"an unexpected fault ({kind}); tried again at every tick."
        return ""


def running(data_dir: Path) -> bool:
    """Whether a daemon holds this data folder; not known, and so False, where nothing can be locked in it."""
    try:
        with FileLock(data_dir / "daemon.lock").acquire(timeout=0):
            return False
    except Timeout:
        return True
    except OSError:
        return False


@contextlib.contextmanager
def _only_one(data_dir: Path) -> Iterator[None]:
    lock = FileLock(data_dir / "daemon.lock")
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock.acquire(timeout=0.3)  # `service status` holds it for a moment to see whether it is free
    except Timeout:
        raise AlreadyRunning(f"A parcelwarden is already running on {data_dir}; stop it first.") from None
    except OSError:  # a folder that takes no file: warnings come from memory, at worst from two daemons
        complain(f"{data_dir} cannot be locked against a second daemon.")
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _only_one_on_the_server(place: Path | Server) -> Iterator[Mapping[str, Job]]:
    """Hold a server's store against the `run` of another machine, and the job that sees to it that it stays held.

    A server that was started anew has forgotten who held it: whoever asks first has it then.
    """
    if isinstance(place, Path):
        yield {}
        return
    taken = f"A parcelwarden of another machine is already running on {place}; stop it first."
    with only_run(place) as held:
        if not held():
            raise AlreadyRunning(taken)

        doubts = 0

        def stay_alone(_session: Session, _stop: threading.Event) -> None:
            nonlocal doubts
            try:
                doubts = 0 if held() else doubts + 1
            except StoreTrouble:
                return  # every other job says so
            if doubts >= TICKS_OF_DOUBT:
                _end(HUNG, taken)

        yield {"alone": stay_alone}


@contextlib.contextmanager
def _told_by_signals() -> Iterator[Callable[[float], bool]]:
    """Yields the wait for a signal to stop: True when one came, False after so many seconds without.

    The handler only puts into a SimpleQueue, which is made for that: an Event set by a handler hangs for good where
    the signal comes while the same thread is about to wait for it.
    """
    asked: SimpleQueue[int] = SimpleQueue()
    times = itertools.count(1)

    def ask_to_stop(number: int, _frame: FrameType | None) -> None:
        if next(times) > 1:  # asked twice: at once; what was not committed rolls back at the next start
            child.end_all()
            os._exit(130)
        asked.put(number)

    def told_to_stop(seconds: float) -> bool:
        with contextlib.suppress(Empty):
            asked.get(timeout=seconds)
            return True
        return False

    before = {number: signal.signal(number, ask_to_stop) for number in _signals()}
    try:
        yield told_to_stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _signals() -> Iterator[signal.Signals]:
    """Ctrl-C, the system's request to end, and a terminal that is closed, unless `nohup` had that ignored."""
    yield from (signal.SIGINT, signal.SIGTERM)
    for name in ("SIGHUP", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            yield number
