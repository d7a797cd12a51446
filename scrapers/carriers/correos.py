"""Correos (Spain), the keyless feed behind its public locator.

HTTP is always 200; `error.codError` decides: "0" is an answer, "3" (no trace) a number it does not know, anything
else a fault. The answer for an unknown number may leave the number out; then its address has to name it. Times are
split into `fecEvento` and `horEvento`, Spanish wall clock: read as Madrid's, so a scan on the Canaries may be an hour
off; without an hour, or at the office of exchange abroad, they are marked. Only the short wording is kept: the long
one can name the receiver. Unknown numbers seen 2026-09, one event recorded 2018-03, a whole parcel confirmed by a
public reader 2026-08.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from urllib.parse import quote

from scrapers import when
from scrapers.base import (
    Access,
    Carrier,
    Page,
    Request,
    TrackingEvent,
    TrackingReport,
    asks_about,
    could_not_answer,
    read_json,
)
from scrapers.shape import LayoutChanged, maybe, need, rows, text
from scrapers.status import classify

_MADRID = when.zone("Europe/Madrid")
_NO_TRACE = "3"
_LEFT_ORIGIN = "C010000V"  # the office of exchange of the country of origin


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """One request per number."""
    return [
        Request(
            f"https://localizador.correos.es/canonico/eventos_envio_servicio/{quote(number, safe='')}"
            "?codAplicacion=60&codCanal=3&codIdioma=ES&indUltEvento=N",
            (number,),
            headers={"Accept": "application/json"},
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the shipments in the answer: a list of envelopes, or one alone."""
    answer = read_json(page)
    envelopes = rows(answer, "") if isinstance(answer, list) else [need(answer, "", dict)]
    return [_report(envelope, page, numbers) for envelope in envelopes]


def _report(envelope: dict[str, object], page: Page, numbers: Sequence[str]) -> TrackingReport:
    code = text(envelope, "error.codError")
    if not code:
        raise LayoutChanged("error.codError is missing")
    number = text(envelope, "codEnvio") or next((n for n in numbers if asks_about(page, n)), "")
    if not number:
        raise LayoutChanged("the answer does not say whom it is about")
    if code == _NO_TRACE and not maybe(envelope, "eventos", list):
        return TrackingReport(number, "not_found", "Correos does not know this number")
    if code != "0":
        return could_not_answer(number, "Correos", text(envelope, "error.desError"), f"code {code}")
    try:
        return TrackingReport(number, "ok", events=tuple(_event(row) for row in rows(envelope, "eventos")))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))


def _event(row: dict[str, object]) -> TrackingEvent:
    code, words = text(row, "codEvento"), text(row, "desTextoResumen")
    at, exact = _moment(row)
    status = classify(words, carrier="correos", code=code, language="es")
    return TrackingEvent(at, exact and code != _LEFT_ORIGIN, words or code, text(row, "unidad"), code, status)


def _moment(row: dict[str, object]) -> tuple[datetime, bool]:
    day, hour = need(row, "fecEvento", str), text(row, "horEvento")
    return when.local(f"{day} {hour or '00:00:00'}", "%d/%m/%Y %H:%M:%S", _MADRID), bool(hour)


CARRIER = Carrier(
    id="correos",
    name="Correos (Spain)",
    home="https://www.correos.es",
    track_url="https://www.correos.es/es/es/herramientas/localizador/envios/detalle?tracking-number={number}",
    numbers=(r"P[A-Z][A-Z0-9]{4}\d{16}[A-Z]", r"[A-Z]{2}\d{9}ES", r"PR\d{15}[A-Z]"),
    speaks="json",
    source="feed of the public locator; unknown numbers seen, parcels confirmed by a public reader",
    source_date="2026-09",
    requests=requests,
    read=read,
    countries=("ES",),
    legacy_tls=True,
    zone="Europe/Madrid",
    limits="scans on the Canaries are read as Madrid's, an hour late; no estimate",
)
