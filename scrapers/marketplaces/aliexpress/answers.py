"""Any answer of the shop's page interface (mtop), told apart by its `api` and read to order records.

A refusal comes as HTTP 200 with a code in `ret`; it is raised with what it means, never read as an empty list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import tzinfo
from typing import Literal

from scrapers import when
from scrapers.marketplaces.aliexpress.detail import read_detail
from scrapers.marketplaces.aliexpress.orders import read_list
from scrapers.marketplaces.aliexpress.refunds import read_case, read_refund_list
from scrapers.marketplaces.aliexpress.tracking import read_tracking
from scrapers.orders import OrderRecord
from scrapers.shape import LayoutChanged, maybe, need, text

Reason = Literal["login_lost", "bot_check", "limited", "unsigned", "failed"]


class ShopRefused(Exception):
    """The shop did not answer. `reason`: login_lost and bot_check need the user, limited means later, unsigned means
    that the page will ask again by itself, failed is everything else."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason: Reason = reason


_REFUSALS: tuple[tuple[str, Reason, str], ...] = (
    ("USER_VALIDATE", "bot_check", "the shop wants to see a person: open it and answer its check"),
    ("RGV587", "bot_check", "the shop wants to see a person: open it and answer its check"),
    ("SESSION_EXPIRED", "login_lost", "the login to the shop has ended: log in again"),
    ("NEED_LOGIN", "login_lost", "the login to the shop has ended: log in again"),
    ("SID_INVALID", "login_lost", "the login to the shop has ended: log in again"),
    ("TRAFFIC_LIMIT", "limited", "the shop asks for fewer questions: try again later"),
    ("TOKEN_", "unsigned", "the shop asked the page to sign its question again"),
    ("ILLEGAL_ACCESS", "unsigned", "the shop asked the page to sign its question again"),
)


def read_answer(data: object, asked: Mapping[str, object] | None = None) -> list[OrderRecord]:
    """The records in one answer. `asked` are its request's parameters (tradeOrderId, timeZone, _lang), where known.

    A tracking answer names its order only there; without it the record's order_id is "" and `lines` names the goods.
    Raises LayoutChanged for an answer of another shape or another `api`, ShopRefused for a refusal.
    """
    api = need(data, "api", str).casefold()
    refusal(data)
    reader = _READERS.get(api)
    if reader is None:
        raise LayoutChanged(f"the answer is of {api[:80]!r}, which is not about orders")
    return reader(data, asked or {})


def is_about_orders(api: str) -> bool:
    """Whether answers of this interface name are read here."""
    return api.casefold() in _READERS


def _list(data: object, asked: Mapping[str, object]) -> list[OrderRecord]:
    return read_list(data, text(asked, "_lang"))


def _detail(data: object, asked: Mapping[str, object]) -> list[OrderRecord]:
    return read_detail(data, text(asked, "_lang"))


def _tracking(data: object, asked: Mapping[str, object]) -> list[OrderRecord]:
    return read_tracking(
        data, text(asked, "tradeOrderId"), _zone(text(asked, "timeZone")), text(asked, "_lang")
    )


def _refunds(data: object, _asked: Mapping[str, object]) -> list[OrderRecord]:
    return read_refund_list(data)


def _case(data: object, asked: Mapping[str, object]) -> list[OrderRecord]:
    return read_case(data, text(asked, "tradeOrderId"), text(asked, "tradeOrderLineId"))


def _counters(_data: object, _asked: Mapping[str, object]) -> list[OrderRecord]:
    return []  # only how many there are of each state; zeros even when logged out


_READERS: dict[str, Callable[[object, Mapping[str, object]], list[OrderRecord]]] = {
    "mtop.aliexpress.trade.buyer.order.list": _list,
    "mtop.aliexpress.trade.buyer.order.count": _counters,
    "mtop.aliexpress.trade.buyer.order.detail": _detail,
    "mtop.ae.ld.querydetail": _tracking,
    "mtop.aliexpress.buyer.reverse.queryreverseorderpagelistforbuyer": _refunds,
    "mtop.aliexpress.buyer.reverse.reverseorderlinerenderforbuyer": _case,
}


def refusal(data: object) -> None:
    """Raises ShopRefused where the answer is none."""
    codes = [code for code in maybe(data, "ret", list) or [] if isinstance(code, str)]
    if any(code.startswith("SUCCESS") for code in codes) or not codes:
        return
    for sign, reason, sentence in _REFUSALS:
        if any(sign in code for code in codes):
            raise ShopRefused(reason, sentence)
    raise ShopRefused("failed", f"the shop could not answer ({codes[0].split('::')[0][:60]})")


def _zone(name: str) -> tzinfo | None:
    try:
        return when.offset(name) or when.zone(name) if name else None
    except LayoutChanged:
        return None
