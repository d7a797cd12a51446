"""SPX Express (Shopee), the JSON behind its public tracking page, as the user's own browser receives it.

The page signs its question with a key of its own, so it is never asked from here. Data that is null or empty was seen
for unknown numbers, but names none and may as well follow an unsigned question, so it never counts as not found.
Times are Unix seconds. Messages carry names in square brackets: one in front is the hub, all others are dropped, for
behind a delivery stand the receiver and who they are ("Receptionist"), the latter of which still has a say in the
status. Tokens beginning with Return_ lead back to the seller. Recorded delivered in Brazil 2025-06.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from scrapers import when
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
from scrapers.shape import LayoutChanged, maybe, need, rows, text
from scrapers.status import classify

_HUB = re.compile(r"\s*\[([^\]]{1,80})\]\s*")
_BRACKETS = re.compile(r"\s?\[([^\[\]]{0,200})\]")


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """The questions the tracking page puts, without the page's own signature."""
    return [
        Request(
            "https://spx.co.th/api/v2/fleet_order/tracking/search"
            f"?sls_tracking_number={quote(number, safe='')}",
            (number,),
            headers={"Accept": "application/json", "X-Language": "en"},
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """The report of the one number in the answer, which may be wrapped in {retcode, message, data}."""
    answer = need(read_json(page), "", dict)
    if "retcode" not in answer:
        return [_report(answer)]
    if not maybe(answer, "data", dict):
        return [
            could_not_answer(n, "SPX", text(answer, "message"), "it shows nothing, and does not say why")
            for n in numbers
        ]
    return [_report(need(answer, "data", dict))]


def _report(parcel: dict[str, object]) -> TrackingReport:
    number = need(parcel, "sls_tracking_number", str)
    try:
        events = tuple(_event(row) for row in reversed(rows(parcel, "tracking_list")))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    return TrackingReport(number, "ok", events=events)


def _event(row: dict[str, object]) -> TrackingEvent:
    code, message = text(row, "status"), text(row, "message")
    hub = _HUB.match(message)
    rest = message[hub.end() :] if hub else message
    words = _BRACKETS.sub("", rest).strip()
    at = when.epoch_ms(need(row, "timestamp", int) * 1000)
    return TrackingEvent(
        at, True, words or code, hub.group(1) if hub else "", code, _status(words, rest, code)
    )


def _status(words: str, rest: str, code: str) -> Status:
    """What a scan means; the last bracket tells who took the parcel, so it is heard and not kept."""
    who = _BRACKETS.findall(rest)[-1:]
    return classify(" ".join([words, *who]), carrier="spx", code=code)


CARRIER = Carrier(
    id="spx",
    name="SPX Express",
    home="https://spx.co.th",
    track_url="https://spx.co.th/detail/{number}",
    numbers=(r"SPX[A-Z]{2}\d{9,14}[A-Z]?", r"(?:TH|BR)\d{11,13}[A-Z0-9]?"),
    speaks="json",
    source="public page, read in the user's browser; one recorded answer of 2025-06",
    source_date="2026-09",
    requests=requests,
    read=read,
    countries=("TH", "BR", "VN", "ID", "MY", "PH", "SG"),
    reach="user",
    limits="the page of each country has a domain of its own; unknown numbers cannot be told apart",
)
