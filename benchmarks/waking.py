"""From the moment something is due to the moment its warning arrives, with the daemon as it is: how long it takes.

Run from the project's folder: python benchmarks/waking.py [TIMES], 20 when left out; about a quarter of a minute each.
A machine that wakes goes on in the middle of a wait of its daemon, for the clock that wait is measured by stood
still: so the moment falls anywhere between two ticks here, too. Exits with 1 when one took longer than 35 seconds.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from watch import Watch, until  # noqa: E402 - the paths must be known first

from fixtures.loopback import Answer, Asked, LoopbackServer  # noqa: E402

MOST_SECONDS = 35.0
TICK_SECONDS = 30.0


class Phone(LoopbackServer):
    """A webhook that remembers the messages it took."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        super().__init__()

    def answer(self, asked: Asked) -> Answer:
        said = json.loads(asked.body)
        self.heard.append(f"{said['title']}\n{said['body']}")
        return Answer(status=204)


def main() -> int:
    times = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    dice = random.Random(3)
    took: list[float] = []
    with Phone() as phone, tempfile.TemporaryDirectory(prefix="parcelwarden-waking-") as folder:
        watch = Watch(Path(folder), f'[notify]\ndesktop = false\nwebhook = "{phone.url}/"\n')
        with watch.running():
            for n in range(times):
                time.sleep(dice.uniform(0, TICK_SECONDS))
                order = f"81900000000{n:05d}"
                watch.add(order)
                began = time.monotonic()
                until(lambda: any(f"..{order[-8:]}" in text for text in phone.heard))  # noqa: B023 - called here
                took.append(time.monotonic() - began)
    print(f"{times} warnings: {statistics.median(took):.1f} s in the middle, {max(took):.1f} s at most")
    return int(max(took) > MOST_SECONDS)


if __name__ == "__main__":
    raise SystemExit(main())
