"""Which order a record belongs to when its source does not say: a parcel mail, a tracking page without its address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from scrapers.orders import OrderRecord

# A parcel's first scan lies between the order and this much later, or it is the parcel of another order.
_SCANS_BEGIN_WITHIN = timedelta(days=90)


def orders_of(record: OrderRecord, orders: Sequence[OrderRecord]) -> list[str]:
    """The ids of its orders at its shop: by the parcel's number, else by the goods in it and its first scan's time.

    Empty where none fits, and where several do and it can only be of one: a delivery shown for the wrong order costs
    money.
    """
    numbers = _numbers(record)
    orders = [order for order in orders if order.marketplace == record.marketplace]
    by_number = list(dict.fromkeys(order.order_id for order in orders if numbers & _numbers(order)))
    if not record.lines:
        return by_number  # a mail about a parcel; one parcel may hold several orders
    by_goods = _orders_with_goods(record, orders)
    fitting = [order_id for order_id in by_goods if order_id in by_number] or by_number or by_goods
    return fitting if len(fitting) == 1 else []


def _orders_with_goods(record: OrderRecord, orders: Sequence[OrderRecord]) -> list[str]:
    goods: dict[str, list[tuple[str, str]]] = {}
    placed: dict[str, date] = {}
    for order in orders:
        goods.setdefault(order.order_id, []).extend((line.product_id, line.sku_id) for line in order.lines)
        if order.placed_on:
            placed[order.order_id] = order.placed_on
    wanted = [(line.product_id, line.sku_id) for line in record.lines if line.product_id]
    return [
        order_id
        for order_id, held in goods.items()
        if wanted
        and all(any(_same_goods(one, other) for other in held) for one in wanted)
        and order_id in placed
        and _begins_after(record, placed[order_id])
    ]


def _same_goods(one: tuple[str, str], other: tuple[str, str]) -> bool:
    return one[0] == other[0] and (one[1] == other[1] or not one[1] or not other[1])


def _begins_after(record: OrderRecord, placed_on: date) -> bool:
    firsts = [parcel.events[0].at.date() for parcel in record.parcels if parcel.events]
    a_zone_apart = timedelta(days=1)
    return all(placed_on - a_zone_apart <= first <= placed_on + _SCANS_BEGIN_WITHIN for first in firsts)


def _numbers(record: OrderRecord) -> set[str]:
    return {number for parcel in record.parcels for number in (parcel.number, *parcel.other_numbers)}
