"""17TRACK, its official API v2.2, with the user's own key (a free quota exists).

It follows only numbers registered with it, and registering costs quota, so that stays with the user: here it is only
asked what it knows. A number can have several providers (post of origin, post of destination); all their events are
one history. `time_raw.timezone` is null where 17TRACK guessed the zone, and such times are marked. Its own statuses
are hints only: a mere label was seen as InTransit, a parcel shop as Exception; so the words decide. NotFound_Other is
"the carrier returned nothing" for a number echoed; a rejected number was not looked for and is never a finding.
The retired v1, the account API and the signed anonymous call are not read. Shape from public code of 2025-2026.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from scrapers import countries, when
from scrapers.base import Access, Carrier, Outcome, Page, Request, TrackingEvent, TrackingReport, read_json
from scrapers.linked import linked_numbers
from scrapers.shape import LayoutChanged, maybe, need, rows, text
from scrapers.status import classify

# Whatever follows these words is somebody's name.
_SIGNATURE = re.compile(
    r"(\b(?:signed(?: for)? by|signatory|(?:recipient|receiver|received by)\s*:)).*", re.I | re.S
)
_NOT_REGISTERED = -18019902
_REASONS: dict[int, tuple[Outcome, str]] = {
    -18010001: ("blocked", "17TRACK refuses this internet address (see the key's whitelist)"),
    -18010002: ("blocked", "17TRACK refuses the key"),
    -18010004: ("blocked", "17TRACK has disabled the account of the key"),
    -18010005: ("blocked", "17TRACK refuses the key"),
    -18010014: ("blocked", "17TRACK asks for fewer requests"),
    _NOT_REGISTERED: (
        "unavailable",
        "17TRACK follows registered numbers only: register this one there first",
    ),
    -18019903: ("unavailable", "17TRACK cannot tell the carrier: register the number there with its carrier"),
    -18019907: ("blocked", "the key's daily limit at 17TRACK is reached"),
    -18019908: ("blocked", "the key's quota at 17TRACK is used up"),
    -18019909: ("unavailable", "17TRACK has no information on this number yet"),
}


def requests(numbers: Sequence[str], access: Access) -> list[Request]:
    """One request for all numbers given; none without a key."""
    if not access.key:
        return []
    return [
        Request(
            "https://api.17track.net/track/v2.2/gettrackinfo",
            tuple(numbers),
            method="POST",
            headers={"Accept": "application/json", "Content-Type": "application/json", "17token": access.key},
            body=json.dumps([{"number": number} for number in numbers]).encode(),
        )
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the numbers accepted and rejected; a code other than 0 is a call that failed."""
    answer = read_json(page)
    code = need(answer, "code", int)
    if code != 0:
        why = text(answer, "data.errors.0.message") or text(answer, "message")
        return [_refused(number, code, why) for number in numbers]
    rejected = rows(answer, "data.rejected") if maybe(answer, "data.rejected", list) else []
    return [
        *(_report(entry) for entry in rows(answer, "data.accepted")),
        *(
            _refused(
                need(entry, "number", str), maybe(entry, "error.code", int) or 0, text(entry, "error.message")
            )
            for entry in rejected
        ),
    ]


def _refused(number: str, code: int, why: str) -> TrackingReport:
    unlisted: tuple[Outcome, str] = (
        "unavailable",
        f"17TRACK could not answer: {why[:120] or 'no reason given'}",
    )
    outcome, detail = _REASONS.get(code, unlisted)
    return TrackingReport(number, outcome, detail)


def _report(entry: dict[str, object]) -> TrackingReport:
    number = need(entry, "number", str)
    try:
        providers = rows(entry, "track_info.tracking.providers")
        events = tuple(_event(row) for part in providers for row in reversed(rows(part, "events")))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    if not events and text(entry, "track_info.latest_status.status") == "NotFound":
        if text(entry, "track_info.latest_status.sub_status") == "NotFound_Other":
            return TrackingReport(number, "not_found", "the carrier told 17TRACK nothing about this number")
        return TrackingReport(number, "unavailable", "17TRACK could not ask the carrier about this number")
    return TrackingReport(
        number,
        "ok",
        events=events,
        linked_numbers=linked_numbers(number, text(entry, "track_info.misc_info.local_number")),
        origin_country=countries.code(text(entry, "track_info.shipping_info.shipper_address.country")),
        destination_country=countries.code(text(entry, "track_info.shipping_info.recipient_address.country")),
        expected_at=_expected(entry),
    )


def _event(row: dict[str, object]) -> TrackingEvent:
    words, code = text(row, "description"), text(row, "sub_status") or text(row, "stage")
    at, exact = _moment(row)
    status = classify(words, carrier="17track", code=code)
    return TrackingEvent(at, exact, _SIGNATURE.sub(r"\1", words), text(row, "location"), code, status)


def _moment(row: dict[str, object]) -> tuple[datetime, bool]:
    clock, zone = text(row, "time_raw.time"), text(row, "time_raw.timezone")
    written = text(row, "time_iso") or text(row, "time_utc")
    if written:
        return when.iso(written, default=UTC), bool(clock and zone)
    return when.iso(f"{need(row, 'time_raw.date', str)} {clock or '00:00:00'}", default=UTC), False


def _expected(entry: dict[str, object]) -> datetime | None:
    dates = "track_info.time_metrics.estimated_delivery_date"
    return when.maybe_iso(text(entry, f"{dates}.to") or text(entry, f"{dates}.from"))


CARRIER = Carrier(
    id="17track",
    name="17TRACK",
    home="https://www.17track.net",
    track_url="https://t.17track.net/en#nums={number}",
    numbers=(r"(?!)",),  # it follows everybody's numbers and writes none of its own
    speaks="json",
    source="official API v2.2; shape from public code of 2025-2026",
    source_date="2026-09",
    requests=requests,
    read=read,
    batch=40,
    reach="key",
    limits="needs a key from api.17track.net, and every number registered there",
)
