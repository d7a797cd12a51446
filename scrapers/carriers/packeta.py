"""Packeta (Zásilkovna), the JSON behind its public tracking page.

Scans are fixed English sentences without a code; only the parcel as a whole has one (packetStatusId), which speaks
for the newest scan where its sentence is not understood ("The parcel is with you"), and always where it tells of a
return: 21, named lost in the page's script, reads "Return (on the way back)". Times are the backend's Prague clock
without an offset. Unknown and expired numbers alike: HTTP 404 {"error": "notFound"}, repeating no number, so the
address must name it. The answer may leave the leading Z out. Delivered parcels seen 2026-08, the unknown 2026-09;
of the codes only 3, 5 and 21 were seen in answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from scrapers import when
from scrapers.base import (
    Access,
    Carrier,
    Page,
    Request,
    Status,
    TrackingEvent,
    TrackingReport,
    asks_about,
    could_not_answer,
    read_json,
)
from scrapers.shape import LayoutChanged, need, rows, text
from scrapers.status import classify

_PRAGUE = when.zone("Europe/Prague")
_UNKNOWN = "notFound"


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """One request per number; the page posts an empty body."""
    return [
        Request(
            f"https://tracking.packeta.com/api/getPacketById/{quote(number, safe='')}/en",
            (number,),
            method="POST",
            headers={"Accept": "application/json"},
            body=b"",
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """The report of the parcel in the answer, or what an error says about the number in the address."""
    answer = read_json(page)
    error = text(answer, "error")
    if error:
        return [_refused(page, number, error) for number in numbers]
    item = need(answer, "item", dict)
    barcode = text(item, "barcode")
    if not barcode:
        raise LayoutChanged("item.barcode is missing")
    if barcode not in numbers and barcode.isdecimal():
        barcode = f"Z{barcode}"
    return [_report(item, barcode)]


def _refused(page: Page, number: str, error: str) -> TrackingReport:
    if error == _UNKNOWN and asks_about(page, number):
        return TrackingReport(number, "not_found", "Packeta does not know this number, or not any more")
    return could_not_answer(number, "Packeta", error)


def _report(item: dict[str, object], number: str) -> TrackingReport:
    try:
        events = sorted((_event(row) for row in rows(item, "trackingDetails")), key=lambda event: event.at)
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    if events:  # the answer tells one code, that of the newest
        code = text(item, "packetStatusId")
        events[-1] = events[-1].meaning(_newest(events[-1].status, code), code)
    return TrackingReport(number, "ok", events=tuple(events))


def _event(row: dict[str, object]) -> TrackingEvent:
    words = text(row, "text")
    at = when.local(need(row, "time", str), "%Y-%m-%d %H:%M:%S", _PRAGUE)
    return TrackingEvent(at, True, words, "", "", classify(words, carrier="packeta", language="en"))


def _newest(said: Status, code: str) -> Status:
    whole = classify("", carrier="packeta", code=code)
    return whole if whole.tag == "Exception" or said.tag == "Unknown" else said


CARRIER = Carrier(
    id="packeta",
    name="Packeta",
    home="https://www.packeta.com",
    track_url="https://tracking.packeta.com/en/{number}",
    numbers=(r"Z\d{10}",),
    speaks="json",
    source="public page; delivered parcels and the unknown number seen 2026 by two public readers",
    source_date="2026-09",
    requests=requests,
    read=read,
    countries=("CZ", "SK", "HU", "RO", "PL"),
    zone="Europe/Prague",
    limits="no places; expired numbers look unknown; scans in Romania may be an hour off",
    own_statuses=frozenset({404}),
)
