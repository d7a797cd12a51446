"""La Poste and Colissimo: the feed behind its public tracking page, or the official API where the user has a key.

Both speak of the same shipment: the feed in a list, the API alone. Times carry the Paris offset. returnCode 104
(the API: 404) is the only answer that means unknown; 400 calls the number malformed, which is a refusal and not a
finding, and every other code is inconclusive. A failed delivery can keep the code of its step (DR1), so wording
that tells of trouble beats the code. A passing 403 "Site indisponible" is common and says nothing about the parcel.
Recorded delivered 2023-03; the feed working 2026.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import quote

import msgspec
from msgspec import UNSET, UnsetType

from scrapers import countries, when
from scrapers.base import (
    Access,
    Carrier,
    Page,
    Request,
    Status,
    TrackingEvent,
    TrackingReport,
    could_not_answer,
    read_as,
)
from scrapers.shape import LayoutChanged, as_text, text
from scrapers.status import classify

_PARIS = when.zone("Europe/Paris")
_UNKNOWN = ("104", "404")
_TROUBLE = ("Exception", "AttemptFail")


class _Scan(msgspec.Struct, rename="camel"):
    date: str
    label: object = ""
    code: object = ""
    country: object = ""


class _Shipment(msgspec.Struct, rename="camel"):
    id_ship: object = ""
    event: list[_Scan] | None = None
    context_data: object = None
    estim_date: object = ""


class _Entry(msgspec.Struct, rename="camel"):
    return_code: object = ""
    return_message: object = ""
    id_ship: object = ""
    shipment: _Shipment | UnsetType = UNSET


def requests(numbers: Sequence[str], access: Access) -> list[Request]:
    """One request per number: to the official API with a key, to the public page's feed without."""
    return [_with_key(number, access.key) if access.key else _without_key(number) for number in numbers]


def _with_key(number: str, key: str) -> Request:
    return Request(
        f"https://api.laposte.fr/suivi/v2/idships/{quote(number, safe='')}?lang=fr_FR",
        (number,),
        headers={"Accept": "application/json", "X-Okapi-Key": key},
    )


def _without_key(number: str) -> Request:
    return Request(
        f"https://www.laposte.fr/ssu/sun/back/suivi-unifie/{quote(number, safe='')}?lang=fr",
        (number,),
        headers={
            "Accept": "application/json",
            "Referer": f"https://www.laposte.fr/outils/suivre-vos-envois?code={quote(number, safe='')}",
        },
    )


def read(page: Page, _numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the shipments in the answer: a list of entries or one entry alone."""
    answer: list[_Entry] | _Entry = read_as(page, list[_Entry] | _Entry)
    return [_report(entry) for entry in (answer if isinstance(answer, list) else [answer])]


def _report(entry: _Entry) -> TrackingReport:
    code, shipment = as_text(entry.return_code), None if entry.shipment is UNSET else entry.shipment
    number = (as_text(shipment.id_ship) if shipment else "") or as_text(entry.id_ship)
    if not number:
        raise LayoutChanged("idShip is missing")
    if code in _UNKNOWN and not (shipment and shipment.event):
        return TrackingReport(number, "not_found", "La Poste does not know this number")
    if code not in ("200", "0", "") or shipment is None:
        return could_not_answer(number, "La Poste", as_text(entry.return_message), f"code {code or 'absent'}")
    if shipment.event is None:
        return TrackingReport(number, "changed", "shipment.event is missing")
    try:
        events = tuple(map(_event, reversed(shipment.event)))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    return TrackingReport(
        number,
        "ok",
        events=events,
        origin_country=countries.code(text(shipment.context_data, "originCountry")),
        destination_country=countries.code(text(shipment.context_data, "arrivalCountry")),
        expected_at=when.maybe_iso(as_text(shipment.estim_date), default=_PARIS),
    )


def _event(scan: _Scan) -> TrackingEvent:
    code, words = as_text(scan.code), as_text(scan.label)
    at = when.iso(scan.date, default=_PARIS)
    place = as_text(scan.country) if scan.country else ""
    return TrackingEvent(at, at.tzinfo is not _PARIS, words, place, code, _status(words, code))


def _status(words: str, code: str) -> Status:
    said = classify(words, carrier="la_poste", language="fr")
    return said if said.tag in _TROUBLE else classify(words, carrier="la_poste", code=code, language="fr")


CARRIER = Carrier(
    id="la_poste",
    name="La Poste / Colissimo",
    home="https://www.laposte.fr",
    track_url="https://www.laposte.fr/outils/suivre-vos-envois?code={number}",
    numbers=(r"[A-Z]{2}\d{9}FR", r"[5-9][A-Z]\d{11}", r"\d[A-Z]\d{11}"),
    speaks="json",
    source="public page's feed and official API; one recorded answer of 2023-03, the feed working 2026",
    source_date="2026",
    requests=requests,
    read=read,
    countries=("FR",),
    zone="Europe/Paris",
    limits="no town names; after export the foreign post's scans may be missing",
    own_statuses=frozenset({400, 404}),
)
