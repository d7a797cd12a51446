"""Takes the pictures of the README: python docs/take_pictures.py [FOLDER]

The demo's made-up orders on a fixed day, the real page, a real browser; each picture is cut to few colours, so that
it stays small.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from fixtures import world as worlds
from fixtures.carrier_server import start_carriers
from fixtures.shop.server import start_shop
from monitor.adapters.browser_setup import ensure_browser
from monitor.commands import orders
from monitor.commands.dispute import dispute
from monitor.poll import poll
from monitor.session import Session, say
from monitor.warning import warn
from monitor.web.keys import Keys
from monitor.web.server import Served, serving

DAY = datetime(2026, 11, 28, 12, tzinfo=UTC)
HERE = Path(__file__).parent / "pictures"
_CARRIERS = ("cainiao", "4px", "la_poste")
_COLOURS = 96


@dataclass(frozen=True)
class Picture:
    """One view of the page: where, how wide and high, light or dark."""

    name: str
    path: str
    width: int
    height: int
    dark: bool = False


def pictures(urgent: str) -> tuple[Picture, ...]:
    return (
        Picture("overview", "", 1100, 860),
        Picture("order", f"orders/{urgent}", 1100, 1000),
        Picture("phone", "", 390, 800, dark=True),
    )


def main(folder: Path) -> None:
    browser = ensure_browser(say=say).executable
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as held:
        data = held.enter_context(tempfile.TemporaryDirectory(prefix="pictures-", ignore_cleanup_errors=True))
        session, urgent = held.enter_context(pretend(Path(data), browser))
        with serving(session) as served, sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=browser)
            for picture in pictures(urgent):
                take(chromium, served, session, picture, folder)
            chromium.close()
        dispute(
            session, urgent, line="", situation="not-received", solution="", facts=(), photos=(), amount="",
            dry_run=False, wait=False, as_json=True,
        )  # fmt: skip
        form = max(session.evidence_dir.glob("*.png"), key=lambda path: path.stat().st_mtime)
        shrink(form, folder / "form.png", longest=1000)


@contextlib.contextmanager
def pretend(folder: Path, browser: Path) -> Iterator[tuple[Session, str]]:
    """A session on the demo's orders after one round of asking, and the number of the most urgent order."""
    world = worlds.load("demo", DAY)
    with start_shop(world) as shop, start_carriers(world, now=DAY) as carriers:
        config = folder / "config.toml"
        config.write_text(
            "[general]\ntimezone = 'Europe/Berlin'\n[notify]\ndesktop = false\n[polling]\nhost_pause = 0\n"
            f"[browser]\nexecutable = '{browser}'\n[marketplace.aliexpress]\nbase_url = '{shop.url}'\n"
            + "".join(f"[carriers.{name}]\nbase_url = '{carriers.url}'\n" for name in _CARRIERS),
            "utf-8",
        )
        session = Session(config, folder / "data", clock=lambda: DAY)
        listed = folder / "orders.json"
        listed.write_text(json.dumps(world.import_rows()), "utf-8")
        orders.import_files(session, [listed], as_json=True)
        with session.asker() as asker:
            poll(session.store, asker)
        verdicts = warn(session, session.store).verdicts
        dated = [
            v
            for v in verdicts
            if v.advice.action in ("open_dispute", "prepare_dispute") and v.days_left is not None
        ]
        yield session, min(dated, key=lambda v: v.days_left or 0).order.order_id
        session.store.close()


def take(browser: Browser, served: Served, session: Session, picture: Picture, folder: Path) -> None:
    context = browser.new_context(
        viewport={"width": picture.width, "height": picture.height},
        color_scheme="dark" if picture.dark else "light",
    )
    page = context.new_page()
    page.goto(f"{served.address}enter?key={Keys(session.data_dir).new_link()}")
    page.locator("form button").first.click()
    page.goto(f"{served.address}{picture.path}")
    whole = folder / f"{picture.name}.png"
    page.screenshot(path=whole)
    context.close()
    shrink(whole, whole, longest=1100)


def shrink(source: Path, target: Path, *, longest: int) -> None:
    """Few colours, no side longer than that."""
    with Image.open(source) as picture:
        small = picture.convert("RGB")
        small.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        small.quantize(_COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
