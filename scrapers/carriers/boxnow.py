"""BOX NOW, parcel lockers in Greece, Bulgaria, Croatia and Cyprus, the JSON behind its public tracking page.

All four countries' services answer alike, so the Greek one is asked. Scans are codes with a UTC time; "delivered"
always means that the recipient emptied the locker, "final-destination" that the parcel waits in it, and
"accepted-to-locker" that a SENDER has put it into one. Payment and recipient fields are not read. How an unknown
number is answered was never recorded, and an empty list repeats no number. Seen working 2026-09 by public readers;
what the codes mean is from the partners' documentation.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from scrapers import when
from scrapers.base import Access, Carrier, Page, Request, TrackingEvent, TrackingReport, read_json
from scrapers.shape import LayoutChanged, need, rows, text
from scrapers.status import classify


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """One request per number."""
    return [
        Request(
            "https://api-production.boxnow.gr/api/v1/parcels:track",
            (number,),
            method="POST",
            headers={
                "Accept": "application/json",
                "Content-Type": "application/json",
                "Origin": "https://boxnow.gr",
            },
            body=json.dumps({"parcelId": number}).encode(),
        )
        for number in numbers
    ]


def read(page: Page, _numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the parcels in the answer; an empty list is a report about nobody."""
    return [_report(parcel) for parcel in rows(read_json(page), "data")]


def _report(parcel: dict[str, object]) -> TrackingReport:
    number = text(parcel, "id")
    if not number:
        raise LayoutChanged("data.id is missing")
    try:
        return TrackingReport(number, "ok", events=tuple(_event(row) for row in rows(parcel, "events")))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))


def _event(row: dict[str, object]) -> TrackingEvent:
    code = text(row, "type")
    at = when.iso(need(row, "createTime", str))
    # The code is all there is; read as words it would mislead ("accepted-to-locker").
    status = classify("", carrier="boxnow", code=code)
    words = code.replace("-", " ").strip().capitalize()
    return TrackingEvent(at, True, words, text(row, "locationDisplayName"), code, status)


CARRIER = Carrier(
    id="boxnow",
    name="BOX NOW",
    home="https://boxnow.gr",
    track_url="https://boxnow.gr/en?track={number}",
    numbers=(r"BN\d{8,10}", r"\d{10}"),
    speaks="json",
    source="public page; shape and six codes seen 2026-09 by public readers, the others documented",
    source_date="2026-09",
    requests=requests,
    read=read,
    countries=("GR", "BG", "HR", "CY"),
    zone="Europe/Athens",
    limits="unknown numbers cannot be told apart; a parcel not yet in a locker shows few scans",
)
