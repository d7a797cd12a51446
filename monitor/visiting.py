"""One visit to the shop in the user's browser: pages opened at a person's pace, and what they are told while open.

A login, a bot check or a shop that asks for a pause ends the visit; nothing is done about them here.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Literal

from monitor.adapters import browser
from monitor.adapters.guard import Guard
from monitor.adapters.hands import Hand, HandRefused
from monitor.replies import Reply, read_reply
from scrapers.base import Page
from scrapers.forms import Sight
from scrapers.marketplaces.aliexpress import dispute, pages

Result = Literal["done", "incomplete", "login_needed", "bot_check", "layout_changed"]

LOOK_EVERY_MS = 150
_BARS: Mapping[str, Result] = {
    "login_lost": "login_needed",
    "bot_check": "bot_check",
    "limited": "incomplete",
}


@dataclass(frozen=True, slots=True)
class Shop:
    """Where the shop is. `patience`: seconds a page may take; `pause`: gives the milliseconds between two pages."""

    base_url: str = dispute.HOME
    patience: float = 20.0
    pause: Callable[[], float] = lambda: random.uniform(1500, 3000)  # noqa: S311 - a pace, no secret


class Barred(Exception):
    """The shop lets the reading go no further. `why` is a sentence where the result does not say it all."""

    def __init__(self, result: Result, why: str = "") -> None:
        super().__init__(result)
        self.result: Result = result
        self.why = why


@dataclass
class Visit:
    """One browser at the shop: opens pages at a person's pace and waits for what they are told."""

    context: browser.Browser
    guard: Guard
    shop: Shop
    check: Callable[[], None]
    tab: browser.Tab | None = None
    opened: int = 0
    heard: list[Reply] = field(default_factory=list)
    heard_more: bool = False  # since the last look
    more_words: str = ""  # how the list itself calls its button for older orders
    hand: Hand = field(init=False)

    def __post_init__(self) -> None:
        known = pages.words(lambda: self.more_words)
        self.hand = Hand(self.context, self.guard, dispute.bounds(self.shop.base_url), known)

    def hear(self, page: Page, posted: str) -> None:
        reply = read_reply(page, posted)
        if reply is not None:
            self.heard.append(reply)
            self.heard_more = True
            self.more_words = reply.more_words or self.more_words

    def open(self, path: str) -> None:
        """Open a page of the shop. A page that does not open is found out by waiting for it, unless nobody answers.

        Raises Barred.
        """
        self.check()
        if self.opened:
            browser.pause(self.context, self.shop.pause())
        self.heard.clear()
        self.opened += 1
        try:
            self.tab = self.hand.open(path)
        except browser.BrowserError as error:
            self.tab = self.context.pages[0] if self.context.pages else None
            # Where the guard let no page through, the line was ended by us and the network may be well.
            if browser.nobody_answered(error) and not self._led_to():
                raise Barred("incomplete", "The shop could not be reached: is the network there?") from error

    def load_more(self) -> bool:
        """Press "View orders"; False where the page has no such button that may be pressed."""
        browser.pause(self.context, self.shop.pause())
        view = self.hand.look(self.tab) if self.tab else None
        found = pages.more_buttons(view.sight, self.more_words) if view else []
        if view is None or not found:
            return False
        self.heard.clear()
        try:
            self.hand.face(view.page)
            self.hand.press(view, found[0], "more")
        except (HandRefused, browser.BrowserError):
            return False
        self.opened += 1
        return True

    def reply(self, wanted: Callable[[Reply], bool]) -> Reply | None:
        """The first answer that is wanted, None where none came. Raises Barred."""
        end = monotonic() + self.shop.patience
        while monotonic() < end:
            self.check()
            browser.pause_until(self.context, lambda: self.heard_more, LOOK_EVERY_MS)
            self.heard_more = False
            for reply in self.heard:
                if reply.refused and reply.refused.reason in _BARS:
                    raise Barred(_BARS[reply.refused.reason])
                if wanted(reply) and not (reply.refused and reply.refused.reason == "unsigned"):
                    return reply
            self._look_for_bars()
        # A login at an address the guard does not know never opens; that the page led there is enough.
        if any(dispute.in_the_way(Sight(url=where)) for where in self._led_to()):
            raise Barred("login_needed")
        return None

    def _led_to(self) -> list[str]:
        """The pages the guard did not let open."""
        return [blocked.where for blocked in self.guard.blocked() if blocked.kind == "document"]

    def _look_for_bars(self) -> None:
        if self.tab is None or self.tab.is_closed():
            raise browser.WindowClosed
        view = self.hand.look(self.tab)
        bar = dispute.in_the_way(view.sight) if view else None
        if bar:
            raise Barred(bar)
