"""Public holidays between two days: parcels rest then, and a silence over them is no stall yet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache


def days_off(country: str, after: date, until: date) -> list[tuple[date, str]]:
    """Public holidays later than `after` and not later than `until`, with their names; none for an unknown country."""
    if not country or until <= after:
        return []
    span = (after + timedelta(days=n) for n in range(1, min((until - after).days, 400) + 1))
    return [(day, name) for day in span if (name := _year(country, day.year).get(day)) is not None]


@cache
def _year(country: str, year: int) -> Mapping[date, str]:
    import holidays  # costs 40 ms, and only a silent parcel asks

    try:
        found: Mapping[date, str] = holidays.country_holidays(country, years=year)
    except NotImplementedError:
        return {}
    return dict(found)
