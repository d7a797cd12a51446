"""What goes on beside a running daemon: other commands write, the desktop comes and goes, the machine sleeps.

Little in a normal run; BESIDE_SECONDS=60 for a minute of writing. Real processes, a real session bus.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest
from cainiao_server import Cainiao
from desktop import NotificationDaemon
from watch import Watch, until

SECONDS = float(os.environ.get("BESIDE_SECONDS", "1"))


@pytest.mark.timeout(300 + 4 * SECONDS)
def test_commands_that_write_beside_the_daemon_never_meet_a_locked_store(tmp_path: Path) -> None:
    end = time.monotonic() + SECONDS
    done: list[subprocess.CompletedProcess[str]] = []
    added = ["8190000000000001"]

    def write(first: int) -> None:
        number = first
        while time.monotonic() < end or number == first:
            order, parcel = f"81900000{number:08d}", f"LP007{number:011d}"
            done.append(watch.call("add", order, "--placed", "2026-11-01", "--tracking", parcel))
            added.append(order)
            done.append(watch.call("check", order))
            done.append(watch.call("ack", order))
            number += 1

    with Cainiao() as cainiao:
        places = f'[notify]\ndesktop = false\n[carriers.cainiao]\nbase_url = "{cainiao.url}"\n'
        watch = Watch(tmp_path, places)
        watch.add(added[0], days_left=2)
        with watch.running(speed=100):
            writers = [threading.Thread(target=write, args=(n * 10_000,)) for n in (1, 2)]
            for writer in writers:
                writer.start()
            for writer in writers:
                writer.join()
    print(f"{len(done)} commands in {SECONDS:g} s beside a daemon that has a round every 0.3 s")  # noqa: T201
    assert [(d.args[-2:], d.stderr) for d in done if d.returncode] == []
    assert "locked" not in watch.said.read_text() + "".join(d.stderr for d in done)
    assert watch.order_ids() == sorted(added)


@pytest.mark.desktop
def test_a_desktop_that_died_gets_the_warning_when_it_is_back(
    tmp_path: Path, notification_daemon: NotificationDaemon
) -> None:
    watch = Watch(tmp_path, "")
    watch.add("8190000000000001")
    with watch.running(speed=20):
        until(lambda: "..00000001" in shown(notification_daemon))
        notification_daemon.stop()
        watch.add("8190000000000002")
        until(lambda: "could not be shown by desktop" in watch.said.read_text())
        notification_daemon.start()
        until(lambda: "..00000002" in shown(notification_daemon))
    assert shown(notification_daemon).count("..00000001: last safe day") == 1


@pytest.mark.desktop
@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no way to hold a process up here")
def test_what_fell_due_while_the_machine_slept_is_told_when_it_wakes(
    tmp_path: Path, notification_daemon: NotificationDaemon
) -> None:
    watch = Watch(tmp_path, "")
    with watch.running(speed=20) as process:
        until(lambda: asleep_between_writes(process, watch))
        watch.add("8190000000000001", days_left=1)
        process.send_signal(signal.SIGCONT)
        until(lambda: "..00000001" in shown(notification_daemon))


def shown(desktop: NotificationDaemon) -> str:
    return "\n".join(f"{title}: {body}" for _, title, body in desktop.calls())


def asleep_between_writes(process: subprocess.Popen[bytes], watch: Watch) -> bool:
    """Hold the daemon up, unless it was about to write: a machine may sleep then, but nobody could add an order."""
    process.send_signal(signal.SIGSTOP)
    os.waitpid(process.pid, os.WUNTRACED)  # by now it does stand still
    with closing(sqlite3.connect(watch.store_path, timeout=0, isolation_level=None)) as db:
        try:
            db.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            process.send_signal(signal.SIGCONT)
            return False
        db.execute("ROLLBACK")
    return True
