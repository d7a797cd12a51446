"""Hermes Germany, the JSON behind its public tracking page, asked without key or cookie.

Every step has a name of its own list (DELIVERY_TOUR_STARTED) and a time with offset; `status` beside it is a mood of
the page and not read. A booking of a wish (EDL_BOOKED_DROPOFF) can come before the parcel and is no scan. Unknown is
an empty list, which repeats no number: the address proves whom it is about. HTTP 404 also comes for parcels Hermes
has forgotten, and 403 to some networks: neither says anything. No places. The business API is not read. Seen
working 2026-09.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from scrapers import check_digits, when
from scrapers.base import Access, Carrier, Page, Request, TrackingEvent, TrackingReport, asks_about, read_json
from scrapers.shape import LayoutChanged, need, rows, text
from scrapers.status import classify

_BERLIN = when.zone("Europe/Berlin")
_WISH = "EDL_BOOKED_DROPOFF"


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """One request per number."""
    return [
        Request(
            f"https://api.my-deliveries.de/tnt/v2/shipments/search/{quote(number, safe='')}",
            (number,),
            headers={"Accept": "application/json", "X-Language": "de", "Referer": "https://www.myhermes.de/"},
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the parcels in the list."""
    parcels = rows(read_json(page), "")
    if not parcels:
        return [_nothing(page, number) for number in numbers]
    return [_report(parcel) for parcel in parcels]


def _nothing(page: Page, number: str) -> TrackingReport:
    if asks_about(page, number):
        return TrackingReport(number, "not_found", "Hermes does not know this number")
    return TrackingReport(number, "unavailable", "an empty list that names no number")


def _report(parcel: dict[str, object]) -> TrackingReport:
    number = need(parcel, "barcode", str)
    try:
        reached = [row for row in rows(parcel, "parcelProgress") if text(row, "timestamp")]
        events = tuple(_event(row) for row in reached if text(row, "parcelStatus") != _WISH)
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    return TrackingReport(
        number, "ok", events=events, expected_at=when.maybe_iso(text(parcel, "eta"), default=_BERLIN)
    )


def _event(row: dict[str, object]) -> TrackingEvent:
    code, words = text(row, "parcelStatus"), text(row, "historyText")
    at = when.iso(need(row, "timestamp", str), default=_BERLIN)
    status = classify(words, carrier="hermes_de", code=code)
    return TrackingEvent(at, at.tzinfo is not _BERLIN, words or code, "", code, status)


def _check_digit(number: str) -> bool | None:
    return check_digits.gs1(number) if number.isdigit() else None


CARRIER = Carrier(
    id="hermes_de",
    name="Hermes Germany",
    home="https://www.myhermes.de",
    track_url="https://www.myhermes.de/empfangen/sendungsverfolgung/sendungsinformation/#{number}",
    numbers=(r"H\d{19}", r"\d{14}", r"H\d{15}"),
    check_digit=_check_digit,
    speaks="json",
    source="public page; shape and step names seen working 2026-09 by public readers",
    source_date="2026-09",
    requests=requests,
    read=read,
    countries=("DE",),
    zone="Europe/Berlin",
    limits="no places; some networks are refused; old parcels are forgotten",
)
