"""Which pages of the shop a reading opens after the order list."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from monitor.model import Order

# Longer ago no deadline of the shop hangs on a completed order any more.
_OLD = timedelta(days=200)

View = Literal["detail", "tracking"]


@dataclass(frozen=True, slots=True)
class PageToRead:
    """One page about one order. `listed`: the shop's own list names the order, so the page must know it too."""

    order_id: str
    view: View
    listed: bool


def pages_to_read(
    orders: Sequence[Order], listed: Collection[str], news: Collection[str], today: date
) -> list[PageToRead]:
    """The pages worth opening, the oldest orders first: their deadlines are nearest.

    `listed` are the ids the order list has shown now, `news` those of them that are new or changed.
    """
    wanted = [
        PageToRead(order.order_id, view, order.order_id in listed)
        for order in sorted(orders, key=lambda order: (order.placed_on or date.min, order.order_id))
        for view in _views(order, today, is_news=order.order_id in news)
    ]
    return list(dict.fromkeys(wanted))


def _views(order: Order, today: date, *, is_news: bool) -> tuple[View, ...]:
    if order.marketplace != "aliexpress" or not order.watched:
        return ()
    if order.order_state == "shipped":
        return ("detail", "tracking")
    if order.order_state in ("processing", None):
        return ("detail",)
    if order.order_state == "completed":
        if order.placed_on and order.placed_on < today - _OLD:
            return ()
        unread = order.completed_on is None
        views: tuple[View, ...] = ("detail",) if unread or is_news else ()
        return (*views, "tracking") if views and not order.parcels else views
    return ("detail",) if is_news else ()
