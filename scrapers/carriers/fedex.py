"""FedEx, its official Track API v1, with an access token of the user's own developer project.

The public page turns plain clients away and often browsers too. Up to thirty numbers a question. Scan times carry
their offset; where it is missing (pickups at 00:00:00) New York's is assumed and marked. `derivedStatusCode` IT stands
for nearly everything, also for a parcel that waits at a shop, so the scan's own `eventType` decides, and its words
against it. Numbers are reused: of several results under one number the one scanned last counts. The signatory and the
addresses are never read. Not found is TRACKING.TRACKINGNUMBER.NOTFOUND on a result that names the number. Answers
recorded publicly 2024-08.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

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
    latest_use,
    read_json,
)
from scrapers.linked import without_zip
from scrapers.shape import LayoutChanged, maybe, need, rows, text
from scrapers.status import classify

_NEW_YORK = when.zone("America/New_York")
_UNKNOWN = "TRACKING.TRACKINGNUMBER.NOTFOUND"
# "Delivery exception", "Shipment exception", "Delay": the reason stands beside them.
_REASON_BESIDE = ("DE", "SE", "DY")


def requests(numbers: Sequence[str], access: Access) -> list[Request]:
    """One request for all numbers given; none without a token."""
    if not access.key:
        return []
    asked = [{"trackingNumberInfo": {"trackingNumber": number}} for number in numbers]
    return [
        Request(
            "https://apis.fedex.com/track/v1/trackingnumbers",
            tuple(numbers),
            method="POST",
            headers={
                "Accept": "application/json",
                "Content-Type": "application/json",
                "X-locale": "en_US",
                "Authorization": f"Bearer {access.key}",
            },
            body=json.dumps({"includeDetailedScans": True, "trackingInfo": asked}).encode(),
        )
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """One report per number; an answer of errors alone says nothing about any number."""
    answer = read_json(page)
    if maybe(answer, "errors", list) is not None and maybe(answer, "output", dict) is None:
        return [
            could_not_answer(n, "FedEx", text(answer, "errors.0.message"), text(answer, "errors.0.code"))
            for n in numbers
        ]
    return [_of_number(entry) for entry in rows(answer, "output.completeTrackResults")]


def _of_number(entry: dict[str, object]) -> TrackingReport:
    number = need(entry, "trackingNumber", str)
    results = rows(entry, "trackResults")
    if not results:
        raise LayoutChanged("trackResults is empty")
    return latest_use([_report(number, result) for result in results])


def _report(number: str, result: dict[str, object]) -> TrackingReport:
    code = text(result, "error.code")
    named = text(result, "trackingNumberInfo.trackingNumber")
    if code == _UNKNOWN and named == number and not maybe(result, "scanEvents", list):
        return TrackingReport(number, "not_found", "FedEx does not know this number")
    if maybe(result, "error", dict) is not None:
        return could_not_answer(number, "FedEx", text(result, "error.message"), code)
    try:
        events = tuple(_event(row) for row in reversed(rows(result, "scanEvents")))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    return TrackingReport(
        number,
        "ok",
        events=events,
        origin_country=countries.code(text(result, "shipperInformation.address.countryCode")),
        destination_country=countries.code(text(result, "recipientInformation.address.countryCode")),
        expected_at=when.maybe_iso(
            text(result, "estimatedDeliveryTimeWindow.window.ends"), default=_NEW_YORK
        ),
    )


def _event(row: dict[str, object]) -> TrackingEvent:
    code, words = text(row, "eventType"), text(row, "eventDescription")
    at = when.iso(need(row, "date", str), default=_NEW_YORK)
    place = ", ".join(
        filter(
            None,
            (text(row, f"scanLocation.{name}") for name in ("city", "stateOrProvinceCode", "countryCode")),
        )
    )
    return TrackingEvent(at, at.tzinfo is not _NEW_YORK, words, place, code, _status(row, code, words))


def _status(row: dict[str, object], code: str, words: str) -> Status:
    if code in _REASON_BESIDE:
        reason = classify(text(row, "exceptionDescription"), carrier="fedex", language="en")
        told = reason if reason.tag in ("Exception", "AttemptFail") else classify(words, carrier="fedex")
        if told.tag in ("Exception", "AttemptFail"):
            return told
    return classify(words, carrier="fedex", code=code)


def _check_digit(number: str) -> bool | None:
    if not number.isdigit():
        return None
    if len(number) in (12, 34) and not number.startswith("420"):
        return check_digits.fedex_express(number[-12:])
    if number.startswith("96") and len(number) == 22:
        return check_digits.gs1(number[-15:])
    if len(number) == 20:
        return check_digits.gs1(("92" if number.startswith("61") else "91") + number)
    return check_digits.gs1(without_zip(number))


CARRIER = Carrier(
    id="fedex",
    name="FedEx",
    home="https://www.fedex.com",
    track_url="https://www.fedex.com/fedextrack/?trknbr={number}",
    numbers=(
        r"\d{12}",
        r"\d{15}",
        r"96\d{20}",
        r"(?:96\d\d|100\d)\d{30}",
        r"00\d{16}",
        r"(?:61|02)\d{18}",  # SmartPost without the first two digits of its USPS number
        r"(?:420\d{5}(?:\d{4})?)?92612(?:92|99)\d{15}",  # SmartPost, delivered by USPS
        r"DT\d{12}",  # left at the door
    ),
    check_digit=_check_digit,
    speaks="json",
    source="official API v1; answers recorded publicly 2024-08, the not-found shape from its samples",
    requests=requests,
    read=read,
    countries=("US",),
    batch=30,
    reach="key",
    limits="needs a developer project's access token, which lasts one hour",
    source_date="2024-08",
)
