"""The shop's own words for states, read with the table in states.toml. A word that is not there means nothing."""

from __future__ import annotations

import html
import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any, Literal, cast

from scrapers.meaning import AHEAD, Meanings
from scrapers.orders import CaseState, OrderState

_LIKE = 0.6
_WANTS_YOU: tuple[CaseState, ...] = ("waiting_buyer", "return_agreed")
_UNDER_WAY: tuple[OrderState, ...] = ("processing", "shipped")
# Two recorded answers of 2026 agree on these two; the other codes were never seen beside a text.
_CODES: dict[int, OrderState] = {8: "shipped", 9: "completed"}


def order_state(words: str, code: int | None = None, buttons: tuple[str, ...] = ()) -> OrderState | None:
    """The state of an order from the shop's number, its words, or the button that only such an order has.

    Words not listed count for a state on the way that they are surely like; that an order has ended is never guessed.
    """
    if code in _CODES:
        return _CODES[code]
    listed = _words("order").get(plain(words)) or _button_state(buttons) or _like(words, "order", _UNDER_WAY)
    return cast("OrderState | None", listed)


def _button_state(buttons: tuple[str, ...]) -> OrderState | None:
    return "shipped" if "CONFIRM_GOODS" in buttons else None


def case_state(words: str) -> CaseState | None:
    """The state of a dispute from the words of the order list or the case page.

    Words not listed count where they are surely like those that want something of the buyer: to overlook that loses
    the case. That somebody else is to act, or that a case has ended, is never guessed.
    """
    return cast("CaseState | None", _words("case").get(plain(words)) or _like(words, "case", _WANTS_YOU))


def _like(words: str, subject: str, wanted: Sequence[str]) -> str | None:
    known = _meanings(subject)
    likest, likeness = known.of(words)
    if likest not in wanted or likeness < _LIKE:
        return None
    others = [known.likeness(words, state) for state in _table()[subject]["en"] if state != likest]
    return likest if likeness - max(others) >= AHEAD else None


def closes_soon(sentence: str) -> bool:
    """Whether the shop says that it will complete the order by itself."""
    words = " ".join(sentence.casefold().split())
    return any(re.search(pattern, words) for pattern in _table()["closing"]["soon"])


def window_days(
    sentence: str, kind: Literal["completed_window", "faulty_window", "free_return"]
) -> int | None:
    """How many days a right lasts by a sentence of the shop's, None where the sentence is about something else."""
    words = " ".join(sentence.casefold().split())
    found = (re.search(pattern, words) for pattern in _table()["windows"][kind])
    return next((int(match.group(1)) for match in found if match), None)


def speaks_of_answer(sentence: str) -> bool:
    """Whether a sentence of a case's page is about an answer that is to be given."""
    return _says(sentence.casefold(), "answer")


def days_left(sentence: str) -> int | None:
    """The number of days a sentence names, full ones where it names hours; None where it names none or several."""
    words = sentence.casefold()
    days, hours = (re.findall(_table()["promise"][unit], words) for unit in ("days", "hours"))
    if not days and len(hours) == 1:
        return int(hours[0]) // 24
    return int(days[0]) if len(days) == 1 else None


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
    return " ".join(html.unescape(words).replace("’", "'").casefold().replace("i̇", "i").split()).strip(
        " .!:…"
    )


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
def _meanings(subject: str) -> Meanings:
    return Meanings(_table()[subject])


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("states.toml").read_text(encoding="utf-8"))
