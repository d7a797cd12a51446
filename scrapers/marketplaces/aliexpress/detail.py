"""The page of one order (mtop.aliexpress.trade.buyer.order.detail).

It shows the days the order was placed, paid, shipped and completed, and the shop's promises as sentences. The
receiver's name and address in it are left where they are; only the country is read. The sentences were recorded
from a Brazilian account in English, 2026-08.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Literal

from scrapers import countries
from scrapers.marketplaces.aliexpress import states
from scrapers.marketplaces.aliexpress.dates import find_days, read_day
from scrapers.marketplaces.aliexpress.orders import amount_of, blocks, is_id, lines, page_time
from scrapers.marketplaces.aliexpress.promises import estimates, once, promised, shown
from scrapers.orders import OrderLine, OrderRecord, ShownDate
from scrapers.shape import LayoutChanged, maybe, text

PLACE = "order detail"
_SENTENCE = re.compile(r"[^.。]*[.。]|[^.。]+$")


def read_detail(answer: object, language: str = "") -> list[OrderRecord]:
    """The one order of the page."""
    facts = _first(answer, "detail_simple_order_info_component")
    status = _first(answer, "detail_order_status_block")
    order_id = text(facts, "tradeOrderId") or text(status, "orderId")
    if not is_id(order_id):
        raise LayoutChanged("the page names no order")  # what comes back when the order was asked for wrongly
    price = _first(answer, "detail_order_price_block")
    amount, currency = amount_of(price.get("totalPrice"), "value")
    state = states.order_state(
        text(status, "title"), maybe(answer, "data.global.orderStatus", int), _buttons(status)
    )
    placed_on = read_day(text(facts, "orderCreatTime"), language)
    # One field holds the day of the end, whichever end it was.
    ended_on = read_day(text(facts, "orderEndTime"), language)
    completed_on = ended_on if state == "completed" else None
    cancelled_on = ended_on if state == "cancelled" else None
    items = _items(answer)
    return [
        OrderRecord(
            order_id,
            "page",
            title=items[0].title if items else "",
            seller=_seller(answer),
            amount=amount,
            currency=currency,
            placed_on=placed_on,
            paid_on=read_day(text(facts, "payTime"), language),
            shipped_on=read_day(text(facts, "orderShipTime"), language),
            completed_on=completed_on,
            order_state=state,
            destination_country=countries.code(text(facts, "addressVO.countryCode")),
            payment_method=text(facts, "paymentMethod"),
            lines=items,
            dates=once(
                [*_dates(answer, status, placed_on, completed_on, language), *_cancelled(cancelled_on)]
            ),
            places=(PLACE,),
            closes_soon=completed_on is None and states.closes_soon(text(status, "reminder")),
            said_at=page_time(answer),
        )
    ]


def _cancelled(day: date | None) -> Iterator[ShownDate]:
    if day:
        yield ShownDate("cancelled", day, "page", PLACE)


def _first(answer: object, tag: str) -> dict[str, Any]:
    return next(blocks(answer, tag), {})


def _items(answer: object) -> tuple[OrderLine, ...]:
    products = [maybe(block, "productVOList", list) or [] for block in blocks(answer, "detail_product_block")]
    return lines([row for listed in products for row in listed])


def _seller(answer: object) -> str:
    return text(_first(answer, "detail_product_block"), "sellerVO.sellerName")


def _buttons(status: dict[str, Any]) -> tuple[str, ...]:
    return tuple(text(button, "type") for button in maybe(status, "buttonVOList", list) or [])


def _dates(
    answer: object, status: dict[str, Any], placed_on: date | None, completed_on: date | None, language: str
) -> Iterator[ShownDate]:
    services = [
        text(service, "content")
        for block in blocks(answer, "detail_order_services")
        for service in maybe(block, "data", list) or []
    ]
    reminder = text(status, "reminder")
    yield from promised([*services, reminder], PLACE, language)
    for bar in blocks(answer, "detail_service_progress_bar"):
        yield from promised([text(bar, "text")], PLACE, language)
        yield from _refund_node(bar, language)
    for block in blocks(answer, "detail_product_block"):
        for row in maybe(block, "productVOList", list) or []:
            yield from estimates(text(row, "etaAndTrack.expectDeliveryDateTitle"), PLACE, language)
    yield from _windows(reminder, "completed_window", completed_on)
    yield from _windows(reminder, "faulty_window", placed_on)
    # The page does not show the day of delivery. It is not after the completion, so this is the latest it can be.
    for service in services:
        yield from _windows(service, "free_return", completed_on, f"{PLACE}, counted from the completion")


def _refund_node(bar: dict[str, Any], language: str) -> Iterator[ShownDate]:
    for node in maybe(bar, "nodes", list) or []:
        label, time = text(node, "text"), text(node, "time")
        if states.names_refund(label):
            for found in find_days(time, language)[:1]:
                yield shown("protection_end", found, "page", PLACE, f"{label}: {time}")


def _windows(
    words: str,
    kind: Literal["completed_window", "faulty_window", "free_return"],
    start: date | None,
    place: str = PLACE,
) -> Iterator[ShownDate]:
    for sentence in _SENTENCE.findall(words):
        days = states.window_days(sentence, kind)
        if days and start:
            yield ShownDate(kind, start + timedelta(days=days), "page", place, sentence.strip())
