"""One order as a row of the import template: a line of a CSV file or an object of a JSON list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from typing import cast, get_args

from monitor.model import order_number
from scrapers import carriers, countries
from scrapers.numbers import identify, normal
from scrapers.orders import IMPORTED, OrderRecord, OrderState, ShopParcel, ShownDate
from scrapers.when import believable

FIELDS = (
    "marketplace", "order_id", "title", "amount", "currency", "placed_on", "paid_on", "shipped_on", "completed_on",
    "order_state", "protection_until", "tracking", "carrier", "seller", "destination_country", "payment_method",
    "expected_on", "received_on", "archived_on",
)  # fmt: skip
# What `export` adds: judged anew from what is read, so an import passes over it.
EXPORT_ONLY = (
    "conditions", "action", "next_deadline", "next_last_safe_day", "next_deadline_source", "days_left",
)  # fmt: skip
_PAST = ("paid_on", "shipped_on", "completed_on", "received_on", "archived_on")
REQUIRED = ("order_id", "placed_on")

_LONGEST_TEXT = 300
_LONGEST_NUMBERS = 20_000
_AMOUNT = re.compile(r"(\d{1,12}(?:\.\d{1,4})?)(?:\s*([A-Za-z]{3}))?")
_NUMBER = re.compile(r"(?=.*[0-9])[A-Z0-9-]{6,40}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_LAST_ZONE = timezone(timedelta(hours=-12))  # where a moment's calendar day is the earliest on earth


class BadRow(Exception):
    """This row cannot be taken; the message says which field and why."""


def unknown_field(name: str) -> str:
    """One sentence about a field the template does not have."""
    close = get_close_matches(name.casefold(), FIELDS, n=1, cutoff=0.6)
    hint = f"; did you mean {close[0]!r}?" if close else f"; there are: {', '.join(FIELDS)}"
    return f"{name[:40]!r} is not a field of the template and was left out{hint}"


def read_row(row: Mapping[str, object], today: date) -> OrderRecord:
    """The record of one row. Empty fields say nothing. Raises BadRow."""
    marketplace = _text(row, "marketplace").casefold() or "aliexpress"
    placed_on = _day(row, "placed_on")
    if placed_on is None:
        raise BadRow("placed_on is missing")
    if is_to_come(placed_on, today):
        raise BadRow(f"placed_on reads '{placed_on}', which is still to come")
    amount, currency = _amount(row)
    days = {name: _day_so_far(row, name, placed_on, today) for name in _PAST}
    return OrderRecord(
        _order_id(row, marketplace),
        "manual",
        marketplace=marketplace,
        title=_text(row, "title"),
        seller=_text(row, "seller"),
        amount=amount,
        currency=currency,
        placed_on=placed_on,
        paid_on=days["paid_on"],
        shipped_on=days["shipped_on"],
        completed_on=days["completed_on"],
        received_on=days["received_on"],
        archived_on=days["archived_on"],
        order_state=_state(row),
        destination_country=country_of(_text(row, "destination_country")),
        payment_method=_text(row, "payment_method"),
        parcels=_parcels(row),
        dates=(*_protection(row, placed_on), *_expected(row, placed_on)),
    )


def is_to_come(day: date, today: date) -> bool:
    """Whether a day has begun nowhere on earth: what is counted from such a slip would come too late."""
    return day > today + timedelta(days=1)


def country_of(written: str) -> str:
    """The code of a country written as its code or its English name, "" where nothing is written. Raises BadRow."""
    known = countries.code(written)
    if written and not known and not re.fullmatch(r"[A-Za-z]{2}", written):
        raise BadRow(f"destination_country reads {written[:40]!r}, expected two letters such as DE")
    return known or written.upper()


def numbers_in(written: str) -> list[str]:
    """The tracking numbers in a text, each once; one may be written in groups, as it is printed. Raises BadRow."""
    found = [number for number in re.split(r"[\s,;|]+", written.upper()) if number]
    wrong = next((number for number in found if not _NUMBER.fullmatch(number)), "")
    if (wrong or len(found) > 1) and not any(map(identify, found)) and identify(whole := normal(written)):
        return [whole]
    if wrong:
        raise BadRow(
            f"tracking holds {wrong[:40]!r}, expected numbers of 6 to 40 letters and digits, or nothing where there is"
            " none yet"
        )
    return list(dict.fromkeys(found))


def _text(row: Mapping[str, object], name: str, most: int = _LONGEST_TEXT) -> str:
    """A field as one line of text, "" where it is empty. Numbers are written out; anything else is refused."""
    value = row.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise BadRow(f"{name} is not a text")
    try:
        written = str(value)
    except ValueError as error:  # an integer of thousands of digits
        raise BadRow(f"{name} is far too long") from error
    if not written.isprintable():
        written = "".join(sign if sign.isprintable() else " " for sign in written)
    return written.strip()[:most]


def _order_id(row: Mapping[str, object], marketplace: str) -> str:
    order_id = _text(row, "order_id")
    if not order_id:
        raise BadRow("order_id is missing")
    if re.fullmatch(r"\d[.,]?\d*[eE]\+?\d+", order_id):
        raise BadRow(
            f"order_id reads {order_id[:40]!r}: a spreadsheet has shortened it; format the column as text"
        )
    if marketplace == "aliexpress" and not re.fullmatch(r"[0-9]{6,24}", order_id := order_number(order_id)):
        raise BadRow(f"order_id reads {order_id[:40]!r}, expected 6 to 24 digits")
    if not re.fullmatch(r"[\w.:/#-]{1,64}", order_id):
        raise BadRow(
            f"order_id reads {order_id[:40]!r}, expected at most 64 letters and digits without blanks"
        )
    return order_id


def _day(row: Mapping[str, object], name: str) -> date | None:
    moment = _moment(row, name)
    return moment.date() if isinstance(moment, datetime) else moment


def _moment(row: Mapping[str, object], name: str) -> date | datetime | None:
    written = _text(row, name)
    if not written:
        return None
    try:
        moment = date.fromisoformat(written) if _DAY.fullmatch(written) else datetime.fromisoformat(written)
    except ValueError as error:
        raise BadRow(f"{name} reads {written[:40]!r}, expected YYYY-MM-DD") from error
    if not written.startswith(f"{moment.year:04}-") or not believable(moment):
        raise BadRow(f"{name} reads {written[:40]!r}, expected YYYY-MM-DD")
    return moment


def _later_day(row: Mapping[str, object], name: str, placed_on: date) -> date | None:
    day = _day(row, name)
    if day and day < placed_on:
        raise BadRow(f"{name} ({day}) lies before placed_on ({placed_on})")
    return day


def _day_so_far(row: Mapping[str, object], name: str, placed_on: date, today: date) -> date | None:
    day = _later_day(row, name, placed_on)
    if day and is_to_come(day, today):
        raise BadRow(f"{name} reads '{day}', which is still to come")
    return day


def _protection(row: Mapping[str, object], placed_on: date) -> tuple[ShownDate, ...]:
    moment = _moment(row, "protection_until")
    if moment is None:
        return ()
    day = moment.date() if isinstance(moment, datetime) else moment
    if isinstance(moment, datetime) and moment.tzinfo:
        # With a zone it is an exact moment, and the buyer may live where the day is earlier.
        day = min(day, moment.astimezone(_LAST_ZONE).date())
    if day < placed_on:
        raise BadRow(f"protection_until ({day}) lies before placed_on ({placed_on})")
    return (ShownDate("protection_end", day, "manual", IMPORTED, _text(row, "protection_until")),)


def _expected(row: Mapping[str, object], placed_on: date) -> tuple[ShownDate, ...]:
    day = _later_day(row, "expected_on", placed_on)
    return (ShownDate("expected", day, "manual", IMPORTED, _text(row, "expected_on")),) if day else ()


def _amount(row: Mapping[str, object]) -> tuple[Decimal | None, str]:
    written, currency = _text(row, "amount"), _text(row, "currency").upper()
    if currency and not re.fullmatch(r"[A-Z]{3}", currency):
        raise BadRow(f"currency reads {currency[:40]!r}, expected three letters such as USD")
    if not written:
        return None, currency
    match = _AMOUNT.fullmatch(written)
    if not match:
        raise BadRow(f"amount reads {written[:40]!r}, expected 12.34 or 12.34 USD")
    own = (match.group(2) or "").upper()
    if own and currency and own != currency:
        raise BadRow(f"amount is in {own} and currency says {currency}")
    return Decimal(match.group(1)), own or currency


def _state(row: Mapping[str, object]) -> OrderState | None:
    written = _text(row, "order_state")
    state = written.casefold().replace(" ", "_")
    if written and state not in get_args(OrderState):
        raise BadRow(f"order_state reads {written[:40]!r}, expected one of {', '.join(get_args(OrderState))}")
    return cast("OrderState", state) if state else None


def _parcels(row: Mapping[str, object]) -> tuple[ShopParcel, ...]:
    value = row.get("tracking")
    listed = value if isinstance(value, list) else [value]
    # A text cut short would end in half a number.
    texts = [_text({"tracking": one}, "tracking", _LONGEST_NUMBERS) for one in listed]
    numbers = [number for text in texts for number in numbers_in(text)]
    name = _text(row, "carrier")
    carrier_id = name.casefold() if name.casefold() in _carrier_ids() else ""
    return tuple(
        ShopParcel(number, carrier_name=name, carrier_id=carrier_id) for number in dict.fromkeys(numbers)
    )


@cache
def _carrier_ids() -> frozenset[str]:
    return frozenset(carriers.ids())
