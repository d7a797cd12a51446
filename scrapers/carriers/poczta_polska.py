"""Poczta Polska, the JSON behind its eMonitoring page, read where the user's browser has it.

The page adds a key of its own, so plain HTTP is not used. Number and `mailInfo.number` both repeat what was asked;
unknown is mailStatus -1 without mailInfo. Clocks have no offset: Warsaw's for parcels that stay in Poland, an
assumption for all others and marked. After P_NDZ the item travels back, so a later delivery is the sender's.
P_ROZL_CEL books a duty days after the delivery and is no scan; cancelled rows are none either. Seen working 2026-09.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from scrapers import check_digits, countries, when
from scrapers.base import Access, Carrier, Page, Request, Status, TrackingEvent, TrackingReport, read_json
from scrapers.shape import LayoutChanged, need, rows, text
from scrapers.status import classify

_WARSAW = when.zone("Europe/Warsaw")
_UNKNOWN = -1
_RETURNED, _DUTY_BOOKED = "P_NDZ", "P_ROZL_CEL"
_TO_SENDER = Status("Exception", "Exception_011", "poczta_polska: delivered after P_NDZ, so to the sender")


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """What the tracking page asks, without the key it adds."""
    return [
        Request(
            "https://uss.poczta-polska.pl/uss/v1.1/tracking/checkmailex",
            (number,),
            method="POST",
            headers={"Accept": "application/json", "Content-Type": "application/json"},
            body=json.dumps({"language": "EN", "number": number, "addPostOfficeInfo": True}).encode(),
        )
        for number in numbers
    ]


def read(page: Page, _numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """The report of the one item in the answer."""
    answer = need(read_json(page), "", dict)
    number = need(answer, "number", str)
    status, item = need(answer, "mailStatus", int), answer.get("mailInfo")
    if status == _UNKNOWN and item is None:
        return [TrackingReport(number, "not_found", "Poczta Polska does not know this number")]
    if status != 0:
        return [TrackingReport(number, "unavailable", f"Poczta Polska could not answer: status {status}")]
    if text(item, "number").upper() != number.upper():
        return [TrackingReport(number, "changed", "the item is another number's")]
    try:
        return [_report(number, need(item, "", dict))]
    except LayoutChanged as changed:
        return [TrackingReport(number, "changed", str(changed))]


def _report(number: str, item: dict[str, object]) -> TrackingReport:
    origin, destination = text(item, "dispatchCountryCode"), text(item, "recipientCountryCode")
    scans = [
        row
        for row in rows(item, "events")
        if row.get("canceled") is not True and text(row, "code") != _DUTY_BOOKED
    ]
    events = [_event(row, at_home=origin == destination == "PL") for row in scans]
    return TrackingReport(
        number,
        "ok",
        events=tuple(_turned_back(events)),
        origin_country=countries.code(origin),
        destination_country=countries.code(destination),
    )


def _turned_back(events: Iterable[TrackingEvent]) -> Iterable[TrackingEvent]:
    """The scans, oldest first, with every delivery after a return as one to the sender."""
    back = False
    for event in events:
        back = back or event.code == _RETURNED
        yield event.meaning(_TO_SENDER) if back and event.status.tag == "Delivered" else event


def _event(row: dict[str, object], *, at_home: bool) -> TrackingEvent:
    code, words = text(row, "code"), text(row, "name")
    at = when.iso(need(row, "time", str), default=_WARSAW)
    status = classify(words, carrier="poczta_polska", code=code)
    exact = at_home or at.tzinfo is not _WARSAW
    return TrackingEvent(at, exact, words, text(row, "postOffice.name"), code, status)


def _check_digit(number: str) -> bool | None:
    return check_digits.gs1(number) if number.isdigit() else None


CARRIER = Carrier(
    id="poczta_polska",
    name="Poczta Polska",
    home="https://www.poczta-polska.pl",
    track_url="https://emonitoring.poczta-polska.pl/?numer={number}",
    numbers=(r"[A-Z]{2}\d{9}PL", r"00\d5900773\d{10}", r"PX\d{10}"),
    check_digit=_check_digit,
    speaks="json",
    source="public page; shape and codes seen working 2026-09 by public readers",
    source_date="2026-09",
    requests=requests,
    read=read,
    countries=("PL",),
    zone="Europe/Warsaw",
    reach="user",
    limits="the page's own key is needed; times of foreign scans are assumed",
)
