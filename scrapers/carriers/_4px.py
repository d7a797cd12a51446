"""4PX, the JSON behind its public tracking page.

Only the first code of a question is answered, so every number is asked alone. Times: `tkDateStr` is the wall
clock in `tkTimezone` ("UTC+08:00", "UTC", now and then "UTCAmerica/Vancouver"); `tkDate` is always that clock
read as GMT+8, so it is used only where `tkDateStr` is absent. A row that names no zone is taken as China's and
marked. Not found is status 7 with `tracks` null and no further number; status 0 is a number announced and not
scanned yet. Recorded in transit 2024-09, unknown number seen 2026-09.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone, tzinfo

from scrapers import countries, when
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
from scrapers.linked import linked_numbers
from scrapers.shape import LayoutChanged, need, rows, text
from scrapers.status import classify

_CHINA = timezone(timedelta(hours=8))
_UNKNOWN, _ANNOUNCED = 7, 0
# "Handed to a third party, no signature expected": the last scan 4PX will ever show.
_ENDS_TRACKING = "FPX_D_CCNS"


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """One request per number: of several codes only the first is answered."""
    return [
        Request(
            "https://track.4px.com/track/v2/front/listTrackV3",
            (number,),
            method="POST",
            headers={"Accept": "application/json", "Content-Type": "application/json"},
            body=json.dumps({"queryCodes": [number], "language": "en-us", "translateLanguage": ""}).encode(),
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the codes in the answer; a result other than 1 is a call that failed."""
    answer = read_json(page)
    if need(answer, "result", int) != 1:
        return [could_not_answer(n, "4PX", text(answer, "message")) for n in numbers]
    return [_report(entry) for entry in rows(answer, "data")]


def _report(entry: dict[str, object]) -> TrackingReport:
    number = need(entry, "queryCode", str)
    status = need(entry, "status", int)
    unscanned = "tracks" in entry and entry["tracks"] is None
    if unscanned and status == _UNKNOWN and not text(entry, "serverCode") and not text(entry, "shipperCode"):
        return TrackingReport(number, "not_found", "4PX does not know this number")
    if entry.get("mutiPackage") is True:  # sic
        return TrackingReport(number, "unavailable", "4PX holds several parcels under this number")
    try:
        listed = [] if unscanned and status == _ANNOUNCED else rows(entry, "tracks")
        events = tuple(_event(row) for row in reversed(listed))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    return TrackingReport(
        number,
        "ok",
        events=events,
        linked_numbers=linked_numbers(number, text(entry, "serverCode")),
        origin_country=countries.code(text(entry, "ctStartCode")),
        destination_country=countries.code(text(entry, "ctEndCode")),
        ends_by_design=any(event.code == _ENDS_TRACKING for event in events),
    )


def _event(row: dict[str, object]) -> TrackingEvent:
    code, words = text(row, "tkCode"), text(row, "tkDesc")
    at, exact = _moment(row)
    status = classify(words, carrier="4px", code=code)
    return TrackingEvent(at, exact, words, text(row, "tkLocation"), code, status)


def _moment(row: dict[str, object]) -> tuple[datetime, bool]:
    written, zone = text(row, "tkDateStr"), _zone(text(row, "tkTimezone"))
    if not written:  # turn the mislabelled instant back into the wall clock it was made from
        clock = when.iso(need(row, "tkDate", str)).astimezone(_CHINA)
        return when.plausible(clock.replace(tzinfo=zone or _CHINA)), False
    return when.local(written, "%Y-%m-%d %H:%M:%S", zone or _CHINA), zone is not None


def _zone(named: str) -> tzinfo | None:
    place = named.removeprefix("UTC")
    if "/" not in place:
        return when.offset(named)
    try:
        return when.zone(place)
    except LayoutChanged:
        return None


CARRIER = Carrier(
    id="4px",
    name="4PX",
    home="https://track.4px.com",
    track_url="https://track.4px.com/#/result/0/{number}",
    numbers=(r"4PX\d{13}CN", r"4PX\d{10,18}[A-Z]{2}"),
    speaks="json",
    source="public page; one recorded answer of 2024-09, the not-found shape seen 2026-09",
    source_date="2026-09",
    requests=requests,
    read=read,
    countries=("CN",),
    zone="Asia/Shanghai",
    limits="rows without a zone are taken as China's; the destination post's own scans are often missing",
)
