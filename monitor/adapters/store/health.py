"""How the carriers are doing: what each answered last about all the numbers it was asked for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from monitor.adapters.store import columns as col
from monitor.adapters.store.connection import Connection


@dataclass(frozen=True, slots=True)
class CarrierHealth:
    """One carrier that was asked. `outcomes` counts numbers by their newest answer."""

    carrier: str
    last_attempt_at: datetime | None
    last_good_at: datetime | None
    outcomes: Counter[str] = field(default_factory=Counter)


def of_carriers(db: Connection) -> dict[str, CarrierHealth]:
    """Carrier -> its health, only those that were asked at least once."""
    found: dict[str, CarrierHealth] = {}
    rows = db.execute(
        "SELECT carrier, last_outcome, COUNT(*) AS numbers, MAX(MAX(last_attempt_at)) OVER same AS attempt,"
        " MAX(MAX(last_good_at)) OVER same AS good FROM looks WHERE last_attempt_at IS NOT NULL AND carrier <> 'shop'"
        " GROUP BY carrier, last_outcome WINDOW same AS (PARTITION BY carrier) ORDER BY carrier"
    ).fetchall()
    for row in rows:
        health = found.setdefault(
            row["carrier"],
            CarrierHealth(row["carrier"], col.instant(row["attempt"]), col.instant(row["good"])),
        )
        health.outcomes[row["last_outcome"]] = int(row["numbers"])
    return found
