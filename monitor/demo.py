"""`demo`: the whole main job on a pretend shop and pretend carriers, inside one temporary folder.

Real servers on 127.0.0.1, a real store, real notices, a real browser; only the orders are made up.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from fixtures import world as worlds
from fixtures.carrier_server import start_carriers
from fixtures.shop.server import start_shop
from monitor import status_table, tables
from monitor.adapters.browser_setup import ensure_browser
from monitor.commands import orders
from monitor.commands.dispute import dispute
from monitor.poll import poll
from monitor.rules.verdict import Verdict, most_urgent_first
from monitor.session import Session, progress, progress_over, say
from monitor.terminal import Console, terminal
from monitor.warning import warn

_CARRIERS = ("cainiao", "4px", "la_poste")


def demo(*, wait: bool) -> int:
    """Show it all; with `wait` the browser stays until the user closes it. Raises NoBrowser, NoDisplay."""
    console = terminal()
    browser = ensure_browser(executable="", channel="", say=say)
    folder = Path(tempfile.mkdtemp(prefix="parcelwarden-demo-"))
    now = datetime.now(UTC)
    world = worlds.load("demo", now)
    try:
        with contextlib.ExitStack() as servers:
            shop = servers.enter_context(start_shop(world))
            carriers = servers.enter_context(start_carriers(world, now=now))
            config = _write_config(folder, shop.url, carriers.url, browser.executable)
            session = Session(config, folder / "data", clock=lambda: datetime.now(UTC))
            servers.callback(lambda: session.store.close())
            _say(console, f"A pretend shop runs at {shop.url}, pretend carriers at {carriers.url}.")
            with _at_home_in(folder):
                most_urgent = most_urgent_first(_watch(session, world, console, folder))[0]
                code = _dispute(session, most_urgent, console, wait=wait)
            _page(session, most_urgent, console, wait=wait)
            _say(console, f"\nRequests that would have changed something at the shop: {len(shop.writes)}.")
            _say(console, f"Screenshots are kept in {session.evidence_dir}.")
    finally:
        _clear(folder)
    _say(
        console,
        "Next: `parcelwarden init`, then `parcelwarden import FILE` or `add` with orders of your own.",
    )
    return code


def _watch(session: Session, world: worlds.World, console: Console, folder: Path) -> list[Verdict]:
    """Import, poll, judge, warn: what `import` and `check` do."""
    listed = folder / "orders.json"
    listed.write_text(json.dumps(world.import_rows()), "utf-8")
    orders.import_files(session, [listed], as_json=False)
    with session.asker() as asker:
        poll(session.store, asker, say=progress)
    progress_over()
    warned = warn(session, session.store, whole=True)
    ranked = most_urgent_first(warned.verdicts)
    console.print()
    status_table.show(ranked, session.store.last_good_check(), session.clock())
    tables.reasons(console, ranked)
    waiting = len(session.store.untold())
    _say(
        console,
        f"\n{warned.handed} warnings shown on the desktop, {waiting} waiting for a desktop that takes them.",
    )
    return warned.verdicts


def _dispute(session: Session, most_urgent: Verdict, console: Console, *, wait: bool) -> int:
    order = most_urgent.order
    _say(console, f"\nThe most urgent order is {order.order_id} ({order.title}): opening its dispute form.")
    if wait:
        _say(
            console,
            "Look at the form, then close the browser window to go on. Nothing is sent unless you press Submit.",
        )
    return dispute(
        session, order.order_id, line="", situation="not-received", solution="", facts=(), photos=(), amount="",
        dry_run=False, wait=wait, as_json=False,
    )  # fmt: skip


def _page(session: Session, most_urgent: Verdict, console: Console, *, wait: bool) -> None:
    """The same orders as a page, with a short way through it; with `wait` until the user has seen enough."""
    from monitor.web.server import serving, show

    with serving(session) as served:
        _say(console, f"\nThe same orders as a page: {served.address}")
        if not (wait and _somebody_there()):
            _say(console, "It ends with the demo; without --no-wait, at a terminal, it stays open for you.")
            return
        for step in _WAY:
            _say(console, f"  {step.format(order=most_urgent.order.order_id)}")
        _say(console, f"This link opens it, once: {served.link}")
        _say(console, "Press Return here, or Ctrl-C, to end the demo.")
        show(served)
        with contextlib.suppress(KeyboardInterrupt):
            if sys.stdin.isatty():
                sys.stdin.readline()
            else:
                threading.Event().wait()


# The page's own words in quotation marks; tests/test_demo.py looks for each of them there.
_WAY = (
    "1. “Needs you now” stands on top: what to do, why, and until which day.",
    "2. Open {order}: every scan in the carrier's own words, each deadline with its source, the reasons of the advice.",
    "3. “Prepare the dispute” there fills the form in a browser again; Submit stays yours.",
    "4. “Figures” shows the money at stake, “Carriers” who was asked and what it answered.",
)


def _somebody_there() -> bool:
    """Whether anyone can look at a page and end it: a terminal, or a desktop."""
    desktop = sys.platform != "linux" or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
    return sys.stdin.isatty() or desktop


def _say(console: Console, sentence: str) -> None:
    """One paragraph as it is: order titles and addresses hold signs that mean something to the console."""
    console.print(sentence, highlight=False, markup=False, soft_wrap=True)


def _write_config(folder: Path, shop: str, carriers: str, browser: Path) -> Path:
    tables_of_carriers = "".join(
        f"[carriers.{name}]\nbase_url = {json.dumps(carriers)}\n" for name in _CARRIERS
    )
    path = folder / "config.toml"
    path.write_text(
        f"[polling]\nhost_pause = 0\n[browser]\nexecutable = {json.dumps(str(browser))}\n"
        f"[marketplace.aliexpress]\nbase_url = {json.dumps(shop)}\n{tables_of_carriers}",
        "utf-8",
    )
    return path


@contextlib.contextmanager
def _at_home_in(folder: Path) -> Iterator[None]:
    """What the browser and its libraries write beside their profile lands in the demo's folder.

    Not so TMPDIR: the browser puts a socket there, whose path must stay short, and takes it away itself.
    """
    places = {
        "HOME": "",
        "XDG_CONFIG_HOME": ".config",
        "XDG_CACHE_HOME": ".cache",
        "XDG_DATA_HOME": ".local/share",
    }
    before = dict(os.environ)
    for name, place in places.items():
        home = folder / "home" / place
        home.mkdir(parents=True, exist_ok=True)
        os.environ[name] = str(home)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _clear(folder: Path) -> None:
    """Only the screenshots outlive the demo, where they were said to be."""
    for path in sorted(folder.rglob("*"), key=lambda p: len(p.parts), reverse=True):
        if path.parent == folder / "data" / "evidence" and path.suffix == ".png":
            continue
        with contextlib.suppress(OSError):  # a folder that still holds a screenshot
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    with contextlib.suppress(OSError):
        folder.rmdir()
