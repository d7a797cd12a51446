"""Nova Poshta (Ukraine), its public API; tracking needs no key.

It tells the present state only, so a report holds one event, timed by the last scan. Dates come in three forms
within one answer (dd-MM-yyyy HH:mm:ss, yyyy-MM-dd HH:mm:ss, HH:mm dd.MM.yyyy), all Kyiv time. Unknown number:
StatusCode 3. One malformed number spoils the whole batch: success false, code 20001401442 and the number in
`warnings`. Since this method takes only digits, that tells something about an all-digit number alone; cross-border
numbers with letters (SHCN...) are refused although they exist. Recorded received 2022-03 and refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from scrapers import when
from scrapers.base import Access, Carrier, Page, Request, TrackingEvent, TrackingReport, read_json
from scrapers.shape import LayoutChanged, maybe, need, rows, text
from scrapers.status import classify

_KYIV = when.zone("Europe/Kyiv")
_FORMS = ("%H:%M %d.%m.%Y", "%Y-%m-%d %H:%M:%S", "%d-%m-%Y %H:%M:%S")
_UNKNOWN = "3"
_MALFORMED = "20001401442"
# States in which the parcel is in the recipient's town; before that the answer names no place of the scan.
_AT_RECIPIENT = frozenset({"6", "7", "8", "9", "10", "11", "14"})


def requests(numbers: Sequence[str], access: Access) -> list[Request]:
    """One request for all numbers given; phone numbers, which would show more, are not sent."""
    documents = [{"DocumentNumber": number, "Phone": ""} for number in numbers]
    question = {
        "apiKey": access.key,
        "modelName": "TrackingDocument",
        "calledMethod": "getStatusDocuments",
        "methodProperties": {"Documents": documents},
    }
    return [
        Request(
            "https://api.novaposhta.ua/v2.0/json/",
            tuple(numbers),
            method="POST",
            headers={"Accept": "application/json", "Content-Type": "application/json"},
            body=json.dumps(question).encode(),
        )
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the documents in the answer, or what a refusal says about each number asked."""
    answer = read_json(page)
    if not need(answer, "success", bool):
        return [_refused(answer, number) for number in numbers]
    return [_report(document) for document in rows(answer, "data")]


def _refused(answer: object, number: str) -> TrackingReport:
    malformed = _MALFORMED in (maybe(answer, "errorCodes", list) or [])
    named = f"Invalid DocumentNumber: {number}" in (maybe(answer, "warnings", list) or [])
    if malformed and named and number.isdecimal():
        return TrackingReport(number, "not_found", "Nova Poshta says this is no number of its own")
    why = text(answer, "errors.0") or "no reason given"
    return TrackingReport(number, "unavailable", f"Nova Poshta refused the question: {why[:120]}")


def _report(document: dict[str, object]) -> TrackingReport:
    number, code = text(document, "Number"), text(document, "StatusCode")
    if not number or not code:
        raise LayoutChanged("data.Number or data.StatusCode is missing")
    if code == _UNKNOWN:
        return TrackingReport(number, "not_found", "Nova Poshta does not know this number")
    try:
        event = _event(document, code)
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    expected = _moment(text(document, "ScheduledDeliveryDate"))
    return TrackingReport(number, "ok", events=(event,), expected_at=expected)


def _event(document: dict[str, object], code: str) -> TrackingEvent:
    words = text(document, "Status")
    # The scan before the update: the latter can move without the parcel.
    dated = (_moment(text(document, name)) for name in ("DateScan", "TrackingUpdateDate", "DateCreated"))
    at = next((moment for moment in dated if moment is not None), None)
    if at is None:
        raise LayoutChanged("no date of the document is readable")
    status = classify(words, carrier="nova_poshta", code=code, language="uk")
    place = text(document, "CityRecipient") if code in _AT_RECIPIENT else ""
    return TrackingEvent(at, True, words, place, code, status)


def _moment(written: str) -> datetime | None:
    for form in _FORMS:
        try:
            return when.local(written, form, _KYIV)
        except LayoutChanged:
            continue
    return None


CARRIER = Carrier(
    id="nova_poshta",
    name="Nova Poshta",
    home="https://novaposhta.ua",
    track_url="https://novaposhta.ua/tracking/{number}",
    numbers=(r"(?:20|59)\d{12}", r"\d{14}"),
    speaks="json",
    source="official API without a key; one recorded answer of 2022-03, refusal recorded",
    source_date="2022-03",
    requests=requests,
    read=read,
    countries=("UA",),
    zone="Europe/Kyiv",
    batch=50,
    limits="shows the present state only, no history; cross-border numbers with letters are not taken",
)
