"""Sameday (Romania), the JSON behind its public tracking page.

The Romanian service is asked; the Hungarian and Bulgarian ones (api.sameday.hu, .bg) are the same under their own
host. Each scan has its state (statusStateId) and words; 18 is "in the locker", and only 5 a delivery, which is one
to the SENDER where the shipment is a return (isReturn). A number can be a parcel's: the shipment's with three digits
behind. Times carry an offset. Unknown numbers come as HTTP 404, but so would a page that moved, and the body was
never recorded: never taken for "not found". Shape seen 2026-02 by public readers; the states' names from its app.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from scrapers import when
from scrapers.base import Access, Carrier, Page, Request, Status, TrackingEvent, TrackingReport, read_json
from scrapers.shape import LayoutChanged, need, rows, text
from scrapers.status import classify

_BUCHAREST = when.zone("Europe/Bucharest")
_TO_SENDER = Status("Exception", "Exception_011", "sameday: isReturn, delivered back to the sender")


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """One request per number."""
    return [
        Request(
            f"https://api.sameday.ro/api/public/awb/{quote(number, safe='')}/awb-history?_locale=en",
            (number,),
            headers={"Accept": "application/json"},
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """The report of the shipment in the answer, for the number it was asked by."""
    answer = need(read_json(page), "", dict)
    shipment = need(answer, "awbNumber", str)
    number = next((n for n in numbers if _belongs(n, shipment)), shipment)
    is_return = answer.get("isReturn") not in (None, False)  # anything but a clear no: rather no delivery
    try:
        events = tuple(_event(row, is_return=is_return) for row in reversed(rows(answer, "awbHistory")))
    except LayoutChanged as changed:
        return [TrackingReport(number, "changed", str(changed))]
    return [TrackingReport(number, "ok", events=events)]


def _belongs(number: str, shipment: str) -> bool:
    return bool(shipment) and number.upper() in (shipment.upper(), f"{shipment.upper()}{number[-3:]}")


def _event(row: dict[str, object], *, is_return: bool) -> TrackingEvent:
    code, words = text(row, "statusStateId"), text(row, "status") or text(row, "statusState")
    at = when.iso(need(row, "statusDate", str), default=_BUCHAREST)
    place = ", ".join(filter(None, (text(row, name) for name in ("transitLocation", "county", "country"))))
    status = classify(words, carrier="sameday", code=code, language="en")
    if is_return and status.tag == "Delivered":
        status = _TO_SENDER
    return TrackingEvent(at, at.tzinfo is not _BUCHAREST, words, place, code, status)


CARRIER = Carrier(
    id="sameday",
    name="Sameday",
    home="https://sameday.ro",
    track_url="https://sameday.ro/#awb={number}",
    numbers=(r"[1-9][A-Z]{3,6}\d{8,14}",),
    speaks="json",
    source="public page; shape from public readers, working 2026-02; states from its app",
    source_date="2026-02",
    requests=requests,
    read=read,
    countries=("RO",),
    zone="Europe/Bucharest",
    limits="unknown numbers cannot be told apart; Hungarian and Bulgarian parcels need their own base_url",
)
