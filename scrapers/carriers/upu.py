"""The UPU's Global Track & Trace, its documented anonymous API: what the posts of the world tell each other.

One number a question, S10 numbers only. It is a data source and no carrier: histories are sparse, lag behind, and
expire. A number it holds nothing on gets HTTP 200 and no body at all, so only the address proves whom that is about.
`/Date(ms+hhmm)/` names an instant and an offset, but the offset was seen an hour wrong, so every time is marked.
DLV and other "estimated delivery" rows are forecasts and are dropped; EMI is the delivery. Signatures are not read.
Recorded by a public reader 2026-09; limits and retention are unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from urllib.parse import quote

from scrapers import countries, when
from scrapers.base import Access, Carrier, Page, Request, TrackingEvent, TrackingReport, asks_about, read_json
from scrapers.shape import LayoutChanged, need, rows, text
from scrapers.status import classify

_WCF = re.compile(r"/Date\((-?\d{1,15})([+-]\d{4})?\)/")
_FORECAST = re.compile(r"\b(?:estimated|expected|predicted) delivery\b", re.IGNORECASE)


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """One request per number."""
    return [
        Request(
            "https://globaltracktrace.ptc.post/gtt.api/service.svc/rest/ItemTTWithTrans/"
            f"{quote(number, safe='')}/EN",
            (number,),
            headers={"Accept": "application/json"},
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """The reports of the items in the answer; no body is the answer for a number of which nothing is held."""
    if not page.body:
        asked = [number for number in numbers if asks_about(page, number)]
        return [TrackingReport(n, "not_found", "the UPU holds nothing on this number") for n in asked]
    return [_report(item) for item in rows(read_json(page), "")]


def _report(item: dict[str, object]) -> TrackingReport:
    number = need(item, "ID", str)
    try:
        events = tuple(_event(row) for row in rows(item, "Events") if not _is_forecast(row))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    destination = countries.code(text(item, "DestinationCountryCd"))
    return TrackingReport(number, "ok", events=events, destination_country=destination)


def _is_forecast(row: dict[str, object]) -> bool:
    return text(row, "EventCd") == "DLV" or _FORECAST.search(text(row, "EventNm")) is not None


def _event(row: dict[str, object]) -> TrackingEvent:
    code, words = text(row, "EventCd"), text(row, "EventNm")
    if not code:
        raise LayoutChanged("EventCd is missing")
    status = classify(words, carrier="upu", code=code, language="en")
    at = _moment(need(row, "EventDT", str))
    return TrackingEvent(at, False, words or code, text(row, "EventLocation"), code, status)


def _moment(written: str) -> datetime:
    wcf = _WCF.fullmatch(written)
    if wcf is None:
        return when.iso(written, default=UTC)
    zone = when.offset(wcf.group(2) or "UTC")
    if zone is None:
        raise LayoutChanged(f"a time reads {written[:40]!r}, with an offset no clock has")
    return when.epoch_ms(int(wcf.group(1))).astimezone(zone)


CARRIER = Carrier(
    id="upu",
    name="UPU Global Track & Trace",
    home="https://globaltracktrace.ptc.post",
    track_url="https://globaltracktrace.ptc.post/gtt.web/Search.aspx?id={number}",
    numbers=(r"[A-Z]{2}\d{9}[A-Z]{2}",),
    speaks="json",
    source="documented anonymous API; answers described by a public reader 2026-09",
    source_date="2026-09",
    requests=requests,
    read=read,
    limits="sparse and late; a number it holds nothing on may be expired as well as unknown",
    empty_is_answer=True,
)
