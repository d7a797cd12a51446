"""`service`: the units as text, and the way to each system's manager, a pretend one on PATH in its place.

On a machine with a real systemd its own verifier reads the units too.
"""

from __future__ import annotations

import json
import os
import plistlib
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result
from filelock import FileLock

from monitor.adapters.service.launchd import Launchd
from monitor.adapters.service.manager import ServiceFailed
from monitor.adapters.service.task_scheduler import TaskScheduler
from monitor.cli import app
from monitor.service_units import UnfitPath, launchd, programs, systemd, task_scheduler
from monitor.session import Session

# What a user's folders may be called, and what means something to somebody on the way.
ODD = Path('/home/Жанна/100% "safe" $HOME/a\\b & c/parcels')
CONFIG = Path("/home/Жанна/config.toml")
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


def exec_words(unit: str) -> list[str]:
    """The words of ExecStart as systemd takes them apart, specifiers and variables put back."""
    (line,) = [line for line in unit.splitlines() if line.startswith("ExecStart=")]
    return [
        word.replace("%%", "%").replace("$$", "$") for word in shlex.split(line.removeprefix("ExecStart="))
    ]


def test_systemd_starts_the_very_words() -> None:
    units = systemd(programs(Path("/opt/py thon"), CONFIG, ODD))
    known = ["/opt/py thon", "-P", "-m", "monitor", "--config", str(CONFIG), "--data-dir", str(ODD)]
    assert exec_words(units["parcelwarden.service"]) == [*known, "run"]
    assert exec_words(units["parcelwarden-check.service"]) == [*known, "check", "--due"]
    for line in ("Type=notify", "Restart=always", "WatchdogSec=600"):
        assert line in units["parcelwarden.service"].splitlines()
    assert "Persistent=true" in units["parcelwarden-check.timer"].splitlines()


def test_launchd_starts_the_very_words() -> None:
    agents = {
        label: plistlib.loads(text.encode())
        for label, text in launchd(programs(Path("/opt/python"), None, ODD)).items()
    }
    run, check = agents["parcelwarden.run"], agents["parcelwarden.check"]
    assert run["ProgramArguments"][-3:] == ["--data-dir", str(ODD), "run"]
    assert (run["KeepAlive"], run["RunAtLoad"], check["StartInterval"]) == (True, True, 1800)
    assert check["ProgramArguments"][-2:] == ["check", "--due"]


def test_the_task_scheduler_starts_the_very_words() -> None:
    tasks = task_scheduler(programs(Path("C:/Py & Co/python.exe"), None, ODD), r"HOME\Жанна")
    for name, words in {r"parcelwarden\run": ["run"], r"parcelwarden\check": ["check", "--due"]}.items():
        task = ET.fromstring(tasks[name].encode("utf-16"))
        known = ["-P", "-m", "monitor", "--data-dir", str(ODD)]
        assert task.findtext(f".//{TASK}Command") == str(Path("C:/Py & Co/python.exe"))
        assert task.findtext(f".//{TASK}Arguments") == subprocess.list2cmdline([*known, *words])
        assert {user.text for user in task.iter(f"{TASK}UserId")} == {r"HOME\Жанна"}
        assert task.findtext(f".//{TASK}StartWhenAvailable") == "true"


@pytest.mark.parametrize("folder", ["/home/a\nExecStart=/bin/false", os.fsdecode(b"/home/caf\xe9")])
def test_a_path_no_unit_can_name_is_refused(folder: str) -> None:
    with pytest.raises(UnfitPath, match="control characters"):
        programs(Path("/opt/python"), None, Path(folder))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here to ask")
def test_systemd_itself_finds_nothing_wrong(tmp_path: Path) -> None:
    for name, text in systemd(programs(Path(sys.executable), CONFIG, ODD)).items():
        (tmp_path / name).write_text(text, "utf-8")
    verified = subprocess.run(
        ["systemd-analyze", "--user", "verify", *map(str, sorted(tmp_path.iterdir()))],
        capture_output=True, text=True, timeout=60, env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
    )  # fmt: skip
    assert (verified.returncode, verified.stderr) == (0, "")


class Pretend:
    """A home of its own, and a manager's command on PATH that writes down what it was told and answers as said."""

    def __init__(self, folder: Path, command: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home, self._told, self._command = folder / "home", folder / "told", folder / "bin" / command
        self._command.parent.mkdir()
        self.home.mkdir()
        monkeypatch.setenv("HOME", str(self.home))
        monkeypatch.setenv("XDG_CONFIG_HOME", str(self.home / "config"))
        monkeypatch.setenv("PATH", f"{self._command.parent}{os.pathsep}{os.environ['PATH']}")
        self.answer("")

    def answer(self, cases: str) -> None:
        """`cases` of a shell's `case "$*" in`; anything else is done in silence."""
        self._command.write_text(
            f'#!/bin/sh\nprintf "%s\\n" "$*" >> {self._told}\ncase "$*" in\n{cases}\nesac\n'
        )
        self._command.chmod(0o700)

    @property
    def told(self) -> list[str]:
        return self._told.read_text().splitlines() if self._told.exists() else []

    def ask(self, *words: str) -> Result:
        """The command in this process: a failing one raises."""
        return CliRunner().invoke(
            app, ["--data-dir", str(self.home / "data"), "service", *words], catch_exceptions=False
        )

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """The same in a process of its own."""
        command = [sys.executable, "-m", "monitor", "--data-dir", str(self.home / "data"), "service", *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)


linux = pytest.mark.skipif(sys.platform != "linux", reason="systemd is Linux's")


@pytest.fixture
def systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Pretend:
    return Pretend(tmp_path, "systemctl", monkeypatch)


SHOWN = """*" show "*) cat <<END
Id=parcelwarden.service
LoadState=loaded
ActiveState=active
SubState=running

Id=parcelwarden-check.timer
LoadState=loaded
ActiveState=active
SubState=waiting
NextElapseUSecRealtime=Sun 2026-11-29 20:30:00 UTC
END
;;"""


@linux
def test_installed_looked_at_and_taken_away(systemctl: Pretend) -> None:
    folder = systemctl.home / "config" / "systemd" / "user"
    dry = systemctl.ask("install", "--dry-run")
    assert (dry.exit_code, folder.exists(), systemctl.told) == (0, False, [])

    done = systemctl.ask("install")
    assert (done.exit_code, done.stdout) == (0, ""), done.stderr
    written = sorted(folder.iterdir())
    assert [path.name for path in written] == [
        "parcelwarden-check.service", "parcelwarden-check.timer", "parcelwarden.service",
    ]  # fmt: skip
    assert {stat.S_IMODE(path.stat().st_mode) for path in written} == {0o600}
    assert all(path.read_text().strip() in dry.stdout for path in written)
    changes = [words for words in systemctl.told if " show" not in words]
    assert changes == [
        "--user daemon-reload",
        "--user enable parcelwarden.service parcelwarden-check.timer",
        "--user restart parcelwarden-check.timer",
        "--user restart parcelwarden.service",
    ]

    systemctl.answer(SHOWN)
    looked = systemctl.ask("status", "--json")
    told = json.loads(looked.stdout)
    assert looked.exit_code == 1, "the pretend systemd says so, and yet nothing runs"
    assert (told["manager"], told["installed"], told["running"]) == ("systemd", True, False)
    assert told["timer"] == {"active": True, "next_at": "Sun 2026-11-29 20:30:00 UTC"}
    assert "active (running)" in systemctl.ask("status").stdout

    assert systemctl.ask("uninstall").exit_code == 0
    assert list(folder.iterdir()) == []
    assert "nothing was done" in systemctl.ask("uninstall").stderr


@linux
def test_without_a_systemd_it_says_so_and_writes_nothing(systemctl: Pretend) -> None:
    systemctl.answer("*) echo 'Failed to connect to bus: No medium found' >&2; exit 1;;")
    done = systemctl.run("install")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert "No medium found" in done.stderr
    assert not (systemctl.home / "config").exists()
    assert systemctl.run("install", "--dry-run").returncode == 0


@linux
def test_a_daemon_whose_rounds_are_not_stored_is_not_well(systemctl: Pretend) -> None:
    data = systemctl.home / "data"
    for hours, code in ((0, 0), (30, 1)):
        then = datetime.now(UTC) - timedelta(hours=hours)
        session = Session(None, data, clock=lambda then=then: then)
        session.tick(session.store)
        session.store.close()
        with FileLock(data / "daemon.lock"):
            looked = systemctl.ask("status")
        assert looked.exit_code == code, looked.output
        assert ("no round of it is stored" in looked.stderr) is bool(code)


@linux
def test_a_daemon_that_no_systemd_stopped_is_not_taken_for_gone(systemctl: Pretend) -> None:
    assert systemctl.ask("install").exit_code == 0
    systemctl.answer("*) echo 'Failed to connect to bus: No medium found' >&2; exit 1;;")
    data = systemctl.home / "data"
    data.mkdir(exist_ok=True)
    with FileLock(data / "daemon.lock"):
        assert "still runs on" in systemctl.ask("uninstall").stderr


@linux
def test_a_broken_config_is_told_before_anything_is_installed(systemctl: Pretend) -> None:
    config = systemctl.home / "config" / "parcelwarden" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("[logs]\n")
    done = systemctl.run("install")
    assert (done.returncode, systemctl.told) == (2, [])
    assert "did you mean log?" in done.stderr


@linux
def test_status_and_logs_of_a_daemon_that_runs(systemctl: Pretend) -> None:
    config = systemctl.home / "config" / "parcelwarden" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('[notify]\ndesktop = false\n[web]\nenabled = false\n[log]\nformat = "json"\n')
    words = [sys.executable, "-m", "monitor", "--data-dir", str(systemctl.home / "data")]
    daemon = subprocess.Popen([*words, "run"], stderr=subprocess.PIPE, text=True)
    assert daemon.stderr is not None
    try:
        assert daemon.stderr.readline().startswith("Watching")
        assert systemctl.ask("status").exit_code == 0
        refused = systemctl.ask("install")
        assert (refused.exit_code, "stop it first" in refused.stderr) == (1, True)
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate(timeout=30)
    shown = systemctl.ask("logs", "--json")
    texts = [line["text"] for line in json.loads(shown.stdout)]
    assert (texts[0].split(";")[0], texts[-1]) == ("Watching", "Stopped.")
    assert systemctl.ask("logs", "-n", "1").stdout.endswith(" Stopped.\n")


@pytest.mark.skipif(sys.platform == "win32", reason="the pretend manager is a shell script")
def test_launchd_is_given_both_agents_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend, manager = Pretend(tmp_path, "launchctl", monkeypatch), Launchd()
    units = manager.units(programs(Path("/opt/python"), None, tmp_path / "data"))
    manager.install(units)
    agents = pretend.home / "Library" / "LaunchAgents"
    assert sorted(map(str, agents.iterdir())) == sorted(units)
    assert [words.split()[0] for words in pretend.told] == ["bootout", "bootstrap"] * 2
    pretend.answer("print*) printf '\\tstate = running\\n';;")
    state = manager.state()
    assert (state.installed, state.active, state.timer) == (True, "running", True)
    assert manager.uninstall()
    assert not manager.uninstall()
    pretend.answer("bootstrap*) echo 'Bootstrap failed: 5' >&2; exit 5;;")
    with pytest.raises(ServiceFailed, match="Bootstrap failed: 5"):
        manager.install(units)


@pytest.mark.skipif(sys.platform == "win32", reason="the pretend manager is a shell script")
def test_the_task_scheduler_is_given_both_tasks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretend, manager = Pretend(tmp_path, "schtasks", monkeypatch), TaskScheduler()
    manager.install(manager.units(programs(Path("/opt/python"), None, tmp_path / "data")))
    assert [words.split()[0] for words in pretend.told] == ["/Create", "/Create", "/End", "/Run"]
    assert manager.state().installed
    assert manager.uninstall()
    pretend.answer("/Query*) exit 1;;\n/Create*) echo 'ERROR: Access is denied.' >&2; exit 1;;")
    assert not manager.uninstall()
    with pytest.raises(ServiceFailed, match="Access is denied"):
        manager.install(manager.units(programs(Path("/opt/python"), None, tmp_path / "data")))


def test_the_compose_file_says_what_there_is() -> None:
    folder = Path(__file__).parents[1] / "docs" / "docker"
    (service,) = yaml.safe_load((folder / "compose.yaml").read_text("utf-8"))["services"].values()
    root = folder / service["build"]["context"]
    assert (root / "pyproject.toml").is_file()
    assert (root / service["build"]["dockerfile"]).is_file()
    start = next(p for p in app.params if p.name == "data_dir")
    assert start.envvar in service["environment"]
    _, *watched = service["healthcheck"]["test"]
    for words in (service["command"], watched):
        asked = subprocess.run(
            [sys.executable, "-m", "monitor", *words[1:], "--help"], capture_output=True, timeout=60
        )
        assert (words[0], asked.returncode) == ("parcelwarden", 0)
