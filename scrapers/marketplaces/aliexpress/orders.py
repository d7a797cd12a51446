"""The order list (mtop.aliexpress.trade.buyer.order.list).

Blocks are chosen by `tag`: their keys carry numbers that change. The list names neither parcels nor any day but the
one the order was placed. Ids are text here and numbers on the detail page; text everywhere for us.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from scrapers import when
from scrapers.marketplaces.aliexpress import money, states
from scrapers.marketplaces.aliexpress.dates import read_day
from scrapers.orders import CaseRecord, OrderLine, OrderRecord
from scrapers.shape import LayoutChanged, maybe, need, text


def read_list(answer: object, language: str = "") -> list[OrderRecord]:
    """One record per order of the page, newest first; an empty list only where the list itself is there."""
    said_at = page_time(answer)
    found = [_order(fields, language, said_at) for fields in blocks(answer, "pc_om_list_order")]
    if not found and not list(blocks(answer, "pc_om_list_body")):
        raise LayoutChanged("the order list is missing")
    return found


def has_more(answer: object) -> bool:
    """Whether the list goes on after this answer."""
    return any(body.get("hasMore") is True for body in blocks(answer, "pc_om_list_body"))


def more_words(answer: object) -> str:
    """How the list's button for older orders is called, "" where the answer does not say."""
    return next((text(body, "hasMoreText") for body in blocks(answer, "pc_om_list_body")), "")


def blocks(answer: object, tag: str) -> Iterator[dict[str, Any]]:
    """The fields of every block with this tag. Raises LayoutChanged where the answer holds no blocks at all."""
    for block in need(answer, "data.data", dict).values():
        if text(block, "tag") == tag:
            yield need(block, "fields", dict)


def is_id(written: str) -> bool:
    """Whether this can be the number of an order."""
    return written.isascii() and written.isdecimal()


def page_time(answer: object) -> datetime | None:
    """The page's own clock, None where it shows none."""
    return _epoch(maybe(answer, "data.global.curTime", int))


def lines(listed: list[object]) -> tuple[OrderLine, ...]:
    """The items of an order; the list and the detail page write them alike."""
    return tuple(_line(row) for row in listed)


def amount_of(block: object, shown: str) -> tuple[Decimal | None, str]:
    """(amount, currency) of a block with formatPriceInfo and currencyCode, (None, "") where it shows neither."""
    currency = text(block, "currencyCode")
    amount = money.from_parts(text(block, "formatPriceInfo"))
    if amount is None:
        read = money.from_text(text(block, shown))
        amount, currency = (read[0], currency or read[1]) if read else (None, "")
    return amount, currency if amount is not None else ""


def _order(fields: dict[str, Any], language: str, said_at: datetime | None) -> OrderRecord:
    order_id = text(fields, "orderId")
    if not is_id(order_id):
        raise LayoutChanged("orderId is missing")
    amount, currency = amount_of(fields, "totalPriceText")
    items = lines(need(fields, "orderLines", list))
    buttons = tuple(text(button, "type") for button in maybe(fields, "buttons", list) or [])
    return OrderRecord(
        order_id,
        "page",
        title=items[0].title if items else "",
        seller=text(fields, "storeName"),
        amount=amount,
        currency=currency,
        placed_on=read_day(text(fields, "orderDateText"), language),
        order_state=states.order_state(text(fields, "statusText"), _status_code(fields), buttons),
        lines=items,
        cases=tuple(_cases(fields)),
        said_at=said_at,
    )


def _status_code(fields: dict[str, Any]) -> int | None:
    code = text(fields, "utParams.args.orderStatus")
    return int(code) if code.isdecimal() and len(code) < 6 else None


def _line(row: object) -> OrderLine:
    price, currency = amount_of(row, "itemPriceText")
    tags = (
        text(tag, "type") or states.tag(text(tag, "richText")) for tag in maybe(row, "itemTags", list) or []
    )
    quantity = text(row, "quantity")
    return OrderLine(
        text(row, "orderLineId"),
        title=text(row, "itemTitle"),
        quantity=int(quantity) if quantity.isdecimal() and len(quantity) < 6 else 1,
        price=price,
        currency=currency,
        tags=tuple(dict.fromkeys(tag for tag in tags if tag)),
        product_id=text(row, "productId"),
        sku_id=text(row, "skuId"),
    )


def _cases(fields: dict[str, Any]) -> Iterator[CaseRecord]:
    for item in maybe(fields, "exposeInfo.itemList", list) or []:
        for detail in maybe(item, "detailList", list) or []:
            words = text(detail, "title")
            state = states.case_state(words)
            if state:
                yield CaseRecord("", state, words=words)


def _epoch(value: int | None) -> datetime | None:
    if value is None:
        return None
    try:
        return when.epoch_ms(value)
    except LayoutChanged:
        return None
