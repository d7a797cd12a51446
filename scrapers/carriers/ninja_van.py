"""Ninja Van, the JSON behind its public tracking page, one service per country.

The number names its country; a number that names none is asked in Malaysia, and what is not known there may well be
known elsewhere, so it is never "not found". Scans are in UTC and come oldest first. The page hides its bookkeeping
rows, which can follow a delivery, and so does this. A DELIVERY_SUCCESS marked `is_rts` went back to the sender; one
without the mark after an RTS row is not decided. Not found is HTTP 404 with code 150002 and a message repeating the
number. The order's names and addresses are never read. Malaysia seen working 2026-09 by a public reader, the other
countries only read in code.
"""

from __future__ import annotations

import re
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
    could_not_answer,
    read_json,
)
from scrapers.shape import LayoutChanged, maybe, need, rows, text
from scrapers.status import classify

_COUNTRY = re.compile(r"N[LV](MY|SG|ID|PH|TH|VN)")
_UNKNOWN = 150002
_HIDDEN = ("ADDED_TO_SHIPMENT", "PARCEL_ROUTING_SCAN", "FROM_DP_TO_DRIVER")
_TO_SENDER = Status("Exception", "Exception_011", "ninja_van: is_rts, delivered back to the sender")
_UNDECIDED = Status("Unknown", rule="ninja_van: delivered after a return began, and not marked as one")


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """One request per number, to the service of its country."""
    return [
        Request(
            f"https://walrus.ninjavan.co/{_country(number) or 'my'}/dash/1.2/public/orders"
            f"?tracking_id={quote(number, safe='')}",
            (number,),
            headers={"Accept": "application/json"},
        )
        for number in numbers
    ]


def _country(number: str) -> str:
    match = _COUNTRY.match(number.upper())
    return match.group(1).lower() if match else ""


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """The report of the one order in the answer, or of the number an error names."""
    answer = read_json(page)
    if maybe(answer, "error", dict) is not None:
        return [_refused(answer, number) for number in numbers]
    return [_report(need(answer, "", dict))]


def _refused(answer: object, number: str) -> TrackingReport:
    message = text(answer, "error.message")
    named = f" {number.casefold()} not found" in message.casefold()
    if maybe(answer, "error.code", int) == _UNKNOWN and named and _country(number):
        return TrackingReport(number, "not_found", "Ninja Van does not know this number")
    return could_not_answer(number, "Ninja Van", text(answer, "error.title"))


def _report(order: dict[str, object]) -> TrackingReport:
    number = need(order, "tracking_id", str)
    # "Returned to Sender" is the order's own last word.
    returning = "return" in text(order, "granular_status").casefold()
    try:
        return TrackingReport(number, "ok", events=tuple(_events(rows(order, "events"), returning=returning)))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))


def _events(listed: list[dict[str, object]], *, returning: bool) -> Iterable[TrackingEvent]:
    for row in listed:
        kind, data = text(row, "type"), maybe(row, "data", dict) or {}
        if not kind:
            raise LayoutChanged("events.type is missing")
        to_sender = data.get("is_rts") not in (None, False)
        returning = returning or to_sender or kind == "RTS"
        if kind in _HIDDEN:
            continue
        words = kind.replace("_", " ").capitalize()
        status = classify(words, carrier="ninja_van", code=kind)
        if status.tag == "Delivered" and returning:
            status = _TO_SENDER if to_sender else _UNDECIDED
        at = when.iso(need(row, "time", str))
        yield TrackingEvent(at, True, words, text(data, "hub_name"), kind, status)


CARRIER = Carrier(
    id="ninja_van",
    name="Ninja Van",
    home="https://www.ninjavan.co",
    track_url="https://www.ninjavan.co/en-my/tracking?id={number}",
    numbers=(r"N[LV](?:MY|SG|ID|PH|TH|VN)[A-Z0-9]{8,14}",),
    speaks="json",
    source="public page; Malaysia and its not-found answer seen live 2026-09 by a public reader, none recorded here",
    requests=requests,
    read=read,
    countries=("MY", "SG", "ID", "PH", "TH", "VN"),
    zone="Asia/Kuala_Lumpur",
    limits="only Malaysia was ever seen answering; other countries are asked the same way",
    source_date="2026-09",
    own_statuses=frozenset({404}),
)
