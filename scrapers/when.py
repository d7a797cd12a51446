"""Site dates to aware datetimes. Naive results do not leave this module, and nothing is guessed silently."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from scrapers.shape import LayoutChanged

_PLAIN = "%Y-%m-%d %H:%M:%S"
_YEARS = range(2000, 2101)
_OFFSET = re.compile(r"(?:GMT|UTC)?\s*([+-])\s*(\d{1,2})(?::?(\d{2}))?", re.IGNORECASE)


@lru_cache(maxsize=256)
def offset(text: str) -> timezone | None:
    """A fixed offset written as GMT+8, GMT+08:00, UTC-03:00, +0800, +8 or GMT+0; None when it is none of these."""
    if text.strip().upper() in ("GMT", "UTC", "Z"):
        return UTC
    match = _OFFSET.fullmatch(text.strip())
    if not match:
        return None
    sign = -1 if match.group(1) == "-" else 1
    shift = sign * timedelta(hours=int(match.group(2)), minutes=int(match.group(3) or 0))
    return timezone(shift) if timedelta(hours=-12) <= shift <= timedelta(hours=14) else None


def zone(name: str) -> tzinfo:
    """An IANA zone. Raises LayoutChanged for a name the zone database does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise LayoutChanged(f"the zone {name[:40]!r} is unknown") from error


def local(text: str, form: str, where: tzinfo) -> datetime:
    """A wall-clock text in a strptime form, in the zone given. Raises LayoutChanged when it does not fit."""
    naive = _plainly_written(text) if form == _PLAIN else None
    if naive is None:
        try:
            naive = datetime.strptime(text.strip(), form)  # noqa: DTZ007 - the zone is put on below
        except ValueError as error:
            raise LayoutChanged(f"a time reads {text[:40]!r}, expected {form}") from error
    return plausible(datetime.combine(naive, naive.time(), where))  # five times as fast as replace


def _plainly_written(text: str) -> datetime | None:
    """A time in `_PLAIN` with every zero in its place, in a tenth of strptime's time; None for any other text."""
    if len(text) != 19 or text[4::3] != "-- ::" or (text[11] > "1" and text[11:13] > "23"):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:  # perhaps in other digits, which strptime reads
        return None


def without_year(text: str, form: str, where: tzinfo, latest: datetime) -> datetime:
    """A wall-clock text that names no year, in the last year that puts it no later than a day after `latest`.

    Raises LayoutChanged when it does not fit the form.
    """
    this_year = latest.astimezone(where).year
    for year in (this_year + 1, this_year, this_year - 1):
        try:
            moment = local(f"{year} {text.strip()}", f"%Y {form}", where)
        except LayoutChanged:  # perhaps only for want of a 29 February
            continue
        if moment <= latest + timedelta(days=1):
            return moment
    raise LayoutChanged(f"a time reads {text[:40]!r}, expected {form}")


def iso(text: str, default: tzinfo | None = None) -> datetime:
    """An ISO 8601 time; without an offset it is taken in `default`, or refused where there is none."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise LayoutChanged(f"a time reads {text[:40]!r}, expected ISO 8601") from error
    if moment.tzinfo is None:
        if default is None:
            raise LayoutChanged(f"the time {text[:40]!r} names no zone")
        moment = datetime.combine(moment, moment.time(), default)
    return plausible(moment)


def maybe_iso(text: str, default: tzinfo | None = None) -> datetime | None:
    """An ISO 8601 time as `iso` reads it, or None where there is none: for estimates, which we can do without."""
    if not text:
        return None
    try:
        return iso(text, default)
    except LayoutChanged:
        return None


def epoch_ms(value: int) -> datetime:
    """Milliseconds since 1970 as UTC."""
    try:
        return plausible(datetime.fromtimestamp(value / 1000, tz=UTC))
    except (ValueError, OverflowError, OSError) as error:
        raise LayoutChanged("an epoch time is out of range") from error


def believable(day: date) -> bool:
    """Whether an order or a parcel can have it; of the first and the last years there are nothing can be counted."""
    return day.year in _YEARS


def plausible(moment: datetime) -> datetime:
    """The moment itself; LayoutChanged for one no tracked parcel can have (1970 and 0001 are placeholders)."""
    if moment.year not in _YEARS:  # `believable`, without the call: every scan has a moment
        raise LayoutChanged(f"a time in the year {moment.year} is not believable")
    return moment
