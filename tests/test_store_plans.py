"""What is written of one order or number costs the same however many there are: SQLite looks none of them through."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest
from builders import NOW, day

from monitor.adapters.store import Decision, Store
from monitor.model import Leg
from monitor.rules.notices import Notice
from scrapers.base import TrackingReport
from scrapers.orders import OrderRecord, ShopParcel

ORDER, NUMBER = "8190000000000017", "LP00700000000017"
LAST = date(2026, 12, 24)
NOTICE = Notice("protection_end", "protection_end/2026-12-24/14", LAST, 14, "14 days left", "…", 14)


def judged(store: Store) -> None:
    store.decide([Decision(1, [NOTICE], {("cainiao", NUMBER): NOW})], ["desktop"], NOW)


def heard(store: Store) -> None:
    store.record("cainiao", [TrackingReport(NUMBER, "ok")], {}, NOW + timedelta(hours=1))


def handed_over(store: Store) -> None:
    (due,) = store.due_deliveries(["desktop"])
    store.offered([due.notice.id], "desktop", NOW)
    store.taken([due.notice.id], "desktop", NOW)
    store.failing(4)


@pytest.mark.parametrize(
    ("act", "looked_through"),
    [(judged, set()), (heard, set()), (handed_over, {"n"})],  # n: all warnings, for those that may go out
    ids=["judged", "heard", "handed over"],
)
def test_no_table_is_looked_through(
    tmp_path: Path, act: Callable[[Store], None], looked_through: set[str]
) -> None:
    place = tmp_path / "store.sqlite3"
    with closing(Store(place)) as store:
        store.save([OrderRecord(ORDER, "manual", placed_on=day(-30), parcels=(ShopParcel(NUMBER),))], NOW)
        store.link({store.orders()[0].parcels[0].id: [Leg("cainiao", NUMBER)]})
        judged(store)
        said: list[str] = []
        connection = store._database._connection  # type: ignore[attr-defined]
        connection.set_trace_callback(said.append)
        act(store)
        connection.set_trace_callback(None)
    with closing(sqlite3.connect(place)) as db:
        plans = [row[3] for words in said for row in db.execute(f"EXPLAIN QUERY PLAN {words}")]
    scanned = {plan.split()[1] for plan in plans if plan.startswith("SCAN")}
    assert scanned - {"CONSTANT"} == looked_through
