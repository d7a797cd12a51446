"""Korea Post, its English tracking page for international mail (EMS, K-Packet and every S10 number).

Each scan is in the clock of the place: Korea's for scans in Korea, the other country's for the rest. Which side a scan
is on follows from the number's country and from the first scan that tells of the destination; scans abroad are read
as Korea's and marked. "Delivered to Destination Post" hands the item over to the foreign post and is no delivery. The
fourth column mixes notes with names and is never read. Not found is the sentence that repeats the number, in the place
of the scans. Seen working 2026-09 by a public reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from scrapers import when
from scrapers.base import Access, Carrier, Page, Request, TrackingEvent, TrackingReport, read_html
from scrapers.shape import LayoutChanged
from scrapers.status import classify

if TYPE_CHECKING:
    from bs4 import Tag

_SEOUL = when.zone("Asia/Seoul")
_COLUMNS = ("Date", "Status", "Post office/Airport", "Details")
_AT_DESTINATION = ("destination", "inward office")


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """One request per number, as the public English form sends it."""
    return [
        Request(
            "https://trace.epost.go.kr/xtts/servlet/kpl.tts.common.svl.SttSVL",
            (number,),
            method="POST",
            headers={"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode(
                {
                    "target_command": "kpl.tts.tt.epost.cmd.RetrieveEmsTraceEngCmd",
                    "JspURI": "/xtts/tt/epost/ems/EmsSearchResultEng.jsp",
                    "POST_CODE": number,
                }
            ).encode(),
        )
        for number in numbers
    ]


def read(page: Page, _numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """The report of the one item on the page: its number in one table, its scans in another."""
    soup = read_html(page)
    basic = soup.select('table[summary="Basic Information"] > tbody > tr')
    history = [table for table in soup.select("table") if _heads(table) == _COLUMNS]
    if len(basic) != 1 or len(history) != 1:
        raise LayoutChanged("the page has no one item and no one history")
    number = _cells(basic[0])[0]
    listed = history[0].select("tbody > tr")
    if len(listed) == 1 and f"item number {number} is not found" in _text(listed[0]):
        return [TrackingReport(number, "not_found", "Korea Post does not know this number")]
    try:
        return [TrackingReport(number, "ok", events=tuple(_events(listed, number)))]
    except LayoutChanged as changed:
        return [TrackingReport(number, "changed", str(changed))]


def _events(listed: Iterable[Tag], number: str) -> Iterable[TrackingEvent]:
    in_korea = number.upper().endswith("KR")
    crossed = False
    for row in listed:
        cells = _cells(row)
        if len(cells) != len(_COLUMNS):
            raise LayoutChanged("a scan is not four cells")
        written, words, place = cells[:3]
        if not crossed and any(sign in words.casefold() for sign in _AT_DESTINATION):
            crossed, in_korea = True, not in_korea
        at = when.local(written, "%H:%M %d-%b-%Y", _SEOUL)
        status = classify(words, carrier="korea_ems", code=words, language="en")
        yield TrackingEvent(at, in_korea, words, place, "", status)


def _heads(table: Tag) -> tuple[str, ...]:
    return tuple(_text(head) for head in table.select("thead th"))


def _cells(row: Tag) -> list[str]:
    cells = [_text(cell) for cell in row.select("td")]
    if not cells:
        raise LayoutChanged("a row is empty")
    return cells


def _text(part: Tag) -> str:
    return " ".join(part.get_text(" ", strip=True).split())


CARRIER = Carrier(
    id="korea_ems",
    name="Korea Post (EMS)",
    home="https://service.epost.go.kr",
    track_url="https://service.epost.go.kr/trace.RetrieveEmsRigiTraceList.comm?POST_CODE={number}&displayHeader=N",
    numbers=(r"[A-Z]{2}\d{9}KR",),
    speaks="html",
    source="public English page; shape, labels and not-found sentence seen live 2026-09 by a public reader",
    requests=requests,
    read=read,
    countries=("KR",),
    zone="Asia/Seoul",
    limits="international mail only; scans abroad carry no zone",
    source_date="2026-09",
)
