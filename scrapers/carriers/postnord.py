"""PostNord (Sweden, Denmark, Norway, Finland), its official Track & Trace API v5, with the user's own free key.

The answer of the public page (`shipmentInformation`) is read too, but not asked for: it wants a proof of work and
answers a question it dislikes exactly like an unknown number, so only the API's own empty list, under an address
that names the number, is not found. Times are UTC, oldest or newest first. A shipment of several parcels tells of
each of them by its own number only. EN_ROUTE covers the delivery round too; there the event code (113) or the words
decide. A "delivered" text message and a parcel "delivered to a service point" are no delivery. Public readers of 2026.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from scrapers import check_digits, countries, when
from scrapers.base import (
    Access,
    Carrier,
    Page,
    Request,
    TrackingEvent,
    TrackingReport,
    asks_about,
    could_not_answer,
    read_json,
)
from scrapers.shape import LayoutChanged, maybe, need, rows, text
from scrapers.status import classify

_DELIVERY_ROUND = "113"


def requests(numbers: Sequence[str], access: Access) -> list[Request]:
    """One request per number; none without a key."""
    if not access.key:
        return []
    return [
        Request(
            "https://api2.postnord.com/rest/shipment/v5/trackandtrace/findByIdentifier.json"
            f"?apikey={quote(access.key, safe='')}&id={quote(number, safe='')}&locale=en",
            (number,),
            headers={"Accept": "application/json"},
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the numbers asked that the answer is about: the API's envelope, or the public page's shipment."""
    answer = read_json(page)
    envelope = maybe(answer, "TrackingInformationResponse", dict)
    if envelope is None:
        if text(answer, "message") and maybe(answer, "items", list) is None:
            return [could_not_answer(number, "PostNord", text(answer, "message")) for number in numbers]
        shipments = [need(answer, "", dict)]
    elif "compositeFault" in envelope:
        return [
            could_not_answer(n, "PostNord", text(envelope, "compositeFault.faults.0.explanationText"))
            for n in numbers
        ]
    else:
        shipments = rows(envelope, "shipments")
        if not shipments:
            return [_unknown(number) for number in numbers if asks_about(page, number)]
    return [report for shipment in shipments for report in _reports(shipment, numbers)]


def _unknown(number: str) -> TrackingReport:
    return TrackingReport(number, "not_found", "PostNord does not know this number")


def _reports(shipment: dict[str, object], numbers: Sequence[str]) -> Iterable[TrackingReport]:
    whole, items = need(shipment, "shipmentId", str), rows(shipment, "items")
    for number in numbers:
        own = [item for item in items if text(item, "itemId").upper() == number.upper()]
        if not own and whole.upper() == number.upper():
            own = items
        if len(own) > 1:  # one of them delivered is not the other one delivered
            yield TrackingReport(number, "unavailable", "PostNord holds several parcels under this number")
        elif own:
            yield _report(number, shipment, own[0])


def _report(number: str, shipment: dict[str, object], item: dict[str, object]) -> TrackingReport:
    try:
        events = tuple(_event(row) for row in rows(item, "events"))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    return TrackingReport(
        number,
        "ok",
        events=tuple(reversed(events)) if _newest_first(events) else events,
        origin_country=countries.code(text(shipment, "consignor.address.countryCode")),
        destination_country=countries.code(text(shipment, "consignee.address.countryCode")),
        expected_at=when.maybe_iso(text(shipment, "estimatedTimeOfArrival")),
    )


def _newest_first(events: Sequence[TrackingEvent]) -> bool:
    return len(events) > 1 and events[0].at > events[-1].at


def _event(row: dict[str, object]) -> TrackingEvent:
    words, state = text(row, "eventDescription"), text(row, "status")
    code = _DELIVERY_ROUND if text(row, "eventCode") == _DELIVERY_ROUND else state
    at = when.iso(need(row, "eventTime", str))
    place = ", ".join(filter(None, (text(row, "location.name"), text(row, "location.countryCode"))))
    return TrackingEvent(at, True, words, place, code, classify(words, carrier="postnord", code=code))


def _check_digit(number: str) -> bool | None:
    return check_digits.gs1(number) if number.isdigit() else None


CARRIER = Carrier(
    id="postnord",
    name="PostNord",
    home="https://www.postnord.com",
    track_url="https://tracking.postnord.com/en/?id={number}",
    numbers=(r"\d{11}SE", r"[A-Z]{2}\d{9}(?:SE|DK)", r"00\d(?:57|64|70|73)\d{15}"),
    check_digit=_check_digit,
    speaks="json",
    source="official API v5 and the public page's own answer, both from public readers",
    source_date="2026-08",
    requests=requests,
    read=read,
    countries=("SE", "DK"),
    reach="key",
    limits="needs a free key from developer.postnord.com",
    own_statuses=frozenset({404}),
)
