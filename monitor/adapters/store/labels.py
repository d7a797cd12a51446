"""Texts no rule understands: which were met, and what the user says they mean."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.adapters.store.connection import Connection
from scrapers.base import Status

Labels = Mapping[tuple[str, str], Status]


def put(db: Connection, text: str, carrier: str, tag: str, subtag: str) -> None:
    """Remember what the user says a text means; a second word about it replaces the first."""
    db.execute(
        "INSERT INTO labels (text, carrier, tag, subtag) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (text, carrier) DO UPDATE SET tag = excluded.tag, subtag = excluded.subtag",
        (text, carrier, tag, subtag),
    )


def every(db: Connection) -> Labels:
    """All labels by (text, carrier), carrier "" for whoever writes it."""
    rows = db.execute("SELECT * FROM labels")
    return {(r["text"], r["carrier"]): Status(r["tag"], r["subtag"], "your label") for r in rows}


def read(labels: Labels, status: Status, text: str, carrier: str) -> Status:
    """The status itself where a rule understood the text, else the user's label for it if there is one."""
    if status.tag != "Unknown":
        return status
    return labels.get((text, carrier)) or labels.get((text, "")) or status


def not_understood(db: Connection) -> dict[str, list[str]]:
    """Carrier -> its texts met so far that neither a rule nor a label understands."""
    rows = db.execute(
        "SELECT DISTINCT k.carrier, w.text FROM scans s JOIN looks k ON k.id = s.look_id"
        " JOIN meanings m ON m.id = s.meaning JOIN texts w ON w.id = m.words WHERE m.tag = 'Unknown' AND NOT EXISTS"
        " (SELECT 1 FROM labels b WHERE b.text = w.text AND b.carrier IN ('', k.carrier)) ORDER BY 1, 2"
    )
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["carrier"], []).append(row["text"])
    return found
