"""Correios (Brazil), its official tracking API, with a token of the user's own contract.

The answer is {objetos: [...]} or one such object alone, events newest first. `dtHrCriado` is either a text in
Brasilia time or {date, timezone}; only the latter names its zone, the former is marked. A code says little without
its `tipo`, and only the words tell to whom it was handed. Unknown number: `mensagem` "SRO-020" and no events;
"SRO-019" calls the number malformed. Body seen in a 2025 sample; the messages in public code of 2026.
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
    could_not_answer,
    read_json,
)
from scrapers.shape import LayoutChanged, maybe, need, rows, text
from scrapers.status import classify

_BRASILIA = when.zone("America/Sao_Paulo")


def requests(numbers: Sequence[str], access: Access) -> list[Request]:
    """One request per number; none without a token."""
    if not access.key:
        return []
    return [
        Request(
            f"https://api.correios.com.br/srorastro/v1/objetos/{quote(number, safe='')}?resultado=T",
            (number,),
            headers={"Accept": "application/json", "Authorization": f"Bearer {access.key}"},
        )
        for number in numbers
    ]


def read(page: Page, _numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the objects in the answer."""
    answer = read_json(page)
    listed = isinstance(answer, dict) and "objetos" in answer
    return [_report(item) for item in (rows(answer, "objetos") if listed else [need(answer, "", dict)])]


def _report(item: dict[str, object]) -> TrackingReport:
    number, message = need(item, "codObjeto", str), text(item, "mensagem")
    if message and not maybe(item, "eventos", list):
        if message.startswith("SRO-020"):
            return TrackingReport(number, "not_found", "Correios does not know this number")
        return could_not_answer(number, "Correios", message)
    try:
        events = tuple(_event(row) for row in reversed(rows(item, "eventos")))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    return TrackingReport(number, "ok", events=events, expected_at=_expected(text(item, "dtPrevista")))


def _event(row: dict[str, object]) -> TrackingEvent:
    code, words = text(row, "codigo") + text(row, "tipo"), text(row, "descricao")
    at, exact = _moment(row)
    town, state = text(row, "unidade.endereco.cidade"), text(row, "unidade.endereco.uf")
    status = classify(words, carrier="correios", code=code, language="pt")
    return TrackingEvent(at, exact, words, "/".join(filter(None, (town, state))), code, status)


def _moment(row: dict[str, object]) -> tuple[datetime, bool]:
    named = text(row, "dtHrCriado.timezone")
    written = text(row, "dtHrCriado.date") or need(row, "dtHrCriado", str)
    return when.iso(written, default=when.zone(named) if named else _BRASILIA), bool(named)


def _expected(written: str) -> datetime | None:
    try:
        return when.local(written, "%d/%m/%Y", _BRASILIA)
    except LayoutChanged:
        return None


CARRIER = Carrier(
    id="correios",
    name="Correios",
    home="https://www.correios.com.br",
    track_url="https://rastreamento.correios.com.br/app/index.php?objetos={number}",
    numbers=(r"[A-Z]{2}\d{9}BR",),
    speaks="json",
    source="official API; one sample of 2025 (delivered), messages read in public code of 2026",
    source_date="2026",
    requests=requests,
    read=read,
    countries=("BR",),
    zone="America/Sao_Paulo",
    reach="key",
    limits="needs the token of a Correios contract, which lasts a day; the public page has a captcha",
)
