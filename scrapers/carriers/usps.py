"""USPS, its official Tracking API v3, with an access token of the user's vetted account.

The XML Web Tools are retired, and the public page turns plain clients away, so without a token the user looks.
Each event carries its wall clock and `GMTOffset`; where the offset is missing New York's is assumed and marked.
"In Transit to Next Facility" (TL) is filled in without a scan. No not-found answer of v3 was ever recorded, so an
error never counts as one. Recorded delivered 2024-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from scrapers import check_digits, when
from scrapers.base import (
    Access,
    Carrier,
    Page,
    Request,
    Status,
    TrackingEvent,
    TrackingReport,
    could_not_answer,
    read_json,
)
from scrapers.linked import without_zip
from scrapers.shape import LayoutChanged, maybe, need, rows, text
from scrapers.status import classify

_NEW_YORK = when.zone("America/New_York")
# USPS parcel lockers belong to the receiver's own mailbox unit; elsewhere a locker is a place to collect from.
_OWN_LOCKER = "delivered, parcel locker"
_IN_LOCKER = Status(
    "Delivered", "Delivered_001", "usps: left in the parcel locker of the receiver's mailbox unit"
)


def requests(numbers: Sequence[str], access: Access) -> list[Request]:
    """One request per number; none without a token."""
    if not access.key:
        return []
    return [
        Request(
            f"https://apis.usps.com/tracking/v3/tracking/{quote(number, safe='')}?expand=DETAIL",
            (number,),
            headers={"Accept": "application/json", "Authorization": f"Bearer {access.key}"},
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """The report of the one number in the answer; an error object answers none of them."""
    answer = read_json(page)
    if maybe(answer, "error", dict) is not None:
        return [
            could_not_answer(n, "USPS", text(answer, "error.message"), text(answer, "error.code"))
            for n in numbers
        ]
    return [_report(need(answer, "", dict))]


def _report(answer: dict[str, object]) -> TrackingReport:
    number = need(answer, "trackingNumber", str)
    try:
        events = tuple(_event(row) for row in reversed(rows(answer, "trackingEvents")))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    return TrackingReport(number, "ok", events=events)


def _event(row: dict[str, object]) -> TrackingEvent:
    code, words = text(row, "eventCode"), text(row, "eventType")
    zone = when.offset(text(row, "GMTOffset"))
    at = when.iso(need(row, "eventTimestamp", str), default=zone or _NEW_YORK)
    place = ", ".join(filter(None, (text(row, name) for name in ("eventCity", "eventState", "eventCountry"))))
    # The words alone: code 01 stands for every delivery, also the one back to the original sender.
    status = _IN_LOCKER if words.casefold() == _OWN_LOCKER else classify(words, carrier="usps")
    return TrackingEvent(at, at.tzinfo is not _NEW_YORK, words, place, code, status)


def _check_digit(number: str) -> bool | None:
    if not number.isdigit():
        return None
    digits = without_zip(number)
    # Labels of twenty digits leave out the 91 in front, and some count it all the same.
    return check_digits.gs1(digits) or (len(digits) == 20 and check_digits.gs1(f"91{digits}"))


CARRIER = Carrier(
    id="usps",
    name="USPS",
    home="https://www.usps.com",
    track_url="https://tools.usps.com/go/TrackConfirmAction?tLabels={number}",
    numbers=(
        r"9[1-5]\d{20}",
        r"[A-Z]{2}\d{9}US",
        r"420\d{5}(?:\d{4})?9[1-5]\d{20}",
        r"(?:0[1-9]|[127]\d)\d{18}",
        r"(?:420\d{5})?9[1-5]\d{24}",
    ),
    check_digit=_check_digit,
    speaks="json",
    source="official API v3; one recorded answer of 2024-11",
    source_date="2024-11",
    requests=requests,
    read=read,
    countries=("US",),
    reach="key",
    limits="needs a vetted account's access token, which lasts eight hours; unknown numbers cannot be told apart",
    own_statuses=frozenset({400, 404}),
)
