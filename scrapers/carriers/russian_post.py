"""Russian Post, its official tracking service (SOAP), with the login and password the user gets at tracking.pochta.ru.

An operation has a type and an attribute, and the attribute decides: "Вручение" is a delivery only where it names
the addressee ("Вручение отправителю" goes back to the sender). Times carry an offset; of scans abroad the service
knows the local clock only, so they are marked. Sender and recipient are named in every record and not read. Only
records repeat the number, so an answer without any says nothing about it. Documented interface, unchanged for years;
seen in public code 2026-08. The public page answers browsers only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from scrapers import countries, when
from scrapers.base import Access, Carrier, Page, Request, Status, TrackingEvent, TrackingReport, read_xml
from scrapers.shape import LayoutChanged
from scrapers.status import classify

_QUESTION = """<?xml version="1.0" encoding="UTF-8"?>
<soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"
 xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:oper="http://russianpost.org/operationhistory" xmlns:data="http://russianpost.org/operationhistory/data">
<soap:Header/><soap:Body><oper:getOperationHistory>
<data:OperationHistoryRequest><data:Barcode>{number}</data:Barcode><data:MessageType>0</data:MessageType>
<data:Language>RUS</data:Language></data:OperationHistoryRequest>
<data:AuthorizationHeader soapenv:mustUnderstand="1"><data:login>{login}</data:login>
<data:password>{password}</data:password></data:AuthorizationHeader>
</oper:getOperationHistory></soap:Body></soap:Envelope>"""
_DELIVERY = "2"
_TO_ADDRESSEE = Status(
    "Delivered", "Delivered_001", "russian_post: handed over, attribute names the addressee"
)
_TO_SENDER = Status("Exception", "Exception_011", "russian_post: handed over, attribute names the sender")
_NOBODY_NAMED = Status("Unknown", rule="russian_post: handed over, but not said to whom")


def requests(numbers: Sequence[str], access: Access) -> list[Request]:
    """One request per number; none without a key, which is "login:password"."""
    if not access.key:
        return []
    login, _, password = access.key.partition(":")
    return [
        Request(
            "https://tracking.russianpost.ru/rtm34",
            (number,),
            method="POST",
            headers={
                "Accept": "application/soap+xml",
                "Content-Type": "application/soap+xml; charset=utf-8",
            },
            body=_QUESTION.format(
                number=escape(number), login=escape(login), password=escape(password)
            ).encode(),
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the numbers whose records the answer holds; a fault answers none of them."""
    answer = read_xml(page)
    fault = answer.find(".//{*}Fault")
    if fault is not None:
        return [_refused(fault, number) for number in numbers]
    if answer.find(".//{*}getOperationHistoryResponse") is None:
        raise LayoutChanged("getOperationHistoryResponse is missing")
    by_number: dict[str, list[Element]] = {}
    for record in answer.iterfind(".//{*}historyRecord"):
        by_number.setdefault(_need(record, "ItemParameters/Barcode"), []).append(record)
    return [_report(number, records) for number, records in by_number.items()]


def _refused(fault: Element, number: str) -> TrackingReport:
    if fault.find(".//{*}AuthorizationFaultReason") is not None:
        return TrackingReport(number, "blocked", "Russian Post refuses this login and password")
    return TrackingReport(number, "unavailable", "Russian Post could not answer")


def _report(number: str, records: Sequence[Element]) -> TrackingReport:
    try:
        events = tuple(_event(record) for record in records)
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    newest = records[-1]
    return TrackingReport(
        number,
        "ok",
        events=events,
        origin_country=countries.code(_text(newest, "AddressParameters/CountryFrom/Code2A")),
        destination_country=countries.code(_text(newest, "AddressParameters/MailDirect/Code2A")),
    )


def _event(record: Element) -> TrackingEvent:
    kind, attribute = (_text(record, f"OperationParameters/{name}/Name") for name in ("OperType", "OperAttr"))
    kind_id, attribute_id = (
        _text(record, f"OperationParameters/{name}/Id") for name in ("OperType", "OperAttr")
    )
    at = when.iso(_need(record, "OperationParameters/OperDate"))
    at_home = _text(record, "AddressParameters/CountryOper/Code2A") in ("", "RU")
    words = ": ".join(filter(None, (kind, attribute)))
    place = _text(record, "AddressParameters/OperationAddress/Description")
    status = _status(words, attribute, delivery=kind_id == _DELIVERY)
    return TrackingEvent(at, at_home, words, place, "/".join(filter(None, (kind_id, attribute_id))), status)


def _status(words: str, attribute: str, *, delivery: bool) -> Status:
    said, whom = classify(words, carrier="russian_post", language="ru"), attribute.casefold()
    if not delivery:
        return _NOBODY_NAMED if said.tag == "Delivered" else said
    if "отправител" in whom:
        return _TO_SENDER
    if "адресат" not in whom:
        return _NOBODY_NAMED
    return said if said.tag == "Delivered" else _TO_ADDRESSEE


def _text(record: Element, path: str) -> str:
    return " ".join((record.findtext("/".join(f"{{*}}{step}" for step in path.split("/"))) or "").split())


def _need(record: Element, path: str) -> str:
    found = _text(record, path)
    if not found:
        raise LayoutChanged(f"{path} is missing")
    return found


CARRIER = Carrier(
    id="russian_post",
    name="Russian Post",
    home="https://www.pochta.ru",
    track_url="https://www.pochta.ru/tracking?barcode={number}",
    numbers=(r"[A-Z]{2}\d{9}RU", r"\d{14}"),
    speaks="xml",
    source="official service; documented shape, in public code of 2026-08",
    source_date="2026-08",
    requests=requests,
    read=read,
    countries=("RU",),
    zone="Europe/Moscow",
    reach="key",
    limits="needs a login from tracking.pochta.ru as login:password; unknown numbers cannot be told apart",
)
