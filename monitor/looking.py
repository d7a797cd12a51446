"""Carriers that answer only a person: their page is opened in the user's browser, and what it is told is read too.

Nothing is asked beside the page, and no check is passed: the user answers it, or closes the window.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from monitor.adapters import browser
from monitor.adapters.hands import show
from monitor.adapters.interrupts import noted_interrupts
from monitor.asking import Answer
from monitor.config import Config
from scrapers import carriers
from scrapers.base import Access, Page


@dataclass(frozen=True, slots=True)
class Question:
    """One number at one carrier: the page to open, and the addresses whose answers are about it."""

    carrier: str
    number: str
    page: str
    answers: frozenset[tuple[str, str]]


def question(carrier_id: str, number: str, config: Config) -> Question:
    """What to open for a number, and what to listen to."""
    carrier, settings = carriers.get(carrier_id), config.carrier(carrier_id)
    access = Access(settings.key, config.general.postcode, config.general.language)
    opened = carrier.track_url.format(number=quote(number, safe=""))
    heard = [opened, *(request.url for request in carrier.requests([number], access))]
    places = frozenset(_place(_moved(url, settings.base_url)) for url in heard)
    return Question(carrier_id, number, _moved(opened, settings.base_url), places)


def look(
    questions: Sequence[Question],
    *,
    executable: Path,
    profile: Path,
    env: Mapping[str, str],
    clock: Callable[[], datetime],
    take: Callable[[Answer], None],
) -> None:
    """Open the pages and give every answer that says something to `take`; returns when the window is closed.

    Raises BrowserBusy, BrowserFailed.
    """

    def hear(page: Page) -> None:
        for asked in questions:
            if _place(page.url) in asked.answers:
                reports = carriers.get(asked.carrier).parse(page, [asked.number])
                if reports[0].outcome in ("ok", "not_found"):
                    take(Answer(asked.carrier, reports, clock()))

    places = frozenset().union(*(asked.answers for asked in questions))
    with (
        noted_interrupts() as check,
        browser.launched(executable, profile, env=env) as context,
    ):
        browser.listen(context, lambda url: _place(url) in places, hear)
        for asked in questions:
            show(context, asked.page)
        browser.until_closed(context, check)


def _place(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.netloc.lower(), parts.path.rstrip("/")


def _moved(url: str, base_url: str) -> str:
    if not base_url:
        return url
    base, parts = urlsplit(base_url), urlsplit(url)
    return urlunsplit((base.scheme, base.netloc, base.path.rstrip("/") + parts.path, parts.query, ""))
