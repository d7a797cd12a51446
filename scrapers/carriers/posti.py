"""Posti (Finland), the search its public page sends to its GraphQL service.

The page first fetches an anonymous session and signs the search with it, so only the user's browser gets an answer.
Times carry their offset. Scans tell their words alone, and those mislead ("ready for a pick up", "registered" for
any scan); `status.main` names the state the parcel is in now and so is the newest scan's code. An empty search
(totalHits 0) names no number and is not read as not found. `pickupPoint` and `delivery` hold addresses and codes and
are not read. Words and states from a public reader, 2026-09.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from scrapers import when
from scrapers.base import (
    Access,
    Carrier,
    Outcome,
    Page,
    Request,
    Status,
    TrackingEvent,
    TrackingReport,
    read_json,
)
from scrapers.shape import LayoutChanged, maybe, need, rows, text
from scrapers.status import classify

_RECEIVER_UNCLEAR = Status("Unknown", rule="posti: delivered, but the parcel travels back")
_SEARCH = """query SearchShipments($searchTerms: [String!]!, $locale: String) {
  consumerSearchShipments(
    page: 1, pageSize: 20, type: PUBLIC_SHIPMENTS, searchTerms: $searchTerms, locale: $locale
  ) {
    totalHits
    hits { displayId status { main } packages { trackingNumber } events { city eventDescription timestamp } }
  }
}"""


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """One search per number, without the session that the page signs it with."""
    return [
        Request(
            "https://graphql.posti.fi/graphql",
            (number,),
            method="POST",
            headers={"Accept": "application/json", "Content-Type": "application/json"},
            body=json.dumps(
                {
                    "operationName": "SearchShipments",
                    "query": _SEARCH,
                    "variables": {"searchTerms": [number], "locale": "en"},
                }
            ).encode(),
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the shipments found; a refused search answers none of the numbers."""
    answer = read_json(page)
    if maybe(answer, "errors", list):
        why = text(answer, "errors.0.errorType") or text(answer, "errors.0.message") or "no reason given"
        outcome: Outcome = "blocked" if why == "Unauthorized" else "unavailable"
        return [TrackingReport(n, outcome, f"Posti could not answer: {why[:120]}") for n in numbers]
    found = rows(answer, "data.consumerSearchShipments.hits")
    if not found:
        return [TrackingReport(n, "unavailable", "Posti's search found nothing") for n in numbers]
    return [_report(shipment) for shipment in found]


def _report(shipment: dict[str, object]) -> TrackingReport:
    number, state = need(shipment, "displayId", str), text(shipment, "status.main")
    parcels = rows(shipment, "packages") if shipment.get("packages") is not None else []
    if any(text(parcel, "trackingNumber").upper() != number.upper() for parcel in parcels):
        return TrackingReport(number, "unavailable", "Posti holds several parcels under this number")
    try:
        return TrackingReport(number, "ok", events=_events(rows(shipment, "events"), state))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))


def _events(newest_first: list[dict[str, object]], state: str) -> tuple[TrackingEvent, ...]:
    """The scans oldest first; only the newest one has the state of the parcel for its code."""
    timed = [(when.iso(need(row, "timestamp", str)), row) for row in reversed(newest_first)]
    timed.sort(key=lambda scan: scan[0])
    newest = len(timed) - 1
    return tuple(_event(at, row, state, now=i == newest) for i, (at, row) in enumerate(timed))


def _event(at: datetime, row: dict[str, object], state: str, *, now: bool) -> TrackingEvent:
    code, words = state if now else "", text(row, "eventDescription")
    status = classify(words, carrier="posti", code=code, language="en")
    if status.tag == "Delivered" and state.startswith("RETURN_"):
        status = _RECEIVER_UNCLEAR
    return TrackingEvent(at, True, words, text(row, "city"), code, status)


CARRIER = Carrier(
    id="posti",
    name="Posti",
    home="https://www.posti.fi",
    track_url="https://www.posti.fi/en/tracking#/lahetys/{number}",
    numbers=(r"JJFI\d{12,20}", r"[A-Z]{2}\d{9}FI"),
    speaks="json",
    source="search of the public page; shape, words and states from a public reader",
    source_date="2026-09",
    requests=requests,
    read=read,
    countries=("FI",),
    zone="Europe/Helsinki",
    reach="user",
    limits="answers only its own page's session; an unknown number cannot be told from an empty search",
)
