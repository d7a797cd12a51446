"""The part of the user at the pretend shop."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from monitor.adapters import browser


def logs_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fills in the shop's login form as soon as it is there."""
    waits = browser.until_closed

    def user(context: browser.Browser, meanwhile: Callable[[], None]) -> None:
        filled = False

        def act() -> None:
            nonlocal filled
            meanwhile()
            tab = context.pages[-1]
            if not filled and tab.query_selector("#fm-login-id"):
                filled = True
                tab.fill("#fm-login-id", "buyer")
                tab.fill("#fm-login-password", "secret")
                tab.click(".fm-button")

        waits(context, act)

    monkeypatch.setattr(browser, "until_closed", user)
