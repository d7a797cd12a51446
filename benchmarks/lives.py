"""Random lives of a machine, 120 simulated days each: what was warned of in time, what was owned up to, what was lost.

Run from the project's folder: python benchmarks/lives.py [LIVES [FIRST]], 100 from life 0 when left out. Ctrl-C
ends it with the figures of the lives until then.
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from lives import DAYS, live  # noqa: E402 - the paths must be known first


def main() -> int:
    lives = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    figures: Counter[str] = Counter()
    most = 0
    broken: list[str] = []
    memory = Path("/dev/shm")  # where there is one: on a disk each life waits for a thousand syncs
    with (
        tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder,
        contextlib.suppress(KeyboardInterrupt),
    ):
        for seed in range(first, first + lives):
            store = Path(folder) / "life.sqlite3"
            with contextlib.redirect_stderr(io.StringIO()):  # what the program says of dead channels
                record = live(seed, store)
            store.unlink()
            figures.update(
                lives=1, deadlines=record.deadlines, warned=record.warned, flagged=record.flagged,
                crashes=record.crashes, rounds=record.rounds,
            )  # fmt: skip
            most = max(most, record.most)
            broken += [f"life {seed}: {what}" for what in record.broken]
    n = figures
    print(f"{n['lives']} lives of {DAYS} days, {n['rounds']} rounds, {n['crashes']} crashes")
    print(
        f"{n['deadlines']} deadlines: {n['warned']} warned of at least 6 hours ahead,"
        f" {n['flagged']} said to be missed"
    )
    print(f"the same words by one channel at most {most} times; {len(broken)} promises broken")
    print("\n".join(broken))
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
