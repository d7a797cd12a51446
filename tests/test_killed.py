"""A real `check`, killed at random moments: no row is lost, no warning is lost, and none comes more than twice.

A dozen kills in a normal run; KILLS=1000 for all.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from monitor.adapters.store import Store
from scrapers.orders import OrderRecord, ShownDate

KILLS = int(os.environ.get("KILLS", "12"))


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


def add_order(store: Path, number: str) -> None:
    now = datetime.now(UTC)
    record = OrderRecord(
        number, "manual", "aliexpress", placed_on=now.date() - timedelta(days=3), order_state="shipped",
        dates=(ShownDate("protection_end", now.date() + timedelta(days=11), "page", "order detail"),),
    )  # fmt: skip
    opened = Store(store)
    opened.save([record], now)
    opened.close()


@pytest.mark.timeout(60 + 15 * KILLS)
def test_kill_dash_nine_at_any_moment_loses_nothing_and_repeats_little(tmp_path: Path) -> None:
    dice, phone, store = random.Random(7), Phone(), tmp_path / "data" / "parcelwarden.sqlite3"
    thread = threading.Thread(target=phone.server.serve_forever)
    thread.start()
    config = tmp_path / "config.toml"
    config.write_text(
        f'[notify]\ndesktop = false\nwebhook = "http://127.0.0.1:{phone.server.server_port}/warnings"\n'
    )
    command = [
        sys.executable, "-m", "monitor", "--config", str(config), "--data-dir", str(store.parent), "check",
    ]  # fmt: skip
    numbers = [f"81900000000{n:05d}" for n in range(KILLS)]
    killed = 0
    for number in numbers:
        add_order(store, number)
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                process.wait(timeout=dice.uniform(0.2, 1.5))
            except subprocess.TimeoutExpired:
                process.kill()
                killed += 1
    last = subprocess.run(command, capture_output=True, text=True, timeout=60)
    phone.server.shutdown()
    phone.server.server_close()
    thread.join()
    assert last.returncode == 0, last.stderr
    opened = Store(store)
    assert opened.damage() == ""
    assert sorted(o.order_id for o in opened.orders()) == numbers
    assert all(o.dates for o in opened.orders())
    opened.close()
    told = Counter(
        number for number in numbers for text in phone.texts if f"Order ..{number[-4:]}: last" in text
    )
    assert set(told) == set(numbers), f"{set(numbers) - set(told)} never arrived ({killed} kills)"
    assert max(told.values()) <= 2, told
