"""PostNL (Netherlands and Belgium), the JSON behind its public page; it wants the receiver's postcode.

The address is number-country-postcode; PostNL delivers in two countries, and the postcode shows which. Dates carry
their offset. `colli` holds the parcel under its number and is empty for an unknown number and for a wrong postcode
alike, so nothing is ever read as not found. Observation codes are PostNL's published event codes, but the page uses
some of them otherwise (I07 is a return), so the words go first; a code alone never says delivered. Names and
addresses stand beside the events and are not read. Public readers of 2024 to 2026.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from scrapers import when
from scrapers.base import Access, Carrier, Page, Request, TrackingEvent, TrackingReport, read_json
from scrapers.shape import LayoutChanged, need, rows, text
from scrapers.status import classify

_AMSTERDAM = when.zone("Europe/Amsterdam")
_POSTCODES = {"NL": re.compile(r"\d{4}[A-Z]{2}"), "BE": re.compile(r"\d{4}")}


def requests(numbers: Sequence[str], access: Access) -> list[Request]:
    """One request per number; none without a Dutch or Belgian postcode."""
    postcode = access.postcode.replace(" ", "").upper()
    country = next((code for code, form in _POSTCODES.items() if form.fullmatch(postcode)), "")
    if not country:
        return []
    return [
        Request(
            "https://jouw.postnl.nl/track-and-trace/api/trackAndTrace/"
            f"{quote(number, safe='')}-{country}-{postcode}?language=en",
            (number,),
            headers={"Accept": "application/json"},
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the parcels in the answer."""
    parcels = need(read_json(page), "colli", dict)
    if not parcels:
        why = "PostNL shows nothing under this number and postcode"
        return [TrackingReport(number, "unavailable", why) for number in numbers]
    return [_report(str(number), parcel) for number, parcel in parcels.items()]


def _report(number: str, parcel: object) -> TrackingReport:
    try:
        # `observations` beside it holds the last few only.
        events = tuple(_event(row) for row in rows(parcel, "analyticsInfo.allObservations"))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    return TrackingReport(
        number, "ok", events=events, expected_at=when.maybe_iso(text(parcel, "eta.end"), default=_AMSTERDAM)
    )


def _event(row: dict[str, object]) -> TrackingEvent:
    code, words = text(row, "observationCode"), text(row, "description")
    at = when.iso(need(row, "observationDate", str), default=_AMSTERDAM)
    status = classify(words, carrier="postnl", code=code, language="en")
    return TrackingEvent(at, at.tzinfo is not _AMSTERDAM, words or code, "", code, status)


CARRIER = Carrier(
    id="postnl",
    name="PostNL",
    home="https://www.postnl.nl",
    track_url="https://jouw.postnl.nl/track-and-trace/{number}",
    numbers=(r"3S[A-Z]{4}\d{7,9}", r"[A-Z]{2}\d{9}NL"),
    speaks="json",
    source="feed of the public page; shape and codes from three public readers",
    source_date="2026-08",
    requests=requests,
    read=read,
    countries=("NL",),
    zone="Europe/Amsterdam",
    reach="postcode",
    limits="an unknown number cannot be told from a wrong postcode; no places",
)
