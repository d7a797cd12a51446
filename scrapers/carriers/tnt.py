"""TNT, the JSON behind its public tracking page, for nine-digit consignments.

Numbers are used again after a while: every consignment that ever had this one is listed, and the one scanned last
counts. Scan times carry their offset. `legacyCode` says what a scan means; OK also stands for a delivery to a customs
broker, which the consignment's flags tell, and "partially delivered" is no delivery. `destinationDate` is an estimate
only while `usedDate` names one. Not found is an entry of `notFound` that repeats the number. References and signatory
are never read. National French consignments (sixteen digits) live elsewhere. Seen working 2026-09 by a public reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from urllib.parse import quote

from scrapers import check_digits, countries, when
from scrapers.base import (
    Access,
    Carrier,
    Page,
    Request,
    Status,
    TrackingEvent,
    TrackingReport,
    latest_use,
    read_json,
)
from scrapers.shape import LayoutChanged, maybe, need, rows, text
from scrapers.status import classify

_TO_BROKER = Status("InTransit", "InTransit_006", "tnt: delivered to the customs broker", "import_customs")
_ELSEWHERE = Status("Unknown", rule="tnt: delivered, but not said to be at the receiver")
_IN_PART = Status("Unknown", rule="tnt: only a part is delivered")
_ESTIMATES = ("originalEta", "revisedEta", "outForDeliveryEta")


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """One request per number."""
    return [
        Request(
            f"https://www.tnt.com/api/v3/shipment?con={quote(number, safe='')}"
            "&searchType=CON&locale=en_GB&channel=OPENTRACK",
            (number,),
            headers={"Accept": "application/json"},
        )
        for number in numbers
    ]


def read(page: Page, _numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the consignments in the answer and for the numbers it does not find."""
    output = need(read_json(page), "", dict).get("tracker.output")  # one name, dot and all
    found = rows(output, "consignment") if maybe(output, "consignment", list) else []
    missing = rows(output, "notFound") if maybe(output, "notFound", list) else []
    if not found and not missing:
        raise LayoutChanged("neither consignment nor notFound is there")
    used: dict[str, list[TrackingReport]] = {}
    for consignment in found:
        report = _report(consignment)
        used.setdefault(report.number, []).append(report)
    return [
        *(latest_use(reports) for reports in used.values()),
        *(
            TrackingReport(text(entry, "input"), "not_found", "TNT does not know this number")
            for entry in missing
        ),
    ]


def _report(consignment: dict[str, object]) -> TrackingReport:
    number = need(consignment, "consignmentNumber", str).strip()
    flags = maybe(consignment, "status", dict) or {}
    try:
        events = tuple(_event(row, flags) for row in reversed(rows(consignment, "events")))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    return TrackingReport(
        number,
        "ok",
        events=events,
        origin_country=countries.code(text(consignment, "originAddress.countryCode")),
        destination_country=countries.code(text(consignment, "destinationAddress.countryCode")),
        expected_at=_expected(consignment),
    )


def _event(row: dict[str, object], flags: dict[str, object]) -> TrackingEvent:
    code, words = text(row, "legacyCode"), text(row, "statusDescription")
    place = ", ".join(filter(None, (text(row, "location.city"), text(row, "location.countryCode"))))
    status = classify(words, carrier="tnt", code=code)
    if status.tag == "Delivered":
        status = _delivered(status, words, flags)
    return TrackingEvent(when.iso(need(row, "date", str)), True, words, place, code, status)


def _delivered(status: Status, words: str, flags: dict[str, object]) -> Status:
    """Whether it is the whole consignment, and the receiver who has it."""
    if "partial" in words.casefold():
        return _IN_PART
    if flags.get("isDeliveredAtBroker") is True:
        return _TO_BROKER
    return status if flags.get("isDeliveredAtReceiver") is True else _ELSEWHERE


def _expected(consignment: dict[str, object]) -> datetime | None:
    if text(consignment, "analytics.destinationDateSources.usedDate") not in _ESTIMATES:
        return None
    return when.maybe_iso(text(consignment, "destinationDate"))


CARRIER = Carrier(
    id="tnt",
    name="TNT",
    home="https://www.tnt.com",
    track_url="https://www.tnt.com/express/en_gb/site/shipping-tools/tracking.html?searchType=con&cons={number}",
    numbers=(r"\d{9}",),
    check_digit=check_digits.s10,
    speaks="json",
    source="public page; shape and not-found entry seen live 2026-09 by a public reader, none recorded here",
    requests=requests,
    read=read,
    countries=("NL",),
    limits="numbers are reused, so an old consignment may answer for one not scanned yet; no national French ones",
    source_date="2026-09",
)
