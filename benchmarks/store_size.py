"""What a parcel with seven scans takes in the store, and what finding who is due and hearing nothing new cost.

Only the public Store is used. The limits are SQLite by hand: scans with their words kept once, and of an unchanged
answer json, a hash and a look at the one before.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.answers import cainiao_module
from benchmarks.pretend import cainiao_number
from benchmarks.table import Row
from monitor.adapters.store import Store
from monitor.model import Leg
from scrapers import carriers
from scrapers.base import Page, TrackingReport
from scrapers.orders import OrderRecord, ShopParcel

COUNT = 2000
BATCH = 100
NOW = datetime(2026, 11, 29, tzinfo=UTC)


def rows() -> Iterator[Row]:
    modules = [cainiao_module(cainiao_number(n), n) for n in range(COUNT)]
    pages = [
        (
            Page(
                "",
                200,
                "application/json",
                _answer(modules[at : at + BATCH]),
            ),
            [module["mailNo"] for module in modules[at : at + BATCH]],
        )
        for at in range(0, COUNT, BATCH)
    ]
    with tempfile.TemporaryDirectory() as name:
        place = Path(name) / "store.sqlite3"
        store = Store(place)
        _orders(store)
        empty = _size(place)
        hear = carriers.get("cainiao").parse
        for page, numbers in pages:
            store.record("cainiao", hear(page, numbers), {}, NOW)
        full = _size(place)
        most = {"cainiao": 1000}
        later, newest = NOW + timedelta(days=1), store.newest_look()
        due = least(lambda: store.due(most, later, newest), time.perf_counter)
        again = NOW + timedelta(hours=8)

        def unchanged() -> None:
            for page, numbers in pages:
                store.record("cainiao", hear(page, numbers), {}, again)

        seconds = least(unchanged, time.process_time)
        store.close()
    yield Row("a parcel's seven scans in the store", "bytes", (full - empty) / COUNT, None, _by_hand_bytes(modules),
              bound=400)  # fmt: skip
    yield Row(f"the due among {COUNT}, up to 1000 found", "ms", due * 1000, None, None, bound=1,
              note="the whole list")  # fmt: skip
    limit = least(lambda: _heard_by_hand(pages), time.process_time)
    ours, limit = (taken / COUNT * 1e6 for taken in (seconds, limit))
    note = "parsed and recorded"
    yield Row("an answer with nothing new, a parcel", "CPU us", ours, None, limit, of_limit=5, note=note)


def _answer(modules: list[dict[str, object]]) -> bytes:
    return json.dumps({"success": True, "module": modules}).encode()


def _orders(store: Store) -> None:
    store.save(
        [
            OrderRecord(
                f"81900{n:011d}", "manual", placed_on=NOW.date(), parcels=(ShopParcel(cainiao_number(n)),)
            )
            for n in range(COUNT)
        ],
        NOW,
    )
    legs = {order.parcels[0].id: [Leg("cainiao", order.parcels[0].number)] for order in store.orders()}
    store.link(legs)
    # A look at each that knew nothing yet, so that only the scans are counted below.
    unseen = [TrackingReport(cainiao_number(n), "ok") for n in range(COUNT)]
    store.record("cainiao", unseen, {}, NOW - timedelta(days=1))


def _size(place: Path) -> int:
    with sqlite3.connect(place) as db:
        pages = (
            db.execute("PRAGMA page_count").fetchone()[0] - db.execute("PRAGMA freelist_count").fetchone()[0]
        )
        return int(pages * db.execute("PRAGMA page_size").fetchone()[0])


def _by_hand_bytes(modules: list[dict[str, object]]) -> float:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name) / "limit.sqlite3"
        with sqlite3.connect(place) as db:
            db.executescript(
                "CREATE TABLE words (id INTEGER PRIMARY KEY, said UNIQUE);"
                "CREATE TABLE scans (parcel INTEGER, at INTEGER, zone INTEGER, word INTEGER,"
                " PRIMARY KEY (parcel, at, word)) WITHOUT ROWID"
            )
            words: dict[str, int] = {}
            for parcel, module in enumerate(modules):
                for scan in module["detailList"]:  # type: ignore[attr-defined]
                    said = json.dumps([scan["actionCode"], scan["desc"], scan["standerdDesc"]])
                    word = words.setdefault(said, len(words))
                    at = int(datetime.fromisoformat(scan["timeStr"]).replace(tzinfo=UTC).timestamp())
                    db.execute("INSERT OR IGNORE INTO scans VALUES (?, ?, ?, ?)", (parcel, at, 480, word))
            db.executemany("INSERT INTO words VALUES (?, ?)", ((n, said) for said, n in words.items()))
        return _size(place) / COUNT


def _heard_by_hand(pages: list[tuple[Page, list[str]]]) -> None:
    known: dict[str, bytes] = {}
    for page, _ in pages:
        for module in json.loads(page.body)["module"]:
            told = hashlib.blake2b(repr(module["detailList"]).encode(), digest_size=16).digest()
            if known.get(module["mailNo"]) != told:
                known[module["mailNo"]] = told


def least(work: Callable[[], object], clock: Callable[[], float]) -> float:
    taken = []
    for _ in range(5):
        started = clock()
        work()
        taken.append(clock() - started)
    return min(taken)
