"""What many tests of one file may share: Playwright's driver, and where the process proves nothing, the browser.

With `one_driver` every browser is still a new one, of its own profile and process; only what starts them runs
already. With `one_browser` the program gets a window with a profile and a line of its own in a browser that runs
already: for what is filled in and told, never for what the guard, its cut and the browser's end are to prove.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, sync_playwright

from monitor.adapters import browser
from monitor.adapters.display import Display


@pytest.fixture(scope="module")
def one_driver() -> Iterator[Playwright]:
    """Playwright's driver, started once; until the module ends it starts all browsers of the program."""
    with sync_playwright() as playwright, pytest.MonkeyPatch.context() as patch:
        patch.setattr(browser, "sync_playwright", lambda: nullcontext(playwright))
        yield playwright


@pytest.fixture(scope="module")
def running_browser(one_driver: Playwright, browser_executable: Path, display: Display) -> Iterator[Browser]:
    """A browser started as the program starts its own, without a window yet."""
    running = one_driver.chromium.launch(
        executable_path=browser_executable, headless=False, env=display.env, args=list(browser._ARGUMENTS)
    )
    yield running
    running.close()


@pytest.fixture
def one_browser(running_browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program's browser is a new window of the one that runs, whichever profile it asks for."""

    @contextmanager
    def window(executable: Path, profile: Path, *, proxy: str = "", **_: object) -> Iterator[BrowserContext]:
        context = running_browser.new_context(
            proxy={"server": proxy, "bypass": "<-loopback>"} if proxy else None,
            service_workers="block",
            accept_downloads=False,
            no_viewport=True,
        )
        context.new_page()
        try:
            yield context
        finally:
            context.close()

    monkeypatch.setattr(browser, "launched", window)
