"""`service`: kept running by the system, looked at, and what its log says."""

from __future__ import annotations

import heapq
import os
import sys
from datetime import datetime, timedelta
from pathlib import Path

from monitor.adapters import log_file
from monitor.adapters.service import Manager, State, here
from monitor.adapters.store import StoreTrouble
from monitor.commands import DONE, FAILED, BadValue, out
from monitor.daemon import running
from monitor.service_units import Programs, UnfitPath, programs
from monitor.session import Session, say

LOGS = ("run", "check")
# A round comes every half minute, and the watchdog ends a daemon whose rounds do not come; what it cannot see is a
# store that takes nothing any more.
_NO_ROUND = timedelta(minutes=15)


def install(session: Session, *, dry_run: bool) -> int:
    """Have the system run the daemon and the second look. Raises ConfigError, ServiceFailed, NotWritten, BadValue."""
    _ = session.config  # a broken one is told now, not by a service that does not start
    manager = here()
    units = manager.units(_programs(session))
    if dry_run:
        for place, text in units.items():
            sys.stdout.write(f"# {place}\n{text.rstrip()}\n\n")
        return DONE
    before = manager.state()
    if running(session.data_dir) and not before.active.startswith(("active", "running")):
        say(f"A parcelwarden you started is running on {session.data_dir}: stop it first, then install.")
        return FAILED
    manager.install(units)
    say(f"Installed: {manager.name} keeps the daemon running and looks a second time every 30 minutes.")
    for remark in manager.state().remarks:
        say(remark)
    say("`parcelwarden service status` shows how it is, `parcelwarden service uninstall` takes it away.")
    return DONE


def uninstall(session: Session, *, dry_run: bool) -> int:
    """Stop it and take the units away; the data stays. Raises ServiceFailed."""
    manager = here()
    if dry_run:
        say(f"Would stop and take away, from {manager.name}:")
        for place in manager.units(_programs(session)):
            sys.stdout.write(f"{place}\n")
        return DONE
    if manager.uninstall():
        say(f"Taken away. Your orders stay in {session.data_dir}.")
    else:
        say(f"No service of parcelwarden is installed with {manager.name}: nothing was done.")
    if running(session.data_dir):  # started by hand, or by a manager that did not answer
        say(
            f"A parcelwarden still runs on {session.data_dir}: where it does not end by itself, end it yourself."
        )
    return DONE


def status(session: Session, *, as_json: bool) -> int:
    """Is it installed, does it run, when did it last tick; 1 where no daemon runs, or its rounds are not stored."""
    manager = here()
    state, runs = manager.state(), running(session.data_dir)
    tick, good, trouble = _looks(session)
    idle = runs and tick is not None and session.clock() - tick > _NO_ROUND
    if idle and not trouble:
        trouble = "The daemon runs, but no round of it is stored: `parcelwarden doctor` looks at the store."
    if as_json:
        out(
            {
                "manager": manager.name,
                "installed": state.installed,
                "running": runs,
                "state": state.active,
                "last_tick_at": tick.isoformat() if tick else None,
                "last_good_check_at": good.isoformat() if good else None,
                "timer": {"active": state.timer, "next_at": state.next_check},
                "remarks": [*state.remarks, *filter(None, [trouble])],
            }
        )
    else:
        for line in _lines(session, manager, state, runs=runs, tick=tick, good=good):
            sys.stdout.write(f"{line}\n")
        for remark in filter(None, [*state.remarks, trouble]):
            say(remark)
    return DONE if runs and not idle else FAILED


def logs(session: Session, *, most: int, as_json: bool) -> int:
    """The end of what the daemon and the second look wrote, in the order it happened."""
    try:
        parts = [log_file.read(session.log_dir / f"{name}.log", most) for name in LOGS]
    except OSError as error:
        say(f"{session.log_dir} cannot be read ({os.strerror(error.errno or 0)}).")
        return FAILED
    lines = list(heapq.merge(*parts, key=lambda line: line.at))[-most:]
    if as_json:
        out([{"at": line.at.isoformat(), "level": line.level, "text": line.text} for line in lines])
        return DONE
    for line in lines:
        at = line.at.astimezone(session.zone)
        mark = "" if line.level == "info" else f"{line.level}: "
        sys.stdout.write(f"{at:%Y-%m-%d %H:%M:%S} {mark}{line.text}\n")
    if not lines:
        say(f"No log yet in {session.log_dir}: `parcelwarden run` and `check --due` write it.")
    return DONE


def _programs(session: Session) -> Programs:
    config = session.config_path.absolute() if session.config_path else None
    try:
        return programs(Path(sys.executable), config, session.data_dir.absolute())
    except UnfitPath as unfit:
        raise BadValue(str(unfit)) from unfit


def _looks(session: Session) -> tuple[datetime | None, datetime | None, str]:
    """When the last round was, when a carrier last answered, and what is wrong with the store."""
    try:
        place = session.store_place
        if isinstance(place, Path) and not place.exists():
            return None, None, ""
        return session.store.last_tick(), session.store.last_good_check(), ""
    except StoreTrouble as trouble:
        return None, None, str(trouble)


def _lines(
    session: Session,
    manager: Manager,
    state: State,
    *,
    runs: bool,
    tick: datetime | None,
    good: datetime | None,
) -> list[str]:
    now = session.clock()
    installed = "installed" if state.installed else "not installed: `parcelwarden service install`"
    second = f"on, next {state.next_check}" if state.timer else "off"
    return [
        f"Service ({manager.name}): {installed}{f'; {state.active}' if state.active else ''}",
        f"Daemon: {'running' if runs else 'NOT running'}",
        f"Last round: {_ago(tick, now)}",
        f"Last good answer of a carrier: {_ago(good, now)}",
        f"Second look every 30 minutes: {second}",
    ]


def _ago(moment: datetime | None, now: datetime) -> str:
    if moment is None:
        return "never"
    passed = now - moment
    if passed < timedelta(minutes=2):
        return f"{max(0, int(passed.total_seconds()))} s ago"
    if passed < timedelta(hours=2):
        return f"{int(passed.total_seconds() // 60)} min ago"
    return f"{int(passed.total_seconds() // 3600)} h ago"
