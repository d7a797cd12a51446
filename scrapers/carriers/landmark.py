"""Landmark Global (bpost group), its official XML tracking API, with the login of the user's own contract.

The key is "username:password:client id". A package bears Landmark's own number, that of the carrier delivering it and
a reference of the shop; either number may be asked. Events come in no certain order, in two date forms, as wall clocks
of wherever they happened and without a zone: Brussels's is assumed and marked, so within a day their order is not
certain. One event code stands for several steps (225, 275), so the words go before it. No answer for an unknown number
was ever recorded. Samples and recorded answers of 2025-10 to 2026-01.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from xml.etree.ElementTree import Element
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

_BRUSSELS = when.zone("Europe/Brussels")


def requests(numbers: Sequence[str], access: Access) -> list[Request]:
    """One request per number; none without a key."""
    username, _, rest = access.key.partition(":")
    password, _, client = rest.rpartition(":")
    if not access.key:
        return []
    return [
        Request(
            "https://api.landmarkglobal.com/v2/Track.php",
            (number,),
            method="POST",
            headers={"Accept": "text/xml", "Content-Type": "text/xml; charset=utf-8"},
            body=(
                "<TrackRequest>"
                f"<Login><Username>{escape(username)}</Username><Password>{escape(password)}</Password></Login>"
                f"<ClientID>{escape(client)}</ClientID>"
                f"<TrackingNumber>{escape(number)}</TrackingNumber>"
                "<RetrievalType>Historical</RetrievalType>"
                "</TrackRequest>"
            ).encode(),
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the packages in the answer; an error answers none."""
    root = read_xml(page)
    if root.tag != "TrackResponse":
        raise LayoutChanged("TrackResponse is missing")
    error = root.find("Errors/Error")
    if error is not None:
        return [_refused(number, error) for number in numbers]
    packages = root.findall("Result/Packages/Package")
    if not packages:
        raise LayoutChanged("Result.Packages is missing")
    asked = {number.upper() for number in numbers}
    return [_report(package, asked) for package in packages]


def _refused(number: str, error: Element) -> TrackingReport:
    if xml_text(error, "ErrorCode") == "Login":
        return TrackingReport(number, "blocked", "Landmark refuses the login")
    return could_not_answer(number, "Landmark", xml_text(error, "ErrorMessage"))


def _report(package: Element, asked: set[str]) -> TrackingReport:
    borne = [xml_text(package, "LandmarkTrackingNumber"), xml_text(package, "TrackingNumber")]
    number = next((n for n in borne if n.upper() in asked), borne[0])
    try:
        events = tuple(_event(event) for event in package.findall("Events/Event"))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    return TrackingReport(number, "ok", events=events, linked_numbers=linked_numbers(number, *borne))


def _event(event: Element) -> TrackingEvent:
    code, words = xml_text(event, "EventCode"), xml_text(event, "Status")
    status = classify(words, carrier="landmark", code=code)
    at = _moment(xml_text(event, "DateTime"))
    return TrackingEvent(at, False, words or code, xml_text(event, "Location"), code, status)


def _moment(written: str) -> datetime:
    form = "%m/%d/%Y %I:%M %p" if "/" in written else "%Y-%m-%d %H:%M:%S"
    return when.local(written, form, _BRUSSELS)


CARRIER = Carrier(
    id="landmark",
    name="Landmark Global",
    home="https://www.landmarkglobal.com",
    track_url="https://track.landmarkglobal.com/?search={number}",
    numbers=(r"LTN\d{6,10}N\d{1,2}",),
    speaks="xml",
    source="official API; samples and recorded answers of 2025-10 to 2026-01",
    source_date="2026-01",
    requests=requests,
    read=read,
    zone="Europe/Brussels",
    reach="key",
    limits="needs a contract: key = username:password:client id; unknown numbers cannot be told apart",
)
