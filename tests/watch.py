"""A user's folder with real commands in it: `run` as a process of its own, orders put into the store beside it."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.adapters.store import Store
from scrapers.orders import OrderRecord, ShopParcel, ShownDate

SPED_UP = Path(__file__).with_name("sped_up.py")


class Watch:
    """One user's config, data folder and store. `more` is TOML beside the defaults; nobody is asked but 127.0.0.1."""

    def __init__(self, folder: Path, more: str = "[notify]\ndesktop = false\n") -> None:
        self.folder, self.data = folder, folder / "data"
        self.config, self.said = folder / "config.toml", folder / "run.err"
        self.store_path = self.data / "parcelwarden.sqlite3"
        folder.mkdir(parents=True, exist_ok=True)
        self.config.write_text(f"[polling]\nhost_pause = 0\n[web]\nenabled = false\n{more}")

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "monitor", *self._places(), *words]

    def call(self, *words: str, seconds: float = 110) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(*words), capture_output=True, text=True, timeout=seconds)

    def start(self, *, speed: float = 1) -> subprocess.Popen[bytes]:
        """A `run` under way, in which time passes so many times faster; what it says goes to `said`."""
        faster = [sys.executable, str(SPED_UP), str(self.config), str(self.data), str(speed)]
        start = self.command("run") if speed == 1 else faster
        with self.said.open("wb") as said:
            return subprocess.Popen(start, stdout=subprocess.DEVNULL, stderr=said)

    @contextlib.contextmanager
    def running(self, *, speed: float = 1) -> Iterator[subprocess.Popen[bytes]]:
        """A `run` that watches already, and ends clean after the block."""
        with self.start(speed=speed) as process:
            try:
                until(lambda: self.watches() or process.poll() is not None)
                assert process.poll() is None, self.said.read_text()
                yield process
                process.send_signal(signal.SIGTERM)
                assert process.wait(timeout=60) == 0, self.said.read_text()
            finally:
                process.kill()

    def watches(self) -> bool:
        return "Watching" in self.said.read_text()

    def add(self, order_id: str, *numbers: str, days_left: int = 11) -> None:
        """Put one order into the store, whose protection ends in some days."""
        now = datetime.now(UTC)
        placed, end = now.date() - timedelta(days=30), now.date() + timedelta(days=days_left)
        record = OrderRecord(
            order_id, "manual", "aliexpress", placed_on=placed, shipped_on=placed, order_state="shipped",
            dates=(ShownDate("protection_end", end, "page", "order detail"),),
            parcels=tuple(ShopParcel(number) for number in numbers),
        )  # fmt: skip
        with closing(Store(self.store_path)) as store:
            store.save([record], now)

    def order_ids(self) -> list[str]:
        with closing(Store(self.store_path)) as store:
            assert store.damage() == ""
            return sorted(order.order_id for order in store.orders())

    def _places(self) -> Sequence[str]:
        return ("--config", str(self.config), "--data-dir", str(self.data))


def until_gone(pid: int) -> None:
    """Wait for the end of a process that was killed: on a busy machine it takes a moment. Linux only."""

    def is_gone() -> bool:
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        return True

    until(is_gone)


def until(holds: Callable[[], object], seconds: float = 100) -> None:
    """Wait for a condition; AssertionError when it never comes to hold."""
    patience, given_up = threading.Event(), time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < given_up, "it never came to hold"
        patience.wait(0.02)
