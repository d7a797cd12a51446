"""Workers are real processes on a real server: every number is asked once, no host sooner than it may be, and what
a killed worker or a server started anew leaves undone is done by others."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from postgres_server import PostgresServer

from fixtures.carrier_server import Carriers
from fixtures.loopback import Answer, Asked
from fixtures.world import World
from monitor.adapters.politeness import HostLedger
from monitor.adapters.shared_politeness import SharedLedger
from monitor.adapters.store import Store
from monitor.model import Leg
from monitor.session import Session
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
        one.bot_check("a.example:443")
        hold = other.admit("a.example:443").hold
        assert hold is not None
        assert hold.reason == "bot_check"
        assert other.admit("b.example:443").hold is None


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
