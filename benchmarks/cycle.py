"""A thousand parcels asked about and stored, from the question to the database, and what the daemon weighs after it.

The carriers are pretend ones on 127.0.0.1 in a process of their own. Of the wall time the best of a few turns. The
limit is raw sockets, json and SQLite by hand: one request a hundred numbers, one transaction an answer.
"""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from benchmarks import peers, turns
from benchmarks.pretend import Served, cainiao_number, four_px_number, serving
from benchmarks.table import Row
from monitor.model import Leg
from monitor.poll import poll, take
from monitor.session import Session
from scrapers import carriers
from scrapers.orders import OrderRecord, ShopParcel

COUNT = 1000
SLOW = 0.2
NO_PEER = "no peer on PyPI or npm asks Cainiao's tracking page"
_TRACK4PX = """
import json, sys, time
from concurrent.futures import ThreadPoolExecutor
from track4px import Track4PX
url, numbers = json.load(sys.stdin)
Track4PX.SEARCH = url
started = time.perf_counter()
with ThreadPoolExecutor(10) as pool:
    found = list(pool.map(lambda number: Track4PX().tracking(number, wrap=True), numbers))
print(time.perf_counter() - started)
assert len(found) == len(numbers)
"""


def rows() -> Iterator[Row]:
    with serving(COUNT) as server:
        before = server.asked()
        _asked(server, "cainiao", cainiao_number)
        yield Row(f"requests for {COUNT} Cainiao parcels", "requests", server.asked() - before, None, 10, bound=10,
                  note=NO_PEER)  # fmt: skip
        ours, (limit,) = turns.best(
            min,
            lambda: _asked(server, "cainiao", cainiao_number),
            lambda: _by_hand(server, connections=1),
        )
        yield Row(
            f"{COUNT} Cainiao parcels fetched and stored", "s", ours, None, limit, of_limit=2.5, note=NO_PEER
        )
        polled, _ = turns.best(min, lambda: _polled(server, "cainiao", cainiao_number))
        yield Row(
            "the same as a whole poll",
            "s",
            polled,
            None,
            limit,
            note="orders judged for further carriers, twice",
        )
        yield _four_px(server)
        yield from _memory(server)
    with serving(COUNT, SLOW) as server:
        ours, (limit,) = turns.best(
            min,
            lambda: _asked(server, "cainiao", cainiao_number, connections=4),
            lambda: _by_hand(server, connections=4),
        )
        yield Row(f"the same at {SLOW * 1000:.0f} ms an answer", "s", ours, None, limit, of_limit=1.15,
                  note="both over 4 connections; the default, and all there is for hosts of others, is 1")  # fmt: skip


def _four_px(server: Served) -> Row:
    url = f"{server.url}/track/v2/front/listTrackV3"
    numbers = [four_px_number(n) for n in range(COUNT)]
    ours, (peer,) = turns.best(
        min,
        lambda: _asked(server, "4px", four_px_number, connections=10),
        lambda: peers.ask("track4px", _TRACK4PX, [url, numbers]),
    )
    return Row(f"{COUNT} 4PX numbers, one POST each", "s", ours, peer, None, of_peer=0.8,
               note="both over 10 connections; peer track4px, which stores nothing")  # fmt: skip


def _memory(server: Served) -> Iterator[Row]:
    """The daemon itself once it has asked about all, and once its page was looked at, which it loads only then."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepared(folder, server, "cainiao", cainiao_number)
        before = server.asked()
        words = [
            "-m",
            "monitor",
            "--config",
            str(folder / "config.toml"),
            "--data-dir",
            str(folder / "data"),
            "run",
        ]
        with subprocess.Popen(
            [sys.executable, *words], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        ) as daemon:
            until = time.monotonic() + 120
            while server.asked() < before + COUNT // 100 and time.monotonic() < until:
                time.sleep(0.2)
            time.sleep(5)  # the answers are stored and judged
            unseen = memory(daemon.pid, "VmRSS")
            _look_at_the_page(folder / "data")
            seen = memory(daemon.pid, "VmRSS")
            daemon.send_signal(signal.SIGTERM)
    note = "no peer on PyPI polls as a daemon; the bound is what the issue measured of one"
    yield Row(f"the daemon's memory after {COUNT} parcels", "MiB", unseen, None, None, bound=48, note=note)
    yield Row(
        "the same once its page was looked at", "MiB", seen, None, None, note="the page shows all of them"
    )


def _look_at_the_page(data: Path) -> None:
    """Open the link as a browser does, and read the page it leads to."""
    address, key = (data / "page-address").read_text(), (data / "page-link").read_text()
    browser = build_opener(HTTPCookieProcessor())
    form = Request(f"{address}enter", urlencode({"key": key}).encode(), {"Origin": address.rstrip("/")})
    with browser.open(form) as page:
        assert page.url == address
        page.read()


def memory(process: int | str, what: str) -> float:
    """MiB of a process now (VmRSS), or at most until now (VmHWM)."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split(f"{what}:")[1].split()[0]) / 1024


def prepared(
    folder: Path, server: Served, carrier: str, number: Callable[[int], str], *, connections: int = 1
) -> Session:
    """A fresh store with one order a number, and a configuration that asks the pretend carrier and nobody else."""
    others = "".join(f"[carriers.{name}]\nenabled = false\n" for name in carriers.ids() if name != carrier)
    (folder / "config.toml").write_text(
        f"[polling]\nhost_pause = 0\nhost_connections = {connections}\n[notify]\ndesktop = false\n[web]\nport = 0\n"
        f'[carriers.{carrier}]\nbase_url = "{server.url}"\n{others}'
    )
    session = Session(folder / "config.toml", folder / "data")
    now = datetime.now(UTC)
    session.store.save(
        [
            OrderRecord(f"81900{n:011d}", "manual", placed_on=now.date(), parcels=(ShopParcel(number(n)),))
            for n in range(COUNT)
        ],
        now,
    )
    parcels = [order.parcels[0] for order in session.store.orders()]
    session.store.link({parcel.id: [Leg(carrier, parcel.number)] for parcel in parcels})
    return session


def _asked(server: Served, carrier: str, number: Callable[[int], str], *, connections: int = 1) -> float:
    """Asked, read and stored, as `poll` does it for numbers whose carrier is known."""
    with tempfile.TemporaryDirectory() as name:
        session = prepared(Path(name), server, carrier, number, connections=connections)
        _ = session.trust.modern  # read once a process, be it by a daemon of months
        with session.asker() as asker:
            numbers = {carrier: [number(n) for n in range(COUNT)]}
            started = time.perf_counter()
            heard = 0
            for answer in asker.ask(numbers, lambda _: None, lambda: False):
                take(session.store, answer)
                heard += sum(report.outcome == "ok" for report in answer.reports)
            seconds = time.perf_counter() - started
        session.store.close()
    assert heard == COUNT, heard
    return seconds


def _polled(server: Served, carrier: str, number: Callable[[int], str]) -> float:
    """A whole first poll, with all that looks for further carriers of each order before and after."""
    with tempfile.TemporaryDirectory() as name:
        session = prepared(Path(name), server, carrier, number)
        with session.asker() as asker:
            started = time.perf_counter()
            asked = poll(session.store, asker)
            seconds = time.perf_counter() - started
        session.store.close()
    assert asked.outcomes["ok"] == COUNT, asked
    return seconds


def _by_hand(server: Served, *, connections: int) -> float:
    numbers = [cainiao_number(n) for n in range(COUNT)]
    batches = [",".join(numbers[at : at + 100]) for at in range(0, COUNT, 100)]
    with tempfile.TemporaryDirectory() as name, sqlite3.connect(Path(name) / "limit.sqlite3") as db:
        db.executescript(
            "PRAGMA synchronous = FULL;"
            "CREATE TABLE scans (number, at, zone, code, words, place, UNIQUE (number, at, code))"
        )
        started = time.perf_counter()
        with ThreadPoolExecutor(connections) as pool:
            for body in pool.map(lambda batch: _get(server.port, batch), batches):
                for module in json.loads(body)["module"]:
                    db.executemany(
                        "INSERT OR IGNORE INTO scans VALUES (?, ?, ?, ?, ?, ?)",
                        [
                            (
                                module["mailNo"],
                                s["timeStr"],
                                s["timeZone"],
                                s["actionCode"],
                                s["desc"],
                                s["standerdDesc"],
                            )
                            for s in module["detailList"]
                        ],
                    )
                db.commit()
        return time.perf_counter() - started


def _get(port: int, numbers: str) -> bytes:
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.sendall(f"GET /global/detail.json?mailNos={numbers} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        came = b""
        while b"\r\n\r\n" not in came:
            came += link.recv(1 << 20)
        head, _, body = came.partition(b"\r\n\r\n")
        size = int(head.rpartition(b"Content-Length: ")[2])
        parts, have = [body], len(body)
        while have < size:
            parts.append(link.recv(1 << 20))
            have += len(parts[-1])
        return b"".join(parts)
