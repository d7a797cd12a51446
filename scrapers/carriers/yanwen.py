"""Yanwen, its merchant tracking API; the public page wants a signed question and is left alone.

The key is the merchant's customer number. A known parcel is named by up to three numbers: its waybill, the number
asked, and the `exchange_number` of the carrier that delivers. Times are wall clocks with an offset beside them
("+8"). An unknown number comes back with tracking_status NOTFOUND and no checkpoints. Only a vendor sample of
2019-08 was seen, not a recorded answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta, timezone
from urllib.parse import quote

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
from scrapers.shape import LayoutChanged, maybe, need, rows, text
from scrapers.status import classify

_CHINA = timezone(timedelta(hours=8))


def requests(numbers: Sequence[str], access: Access) -> list[Request]:
    """One request for all numbers given; none without the merchant's customer number."""
    if not access.key:
        return []
    listed = quote(",".join(numbers), safe=",")
    return [
        Request(
            # Plain HTTP is the documented address; over TLS its certificate does not fit the host.
            f"http://api.track.yw56.com.cn/api/tracking?nums={listed}",
            tuple(numbers),
            headers={"Accept": "application/json", "Authorization": access.key},
        )
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the numbers in the answer; a code other than 0 is a call that failed."""
    answer = read_json(page)
    if need(answer, "code", int) != 0:
        return [could_not_answer(n, "Yanwen", text(answer, "message")) for n in numbers]
    asked = {number.upper() for number in numbers}
    return [_report(entry, asked) for entry in rows(answer, "result")]


def _report(entry: dict[str, object], asked: set[str]) -> TrackingReport:
    own = need(entry, "tracking_number", str)
    names = [own, text(entry, "waybill_number"), text(entry, "exchange_number")]
    number = next((name for name in names if name.upper() in asked), own)
    try:
        checkpoints = rows(entry, "checkpoints")
        events = tuple(_event(row) for row in checkpoints)
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    if text(entry, "tracking_status") == "NOTFOUND" and not checkpoints:
        return TrackingReport(number, "not_found", "Yanwen does not know this number")
    return TrackingReport(
        number,
        "ok",
        events=events,
        linked_numbers=linked_numbers(number, *names),
        origin_country=countries.code(text(entry, "origin_country")),
        destination_country=countries.code(text(entry, "destination_country")),
        ends_by_design=maybe(entry, "last_mile_tracking_expected", bool) is False,
    )


def _event(row: dict[str, object]) -> TrackingEvent:
    code, words = text(row, "tracking_status"), text(row, "message")
    zone = when.offset(text(row, "time_zone"))
    at = when.iso(need(row, "time_stamp", str), default=zone or _CHINA)
    status = classify(words, carrier="yanwen", code=code)
    return TrackingEvent(at, zone is not None, words, text(row, "location"), code, status)


CARRIER = Carrier(
    id="yanwen",
    name="Yanwen",
    home="https://track.yw56.com.cn",
    track_url="https://track.yw56.com.cn/en/querydel?nums={number}",
    numbers=(r"[A-Z]{2,3}\d{9}YP", r"Y[A-Z]\d{9}YW"),
    speaks="json",
    source="merchant API; vendor sample of 2019-08, field names confirmed by public code of 2026",
    source_date="2026",
    requests=requests,
    read=read,
    countries=("CN",),
    zone="Asia/Shanghai",
    batch=30,
    reach="key",
    limits="only for Yanwen merchants; without last-mile tracking its scans stop in the destination country",
)
