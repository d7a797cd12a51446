"""EMS, the tracking page of the EMS Cooperative, which the express posts of the world share.

Only S10 numbers beginning with E; others are answered "does not denote an EMS item", which is a refusal and not a
finding. The table of a number carries it in its id (`table-EB…`). Rows come oldest first, each with the wall clock of
its own country and no zone: they are read as UTC, marked, and none is put before the row above it, since clocks of
different countries cannot be compared. Unknown is a table with the one row "There were no results found.". Plain
library clients were once answered 403. Described by public readers up to 2026-09.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING
from urllib.parse import quote

from scrapers import when
from scrapers.base import Access, Carrier, Page, Request, TrackingEvent, TrackingReport, read_html
from scrapers.shape import LayoutChanged
from scrapers.status import classify

if TYPE_CHECKING:
    from bs4 import Tag

_TABLE = "table-"
_NOTHING = "There were no results found."


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """One request per number."""
    return [
        Request(
            f"https://items.ems.post/api/publicTracking/track?language=EN&itemId={quote(number, safe='')}",
            (number,),
            headers={"Accept": "text/html"},
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the tables in the page; an error message instead of a table answers none."""
    if b"<" not in page.body or page.body.lstrip().startswith(b"<?xml"):
        raise LayoutChanged("the answer is not a web page")
    soup = read_html(page)
    tables = soup.select(f"[id^={_TABLE}]")
    refusal = soup.select_one("ul.error")
    if not tables and refusal is not None:
        why = _plain(refusal)[:120]
        return [TrackingReport(n, "unavailable", f"EMS refuses the number: {why}") for n in numbers]
    if not tables:
        raise LayoutChanged("the table of results is missing")
    return [_report(table) for table in tables]


def _report(table: Tag) -> TrackingReport:
    number = str(table.get("id", "")).removeprefix(_TABLE)
    listed = table.select("tbody > tr")
    if len(listed) == 1 and _plain(listed[0]) == _NOTHING and listed[0].select("td.no-results-found"):
        return TrackingReport(number, "not_found", "EMS does not know this number")
    try:
        return TrackingReport(number, "ok", events=_events(listed))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))


def _events(listed: list[Tag]) -> tuple[TrackingEvent, ...]:
    scans = [_cells(row) for row in listed]
    if not scans:
        raise LayoutChanged("the table of results is empty")
    clocks = [_clock(cells[0]) for cells in scans]
    if clocks[0] - clocks[-1] > timedelta(days=1):
        raise LayoutChanged("the scans are not listed oldest first")
    return tuple(_event(at, cells) for at, cells in zip(accumulate(clocks, max), scans, strict=True))


def _cells(row: Tag) -> list[str]:
    """Date, status and place of one scan; the place may be missing."""
    cells = [_plain(cell) for cell in row.find_all("td")]
    if len(cells) not in (2, 3) or not all(cells[:2]):
        raise LayoutChanged("a scan has not the columns date, status and location")
    return [*cells, ""][:3]


def _clock(written: str) -> datetime:
    return when.local(written.replace(",", ""), "%b %d %Y %I:%M %p", UTC)


def _event(at: datetime, cells: list[str]) -> TrackingEvent:
    status = classify(cells[1], carrier="ems", language="en")
    return TrackingEvent(at, False, cells[1], cells[2], "", status)


def _plain(tag: Tag) -> str:
    return " ".join(tag.get_text(" ").encode("utf-8", "replace").decode("utf-8").split())


CARRIER = Carrier(
    id="ems",
    name="EMS",
    home="https://www.ems.post",
    track_url="https://items.ems.post/api/publicTracking/track?language=EN&itemId={number}",
    numbers=(r"E[A-Z]\d{9}[A-Z]{2}",),
    speaks="html",
    source="public page; described by public readers up to 2026-09",
    source_date="2026-09",
    requests=requests,
    read=read,
    limits="times without zones; plain clients may be refused; domestic scans can be missing",
)
