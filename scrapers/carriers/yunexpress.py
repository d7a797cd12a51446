"""YunExpress (YunTrack), the JSON behind its public tracking page, as the user's own browser receives it.

The page signs its question with a key of its own and stands behind a bot wall, so it is never asked from here.
Scans come in groups ("words----place") or in one plain list; the longer of the two is read. Their times are wall
clocks without a zone; only the newest scan is repeated with one. The others are read in China's clock or in the
newest scan's, whichever lies further east, so that no earlier scan can pass the newest, and are marked. The status
number is coarse, and 50 (delivered) alone claims nothing. An unknown number is echoed with every field zeroed.
Codes 1003 and 1004 ask for a verification by hand. Shape from public readers' code, last seen working 2026-09.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta, timezone

from scrapers import countries, when
from scrapers.base import Access, Carrier, Page, Request, TrackingEvent, TrackingReport, read_json
from scrapers.linked import linked_numbers
from scrapers.shape import LayoutChanged, maybe, need, rows, text
from scrapers.status import classify

_CHINA = timezone(timedelta(hours=8))
_VERIFY_BY_HAND = ("1003", "1004")


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """The question the tracking page puts, without the page's own signature."""
    return [
        Request(
            "https://services.yuntrack.com/Track/Query",
            tuple(numbers),
            method="POST",
            headers={"Accept": "application/json", "Content-Type": "application/json"},
            body=json.dumps({"NumberList": list(numbers), "CaptchaVerification": "", "Year": 0}).encode(),
        )
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the numbers in the answer."""
    answer = read_json(page)
    if text(answer, "Code") in _VERIFY_BY_HAND:
        return [TrackingReport(n, "blocked", "YunTrack asks for a verification by hand") for n in numbers]
    return [_report(entry) for entry in rows(answer, "ResultList")]


def _report(entry: dict[str, object]) -> TrackingReport:
    number = need(entry, "Id", str)
    try:
        if text(entry, "TrackInfo.WaybillNumber") != number:
            raise LayoutChanged("TrackInfo.WaybillNumber is another number")
        if _is_unknown(entry):
            return TrackingReport(number, "not_found", "YunExpress does not know this number")
        events = _events(entry)
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    if not events:
        return TrackingReport(number, "unavailable", "YunTrack shows no scans, and does not say why")
    return TrackingReport(
        number,
        "ok",
        events=events,
        linked_numbers=linked_numbers(number, text(entry, "TrackInfo.TrackingNumber")),
        destination_country=countries.code(text(entry, "TrackInfo.DestinationCountryCode")),
    )


def _is_unknown(entry: dict[str, object]) -> bool:
    """Whether every field that could tell of a parcel is there and empty."""
    zeroed = ("Status", "TrackInfo.TrackingStatus", "TrackInfo.TrackEventCount", "TrackData.ChildCount")
    blank = ("ProcessDate", "ProcessContent", "ProcessLocation")
    return (
        all(maybe(entry, path, int) == 0 for path in (*zeroed, "TrackInfo.LastTrackEvent.TrackingStatus"))
        and all(maybe(entry, f"TrackInfo.LastTrackEvent.{name}", str) == "" for name in blank)
        and maybe(entry, "TrackInfo.TrackEventDetails", list) == []
        and maybe(entry, "TrackData.ProcessGroupList", list) == []
    )


def _events(entry: dict[str, object]) -> tuple[TrackingEvent, ...]:
    """The scans, oldest first; rows with a place but no words tell nothing and are left out."""
    groups = rows(entry, "TrackData.ProcessGroupList")
    grouped = [row for group in groups for row in rows(group, "ProcessDetailList")]
    plain = (
        rows(entry, "TrackInfo.TrackEventDetails")
        if maybe(entry, "TrackInfo.TrackEventDetails", list)
        else []
    )
    newest = maybe(entry, "TrackInfo.LastTrackEvent", dict) or {}
    listed = max(grouped, plain, key=len)
    events = [_event(row, newest) for row in reversed(listed)]
    return tuple(event for event in events if event.text)


def _event(row: dict[str, object], newest: dict[str, object]) -> TrackingEvent:
    written = text(row, "ProcessDate") or text(row, "CreatedOn")
    words, place = _words_and_place(row)
    is_newest = (written, words) == (text(newest, "ProcessDate"), text(newest, "ProcessContent"))
    named = when.offset(text(newest, "GmtProcessTimezone"))
    east = max(_CHINA, named or _CHINA, key=lambda zone: zone.utcoffset(None))
    at = when.iso(written, default=named if is_newest and named else east)
    code = text(newest if is_newest else row, "TrackingStatus")
    status = classify(words, carrier="yunexpress", code=code)
    return TrackingEvent(at, is_newest and named is not None, words, place, code, status)


def _words_and_place(row: dict[str, object]) -> tuple[str, str]:
    words, joined, place = text(row, "ProcessContent").partition("----")
    return words.strip(), place.strip(" -") if joined else text(row, "ProcessLocation")


CARRIER = Carrier(
    id="yunexpress",
    name="YunExpress",
    home="https://www.yuntrack.com",
    track_url="https://www.yuntrack.com/parcelTracking?id={number}",
    numbers=(r"YT\d{16}",),
    speaks="json",
    source="public page, read in the user's browser; shape from public readers' code of 2026",
    source_date="2026-09",
    requests=requests,
    read=read,
    countries=("CN",),
    zone="Asia/Shanghai",
    batch=100,
    reach="user",
    limits="answers browsers only; every time but the newest is without a zone",
)
