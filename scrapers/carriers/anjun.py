"""Anjun Express Brazil, which carries AliExpress parcels there: the JSON behind its public tracking page.

Two shapes are read: that of its own list of nodes, which names its number (`trackNo`), recorded delivered 2025-01, and
that of the page, which names none and is believed only where the answer's address does; of the latter only the code
of one public reader of 2025 is known. Times are wall clocks without a zone in a country of four, so Brasilia's is
assumed and marked. The status of a signed parcel breaks off before the receiver's name, so its text is the name of the
kind of signature. "Ponto de entrega" is the delivery depot and no place to collect from. An unknown number is said to
be answered 404, which was never recorded, so it never counts as not found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from scrapers import when
from scrapers.base import Access, Carrier, Page, Request, TrackingEvent, TrackingReport, asks_about, read_json
from scrapers.linked import linked_numbers
from scrapers.shape import LayoutChanged, need, rows, text
from scrapers.status import classify

_BRASILIA = when.zone("America/Sao_Paulo")
# The page gives no codes, and its words for the depot sound like a place to collect from.
_AT_DEPOT = "objeto chegou ao ponto de entrega"


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """One request per number."""
    return [
        Request(
            "https://website-trackings.anjunexpress.com.br/tracking/get-tracking"
            f"?trackingNumber={quote(number, safe='')}",
            (number,),
            headers={"Accept": "application/json"},
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """The report of the one parcel in the answer."""
    answer = need(read_json(page), "", dict)
    if "trackNo" in answer:
        return [_report(answer)]
    listed = rows(answer, "shippingCompany")
    asked = [number for number in numbers if asks_about(page, number)]
    if not listed:
        return [TrackingReport(n, "unavailable", "Anjun shows no scans, and does not say why") for n in asked]
    return [TrackingReport(n, "ok", events=tuple(_scan(row) for row in reversed(listed))) for n in asked]


def _report(answer: dict[str, object]) -> TrackingReport:
    number = need(answer, "trackNo", str)
    try:
        events = tuple(_node(row) for row in reversed(rows(answer, "nodeDataList")))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    linked = linked_numbers(number, text(answer, "providerNumber"))
    return TrackingReport(number, "ok", events=events, linked_numbers=linked)


def _node(row: dict[str, object]) -> TrackingEvent:
    code = text(row, "statusCode")
    words = text(row, "signTypeName") or text(row, "status").partition(" assinado para")[0]
    at = when.local(need(row, "dateTime", str), "%d-%m-%Y %H:%M:%S", _BRASILIA)
    status = classify(words, carrier="anjun", code=code, language="pt")
    return TrackingEvent(at, False, words, text(row, "address"), code, status)


def _scan(row: dict[str, object]) -> TrackingEvent:
    words = text(row, "status")
    at = when.iso(need(row, "date", str), default=_BRASILIA)
    code = "delivery_site_in_storage" if words.casefold() == _AT_DEPOT else ""
    status = classify(words, carrier="anjun", code=code, language="pt")
    return TrackingEvent(at, False, words, text(row, "address"), "", status)


CARRIER = Carrier(
    id="anjun",
    name="Anjun Express",
    home="https://anjunexpress.com.br",
    track_url="https://anjunexpress.com.br/rastreio?code={number}",
    numbers=(r"AJ\d{15}",),
    speaks="json",
    source="public page by a public reader's code of 2025; its node list by one recorded answer of 2025-01",
    source_date="2025-05",
    requests=requests,
    read=read,
    countries=("BR",),
    zone="America/Sao_Paulo",
    limits="unknown numbers cannot be told apart; times are taken as Brasilia's",
)
