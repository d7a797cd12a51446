"""Orders as a CSV table: the columns of the import template first, then how each order is judged.

Titles and names are a shop's words. A spreadsheet would run those that begin like a formula, so they are kept from it
by an apostrophe; quotation marks alone do not help.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable
from datetime import date

from monitor.order_rows import EXPORT_ONLY, FIELDS
from monitor.rules.moved import now_shown
from monitor.rules.verdict import Verdict

_COLUMNS = (*(name for name in FIELDS if name != "expected_on"), *EXPORT_ONLY)
_FORMULA_SIGNS = frozenset("=+-@|%＝＋－＠")


def table(verdicts: Iterable[Verdict]) -> str:
    """The whole table with its head line (RFC 4180)."""
    rows = [_row(verdict) for verdict in verdicts]
    out = io.StringIO()
    writer = csv.DictWriter(out, _COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def plain(text: str) -> str:
    """A text as a cell that no spreadsheet takes for a formula, on one line."""
    line = "".join(" " if unicodedata.category(sign) in ("Cc", "Zl", "Zp") else sign for sign in text)
    seen = next((sign for sign in line if not _unseen(sign)), "")
    return f"'{line}" if seen in _FORMULA_SIGNS and seen else line


def _unseen(sign: str) -> bool:
    return sign.isspace() or unicodedata.category(sign) == "Cf"


def _row(verdict: Verdict) -> dict[str, str]:
    order = verdict.order
    shown = [s.day for s in now_shown(s for s in order.dates if s.kind == "protection_end")]
    upcoming = next((d for d in verdict.deadlines if d.yours and d.days_left >= 0), None)
    texts = {
        "marketplace": order.marketplace,
        "order_id": order.order_id,
        "title": order.title,
        "currency": order.currency,
        "order_state": order.order_state or "",
        "tracking": " ".join(parcel.number for parcel in order.parcels),
        "carrier": next((parcel.carrier for parcel in order.parcels if parcel.carrier), ""),
        "seller": order.seller,
        "destination_country": order.destination_country,
        "payment_method": order.payment_method,
        "conditions": " ".join(a.condition for a in verdict.assessments),
        "action": verdict.advice.action,
        "next_deadline": upcoming.kind if upcoming else "",
        "next_deadline_source": upcoming.source if upcoming else "",
    }
    facts = {
        "amount": f"{order.amount:f}" if order.amount is not None else "",
        "placed_on": _day(order.placed_on),
        "paid_on": _day(order.paid_on),
        "shipped_on": _day(order.shipped_on),
        "completed_on": _day(order.completed_on),
        "protection_until": _day(min(shown, default=None)),
        "received_on": _day(order.received_on),
        "archived_on": _day(order.archived_on),
        "next_last_safe_day": _day(upcoming.last_safe_day if upcoming else None),
        "days_left": str(upcoming.days_left) if upcoming else "",
    }
    return {name: plain(text) for name, text in texts.items()} | facts


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
