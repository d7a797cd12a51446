"""Hand-made trap pages: the form is laid on each, and no write may reach a server.

TRAP_PAGES=all tries every page and a careless visitor as well (some minutes); without it every twelfth is tried.
"""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

import pytest
from PIL import Image
from trap_pages import TRAPS, TrapShop, desk

from monitor.adapters import browser
from monitor.adapters.browser import BrowserError
from monitor.adapters.display import Display

DOC = Path(__file__).parents[1] / "docs" / "guard.md"
ALL = os.environ.get("TRAP_PAGES") == "all"
TRIED = TRAPS if ALL else TRAPS[::12]


@pytest.mark.browser
@pytest.mark.usefixtures("one_driver")
@pytest.mark.timeout(900)
def test_no_trap_gets_anything_sent(browser_executable: Path, display: Display, tmp_path: Path) -> None:
    # One test for all pages: a browser's start costs more than a page.
    with desk(browser_executable, display, tmp_path) as guarded:
        for trap in TRIED:
            guarded.lay(trap)
            assert guarded.writes == [], trap.name


@pytest.mark.browser
@pytest.mark.usefixtures("one_driver")
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not ALL, reason="a long proof: TRAP_PAGES=all")
def test_every_trap_sends_where_a_careless_visitor_meets_it(
    browser_executable: Path, display: Display, tmp_path: Path
) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "photo.png")
    idle = []
    with (
        TrapShop() as other,
        TrapShop(other.url) as shop,
        browser.launched(browser_executable, tmp_path / "profile", env=display.env) as context,
    ):
        for trap in TRAPS:
            shop.trap = other.trap = trap
            before = len(shop.writes) + len(other.requests)
            page = context.new_page()
            with contextlib.suppress(BrowserError):
                _touch_everything(
                    page,
                    f"{shop.url}/p/{'order/detail' if trap.on_the_order else 'reverse-pages/start'}.html",
                    tmp_path,
                )
            for _ in range(40):
                if len(shop.writes) + len(other.requests) > before:
                    break
                browser.pause(context, 50)
            else:
                idle.append(trap.name)
            page.close(run_before_unload=True)
    # No service worker starts in the program's browser at all.
    assert idle == ["opener_service_worker"], " ".join(idle)


def _touch_everything(page: browser.Tab, url: str, folder: Path) -> None:
    page.goto(url)
    page.mouse.move(60, 40)
    for field in page.query_selector_all("input[type=file]"):
        field.set_input_files(folder / "photo.png")
    for field in page.query_selector_all("textarea"):
        field.fill("One.\nTwo.")
        field.evaluate("(field) => field.value")
        field.press("Enter")
        field.evaluate("(field) => field.blur()")
    for target in page.query_selector_all("select"):
        target.select_option(index=1)
    for target in page.query_selector_all(
        "section *, dialog *, [role=radio], label, [class*=select], [aria-haspopup], [role=option], .q-menu-item"
    ):
        with contextlib.suppress(BrowserError):
            target.dispatch_event("click") if not target.is_visible() else target.click(
                force=True, timeout=500, no_wait_after=True
            )
    middle = page.evaluate("() => [innerWidth / 2, innerHeight / 2]")
    page.mouse.click(*middle)
    page.goto(url)


def test_the_list_of_attacks_and_the_pages_agree() -> None:
    listed = dict(re.findall(r"^- `(\w+)`: (.+)$", DOC.read_text("utf-8"), re.MULTILINE))
    assert listed == {trap.name: trap.what for trap in TRAPS}
    assert len(TRAPS) >= 60
