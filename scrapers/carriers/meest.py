"""Meest (Ukraine), its partners' query service (API-1C), with login, password and agent id of the user's contract.

The public page asks the same way with a checksum of its own and needs a browser. Action codes are the carrier's,
most with a postal code beside them in its documentation, and stand for several wordings. Times are clocks without a
zone and with stray blanks ("15:05: 53"), Kyiv's in Ukraine; abroad that is an assumption and marked. Error 103 means
"document not found", of whom it does not say, so it is never "not found". Details can name people and are not read.
Recorded delivered 2016-06 and refused; documentation of 2022.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from scrapers import countries, when
from scrapers.base import (
    Access,
    Carrier,
    Page,
    Request,
    TrackingEvent,
    TrackingReport,
    could_not_answer,
    read_xml,
    xml_text,
)
from scrapers.shape import LayoutChanged
from scrapers.status import classify

_KYIV = when.zone("Europe/Kyiv")
_UKRAINE = ("україна", "украина", "ukraine")
_FUNCTION = "SHIPMENTS_TRACK"
_WENT_WELL = ("", "000")


def requests(numbers: Sequence[str], access: Access) -> list[Request]:
    """One request per number; none without a key, which is "login:password:agent id"."""
    if not access.key:
        return []
    return [
        Request(
            "https://apii.meest-group.com/T/1C_Query.php",
            (number,),
            method="POST",
            headers={"Accept": "application/xml", "Content-Type": "application/xml"},
            body=_question(number, access.key),
        )
        for number in numbers
    ]


def _question(number: str, key: str) -> bytes:
    login, _, rest = key.partition(":")
    password, _, agent = rest.rpartition(":")
    where = f"{agent},{number}"
    # The signature is what the interface asks for, not a protection.
    sign = hashlib.md5(f"{login}{password}{_FUNCTION}{where}".encode(), usedforsecurity=False).hexdigest()
    fields = {"login": login, "function": _FUNCTION, "where": where, "order": "", "sign": sign}
    inside = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
    return f'<?xml version="1.0" encoding="UTF-8"?><param>{inside}</param>'.encode()


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the numbers whose actions the answer holds; an error answers none of them."""
    answer = read_xml(page)
    if answer.tag != "return" or answer.find("result_table") is None:
        raise LayoutChanged("result_table is missing")
    if xml_text(answer, "errors/code") not in _WENT_WELL:
        return [could_not_answer(n, "Meest", xml_text(answer, "errors/name")) for n in numbers]
    by_number: dict[str, list[Element]] = {}
    for action in answer.iterfind("result_table/items"):
        by_number.setdefault(_number(action, numbers), []).append(action)
    return [_report(number, actions) for number, actions in by_number.items()]


def _number(action: Element, numbers: Sequence[str]) -> str:
    """The number asked if the action bears it, as the sender's or in transit; the sender's otherwise."""
    borne = [xml_text(action, name) for name in ("ShipmentNumberSender", "ShipmentNumberTransit")]
    asked = {number.upper() for number in numbers}
    number = next((n for n in borne if n.upper() in asked), borne[0])
    if not number:
        raise LayoutChanged("ShipmentNumberSender is missing")
    return number


def _report(number: str, actions: Sequence[Element]) -> TrackingReport:
    try:
        events = tuple(_event(action) for action in actions)
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    country = countries.code(xml_text(actions[-1], "CountryDel"))
    return TrackingReport(number, "ok", events=events, destination_country=country)


def _event(action: Element) -> TrackingEvent:
    code = xml_text(action, "StatusCode")
    words = (
        xml_text(action, "ActionMessages_EN")
        or xml_text(action, "ActionMessages_UA")
        or xml_text(action, "ActionMessages")
    )
    written = re.sub(r"\s*:\s*", ":", xml_text(action, "DateTimeAction"))
    at = when.local(written, "%Y-%m-%d %H:%M:%S", _KYIV)
    at_home = xml_text(action, "Country").casefold() in _UKRAINE
    status = classify(words, carrier="meest", code=code)
    return TrackingEvent(at, at_home, words, xml_text(action, "City"), code, status)


CARRIER = Carrier(
    id="meest",
    name="Meest",
    home="https://meest.com",
    track_url="https://t.meest-group.com/{number}",
    numbers=(r"(?:MY)?CV\d{9}[A-Z]{2}",),
    speaks="xml",
    source="partners' query service; one recorded answer of 2016-06, documentation of 2022",
    source_date="2022-12",
    requests=requests,
    read=read,
    countries=("UA",),
    zone="Europe/Kyiv",
    reach="key",
    limits="needs a partner's contract (login:password:agent id); unknown numbers cannot be told apart",
)
