"""A session bus and a notification daemon of the test's own; nothing reaches the desktop of whoever runs the tests."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection

_DAEMON = Path(__file__).with_name("notification_daemon.py")
_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={folder}/bus</listen>
  <servicedir>{folder}/services</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
  </policy>
</busconfig>
"""


class NotificationDaemon:
    """Starts and stops the daemon as a process of its own and knows what it was told."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._record = folder / "notices.jsonl"
        self._process: subprocess.Popen[str] | None = None

    def start(self, *, refuse: bool = False, clicks: bool = False) -> None:
        words = ["refuse"] * refuse + ["clicks"] * clicks
        self._process = subprocess.Popen(
            [sys.executable, str(_DAEMON), str(self._record), *words], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n", "the notification daemon did not start"

    def stop(self) -> None:
        """After this the name has no owner; starting again is allowed."""
        if self._process is not None:
            self._process.terminate()
            self._process.communicate()
            self._process = None

    def click(self) -> None:
        """Click the newest notice; needs a start with `clicks`."""
        os.kill(self.pid, signal.SIGUSR1)

    @property
    def pid(self) -> int:
        assert self._process is not None, "the notification daemon is not running"
        return self._process.pid

    def install_for_activation(self) -> None:
        """Makes the bus start the daemon at the first call, as desktops do."""
        (self._folder / "services" / "notifications.service").write_text(
            "[D-BUS Service]\nName=org.freedesktop.Notifications\n"
            f"Exec={sys.executable} {_DAEMON} {self._record}\n",
            encoding="utf-8",
        )
        with open_dbus_connection() as connection:
            connection.send_and_get_reply(message_bus.ReloadConfig(), timeout=10)

    def calls(self) -> list[tuple[str, str, str]]:
        """(application, title, body) of every notice taken; a notice is here before its sender gets the reply."""
        if not self._record.exists():
            return []
        rows = (json.loads(line) for line in self._record.read_text("utf-8").splitlines())
        return [(application, title, body) for application, title, body in rows]


@pytest.fixture
def session_bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a private session bus, which is the one in the environment while the test runs."""
    dbus_daemon = shutil.which("dbus-daemon")
    if dbus_daemon is None:
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail("dbus-daemon is missing (sudo apt install dbus)")
        pytest.skip("dbus-daemon is not installed")
    # A socket's path may have 107 characters; pytest's own folders can be longer.
    with tempfile.TemporaryDirectory(prefix="bus-") as name:
        folder = Path(name)
        (folder / "services").mkdir()
        (folder / "bus.conf").write_text(_CONFIG.format(folder=folder), encoding="utf-8")
        bus = subprocess.Popen(
            [dbus_daemon, "--nofork", "--nopidfile", f"--config-file={folder}/bus.conf", "--print-address=1"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert bus.stdout is not None
        address = bus.stdout.readline().strip()
        assert address, "dbus-daemon did not start"
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield folder
        bus.terminate()
        bus.communicate()


@pytest.fixture
def notification_daemon(session_bus: Path) -> Iterator[NotificationDaemon]:
    """A running notification daemon; `.calls()` tells what it was given."""
    daemon = NotificationDaemon(session_bus)
    daemon.start()
    yield daemon
    daemon.stop()
