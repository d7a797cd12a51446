"""Poste Italiane, the JSON behind its public search page (DoveQuando).

The envelope decides, not HTTP: `esitoRicerca` "1" and "2" are numbers it does not know, "3" an answer, without
movements a parcel that is only announced. Old parcels come back without it; that is no finding. `dataOra` is a true
epoch. `stato` "5" is delivered and is needed, for the last line is at times cut short ("con successo in data");
`flagRitorno` means that the parcel travels back, so a delivery is then the sender's. `luogo` may be an address and is
not kept. Recorded under way (redacted) and unknown, working 2026-09.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from scrapers import when
from scrapers.base import Access, Carrier, Page, Request, Status, TrackingEvent, TrackingReport, read_json
from scrapers.shape import LayoutChanged, need, rows, text
from scrapers.status import classify

_UNKNOWN, _KNOWN = ("1", "2"), "3"
_DELIVERED = "5"
_CUT_SHORT = Status("Delivered", "Delivered_001", "poste_italiane: stato 5, the last movement says nothing")
_GOES_BACK = Status("Exception", "Exception_010", "poste_italiane: flagRitorno")
_WENT_BACK = Status("Exception", "Exception_011", "poste_italiane: flagRitorno, so delivered to the sender")


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """One request per number."""
    return [
        Request(
            "https://www.poste.it/online/dovequando/DQ-REST/ricercasemplice",
            (number,),
            method="POST",
            headers={
                "Accept": "application/json",
                "Content-Type": "application/json",
                "Origin": "https://www.poste.it",
                "Referer": "https://www.poste.it/",
            },
            body=json.dumps(
                {"codiceSpedizione": number, "tipoRichiedente": "WEB", "periodoRicerca": 1}
            ).encode(),
        )
        for number in numbers
    ]


def read(page: Page, _numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """The report of the one number in the answer."""
    return [_report(need(read_json(page), "", dict))]


def _report(answer: dict[str, object]) -> TrackingReport:
    number, outcome = need(answer, "idTracciatura", str), text(answer, "esitoRicerca")
    told = text(answer, "tipoProdotto") or text(answer, "stato")
    if outcome in _UNKNOWN and answer.get("listaMovimenti") == [] and not told:
        return TrackingReport(number, "not_found", "Poste Italiane does not know this number")
    if outcome != _KNOWN:
        return TrackingReport(
            number, "unavailable", f"Poste Italiane answers with result {outcome or 'none'}"
        )
    try:
        listed = rows(answer, "listaMovimenti") if answer.get("listaMovimenti") is not None else []
        events = sorted((_event(row) for row in listed), key=lambda event: event.at)
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    return TrackingReport(number, "ok", events=tuple(_with_envelope(events, answer)))


def _event(row: dict[str, object]) -> TrackingEvent:
    words = text(row, "statoLavorazione")
    status = classify(words, carrier="poste_italiane", language="it")
    return TrackingEvent(when.epoch_ms(need(row, "dataOra", int)), True, words, "", text(row, "box"), status)


def _with_envelope(events: list[TrackingEvent], answer: dict[str, object]) -> list[TrackingEvent]:
    """The movements as the envelope makes them out: who received a parcel, and what a cut-off last line meant."""
    back, delivered = answer.get("flagRitorno") is True, text(answer, "stato") == _DELIVERED
    if back:
        events = [e.meaning(_WENT_BACK) if e.status.tag == "Delivered" else e for e in events]
    if not events:
        return events
    *earlier, newest = events
    if back and newest.status.tag != "Exception":
        newest = newest.meaning(_WENT_BACK if delivered else _GOES_BACK)
    elif delivered and newest.status.tag == "Unknown":
        newest = newest.meaning(_CUT_SHORT)
    return [*earlier, newest]


CARRIER = Carrier(
    id="poste_italiane",
    name="Poste Italiane",
    home="https://www.poste.it",
    track_url="https://www.poste.it/cerca/index.html#/risultati-spedizioni/{number}",
    numbers=(r"[13]UW[A-Z0-9]{10}", r"[A-Z]{2}\d{9}IT", r"5P[A-Z0-9]{11}", r"2IMA\d{10}", r"RA\d{11}"),
    speaks="json",
    source="feed of the public page; one redacted answer, unknown numbers and parcels by public readers",
    source_date="2026-09",
    requests=requests,
    read=read,
    countries=("IT",),
    zone="Europe/Rome",
    limits="no places; parcels of some months ago are no longer told apart from unknown ones",
)
