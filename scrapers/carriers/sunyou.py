"""SunYou (SYPost), the JSONP behind its public tracking page.

It answers HTTP 200 and "success" always; `has` tells whether the number is known, and an unknown one has
displayStatus "0" and no result. Scans lie in an origin and sometimes a destination leg, each with its own
`timeZone`, on the row or on the leg. Not a batch: a comma list is looked up as one literal number. Recorded
delivered 2021-07, working 2026-08 by public readers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta, timezone
from urllib.parse import quote

from scrapers import countries, when
from scrapers.base import Access, Carrier, Page, Request, TrackingEvent, TrackingReport, read_jsonp
from scrapers.linked import linked_numbers
from scrapers.shape import LayoutChanged, maybe, need, rows, text
from scrapers.status import classify

_CHINA = timezone(timedelta(hours=8))
_LEGS = ("result.origin", "result.destination")


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """One request per number, texts in English."""
    return [
        Request(
            f"https://www.sypost.net/queryTrack?trackNumber={quote(number, safe='')}&toLanguage=en_US",
            (number,),
            headers={"Referer": "https://www.sypost.net/search"},
        )
        for number in numbers
    ]


def read(page: Page, _numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the orders in the answer."""
    return [_report(entry) for entry in rows(read_jsonp(page), "data")]


def _report(entry: dict[str, object]) -> TrackingReport:
    number = need(entry, "orderNo", str)
    legs = [leg for leg in _LEGS if maybe(entry, f"{leg}.items", list)]
    if not need(entry, "has", bool):
        if text(entry, "displayStatus") == "0" and not legs:
            return TrackingReport(number, "not_found", "SunYou does not know this number")
        return TrackingReport(number, "changed", "the number is called unknown and yet has a status")
    try:
        # Without scans the origin leg is there and empty; no leg at all is a new layout.
        events = tuple(event for leg in legs or ["result.origin"] for event in _events(entry, leg))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    return TrackingReport(
        number,
        "ok",
        events=events,
        linked_numbers=linked_numbers(number, text(entry, "trackingNumber")),
        origin_country=countries.code(text(entry, "orgCountry")),
        destination_country=countries.code(text(entry, "dstCountry")),
    )


def _events(entry: dict[str, object], leg: str) -> list[TrackingEvent]:
    return [_event(row, text(entry, f"{leg}.timeZone")) for row in rows(entry, f"{leg}.items")]


def _event(row: dict[str, object], leg_zone: str) -> TrackingEvent:
    code, words = text(row, "status") or text(row, "eventCode"), text(row, "content")
    zone = when.offset(text(row, "timeZone") or leg_zone)
    at = when.local(need(row, "createTime", str), "%Y-%m-%d %H:%M:%S", zone or _CHINA)
    return TrackingEvent(at, zone is not None, words, "", code, classify(words, carrier="sunyou", code=code))


CARRIER = Carrier(
    id="sunyou",
    name="SunYou",
    home="https://www.sypost.net",
    track_url="https://www.sypost.net/search?orderNo={number}",
    numbers=(r"SY[A-Z]{2}\d{9}", r"SY\d{11}"),
    speaks="jsonp",
    source="public page; one recorded answer of 2021-07 (two events), the not-found shape read in code; 2026-08",
    source_date="2026-08",
    requests=requests,
    read=read,
    countries=("CN",),
    zone="Asia/Shanghai",
    limits="no town names; last-mile scans are often only at the local carrier",
)
