"""A week of `run` in an hour or less: the real daemon against pretend carriers, with its days sped up.

Run from the project's folder: python benchmarks/week.py [SPEED [DAYS]], 168 and 7 when left out: a week in an hour.
Prints memory (RSS) and open files of the daemon in its second and in its last seventh of the time, as medians of
hourly looks; exits with 1 when memory grew by 5 MiB or more, or files by 2. Linux only: it reads /proc.
"""

from __future__ import annotations

import contextlib
import json
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

from fixtures import world as worlds  # noqa: E402 - the paths must be known first
from fixtures.carrier_server import FAULTS, Carriers, start_carriers  # noqa: E402
from fixtures.loopback import Answer, Asked, LoopbackServer  # noqa: E402
from scrapers import carriers as known  # noqa: E402

GROWTH_MIB = 5.0
GROWTH_FILES = 2
START_SECONDS = 15
ASKED = ("cainiao", "4px", "la_poste")
SCENARIOS = ("demo", "traps", "stalls")
DAEMON = ROOT / "tests" / "sped_up.py"


@dataclass
class Seen:
    """What was seen of the daemon, a sample each hour of its own time."""

    hours: list[float] = field(default_factory=list)
    kib: list[int] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    warnings: int = 0

    def sample(self, pid: int, hour: float) -> None:
        status = Path(f"/proc/{pid}/status").read_text()
        self.hours.append(hour)
        self.kib.append(int(status.split("VmRSS:")[1].split()[0]))
        self.files.append(sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir()))


def main() -> int:
    speed = float(sys.argv[1]) if len(sys.argv) > 1 else 168.0
    days = float(sys.argv[2]) if len(sys.argv) > 2 else 7.0
    seen = Seen()
    # Until then the clock stands, for the daemon's metronome beats in real time from the moment its clock shows.
    began = time.time() + START_SECONDS
    start = datetime.fromtimestamp(began, UTC)
    with tempfile.TemporaryDirectory(prefix="parcelwarden-week-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        # The world as it will be in the end: scans come in all the time.
        told = [worlds.load(scenario, start + timedelta(days=days)) for scenario in SCENARIOS]
        world = worlds.World(
            "week",
            told[0].now,
            tuple(order for w in told for order in w.orders if order.placed_on < start.date()),
        )
        carriers = stack.enter_context(start_carriers(world, now=start))
        config = _write_config(folder, carriers.url, stack.enter_context(Phone(seen)).url)
        _import(folder, config, world)
        daemon = stack.enter_context(_daemon(folder, config, speed, began))
        _watch(daemon, carriers, seen, start, speed, days)
        asked = len(carriers.requests)
    return _judged(seen, asked, speed, days)


def _watch(
    daemon: subprocess.Popen[bytes],
    carriers: Carriers,
    seen: Seen,
    start: datetime,
    speed: float,
    days: float,
) -> None:
    """Let the time pass: scans appear, carriers have bad hours, and every hour is looked at the daemon."""
    dice = random.Random(5)
    numbers = [parcel.number for order in carriers.world.orders for parcel in order.parcels]
    while (hour := (time.time() - start.timestamp()) * speed / 3600) < days * 24:
        carriers.now = start + timedelta(hours=hour)
        if dice.random() < 0.2:
            number = dice.choice(numbers)
            carriers.answers[number] = dice.choice(("", *(fault for fault in FAULTS if fault != "slow")))
        seen.sample(daemon.pid, hour)
        try:
            raise SystemExit(f"the daemon ended with {daemon.wait(timeout=3600 / speed)}")
        except subprocess.TimeoutExpired:
            continue


def _judged(seen: Seen, asked: int, speed: float, days: float) -> int:
    warm = [n for n, hour in enumerate(seen.hours) if days * 24 / 7 <= hour < days * 24 * 2 / 7]
    late = [n for n, hour in enumerate(seen.hours) if hour >= days * 24 * 6 / 7]
    if not warm or not late:
        raise SystemExit("too short to tell: more days, or a lower speed")
    before, after = (statistics.median(seen.kib[n] for n in some) / 1024 for some in (warm, late))
    files_before, files_after = (statistics.median(seen.files[n] for n in some) for some in (warm, late))
    print(f"{days:g} days at {speed:g} times the speed: {asked} requests, {seen.warnings} messages")
    daily = [
        statistics.median(
            kib for kib, hour in zip(seen.kib, seen.hours, strict=True) if int(hour // 24) == day
        )
        for day in sorted({int(hour // 24) for hour in seen.hours})
    ]
    print("memory day by day, in MiB: " + " ".join(f"{kib / 1024:.1f}" for kib in daily))
    print(f"memory {before:.1f} MiB warmed up, {after:.1f} MiB in the end: {after - before:+.1f} MiB")
    print(f"open files {files_before:g} warmed up, {files_after:g} in the end")
    return int(after - before >= GROWTH_MIB or files_after - files_before >= GROWTH_FILES)


@contextlib.contextmanager
def _daemon(folder: Path, config: Path, speed: float, began: float) -> Iterator[subprocess.Popen[bytes]]:
    words = [sys.executable, str(DAEMON), str(config), str(folder / "data"), str(speed), str(began)]
    with subprocess.Popen(words, cwd=ROOT) as process:
        try:
            yield process
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
        finally:
            process.kill()


def _write_config(folder: Path, carriers: str, phone: str) -> Path:
    config = folder / "config.toml"
    places = "".join(f'[carriers.{name}]\nbase_url = "{carriers}"\n' for name in ASKED)
    # Carriers with no pretend one here answer nobody, as on a bad day.
    others = "".join(
        f'[carriers.{name}]\nbase_url = "{carriers}/nobody"\n' for name in known.ids() if name not in ASKED
    )
    config.write_text(
        f'[polling]\nhost_pause = 0\n[notify]\ndesktop = false\nwebhook = "{phone}"\n{places}{others}'
    )
    return config


def _import(folder: Path, config: Path, world: worlds.World) -> None:
    listed = folder / "orders.json"
    listed.write_text(json.dumps(world.import_rows()))
    words = ["--config", str(config), "--data-dir", str(folder / "data"), "import", str(listed)]
    subprocess.run([sys.executable, "-m", "monitor", *words], check=True, cwd=ROOT, capture_output=True)


class Phone(LoopbackServer):
    """A webhook that refuses one message in ten."""

    def __init__(self, seen: Seen) -> None:
        self._seen, self._dice = seen, random.Random(6)
        super().__init__()

    def answer(self, asked: Asked) -> Answer:  # noqa: ARG002 - whatever it says
        takes = self._dice.random() < 0.9
        self._seen.warnings += takes
        return Answer(status=204 if takes else 500)


if __name__ == "__main__":
    raise SystemExit(main())
