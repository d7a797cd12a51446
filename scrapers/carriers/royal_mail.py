"""Royal Mail, its official Tracking API v2, with the client id and secret of the user's own account.

The public page stands behind Akamai and hCaptcha and is never asked; its answer has the same shape, but often holds
the summary alone, which is then read as one event. Delivered lines can name the person who signed: that part is cut
off. No answer says that a number is unknown: E1142 is inconclusive, E0015 a captcha. Times carry an offset; one
without is read as London's and marked. Vendor sample of 2023; the page's shape and codes seen 2026-10.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from urllib.parse import quote

from scrapers import countries, when
from scrapers.base import (
    Access,
    Carrier,
    Page,
    Request,
    TrackingEvent,
    TrackingReport,
    could_not_answer,
    read_json,
)
from scrapers.shape import LayoutChanged, need, rows, text
from scrapers.status import classify

_LONDON = when.zone("Europe/London")
_CAPTCHA = "E0015"
_NAMED = re.compile(r"\s+by\b.*", re.IGNORECASE | re.DOTALL)


def requests(numbers: Sequence[str], access: Access) -> list[Request]:
    """One request per number; none without a key, which is "client id:secret"."""
    client, separator, secret = access.key.partition(":")
    if not access.key:
        return []
    return [
        Request(
            f"https://api.royalmail.net/mailpieces/v2/{quote(number, safe='')}/events",
            (number,),
            headers={
                "Accept": "application/json",
                "X-IBM-Client-Id": client,
                **({"X-IBM-Client-Secret": secret} if separator else {}),
                "X-Accept-RMG-Terms": "yes",
            },
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """The report of the one mail piece in the answer; an error document answers none of the numbers."""
    answer = read_json(page)
    if isinstance(answer, dict) and "errors" in answer:
        return [_refused(rows(answer, "errors"), number) for number in numbers]
    return [_report(need(answer, "mailPieces", dict), numbers)]


def _refused(errors: list[dict[str, object]], number: str) -> TrackingReport:
    codes = [text(error, "errorCode") for error in errors]
    if _CAPTCHA in codes:
        return TrackingReport(number, "blocked", "Royal Mail asks for a bot check")
    return could_not_answer(number, "Royal Mail", ", ".join(filter(None, codes)))


def _report(piece: dict[str, object], numbers: Sequence[str]) -> TrackingReport:
    own = [text(piece, path) for path in ("summary.oneDBarcode", "mailPieceId", "summary.uniqueItemId")]
    asked = {number.upper() for number in numbers}
    number = next((name for name in own if name.upper() in asked), own[1])
    if not number:
        raise LayoutChanged("mailPieces.mailPieceId is missing")
    try:
        listed = rows(piece, "events") if "events" in piece else [_last_event(need(piece, "summary", dict))]
        events = tuple(_event(row) for row in reversed(listed))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    return TrackingReport(
        number,
        "ok",
        events=events,
        origin_country=_country(text(piece, "summary.originCountryName")),
        destination_country=_country(text(piece, "summary.destinationCountryName")),
        expected_at=_expected(piece),
    )


def _last_event(summary: dict[str, object]) -> dict[str, object]:
    return {
        "eventCode": text(summary, "lastEventCode"),
        "eventName": text(summary, "lastEventName") or text(summary, "statusDescription"),
        "eventDateTime": text(summary, "lastEventDateTime"),
        "locationName": text(summary, "lastEventLocationName"),
    }


def _event(row: dict[str, object]) -> TrackingEvent:
    code, words = text(row, "eventCode"), text(row, "eventName").replace("**", "").strip()
    at = when.iso(need(row, "eventDateTime", str), default=_LONDON)
    status = classify(words, carrier="royal_mail", code=code)
    if status.tag == "Delivered":
        words = _NAMED.sub("", words)
    return TrackingEvent(at, at.tzinfo is not _LONDON, words, text(row, "locationName"), code, status)


def _country(name: str) -> str:
    return countries.code(name.partition(" of ")[0])  # "United Kingdom of Great Britain and Northern Ireland"


def _expected(piece: dict[str, object]) -> datetime | None:
    day, until = text(piece, "estimatedDelivery.date"), text(piece, "estimatedDelivery.endOfEstimatedWindow")
    return when.maybe_iso(f"{day}T{until}" if until else day, default=_LONDON)


CARRIER = Carrier(
    id="royal_mail",
    name="Royal Mail",
    home="https://www.royalmail.com",
    track_url="https://www.royalmail.com/track-your-item#/tracking-results/{number}",
    numbers=(r"[A-Z]{2}\d{9}GB",),
    speaks="json",
    source="official API; vendor sample of 2023, the public page's shape and codes seen in use 2026-10",
    source_date="2026-10",
    requests=requests,
    read=read,
    countries=("GB",),
    zone="Europe/London",
    reach="key",
    limits="needs a business account's client id and secret, written id:secret; the public page has a captcha",
    own_statuses=frozenset({400, 404}),
)
