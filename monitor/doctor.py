"""`doctor`: is everything there that a warning needs? One line each, and what to do where it is not."""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from monitor.adapters.store import StoreTrouble
from monitor.config import ConfigError, default_config_path
from monitor.session import Session, say

# A clock before this release cannot be right.
_RELEASED = 2026


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `detail` says what was found and, where it is not ok, what to do."""

    name: str
    ok: bool
    detail: str


def examine(session: Session, *, fix: bool) -> Iterator[Finding]:
    """Look at everything in turn; `fix` gets a browser where there is none."""
    yield Finding("python", ok=True, detail=f"{sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}")
    year = session.clock().year
    yield Finding(
        "clock", year >= _RELEASED, f"it is {session.clock().astimezone(session.zone):%Y-%m-%d %H:%M}"
    )
    yield from _config(session)
    yield from _store(session)
    yield _browser(session, fix=fix)
    yield _display()
    yield _notices(session)
    yield _carriers(session)


def _config(session: Session) -> Iterator[Finding]:
    try:
        zone = session.config.general.timezone or "the machine's"
        path = session.config_path or default_config_path()
        where = f"{path}{'' if path.exists() else ' is not there, so the defaults count'}"
        yield Finding("config", ok=True, detail=f"{where}; time zone: {zone}")
    except ConfigError as error:
        yield Finding("config", ok=False, detail=str(error))


def _store(session: Session) -> Iterator[Finding]:
    try:
        orders, damage = len(session.store.orders()), session.store.damage()
    except StoreTrouble as trouble:
        yield Finding("store", ok=False, detail=str(trouble))
        return
    if damage:
        yield Finding("store", ok=False, detail=f"the store is damaged ({damage}): restore a backup")
        return
    yield Finding("store", ok=True, detail=f"{orders} orders in {session.data_dir}")
    if os.name == "posix":
        private = not stat.S_IMODE(session.data_dir.stat().st_mode) & 0o077
        words = "only yours" if private else f"others can read it: chmod 700 {session.data_dir}"
        yield Finding("data folder", private, words)


def _browser(session: Session, *, fix: bool) -> Finding:
    from monitor.adapters.browser_setup import NoBrowser, ensure_browser, find_browser

    wanted = session.config.browser
    try:
        found = find_browser(executable=wanted.executable, channel=wanted.channel)
        if found is None and fix:
            found = ensure_browser(executable=wanted.executable, channel=wanted.channel, say=say)
    except NoBrowser as missing:
        return Finding("browser", ok=False, detail=str(missing))
    if found is None:
        return Finding("browser", ok=False, detail="none found: `parcelwarden doctor --fix` gets one")
    return Finding("browser", ok=True, detail=f"{found.version or found.source} ({found.executable})")


def _display() -> Finding:
    if sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return Finding("display", ok=True, detail="there is a screen")
    import shutil

    if shutil.which("Xvfb"):
        return Finding(
            "display", ok=True, detail="no screen; a virtual one is used (Xvfb), which you cannot see"
        )
    return Finding("display", ok=False, detail="no screen: start from your desktop session, or install xvfb")


def _notices(session: Session) -> Finding:
    if not session.config.notify.desktop:
        return Finding("desktop notices", ok=True, detail="switched off in the config")
    from monitor.adapters.notify import desktop_state

    state = desktop_state()
    return Finding("desktop notices", state.ok, state.detail)


def _carriers(session: Session) -> Finding:
    from scrapers.carriers import every

    keyless = [c.id for c in every() if c.reach == "key" and not session.config.carrier(c.id).key]
    changed = session.changed.listed()
    if changed:
        kept = ", ".join(str(path) for path in changed.values())
        return Finding(
            "carriers",
            ok=False,
            detail=f"answers nobody can read any more (without words) are kept in {kept}",
        )
    names = f"; without your own key not asked: {', '.join(keyless)}" if keyless else ""
    return Finding("carriers", ok=True, detail=f"{len(every())} known{names}")
