"""Canada Post: the JSON behind its public tracking page, or the official XML service where the user has a free key.

Times: the JSON's scans carry their offset. The XML's name a zone: EST is Toronto's clock all the year round, for
there is a CSTNO beside CST, the Saskatchewan that knows no summer time. Scans abroad name no zone or one of their own
("ISRAEL"); they are read as Toronto's and marked. 11:59:59 is written where only the day of a delivery is known. Code
20 is the signature's image, which is no scan. Not found is error 004 "No Pin History", which the page also gives for
parcels of long ago; the XML repeats no number, so only the address asked proves whose it is. Signatories and postcodes
are never read. XML recorded 2011-2016, the JSON seen working 2026-09 by a public reader.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote
from xml.etree.ElementTree import Element

from scrapers import check_digits, when
from scrapers.base import (
    Access,
    Carrier,
    Page,
    Request,
    Status,
    TrackingEvent,
    TrackingReport,
    asks_about,
    read_json,
    read_xml,
)
from scrapers.shape import LayoutChanged, maybe, need, rows, text
from scrapers.status import classify

_TORONTO = when.zone("America/Toronto")
_ZONES = {
    "NST": when.zone("America/St_Johns"), "AST": when.zone("America/Halifax"), "EST": _TORONTO,
    "CST": when.zone("America/Winnipeg"), "CSTNO": when.zone("America/Regina"),
    "MST": when.zone("America/Edmonton"), "PST": when.zone("America/Vancouver"),
}  # fmt: skip
_NO_HISTORY = "004"
_SIGNATURE_IMAGE = "20"
_DAY_ONLY = "11:59:59"
_BACK = Status("Unknown", rule="canada_post: delivered, but returnedToSender does not say to whom")
_UNKNOWN = "Canada Post has no history of this number"


def requests(numbers: Sequence[str], access: Access) -> list[Request]:
    """One request per number: to the official service with a key ("user:password"), to the page's without."""
    return [_with_key(number, access.key) if access.key else _without_key(number) for number in numbers]


def _with_key(number: str, key: str) -> Request:
    return Request(
        f"https://soa-gw.canadapost.ca/vis/track/pin/{quote(number, safe='')}/detail",
        (number,),
        headers={
            "Accept": "application/vnd.cpc.track-v2+xml",
            "Accept-Language": "en-CA",
            "Authorization": _basic(key),
        },
    )


def _without_key(number: str) -> Request:
    return Request(
        "https://www.canadapost-postescanada.ca/track-reperage/rs/track/json/package/"
        f"{quote(number, safe='')}/detail",
        (number,),
        # The page names no user and no password, but it wants that said.
        headers={"Accept": "application/json", "Authorization": _basic(":")},
    )


def _basic(credentials: str) -> str:
    return f"Basic {b64encode(credentials.encode()).decode()}"


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """The report of the one parcel in the answer, JSON or XML."""
    body = page.body.removeprefix(b"\xef\xbb\xbf").strip()
    if not body.startswith(b"<"):
        return [_from_json(need(read_json(page), "", dict))]
    if body[:14].lower().startswith((b"<!doctype html", b"<html")):
        return [TrackingReport(n, "blocked", "a web page where data was due") for n in numbers]
    root = read_xml(replace(page, body=body))
    if not _part(root, "pin"):
        return [_refused(root, page, number) for number in numbers]
    return [_from_xml(root)]


def _refused(root: Element, page: Page, number: str) -> TrackingReport:
    codes = [_part(message, "code") for message in root.findall(".//{*}message")]
    if not codes:
        raise LayoutChanged("pin is missing")
    if codes == [_NO_HISTORY] and asks_about(page, number):
        return TrackingReport(number, "not_found", _UNKNOWN)
    return TrackingReport(number, "unavailable", f"Canada Post could not answer: code {codes[0][:20]}")


def _from_xml(detail: Element) -> TrackingReport:
    number = _part(detail, "pin")
    try:
        listed = reversed(detail.findall(".//{*}occurrence"))
        events = tuple(_occurrence(row) for row in listed if not _is_image(_part(row, "event-identifier")))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    expected = _part(detail, "changed-expected-date") or _part(detail, "expected-delivery-date")
    return TrackingReport(number, "ok", events=events, expected_at=_end_of(expected))


def _occurrence(row: Element) -> TrackingEvent:
    code, time = _part(row, "event-identifier"), _part(row, "event-time")
    zone = _ZONES.get(_part(row, "event-time-zone"))
    at = when.local(f"{_part(row, 'event-date')} {time}", "%Y-%m-%d %H:%M:%S", zone or _TORONTO)
    words = " ".join(_part(row, "event-description").split())
    place = ", ".join(filter(None, (_part(row, "event-site"), _part(row, "event-province"))))
    return _event(at, words, place, code, exact=zone is not None and time != _DAY_ONLY)


def _part(element: Element, name: str) -> str:
    return (element.findtext(f"{{*}}{name}") or "").strip()


def _from_json(detail: dict[str, object]) -> TrackingReport:
    number = need(detail, "pin", str)
    if maybe(detail, "error", dict) is not None:
        code = text(detail, "error.cd")
        if code == _NO_HISTORY and not maybe(detail, "events", list):
            return TrackingReport(number, "not_found", _UNKNOWN)
        return TrackingReport(number, "unavailable", f"Canada Post could not answer: code {code[:20]}")
    try:
        listed = reversed(rows(detail, "events"))
        events = tuple(_scan(row) for row in listed if not _is_image(text(row, "cd")))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    if detail.get("returnedToSender") is True:
        events = tuple(e.meaning(_BACK) if e.status.tag == "Delivered" else e for e in events)
    expected = text(detail, "expectedDlvryDateTime.revisedDate")
    expected = expected or text(detail, "expectedDlvryDateTime.dlvryDate")
    return TrackingReport(number, "ok", events=events, expected_at=_end_of(expected))


def _scan(row: dict[str, object]) -> TrackingEvent:
    time = text(row, "datetime.time")
    zone = when.offset(text(row, "datetime.zoneOffset"))
    at = when.iso(f"{text(row, 'datetime.date')}T{time}", default=zone or _TORONTO)
    place = ", ".join(filter(None, (text(row, "locationAddr.city"), text(row, "locationAddr.regionCd"))))
    exact = zone is not None and time != _DAY_ONLY
    return _event(at, text(row, "descEn"), place, text(row, "cd"), exact=exact)


def _event(at: datetime, words: str, place: str, code: str, *, exact: bool) -> TrackingEvent:
    return TrackingEvent(at, exact, words, place, code, classify(words, carrier="canada_post", code=code))


def _is_image(code: str) -> bool:
    return code.lstrip("0") == _SIGNATURE_IMAGE


def _end_of(day: str) -> datetime | None:
    try:
        return when.local(f"{day} 23:59:59", "%Y-%m-%d %H:%M:%S", _TORONTO)
    except LayoutChanged:
        return None


CARRIER = Carrier(
    id="canada_post",
    name="Canada Post",
    home="https://www.canadapost-postescanada.ca",
    track_url="https://www.canadapost-postescanada.ca/track-reperage/en/search?searchFor={number}",
    numbers=(r"[A-Z]{2}\d{9}CA", r"\d{16}"),
    check_digit=check_digits.gs1,
    speaks="xml",  # a web page in place of JSON is told apart in `read`
    source="official service recorded 2011-2016; the public page's JSON seen live 2026-09 by a public reader",
    requests=requests,
    read=read,
    countries=("CA",),
    zone="America/Toronto",
    limits="parcels of long ago look unknown; scans abroad carry no zone",
    source_date="2026-09",
    own_statuses=frozenset({404}),
)
