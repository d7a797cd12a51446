"""The daemon as a process: only one, its backups, and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from builders import NOW, day

from monitor import daemon
from monitor.adapters.store import Store, backups
from monitor.session import Session
from scrapers.orders import OrderRecord

PAIRS = int(os.environ.get("DAEMON_PAIRS", "3"))
HANGING = """
import sys, threading
from monitor import daemon
def hang(session, stop, lives):
    print("hanging", flush=True)
    threading.Event().wait()
daemon.JOBS = {"warn": hang}
from monitor.__main__ import main
main()
"""
# The page, say, of which somebody holds a request open.
HANGING_BESIDE = """
import contextlib, threading
from monitor import daemon
@contextlib.contextmanager
def page(session):
    print("hanging", flush=True)
    yield
    threading.Event().wait()
daemon.local_page = page
daemon.JOBS = {}
from monitor.__main__ import main
main()
"""


def started(home: Path, *start: str, command: str = "run") -> subprocess.Popen[str]:
    config = home / "config.toml"
    config.write_text("[notify]\ndesktop = false\n")
    words = ["--config", str(config), "--data-dir", str(home / "data"), command]
    return subprocess.Popen(
        [sys.executable, *(start or ("-m", "monitor")), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.timeout(1800)
def test_of_two_daemons_started_at_once_exactly_one_runs(tmp_path: Path) -> None:
    for n in range(PAIRS):
        home = tmp_path / str(n)
        home.mkdir()
        two = [started(home), started(home)]
        said = [process.stderr.readline() for process in two]  # type: ignore[union-attr]
        running = [p for p, line in zip(two, said, strict=True) if line.startswith("Watching")]
        assert sum("already running" in line for line in said) == 1, said
        (winner,) = running
        winner.send_signal(signal.SIGTERM)
        assert sorted((p.communicate(timeout=100), p.returncode)[1] for p in two) == [0, 1]


AT_ONCE = "import monitor.daemon; monitor.daemon.STOP_SECONDS = 0.5\n"


@pytest.mark.parametrize(
    ("script", "signals", "code"),
    [
        (AT_ONCE + HANGING, [signal.SIGTERM], 0),
        (AT_ONCE + HANGING_BESIDE, [signal.SIGTERM], 0),
        (HANGING, [signal.SIGTERM, signal.SIGINT], 130),
    ],
    ids=["a job, asked once", "the page, asked once", "a job, asked twice"],
)
def test_what_hangs_holds_up_no_end(
    tmp_path: Path, script: str, signals: list[signal.Signals], code: int
) -> None:
    process = started(tmp_path, "-c", script)
    assert process.stderr is not None
    assert process.stdout is not None
    assert process.stdout.readline() == "hanging\n"
    assert process.stderr.readline().startswith("Watching")
    for number in signals:  # two different ones: a second of the same could be merged with the first
        process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode == code


def test_a_page_alone_that_is_told_to_end_takes_its_address_back(tmp_path: Path) -> None:
    process = started(tmp_path, command="web")
    assert process.stderr is not None
    while "Ctrl-C" not in (said := process.stderr.readline()):
        assert said
    address = tmp_path / "data" / "page-address"
    assert address.exists()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert (process.returncode, address.exists()) == (0, False)


def session_at(tmp_path: Path, hours: int = 0) -> Session:
    config = tmp_path / "config.toml"
    config.write_text("[notify]\ndesktop = false\n")
    return Session(config, tmp_path / "data", clock=lambda: NOW + timedelta(hours=hours))


def test_the_daemon_backs_up_every_day_and_mends_a_lost_store(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, later = session_at(tmp_path), session_at(tmp_path, hours=24)
    with closing(Store(first.store_path)) as store:
        store.save([OrderRecord("8190000000000017", "manual", placed_on=day(-30))], NOW)
    for session in (first, first, later):
        daemon.keep(session, threading.Event())
    assert len(list(backups.folder_of(first.store_path).iterdir())) == 2
    first.store_path.unlink()
    daemon.keep(later, threading.Event())
    assert "THE STORE WAS RESTORED" in capsys.readouterr().err
    assert [o.order_id for o in later.store.orders()] == ["8190000000000017"]
    later.store.close()
