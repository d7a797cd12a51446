"""Orlen Paczka (Poland), the JSONP behind its public tracking page, asked without key or cookie.

Clocks are Polish wall clocks. Its parcels go to pickup points and lockers, so "delivered" is one collected there;
under `return` it went to the sender. Words come in Polish, the code beside them may be missing. Unknown is
{"err": 1003}, which repeats no number: the address proves whom it is about. A numeric id with an empty history and
no status says nothing. Unknown number seen 2026-09.
"""

from __future__ import annotations

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
    asks_about,
    read_jsonp,
)
from scrapers.shape import LayoutChanged, maybe, need, rows, text
from scrapers.status import classify

_WARSAW = when.zone("Europe/Warsaw")
_UNKNOWN = 1003
_TO_SENDER = Status("Exception", "Exception_011", "orlen_paczka: delivered under return, so to the sender")


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """One request per number."""
    return [
        Request(
            f"https://nadaj.orlenpaczka.pl/parcel/api-status?id={quote(number, safe='')}&jsonp=callback",
            (number,),
            headers={"Accept": "application/javascript, application/json"},
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """The report of the one parcel in the answer, or of an error that names none."""
    answer = need(read_jsonp(page), "", dict)
    if "err" in answer:
        return [_refused(page, need(answer, "err", int), number) for number in numbers]
    number = need(answer, "number", str)
    if not text(answer, "status") and not maybe(answer, "history", list):
        return [TrackingReport(number, "unavailable", "Orlen Paczka lists nothing for this number now")]
    back = answer.get("return") is True
    try:
        events = tuple(_event(row, back=back) for row in reversed(rows(answer, "history")))
    except LayoutChanged as changed:
        return [TrackingReport(number, "changed", str(changed))]
    return [TrackingReport(number, "ok", events=events)]


def _refused(page: Page, error: int, number: str) -> TrackingReport:
    if error == _UNKNOWN and asks_about(page, number):
        return TrackingReport(number, "not_found", "Orlen Paczka does not know this number")
    return TrackingReport(number, "unavailable", "Orlen Paczka could not answer for this number")


def _event(row: dict[str, object], *, back: bool) -> TrackingEvent:
    code, words = text(row, "code"), text(row, "label")
    at = when.local(need(row, "date", str), "%d-%m-%Y, %H:%M", _WARSAW)
    status = classify(words, carrier="orlen_paczka", code=code, language="pl")
    if back and status.tag == "Delivered":
        status = _TO_SENDER
    return TrackingEvent(at, True, words, "", code, status)


CARRIER = Carrier(
    id="orlen_paczka",
    name="Orlen Paczka",
    home="https://www.orlenpaczka.pl",
    track_url="https://www.orlenpaczka.pl/sledz-paczke/?numer={number}",
    numbers=(r"2100\d{9}", r"\d{14}"),
    speaks="jsonp",
    source="public page; shape in public readers, the unknown number seen 2026-09",
    source_date="2026-09",
    requests=requests,
    read=read,
    countries=("PL",),
    zone="Europe/Warsaw",
    limits="no places; times to the minute",
)
