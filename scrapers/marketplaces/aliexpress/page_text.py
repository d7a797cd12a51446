"""What the buyer's pages say in plain sight: a second source beside the answers they are told, and the only one left
where an answer has changed.

Sentences are read wherever they stand, by what they say; of class names only the stable parts seen in 2024-2026.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from bs4 import BeautifulSoup

from scrapers.marketplaces.aliexpress import states
from scrapers.marketplaces.aliexpress.dates import find_days
from scrapers.marketplaces.aliexpress.promises import once, promised, shown
from scrapers.orders import CaseState, OrderRecord, ShownDate, case_place

_LONGEST = 600  # a longer block is no sentence
_STATUS = ".order-status-content, .order-status"
_CASE_STATUS = '[class*="reminder--statusStr"]'
_NUMBERS = '[class*="--mailNoValue"], .tracking-number-title span'


def read_order(html: str, order_id: str, page: str) -> OrderRecord:
    """The promises and the warning before completion that stand on a page of an order (`page`: "detail", "tracking").

    The two may be a day apart, so each is a place of its own: in one, they would move each other's date to and fro.
    """
    soup, language = _opened(html)
    sentences = list(_sentences(soup))
    return OrderRecord(
        order_id,
        "page",
        dates=once(promised(sentences, f"{page} page in plain sight", language)),
        closes_soon=any(states.closes_soon(sentence) for sentence in sentences),
    )


def parcel_numbers(html: str) -> set[str]:
    """The tracking numbers a page of parcels shows."""
    soup, _ = _opened(html)
    return {number for mark in soup.select(_NUMBERS) if (number := mark.get_text(strip=True))}


def order_state(html: str) -> str | None:
    """The state in the head of an order's page, None where none is understood."""
    soup, _ = _opened(html)
    lines = [line for head in soup.select(_STATUS) for line in head.stripped_strings]
    return next((state for line in lines if (state := states.order_state(line))), None)


def case_state(html: str) -> CaseState | None:
    """The state in the head of a case's page, None where none is understood."""
    soup, _ = _opened(html)
    found = (states.case_state(mark.get_text(" ", strip=True)) for mark in soup.select(_CASE_STATUS))
    return next((state for state in found if state), None)


def case_links(html: str) -> int:
    """How many cases a list of disputes leads to."""
    soup, _ = _opened(html)
    return len({str(link["href"]) for link in soup.select('a[href*="reverseOrderLineId="]')})


def answer_by(sentences: Iterable[str], today: date, case_id: str, language: str = "") -> Iterator[ShownDate]:
    """Until when the buyer is to answer, by sentences that speak of it: a day, or a time counted from today."""
    place = case_place(case_id)
    for sentence in sentences:
        if not states.speaks_of_answer(sentence):
            continue
        days = [found for found in find_days(sentence, language) if found.day >= today]
        for found in days:
            yield shown("case_answer", found, "page", place, sentence)
        left = states.days_left(sentence)
        if not days and left is not None:
            yield ShownDate("case_answer", today + timedelta(days=left), "page", place, sentence)


def sentences_of(html: str) -> tuple[list[str], str]:
    """The page's sentences and its language."""
    soup, language = _opened(html)
    return list(_sentences(soup)), language


def _opened(html: str) -> tuple[BeautifulSoup, str]:
    soup = BeautifulSoup(html if "<" in html else "", "lxml")  # a bare word is no page
    for hidden in soup(["script", "style", "template", "noscript"]):
        hidden.decompose()
    return soup, str((soup.html.get("lang") if soup.html else "") or "")[:2]


def _sentences(soup: BeautifulSoup) -> Iterator[str]:
    """The texts of the innermost blocks: a day may stand in a tag of its own within its sentence."""
    for element in soup.find_all(["p", "div", "li", "span", "td", "h1", "h2", "h3", "h4", "dd", "section"]):
        if element.find(["p", "div", "li", "td", "section", "ul", "table", "h1", "h2", "h3", "h4"]):
            continue
        if element.name == "span" and element.parent and element.parent.name in ("p", "li", "td", "span"):
            continue  # part of a sentence
        words = " ".join(element.get_text(" ").split())
        if words and len(words) <= _LONGEST:
            yield words
