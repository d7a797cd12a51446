"""Belpost (Belarus), the JSON behind its public tracking page.

Steps are newest first, in Russian, timed in epoch seconds, with a number as code that is only a hint. An empty list
of steps comes for parcels announced and for numbers never seen alike, so it counts for nothing. The service blocks
who asks more than about once a minute. Shape from public readers of 2022 to 2026; no answer was recorded.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta

from scrapers import when
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
    """One request per number."""
    return [
        Request(
            "https://api.belpost.by/api/v1/tracking",
            (number,),
            method="POST",
            headers={"Accept": "application/json", "Content-Type": "application/json"},
            body=json.dumps({"number": number}).encode(),
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the numbers in the answer; an object of errors answers none of them."""
    answer = read_json(page)
    if maybe(answer, "errors", dict):
        return [could_not_answer(n, "Belpost", text(answer, "message")) for n in numbers]
    return [_report(entry) for entry in rows(answer, "data")]


def _report(entry: dict[str, object]) -> TrackingReport:
    number = need(entry, "number", str)
    try:
        events = tuple(_event(row) for row in reversed(rows(entry, "steps")))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    if not events:
        return TrackingReport(number, "unavailable", "Belpost lists no scans for this number")
    return TrackingReport(number, "ok", events=events)


def _event(row: dict[str, object]) -> TrackingEvent:
    code, words = text(row, "code"), text(row, "event")
    at = when.epoch_ms(need(row, "timestamp", int) * 1000)
    status = classify(words, carrier="belpost", code=code, language="ru")
    return TrackingEvent(at, True, words, text(row, "place"), code, status)


CARRIER = Carrier(
    id="belpost",
    name="Belpost",
    home="https://www.belpost.by",
    track_url="https://www.belpost.by/Otsleditotpravleniye?number={number}",
    numbers=(r"[A-Z]{2}\d{9}BY",),
    speaks="json",
    source="public page; shape from public readers of 2022 to 2026, no recorded answer",
    source_date="2026-02",
    requests=requests,
    read=read,
    countries=("BY",),
    zone="Europe/Minsk",
    poll_floor=timedelta(hours=6),
    limits="blocks frequent questions; unknown numbers cannot be told apart",
)
