"""The log: what stands in it, what never does, and a disk that will not take it."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cainiao_server import Cainiao, module

from monitor.adapters import log_file, rotating
from monitor.adapters.log_file import LOG, redacted

NUMBER, ORDER = "LP00700000000017", "8190000000000017"
# What only the user's own data holds; each of these stands in the order, its scans, the config or the environment.
PERSONAL = {
    "title": "Sommerkleid Groesse 44",
    "seller": "Haus der Kleider",
    "city": "Oberammergau",
    "scan": "Signed by Gerlinde Musterfrau",
    "mail": "gerlinde.musterfrau@example.org",
    "topic": "a-long-secret-topic",
    "token": "tk-secret-token",
    "password": "smtp-secret-word",
    "order": ORDER,
    "number": NUMBER,
}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("https://me:pw@ntfy.example/topic?x=1 refused it", "https://ntfy.example/… refused it"),
        ("tgram://12345token/chat refused it", "tgram://… refused it"),
        ("ann.lee+shop@mail.example.org is full", "(mail address) is full"),
        ("order 8190000000000017, parcel LP00700000000017", "order ..0017, parcel ..0017"),
        ("3023-1234567 and rx123456789cn", "3023-1234567 and ..89cn"),
        (r"C:\Users\Ann\AppData and /media/ann/disk", r"C:\Users\~\AppData and /media/~/disk"),
        ("backup of 2026-11-28 kept, 12 orders, code 4294967", "backup of 2026-11-28 kept, 12 orders, code 4294967"),
    ],
)  # fmt: skip
def test_what_a_line_keeps(said: str, kept: str) -> None:
    assert redacted(said) == kept


def test_the_home_folder_is_a_tilde(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/srv/people/Ann Lee")
    monkeypatch.setenv("USERPROFILE", "/srv/people/Ann Lee")
    assert redacted("no space in /srv/people/Ann Lee/data") == "no space in ~/data"


def test_numbers_are_whole_when_asked() -> None:
    assert redacted(f"{ORDER} a@b.example", whole_numbers=True) == f"{ORDER} (mail address)"


@contextmanager
def log_at(path: Path, said: list[str], form: log_file.Format = "plain", keep: int = 2) -> Iterator[None]:
    with log_file.writing(
        path, form=form, level="info", keep=keep, whole_numbers=False, complain=said.append
    ):
        yield


@pytest.mark.parametrize("form", ["plain", "json"])
def test_a_log_is_read_again(tmp_path: Path, form: log_file.Format) -> None:
    path, said = tmp_path / "logs" / "run.log", list[str]()
    with log_at(path, said, form):
        LOG.info("Первая строка")
        LOG.warning("two\nlines")
        LOG.debug("not asked for")
    with path.open("a") as broken:
        broken.write("cut off\n{\n")
    lines = log_file.read(path, 10)
    assert [(line.level, line.text) for line in lines] == [
        ("info", "Первая строка"),
        ("warning", "two lines"),
    ]
    assert lines[0].at.utcoffset() is not None
    assert not said
    if form == "json":
        assert json.loads(path.read_text("utf-8").splitlines()[0])["text"] == "Первая строка"


def test_of_a_fault_the_place_is_kept_and_not_its_words(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    with log_at(path, []):
        try:
            int("Gerlinde Musterfrau")
        except ValueError:
            LOG.warning("ask", exc_info=True)
    (line,) = log_file.read(path, 10)
    assert line.text.startswith("ask [ValueError in test_log.py:")
    assert "Gerlinde" not in line.text


def test_it_rotates_and_stays_its_owners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotating, "_FILE_BYTES", 200)
    path = tmp_path / "logs" / "run.log"
    before = os.umask(0)
    try:
        with log_at(path, [], keep=2):
            for n in range(30):
                LOG.info(f"line {n}")
    finally:
        os.umask(before)
    assert sorted(p.name for p in path.parent.iterdir()) == ["run.log", "run.log.1", "run.log.2"]
    assert {stat.S_IMODE(p.stat().st_mode) for p in path.parent.iterdir()} == {0o600}
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [line.text for line in log_file.read(path, 3)] == ["line 27", "line 28", "line 29"]


def test_a_log_cleared_away_is_begun_again(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    with log_at(path, []):
        LOG.info("before")
        path.unlink()
        LOG.info("after")
        assert [line.text for line in log_file.read(path, 3)] == ["after"]


def test_a_log_that_cannot_be_written_is_said_once(tmp_path: Path) -> None:
    said: list[str] = []
    (tmp_path / "logs").write_text("a file where the folder should be")
    with log_at(tmp_path / "logs" / "run.log", said):
        LOG.info("one")
        LOG.info("two")
    assert len(said) == 1
    assert "cannot be written" in said[0]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_said_once(tmp_path: Path) -> None:
    said: list[str] = []
    path = tmp_path / "run.log"
    path.symlink_to("/dev/full")
    with log_at(path, said):
        LOG.info("one")
        LOG.info("two")
    assert len(said) == 1
    assert "No space left" in said[0]


def personal_world(home: Path, carrier_url: str) -> list[str]:
    """A user whose every fact is in PERSONAL, with channels that fail in their own words; the words of a command."""
    loud = [sys.executable, "-c", f"import sys; sys.exit({PERSONAL['mail']!r})"]
    (home / "config.toml").write_text(
        f"""
[general]
home_city = "{PERSONAL["city"]}"
[polling]
host_pause = 0
[notify]
desktop = false
ntfy = "http://127.0.0.1:9/{PERSONAL["topic"]}"
webhook = "http://user:{PERSONAL["password"]}@127.0.0.1:9/hook/{PERSONAL["token"]}"
command = {json.dumps(loud)}
escalate_hours = 1
[notify.email]
host = "127.0.0.1"
port = 9
user = "{PERSONAL["mail"]}"
to = "{PERSONAL["mail"]}"
[web]
port = 0
[carriers.cainiao]
base_url = "{carrier_url}"
"""
    )
    today = datetime.now(UTC).date()
    row = {
        "order_id": ORDER, "placed_on": str(today - timedelta(days=30)), "title": PERSONAL["title"],
        "seller": PERSONAL["seller"], "tracking": [NUMBER], "order_state": "shipped", "destination_country": "DE",
        "protection_until": str(today + timedelta(days=2)),
    }  # fmt: skip
    (home / "orders.json").write_text(json.dumps([row]))
    words = ["-m", "monitor", "--config", str(home / "config.toml"), "--data-dir", str(home / "data")]
    command = [sys.executable, *words]
    subprocess.run(
        [*command, "import", str(home / "orders.json")], check=True, capture_output=True, timeout=60
    )
    return command


def test_nothing_personal_reaches_the_log(tmp_path: Path) -> None:
    scans = (datetime.now(UTC) - timedelta(days=1), "GTMS_SIGNED", f"{PERSONAL['scan']}, {PERSONAL['city']}")
    secrets = {
        "PARCELWARDEN_NTFY_TOKEN": PERSONAL["token"],
        "PARCELWARDEN_SMTP_PASSWORD": PERSONAL["password"],
    }
    with Cainiao(**{NUMBER: module(NUMBER, scans)}) as carrier:
        command = personal_world(tmp_path, carrier.url)
        environment = os.environ | secrets
        subprocess.run([*command, "check", "--due"], env=environment, capture_output=True, timeout=60)
        daemon = subprocess.Popen([*command, "run"], env=environment, stderr=subprocess.PIPE, text=True)
        assert daemon.stderr is not None
        said = daemon.stderr.readline()
        assert said.startswith("Watching")
        daemon.send_signal(signal.SIGTERM)
        said += daemon.communicate(timeout=30)[1]
    logs = {p.name: p.read_text("utf-8") for p in (tmp_path / "data" / "logs").iterdir()}
    assert set(logs) == {"run.log", "check.log"}
    assert "1 numbers asked: ok 1." in logs["check.log"]
    assert "Warnings could not be shown by" in logs["check.log"]
    assert "Watching" in logs["run.log"]
    assert logs["run.log"].rstrip().endswith("Stopped.")
    assert "enter?key=" in said, "the page's link is for who started it"
    assert "key=" not in logs["run.log"], "and in no log"
    for what, words in PERSONAL.items():
        for name, text in [*logs.items(), ("stderr", said)]:
            assert words not in text, f"{what} stands in {name}"
