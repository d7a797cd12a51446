"""Requests, CPU, storage and cost a day for 10 thousand to 10 million parcels: `python -m benchmarks.simulation`.

What a parcel costs is measured here on a store of a few thousand (CPU seconds of this process, so that other load
does not count); what a day asks follows from the intervals of the rules and the carriers' politeness. Nothing is sent.
"""

from __future__ import annotations

import tempfile
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.adapters.fetch import LEAST_PAUSE
from monitor.adapters.store import Store
from monitor.config import Config
from monitor.judging import decide_changed, decide_touched
from monitor.model import Leg
from monitor.rules.schedule import Intervals
from scrapers import carriers
from scrapers.base import Status, TrackingEvent, TrackingReport
from scrapers.orders import OrderRecord, ShopParcel

PARCELS = 2000
SCANS = 7
AGAIN = 20
ALONE = 2000
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
DAY = 86_400
# Of 100 parcels under way, so many are quiet, moving, and near a delivery or a deadline; and so many days are watched.
SHARES = {"quiet": 60, "moving": 30, "close": 10}
WATCHED_DAYS = 45
# Of 100 parcels Cainiao alone sees so many; of the others a last-mile carrier is asked, too, one number a request.
ONLY_CAINIAO = 60
# Seconds of a request to a carrier far away, besides the pause after it.
ANSWERS_IN = 1.0
# Rented by the month, in euros: a core of a small machine, and a gigabyte of its disk.
CORE, GIGABYTE = 4.0, 0.05


@dataclass(frozen=True)
class Measured:
    """CPU seconds and bytes of one parcel."""

    first: float
    unchanged: float
    judged: float
    stored: float
    kept: float  # bytes of one more unchanged answer, of a hundred to one question
    kept_alone: float  # the same of the only answer to a question


def measure() -> Measured:
    """What one parcel costs, on a store in a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "parcels.sqlite3"
        store, config = Store(path), Config()
        numbers = [f"LP{n:014d}" for n in range(PARCELS)]
        _fill(store, numbers)
        answers = [TrackingReport(n, "ok", events=_scans(), destination_country="DE") for n in numbers]
        first = _cpu(lambda: _record(store, answers, NOW))
        full = path.stat().st_size
        decide_changed(store, config, [], NOW)
        later = NOW + timedelta(minutes=10)
        unchanged = _cpu(lambda: [_record(store, answers, later) for _ in range(AGAIN)]) / AGAIN
        kept = (path.stat().st_size - full) / AGAIN
        judged = _cpu(lambda: decide_touched(store, config, [], later))
        before = path.stat().st_size
        for n in range(ALONE):
            _record(store, answers[n % PARCELS : n % PARCELS + 1], later)
        alone = (path.stat().st_size - before) / ALONE
        store.close()
        return Measured(*(x / PARCELS for x in (first, unchanged, judged, full, kept)), kept_alone=alone)


def memory(count: int) -> int:
    """The most Python holds, in bytes, while all orders of a store are judged."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "parcels.sqlite3")
        numbers = [f"LP{n:014d}" for n in range(count)]
        _fill(store, numbers)
        _record(store, [TrackingReport(n, "ok", events=_scans()) for n in numbers], NOW)
        tracemalloc.start()
        decide_changed(store, Config(), [], NOW)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        store.close()
    return most


def looks_a_day() -> float:
    """How often a parcel is looked at in a day, by its carriers' intervals."""
    every = Intervals()
    hours = {"quiet": every.quiet, "moving": every.moving, "close": every.close}
    return sum(share / 100 * (timedelta(days=1) / hours[kind]) for kind, share in SHARES.items())


def at_most(carrier: str) -> float:
    """How many numbers one carrier can be asked about in a day, one request at a time with the pause between."""
    return carriers.get(carrier).batch * DAY / (LEAST_PAUSE * 1.1 + ANSWERS_IN)


def row(parcels: int, cost: Measured) -> str:
    """One line of the table."""
    looks = parcels * looks_a_day()
    others = looks * (100 - ONLY_CAINIAO) / 100
    answers = looks + others
    requests = looks / carriers.get("cainiao").batch + others
    cpu = answers * cost.unchanged + (answers + 24 * parcels) * cost.judged
    stored = parcels * cost.stored + WATCHED_DAYS * (looks * cost.kept + others * cost.kept_alone)
    cores = cpu / DAY
    money = cores * CORE + stored / 1e9 * GIGABYTE
    return (
        f"| {parcels:,} | {looks:,.0f} | {requests:,.0f} | {looks / at_most('cainiao'):.0%}"
        f" | {others / at_most('4px'):,.1f} | {cores:,.2f} | {stored / 1e9:,.1f} GB | {money:,.0f} EUR |"
    )


def main() -> None:
    cost = measure()
    print(
        f"CPU a parcel: {cost.first * 1e6:.0f} us for a first answer with {SCANS} scans, {cost.unchanged * 1e6:.0f} us"
        f" for an unchanged one, {cost.judged * 1e6:.0f} us to judge. Bytes: {cost.stored:.0f}, and {cost.kept:.0f}"
        f" for each more answer of a hundred, {cost.kept_alone:.0f} for one alone.\n"
        f"Memory while all are judged: {memory(500) / 1e6:.1f} MB for 500 orders, {memory(4000) / 1e6:.1f} MB"
        " for 4,000.\n\n"
        "| parcels | looks a day | requests a day | of what Cainiao's host allows | carriers of one number a request,"
        " fully busy | cores | storage | cost a month |\n|---|---|---|---|---|---|---|---|"
    )
    for parcels in SIZES:
        print(row(parcels, cost))


def _fill(store: Store, numbers: list[str]) -> None:
    placed = (NOW - timedelta(days=12)).date()
    store.save(
        [
            OrderRecord(f"81{n:014d}", "manual", placed_on=placed, shipped_on=placed, order_state="shipped",
                        destination_country="DE", parcels=(ShopParcel(number),))
            for n, number in enumerate(numbers)
        ],
        NOW,
    )  # fmt: skip
    store.link({p.id: [Leg("cainiao", p.number)] for order in store.orders() for p in order.parcels})


def _record(store: Store, answers: list[TrackingReport], now: datetime) -> None:
    for start in range(0, len(answers), 100):
        store.record("cainiao", answers[start : start + 100], {}, now)


def _scans() -> tuple[TrackingEvent, ...]:
    status = Status("InTransit", "InTransit_002", "GTMS_SC", "origin")
    return tuple(
        TrackingEvent(
            NOW - timedelta(days=9 - n), True, f"Departed from sorting center {n}", "CN", "SC", status
        )
        for n in range(SCANS)
    )


def _cpu(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


if __name__ == "__main__":
    main()
