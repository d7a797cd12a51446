"""ELTA, the Greek post, the JSON behind its public tracking page.

Times are clocks without a zone in two fields (20261003, 1303), taken as Greek. Of a parcel from abroad the foreign
posts' scans stand in the same list with their own clocks, and nothing tells them apart, so all its times are marked
as assumed. Rows without words are filler. How an unknown number is answered was never recorded: an empty list
counts for nothing. Seen working 2025-10 by public readers, again 2026-08.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import urlencode

from scrapers import when
from scrapers.base import Access, Carrier, Page, Request, TrackingEvent, TrackingReport, read_json
from scrapers.shape import LayoutChanged, need, rows, text
from scrapers.status import classify

_ATHENS = when.zone("Europe/Athens")
_ENGLISH = "2"


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """One request per number."""
    return [
        Request(
            "https://www.elta.gr/trackApi",
            (number,),
            method="POST",
            headers={
                "Accept": "application/json",
                "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
                "X-Requested-With": "XMLHttpRequest",
            },
            body=urlencode({"code[]": number, "in_lang": _ENGLISH}).encode(),
        )
        for number in numbers
    ]


def read(page: Page, _numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the codes in the answer."""
    return [_report(entry) for entry in rows(read_json(page), "")]


def _report(entry: dict[str, object]) -> TrackingReport:
    number = need(entry, "code", str)
    try:
        listed = [row for row in rows(entry, "response.out_status") if text(row, "out_status_name")]
        events = tuple(_event(row, number) for row in reversed(listed))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    if not events:
        return TrackingReport(number, "unavailable", "ELTA lists no scans for this number")
    return TrackingReport(number, "ok", events=events)


def _event(row: dict[str, object], number: str) -> TrackingEvent:
    words = text(row, "out_status_name")
    at = when.local(f"{text(row, 'out_date')} {text(row, 'out_time')}", "%Y%m%d %H%M", _ATHENS)
    status = classify(words, carrier="elta", language="en")
    return TrackingEvent(at, number.upper().endswith("GR"), words, text(row, "out_station"), "", status)


CARRIER = Carrier(
    id="elta",
    name="ELTA",
    home="https://www.elta.gr",
    track_url="https://itemsearch.elta.gr/en-GB/Query/Direct/{number}",
    numbers=(r"[A-Z]{2}\d{9}GR",),
    speaks="json",
    source="public page; shape from public readers, working 2025-10 and 2026-08",
    source_date="2026-08",
    requests=requests,
    read=read,
    countries=("GR",),
    zone="Europe/Athens",
    limits="unknown numbers cannot be told from parcels not scanned yet; foreign scans' times are uncertain",
)
