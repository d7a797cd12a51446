"""How long a command takes that does next to nothing: --help, and status with 200 orders, each in a new process.

CPU seconds (user and system) of the process, the least of several starts: what else the machine does changes them
little. Compiled modules are there, as after an installation. The limit is an interpreter that does nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import peers
from benchmarks.table import Row

STARTS = 7
# Linux counts as a process's most memory what its parent had when it was made: so the parent is a small one.
_STARTER = """
import os, sys
away = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
process = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=away)
_, status, used = os.wait4(process, 0)
print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss)
"""
ORDERS = 200


def rows() -> Iterator[Row]:
    ours = [sys.executable, "-m", "monitor"]
    peer_place = peers.installed("greek-parcel-cli")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _import(folder)
        peer = _least([str(peer_place / "greek-parcel"), "--help"], folder) if peer_place else (None, None)
        limit = _least([sys.executable, "-c", "pass"], folder)
        helped = _least([*ours, "--help"], folder)
        told = _least([*ours, "--data-dir", str(folder / "data"), "status"], folder)
    note = "peer greek-parcel-cli --help"
    yield Row("--help, cold start", "CPU s", helped[0], peer[0], limit[0], of_peer=0.5, note=note)
    yield Row("--help, memory", "MiB", helped[1], peer[1], limit[1], of_peer=1, note=note)
    yield Row(
        f"status with {ORDERS} orders, cold start", "CPU s", told[0], peer[0], limit[0], of_peer=1, note=note
    )
    yield Row(f"status with {ORDERS} orders, memory", "MiB", told[1], peer[1], limit[1], of_peer=1, note=note)


def _import(folder: Path) -> None:
    listed = [
        {
            "order_id": f"81900{n:011d}", "placed_on": f"2026-11-{n % 9 + 1:02d}", "title": f"thing {n}",
            "amount": "12.34", "currency": "USD", "order_state": "shipped", "tracking": [f"LP{n:014d}"],
        }
        for n in range(ORDERS)
    ]  # fmt: skip
    (folder / "orders.json").write_text(json.dumps(listed))
    words = ["-m", "monitor", "--data-dir", str(folder / "data"), "import", str(folder / "orders.json")]
    subprocess.run([sys.executable, *words], check=True, capture_output=True, env=_environment(folder))


def _least(words: Sequence[str], folder: Path) -> tuple[float, float]:
    """CPU seconds and the most memory in MiB, of the leanest of several starts after a first one."""
    _start(words, folder)
    started = [_start(words, folder) for _ in range(STARTS)]
    return min(seconds for seconds, _ in started), min(mebibytes for _, mebibytes in started)


def _start(words: Sequence[str], folder: Path) -> tuple[float, float]:
    started = [sys.executable, "-I", "-S", "-c", _STARTER, *words]
    done = subprocess.run(started, env=_environment(folder), capture_output=True, check=True, text=True)
    code, seconds, kib = done.stdout.split()
    assert code == "0", words
    return float(seconds), int(kib) / 1024


def _environment(folder: Path) -> dict[str, str]:
    return {**peers.environment(), "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
