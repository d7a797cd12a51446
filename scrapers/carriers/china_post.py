"""China Post and EMS China, the decrypted answer of its partner API (e-packets and all S10 numbers ending in CN).

The partner API needs a contract and encrypts its questions; the public page asks for Chinese characters to be
clicked, so it is never asked from here: Cainiao, the UPU or the post of destination know the same number. The answer
wraps its rows as JSON in a text (`retBody`). Times are Chinese wall clocks where the row names a province; rows of
airlines and foreign posts name none, so theirs are marked. The long descriptions of delivery rows can name courier
and receiver: they decide the status but are not kept, the short name of the step is. No answer for an unknown
number was ever recorded. Recorded in transit 2025-08.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
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
from scrapers.shape import LayoutChanged, need, rows, text
from scrapers.status import classify

_CHINA = when.zone("Asia/Shanghai")
_DONE = "00000"


def requests(numbers: Sequence[str], _access: Access) -> list[Request]:
    """The page the user opens for a number; it asks for a captcha."""
    return [
        Request(f"https://www.ems.com.cn/queryList?mailNo={quote(number, safe='')}", (number,))
        for number in numbers
    ]


def read(page: Page, numbers: Sequence[str]) -> Iterable[TrackingReport]:
    """Reports for the numbers named in the rows; a failed call answers none of them."""
    answer = read_json(page)
    if need(answer, "retCode", str) != _DONE:
        return [
            could_not_answer(n, "China Post", text(answer, "retMsg"), text(answer, "retCode"))
            for n in numbers
        ]
    listed = rows(_body(answer), "responseItems")
    named = dict.fromkeys(text(row, "waybillNo") or text(row, "traceNo") for row in listed)
    return [_report(number, listed) for number in named if number]


def _body(answer: object) -> object:
    try:
        value: object = json.loads(need(answer, "retBody", str))
    except ValueError as error:
        raise LayoutChanged("retBody is not readable JSON") from error
    return value


def _report(number: str, listed: list[dict[str, object]]) -> TrackingReport:
    own = [row for row in listed if number in (text(row, "waybillNo"), text(row, "traceNo"))]
    try:
        return TrackingReport(number, "ok", events=tuple(_event(row) for row in own), origin_country="CN")
    except LayoutChanged as changed:
        return TrackingReport(number, "changed", str(changed))


def _event(row: dict[str, object]) -> TrackingEvent:
    code, step = text(row, "opCode"), text(row, "opName")
    at = when.local(need(row, "opTime", str), "%Y-%m-%d %H:%M:%S", _CHINA)
    status = classify(text(row, "opDesc") or step, carrier="china_post", code=code, language="zh")
    in_china = bool(text(row, "opOrgProvName"))
    place = text(row, "opOrgCity") or text(row, "opOrgProvName")
    return TrackingEvent(at, in_china, step or code, place, code, status)


CARRIER = Carrier(
    id="china_post",
    name="China Post / EMS China",
    home="https://www.ems.com.cn",
    track_url="https://www.ems.com.cn/queryList?mailNo={number}",
    numbers=(r"[A-Z]{2}\d{9}CN",),
    speaks="json",
    source="partner API, one recorded answer of 2025-08; its public page has a captcha",
    source_date="2025-08",
    requests=requests,
    read=read,
    countries=("CN",),
    zone="Asia/Shanghai",
    reach="user",
    limits="not polled: Cainiao, UPU and the post of destination see the same S10 number",
)
