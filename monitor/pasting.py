"""What somebody pastes to have an order watched: a whole mail, rows of the template, or links and numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from scrapers.numbers import identify, normal

Kind = Literal["mail", "json", "csv", "text"]

_HEADER = re.compile(
    r"(?:return-path|received|delivered-to|from|to|subject|date|mime-version|message-id): ?\S", re.I
)
_ORDER_IN_LINK = re.compile(r"(?:order_?id|trade_?id)s?=(\d{10,24})", re.IGNORECASE)
# AliExpress has numbered its orders with sixteen digits for years; fewer come with a word before them.
_ORDER_ALONE = re.compile(r"(?<![\w.])([1-9]\d{15})(?![\w.])")
_ORDER_NAMED = re.compile(
    r"(?:order|bestell\w*|commande|pedido|ordine|zam[óo]wieni\w*|заказ\w*|طلب)\D{0,20}(\d{10,24})(?!\w)",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?<![\w-])(?=[A-Z0-9-]*\d{5})[A-Z0-9](?:[A-Z0-9-]{6,38})[A-Z0-9](?![\w-])", re.IGNORECASE
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_LEAST_CERTAIN = 0.2  # below it a bare row of digits could be anything


@dataclass(frozen=True, slots=True)
class Found:
    """What a text names: order numbers and tracking numbers, each once, as they come."""

    orders: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()


def kind_of(text: str) -> Kind:
    """How a pasted text is to be read."""
    lines = text.lstrip("\ufeff \r\n").splitlines()
    if lines and lines[0][:1] in "[{":
        return "json"
    if lines and {"order_id", "placed_on"} <= set(re.split(r"[,;\t]", lines[0].casefold().replace('"', ""))):
        return "csv"
    if sum(_HEADER.match(line) is not None for line in lines[:60]) >= 2 and _HEADER.match(lines[0]):
        return "mail"
    return "text"


def search(text: str) -> Found:
    """The order and tracking numbers in links and free text; the user is to look at them before they count."""
    orders = [
        m.group(1) for pattern in (_ORDER_IN_LINK, _ORDER_NAMED, _ORDER_ALONE) for m in pattern.finditer(text)
    ]
    numbers = []
    for match in _NUMBER.finditer(text):
        number = normal(match.group())
        if number in orders or _DAY.fullmatch(match.group()):
            continue
        best = next(iter(identify(number)), None)
        if best is not None and (best.certainty >= _LEAST_CERTAIN or not number.isdecimal()):
            numbers.append(number)
    return Found(tuple(dict.fromkeys(orders)), tuple(dict.fromkeys(numbers)))
