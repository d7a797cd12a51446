"""The vocabulary between websites and the rest: requests, pages, tracking reports, carriers.

Everything here is a value. A carrier says what to ask (`requests`) and what an answer means (`parse`);
who asks, when and how politely is decided elsewhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from operator import lt
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec
from msgspec import structs

from scrapers.shape import LayoutChanged

if TYPE_CHECKING:
    import xml.etree.ElementTree as ET

    from bs4 import BeautifulSoup

Outcome = Literal["ok", "not_found", "blocked", "unavailable", "changed"]
Reach = Literal["open", "key", "postcode", "user"]
Stage = Literal[
    "",
    "label",  # data only, nothing handed over
    "accepted",  # accepted at origin
    "origin",  # moving inside the origin country
    "export_customs",
    "line_haul",  # left the origin country
    "arrived",  # in the destination country
    "import_customs",
    "local_carrier",  # handed to the carrier that delivers
    "local",  # moving inside the destination country
    "out_for_delivery",
    "pickup",  # waiting to be collected
]


@dataclass(frozen=True, slots=True)
class Status:
    """What one carrier text or code means, in AfterShip's vocabulary.

    `tag` is one of Pending, InfoReceived, InTransit, OutForDelivery, AttemptFail, Delivered,
    AvailableForPickup, Exception, Expired, Unknown; `subtag` e.g. "InTransit_004" or "".
    `rule` names what decided; `stage` tells how far along the way the parcel is, "" when that is unknown.
    """

    tag: str
    subtag: str = ""
    rule: str = ""
    stage: Stage = ""


UNKNOWN = Status("Unknown", rule="nothing decided")


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a carrier: data only. `numbers` are those it asks about."""

    url: str
    numbers: tuple[str, ...]
    method: Literal["GET", "POST"] = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: the final address, the HTTP status, the content type as sent, and the unpacked body.

    `received_at` is when it came, which dates written without a year need; None where that is not known.
    """

    url: str
    status: int
    content_type: str
    body: bytes
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """What a carrier may need from the user. `key` and `postcode` are "" when the user gave none."""

    key: str = ""
    postcode: str = ""
    language: str = "en"


class TrackingEvent(msgspec.Struct, frozen=True):
    """One scan. `at` is aware; `at_is_exact` is False where the zone, or the time of day, had to be assumed.

    A struct, because many are made: a frozen dataclass takes eight times as long.
    """

    at: datetime
    at_is_exact: bool
    text: str
    place: str
    code: str
    status: Status

    def meaning(self, status: Status, code: str = "") -> TrackingEvent:
        """The same scan, understood otherwise; with the code the answer tells elsewhere, where it does."""
        return structs.replace(self, status=status, code=code or self.code)

    def __hash__(self) -> int:
        """Enough to tell scans apart quickly; what is alike in both is then compared whole."""
        return hash((self.at, self.text))


class TrackingReport(msgspec.Struct, frozen=True):
    """What one answer says about one number. Events are oldest first, newest last.

    `detail` is one plain sentence for every outcome but ok. `linked_numbers` are other numbers of the same
    parcel. Countries are ISO 3166 alpha-2 or "". `ends_by_design` means that the carrier itself says its
    scans stop before delivery (economy mail). `expected_at` is the carrier's own estimate.
    """

    number: str
    outcome: Outcome
    detail: str = ""
    events: tuple[TrackingEvent, ...] = ()
    linked_numbers: tuple[str, ...] = ()
    origin_country: str = ""
    destination_country: str = ""
    ends_by_design: bool = False
    expected_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Carrier:
    """One carrier: facts about it, what to ask it and what its answers mean.

    `numbers` are regular expressions a whole number of this carrier matches, the most telling first.
    `check_digit` tells whether such a number ends in the right check digit, or None for a shape that has none;
    that of the postal S10 numbers is known without it.
    `batch` is how many numbers one request may hold. `poll_floor` is the shortest polite time between two
    looks at one number. `own_statuses` are HTTP statuses other than 200 under which the body is still this
    carrier's own answer (DHL answers 404 for an unknown number). `legacy_tls` is for servers that speak only old
    ciphers; their certificates are checked like any other. `source` says where the knowledge comes
    from and how sure it is, `source_date` when it was last seen working, e.g. "2026-09".
    """

    id: str
    name: str
    home: str
    track_url: str
    numbers: tuple[str, ...]
    speaks: Literal["json", "jsonp", "html", "xml"]
    source: str
    requests: Callable[[Sequence[str], Access], list[Request]]
    read: Callable[[Page, Sequence[str]], Iterable[TrackingReport]]
    check_digit: Callable[[str], bool | None] | None = None
    countries: tuple[str, ...] = ()
    zone: str = ""
    batch: int = 1
    poll_floor: timedelta = timedelta(hours=3)
    reach: Reach = "open"
    limits: str = ""
    source_date: str = ""
    own_statuses: frozenset[int] = frozenset()
    empty_is_answer: bool = False
    legacy_tls: bool = False

    def parse(self, page: Page, numbers: Sequence[str]) -> list[TrackingReport]:
        """One report per number asked, in that order. Pure; never raises on any body.

        Refusals and faults are told apart from answers here, once for all carriers: 401, 403, 429 and a web
        page where data is due are `blocked`; 5xx, other statuses, an empty or cut-off body are `unavailable`;
        data of an unknown shape is `changed`; a number the answer leaves out is `unavailable`. Only `read`,
        on the carrier's own recorded shape, can say `not_found`. Answers are matched to numbers by the number
        they name, in either case; of two about one number the one that says more counts.
        """
        refusal = self._refusal(page)
        if refusal is not None:
            outcome, detail = refusal
            return [TrackingReport(number, outcome, detail) for number in numbers]
        try:
            found = _by_number(self.read(page, numbers))
        except LayoutChanged as changed:
            return [TrackingReport(number, "changed", str(changed)) for number in numbers]
        except RecursionError:
            return [
                TrackingReport(number, "changed", "the answer is nested too deeply") for number in numbers
            ]
        return [_in_order(_named(found.get(n.upper(), _LEFT_OUT), n)) for n in numbers]

    def _refusal(self, page: Page) -> tuple[Outcome, str] | None:
        if page.status == 429:
            return "blocked", "too many requests (HTTP 429)"
        if page.status != 200 and page.status not in self.own_statuses:
            if page.status in (401, 403):
                return "blocked", f"refused (HTTP {page.status})"
            return "unavailable", f"HTTP {page.status}"
        head = page.body[:512].removeprefix(b"\xef\xbb\xbf").lstrip()
        if not head:
            return None if self.empty_is_answer else ("unavailable", "an empty answer")
        if self.speaks in ("json", "jsonp") and head.startswith(b"<"):
            return "blocked", "a web page where data was due (often a bot check)"
        return None


_DECODER = msgspec.json.Decoder()
_UNREADABLE = "the answer is not readable JSON"
_LEFT_OUT = TrackingReport("", "unavailable", "the answer leaves this number out")


def could_not_answer(number: str, carrier: str, *reasons: str) -> TrackingReport:
    """The report of a question that failed at the carrier, with the first reason it gave."""
    why = next(filter(None, reasons), "no reason given")
    return TrackingReport(number, "unavailable", f"{carrier} could not answer: {why[:120]}")


def _by_number(reports: Iterable[TrackingReport]) -> dict[str, TrackingReport]:
    found: dict[str, TrackingReport] = {}
    for report in reports:
        key = report.number.upper()
        before = found.get(key)
        found[key] = report if before is None else max(before, report, key=_weight)
    return found


def _named(report: TrackingReport, number: str) -> TrackingReport:
    return report if report.number == number else structs.replace(report, number=number)


def _weight(report: TrackingReport) -> tuple[int, datetime]:
    # Two entries that disagree about whether the number is known must not end as "not found".
    said = {"ok": 2, "not_found": 0}.get(report.outcome, 1)
    return said, max((event.at for event in report.events), default=datetime.min.replace(tzinfo=UTC))


def latest_use(reports: Sequence[TrackingReport]) -> TrackingReport:
    """Of shipments that used one number one after the other, the one scanned last.

    One that is not scanned yet, or cannot be read, may be newer than any other and goes before them all: an old
    delivery must not stand for it.
    """
    undated = [report for report in reports if not report.events and report.outcome != "not_found"]
    return undated[0] if undated else max(reports, key=_weight)


def _in_order(report: TrackingReport) -> TrackingReport:
    """Events oldest first, repeated rows once; within one instant the carrier's own order decides (stable sort)."""
    times = [event.at for event in report.events]
    if all(map(lt, times, times[1:])):  # mostly each is at a time of its own, and in order already
        return report
    instants = [at.timestamp() for at in times]  # compared more quickly than times of several zones
    ordered = tuple(report.events[i] for i in sorted(range(len(times)), key=instants.__getitem__))
    if len(set(instants)) < len(instants):
        ordered = tuple(dict.fromkeys(ordered))
    return report if ordered == report.events else structs.replace(report, events=ordered)


def asks_about(page: Page, number: str) -> bool:
    """Whether the page's address names this very number, as a path step or a query value of its own.

    Some answers repeat no number at all; only their address proves whom they are about.
    """
    try:
        address = urlsplit(page.url)
    except ValueError:
        return False
    named = [*map(unquote, address.path.split("/")), *(value for _, value in parse_qsl(address.query))]
    return number.upper() in (step.upper() for step in named)


def read_json(page: Page) -> object:
    """The JSON of a page. A cut-off or garbled body is LayoutChanged, so it can never pass for an answer."""
    # Three times as fast as json, and stricter: a mark in front, or half a surrogate pair, is left to that.
    with suppress(msgspec.MsgspecError):
        return _DECODER.decode(page.body)
    return _patiently(page)


def read_as(page: Page, shape: Any) -> Any:
    """The JSON of a page in a declared shape, such as a msgspec.Struct: sooner read, for what it does not name is
    passed over. One that is unlike it is LayoutChanged."""
    try:
        try:
            return _decoder(shape).decode(page.body)
        except msgspec.ValidationError:
            raise
        except msgspec.MsgspecError:
            return msgspec.convert(_patiently(page), shape)
    except msgspec.ValidationError as unlike:  # names places and types, never what stands there
        raise LayoutChanged(f"the answer has another shape: {unlike}") from unlike
    except UnicodeError as error:  # half a surrogate pair where no text is due
        raise LayoutChanged(_UNREADABLE) from error


@cache
def _decoder(shape: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(shape)


def _patiently(page: Page) -> object:
    try:
        value: object = json.loads(page.body.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError) as error:
        raise LayoutChanged(_UNREADABLE) from error
    return value


def read_jsonp(page: Page) -> object:
    """The JSON inside `callback({...})`; plain JSON is taken as it is."""
    body = page.body.strip().removesuffix(b";").rstrip()
    call = re.match(rb"[\w.$]+\s*\(", body)
    if call and body.endswith(b")"):
        return read_json(replace(page, body=body[call.end() : -1]))
    return read_json(page)


def xml_text(element: ET.Element, path: str) -> str:
    """The text at a path below an element, its blanks made single; "" where there is none."""
    return " ".join((element.findtext(path) or "").split())


def read_html(page: Page) -> BeautifulSoup:
    """The soup of a web page, whatever its bytes are."""
    from bs4 import BeautifulSoup  # only a few carriers answer in pages

    # With this in front no bytes look like XML or like a file's name, which the parser would warn about.
    return BeautifulSoup(b"<!DOCTYPE html>\n" + page.body.removeprefix(b"\xef\xbb\xbf"), "lxml")


def read_xml(page: Page) -> ET.Element:
    """The root of an XML page in UTF-8. A document type or an entity is refused unread: no carrier needs one."""
    import xml.etree.ElementTree as ET  # only a few carriers answer in XML

    try:
        written = page.body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LayoutChanged("the answer is not readable XML") from error
    if "<!DOCTYPE" in written or "<!ENTITY" in written:
        raise LayoutChanged("the answer defines a document type or an entity of its own")
    try:
        return ET.fromstring(written)  # noqa: S314 - document types and entities are refused above
    except (ET.ParseError, ValueError) as error:
        raise LayoutChanged("the answer is not readable XML") from error
