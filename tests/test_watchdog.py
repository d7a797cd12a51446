"""A daemon that hangs ends by itself, says why and takes its children along; systemd hears how it is."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from watch import until_gone

from monitor.adapters import log_file
from monitor.adapters.sd_notify import READY, tell_systemd
from monitor.watchdog import Patience, Watchdog

PATIENCE = Patience(look=1, late=45, dead=95, under_way={"warn": 300, "ask": 3600})


class Hours:
    """A clock that the test moves, looking at the jobs every second as the daemon does."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.fed = 0
        self.dog = Watchdog(PATIENCE, PATIENCE.under_way, monotonic=lambda: self.now, fed=self.feed)

    def feed(self) -> None:
        self.fed += 1

    def pass_by(self, seconds: float) -> str:
        for _ in range(int(seconds / PATIENCE.look)):
            self.now += PATIENCE.look
            if wrong := self.dog.overdue():
                return wrong
        return ""

    def tick(self, *names: str) -> None:
        for name in names:
            self.dog.lives(name)
            self.dog.ended(name)


def test_ticks_that_come_are_well_and_feed() -> None:
    hours = Hours()
    for _ in range(100):
        assert hours.pass_by(30) == ""
        hours.tick("warn", "ask")
    assert hours.fed == 400


def test_a_metronome_that_stopped_is_found_out() -> None:
    hours = Hours()
    hours.tick("warn", "ask")
    assert hours.pass_by(90) == ""
    assert hours.pass_by(10) == "no tick of warn has come for 95 seconds"


def test_a_job_may_take_long_as_long_as_it_shows_that_it_lives() -> None:
    hours = Hours()
    hours.dog.lives("ask")
    for _ in range(20):
        hours.tick("warn")
        assert hours.pass_by(60) == ""
    hours.tick("warn")
    hours.dog.lives("warn")
    assert hours.pass_by(300) == ""
    before = hours.fed
    assert hours.pass_by(5) == "warn has shown no sign of life for 300 seconds"
    hours.dog.lives("ask")
    assert hours.fed == before, "who is overdue gets no food from others"


def test_a_tick_that_does_not_come_is_called_for_before_it_is_given_up() -> None:
    hours = Hours()
    hours.dog.lives("ask")
    hours.tick("warn")
    assert hours.pass_by(45) == ""
    assert hours.dog.late() == []
    assert hours.pass_by(5) == ""
    assert hours.dog.late() == ["warn"], "ask is under way"


@pytest.mark.parametrize("asleep", [60, 9 * 3600, 40 * 86400])
def test_a_machine_that_slept_gives_every_job_its_time_anew(asleep: float) -> None:
    hours = Hours()
    hours.dog.lives("warn")
    hours.now += asleep
    assert hours.dog.overdue() == ""
    assert hours.pass_by(90) == ""
    assert hours.pass_by(300), "and no more than that"


def test_jobs_not_named_are_not_watched() -> None:
    hours = Hours()
    hours.dog.lives("web")
    hours.dog.ended("web")
    assert hours.dog.late() == []


@contextmanager
def systemd(address: str) -> Iterator[socket.socket]:
    """Somebody who listens where NOTIFY_SOCKET points."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.settimeout(30)
        listening.bind(address)
        yield listening


@pytest.mark.skipif(sys.platform != "linux", reason="names in no folder are Linux's own")
def test_systemd_is_told_at_a_name_in_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"parcelwarden-{os.getpid()}"
    monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
    with systemd(f"\0{name}") as heard:
        tell_systemd(READY)
        assert heard.recv(100) == b"READY=1"
    tell_systemd(READY)  # nobody listens any more: no trouble


START = """
import sys, threading
from pathlib import Path
from monitor import daemon
from monitor.adapters import child
from monitor.session import Session
from monitor.watchdog import Patience

home = Path(sys.argv[1])
def warn(session, stop, lives):
    print("tick", flush=True)
def run(patience, **jobs):
    daemon.JOBS = jobs or {"warn": warn}
    sys.exit(daemon.run(Session(home / "config.toml", home / "data"), patience))
"""
# A warning's command that never ends; how it was started is written down.
STUCK = """
def warn(session, stop, lives):
    child.run(["/bin/sh", "-c", f"echo $$ > {home}/pid; exec sleep 600"], seconds=600)
run(Patience(look=0.1, under_way={"warn": 0.5}), warn=warn)
"""
NO_TICKS = """
start = daemon.BackgroundScheduler.start
daemon.BackgroundScheduler.start = lambda self: start(self, paused=True)
run(Patience(look=0.1, late=0.2, dead=0.5))
"""
# After the first tick the next is an hour away, as where the clock was set back by one.
SET_BACK = """
import signal
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests may have been started by nohup
from datetime import UTC, datetime, timedelta
made = []
metronome = daemon._metronome
daemon._metronome = lambda *given: made.append(metronome(*given)) or made[0]
def warn(session, stop, lives):
    print("tick", flush=True)
    made[0].modify_job("warn", next_run_time=datetime.now(UTC) + timedelta(hours=1))
run(Patience(look=0.1, late=0.2, dead=600), warn=warn)
"""


def started(home: Path, script: str, **more: str) -> subprocess.Popen[str]:
    (home / "config.toml").write_text("[notify]\ndesktop = false\n[web]\nenabled = false\n")
    return subprocess.Popen(
        [sys.executable, "-c", START + script, str(home)], env=os.environ | more, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def logged(home: Path) -> list[str]:
    return [line.text for line in log_file.read(home / "data" / "logs" / "run.log", 100)]


def test_a_stuck_tick_ends_the_process_and_what_it_started(tmp_path: Path) -> None:
    process = started(tmp_path, STUCK)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 70, said
    sentence = (
        "warn has shown no sign of life for 0.5 seconds; the program ends, for the system to start it anew."
    )
    assert said.splitlines()[-1] == sentence
    assert logged(tmp_path)[-1] == sentence
    if sys.platform == "linux":
        until_gone(int((tmp_path / "pid").read_text()))


def test_a_metronome_that_beats_no_more_ends_the_process(tmp_path: Path) -> None:
    process = started(tmp_path, NO_TICKS)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 70, said
    assert "no tick of warn has come" in logged(tmp_path)[-1]


def test_a_clock_set_back_does_not_stop_the_ticks(tmp_path: Path) -> None:
    process = started(tmp_path, SET_BACK)
    assert process.stdout is not None
    assert [process.stdout.readline() for _ in range(3)] == ["tick\n"] * 3
    process.send_signal(signal.SIGHUP)  # a terminal that is closed ends it as orderly as Ctrl-C
    process.communicate(timeout=30)
    assert process.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="no systemd there")
def test_systemd_hears_of_the_start_of_every_tick_and_of_the_end(tmp_path: Path) -> None:
    address = f"/tmp/parcelwarden-{os.getpid()}.socket"  # a socket's path may have 107 characters
    try:
        with systemd(address) as heard:
            script = "daemon.TICK_SECONDS = 0.2\nrun(Patience(look=0.1))"
            process = started(tmp_path, script, NOTIFY_SOCKET=address)
            words = {heard.recv(100) for _ in range(6)}
            assert words == {b"READY=1", b"WATCHDOG=1"}
            process.send_signal(signal.SIGTERM)
            while heard.recv(100) != b"STOPPING=1":
                pass
            process.communicate(timeout=30)
            assert process.returncode == 0
    finally:
        Path(address).unlink()
