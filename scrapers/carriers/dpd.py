"""DPD, the parcel life cycle behind tracking.dpd.de; it knows DPD parcels of most countries.

A bot wall turns plain clients away (403, 2026), so the answer is read where the user's browser has it. The scans
are the history; without them the reached steps of `statusInfo` that carry a date stand in. Clocks have no offset:
Berlin's for a scan in Germany, for any other an assumption and marked. A scan "delivered" at a Pickup parcelshop is
one to collect, so the words decide and a code alone never says delivered. The answer for an unknown number was never
recorded. Business SOAP is not read. Shape seen working 2026-01 by a public reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from urllib.parse import quote

from scrapers import check_digits, countries, when
from scrapers.base import Access, Carrier, Page, Request, TrackingEvent, TrackingReport, read_json
from scrapers.shape import LayoutChanged, maybe, need, rows, text
from scrapers.status import classify

_BERLIN = when.zone("Europe/Berlin")


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """What the tracking page asks, one number at a time."""
    return [
        Request(
            f"https://tracking.dpd.de/rest/plc/en_DE/{quote(number, safe='')}",
            (number,),
            headers={"Accept": "application/json"},
        )
        for number in numbers
    ]


def read(page: Page, _numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """The report of the one parcel in the answer."""
    parcel = need(read_json(page), "parcellifecycleResponse.parcelLifeCycleData", dict)
    number = need(parcel, "shipmentInfo.parcelLabelNumber", str)
    try:
        events = _scans(parcel) if maybe(parcel, "scanInfo.scan", list) else _steps(parcel)
    except LayoutChanged as changed:
        return [TrackingReport(number, "changed", str(changed))]
    destination = countries.code(text(parcel, "shipmentInfo.receiverCountryIsoCode"))
    return [TrackingReport(number, "ok", events=events, destination_country=destination)]


def _scans(parcel: dict[str, object]) -> tuple[TrackingEvent, ...]:
    return tuple(
        _event(
            row,
            code=text(row, "scanData.scanType.name"),
            words=_sentence(row, "scanDescription"),
            place=text(row, "scanData.location"),
            at=when.iso(need(row, "date", str), default=_BERLIN),
        )
        for row in rows(parcel, "scanInfo.scan")
    )


def _steps(parcel: dict[str, object]) -> tuple[TrackingEvent, ...]:
    return tuple(
        _event(
            row,
            code=text(row, "status"),
            words=_sentence(row, "description") or text(row, "label"),
            place=text(row, "location"),
            at=when.local(text(row, "date"), "%d.%m.%Y, %H:%M", _BERLIN),
        )
        for row in rows(parcel, "statusInfo")
        if row.get("statusHasBeenReached") is True and text(row, "date")
    )


def _event(row: dict[str, object], *, code: str, words: str, place: str, at: datetime) -> TrackingEvent:
    exact = at.tzinfo is not _BERLIN or text(row, "scanData.country") == "DE" or place.endswith("(DE)")
    return TrackingEvent(at, exact, words, place, code, classify(words, carrier="dpd", code=code))


def _sentence(row: dict[str, object], name: str) -> str:
    return " ".join(filter(None, (text(row, f"{name}.content.{n}") for n in range(5))))


def _check_digit(number: str) -> bool | None:
    return check_digits.iso_7064_mod_37_36(number) if len(number) == 15 else None


CARRIER = Carrier(
    id="dpd",
    name="DPD",
    home="https://www.dpd.com",
    track_url="https://tracking.dpd.de/status/en_DE/parcel/{number}",
    numbers=(r"0[1-9]\d{12}", r"0[1-9]\d{12}[A-Z0-9]", r"\d{14}", r"\d{14}[A-Z0-9]"),
    check_digit=_check_digit,
    speaks="json",
    source="public page; its shape as a public reader of 2026-01 saw it",
    source_date="2026-01",
    requests=requests,
    read=read,
    countries=("DE", "AT", "NL", "BE", "LU", "CZ", "SK", "HU", "RO", "SI", "HR", "EE", "LV", "LT"),
    zone="Europe/Berlin",
    reach="user",
    limits="behind a bot wall; times outside Germany are assumed; an unknown number cannot be told apart",
)
