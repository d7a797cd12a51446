"""Real processes killed at random moments: no row is lost, no warning is lost, and none comes more than twice.

A few kills in a normal run; KILLS=1000 for all. How many there were, and how often warnings came, is printed (-s -n 0).
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cainiao_server import Cainiao, module
from desktop import NotificationDaemon
from watch import Watch, until

from monitor.adapters.store import Store
from monitor.session import Session
from monitor.warning import warn

KILLS = int(os.environ.get("KILLS", "3"))
_AT_HOME = 8
_TODAY = 1  # days until the day after the last safe one: on that one every order has a message of its own
ORDERS = [f"81900000000{n:05d}" for n in range(KILLS)]


class Phone:
    """Where warnings arrive: a webhook that keeps the text before it answers."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        phone = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                phone.texts.append(f"{said['title']}\n{said['body']}")
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)


@pytest.mark.timeout(60 + 15 * KILLS)
def test_a_check_killed_at_any_moment_loses_nothing_and_repeats_little(tmp_path: Path) -> None:
    dice, phone = random.Random(7), Phone()
    thread = threading.Thread(target=phone.server.serve_forever)
    thread.start()
    address = f"http://127.0.0.1:{phone.server.server_port}/warnings"
    killed = 0
    for home in homes():
        watch = Watch(tmp_path / home[0], f'[notify]\ndesktop = false\nwebhook = "{address}"\n')
        began = time.monotonic()
        assert watch.call("check").returncode == 0
        whole = (
            time.monotonic() - began
        )  # what a check takes on this machine now; none is killed too early or too late
        for count, order in enumerate(home, start=1):
            watch.add(order, days_left=_TODAY)
            with subprocess.Popen(
                watch.command("check"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            ) as process:
                try:
                    process.wait(timeout=dice.uniform(0.2, 1) * whole)
                except subprocess.TimeoutExpired:
                    process.kill()
                    killed += 1
            assert watch.order_ids() == home[:count]
        last = watch.call("check")
        assert last.returncode == 0, last.stderr
        a_quarter_of_an_hour_later(watch)
    phone.server.shutdown()
    phone.server.server_close()
    thread.join()
    assert_told(phone.texts, killed)


@pytest.mark.desktop
@pytest.mark.timeout(60 + 20 * KILLS)
def test_a_daemon_killed_at_any_moment_loses_nothing_and_repeats_little(
    tmp_path: Path, notification_daemon: NotificationDaemon
) -> None:
    """Each time one more order is there, whose parcel is to be asked about and whose warning is due."""
    moved = (datetime.now(UTC) - timedelta(days=1), "SC_OUTBOUND", "Departed from sorting center")
    dice = random.Random(11)
    with Cainiao(**{number_of(order): module(number_of(order), moved) for order in ORDERS}) as cainiao:
        places = f'[carriers.cainiao]\nbase_url = "{cainiao.url}"\n'
        for home in homes():
            watch = Watch(tmp_path / home[0], places)
            whole = seconds_of_a_round(Watch(tmp_path / f"{home[0]}-first", places), notification_daemon)
            for count, order in enumerate(home, start=1):
                watch.add(order, number_of(order), days_left=_TODAY)
                started_and_killed(watch, dice, whole)
                assert watch.order_ids() == home[:count]
            with watch.running(speed=20):  # a warning cut off twice waits a quarter of an hour
                until(lambda: set(home) <= set(told(texts(notification_daemon))))  # noqa: B023 - called here
                until(lambda: answered(watch) == [number_of(order) for order in home])  # noqa: B023
            assert watch.order_ids() == home
    assert_told(texts(notification_daemon), KILLS)


def seconds_of_a_round(watch: Watch, desktop: NotificationDaemon) -> float:
    """From the daemon's start of watching to a warning shown on this machine now: none is killed long after that."""
    before = len(desktop.calls())
    watch.add("8190000000009999")
    with watch.running():
        began = time.monotonic()
        until(lambda: len(desktop.calls()) > before)
        return time.monotonic() - began


def started_and_killed(watch: Watch, dice: random.Random, whole: float) -> None:
    with watch.start() as process:
        if dice.random() < 0.8:  # else it may be killed while it starts
            until(lambda: watch.watches() or process.poll() is not None)
        try:
            code = process.wait(timeout=dice.uniform(0, 2) * whole)
        except subprocess.TimeoutExpired:
            process.kill()
        else:
            pytest.fail(f"ended by itself with {code}: {watch.said.read_text()}")


def a_quarter_of_an_hour_later(watch: Watch) -> None:
    """What was twice killed while it was handed over has come now, too."""
    session = Session(watch.config, watch.data, clock=lambda: datetime.now(UTC) + timedelta(minutes=16))
    with closing(session.store) as store:
        warn(session, store)


def homes() -> list[list[str]]:
    """The orders by the folder they are watched in: judging a thousand takes longer than a process has to live."""
    return [ORDERS[start : start + _AT_HOME] for start in range(0, KILLS, _AT_HOME)]


def number_of(order: str) -> str:
    return f"LP007{int(order[-5:]):011d}"


def texts(desktop: NotificationDaemon) -> list[str]:
    return [f"{title}\n{body}" for _, title, body in desktop.calls()]


def told(received: Sequence[str]) -> Counter[str]:
    """How many messages told of each order's last safe day."""
    return Counter(order for order in ORDERS for text in received if f"..{order[-8:]}: last safe day" in text)


def answered(watch: Watch) -> list[str]:
    """The parcels whose carrier has given an answer that is stored."""
    with closing(Store(watch.store_path)) as store:
        parcels = [parcel for order in store.orders() for parcel in order.parcels]
    return sorted(p.number for p in parcels if any(leg.events for leg in p.legs))


def assert_told(received: Sequence[str], kills: int) -> None:
    times = told(received)
    print(f"{kills} kills, {len(ORDERS)} orders, told at most {max(times.values())} times")  # noqa: T201
    assert set(times) == set(ORDERS), f"{set(ORDERS) - set(times)} never arrived"
    assert max(times.values()) <= 2, times
