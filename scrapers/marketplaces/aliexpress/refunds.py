"""Disputes and refunds: the buyer's list and the page of one case.

In the list `reverseStatus` 4 is finished, whatever came of it, so it is "closed" and never "refunded": only an amount
on the case page or the shop's own words say that money was granted. `gmtCreateFormat` is the shop's wall clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from scrapers.marketplaces.aliexpress import money, states
from scrapers.marketplaces.aliexpress.dates import read_day
from scrapers.marketplaces.aliexpress.orders import is_id
from scrapers.orders import CaseRecord, CaseState, OrderLine, OrderRecord
from scrapers.shape import LayoutChanged, maybe, need, rows, text

_FINISHED = "4"
_STATUSES: dict[str, CaseState] = {"2": "opened", "3": "return_agreed", "4": "closed"}


def read_refund_list(answer: object) -> list[OrderRecord]:
    """One record per case of the page; several items of one order give several records."""
    return [
        _listed(line, text(item, "shopName"))
        for item in rows(answer, "data.module.items")
        for line in rows(item, "reverseOrderLines")
    ]


@dataclass(frozen=True, slots=True)
class ListedCase:
    """A case of the list, by the ids its page is asked for with."""

    case_id: str
    order_id: str
    line_id: str
    case_line_id: str
    finished: bool


def listed_cases(answer: object) -> tuple[ListedCase, ...]:
    """The cases of the list; one whose ids are missing is left out."""
    found = (
        ListedCase(
            case_id=text(line, "reverseOrderId"),
            order_id=text(line, "tradeOrderId"),
            line_id=text(line, "tradeOrderLineId"),
            case_line_id=text(line, "reverseOrderLineId"),
            finished=text(line, "reverseStatus") == _FINISHED,
        )
        for item in rows(answer, "data.module.items")
        for line in rows(item, "reverseOrderLines")
    )
    return tuple(case for case in found if is_id(case.line_id) and is_id(case.case_line_id))


def read_case(answer: object, order_id: str = "", line_id: str = "") -> list[OrderRecord]:
    """The one case of the page; `order_id` and `line_id` are those asked for, where the answer leaves them out.

    Where it waits for the buyer, `refund` is what was offered, and the sentences of the answer tell until when.
    """
    module = need(answer, "data.module", dict)
    case_id, order_id = text(module, "reverseOrderId"), text(module, "tradeOrderId") or order_id
    words = text(module, "reverseDetailStatusText")
    if not words or not is_id(order_id):
        raise LayoutChanged("the case names no order or no state")
    refund, currency = _granted(module)
    state: CaseState = "refunded" if refund else states.case_state(words) or "opened"
    if state == "waiting_buyer":
        refund, currency = _offered(module)
    case = CaseRecord(
        case_id,
        state,
        line_id=text(module, "tradeOrderLineId") or line_id,
        opened_on=read_day(text(module, "gmtCreateFormat")),
        words=words,
        refund=refund,
        currency=currency,
    )
    return [OrderRecord(order_id, "page", cases=(case,))]


def _listed(line: dict[str, object], seller: str) -> OrderRecord:
    order_id, case_id = text(line, "tradeOrderId"), text(line, "reverseOrderId")
    if not is_id(order_id) or not case_id:
        raise LayoutChanged("a refund names no order or no case")
    words = text(line, "reverseStatusText")
    status = text(line, "reverseStatus")
    # A number never seen is taken for an open case: the buyer looks once too often, not once too seldom.
    case = CaseRecord(
        case_id,
        states.case_state(words) or _STATUSES.get(status, "opened"),
        line_id=text(line, "tradeOrderLineId"),
        opened_on=read_day(text(line, "gmtCreateFormat")),
        words=words,
    )
    items = tuple(_items(line))
    return OrderRecord(
        order_id, "page", title=items[0].title if items else "", seller=seller, lines=items, cases=(case,)
    )


def _items(line: dict[str, object]) -> Iterator[OrderLine]:
    item = maybe(line, "aeItemDTO", dict)
    if item is None:
        return
    cents = maybe(item, "itemUnitPrice.cent", int)
    count = text(item, "itemCount")
    yield OrderLine(
        text(line, "tradeOrderLineId"),
        title=text(item, "itemTitle"),
        quantity=int(count) if count.isdecimal() and len(count) < 6 else 1,
        price=Decimal(cents) / 100 if cents is not None else None,
        currency=text(item, "itemUnitPrice.currency") if cents is not None else "",
        product_id=text(item, "itemId"),
    )


def _offered(module: dict[str, Any]) -> tuple[Decimal | None, str]:
    """What the other side offers: the solution the page shows, else the newest that is not the buyer's own."""
    solutions = [
        one for one in maybe(module, "solutions", list) or [] if text(one, "solutionOwner") != "BUYER"
    ]
    for solution in (maybe(module, "reachSolution", dict), *reversed(solutions)):
        if read := money.from_text(text(solution, "refundMoney")):
            return read
    return None, ""


def _granted(module: dict[str, Any]) -> tuple[Decimal | None, str]:
    """The money of a finished case, as text or as an object with cents."""
    total = "reverseFinishInfo.refundInfo.refundDetails.totalMoney"
    cents = maybe(module, f"{total}.cent", int)
    if cents is not None:
        return (Decimal(cents) / 100, text(module, f"{total}.currency")) if cents > 0 else (None, "")
    read = money.from_text(text(module, total) or text(module, f"{total}.formatMoney"))
    return read if read and read[0] > 0 else (None, "")
