"""An Post (Ireland), the summary behind its public tracking page, read where the user's browser has it.

The page asks with a key of its own, behind a bot wall, so plain HTTP is not used. The summary names the item and its
newest scan; the full history names no item at all and so proves nothing about a number. An empty list is the answer
for an unknown item, an expired one and a question not understood, so it is never a not-found. Clocks have no
offset and scans relayed from abroad keep their own, so Dublin's is an assumption and marked. The reason can say who
took the item: it is not read. Shape seen working 2026-09 by a public reader.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from scrapers import countries, when
from scrapers.base import Access, Carrier, Page, Request, Status, TrackingEvent, TrackingReport, read_json
from scrapers.shape import LayoutChanged, need, rows, text
from scrapers.status import classify

_DUBLIN = when.zone("Europe/Dublin")
# Said on the morning of delivery, not in a warehouse.
_PREPARED = "your item is being prepared for delivery"
_AT_LAST_OFFICE = Status("InTransit", "InTransit_003", "an_post: sorted for the last round", "local")
# The item lies in the post office named; the collection there comes as its own scan.
_AT_POST_OFFICE = Status(
    "AvailableForPickup", "AvailableForPickup_001", "an_post: the item is in a post office", "pickup"
)


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """What the tracking page asks, without the key it adds."""
    return [
        Request(
            "https://apim-anpost-apwebapis.anpost.com/ttservice-public-apweb/GetItemSummary",
            (number,),
            method="POST",
            headers={"Accept": "application/json", "Content-Type": "application/json"},
            body=json.dumps({"getItemSummary": {"trackingItems": [number]}}).encode(),
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the items in the summary."""
    items = rows(read_json(page), "getItemSummaryResponse.GetItemSummaryResult")
    if not items:
        return [
            TrackingReport(n, "unavailable", "An Post lists nothing for this number now") for n in numbers
        ]
    return [_report(item) for item in items]


def _report(item: dict[str, object]) -> TrackingReport:
    number = need(item, "anPostNo", str).replace(" ", "")
    words, clock = text(item, "status"), text(item, "date")
    try:
        events = (_event(words, clock, text(item, "location")),) if words else ()
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    origin = countries.code(text(item, "countryOfOrigin"))
    return TrackingReport(number, "ok", events=events, origin_country=origin)


def _event(words: str, clock: str, place: str) -> TrackingEvent:
    at = when.iso(clock, default=_DUBLIN)
    status = _AT_LAST_OFFICE if words.casefold() == _PREPARED else classify(words, carrier="an_post")
    if status.tag == "Unknown" and words.casefold().endswith("post office"):
        status = _AT_POST_OFFICE
    return TrackingEvent(at, at.tzinfo is not _DUBLIN, words, place, "", status)


CARRIER = Carrier(
    id="an_post",
    name="An Post",
    home="https://www.anpost.com",
    track_url="https://www.anpost.com/Post-Parcels/Track/History?item={number}",
    numbers=(r"[A-Z]{2}\d{9}IE",),
    speaks="json",
    source="public page's summary; shape seen working 2026-09 by a public reader",
    source_date="2026-09",
    requests=requests,
    read=read,
    countries=("IE",),
    zone="Europe/Dublin",
    reach="user",
    limits="the newest scan only; an unknown number cannot be told apart",
)
