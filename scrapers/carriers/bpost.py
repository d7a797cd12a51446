"""bpost, the question its public page asks about a list of barcodes; no key, no postcode.

Landmark Global's scans are inside. Times are wall clocks without an offset, read as Brussels' and marked where the
scan was abroad. `activeStep` names the step the parcel is in now, so it is the newest scan's code; it alone tells a
delivery to the sender from one to the receiver (`retourOrBackToSender`). NO_DATA_FOUND names no number and is also
said where a postcode was wanted, so it is never read as not found. Seen working 2026-09.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from scrapers import countries, when
from scrapers.base import Access, Carrier, Page, Request, Status, TrackingEvent, TrackingReport, read_json
from scrapers.shape import LayoutChanged, rows, text
from scrapers.status import classify

_BRUSSELS = when.zone("Europe/Brussels")
_TO_SENDER = "DELIVERED_TO_SENDER"
_RECEIVER_UNCLEAR = Status("Unknown", rule="bpost: delivered on the way back, not said to whom")


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """One request per number: the answer to a list is told as a whole where one of it is missing."""
    return [
        Request(
            "https://track.bpost.cloud/track/items",
            (number,),
            method="POST",
            headers={"Accept": "application/json", "Content-Type": "application/json"},
            body=json.dumps({"barcodes": [number]}).encode(),
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the items in the answer; an error answers none of the numbers."""
    answer = read_json(page)
    fault = text(answer, "error")
    if fault:
        return [TrackingReport(n, "unavailable", f"bpost shows nothing: {fault[:120]}") for n in numbers]
    asked = {number.upper() for number in numbers}
    return [_report(item, asked) for item in rows(answer, "items")]


def _report(item: dict[str, object], asked: set[str]) -> TrackingReport:
    names = (text(item, "itemCode"), text(item, "searchCode"))  # a parcel labelled anew has two
    number = next((name for name in names if name.upper() in asked), names[0])
    if not number:
        raise LayoutChanged("items.itemCode is missing")
    step, back = text(item, "activeStep.knownProcessStep"), item.get("retourOrBackToSender") is True
    try:
        newest_first = rows(item, "events")
        events = [_event(row, step if i == 0 else "", back=back) for i, row in enumerate(newest_first)]
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    return TrackingReport(
        number,
        "ok",
        events=tuple(reversed(events)),
        destination_country=countries.code(text(item, "receiver.countryCode")),
    )


def _event(row: dict[str, object], step: str, *, back: bool) -> TrackingEvent:
    words, country = text(row, "key.EN.description"), text(row, "location.countryCode")
    if not words:
        raise LayoutChanged("events.key.EN.description is missing")
    at = when.iso(f"{text(row, 'date')}T{text(row, 'time')}", default=_BRUSSELS)
    place = ", ".join(filter(None, (text(row, "location.locationName"), country)))
    status = classify(words, carrier="bpost", code=step, language="en")
    if status.tag == "Delivered" and back and step != _TO_SENDER:
        status = _RECEIVER_UNCLEAR
    return TrackingEvent(at, country == "BE", words, place, step, status)


CARRIER = Carrier(
    id="bpost",
    name="bpost",
    home="https://www.bpost.be",
    track_url="https://track.bpost.cloud/btr/web/#/search?itemCode={number}&lang=en",
    numbers=(r"32(?:32|99)\d{20}", r"[A-Z]{2}\d{9}BE", r"32(?:32|99)\d{14}", r"32(?:32|99)\d{26}"),
    speaks="json",
    source="the public page's own batch question, as two public readers use it",
    source_date="2026-09",
    requests=requests,
    read=read,
    countries=("BE",),
    zone="Europe/Brussels",
    limits="an unknown number cannot be told from one that wants a postcode; scans abroad are read as Brussels'",
)
