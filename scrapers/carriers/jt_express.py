"""J&T Express Brazil, the JSON behind its public tracking page, as the user's own browser receives it.

The page signs its question and puts a captcha before it (999001030 stands for its missing ticket), so it is never
asked from here. An answer holds one waybill or a list of records, each named by `keyword` or `waybillNo`. Times are
wall clocks without a zone in a country of four, so Brasilia's is assumed and marked. `customerTracking` names courier
and receiver: only a town in brackets at its very beginning is kept, and the short status is the text. `remark1` tells
who took the parcel: a third person is not the receiver. Recorded delivered 2026-01; the captcha seen 2026-09.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence

from scrapers import when
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

_BRASILIA = when.zone("America/Sao_Paulo")
_TOWN = re.compile(r"\[([^\]]{1,60})\]")
_CAPTCHA = "999001030"
_TO_A_THIRD_PERSON = Status("Delivered", "Delivered_005", "jt_express: received by a third person")


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """The questions the tracking page puts, without its signature and the captcha's ticket."""
    return [
        Request(
            "https://official.jtjms-br.com/official/logisticsTracking/v2/getDetailByWaybillNo",
            (number,),
            method="POST",
            headers={"Accept": "application/json", "Content-Type": "application/json"},
            body=json.dumps({"langType": "PT", "waybillNo": number}).encode(),
        )
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the waybills in the answer, which may be wrapped in {code, msg, data}."""
    answer = need(read_json(page), "", dict)
    if text(answer, "code") == _CAPTCHA:
        return [TrackingReport(n, "blocked", "J&T asks for a captcha") for n in numbers]
    if "keyword" in answer:
        return [_report(answer)]
    data = maybe(answer, "data", dict)
    if data is None:
        need(answer, "msg", str)
        return [could_not_answer(n, "J&T", text(answer, "msg")) for n in numbers]
    return [_report(record) for record in (rows(data, "records") if "records" in data else [data])]


def _report(record: dict[str, object]) -> TrackingReport:
    number = text(record, "keyword") or need(record, "waybillNo", str)
    try:
        events = tuple(_event(row) for row in reversed(rows(record, "details")))
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))
    return TrackingReport(number, "ok", events=events)


def _event(row: dict[str, object]) -> TrackingEvent:
    code, words, step = text(row, "code"), text(row, "status"), text(row, "scanTypeName")
    at = when.local(need(row, "scanTime", str), "%Y-%m-%d %H:%M:%S", _BRASILIA)
    town = _TOWN.match(text(row, "customerTracking"))
    status = _status(words, step, code, text(row, "remark1"))
    return TrackingEvent(at, False, words or step, town.group(1) if town else "", code, status)


def _status(words: str, step: str, code: str, remark: str) -> Status:
    """The short status decides, then the Chinese name of the step; the code is only a hint."""
    said = classify(words, carrier="jt_express", code=code)
    if said.tag == "Unknown":
        said = classify(step, carrier="jt_express", language="zh")
    third_person = remark.casefold().startswith("recebimento por terc")
    return _TO_A_THIRD_PERSON if said.tag == "Delivered" and third_person else said


CARRIER = Carrier(
    id="jt_express",
    name="J&T Express Brazil",
    home="https://www.jtexpress.com.br",
    track_url="https://www.jtexpress.com.br/trajectquery?waybillNo={number}",
    numbers=(r"888\d{12}",),
    speaks="json",
    source="public page, read in the user's browser; one recorded answer of 2026-01",
    source_date="2026-09",
    requests=requests,
    read=read,
    countries=("BR",),
    zone="America/Sao_Paulo",
    reach="user",
    limits="its page has a captcha and asks for the receiver's tax number",
)
