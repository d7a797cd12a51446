"""DHL, its official Shipment Tracking - Unified API, with the user's own free key.

The API covers Express, Parcel Germany, eCommerce and more, so a number can belong to shipments of several
services. statusCode is coarse and at times wrong: "delivered" also stands for "returned to sender" and "handed
over to the Parcelshop", so the words decide, and where words and code contradict each other nothing is claimed.
Timestamps carry an offset only in part; the others are the place's local time, read as Berlin's and marked.
Unknown number: HTTP 404 "No result found". Vendor samples only; shape last seen in public code 2026.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

import msgspec
from msgspec import UNSET, UnsetType

from scrapers import check_digits, countries, when
from scrapers.base import (
    Access,
    Carrier,
    Page,
    Request,
    Status,
    TrackingEvent,
    TrackingReport,
    could_not_answer,
    read_as,
)
from scrapers.linked import without_zip
from scrapers.shape import LayoutChanged, as_text, maybe, text
from scrapers.status import classify

_BERLIN = when.zone("Europe/Berlin")
_UNDELIVERED = ("pre-transit", "transit", "failure")
# DHL eCommerce hands over to a post and says that no more scans follow (its events 533 and 549).
_ENDS_TRACKING = ("end of tracking", "tracking updates may end here")


class _Scan(msgspec.Struct, rename="camel"):
    timestamp: str
    status_code: object = ""
    status: object = ""
    description: object = ""
    location: object = None


class _Shipment(msgspec.Struct, rename="camel"):
    id: object = ""
    status: _Scan | None = None
    events: list[_Scan] | UnsetType = UNSET
    details: object = None
    origin: object = None
    destination: object = None
    estimated_time_of_delivery: object = ""


class _Answer(msgspec.Struct, rename="camel"):
    """The shipments, or an error document."""

    shipments: list[_Shipment] | None = None
    title: object = ""
    status: object = 0
    instance: object = ""


def requests(numbers: Sequence[str], access: Access) -> list[Request]:
    """One request per number; none without a key."""
    if not access.key:
        return []
    return [
        Request(
            f"https://api-eu.dhl.com/track/shipments?trackingNumber={quote(number, safe='')}&language=en",
            (number,),
            headers={"Accept": "application/json", "DHL-API-Key": access.key},
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the shipments in the answer, or for an error document ({title, detail, status, instance})."""
    answer: _Answer = read_as(page, _Answer)
    if answer.shipments is not None:
        asked = {number.upper() for number in numbers}
        return [_report(shipment, asked) for shipment in answer.shipments]
    if not as_text(answer.title):
        raise LayoutChanged("shipments is missing")
    return [_refused(answer, number, alone=len(numbers) == 1) for number in numbers]


def _refused(answer: _Answer, number: str, *, alone: bool) -> TrackingReport:
    title, about = as_text(answer.title), as_text(answer.instance).rpartition("/")[2]
    unknown = title == "No result found" and answer.status == 404
    if unknown and (about.upper() == number.upper() or (alone and not about)):
        return TrackingReport(number, "not_found", "DHL does not know this number")
    return could_not_answer(number, "DHL", title)


def _report(shipment: _Shipment, asked: set[str]) -> TrackingReport:
    number = as_text(shipment.id)
    if not number:
        raise LayoutChanged("shipments.id is missing")
    if number.upper() not in asked:  # asked by the number of one of its pieces
        pieces = maybe(shipment.details, "pieceIds", list) or []
        number = next((p for p in pieces if isinstance(p, str) and p.upper() in asked), number)
    try:
        events = tuple(map(_event, reversed(_listed(shipment))))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    told = "\n".join(event.text for event in events).casefold()
    return TrackingReport(
        number,
        "ok",
        events=events,
        origin_country=countries.code(text(shipment.origin, "address.countryCode")),
        destination_country=countries.code(text(shipment.destination, "address.countryCode")),
        ends_by_design=any(phrase in told for phrase in _ENDS_TRACKING),
        expected_at=when.maybe_iso(as_text(shipment.estimated_time_of_delivery), default=_BERLIN),
    )


def _listed(shipment: _Shipment) -> list[_Scan]:
    if shipment.events is not UNSET:
        return shipment.events
    if shipment.status is None:
        raise LayoutChanged("shipments.status is missing")
    return [shipment.status]


def _event(scan: _Scan) -> TrackingEvent:
    code, heading, words = as_text(scan.status_code), as_text(scan.status), as_text(scan.description)
    at = when.iso(scan.timestamp, default=_BERLIN)
    place = text(scan.location, "address.addressLocality")
    status = _status(code, heading, words)
    return TrackingEvent(at, at.tzinfo is not _BERLIN, words or heading, place, code, status)


def _status(code: str, heading: str, words: str) -> Status:
    """What one scan means. The heading often only repeats the code, and then it is no evidence of its own."""
    said = classify(words, carrier="dhl")
    if said.tag == "Unknown":
        said = classify("" if heading.casefold() == code.casefold() else heading, carrier="dhl", code=code)
    if said.tag == "Delivered" and code in _UNDELIVERED:
        return Status("Unknown", rule=f"dhl: the words say delivered, statusCode says {code}")
    return said


def _check_digit(number: str) -> bool | None:
    if not number.isdigit():
        return None
    return check_digits.modulo_7(number) if len(number) < 12 else check_digits.gs1(without_zip(number))


CARRIER = Carrier(
    id="dhl",
    name="DHL",
    home="https://www.dhl.com",
    track_url="https://www.dhl.com/global-en/home/tracking.html?tracking-id={number}",
    numbers=(
        r"JJD\d{10,20}",
        r"JVGL\d{10,24}",
        r"[A-Z]{2}\d{9}DE",
        r"00340\d{15}",
        r"GM\d{10,36}",
        r"JD\d{18}",
        r"3S[A-Z0-9]{8,20}",
        r"\d{10}",
        r"\d{11}",
        r"(?:420\d{5}(?:\d{4})?)?92612903\d{14}",  # eCommerce, delivered by USPS
        r"(?:LX|RX|UV|CN|SG|TH|IN|HK|MY)\d{10,36}",  # eCommerce Asia
    ),
    check_digit=_check_digit,
    speaks="json",
    source="official API; vendor samples, the 404 shape among them",
    source_date="2026",
    requests=requests,
    read=read,
    countries=("DE",),
    reach="key",
    limits="needs a free key from developer.dhl.com; times without an offset are read as Berlin's",
    own_statuses=frozenset({404}),
)
