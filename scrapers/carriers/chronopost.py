"""Chronopost (France), the tracking operation of its public SOAP service; it wants no account.

Dates carry their offset. The answer repeats the number (`skybillNumber`); with errorCode 0 and no events it is a
number Chronopost does not know, every other errorCode is a fault. Codes are used again under other words (SD is
both "sorted" and "put off by a day"), so the words go first. `infoCompList` holds names, addresses and signatures
beside the partner's number ("GEO/XT…"), the only one of them that is read; `Lieu` is the depot of a foreign scan.
Recorded delivered 2022-06 with English words, French words seen 2026-10.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Sequence
from xml.sax.saxutils import escape

from scrapers import when
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
from scrapers.linked import linked_numbers
from scrapers.shape import LayoutChanged
from scrapers.status import classify

_PARIS = when.zone("Europe/Paris")
_SERVICE = "http://cxf.tracking.soap.chronopost.fr/"
_PARTNER = ("Numéro partenaire", "Partner number")
_PARTNER_NUMBER = re.compile(r"(?:GEO/)?([A-Z0-9]{10,20})")
_DEPOT = re.compile(r"([^\d]{1,80}) - ([A-Z]{2})(?: \(depot \d{1,6}\))?")


def requests(numbers: Sequence[str], access: Access) -> list[Request]:
    """One request per number, in French or English."""
    language = "fr_FR" if access.language == "fr" else "en_GB"
    return [
        Request(
            "https://ws.chronopost.fr/tracking-cxf/TrackingServiceWS",
            (number,),
            method="POST",
            headers={"Accept": "text/xml", "Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'},
            body=_question(number, language).encode(),
        )
        for number in numbers
    ]


def _question(number: str, language: str) -> str:
    return (
        f'<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:trk="{_SERVICE}"><soap:Body>'
        f"<trk:trackSkybillV2><language>{language}</language><skybillNumber>{escape(number)}</skybillNumber>"
        "</trk:trackSkybillV2></soap:Body></soap:Envelope>"
    )


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """The report of the one number in the answer; a fault answers none."""
    answer = read_xml(page).find(f".//{{{_SERVICE}}}trackSkybillV2Response/return")
    if answer is None:
        raise LayoutChanged("trackSkybillV2Response.return is missing")
    if xml_text(answer, "errorCode") != "0":
        return [could_not_answer(n, "Chronopost", xml_text(answer, "errorMessage")) for n in numbers]
    return [_report(answer)]


def _report(answer: ET.Element) -> TrackingReport:
    history = answer.find("listEventInfoComp")
    number = "" if history is None else xml_text(history, "skybillNumber")
    if history is None or not number:
        raise LayoutChanged("listEventInfoComp.skybillNumber is missing")
    scans = history.findall("events")
    if not scans and {child.tag for child in history} == {"skybillNumber"}:
        return TrackingReport(number, "not_found", "Chronopost does not know this number")
    try:
        events = tuple(_event(scan) for scan in scans)
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    partners = (partner for scan in scans for partner in _partners(scan))
    return TrackingReport(number, "ok", events=events, linked_numbers=linked_numbers(number, *partners))


def _event(scan: ET.Element) -> TrackingEvent:
    code, words = xml_text(scan, "code"), xml_text(scan, "eventLabel")
    if not words:
        raise LayoutChanged("events.eventLabel is missing")
    at = when.iso(xml_text(scan, "eventDate"), default=_PARIS)
    status = classify(words, carrier="chronopost", code=code)
    return TrackingEvent(at, at.tzinfo is not _PARIS, words, _place(scan), code, status)


def _place(scan: ET.Element) -> str:
    depot = next((_DEPOT.fullmatch(value) for name, value in _extras(scan) if name == "Lieu"), None)
    # A pickup shop is written with its address behind its town: "TOWN - FR - SHOP".
    return ", ".join(depot.groups()) if depot else xml_text(scan, "officeLabel").partition(" - ")[0]


def _partners(scan: ET.Element) -> Iterator[str]:
    for name, value in _extras(scan):
        match = _PARTNER_NUMBER.fullmatch(value) if name in _PARTNER else None
        if match:
            yield match.group(1)


def _extras(scan: ET.Element) -> Iterator[tuple[str, str]]:
    return ((xml_text(extra, "name"), xml_text(extra, "value")) for extra in scan.findall("infoCompList"))


CARRIER = Carrier(
    id="chronopost",
    name="Chronopost",
    home="https://www.chronopost.fr",
    track_url="https://www.chronopost.fr/tracking-no-cms/suivi-page?listeNumerosLT={number}",
    numbers=(r"(?:PZ|X[A-Z])\d{9}[A-Z]{2}", r"\d{14}[A-Z0-9]"),
    speaks="xml",
    source="public SOAP service; one recorded answer of 2022-06, unknown numbers by a public reader",
    source_date="2026-10",
    requests=requests,
    read=read,
    countries=("FR",),
    zone="Europe/Paris",
    limits="scans abroad depend on the partner, whose number is followed where it is told",
)
