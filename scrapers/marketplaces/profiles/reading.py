"""A profile out of its TOML text; what is wrong with it is said in one sentence."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, cast, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from scrapers.marketplaces.profiles import (
    PAYERS,
    REASONS,
    Confidence,
    DeadlineKind,
    Event,
    Profile,
    Window,
)
from scrapers.orders import OrderState

_KEYS = ("name", "zone", "entry", "way", "payment", "not_payment", "notes", "reasons", "windows")
_WINDOW_KEYS = (
    "kind", "event", "days", "business_days", "confidence", "note", "states", "tag", "countries", "methods",
)  # fmt: skip
_STATES = (*get_args(OrderState), "unknown")
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_ENTRY = re.compile(r"https?://[^\s{}]+(?:\{order_id\}[^\s{}]*)?")
_MOST_DAYS = 3650


class BadProfile(Exception):
    """This profile cannot be used; the message is one sentence that names the key."""


def read(text: str, profile_id: str) -> Profile:
    """The profile of this id (the file's name without .toml). Raises BadProfile."""
    if not _ID.fullmatch(profile_id):
        raise BadProfile(f"the name “{profile_id[:40]}” must be small letters, digits, “-” and “_”")
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadProfile(f"it is not valid TOML: {error}") from error
    _only(data, _KEYS, "")
    name = _text(data, "name", "")
    if not name:
        raise BadProfile("name is missing")
    payment = _words(data, "payment", "")
    kinds = PAYERS if payment else get_args(DeadlineKind)
    return Profile(
        profile_id,
        name,
        windows=tuple(
            _window(row, kinds, f"window {n}: ") for n, row in enumerate(_tables(data, "windows"), start=1)
        ),
        zone=_zone(data),
        entry=_entry(data),
        way=_text(data, "way", ""),
        reasons=_reasons(data),
        payment=payment,
        not_payment=_words(data, "not_payment", ""),
        notes=_texts(data, "notes", ""),
    )


def _window(row: Mapping[str, Any], kinds: Sequence[str], where: str) -> Window:
    _only(row, _WINDOW_KEYS, where)
    if ("days" in row) == ("business_days" in row):
        raise BadProfile(f"{where}give either days or business_days")
    business = "business_days" in row
    return Window(
        cast("DeadlineKind", _one_of(row, "kind", kinds, where)),
        cast("Event", _one_of(row, "event", get_args(Event), where)),
        _days(row, "business_days" if business else "days", where),
        cast("Confidence", _one_of(row, "confidence", get_args(Confidence), where)),
        business=business,
        note=_text(row, "note", where),
        states=cast("Any", _all_of(row, "states", _STATES, where)),
        tag=_text(row, "tag", where),
        countries=_countries(row, where),
        methods=_words(row, "methods", where),
    )


def _days(row: Mapping[str, Any], key: str, where: str) -> int:
    days = row[key]
    if isinstance(days, bool) or not isinstance(days, int) or not 0 <= days <= _MOST_DAYS:
        raise BadProfile(f"{where}{key} must be a whole number from 0 to {_MOST_DAYS}")
    return days


def _zone(data: Mapping[str, Any]) -> str:
    zone = _text(data, "zone", "")
    try:
        return ZoneInfo(zone).key if zone else ""
    except (ValueError, OSError, ZoneInfoNotFoundError) as error:
        raise BadProfile(_unknown("zone", zone, sorted(available_timezones()), "")) from error


def _entry(data: Mapping[str, Any]) -> str:
    entry = _text(data, "entry", "")
    if entry and not _ENTRY.fullmatch(entry):
        raise BadProfile("entry must be an http(s) address; the only place to fill in is {order_id}")
    return entry


def _reasons(data: Mapping[str, Any]) -> dict[str, str]:
    table = data.get("reasons", {})
    if not isinstance(table, dict):
        raise BadProfile("reasons must be a table")
    _only(table, REASONS, "reasons: ")
    return {key: _text(table, key, "reasons: ") for key in table}


def _countries(row: Mapping[str, Any], where: str) -> tuple[str, ...]:
    countries = _texts(row, "countries", where)
    if not all(re.fullmatch(r"[A-Z]{2}", country) for country in countries):
        raise BadProfile(f"{where}countries are two capital letters each, such as DE")
    return countries


def _tables(data: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    tables = data.get(key, [])
    if not isinstance(tables, list) or not all(isinstance(row, dict) for row in tables):
        raise BadProfile(f"{key} must be written as [[{key}]]")
    return tables


def _text(row: Mapping[str, Any], key: str, where: str) -> str:
    value = row.get(key, "")
    if not isinstance(value, str) or not value.isprintable():
        raise BadProfile(f"{where}{key} must be one line of text")
    return value.strip()


def _texts(row: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    values = row.get(key, [])
    if not isinstance(values, list) or not all(
        isinstance(v, str) and v.strip() and v.isprintable() for v in values
    ):
        raise BadProfile(f"{where}{key} must be a list of texts")
    return tuple(value.strip() for value in values)


def _words(row: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    return tuple(word.casefold() for word in _texts(row, key, where))


def _one_of(row: Mapping[str, Any], key: str, known: Sequence[str], where: str) -> str:
    value = _text(row, key, where)
    if not value:
        raise BadProfile(f"{where}{key} is missing")
    if value not in known:
        raise BadProfile(_unknown(key, value, known, where))
    return value


def _all_of(row: Mapping[str, Any], key: str, known: Sequence[str], where: str) -> tuple[str, ...]:
    values = _texts(row, key, where)
    for value in values:
        if value not in known:
            raise BadProfile(_unknown(key, value, known, where))
    return values


def _only(row: Mapping[str, Any], known: Sequence[str], where: str) -> None:
    for key in row:
        if key not in known:
            raise BadProfile(_unknown("the key", key, known, where))


def _unknown(what: str, value: str, known: Sequence[str], where: str) -> str:
    near = get_close_matches(value[:80], known, 1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(known[:30])}"
    return f"{where}{what} {value[:40]!r} is not known; {hint}"
