"""Random lives of a machine on a virtual clock: naps, crashes, dead channels, clocks that jump, and no lost warning.

A few lives in a normal run; LIVES=10000 for all. benchmarks/lives.py prints the figures.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from lives import live

LIVES = int(os.environ.get("LIVES", "4"))


@pytest.mark.timeout(200 + LIVES * 10)
@pytest.mark.parametrize("batch", range(4))
def test_every_deadline_is_warned_of_in_time_or_said_to_be_missed(batch: int, tmp_path: Path) -> None:
    told = flagged = 0
    for seed in range(batch, LIVES, 4):
        record = live(seed, tmp_path / f"{seed}.sqlite3")
        assert not record.broken, (seed, record.broken)
        told += record.warned
        flagged += record.flagged
    assert told > 0, "the lives were so sleepy that nothing was proven"
