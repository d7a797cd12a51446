"""UniUni, the JSON behind its public tracking page, as the user's own browser receives it.

The page adds a key of its own to the question, so it is never asked from here. Every scan has a state number, read
with the table of two public readers, and a time: `dateTime.ts` or `pathTime`, both Unix seconds, with the offset of
the place beside the former. The parcel's own `state` has no time and was seen to disagree with the newest scan, so
only scans count. What an unknown number looks like was never recorded beyond an empty list. Shape from public readers'
code, last seen working 2026-08.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
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
from scrapers.shape import LayoutChanged, maybe, need, rows, text
from scrapers.status import classify


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """The question the tracking page puts, without the page's own key."""
    listed = quote(",".join(numbers), safe=",")
    return [
        Request(
            f"https://delivery-api.uniuni.ca/cargo/trackinguniuninew?id={listed}&source=web",
            tuple(numbers),
            headers={"Accept": "application/json"},
        )
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the parcels in the answer."""
    answer = read_json(page)
    if need(answer, "status", str) != "SUCCESS":
        return [
            could_not_answer(
                n, "UniUni", text(answer, "ret_msg"), text(answer, "message"), text(answer, "status")
            )
            for n in numbers
        ]
    return [_report(parcel) for parcel in rows(answer, "data.valid_tno")]


def _report(parcel: dict[str, object]) -> TrackingReport:
    number = need(parcel, "tno", str)
    try:
        events = tuple(_event(row) for row in rows(parcel, "spath_list"))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    return TrackingReport(
        number, "ok", events=events, destination_country=countries.code(text(parcel, "country"))
    )


def _event(row: dict[str, object]) -> TrackingEvent:
    code, words = text(row, "state"), text(row, "description_en") or text(row, "pathInfo")
    place = text(row, "pathAddr") or text(row, "pathAddress")
    status = classify(words, carrier="uniuni", code=code)
    return TrackingEvent(_moment(row), True, words or code, place, code, status)


def _moment(row: dict[str, object]) -> datetime:
    seconds = maybe(row, "dateTime.ts", int) or need(row, "pathTime", int)
    return when.epoch_ms(seconds * 1000).astimezone(when.offset(text(row, "dateTime.offsetByGMT")) or UTC)


CARRIER = Carrier(
    id="uniuni",
    name="UniUni",
    home="https://www.uniuni.com",
    track_url="https://www.uniuni.com/tracking/?no={number}",
    numbers=(r"UUS\d{16}",),
    speaks="json",
    source="public page, read in the user's browser; shape and states from public readers' code of 2026",
    source_date="2026-08",
    requests=requests,
    read=read,
    countries=("CA", "US"),
    batch=25,
    reach="user",
    limits="its page adds a key of its own; unknown numbers cannot be told apart",
)
