"""The log of questions to carriers does not grow for ever: what no case can want any more goes, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from builders import NOW, day, scan
from watch import Watch, until

from monitor import upkeep
from monitor.adapters.store import Server, Store
from monitor.model import Leg
from monitor.rules.clock import Tick
from monitor.session import Session
from scrapers.base import TrackingReport
from scrapers.orders import OrderRecord, ShopParcel

NUMBERS = [f"LP007000000000{n:02d}" for n in range(5)]
AGES = (500, 401, 399, 0)


@dataclass
class At(Session):
    """A session whose store is at a place of the test's."""

    place_of_store: Path | Server = Path()

    def new_store(self) -> Store:
        return Store(self.place_of_store)


@pytest.fixture
def store(store_place: Path | Server) -> Iterator[Store]:
    with closing(Store(store_place)) as opened:
        fill(opened, NOW)
        yield opened


def fill(store: Store, now: datetime) -> None:
    """Five orders asked about together, four times."""
    for number in NUMBERS:
        record = OrderRecord(
            f"81900000000000{number[-2:]}", "manual", placed_on=day(-600), parcels=(ShopParcel(number),)
        )
        store.save([record], now)
    for order in store.orders():
        store.link({order.parcels[0].id: [Leg("cainiao", order.parcels[0].number)]})
    for age in AGES:
        reports = [TrackingReport(number, "ok", events=(scan(499, "InTransit"),)) for number in NUMBERS]
        store.record("cainiao", reports, {}, now - timedelta(days=age))


@pytest.fixture
def session(store_place: Path | Server, tmp_path: Path) -> At:
    (tmp_path / "config.toml").write_text("[notify]\ndesktop = false\n")
    return At(tmp_path / "config.toml", tmp_path / "data", clock=lambda: NOW, place_of_store=store_place)


def ages(store: Store, now: datetime = NOW) -> list[list[int]]:
    """How many days ago each order's carriers were asked, by what its evidence is made of."""
    return [[(now - attempt.at).days for attempt in store.attempts(order)] for order in store.orders()]


def clear(session: Session, stop: threading.Event | None = None) -> None:
    session.upkeep.forget_old(session, stop or threading.Event(), lambda _: None)


@pytest.mark.parametrize("part", [1, 2, 500])
def test_only_questions_older_than_any_case_are_forgotten(
    store: Store, session: At, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    monkeypatch.setattr(upkeep, "_PART", part)
    monkeypatch.setattr(upkeep, "_LET_OTHERS_IN", 0)
    store.tick(Tick(NOW, 0))
    before = store.orders()
    clear(session)
    assert ages(store) == [[399, 0]] * 5
    assert store.answers_since(NOW - timedelta(days=900))["cainiao"].total() == 10
    assert len(store.diary("asked", 99)) == 10
    assert store.orders() == before, "no scan and no condition hangs on it"
    assert store.newest_answer(NOW - timedelta(days=400)) == 0


def test_a_clock_a_year_ahead_costs_nothing_until_others_confirm_it(store: Store, session: At) -> None:
    ahead = NOW + timedelta(days=366)
    session.clock = lambda: ahead
    clear(session)  # nobody has looked at the clock yet
    store.tick(Tick(NOW, 0))
    store.tick(Tick(ahead, 30))
    clear(session)
    assert ages(store) == [[399, 0]] * 5, "by the clock of before"
    store.heard_clocks({"a.test": timedelta(), "b.test": timedelta()}, ahead)
    clear(session)
    assert ages(store) == [[399, 0]] * 5, "once a day is enough"
    later = ahead + timedelta(days=1)
    session.clock = lambda: later
    clear(session)
    assert ages(store) == [[0]] * 5


def test_told_to_stop_it_goes_on_with_the_rest_next_time(
    store: Store, session: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "_PART", 2)
    store.tick(Tick(NOW, 0))
    stop = threading.Event()
    stop.set()
    clear(session, stop)
    assert sorted(map(len, ages(store))) == [2, 2, 4, 4, 4]
    clear(session)
    assert ages(store) == [[399, 0]] * 5


def test_run_clears_up_after_the_backup_of_the_day(tmp_path: Path) -> None:
    watch, now = Watch(tmp_path), datetime.now(UTC)
    with closing(Store(watch.store_path)) as store:
        fill(store, now)

    def known() -> list[list[int]]:
        with closing(Store(watch.store_path)) as store:
            return ages(store, now)

    assert known() == [[500, 401, 399, 0]] * 5
    with watch.running():
        until(lambda: known() == [[399, 0]] * 5)
    (backup,) = (watch.data / "backups").glob("parcelwarden-*.sqlite3")
    with closing(Store(backup)) as kept:
        assert ages(kept, now) == [[500, 401, 399, 0]] * 5
