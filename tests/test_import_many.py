"""A list of orders as a hostile or simply huge spreadsheet leaves it, imported beside a daemon that writes, too.

Some hundreds in a normal run; IMPORT_ROWS=300000 for all. Seconds and memory are printed (-s -n 0).
"""

from __future__ import annotations

import csv
import os
import resource
import time
from contextlib import closing
from pathlib import Path

import pytest
from watch import Watch

from monitor.adapters.store import Store

ROWS = int(os.environ.get("IMPORT_ROWS", "1500"))
EACH = 50  # of so many rows one is bad, and one a formula
FORMULA = '=HYPERLINK("http://evil.example","x")'


def write(path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["order_id", "title", "placed_on", "order_state"])
        for n in range(ROWS):
            title = FORMULA if n % EACH == 0 else f"Thing {n}"
            rows.writerow(
                [f"8190{n:012d}", title, "2026-13-01" if n % EACH == 7 else "2026-11-01", "shipped"]
            )


@pytest.mark.timeout(300 + ROWS // 100)
def test_many_rows_are_taken_the_bad_ones_named_and_the_daemon_is_not_locked_out(tmp_path: Path) -> None:
    watch, bad = Watch(tmp_path), ROWS // EACH
    listed = tmp_path / "orders.csv"
    write(listed)
    with watch.running(speed=100):
        began = time.monotonic()
        done = watch.call("import", str(listed), seconds=300 + ROWS // 100)
        took = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"{ROWS} rows in {took:.0f} s; no child above {peak:.0f} MiB")  # noqa: T201
    assert done.returncode == 1, done.stderr
    assert f"{ROWS - bad} orders added" in done.stdout
    assert "orders.csv line 9: placed_on reads '2026-13-01'" in done.stderr
    assert done.stderr.count("\n") <= 22, "the first bad rows, and how many there are"
    assert f"And {bad - 20} more like these" in done.stderr
    assert "locked" not in watch.said.read_text()
    with closing(Store(watch.store_path)) as store:
        titles = [order.title for order in store.orders()]
    assert len(titles) == ROWS - bad
    assert titles.count(FORMULA) == ROWS // EACH, "a formula is only text"
