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
    read_json,
)
from scrapers.shape import LayoutChanged, maybe, need, rows, text
from scrapers.status import classify

_PARIS = when.zone("Europe/Paris")
_UNKNOWN = ("104", "404")
_TROUBLE = ("Exception", "AttemptFail")


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
    answer = read_json(page)
    entries = rows(answer, "") if isinstance(answer, list) else [need(answer, "", dict)]
    return [_report(entry) for entry in entries]


def _report(entry: dict[str, object]) -> TrackingReport:
    code = text(entry, "returnCode")
    number = text(entry, "shipment.idShip") or text(entry, "idShip")
    if not number:
        raise LayoutChanged("idShip is missing")
    if code in _UNKNOWN and not maybe(entry, "shipment.event", list):
        return TrackingReport(number, "not_found", "La Poste does not know this number")
    if code not in ("200", "0", "") or "shipment" not in entry:
        return could_not_answer(number, "La Poste", text(entry, "returnMessage"), f"code {code or 'absent'}")
    try:
        events = tuple(_event(row) for row in reversed(rows(entry, "shipment.event")))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    return TrackingReport(
        number,
        "ok",
        events=events,
        origin_country=countries.code(text(entry, "shipment.contextData.originCountry")),
        destination_country=countries.code(text(entry, "shipment.contextData.arrivalCountry")),
        expected_at=when.maybe_iso(text(entry, "shipment.estimDate"), default=_PARIS),
    )


def _event(row: dict[str, object]) -> TrackingEvent:
    code, words = text(row, "code"), text(row, "label")
    at = when.iso(need(row, "date", str), default=_PARIS)
    place = text(row, "country")
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
