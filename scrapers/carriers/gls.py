"""GLS, the JSON behind the group's public tracking page; with the user's postcode it tells more.

Numbers are printed with 12 digits and answered with the first 11; an eight-letter track id is answered with the
parcel's number alone, so the address proves whom a single answer is about. Dates and times have no offset: they
are the scanning depot's own, read as Berlin's and marked outside Central Europe. `DELIVEREDPS` is a ParcelShop,
not the recipient, and `retourFlag` a parcel on its way back. Only lastError E000 means unknown; GLS also forgets
delivered parcels that way. Seen working 2026-08 by a public reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from scrapers import check_digits, countries, when
from scrapers.base import (
    Access,
    Carrier,
    Page,
    Request,
    Status,
    TrackingEvent,
    TrackingReport,
    asks_about,
    read_json,
)
from scrapers.shape import LayoutChanged, maybe, need, rows, text
from scrapers.status import classify

_BERLIN = when.zone("Europe/Berlin")
# Countries whose clocks show what Berlin's do.
_SAME_CLOCK = frozenset(
    ["DE", "AT", "CH", "FR", "IT", "ES", "NL", "BE", "LU", "PL", "CZ", "SK", "HU", "SI", "HR", "DK"]
)
_AT_SHOP = Status(
    "AvailableForPickup", "AvailableForPickup_001", "gls: DELIVEREDPS is a ParcelShop", "pickup"
)
_GOING_BACK = Status("Exception", "Exception_010", "gls: delivered under retourFlag, so not to the recipient")


def requests(numbers: Sequence[str], access: Access) -> list[Request]:
    """One request per number: the details with a postcode, the overview without."""
    return [_request(quote(number, safe=""), number, quote(access.postcode, safe="")) for number in numbers]


def _request(quoted: str, number: str, postcode: str) -> Request:
    question = f"rstt028/{quoted}?caller=witt002&postalCode={postcode}"
    if not postcode:
        question = f"rstt029?match={quoted}&type=&caller=witt002"
    return Request(
        f"https://gls-group.com/app/service/open/rest/GROUP/en/{question}",
        (number,),
        headers={"Accept": "application/json"},
    )


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the parcels in the answer: a list of them, one alone, or an error document."""
    answer = read_json(page)
    error = text(answer, "lastError")
    if error:
        return [_refused(page, error, number) for number in numbers]
    parcels = (
        rows(answer, "tuStatus") if maybe(answer, "tuStatus", list) is not None else [need(answer, "", dict)]
    )
    return [
        _report(parcel, _number(parcel, numbers, page if len(parcels) == 1 else None)) for parcel in parcels
    ]


def _refused(page: Page, error: str, number: str) -> TrackingReport:
    if error == "E000" and page.status == 404 and asks_about(page, number):
        return TrackingReport(number, "not_found", "GLS does not know this number, or not any more")
    return TrackingReport(number, "unavailable", f"GLS could not answer: error {error[:40]}")


def _number(parcel: dict[str, object], numbers: Sequence[str], alone: Page | None) -> str:
    """The number as it was asked; the parcel's own where none of those asked is meant."""
    own = text(parcel, "tuNo")
    if not own:
        raise LayoutChanged("tuNo is missing")
    for number in numbers:
        printed = re.fullmatch(r"(\d{11})\d", number)
        if number == own or (printed and printed.group(1) == own):
            return number
        if alone and re.fullmatch(r"[A-Z0-9]{8}", number) and asks_about(alone, number):
            return number
    return own


def _report(parcel: dict[str, object], number: str) -> TrackingReport:
    try:
        events = [_event(row) for row in reversed(rows(parcel, "history"))]
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    # Any of them, not the newest alone: GLS can note something behind a delivery.
    judged = (e.meaning(_delivered(parcel, e.status)) if e.status.tag == "Delivered" else e for e in events)
    return TrackingReport(number, "ok", events=tuple(judged))


def _delivered(parcel: dict[str, object], said: Status) -> Status:
    if parcel.get("retourFlag") is True:
        return _GOING_BACK
    return _AT_SHOP if text(parcel, "progressBar.statusInfo") == "DELIVEREDPS" else said


def _event(row: dict[str, object]) -> TrackingEvent:
    from bs4 import BeautifulSoup  # loaded with the first scan: it takes 7 MB

    words = BeautifulSoup(text(row, "evtDscr"), "lxml").get_text(" ", strip=True)
    at = when.iso(f"{need(row, 'date', str).strip()}T{need(row, 'time', str).strip()}", default=_BERLIN)
    country = text(row, "address.countryName")
    place = ", ".join(filter(None, (text(row, "address.city"), country)))
    exact = countries.code(country) in _SAME_CLOCK
    return TrackingEvent(at, exact, words, place, text(row, "evtNo"), classify(words, carrier="gls"))


def _check_digit(number: str) -> bool | None:
    return check_digits.gls(number) if len(number) == 12 else None


CARRIER = Carrier(
    id="gls",
    name="GLS",
    home="https://gls-group.com",
    track_url="https://gls-group.com/GROUP/en/parcel-tracking?match={number}",
    numbers=(r"\d{11}", r"\d{12}", r"\d{14}"),
    check_digit=_check_digit,
    speaks="json",
    source="public page; its shape described by two public readers, seen working 2026-08",
    source_date="2026-08",
    requests=requests,
    read=read,
    countries=(
        "DE",
        "AT",
        "CH",
        "FR",
        "IT",
        "ES",
        "NL",
        "BE",
        "LU",
        "PL",
        "CZ",
        "SK",
        "HU",
        "SI",
        "HR",
        "RO",
        "DK",
    ),
    zone="Europe/Berlin",
    limits="without the postcode fewer details; delivered parcels are forgotten after some weeks",
    own_statuses=frozenset({404}),
)
