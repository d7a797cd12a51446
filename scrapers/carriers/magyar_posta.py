"""Magyar Posta (Hungary), the JSON behind its public tracking page.

The answer is {number: [events]}, newest first. {number: null} is said to mean an unknown number, but a bare null is
too little to tell that from a fault, so it counts for nothing. Times are epoch milliseconds. Each event has a type
(tranzakcioAzon) and a broad class (tranzakcioKategoriaKod); class 5 is only said to mean delivered, so the words
decide. Places part their lines with "|". Seen working 2026-02 by one public reader, in this shape since about 2018.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from scrapers import when
from scrapers.base import Access, Carrier, Page, Request, TrackingEvent, TrackingReport, read_json
from scrapers.shape import LayoutChanged, need, rows, text
from scrapers.status import classify

_ENGLISH = 2


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """One request per number."""
    return [
        Request(
            "https://posta.hu/szolgaltatasok/PostaWeb/TrackingInfo"
            f"?ragszam={quote(number, safe='')}&language={_ENGLISH}&registered=false",
            (number,),
            headers={"Accept": "application/json"},
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the numbers asked that the answer lists."""
    answer = need(read_json(page), "", dict)
    asked = {number.upper() for number in numbers}
    listed = [number for number in answer if str(number).upper() in asked]
    if not listed:
        raise LayoutChanged("the answer names none of the numbers asked")
    return [_report(str(number), answer[number]) for number in listed]


def _report(number: str, listed: object) -> TrackingReport:
    if listed is None:
        return TrackingReport(number, "unavailable", "Magyar Posta lists no scans for this number")
    try:
        return TrackingReport(number, "ok", events=tuple(_event(row) for row in reversed(rows(listed, ""))))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))


def _event(row: dict[str, object]) -> TrackingEvent:
    code, words = text(row, "tranzakcioAzon"), text(row, "tranzakcioTipusLeiras")
    at = when.epoch_ms(need(row, "time", int))
    place = ", ".join(filter(None, (part.strip() for part in text(row, "postaNev").split("|"))))
    status = classify(words, carrier="magyar_posta", code=code, language="en")
    return TrackingEvent(at, True, words, place, code, status)


CARRIER = Carrier(
    id="magyar_posta",
    name="Magyar Posta",
    home="https://posta.hu",
    track_url="https://posta.hu/nyomkovetes/nyitooldal?searchvalue={number}",
    numbers=(r"[A-Z]{2}\d{9}HU", r"RL\d{14}", r"PNTM\d{22}", r"[A-Z][A-Z0-9]{2}\d{2}[A-Z0-9]{7}\d{8}"),
    speaks="json",
    source="public page; shape from public readers, working 2026-02",
    source_date="2026-02",
    requests=requests,
    read=read,
    countries=("HU",),
    zone="Europe/Budapest",
    limits="unknown numbers cannot be told apart",
)
