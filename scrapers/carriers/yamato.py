"""Yamato Transport (Kuroneko), its public Japanese tracking form for parcels inside Japan.

Scans come oldest first, in Tokyo's clock and mostly without a year: it is taken from the day the page was received,
and without that day such a page is not read. A scan without a time of day is marked and kept behind the one before it.
Requests of the recipient ("依頼受付") are listed among the scans and are none. 配達準備中 is not yet on the way to the
door, and 保管中 is at Yamato's own branch unless a shop is named. Not found is 伝票番号未登録 or 伝票番号誤り, without
scans, under a heading with the number. International TA-Q-BIN has a page of its own. Seen working 2026-09 by a public
reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from scrapers import check_digits, when
from scrapers.base import Access, Carrier, Page, Request, Status, TrackingEvent, TrackingReport, read_html
from scrapers.shape import LayoutChanged
from scrapers.status import classify

if TYPE_CHECKING:
    from bs4 import Tag

_TOKYO = when.zone("Asia/Tokyo")
_HEADING = re.compile(r"\d+件目：([\d-]+)")
_UNKNOWN = ("伝票番号未登録", "伝票番号誤り")
_REQUEST = "依頼受付"
# 持戻 is taken back to the branch from the door, for whatever reason stands in brackets behind it.
_TAKEN_BACK = Status("AttemptFail", "AttemptFail_001", "yamato: taken back from the door")


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """One request per number, as the public form sends it."""
    return [
        Request(
            "https://toi.kuronekoyamato.co.jp/cgi-bin/tneko",
            (number,),
            method="POST",
            headers={"Accept": "text/html", "Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode({"number00": "1", "number01": number}).encode(),
        )
        for number in numbers
    ]


def read(page: Page, _numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """A report per block of the page; each block is headed by its number."""
    blocks = read_html(page).select(".parts-tracking-invoice-block")
    if not blocks:
        raise LayoutChanged("the page has no tracking block")
    return [_report(block, page.received_at) for block in blocks]


def _report(block: Tag, received_at: datetime | None) -> TrackingReport:
    heading = _HEADING.fullmatch(_one(block, ".tracking-invoice-block-title"))
    if heading is None:
        raise LayoutChanged("a tracking block names no number")
    number = heading.group(1).replace("-", "")
    listed = block.select(".tracking-invoice-block-detail > ol > li")
    state = _one(block, ".tracking-invoice-block-state-title")
    if state in _UNKNOWN and not listed:
        return TrackingReport(number, "not_found", "Yamato does not know this number")
    if not listed:
        return TrackingReport(number, "unavailable", "Yamato lists no scans")
    try:
        return TrackingReport(number, "ok", events=tuple(_events(listed, received_at)))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))


def _events(listed: Iterable[Tag], received_at: datetime | None) -> Iterable[TrackingEvent]:
    before: datetime | None = None
    for row in listed:
        words = _one(row, ".item")
        if words.startswith(_REQUEST):
            continue
        written = _one(row, ".date")
        exact = ":" in written
        at = _moment(written if exact else f"{written} 00:00", received_at)
        if not exact and before is not None:
            at = max(at, before)
        before = at
        yield TrackingEvent(at, exact, words, _one(row, ".name"), "", _status(words))


def _moment(written: str, received_at: datetime | None) -> datetime:
    if "年" in written:
        return when.local(written, "%Y年%m月%d日 %H:%M", _TOKYO)
    if received_at is None:
        raise LayoutChanged("a scan names no year, and the day of the page is unknown")
    return when.without_year(written, "%m月%d日 %H:%M", _TOKYO, received_at)


def _status(words: str) -> Status:
    status = classify(words, carrier="yamato", code=words, language="ja")
    return _TAKEN_BACK if status.tag == "Unknown" and words.startswith("持戻") else status


def _one(part: Tag, selector: str) -> str:
    """The text of the only element a selector finds."""
    found = part.select(selector)
    if len(found) != 1:
        raise LayoutChanged(f"{selector} is there {len(found)} times")
    return " ".join(found[0].get_text(" ", strip=True).split())


CARRIER = Carrier(
    id="yamato",
    name="Yamato Transport",
    home="https://www.kuronekoyamato.co.jp",
    track_url="https://jizen.kuronekoyamato.co.jp/jizen/servlet/crjz.b.NQ0010?id={number}",
    numbers=(r"\d{12}",),
    check_digit=check_digits.modulo_7,
    speaks="html",
    source="public form; shape and labels seen live 2026-09 by a public reader, none recorded here",
    requests=requests,
    read=read,
    countries=("JP",),
    zone="Asia/Tokyo",
    limits="parcels inside Japan only; scans mostly name no year",
    source_date="2026-09",
)
