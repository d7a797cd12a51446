"""Workers are real processes on a real server: every number is asked once, no host sooner than it may be, and what
a killed worker or a server started anew leaves undone is done by others."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from postgres_server import PostgresServer

from fixtures.carrier_server import Carriers
from fixtures.loopback import Answer, Asked
from fixtures.world import World
from monitor import config as settings
from monitor.adapters import shared_politeness
from monitor.adapters.jobs import Jobs, Life
from monitor.adapters.politeness import HostLedger
from monitor.adapters.shared_politeness import SharedLedger
from monitor.adapters.store import Store
from monitor.judging import decide_touched
from monitor.model import Leg
from monitor.session import Session
from monitor.worker import Pace, _Worker
from scrapers.base import TrackingReport
from scrapers.orders import OrderRecord, ShopParcel

PAUSE = 0.02
LP = [f"LP0070000{n:04d}017"[:16] for n in range(200)]
PX = [f"4PX30000{n:06d}CN" for n in range(100)]
# A plan every moment, and a worker that is gone is known to be so in a second.
PACE = "Pace(0.3, timedelta(seconds=8), ahead=2, looks=0.2, beats=0.4, gone=1.2)"
_WORKER = f"""
import sys
from datetime import timedelta
from pathlib import Path
from monitor.session import Session
from monitor.worker import Pace, _Worker
from monitor.worker import Pace, work
sys.exit(work(Session(Path(sys.argv[1]), Path(sys.argv[2])), {PACE}))
"""


class Host(Carriers):
    """A carrier's host that notes when it was asked about what; it knows no number."""

    def __init__(self) -> None:
        self.heard: list[tuple[float, list[str]]] = []
        super().__init__(World("none", datetime.now(UTC), ()), datetime.now(UTC), 0)

    def answer(self, asked: Asked) -> Answer:
        listed = asked.query.get("mailNos", "")
        numbers = listed.split(",") if listed else json.loads(asked.body)["queryCodes"]
        self.heard.append((time.monotonic(), numbers))
        return super().answer(asked)


@dataclass
class Office:
    """A store of 300 parcels on a server, two carriers, and the workers started."""

    postgres: PostgresServer
    database: str
    folder: Path
    hosts: dict[str, Host] = field(default_factory=dict)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    def store(self) -> Store:
        return Store(self.postgres.server(self.database))

    def furnish(self) -> None:
        carriers = "".join(
            f'[carriers.{name}]\nbase_url = "{host.url}"\n' for name, host in self.hosts.items()
        )
        self.config.write_text(
            f'[store]\nurl = "{self.postgres.url(self.database)}"\n[polling]\nhost_pause = {PAUSE}\njitter = 0\n'
            f"[notify]\ndesktop = false\n{carriers}"
        )
        placed = datetime.now(UTC).date() - timedelta(days=5)
        records = [
            OrderRecord(
                f"819000{n:010d}", "manual", placed_on=placed, shipped_on=placed, order_state="shipped",
                parcels=(ShopParcel(number, carrier_id="4px" if number in PX else "cainiao"),),
            )
            for n, number in enumerate([*LP, *PX])
        ]  # fmt: skip
        with closing(self.store()) as store:
            store.save(records, datetime.now(UTC))

    def start(self) -> subprocess.Popen[bytes]:
        folder = self.folder / f"worker{len(self.workers)}"
        with (self.folder / f"said{len(self.workers)}").open("wb") as said:
            command = [sys.executable, "-c", _WORKER, str(self.config), str(folder)]
            worker = subprocess.Popen(command, stdout=said, stderr=said)
        self.workers.append(worker)
        return worker

    def asked(self) -> Counter[str]:
        return Counter(
            number for host in self.hosts.values() for _, numbers in host.heard for number in numbers
        )

    def until(self, count: int, seconds: float = 90) -> None:
        """Until so many numbers were asked about."""
        end = time.monotonic() + seconds
        while len(self.asked()) < count:
            assert time.monotonic() < end, f"{len(self.asked())} asked; {self.said()}"
            for host in self.hosts.values():
                host.saw(lambda: len(self.asked()) >= count, 0.2)

    def said(self) -> str:
        return "\n".join(path.read_text("utf-8", "replace") for path in sorted(self.folder.glob("said*")))

    def end(self) -> list[int]:
        running = [worker for worker in self.workers if worker.poll() is None]
        for worker in running:
            worker.terminate()
        return [worker.wait(60) for worker in running]

    def answered(self) -> set[str]:
        with closing(self.store()) as store:
            orders = store.orders()
        return {leg.number for o in orders for p in o.parcels for leg in p.legs if leg.last_good_at}

    def closest(self) -> float:
        """The shortest time between two requests to one host, in seconds."""
        gaps = [
            later - before
            for host in self.hosts.values()
            for (before, _), (later, _) in zip(host.heard, host.heard[1:], strict=False)
        ]
        return min(gaps)


@pytest.fixture
def office(postgres: PostgresServer, tmp_path: Path) -> Iterator[Office]:
    office = Office(postgres, postgres.fresh(template="store"), tmp_path)
    with Host() as one, Host() as other:
        office.hosts = {"cainiao": one, "4px": other}
        office.furnish()
        yield office
        for worker in office.workers:
            worker.kill()
            worker.wait()


def test_two_workers_ask_every_number_once_and_no_host_too_soon(office: Office) -> None:
    office.start()
    office.start()
    office.until(300)
    assert office.end() == [0, 0], office.said()
    assert set(office.asked().values()) == {1}
    assert office.answered() == {*LP, *PX}
    assert office.closest() >= PAUSE


def test_a_killed_worker_and_a_server_started_anew_lose_nothing(office: Office) -> None:
    doomed = office.start()
    office.start()
    office.until(215)
    doomed.send_signal(signal.SIGKILL)
    office.until(245)
    office.postgres.stop(signal.SIGINT)
    office.postgres.start()
    office.until(300)
    end = time.monotonic() + 60
    while office.answered() != {*LP, *PX}:
        assert time.monotonic() < end, office.said()
        threading.Event().wait(0.2)
    assert office.end() == [0], office.said()
    # Asked again is what was under way with whom was killed, and at the moment the server went: one of each carrier.
    again = {number for number, times in office.asked().items() if times > 1 and number in PX}
    assert len(again) <= 2
    assert max(office.asked().values()) <= 2
    assert office.closest() >= PAUSE


def test_machines_share_one_hosts_turns_and_holds(postgres: PostgresServer) -> None:
    server = postgres.server(postgres.fresh())
    now = datetime.now(UTC)
    with (
        closing(SharedLedger(server, clock=lambda: now)) as one,
        closing(SharedLedger(server, clock=lambda: now)) as other,
    ):
        assert (one.reserve("a.example:443", 50), 40 < other.reserve("a.example:443", 50) <= 50) == (0, True)
        one.finished("a.example:443", 500)
        assert 400 < other.reserve("a.example:443", 50) <= 500
        one.bot_check("a.example:443")
        hold = other.admit("a.example:443").hold
        assert hold is not None
        assert hold.reason == "bot_check"
        assert other.admit("b.example:443").hold is None


def test_threads_one_after_another_use_one_connection(postgres: PostgresServer) -> None:
    server = postgres.server(postgres.fresh())
    with closing(SharedLedger(server, clock=lambda: datetime.now(UTC))) as ledger:
        for _ in range(20):
            thread = threading.Thread(target=ledger.answered, args=("a.example:443",))
            thread.start()
            thread.join()
        with psycopg.connect(server.url) as db:
            asked = "SELECT COUNT(*) - 1 FROM pg_stat_activity WHERE datname = current_database()"
            assert db.execute(asked).fetchone() == (1,)


def test_a_machine_that_stops_in_the_middle_holds_no_host_up(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(shared_politeness._SETTINGS, "idle_in_transaction_session_timeout", "200ms")
    server = postgres.server(postgres.fresh())
    with (
        closing(SharedLedger(server, clock=lambda: datetime.now(UTC))) as asleep,
        closing(SharedLedger(server, clock=lambda: datetime.now(UTC))) as awake,
        asleep._connection() as db,
    ):
        db.execute("BEGIN")
        db.execute(shared_politeness._LOCK, ("a.example:443",))
        assert awake.reserve("a.example:443", 5) == 0


def test_jobs_under_way_are_not_ended_when_a_sign_of_life_was_not_taken_once(
    postgres: PostgresServer,
) -> None:
    name = postgres.fresh()
    server, life = postgres.server(name), Life(0.1, 0.1, 1.0)
    sign = "procrastinate.procrastinate_update_heartbeat_v1"

    async def silent_for(database: str, seconds: str) -> None:
        asked = "SELECT EXTRACT(EPOCH FROM now() - MAX(last_heartbeat)) {} FROM procrastinate.procrastinate_workers"
        with psycopg.connect(postgres.server(database).url, autocommit=True) as db:
            async with asyncio.timeout(30):
                while db.execute(asked.format(seconds).encode()).fetchone() != (True,):
                    await asyncio.sleep(0.05)

    async def main() -> int:
        began, over = asyncio.Event(), asyncio.Event()

        async def ask(_carrier: str, _numbers: list[str], _lease: datetime) -> None:
            began.set()
            await over.wait()

        ours, others = Jobs(server, ask, life), Jobs(server, ask, life)
        async with ours.opened(), others.opened():
            await ours.put([("cainiao", [LP[0]])], datetime.now(UTC))
            work = asyncio.create_task(ours.work(["cainiao"], 4))
            await began.wait()
            postgres.run(f"ALTER FUNCTION {sign} RENAME TO away", name)
            await silent_for(name, f"> {life.gone}")
            postgres.run(
                "ALTER FUNCTION procrastinate.away RENAME TO procrastinate_update_heartbeat_v1", name
            )
            await silent_for(name, f"< {life.gone / 2}")
            ended = await others.bury() + await ours.bury()
            over.set()
            work.cancel()
            await asyncio.wait([work])
        return ended

    assert asyncio.run(main()) == 0


def test_a_worker_told_to_stop_while_the_server_is_away_ends_when_it_is_back(office: Office) -> None:
    session = Session(office.config, office.folder / "worker")
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    class Back(Jobs):
        @contextlib.asynccontextmanager
        async def opened(self) -> AsyncIterator[None]:
            worker.stopping.set()
            async with super().opened():
                yield

    try:
        with session.asker() as asker:
            worker = _Worker(session, asker, Pace())
            jobs = Back(office.postgres.server(office.database), worker.ask)
            asyncio.run(asyncio.wait_for(worker.run(jobs), 60))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert not office.asked()


def test_what_is_wrong_with_the_server_is_said_once_in_the_stores_words(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of one user that may use the store and make nothing: the queues cannot be made."""
    office.postgres.run("CREATE ROLE narrow LOGIN")
    office.postgres.run(
        "GRANT USAGE ON SCHEMA parcelwarden TO narrow; GRANT ALL ON ALL TABLES IN SCHEMA parcelwarden TO narrow",
        office.database,
    )
    url = office.postgres.url(office.database, "narrow")
    office.config.write_text(f'[store]\nurl = "{url}"\n')
    session = Session(office.config, office.folder / "worker")
    refused = 0

    class Counted(Jobs):
        @contextlib.asynccontextmanager
        async def opened(self) -> AsyncIterator[None]:
            nonlocal refused
            refused += 1
            if refused == 3:
                worker.stopping.set()
            async with super().opened():
                yield

    with session.asker() as asker:
        worker = _Worker(session, asker, Pace(plan=0.01))
        asyncio.run(worker.run(Counted(office.postgres.server(office.database, "narrow"), worker.ask)))
    said = capsys.readouterr().err
    assert refused == 3
    assert said.count("has not the rights for its store") == 1
    assert "procrastinate must be the user's" in said


def test_a_number_somebody_is_asking_about_stays_theirs_when_its_order_is_judged(
    postgres: PostgresServer,
) -> None:
    now = datetime.now(UTC)
    before, lease = now - timedelta(days=3), now + timedelta(minutes=15)
    config = settings.load(None)
    with closing(Store(postgres.server(postgres.fresh(template="store")))) as store:
        order = OrderRecord(
            "8190000000000017", "manual", placed_on=before.date(), parcels=(ShopParcel(LP[0]),)
        )
        store.save([order], before)
        (kept,) = store.orders()
        store.link({kept.parcels[0].id: [Leg("cainiao", LP[0])]})
        store.record("cainiao", [TrackingReport(LP[0], "not_found")], {}, before, {})
        decide_touched(store, config, [], before)
        newest = store.newest_look()
        assert store.take_due({"cainiao": 9}, now, newest, lease) == {"cainiao": [LP[0]]}
        store.save([replace(order, title="Lamp")], now)  # as an answer about its other number would do
        assert decide_touched(store, config, [], now) == 1
        assert store.take_due({"cainiao": 9}, now, newest, lease) == {}
        assert store.claim("cainiao", [LP[0]], lease, lease) == [LP[0]]


def test_a_store_alone_has_its_ledger_in_the_data_folder(tmp_path: Path) -> None:
    assert type(Session(None, tmp_path)._ledger()) is HostLedger


def test_a_planned_number_is_nobody_elses_until_its_lease_lapses(postgres: PostgresServer) -> None:
    now = datetime.now(UTC)
    lease, later = now + timedelta(minutes=15), now + timedelta(minutes=16)
    with closing(Store(postgres.server(postgres.fresh(template="store")))) as store:
        store.save([OrderRecord("8190000000000017", "manual", parcels=(ShopParcel(LP[0]),))], now)
        (order,) = store.orders()
        store.link({order.parcels[0].id: [Leg("cainiao", LP[0])]})
        newest = store.newest_look()
        assert store.take_due({"cainiao": 9}, now, newest, lease) == {"cainiao": [LP[0]]}
        assert store.take_due({"cainiao": 9}, now, newest, lease) == {}
        assert store.claim("cainiao", [LP[0]], lease, later) == [LP[0]]
        assert store.claim("cainiao", [LP[0]], lease, later) == []  # a question put twice is asked once
        assert store.take_due({"cainiao": 9}, later, newest, later + timedelta(minutes=15)) == {
            "cainiao": [LP[0]]
        }


def test_without_a_server_one_sentence_says_what_a_worker_needs(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "monitor", "--data-dir", str(tmp_path), "worker"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 2
    assert "A worker needs a store on a PostgreSQL server" in said.stderr
    assert "Traceback" not in said.stderr
