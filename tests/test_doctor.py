"""`doctor`: files others can read, backups, disk, secrets, what warns when the machine is off, and whom it talks to."""

from __future__ import annotations

import json
import os
import socket
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from builders import NOW, day
from filelock import FileLock

from monitor import doctor_files
from monitor.adapters.store import Store, backups
from monitor.commands import machine
from monitor.doctor import examine
from monitor.finding import Finding
from monitor.hosts import contacts
from monitor.rules.notices import Notice
from monitor.session import Session
from monitor.warning import warn
from scrapers.base import Access
from scrapers.carriers import every
from scrapers.orders import OrderRecord

posix = pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX's")


def session_with(folder: Path, config: str = "") -> Session:
    path = folder / "config.toml"
    path.write_text(f"[notify]\ndesktop = false\n{config}")
    path.chmod(0o600)
    session = Session(path, folder / "data", clock=lambda: NOW)
    with closing(Store(session.store_path)) as store:
        store.save([OrderRecord("8190000000000017", "manual", placed_on=day(-30))], NOW)
    return session


def found(session: Session, *, fix: bool = False) -> dict[str, Finding]:
    return {finding.name: finding for finding in examine(session, fix=fix)}


def test_a_clock_that_other_hosts_contradict_is_not_called_right(tmp_path: Path) -> None:
    session = session_with(tmp_path)
    session.tick(session.store)
    assert found(session)["clock"].ok
    session.store.heard_clocks(dict.fromkeys(("a.example", "b.example"), timedelta(days=3)), NOW)
    looked = found(session)["clock"]
    assert not looked.ok
    assert f"may be {day(3)}" in looked.detail


@posix
def test_what_others_can_read_is_named_and_closed(tmp_path: Path) -> None:
    session = session_with(tmp_path)
    shot = session.evidence_dir / "8190" / "page.png"
    shot.parent.mkdir(parents=True, mode=0o755)
    shot.write_bytes(b"")
    shot.chmod(0o644)
    session.data_dir.chmod(0o755)
    (tmp_path / "config.toml").chmod(0o640)
    looked = found(session)["data folder"]
    assert not looked.ok
    assert str(tmp_path / "config.toml") in looked.detail
    assert "4 more" in looked.detail  # the folder, the two below it, the picture
    assert found(session, fix=True)["data folder"].ok
    modes = [
        path.stat().st_mode & 0o777
        for path in (session.data_dir, shot.parent, shot, tmp_path / "config.toml")
    ]
    assert modes == [0o700, 0o700, 0o600, 0o600]


def test_an_old_backup_is_no_backup_and_fix_makes_a_new_one(tmp_path: Path) -> None:
    session = session_with(tmp_path)
    assert "none yet" in found(session)["backups"].detail
    assert found(session, fix=True)["backups"] == Finding("backups", True, "the newest is 0 h old")
    (made,) = backups.folder_of(session.store_path).iterdir()
    old = (NOW - timedelta(days=3)).timestamp()
    os.utime(made, (old, old))
    made.rename(made.with_name("parcelwarden-2026-11-21.sqlite3"))
    looked = found(session)["backups"]
    assert (looked.ok, "72 h old" in looked.detail) == (False, True)
    assert found(session, fix=True)["backups"].ok


def test_little_room_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = session_with(tmp_path)
    assert found(session)["disk"].ok
    monkeypatch.setattr(doctor_files, "_ROOM", 1 << 60)
    looked = found(session)["disk"]
    assert not looked.ok
    assert "make some room" in looked.detail


@posix
def test_a_secret_that_others_can_read_is_told_by_name(tmp_path: Path) -> None:
    session = session_with(tmp_path)
    path = session.data_dir / "secrets" / "ntfy"
    path.parent.mkdir()
    path.write_text("tk_hunter2")
    path.chmod(0o644)
    looked = found(session)["secret ntfy"]
    assert not looked.ok
    assert "hunter2" not in looked.detail


def test_it_says_what_warns_when_the_machine_is_off(tmp_path: Path) -> None:
    bare = session_with(tmp_path)
    nets = {name: f for name, f in found(bare).items() if name.startswith("off:")}
    assert set(nets) == {"off: calendar", "off: push", "off: dead man's ping"}
    assert all(f.ok and f.detail.startswith("not in use") for f in nets.values())

    full = session_with(tmp_path, 'ntfy = "http://127.0.0.1:9/t"\nping = "http://127.0.0.1:9/ping"\n')
    full.tick(full.store)
    full.store.pinged(NOW - timedelta(hours=2))
    looked = found(full)
    assert looked["off: push"].detail == "on: ntfy holds 0 alarms now"
    assert looked["off: dead man's ping"].ok
    full.store.pinged(NOW - timedelta(days=2))
    assert not found(full)["off: dead man's ping"].ok


def test_a_daemon_whose_ping_never_got_through_is_no_net(tmp_path: Path) -> None:
    session = session_with(tmp_path, 'ping = "http://127.0.0.1:9/ping"\n')
    assert found(session)["off: dead man's ping"].ok, "no daemon runs that could have sent one"
    with FileLock(session.data_dir / "daemon.lock"):
        assert not found(session)["off: dead man's ping"].ok


@pytest.mark.parametrize(
    ("config", "what", "said"),
    [
        ("", "warnings", "nothing can warn you"),
        ('command = ["/nowhere/tell"]\n', "warnings by command", "no program /nowhere/tell"),
        ('[notify.email]\nhost = "smtp.example.org"\n', "warnings by email", "`to` is empty"),
    ],
)
def test_what_can_warn_nobody_is_told_before_it_has_to(
    tmp_path: Path, config: str, what: str, said: str
) -> None:
    looked = found(session_with(tmp_path, config))[what]
    assert not looked.ok
    assert said in looked.detail


def test_an_extra_that_is_not_installed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in ("paho", "apprise"):
        monkeypatch.setitem(sys.modules, package, None)
    looked = found(session_with(tmp_path, 'apprise = ["json://127.0.0.1"]\n[mqtt]\nhost = "broker.local"\n'))
    assert "parcelwarden[mqtt]" in looked["mqtt"].detail
    assert "parcelwarden[push]" in looked["warnings by apprise-1"].detail
    assert not looked["mqtt"].ok
    assert not looked["warnings by apprise-1"].ok


def test_a_channel_that_refuses_is_named(tmp_path: Path) -> None:
    session = session_with(tmp_path, 'command = ["false"]\n')
    notice = Notice("moved", "moved/1", None, None, "A title", "A body")
    session.store.tell(notice, ["command"], NOW)
    assert "warnings by command" not in found(session)
    warn(session, session.store)
    assert not found(session)["warnings by command"].ok


def test_every_host_of_carriers_and_channels_is_listed_and_none_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("somebody was called")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    session = session_with(
        tmp_path,
        'ntfy = "https://push.example.org/topic"\nwebhook = "https://hook.example.org/x"\ncommand = ["true"]\n'
        'ping = "https://ping.example.org/uuid"\napprise = ["tgram://secret/chat"]\n'
        '[notify.email]\nhost = "smtp.example.org"\nto = "me@example.org"\n'
        '[mail]\nhost = "imap.example.org"\nuser = "me"\n[mqtt]\nhost = "broker.local"\n'
        '[carriers.cainiao]\nbase_url = "http://127.0.0.1:8000"\n[carriers.bpost]\nenabled = false\n',
    )
    listed = contacts(session)
    in_use = {contact.host for contact in listed if contact.in_use}
    assert in_use >= {
        "push.example.org", "hook.example.org", "ping.example.org", "smtp.example.org", "imap.example.org",
        "broker.local", "www.aliexpress.com", "127.0.0.1", "the service of tgram://",
    }  # fmt: skip
    assert "global.cainiao.com" not in {contact.host for contact in listed}
    assert not any("bpost" in contact.why.lower() for contact in listed if contact.in_use)
    assert "secret" not in str(listed)
    for carrier in every():
        about = {contact.host for contact in listed if contact.why.startswith(f"{carrier.name}:")}
        asked = carrier.requests(["RB700000001CN"], Access("a:b:c", "1011AB"))
        assert about, carrier.id
        assert carrier.id == "cainiao" or all(any(host in request.url for host in about) for request in asked)


def test_a_config_that_cannot_be_used_is_the_finding(tmp_path: Path) -> None:
    session = Session(tmp_path / "config.toml", tmp_path / "data", clock=lambda: NOW)
    (tmp_path / "config.toml").write_text("[mial]\n")
    *_, last = examine(session, fix=False)
    assert (last.name, last.ok) == ("config", False)
    assert "line 1" in last.detail


def test_the_list_of_hosts_is_one_json_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert machine.network(session_with(tmp_path), as_json=True) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {"host", "why", "in_use"} == set(rows[0])
    assert [row["in_use"] for row in rows] == sorted((row["in_use"] for row in rows), reverse=True)
