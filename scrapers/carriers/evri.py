"""Evri International (GlobalEco), the public tracker that Evri's own page links to for parcels from abroad.

A form posted without key or cookie; the answer is a page of cards. The search field repeats another number at times,
so the heading and the field "System Tracking" say whose parcel it is. "Parcel not found" names no number and says
nothing about Evri's UK network, so it is never taken for not found. Clocks have no zone, whichever country scanned:
they are read as London's and marked, and the page's own order, newest first, is kept within one minute. The UK
network's feed needs keys of Evri's own page and is not asked. Seen working 2026-10.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from scrapers import when
from scrapers.base import Access, Carrier, Page, Request, Status, TrackingEvent, TrackingReport, read_html
from scrapers.linked import linked_numbers
from scrapers.shape import LayoutChanged
from scrapers.status import classify

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

_LONDON = when.zone("Europe/London")
_HEADING = "Shipment Details #"
# Words that say too little by themselves, seen on this tracker.
_OWN_WORDS = {
    "created": Status("InfoReceived", "InfoReceived_001", "evri: the sender has made a label", "label"),
    "cross docked": Status("InTransit", "InTransit_001", "evri: passed on at a hub"),
}


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """One posted form per number."""
    return [
        Request(
            "https://globaleco.app/track",
            (number,),
            method="POST",
            headers={"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode({"tracking_number": number}).encode(),
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """The report of the one shipment on the page."""
    soup = read_html(page)
    title = soup.title.get_text().casefold() if soup.title else ""
    if "just a moment" in title or soup.select_one(".g-recaptcha, .h-captcha"):
        return [TrackingReport(number, "blocked", "Evri asks for a bot check") for number in numbers]
    headings = {heading.get_text(" ", strip=True): heading for heading in soup.select("main h2")}
    if "Parcel not found" in headings:
        why = "Evri International does not list this number; Evri in the UK was not asked"
        return [TrackingReport(number, "unavailable", why) for number in numbers]
    number = next((h.removeprefix(_HEADING).strip() for h in headings if h.startswith(_HEADING)), "")
    if not number or _field(soup, "System Tracking:") != number:
        raise LayoutChanged("the shipment's heading is missing or its number differs")
    return [_report(number, soup)]


def _report(number: str, soup: BeautifulSoup) -> TrackingReport:
    columns = [cell.get_text(strip=True) for cell in soup.select("main table thead th")]
    if columns[:3] != ["Date/Time", "Event", "Location"]:
        return TrackingReport(number, "changed", "the history table has other columns")
    try:
        events = tuple(_event(row) for row in reversed(soup.select("main table tbody > tr")))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    linked = linked_numbers(number, _field(soup, "Carrier Tracking:"))
    return TrackingReport(number, "ok", events=events, linked_numbers=linked)


def _event(row: Tag) -> TrackingEvent:
    cells = [cell.get_text(" ", strip=True) for cell in row.find_all("td", recursive=False)]
    if len(cells) < 3:
        raise LayoutChanged("a row of the history has too few cells")
    written, words, place = cells[:3]  # the fourth, the partner's comments, can name people
    status = _OWN_WORDS.get(words.casefold()) or classify(words, carrier="evri")
    return TrackingEvent(when.local(written, "%Y-%m-%d %H:%M:%S", _LONDON), False, words, place, "", status)


def _field(soup: BeautifulSoup, label: str) -> str:
    for strong in soup.select("main .form-group > strong"):
        if strong.get_text(strip=True) == label and strong.parent:
            return strong.parent.get_text(" ", strip=True).removeprefix(label).strip()
    return ""


CARRIER = Carrier(
    id="evri",
    name="Evri",
    home="https://www.evri.com",
    track_url="https://www.evri.com/track/parcel/{number}/details",
    numbers=(r"[CEHPST]0\d[A-Z0-9]{3}\d{10}", r"[A-Z]\d{2}[A-Z0-9]{3}\d{10}"),
    speaks="html",
    source="public page of its international tracker; seen working 2026-10 by a public reader",
    source_date="2026-10",
    requests=requests,
    read=read,
    countries=("GB",),
    zone="Europe/London",
    limits="parcels from abroad only; times have no zone; an unknown number cannot be told apart",
)
