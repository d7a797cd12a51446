"""Cainiao global, the JSON behind its public tracking page; it knows nearly every AliExpress number.

Times: `timeStr` is the wall clock in `timeZone`; the epoch beside it is always that wall clock read as GMT+8,
so it is wrong for every other zone and is not used (50+ events of 2023-2026 agree). An absent zone is China's,
and marked as assumed, as are the GMT+0 rows of customs, which are off by up to three hours.
Not found is an EXTERNAL number with an empty list and nothing else; an empty list of any other source is a number
Cainiao knows and has not scanned. Its bot check comes as a web page or as JSON with `rgv587_flag`. Seen working
2026-09 by several public readers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone
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
from scrapers.linked import linked_numbers
from scrapers.shape import LayoutChanged, maybe, need, rows, text
from scrapers.status import classify

_PLACE = re.compile(r"\[([^\]]{1,80})\]")
_CHINA = timezone(timedelta(hours=8))


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """One request for all numbers given; the caller keeps to `batch`."""
    listed = quote(",".join(numbers), safe=",")
    return [
        Request(
            f"https://global.cainiao.com/global/detail.json?mailNos={listed}&lang=en-US&language=en-US",
            tuple(numbers),
            headers={"Accept": "application/json"},
        )
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the numbers in the answer; a failed call names none and leaves all of them unavailable."""
    answer = read_json(page)
    if text(answer, "rgv587_flag"):
        return [TrackingReport(n, "blocked", "Cainiao asks for a bot check") for n in numbers]
    if not need(answer, "success", bool):
        return [
            could_not_answer(n, "Cainiao", text(answer, "errorMsg"), text(answer, "errorCode"))
            for n in numbers
        ]
    return [_report(module) for module in rows(answer, "module")]


def _report(module: dict[str, object]) -> TrackingReport:
    number = need(module, "mailNo", str)
    linked = linked_numbers(number, text(module, "copyRealMailNo"), text(module, "copyVirtualMailNo"))
    try:
        events = tuple(_event(row) for row in reversed(rows(module, "detailList")))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed), linked_numbers=linked)
    # With no scans, linked numbers are news all the same: the parcel is known under another name.
    if not events and not linked and _is_unknown(module):
        return TrackingReport(number, "not_found", "Cainiao does not know this number")
    expected = maybe(module, "globalEtaInfo.deliveryMaxTime", int)
    return TrackingReport(
        number,
        "ok",
        events=events,
        linked_numbers=linked,
        origin_country=countries.code(text(module, "originCountry")),
        destination_country=countries.code(text(module, "destCountry")),
        ends_by_design=text(module, "mailType").casefold() == "economy",
        expected_at=_expected(expected),
    )


def _is_unknown(module: dict[str, object]) -> bool:
    """Whether nothing is known of the number; an answer that tells anything about a parcel is never that."""
    told = any(text(module, name) for name in ("status", "originCountry", "destCountry", "mailType"))
    return text(module, "mailNoSource") == "EXTERNAL" and not told and not maybe(module, "latestTrace", dict)


def _event(row: dict[str, object]) -> TrackingEvent:
    code = text(row, "actionCode")
    # `desc` is the carrier's own note, `standerdDesc` (sic) Cainiao's translation of the code.
    note, standard = text(row, "desc"), text(row, "standerdDesc")
    words = note or standard
    place = _PLACE.match(standard)
    status = classify(words, carrier="cainiao", code=code)
    if status.tag == "Unknown" and standard:
        status = classify(standard, carrier="cainiao", code=code)
    at, exact = _moment(row, code)
    return TrackingEvent(at, exact, words, place.group(1) if place else "", code, status)


def _moment(row: dict[str, object], code: str) -> tuple[datetime, bool]:
    named = text(row, "timeZone")
    zone = when.offset(named) if named else None
    written = text(row, "timeStr")
    if not written:  # turn the epoch back into the wall clock it was made from
        clock = when.epoch_ms(need(row, "time", int)).astimezone(_CHINA)
        return when.plausible(clock.replace(tzinfo=zone or _CHINA)), False
    doubtful = zone == UTC and code.startswith(("CC_", "CUSTOMS_"))
    return when.local(written, "%Y-%m-%d %H:%M:%S", zone or _CHINA), zone is not None and not doubtful


def _expected(epoch: int | None) -> datetime | None:
    if not epoch:
        return None
    try:
        return when.epoch_ms(epoch)
    except LayoutChanged:
        return None


CARRIER = Carrier(
    id="cainiao",
    name="Cainiao",
    home="https://global.cainiao.com",
    track_url="https://global.cainiao.com/newDetail.htm?mailNoList={number}",
    numbers=(
        r"(?:LP|AP|CNG|AE)\d{9,16}",
        r"[A-Z]{2}\d{9}[A-Z]{2}",
        r"[A-Z]{2}\d{10}Y",
        r"AE[A-Z]{2}\d{10}RU\d",
        r"CN\d{12,15}",
    ),
    speaks="json",
    source="public page; shape confirmed on six recorded answers of 2023-2026, working 2026-09",
    source_date="2026-09",
    requests=requests,
    read=read,
    countries=("CN",),
    zone="Asia/Shanghai",
    batch=100,
    poll_floor=timedelta(hours=3),
    limits="economy mail has no scans after the hand-over to the destination post",
)
