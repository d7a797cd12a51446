"""When a parcel is expected, by the shop or its carrier, and whether that is too late for the protection."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from monitor.model import Order
from monitor.rules.assess import Assessment
from monitor.rules.moved import now_shown
from monitor.rules.protection import Deadline


def too_late(order: Order, assessments: Iterable[Assessment], right: Deadline | None) -> date | None:
    """The latest expected day of what is still missing, if it lies after the last safe day; else None."""
    missing = [a for a in assessments if a.condition != "delivered"]
    if right is None or right.days_left < 0 or not missing:
        return None
    shop = [s.day for s in now_shown(s for s in order.dates if s.kind == "expected")]
    carriers = [a.expected_at.date() for a in missing if a.expected_at is not None]
    day = max([*shop, *carriers], default=None)
    return day if day is not None and day > right.last_safe_day else None
