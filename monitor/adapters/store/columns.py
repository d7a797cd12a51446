"""How values stand in the file: days and instants as ISO text, money as decimal text."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal


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


def iso(value: date | None) -> str | None:
    return value.isoformat() if value else None
