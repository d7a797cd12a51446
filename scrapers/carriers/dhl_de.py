"""DHL Paket and tracked letters of Deutsche Post, the JSON behind www.dhl.de's own tracking page.

The page opens a session first, so plain HTTP is not used: the page's answer is read where the user's browser has it.
Times carry the Berlin offset. There are no codes; the words decide, in the page's language. `ruecksendung` turns a
delivery into one to the sender. Unknown is `keineDatenVerfuegbar` under the number asked, as seen for a number that
nobody has; `sendungsdatenZuAlt` is a number DHL once knew. Business XML is not read: see `dhl` for a key. Seen
working 2026-09.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from scrapers import check_digits, countries, when
from scrapers.base import Access, Carrier, Page, Request, Status, TrackingEvent, TrackingReport, read_json
from scrapers.shape import LayoutChanged, maybe, need, rows, text
from scrapers.status import classify

_BERLIN = when.zone("Europe/Berlin")
_MARKUP = re.compile(r"<[^>]*>")
_TO_SENDER = Status("Exception", "Exception_011", "dhl_de: delivered under ruecksendung, so to the sender")
_OTHER_REASONS = {
    "sendungsdatenZuAlt": "DHL has thrown away the old data of this number",
    "sendungsnummerNichtSuchbar": "DHL does not look this number up here",
}


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """What the tracking page asks, one number at a time."""
    return [
        Request(
            f"https://www.dhl.de/int-verfolgen/data/search?piececode={quote(number, safe='')}"
            "&noRedirect=true&language=en",
            (number,),
            headers={"Accept": "application/json"},
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the shipments in the answer."""
    answer = read_json(page)
    if maybe(answer, "rateLimited", bool):
        return [TrackingReport(number, "blocked", "DHL asks for slower questions") for number in numbers]
    asked = {number.upper() for number in numbers}
    return [_report(shipment, asked) for shipment in rows(answer, "sendungen")]


def _report(shipment: dict[str, object], asked: set[str]) -> TrackingReport:
    paths = ("id", "sendungsinfo.gesuchteSendungsnummer", "sendungsdetails.sendungsnummern.sendungsnummer")
    own = [text(shipment, path) for path in paths]
    number = next((name for name in own if name.upper() in asked), own[0])
    if not number:
        raise LayoutChanged("sendungen.id is missing")
    if maybe(shipment, "plzBenoetigt", bool) or maybe(shipment, "versandDatumBenoetigt", bool):
        return TrackingReport(number, "unavailable", "DHL asks for the postcode or the day of posting")
    # The list is read before the flags: an answer that tells of scans is never a "not found".
    listed = maybe(shipment, "sendungsdetails.sendungsverlauf.events", list)
    if not listed and "sendungNichtGefunden" in shipment:
        return _not_found(number, need(shipment, "sendungNichtGefunden", dict))
    try:
        details = need(shipment, "sendungsdetails", dict)
        back = maybe(details, "ruecksendung", bool) or False
        events = tuple(_event(row, back=back) for row in rows(details, "sendungsverlauf.events"))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    return TrackingReport(
        number,
        "ok",
        events=events,
        destination_country=countries.code(text(details, "zielland")),
        expected_at=when.maybe_iso(text(details, "zustellung.zustellzeitfensterBis"), default=_BERLIN),
    )


def _not_found(number: str, flags: dict[str, object]) -> TrackingReport:
    for flag, why in _OTHER_REASONS.items():
        if flags.get(flag) is True:
            return TrackingReport(number, "unavailable", why)
    if flags.get("keineDatenVerfuegbar") is True:
        return TrackingReport(number, "not_found", "DHL does not know this number")
    return TrackingReport(number, "changed", "sendungNichtGefunden gives no reason")


def _event(row: dict[str, object], *, back: bool) -> TrackingEvent:
    words = _MARKUP.sub("", text(row, "status")).strip()
    at = when.iso(need(row, "datum", str), default=_BERLIN)
    status = classify(words, carrier="dhl_de")
    if status.tag == "Delivered" and (back or row.get("ruecksendung") is True):
        status = _TO_SENDER
    return TrackingEvent(at, at.tzinfo is not _BERLIN, words, text(row, "ort"), "", status)


def _check_digit(number: str) -> bool | None:
    if not number.isdigit():
        return None
    return check_digits.identcode(number) if len(number) == 12 else check_digits.gs1(number)


CARRIER = Carrier(
    id="dhl_de",
    name="DHL Paket (Germany)",
    home="https://www.dhl.de",
    track_url="https://www.dhl.de/en/privatkunden/pakete-empfangen/verfolgen.html?piececode={number}",
    numbers=(r"00340\d{15}", r"JJD\d{10,20}", r"[A-Z]{2}\d{9}DE", r"\d{12}"),
    check_digit=_check_digit,
    speaks="json",
    source="public page; its shape described by several public readers, seen working 2026-09",
    source_date="2026-09",
    requests=requests,
    read=read,
    countries=("DE",),
    zone="Europe/Berlin",
    reach="user",
    limits="the page's own session is needed; with a free key the carrier dhl tells the same",
)
