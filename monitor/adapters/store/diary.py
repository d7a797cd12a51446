"""What the program did, out of what it stored: questions, warnings, deliveries, refusals, orders taken in, clocks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from monitor.adapters.store import attempts
from monitor.adapters.store import columns as col
from monitor.adapters.store.connection import Connection

EntryKind = Literal["asked", "warned", "told", "refused", "added", "date", "clock"]

_KINDS: dict[EntryKind, str] = {
    "asked": "SELECT a.at, k.number AS subject, k.carrier AS who, a.outcome AS what, a.detail"
    f" FROM {attempts.ASKED}",
    "warned": "SELECT n.made_at AS at, COALESCE(o.order_id, '') AS subject, '' AS who, n.title AS what,"
    " n.body AS detail FROM notices n LEFT JOIN orders o ON o.id = n.order_id",
    "told": "SELECT d.taken_at AS at, COALESCE(o.order_id, '') AS subject, d.channel AS who, n.title AS what,"
    " '' AS detail FROM deliveries d JOIN notices n ON n.id = d.notice_id LEFT JOIN orders o ON o.id = n.order_id"
    " WHERE d.taken_at IS NOT NULL",
    "refused": "SELECT r.at, o.order_id AS subject, 'shop' AS who, r.form AS what, r.sentence AS detail"
    " FROM refusals r JOIN orders o ON o.id = r.order_id",
    "added": "SELECT added_at AS at, order_id AS subject, marketplace AS who, '' AS what, title AS detail FROM orders",
    "date": "SELECT d.seen_at AS at, o.order_id AS subject, d.place AS who, d.kind AS what, d.day AS detail"
    " FROM dates d JOIN orders o ON o.id = d.order_id",
    "clock": "SELECT at, '' AS subject, '' AS who, kind AS what, seconds AS detail FROM clock_events",
}
KINDS: tuple[EntryKind, ...] = tuple(_KINDS)


@dataclass(frozen=True, slots=True)
class DiaryEntry:
    """One thing done. `subject` is the order or number it was about; `who` the carrier, channel, shop or place."""

    kind: EntryKind
    at: datetime
    subject: str
    who: str
    what: str
    detail: str


def newest(db: Connection, kind: EntryKind | None, most: int) -> list[DiaryEntry]:
    """The newest entries of one kind, or of all, newest first."""
    kinds = [kind] if kind else KINDS
    found = []
    for one in kinds:
        rows = db.execute(f"SELECT * FROM ({_KINDS[one]}) AS entries ORDER BY at DESC LIMIT ?", (most,))
        found += [
            DiaryEntry(one, _at(r["at"]), r["subject"], r["who"], r["what"], str(r["detail"])) for r in rows
        ]
    return sorted(found, key=lambda entry: entry.at, reverse=True)[:most]


def _at(kept: int | str) -> datetime:
    return col.moment(kept) if isinstance(kept, int) else datetime.fromisoformat(kept)
