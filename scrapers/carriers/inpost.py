"""InPost, the keyless tracking of its cross-border hub (Poland, Italy, Portugal, United Kingdom and beyond).

Every scan has a code of InPost's own list (LMD.1004) and a time with offset; codes and words are independent, so a
code that says delivered gives way to words that say otherwise. Titles are for people and vary. The answer for an
unknown number is HTTP 404 with NOT_FOUND, which repeats no number: the address proves whom it is about. InPost
forgets old parcels and answers the same for them. Unknown number seen 2026-09, a delivered one 2026-08.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from scrapers import countries, when
from scrapers.base import Access, Carrier, Page, Request, TrackingEvent, TrackingReport, asks_about, read_json
from scrapers.shape import LayoutChanged, maybe, need, rows, text
from scrapers.status import classify


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """One request per number."""
    return [
        Request(
            f"https://inposteasy.com/api/tracking/{quote(number, safe='')}",
            (number,),
            headers={"Accept": "application/json"},
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """The report of the one parcel in the answer, or the hub's problem document."""
    answer = read_json(page)
    if maybe(answer, "trackingDetails", list) is None and page.status == 404:
        return [_refused(page, answer, number) for number in numbers]
    return [_report(need(answer, "", dict))]


def _refused(page: Page, answer: object, number: str) -> TrackingReport:
    said = (text(answer, name) for name in ("code", "error", "title", "type"))
    if "NOT_FOUND" in said and asks_about(page, number):
        return TrackingReport(number, "not_found", "InPost does not know this number, or not any more")
    return TrackingReport(number, "unavailable", "InPost could not answer (HTTP 404)")


def _report(answer: dict[str, object]) -> TrackingReport:
    number = need(answer, "trackingNumber", str)
    try:
        events = tuple(_event(row) for row in rows(answer, "trackingDetails"))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    return TrackingReport(
        number,
        "ok",
        events=events,
        origin_country=countries.code(text(answer, "origin.countryCode")),
        destination_country=countries.code(text(answer, "destination.countryCode")),
    )


def _event(row: dict[str, object]) -> TrackingEvent:
    code, words = text(row, "status"), text(row, "statusTitle")
    # No zone is assumed: four countries and more share this feed.
    at = when.iso(need(row, "datetime", str))
    status = classify(words, carrier="inpost", code=code)
    return TrackingEvent(at, True, words or code, text(row, "place"), code, status)


CARRIER = Carrier(
    id="inpost",
    name="InPost",
    home="https://inpost.pl",
    track_url="https://inpost.pl/en/find-parcel?number={number}",
    numbers=(r"\d{24}", r"8YDR\d{9}"),
    speaks="json",
    source="public cross-border hub; shape and the unknown number seen 2026-09 by public readers",
    source_date="2026-09",
    requests=requests,
    read=read,
    countries=("PL", "IT", "PT", "GB"),
    zone="Europe/Warsaw",
    limits="forgotten parcels look like unknown ones",
    own_statuses=frozenset({404}),
)
