"""`doctor`: is everything there that a warning needs? One line each, and what to do where it is not."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Collection, Iterator
from importlib.metadata import version
from importlib.util import find_spec

from monitor.adapters.message import Channel
from monitor.adapters.store import StoreTrouble
from monitor.channels import Unusable
from monitor.config import ConfigError, default_config_path
from monitor.doctor_files import examine_files
from monitor.doctor_nets import examine_nets
from monitor.finding import Finding
from monitor.rules import clock
from monitor.session import Session, say

# A clock before this release cannot be right.
_RELEASED = 2026
_PYTHON, _SQLITE = (3, 11), (3, 35)


def examine(session: Session, *, fix: bool) -> Iterator[Finding]:
    """Look at everything in turn; `fix` gets a browser, closes files to others and makes a backup."""
    yield _versions()
    config = _config(session)
    yield config
    if not config.ok:  # nothing else can be looked at without one
        return
    yield _clock(session)
    yield from _store(session)
    yield from examine_files(session, fix=fix)
    yield _browser(session, fix=fix)
    yield _display()
    yield from _channels(session)
    yield from _secrets(session)
    if session.config.mqtt.host and find_spec("paho") is None:
        words = "`run` does not start without it: pip install 'parcelwarden[mqtt]'"
        yield Finding("mqtt", ok=False, detail=words)
    yield _carriers(session)
    yield from examine_nets(session)


def _versions() -> Finding:
    """Older ones than the package asks for come with an installation that was mended by hand."""
    found = f"{sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}, Playwright {version('playwright')}"
    if sys.version_info < _PYTHON or sqlite3.sqlite_version_info < _SQLITE:
        floors = f"Python {'.'.join(map(str, _PYTHON))} and SQLite {'.'.join(map(str, _SQLITE))}"
        return Finding("python", ok=False, detail=f"{found}: at least {floors} are needed")
    return Finding("python", ok=True, detail=found)


def _config(session: Session) -> Finding:
    try:
        zone = session.config.general.timezone or "the machine's"
        path = session.config_path or default_config_path()
        where = f"{path}{'' if path.exists() else ' is not there, so the defaults count'}"
        return Finding("config", ok=True, detail=f"{where}; time zone: {zone}")
    except ConfigError as error:
        return Finding("config", ok=False, detail=str(error))


def _clock(session: Session) -> Finding:
    """What speaks against it: its year, what was seen before, and other hosts' clocks."""
    now = session.clock()
    try:
        doubt = session.store.clock_doubt()
    except StoreTrouble:  # said where the store is looked at
        doubt = None
    told = f"it is {now.astimezone(session.zone):%Y-%m-%d %H:%M}"
    _, *others = clock.moments(now, doubt)
    if others:
        other = f"{others[-1].astimezone(session.zone):%Y-%m-%d %H:%M}"
        told += f", but by what was seen before or what other hosts say it may be {other}: set it right"
    return Finding("clock", now.year >= _RELEASED and not others, told)


def _store(session: Session) -> Iterator[Finding]:
    try:
        orders, damage = len(session.store.orders()), session.store.damage()
        session.tick(session.store)  # whether it can be written is seen by writing
    except StoreTrouble as trouble:
        yield Finding("store", ok=False, detail=str(trouble))
        return
    if damage:
        yield Finding("store", ok=False, detail=f"the store is damaged ({damage}): restore a backup")
        return
    yield Finding("store", ok=True, detail=f"{orders} orders in {session.store_place}")


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
    if shutil.which("Xvfb"):
        return Finding(
            "display", ok=True, detail="no screen; a virtual one is used (Xvfb), which you cannot see"
        )
    return Finding("display", ok=False, detail="no screen: start from your desktop session, or install xvfb")


def _channels(session: Session) -> Iterator[Finding]:
    yield _notices(session)
    found = session.channels()
    if not found:
        words = "no channel is switched on, so nothing can warn you: set one in [notify], as desktop = true"
        yield Finding("warnings", ok=False, detail=words)
    try:
        failing = session.store.failing(1)
    except StoreTrouble:  # said already
        failing = []
    for name, channel in found.items():
        if why := _trouble(session, channel, failing):
            yield Finding(f"warnings by {name}", ok=False, detail=why)


def _trouble(session: Session, channel: Channel, failing: Collection[str]) -> str:
    """Why warnings do not get through by a channel, as far as that is known without sending one; "" for nothing."""
    if isinstance(channel, Unusable):
        return channel.why
    if channel.name == "command" and shutil.which(session.config.notify.command[0]) is None:
        return f"there is no program {session.config.notify.command[0]}"
    if channel.name.startswith("apprise") and find_spec("apprise") is None:
        return "apprise is not installed: pip install 'parcelwarden[push]'"
    return "refused warnings lately: `parcelwarden notify test` says why" if channel.name in failing else ""


def _secrets(session: Session) -> Iterator[Finding]:
    """Those whose files others can read, or that stand where they are copied along."""
    from monitor.adapters.keychain import SecretExposed
    from monitor.commands.secret import secrets

    for secret in secrets().values():
        try:
            session.keychain.get(secret)
        except SecretExposed as exposed:
            yield Finding(f"secret {secret.name}", ok=False, detail=str(exposed))


def _notices(session: Session) -> Finding:
    if not session.config.notify.desktop:
        return Finding("desktop notices", ok=True, detail="switched off in the config")
    from monitor.adapters.notify import desktop_state

    state = desktop_state()
    return Finding("desktop notices", state.ok, state.detail)


def _carriers(session: Session) -> Finding:
    from scrapers.carriers import every

    keyed = {c.id: session.config_with_keys.carrier(c.id) for c in every() if c.reach == "key"}
    keyless = [name for name, settings in keyed.items() if settings.enabled and not settings.key]
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
