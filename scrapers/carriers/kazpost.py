"""Kazpost (Kazakhstan), its public tracking API.

The answer lists days (dd.mm.yyyy), each with the scans of that day, newest first; it repeats no number, so the
address must name it. A scan has codes and no words, and the codes mislead: "Delivered" means that the parcel came to
its post office and waits there, "Handed" that the recipient has it, and "DLV" stands for both in a public list, so it
says nothing. Times are Kazakh clocks, of foreign scans too, it seems. How an unknown number is answered was never
recorded. Answers are cached for an hour. Shape seen 2025-09 by public readers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from scrapers import when
from scrapers.base import (
    Access,
    Carrier,
    Page,
    Request,
    TrackingEvent,
    TrackingReport,
    asks_about,
    read_json,
)
from scrapers.shape import LayoutChanged, need, rows, text
from scrapers.status import classify

_ALMATY = when.zone("Asia/Almaty")


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """One request per number."""
    return [
        Request(
            f"https://track.post.kz/api/v2/{quote(number, safe='')}/events",
            (number,),
            headers={"Accept": "application/json"},
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """The report of the number in the page's address."""
    days = rows(read_json(page), "events")
    return [_report(number, days) for number in numbers if asks_about(page, number)]


def _report(number: str, days: list[dict[str, object]]) -> TrackingReport:
    try:
        scans = [(need(day, "date", str), scan) for day in days for scan in rows(day, "activity")]
        events = tuple(_event(date, scan, number) for date, scan in reversed(scans))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    if not events:
        return TrackingReport(number, "unavailable", "Kazpost lists no scans for this number")
    return TrackingReport(number, "ok", events=events)


def _event(date: str, scan: dict[str, object], number: str) -> TrackingEvent:
    at = when.local(f"{date} {need(scan, 'time', str)}", "%d.%m.%Y %H:%M:%S", _ALMATY)
    code = text(scan, "status.0")
    # The codes look like words and would be misread as such ("Delivered").
    status = classify("", carrier="kazpost", code=code)
    place = text(scan, "city") or text(scan, "name")
    return TrackingEvent(at, number.upper().endswith("KZ"), code, place, code, status)


CARRIER = Carrier(
    id="kazpost",
    name="Kazpost",
    home="https://post.kz",
    track_url="https://track.post.kz/{number}",
    numbers=(r"[A-Z]{2}\d{9}KZ",),
    speaks="json",
    source="public API; shape seen 2025-09 by public readers, codes from two public lists",
    source_date="2025-09",
    requests=requests,
    read=read,
    countries=("KZ",),
    zone="Asia/Almaty",
    limits="codes without words; unknown numbers cannot be told apart; foreign scans' times are uncertain",
)
