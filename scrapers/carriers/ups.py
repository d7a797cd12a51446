"""UPS, the JSON behind its public tracking page, as seen in the user's own browser.

The page asks for it with a session that only a browser gets, so this carrier is never polled. Times: `gmtDate` and
`gmtTime` are UTC, the other pair is the scan's wall clock in `gmtOffset`; a label row can come without any clock and
is left out. Not found is errorCode 504 on an entry that names the number; `trackDetails` null names nobody. actCode
2Q and ZP ("Delivered to UPS Access Point") wait to be collected. Who received the parcel is never read. Parcels of
other services (Mail Innovations) have no page answer recorded. Shape and codes seen working 2026-10 by a public reader.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from scrapers import check_digits, when
from scrapers.base import (
    Access,
    Carrier,
    Page,
    Request,
    TrackingEvent,
    TrackingReport,
    could_not_answer,
    read_json,
)
from scrapers.linked import without_zip
from scrapers.shape import LayoutChanged, maybe, need, rows, text
from scrapers.status import classify

_UNKNOWN = "504"


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """What the page itself asks, one number at a time; without its session UPS answers nobody."""
    return [
        Request(
            "https://webapis.ups.com/track/api/Track/GetStatus?loc=en_US",
            (number,),
            method="POST",
            headers={"Accept": "application/json", "Content-Type": "application/json"},
            body=json.dumps(
                {"Locale": "en_US", "TrackingNumber": [number], "Requester": "st/trackdetails"}
            ).encode(),
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the entries in the answer; an answer without entries says nothing about any number."""
    answer = read_json(page)
    if need(answer, "statusCode", str) != "200":
        return [could_not_answer(n, "UPS", text(answer, "statusText")) for n in numbers]
    if maybe(answer, "trackDetails", list) is None:
        return [TrackingReport(n, "unavailable", "UPS names no parcel") for n in numbers]
    return [_report(entry) for entry in rows(answer, "trackDetails")]


def _report(entry: dict[str, object]) -> TrackingReport:
    number = text(entry, "requestedTrackingNumber") or text(entry, "trackingNumber")
    if not number:
        raise LayoutChanged("trackDetails.trackingNumber is missing")
    code = text(entry, "errorCode")
    scanned = maybe(entry, "shipmentProgressActivities", list)
    if code == _UNKNOWN and not scanned:
        return TrackingReport(number, "not_found", "UPS does not know this number")
    if code or text(entry, "errorText"):
        return could_not_answer(number, "UPS", text(entry, "errorText"), f"code {code}")
    try:
        listed = reversed(rows(entry, "shipmentProgressActivities"))
        events = tuple(event for row in listed if (event := _event(row)) is not None)
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    return TrackingReport(number, "ok", events=events)


def _event(row: dict[str, object]) -> TrackingEvent | None:
    at = _moment(row)
    if at is None:
        return None
    code = text(row, "actCode")
    words = html.unescape(text(row, "activityScan")) or text(row, "milestoneName.name")
    return TrackingEvent(
        at, True, words, text(row, "location"), code, classify(words, carrier="ups", code=code)
    )


def _moment(row: dict[str, object]) -> datetime | None:
    """The instant of a scan; None for a row that carries no clock at all."""
    day, time = text(row, "gmtDate"), text(row, "gmtTime")
    if day and time:
        return when.local(f"{day} {time}", "%Y%m%d %H:%M:%S", UTC)
    day, time = text(row, "date"), text(row, "time").upper().replace(".", "")
    if not day and not time:
        return None
    zone = when.offset(text(row, "gmtOffset"))
    if zone is None:
        raise LayoutChanged("a scan names no offset")
    return when.local(f"{day} {time}", "%m/%d/%Y %I:%M %p", zone)


def _check_digit(number: str) -> bool | None:
    if number.startswith("1Z"):
        return check_digits.ups(number[2:])
    if number.isdigit():
        return check_digits.gs1(without_zip(number))
    return None if number.startswith("MI") else check_digits.ups(number[1:])


CARRIER = Carrier(
    id="ups",
    name="UPS",
    home="https://www.ups.com",
    track_url="https://www.ups.com/track?loc=en_US&tracknum={number}",
    numbers=(
        r"1Z[A-Z0-9]{15}\d",
        r"[AHJKTV]\d{10}",
        r"MI\d{6}[A-Z0-9]{1,22}",
        r"(?:420\d{5}(?:\d{4})?)?926129010\d{13}",  # Mail Innovations, delivered by USPS
    ),
    check_digit=_check_digit,
    speaks="json",
    source="public page in a browser; shape and scan codes seen live 2026-10 by a public reader, none recorded here",
    requests=requests,
    read=read,
    countries=("US",),
    reach="user",
    limits="answers only a browser's own session",
    source_date="2026-10",
)
