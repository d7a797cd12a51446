"""Sagawa Express, its public Japanese tracking page, as seen in the user's own browser.

The page turns plain clients away, so this carrier is never polled. Scans are in Tokyo's clock and name no year; it
follows from the day of dispatch above them. Each label carries an arrow ("↓輸送中"). Not found is 該当なし with the
sentence that no data is registered, in a list that repeats the number; other refusals prove nothing. Shape read from
public code of 2025-12, not recorded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from scrapers import check_digits, when
from scrapers.base import Access, Carrier, Page, Request, TrackingEvent, TrackingReport, read_html
from scrapers.shape import LayoutChanged
from scrapers.status import classify

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

_TOKYO = when.zone("Asia/Tokyo")
_NONE, _NOT_REGISTERED = "該当なし", "お荷物データが登録されておりません"
_DAY = re.compile(r"\d{4}年\d{2}月\d{2}日")
# Tracking shows the last three months or so; a scan later than this after its dispatch is of the year before.
_LONGEST = timedelta(days=300)


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """The page's own address, one number at a time."""
    return [
        Request(
            f"https://k2k.sagawa-exp.co.jp/p/web/okurijosearch.do?okurijoNo={quote(number, safe='')}",
            (number,),
            headers={"Accept": "text/html"},
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """The report of the one parcel on the page."""
    soup = read_html(page)
    if soup.title and "Access Denied" in soup.title.get_text():
        return [TrackingReport(n, "blocked", "Sagawa turns this client away") for n in numbers]
    state = soup.select_one("span.state")
    if state is not None and _text(state) == _NONE:
        return [_unknown(soup, number) for number in numbers]
    detail = soup.select_one("dd#detail1")
    if detail is None:
        raise LayoutChanged("the page has no tracking detail")
    return [_report(detail)]


def _unknown(soup: BeautifulSoup, number: str) -> TrackingReport:
    listed = soup.select_one("#list1")
    told = _text(listed) if listed is not None else ""
    if _NOT_REGISTERED in told and number in re.findall(r"\d+", told.replace("-", "")):
        return TrackingReport(number, "not_found", "Sagawa does not know this number")
    return TrackingReport(number, "unavailable", "Sagawa shows no parcel, and not why")


def _report(detail: Tag) -> TrackingReport:
    tables = detail.select("table")
    facts = [_text(cell) for cell in tables[0].select("td")] if len(tables) == 2 else []
    if len(facts) < 2:
        raise LayoutChanged("the tracking detail is not two tables")
    number = facts[0].replace("-", "")
    day = _DAY.search(facts[1])
    if day is None:
        raise LayoutChanged("the day of dispatch is missing")
    dispatched = when.local(day.group(), "%Y年%m月%d日", _TOKYO)
    try:
        events = tuple(_event(row, dispatched) for row in tables[1].select("tr")[1:])
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    return TrackingReport(number, "ok", events=events)


def _event(row: Tag, dispatched: datetime) -> TrackingEvent:
    cells = [_text(cell) for cell in row.select("td")]
    if len(cells) != 3:
        raise LayoutChanged("a scan is not three cells")
    words = cells[0].lstrip("↓⇒→ ")
    at = when.without_year(cells[1], "%m/%d %H:%M", _TOKYO, dispatched + _LONGEST)
    return TrackingEvent(at, True, words, cells[2], "", classify(words, carrier="sagawa", language="ja"))


def _text(part: Tag) -> str:
    return " ".join(part.get_text(" ", strip=True).split())


CARRIER = Carrier(
    id="sagawa",
    name="Sagawa Express",
    home="https://www.sagawa-exp.co.jp",
    track_url="https://k2k.sagawa-exp.co.jp/p/web/okurijosearch.do?okurijoNo={number}",
    numbers=(r"\d{12}",),
    check_digit=check_digits.modulo_7,
    speaks="html",
    source="public page; shape read from public code of 2025-12, never recorded",
    requests=requests,
    read=read,
    countries=("JP",),
    zone="Asia/Tokyo",
    reach="user",
    limits="answers only a browser",
    source_date="2025-12",
)
