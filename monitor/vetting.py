"""A product page, opened in the user's browser and read along before buying. Nothing on it is touched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Literal

from monitor.adapters import browser
from monitor.adapters.hands import show
from monitor.adapters.interrupts import noted_interrupts
from monitor.browser_log import question_in
from scrapers.base import Page, read_jsonp
from scrapers.forms import Sight
from scrapers.marketplaces.aliexpress import dispute, product
from scrapers.marketplaces.aliexpress.answers import ShopRefused, refusal
from scrapers.marketplaces.aliexpress.product import Offer
from scrapers.shape import LayoutChanged

Bar = Literal["bot_check", "login_needed", "not_read", "unreachable"]

_DESCRIPTION_SECONDS = 3.0  # the description comes after the rest


@dataclass
class _Heard:
    """What the page was told about its product."""

    answers: list[object] = field(default_factory=list)
    bar: Bar | None = None

    def hear(self, page: Page) -> None:
        try:
            answer = read_jsonp(page)
            refusal(answer)
        except LayoutChanged:
            return
        except ShopRefused as refused:
            self.bar = "bot_check" if refused.reason == "bot_check" else self.bar
            return
        self.bar = None
        self.answers.append(answer)


class _Over(Exception):
    """Enough was read, or waited for."""


def vet(
    url: str,
    *,
    executable: Path,
    profile: Path,
    env: Mapping[str, str],
    patience: float,
    wait: bool,
    say: Callable[[str], None],
) -> Offer | Bar:
    """What the product page shows, or what stands in the way. The window closes by itself.

    With `wait` a bot check is left to the user for as long as the window is open. `patience` in seconds. Raises
    BrowserBusy, BrowserFailed, BrowserStuck, KeyboardInterrupt.
    """
    heard, offers, told = _Heard(), list[Offer](), list[str]()
    with noted_interrupts() as check, browser.launched(executable, profile, env=env) as context:
        browser.listen(context, _is_about_product, heard.hear)
        if not show(context, url):
            return "unreachable"
        start = monotonic()

        def meanwhile() -> None:
            alive()
            tab = context.pages[-1]
            heard.bar = dispute.in_the_way(Sight(url=tab.url)) or heard.bar
            if heard.answers:
                offers.append(product.read_offer(heard.answers[-1], browser.markup(tab)))
                late = monotonic() - start > patience + _DESCRIPTION_SECONDS
                if offers[-1].description_read or late or _settled(offers):
                    raise _Over
            elif heard.bar and wait:
                if not told:
                    told.append(
                        "The shop wants something of you first: answer it in the window, or close it."
                    )
                    say(told[0])
            elif heard.bar or monotonic() - start > patience:
                raise _Over

        try:
            with browser.watched(context, check) as alive:
                browser.until_closed(context, meanwhile)
        except _Over:
            pass
        except LayoutChanged:
            return "not_read"
    return offers[-1] if offers else heard.bar or "not_read"


def _is_about_product(url: str) -> bool:
    question = question_in(url, "")
    return question is not None and question[0] == product.API


def _settled(offers: list[Offer]) -> bool:
    """Looked at often enough without a description: the page has none."""
    return len(offers) > _DESCRIPTION_SECONDS * 5  # until_closed looks five times a second
