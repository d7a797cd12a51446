"""A store of very many parcels: finding who is due, and what a round of the daemon takes beside one of a thousand.

Run from the project's folder: python benchmarks/scale.py [COUNT], a million when left out. The store is made of a
thousand parcels that were asked about and judged in the usual way, repeated by SQL. A round judges every order and asks
about a thousand numbers, in a process of its own at the hour in which the newest scans are a day old.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT)]

from benchmarks import cycle  # noqa: E402 - the path must be known first
from benchmarks.pretend import Served, cainiao_number, serving  # noqa: E402
from benchmarks.store_size import least  # noqa: E402
from benchmarks.table import Row, lines  # noqa: E402
from monitor import daemon  # noqa: E402
from monitor.session import Session  # noqa: E402

THOUSAND = 1000
NOW = datetime(2026, 8, 2, tzinfo=UTC)
# How a row becomes the nth copy of it, each `step` ids on; columns not named stay as they are.
COPIES = {
    "orders": {"id": "id + :step * n", "order_id": "CAST(order_id AS INTEGER) + :step * n"},
    "parcels": {"id": "id + :step * n", "order_id": "order_id + :step * n", "number": "MOVED"},
    "looks": {"id": "id + :step * n", "number": "MOVED"},
    "legs": {"parcel_id": "parcel_id + :step * n", "look_id": "look_id + :step * n"},
    "scans": {"look_id": "look_id + :step * n"},
    "attempts": {"look_id": "look_id + :step * n"},
}
MOVED = "printf('LP%014d', CAST(SUBSTR(number, 3) AS INTEGER) + :step * n)"


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with serving(THOUSAND) as server, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cycle.prepared(folder, server, "cainiao", cainiao_number)
        _round(folder)  # asks about all, judges all
        _due_again(folder)
        one = _round(folder)
        _repeat(folder, count // THOUSAND)
        table = list(_rows(folder, server, count, one))
    print("\n".join(lines(table)))
    return int(any(row.met() is False for row in table))


def _rows(folder: Path, server: Served, count: int, one: dict[str, float]) -> Iterator[Row]:
    _due_again(folder)
    session = _session(folder)
    most, newest = {"cainiao": THOUSAND}, session.store.newest_look()
    assert len(session.store.due(most, session.clock(), newest)["cainiao"]) == THOUSAND
    taken = least(lambda: session.store.due(most, session.clock(), newest), time.perf_counter)
    session.store.close()
    yield Row(f"the due among {count:,} parcels, 1000 found", "ms", taken * 1000, bound=1)
    before = server.asked()
    many = _round(folder)
    assert server.asked() == before + THOUSAND // 100
    more, note = many["mib"] - one["mib"], f"{one['mib']:.0f} MiB with 1000"
    yield Row(
        f"memory of a round with {count:,} parcels, over one with 1000", "MiB", more, bound=16, note=note
    )
    yield Row("all orders judged, each", "CPU us", many["judging"] / count * 1e6)
    yield Row(
        "the store", "bytes a parcel", (folder / "data" / "parcelwarden.sqlite3").stat().st_size / count
    )


def _round(folder: Path) -> dict[str, float]:
    """What a round took in a process of its own: seconds of judging, and its highest memory in MiB."""
    done = subprocess.run(
        [sys.executable, __file__, "round", str(folder)], check=True, cwd=ROOT, capture_output=True, text=True
    )
    told: dict[str, float] = json.loads(done.stdout)
    return told


def _one_round(folder: Path) -> None:
    session = _session(folder)
    started = time.process_time()
    daemon.warn(session, threading.Event())
    judging = time.process_time() - started
    daemon.ask(session, threading.Event())
    print(json.dumps({"judging": judging, "mib": cycle.memory("self", "VmHWM")}))


def _session(folder: Path) -> Session:
    return Session(folder / "config.toml", folder / "data", clock=lambda: NOW + timedelta(hours=1))


def _due_again(folder: Path) -> None:
    """The first thousand numbers are due now, all others tomorrow; and all orders are to be judged."""
    tomorrow = (NOW + timedelta(days=1)).isoformat(timespec="microseconds")
    with sqlite3.connect(folder / "data" / "parcelwarden.sqlite3") as db:
        db.execute(
            "UPDATE looks SET due_at = ?, next_check_at = ? WHERE due_at IS NOT NULL", (tomorrow, tomorrow)
        )
        db.execute(
            "UPDATE looks SET due_at = '' WHERE id IN"
            " (SELECT id FROM looks WHERE carrier = 'cainiao' ORDER BY id LIMIT ?)",
            (THOUSAND,),
        )
        db.execute("DELETE FROM judging")


def _repeat(folder: Path, times: int) -> None:
    """The same orders `times` times, with numbers of their own."""
    with sqlite3.connect(folder / "data" / "parcelwarden.sqlite3") as db:
        db.executescript("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF;")
        step = max(
            db.execute(f"SELECT MAX(id) FROM {table}").fetchone()[0]
            for table in ("orders", "parcels", "looks")
        )
        for table, changed in COPIES.items():
            columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
            values = ", ".join(changed.get(column, column).replace("MOVED", MOVED) for column in columns)
            db.execute(
                "WITH RECURSIVE copies(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n < :times - 1)"
                f" INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM copies CROSS JOIN {table}",
                {"step": step, "times": times},
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["round"]:
        _one_round(Path(sys.argv[2]))
        sys.exit()
    raise SystemExit(main())
