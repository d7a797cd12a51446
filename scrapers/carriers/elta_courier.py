"""ELTA Courier (Greece), the JSON behind its public tracking page.

The body begins with a byte-order mark and a line feed and is declared text/html. Scans are one of a few fixed
Greek sentences, used here as codes; the place stands apart. "παραδόθηκε σε" (handed to ...) can go on with a
name, so what follows is dropped, and who took it stays open. Times are Greek clocks, now and then without the
minutes. Unknown number: status 0 with the words "wrong number" under that number; status 2 was seen too and says
nothing. Five parcels and the unknown number seen 2026-07.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from urllib.parse import quote, urlencode

from scrapers import when
from scrapers.base import Access, Carrier, Page, Request, TrackingEvent, TrackingReport, read_json
from scrapers.shape import LayoutChanged, maybe, need, rows, text
from scrapers.status import classify

_ATHENS = when.zone("Europe/Athens")
_HANDED_TO = re.compile(r"(παραδόθηκε σε)\b.*", re.DOTALL)


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """One request per number."""
    return [
        Request(
            "https://www.elta-courier.gr/track.php",
            (number,),
            method="POST",
            headers={
                "Accept": "application/json",
                "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
                "X-Requested-With": "XMLHttpRequest",
                "Referer": f"https://www.elta-courier.gr/search?br={quote(number, safe='')}",
            },
            body=urlencode({"number": number}).encode(),
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the numbers the answer lists; a status other than 1 is a call that failed."""
    answer = read_json(page)
    if need(answer, "status", int) != 1:
        return [TrackingReport(n, "unavailable", "ELTA Courier could not answer") for n in numbers]
    found = need(answer, "result", dict)
    return [_report(str(number), entry) for number, entry in found.items()]


def _report(number: str, entry: object) -> TrackingReport:
    status = maybe(entry, "status", int)
    if status == 0 and text(entry, "result") == "wrong number":
        return TrackingReport(number, "not_found", "ELTA Courier does not know this number")
    if status != 1:
        return TrackingReport(number, "unavailable", "ELTA Courier lists no scans for this number")
    try:
        return TrackingReport(number, "ok", events=tuple(_event(row) for row in rows(entry, "result")))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))


def _event(row: dict[str, object]) -> TrackingEvent:
    label = _HANDED_TO.sub(r"\1", text(row, "status"))
    at, exact = _moment(need(row, "date", str), text(row, "time").rstrip(":"))
    status = classify(label, carrier="elta_courier", code=label)
    return TrackingEvent(at, exact, label, text(row, "place"), "", status)


def _moment(day: str, clock: str) -> tuple[datetime, bool]:
    to_the_minute = ":" in clock
    form = "%d-%m-%Y %H:%M" if to_the_minute else "%d-%m-%Y %H"
    return when.local(f"{day} {clock}", form, _ATHENS), to_the_minute


CARRIER = Carrier(
    id="elta_courier",
    name="ELTA Courier",
    home="https://www.elta-courier.gr",
    track_url="https://www.elta-courier.gr/search?br={number}",
    numbers=(r"(?:SE|EL|WI)\d{9}GR", r"[A-Z]{2}\d{9}GR"),
    speaks="json",
    source="public page; shape and five Greek sentences seen 2026-07 by public readers",
    source_date="2026-07",
    requests=requests,
    read=read,
    countries=("GR",),
    zone="Europe/Athens",
    limits="says no more than a few Greek sentences; who received a parcel is left out",
)
