"""A browser in front of the local page: headed, on the tests' own screen, past the link that opens it once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from monitor.adapters.display import Display
from monitor.web.server import Served


@contextmanager
def browsing(executable: Path, display: Display, *arguments: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, headless=False, env=display.env, args=list(arguments)
        )
        try:
            yield browser
        finally:
            browser.close()


def enter(page: Page, served: Served) -> None:
    page.goto(served.link)
    page.get_by_role("button").click()
    page.locator("nav").wait_for()


def watched(page: Page, served: Served) -> list[str]:
    """What must not happen on the page fills this list: dialogs, console words, errors, requests elsewhere."""
    happened: list[str] = []
    page.on("dialog", lambda dialog: (happened.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda message: happened.append(message.text))
    page.on("pageerror", lambda error: happened.append(str(error)))
    page.on("request", lambda request: request.url.startswith(served.address) or happened.append(request.url))
    return happened
