"""Swiss Post, the timeline behind the tracking page of its logistics arm (PostLogistics), which relays parcels too.

The post's own page wants a session of four calls, and what it sums up lags: a parcel laid into a locker is
"DELIVERED" there. The timeline is one question. Its codes say nothing (PST stands for most scans, the delivery
among them), so the German words decide; a parcel that comes back to its sender reads "delivered" once more, and only
the scans before tell. Times are UTC. `Data` null or empty is also the answer to a question not understood and to
letters, so nothing is read as not found. Public readers of 2026.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from scrapers import when
from scrapers.base import Access, Carrier, Page, Request, Status, TrackingEvent, TrackingReport, read_json
from scrapers.shape import LayoutChanged, need, rows, text
from scrapers.status import classify

_PLACEHOLDERS = ("PST", "NTF")
_AT_HOME = "zugestellt an domiziladresse"
_DELIVERED = Status("Delivered", "Delivered_001", "swiss_post: delivered at the address of the receiver")


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """One request per number."""
    return [
        Request(
            "https://eosapi.postlogistics.ch/api/trackandtrace/public?culture=de-DE",
            (number,),
            method="POST",
            headers={
                "Accept": "application/json",
                "Content-Type": "application/json",
                "Origin": "https://tracking.postlogistics.ch",
                "Referer": "https://tracking.postlogistics.ch/",
            },
            body=json.dumps({"Identifier": number}).encode(),
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the parcels in the answer. Type 2 is a sender's reference, which others may share: not read."""
    answer = need(read_json(page), "", dict)
    parcels = rows(answer, "Data") if need(answer, "Type", int) in (1, 3) and answer.get("Data") else []
    if not parcels:
        return [TrackingReport(n, "unavailable", "Swiss Post shows no scans of this number") for n in numbers]
    return [_report(parcel) for parcel in parcels]


def _report(parcel: dict[str, object]) -> TrackingReport:
    number = need(parcel, "Identifier", str)
    try:
        events = tuple(_event(row) for row in rows(parcel, "History"))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    if not events:
        return TrackingReport(number, "unavailable", "Swiss Post shows no scans of this number")
    return TrackingReport(number, "ok", events=events)


def _event(row: dict[str, object]) -> TrackingEvent:
    code, words = text(row, "Status"), text(row, "Description")
    code = "" if code in _PLACEHOLDERS else code
    status = classify(words, carrier="swiss_post", language="de")
    if words.casefold() == _AT_HOME:
        status = _DELIVERED
    return TrackingEvent(when.iso(need(row, "TimeStamp", str)), True, words, text(row, "City"), code, status)


CARRIER = Carrier(
    id="swiss_post",
    name="Swiss Post",
    home="https://www.post.ch",
    track_url="https://service.post.ch/ekp-web/ui/entry/search/{number}",
    numbers=(r"9[89]\d{16}", r"[A-Z]{2}\d{9}CH"),
    speaks="json",
    source="timeline of the PostLogistics tracking page, as three public readers use it",
    source_date="2026-09",
    requests=requests,
    read=read,
    countries=("CH", "LI"),
    zone="Europe/Zurich",
    limits="letters have no scans there; an unknown number cannot be told from one without scans",
)
