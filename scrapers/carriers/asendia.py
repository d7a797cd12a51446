"""Asendia, its official API (Asendia Sync), with the customer number and access token of the user's own contract.

The key is "customer:token"; a token is got from the same API with the contract's login and expires within hours. Times
are UTC. Event codes (PU, IT, DL in the sample) have no published list, so the words alone decide. Unknown number:
HTTP 404 with the message error.tracking.not_found and a path that ends in the number; a 404 about a customer is none.
Vendor samples of 2024-04; documentation last seen in public code 2026.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC
from urllib.parse import quote, unquote

from scrapers import countries, when
from scrapers.base import Access, Carrier, Page, Request, TrackingEvent, TrackingReport, read_json
from scrapers.shape import LayoutChanged, maybe, need, rows, text
from scrapers.status import classify


def requests(numbers: Sequence[str], access: Access) -> list[Request]:
    """One request per number; none without a key."""
    customer, _, token = access.key.partition(":")
    if not access.key:
        return []
    return [
        Request(
            f"https://www.asendia-sync.com/api/customers/{quote(customer, safe='')}"
            f"/tracking/{quote(number, safe='')}",
            (number,),
            headers={"Accept": "application/json", "Authorization": f"Bearer {token}"},
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """The report of the one number in the answer, or of the one an error document is about."""
    answer = need(read_json(page), "", dict)
    if "trackingNumber" in answer:
        return [_report(answer)]
    if not text(answer, "title"):
        raise LayoutChanged("title is missing")
    about = unquote(text(answer, "path").rpartition("/tracking/")[2])
    unknown = maybe(answer, "status", int) == 404 and text(answer, "message") == "error.tracking.not_found"
    if unknown and about:
        return [TrackingReport(about, "not_found", "Asendia does not know this number")]
    why = (text(answer, "detail") or text(answer, "title"))[:120]
    return [TrackingReport(n, "unavailable", f"Asendia could not answer: {why}") for n in numbers]


def _report(answer: dict[str, object]) -> TrackingReport:
    number = need(answer, "trackingNumber", str)
    try:
        events = tuple(_event(row) for row in rows(answer, "trackingEvents"))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    return TrackingReport(number, "ok", events=events)


def _event(row: dict[str, object]) -> TrackingEvent:
    code, words = text(row, "code"), text(row, "carrierEventDescription")
    at = when.iso(need(row, "time", str), default=UTC)
    country = countries.code(text(row, "locationCountry"))
    place = ", ".join(filter(None, (text(row, "locationName"), country)))
    return TrackingEvent(at, True, words or code, place, code, classify(words, carrier="asendia"))


CARRIER = Carrier(
    id="asendia",
    name="Asendia",
    home="https://www.asendia.com",
    track_url="https://tracking.asendia.com/tracking/{number}",
    numbers=(r"ASENDIA\d{9}",),
    speaks="json",
    source="official API; vendor samples of 2024, the 404 shape among them",
    source_date="2024-04",
    requests=requests,
    read=read,
    countries=("CH",),
    zone="Europe/Zurich",
    reach="key",
    limits="needs a contract: key = customer:token, and the token expires within hours",
    own_statuses=frozenset({404}),
)
