"""Ukrposhta, its official status-tracking API, with the bearer key of the user's own contract.

The batch question answers {found: {number: [events]}, notFound: [numbers]}; the single one a plain list of events,
where an unknown number is just left out. Times are Kyiv wall clocks; for scans abroad that is an assumption and
marked. 41000 means handed over: with eventReason_id 10 to the SENDER, so that is a return and never a delivery.
Recorded 2019-02; documented again 2026-03. Its public page has a browser check.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from scrapers import when
from scrapers.base import Access, Carrier, Page, Request, Status, TrackingEvent, TrackingReport, read_json
from scrapers.shape import LayoutChanged, need, rows, text
from scrapers.status import classify

_KYIV = when.zone("Europe/Kyiv")
_TO_SENDER = Status("Exception", "Exception_011", "ukrposhta: reason 10, handed back to the sender")
_UKRAINE = ("", "україна", "ukraine")


def requests(numbers: Sequence[str], access: Access) -> list[Request]:
    """One request for all numbers given; none without a key."""
    if not access.key:
        return []
    return [
        Request(
            "https://www.ukrposhta.ua/status-tracking/0.0.1/statuses/with-not-found?lang=en",
            tuple(numbers),
            method="POST",
            headers={
                "Accept": "application/json",
                "Content-Type": "application/json",
                "Authorization": f"Bearer {access.key}",
            },
            body=json.dumps(list(numbers)).encode(),
        )
    ]


def read(page: Page, _numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the numbers found and not found; numbers the answer does not mention get none."""
    answer = read_json(page)
    if isinstance(answer, list):
        events = rows(answer, "")
        known = dict.fromkeys(text(event, "barcode") for event in events)
        return [_report(number, [e for e in events if text(e, "barcode") == number]) for number in known]
    found = need(answer, "found", dict)
    unknown = need(answer, "notFound", list)
    return [
        *(_report(str(number), rows(found, number)) for number in found if "." not in number),
        *(
            TrackingReport(number, "not_found", "Ukrposhta does not know this number")
            for number in unknown
            if isinstance(number, str)
        ),
    ]


def _report(number: str, listed: list[dict[str, object]]) -> TrackingReport:
    if any(text(row, "barcode") != number for row in listed):
        return TrackingReport(number, "changed", "events of another number are listed under this one")
    try:
        return TrackingReport(number, "ok", events=tuple(_event(row) for row in listed))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))


def _event(row: dict[str, object]) -> TrackingEvent:
    code, words = text(row, "event"), text(row, "eventName")
    at = when.iso(need(row, "date", str), default=_KYIV)
    exact = text(row, "country").casefold() in _UKRAINE
    return TrackingEvent(at, exact, words, text(row, "name"), code, _status(row, code, words))


def _status(row: dict[str, object], code: str, words: str) -> Status:
    reason = f"{words} {text(row, 'eventReason')}".casefold()
    to_sender = text(row, "eventReason_id") == "10" or "відправнику" in reason or "to sender" in reason
    status = classify(words, carrier="ukrposhta", code=code)
    return _TO_SENDER if status.tag == "Delivered" and to_sender else status


CARRIER = Carrier(
    id="ukrposhta",
    name="Ukrposhta",
    home="https://www.ukrposhta.ua",
    track_url="https://track.ukrposhta.ua/tracking_UA.html?barcode={number}",
    numbers=(r"[A-Z]{2}\d{9}UA", r"05\d{11}"),
    speaks="json",
    source="official API; one recorded batch of 2019-02, documentation of 2026-03",
    source_date="2026-03",
    requests=requests,
    read=read,
    countries=("UA",),
    zone="Europe/Kyiv",
    batch=50,
    reach="key",
    limits="needs a contract's bearer key; scans abroad depend on the foreign post",
)
