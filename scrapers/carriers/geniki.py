"""Geniki Taxydromiki (Greece), the JSON behind its public tracking page.

The page posts JSON declared as a form, and the answer stands under the number asked: Result 0 is a known one, 9 an
unknown, every other a failed call. One scan alone comes as an object instead of a list. Times are Greek clocks.
A delivery after C_E1 (return) goes back to the SENDER unless C_E2 takes the return back; C_W3, "collected", counts as a
delivery only with a real DeliveryDate (undelivered ones say 1900-01-01). What follows "received by" is a name and
dropped. The backend takes 9 to 15 seconds. Seen working 2026-08 by one public reader; codes from its documentation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from scrapers import when
from scrapers.base import Access, Carrier, Page, Request, Status, TrackingEvent, TrackingReport, read_json
from scrapers.shape import LayoutChanged, maybe, need, rows, text
from scrapers.status import classify

_ATHENS = when.zone("Europe/Athens")
_KNOWN, _UNKNOWN = 0, 9
_RETURN, _NO_RETURN = "C_E1", "C_E2"
_COLLECTED = "C_W3"
_DELIVERIES = ("C_W2", _COLLECTED, "C_S2", "C_P1")
_TO_SENDER = Status("Exception", "Exception_011", "geniki: delivered after the return began")
_BY_WHOM = Status("Unknown", rule="geniki: collected, without a delivery date")
_NAME = re.compile(r"\s*\b(?:by|από)\b.*", re.DOTALL | re.IGNORECASE)


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """One request per number."""
    return [
        Request(
            "https://taxydromiki.com/external_scripts/track-site.php",
            (number,),
            method="POST",
            headers={
                "Accept": "application/json",
                "Content-Type": "application/x-www-form-urlencoded",
                "Referer": "https://taxydromiki.com/track/",
            },
            body=json.dumps({"lang": "en", "voucherNo": number}).encode(),
        )
        for number in numbers
    ]


def read(page: Page, _numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the numbers the answer lists."""
    answer = need(read_json(page), "", dict)
    return [
        _report(str(number), need(entry, "TrackAndTraceResult", dict)) for number, entry in answer.items()
    ]


def _report(number: str, result: dict[str, object]) -> TrackingReport:
    code = need(result, "Result", int)
    checkpoints = maybe(result, "Checkpoints.Checkpoint", dict)
    listed = [checkpoints] if checkpoints else maybe(result, "Checkpoints.Checkpoint", list) or []
    if code == _UNKNOWN and not listed:
        return TrackingReport(number, "not_found", "Geniki does not know this number")
    if code != _KNOWN:
        return TrackingReport(number, "unavailable", f"Geniki could not answer: result {code}")
    try:
        events = sorted((_event(row) for row in rows(listed, "")), key=lambda event: event.at)
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    return TrackingReport(number, "ok", events=tuple(_judged(events, dated=_is_delivered(result))))


def _event(row: dict[str, object]) -> TrackingEvent:
    code, words = text(row, "StatusCode"), text(row, "Status")
    if code in _DELIVERIES:
        words = _NAME.sub("", words)
    at = when.iso(need(row, "StatusDate", str), default=_ATHENS)
    status = classify(words, carrier="geniki", code=code)
    return TrackingEvent(at, True, words, text(row, "Shop"), code, status)


def _judged(events: Sequence[TrackingEvent], *, dated: bool) -> Iterable[TrackingEvent]:
    """The events with deliveries held against the scans before them."""
    returning = False
    for event in events:
        returning = event.code == _RETURN or (returning and event.code != _NO_RETURN)
        if event.status.tag == "Delivered" and returning:
            yield event.meaning(_TO_SENDER)
        elif event.code == _COLLECTED and event.status.tag == "Delivered" and not dated:
            yield event.meaning(_BY_WHOM)
        else:
            yield event


def _is_delivered(result: dict[str, object]) -> bool:
    try:
        when.iso(text(result, "DeliveryDate"), default=_ATHENS)
    except LayoutChanged:
        return False
    return True


CARRIER = Carrier(
    id="geniki",
    name="Geniki Taxydromiki",
    home="https://www.taxydromiki.com",
    track_url="https://www.taxydromiki.com/en/track/{number}",
    numbers=(r"[45]\d{9}", r"\d{10}"),
    speaks="json",
    source="public page seen 2026-08 by one public reader; codes and results from its partners' documentation",
    source_date="2026-08",
    requests=requests,
    read=read,
    countries=("GR",),
    zone="Europe/Athens",
    limits="ten plain digits, like many others; slow",
)
