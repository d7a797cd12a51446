"""`run`: a metronome that asks, decides and hands over; what is due lives in the store.

APScheduler only beats time: a few interval ticks in UTC, nothing scheduled for a date (it drops late jobs and
skips days at a change of clocks, see docs/decisions/0004). Whatever was missed is found due at the next tick.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

from apscheduler.schedulers.background import BackgroundScheduler
from filelock import FileLock, Timeout

from monitor import broker
from monitor.adapters.store import StoreTrouble, backups
from monitor.errands import run_errands
from monitor.heartbeat import beat
from monitor.poll import poll
from monitor.session import Session, say
from monitor.warning import warn as warn_once

TICK_SECONDS = 30
STOP_SECONDS = 4


class AlreadyRunning(Exception):
    """Another daemon holds this data folder; the message says where."""


def run(session: Session) -> int:
    """Run until stopped. Raises AlreadyRunning, ConfigError, StoreTrouble at the start; later faults are said."""
    _ = session.config  # a broken config or store is told now, not at the first tick
    with _only_one(session.data_dir):
        session.mend_store()
        session.new_store().close()
        stop = threading.Event()
        with _stopped_by_signals(stop), broker.reporting(session) as more:
            scheduler = BackgroundScheduler(
                timezone="UTC",
                job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
            )
            for name, job in {**JOBS, **more}.items():
                scheduler.add_job(
                    _guarded,
                    "interval",
                    seconds=TICK_SECONDS,
                    args=(name, job, session, stop),
                    id=name,
                    next_run_time=session.clock(),
                )
            scheduler.start()
            say(f"Watching; the store is in {session.data_dir}. Ctrl-C stops.")
            stop.wait()
            _shut_down(scheduler)
    say("Stopped.")
    return 0


def _shut_down(scheduler: BackgroundScheduler) -> None:
    """Let the jobs under way end, for four seconds; one that hangs ends with the process."""
    waiting = threading.Thread(target=scheduler.shutdown, daemon=True, name="shutdown")
    waiting.start()
    waiting.join(STOP_SECONDS)
    if waiting.is_alive():
        say("Stopped without waiting for what hangs; it rolls back at the next start.")
        os._exit(0)


def ask(session: Session, stop: threading.Event) -> None:
    """Poll the carriers that are due."""
    store = session.new_store()
    try:
        with session.asker() as asker:
            asked = poll(store, asker, stopped=stop.is_set)
        if not stop.is_set():
            beat(session, store, asked)
    finally:
        store.close()


def warn(session: Session, _stop: threading.Event) -> None:
    """Decide from what is known and hand the warnings over; waits for no carrier."""
    store = session.new_store()
    try:
        warn_once(session, store)
    finally:
        store.close()


def keep(session: Session, _stop: threading.Event) -> None:
    """Make the day's backup when it is not there yet; a store damaged or gone meanwhile gives way to the newest."""
    if not session.mend_store():
        backups.daily(session.store_path, session.clock().astimezone(session.zone))


Job = Callable[[Session, threading.Event], None]
JOBS: dict[str, Job] = {"warn": warn, "ask": ask, "keep": keep, "errands": run_errands}


def _guarded(name: str, job: Job, session: Session, stop: threading.Event) -> None:
    """A tick that fails is said and tried again by the next one; it never ends the daemon."""
    try:
        job(session, stop)
    except StoreTrouble as trouble:
        say(f"{name}: {trouble}")
    except Exception as fault:  # noqa: BLE001 - one bad tick must not end a watch of months
        say(f"{name}: an unexpected fault ({type(fault).__name__}); tried again in {TICK_SECONDS} seconds.")


@contextlib.contextmanager
def _only_one(data_dir: Path) -> Iterator[None]:
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = FileLock(data_dir / "daemon.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise AlreadyRunning(f"A parcelwarden is already running on {data_dir}; stop it first.") from None
    try:
        yield
    finally:
        lock.release()


@contextlib.contextmanager
def _stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    def ask_to_stop(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():  # asked twice: at once; what was not committed rolls back at the next start
            os._exit(130)
        stop.set()

    before = {number: signal.signal(number, ask_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
