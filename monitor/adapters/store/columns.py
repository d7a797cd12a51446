"""How values stand in the store: days and instants as ISO text, money as decimal text.

Instants there are very many of, those of scans and answers, are whole microseconds since 1970 in UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

_1970 = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_FIRST = (datetime.min.replace(tzinfo=UTC) - _1970) // _MICROSECOND
_LAST = (datetime.max.replace(tzinfo=UTC) - _1970) // _MICROSECOND


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def money(text: str | None) -> Decimal | None:
    return Decimal(text) if text else None


def stamp(moment: datetime) -> str:
    """An instant in UTC, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def stamp_if(moment: datetime | None) -> str | None:
    return stamp(moment) if moment else None


def micros(moment: datetime) -> int:
    """An instant as a number. Raises OverflowError for one that is not in the years 1 to 9999 in UTC."""
    since = (moment - _1970) // _MICROSECOND
    if not _FIRST <= since <= _LAST:
        raise OverflowError(f"{moment} is not in the years 1 to 9999")
    return since


def moment(micros: int) -> datetime:
    """The instant of such a number."""
    return _1970 + micros * _MICROSECOND


def iso(value: date | None) -> str | None:
    return value.isoformat() if value else None
