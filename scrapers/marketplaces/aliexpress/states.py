"""The shop's own words for states, read with the table in states.toml. A word that is not there means nothing."""

from __future__ import annotations

import html
import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, cast

from scrapers.orders import CaseState, OrderState

# Two recorded answers of 2026 agree on these two; the other codes were never seen beside a text.
_CODES: dict[int, OrderState] = {8: "shipped", 9: "completed"}


def order_state(words: str, code: int | None = None, buttons: tuple[str, ...] = ()) -> OrderState | None:
    """The state of an order from the shop's number, its words, or the button that only a shipped order has."""
    if code in _CODES:
        return _CODES[code]
    known = _words("order").get(plain(words))
    if known:
        return cast("OrderState", known)
    return "shipped" if "CONFIRM_GOODS" in buttons else None


def case_state(words: str) -> CaseState | None:
    """The state of a dispute from the words of the order list or the case page."""
    return cast("CaseState | None", _words("case").get(plain(words)))


def tag(label: str) -> str:
    """The shop's tag for an item label ("Free returns"), "" for a label without one."""
    return _words("tag").get(plain(re.sub(r"<[^>]{0,200}>", "", label)), "")


def promises_refund(sentence: str) -> bool:
    """Money back when the parcel has not come by a day; a coupon for a late parcel is something else."""
    words = sentence.casefold()
    return not promises_coupon(sentence) and _says(words, "refund") and _says(words, "delivery")


def promises_coupon(sentence: str) -> bool:
    """A coupon when the parcel comes later than a day."""
    return _says(sentence.casefold(), "coupon")


def names_refund(label: str) -> bool:
    """The short label of the refund day in the progress bar."""
    return _says(label.casefold(), "refund")


def plain(words: str) -> str:
    """Words as they are compared: without case, surplus blanks and closing marks."""
    return " ".join(html.unescape(words).replace("’", "'").casefold().split()).strip(" .!:…")


def _says(words: str, promise: str) -> bool:
    return any(part in words for part in _table()["promise"][promise])


@cache
def _words(subject: str) -> dict[str, str]:
    return {
        plain(word): state
        for language in _table()[subject].values()
        for state, listed in language.items()
        for word in listed
    }


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("states.toml").read_text(encoding="utf-8"))
