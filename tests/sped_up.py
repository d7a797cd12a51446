"""`run` with days that pass faster: the daemon itself, with a clock of its own and ticks that come sooner.

Usage: sped_up.py CONFIG DATA SPEED [BEGAN]. Until BEGAN (seconds since 1970; now when left out) its clock stands:
the metronome beats in real time, and begins at the time that clock shows.
"""

from __future__ import annotations

import logging
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor import daemon
from monitor.session import Session


def main(config: Path, data: Path, speed: float, began: float) -> int:
    start = datetime.fromtimestamp(began, UTC)

    def passed() -> float:
        return max(time.time() - began, 0) * speed

    def clock() -> datetime:
        return start + timedelta(seconds=passed())

    daemon.TICK_SECONDS /= speed  # type: ignore[assignment]
    logging.getLogger("apscheduler").setLevel("ERROR")  # ticks too soon for this machine are left out
    return daemon.run(Session(config, data, clock=clock, monotonic=passed))


if __name__ == "__main__":
    words = sys.argv[1:]
    began = float(words[3]) if len(words) > 3 else time.time() + 1
    sys.exit(main(Path(words[0]), Path(words[1]), float(words[2]), began))
