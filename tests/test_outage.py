"""A store that cannot be written: warnings go out all the same, are told to be repeatable, and nothing stored is lost."""

from __future__ import annotations

import itertools
import os
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from builders import NOW, day
from test_killed import Phone
from watch import Watch, until

from fixtures import world as worlds
from fixtures.carrier_server import start_carriers
from monitor import daemon, doctor
from monitor.adapters.message import Message, Sent
from monitor.adapters.post import Posted
from monitor.adapters.store import Store, StoreTrouble, backups, database
from monitor.outage import REMARK
from monitor.session import Session
from scrapers import carriers as known
from scrapers.orders import OrderRecord, ShopParcel, ShownDate

ORDER, OTHER = "8190000000000017", "8190000000000018"
MINUTE = timedelta(minutes=1)


class Listener:
    """A channel that keeps what it is sent."""

    name = "desktop"

    def __init__(self) -> None:
        self.heard: list[Message] = []
        self.dead = False

    def send(self, notice: Message) -> Sent:
        if not self.dead:
            self.heard.append(notice)
        return Sent(not self.dead, "Nobody there." if self.dead else "Taken.")

    def about(self, order: str) -> list[Message]:
        return [m for m in self.heard if f"..{order[-8:]}" in m.body]


class Daemon:
    """The daemon's own round of warnings, a minute apart, on one store."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        config = folder / "config.toml"
        config.write_text('[general]\ntimezone = "UTC"\n')
        clock = (NOW + n * MINUTE for n in itertools.count())
        self.session = Session(config, folder / "data", clock=lambda: next(clock))
        self.phone = Listener()
        monkeypatch.setattr(self.session, "channels", lambda: {"desktop": self.phone})
        monkeypatch.setattr(database, "_BUSY_MS", 20)
        self.path = self.session.store_path

    def add(self, number: str, left: int) -> None:
        """An order with so many days left to its last safe day."""
        record = OrderRecord(
            number, "manual", "aliexpress", placed_on=day(-30), shipped_on=day(-28), order_state="shipped",
            dates=(ShownDate("protection_end", day(left + 1), "page", "order detail"),),
        )  # fmt: skip
        with closing(Store(self.path)) as store:
            store.save([record], NOW)

    def works(self, rounds: int = 1) -> None:
        for _ in range(rounds):
            daemon.warn(self.session, threading.Event())

    def fails(self, rounds: int) -> None:
        for _ in range(rounds):
            with pytest.raises(StoreTrouble):
                daemon.warn(self.session, threading.Event())


@pytest.fixture
def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Daemon:
    return Daemon(tmp_path, monkeypatch)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def held_for_writing(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def garbage(path: Path) -> Iterator[None]:
    """No backup, so nothing mends it."""
    kept = path.read_bytes()
    for backup in backups.folder_of(path).glob("*"):
        backup.unlink()
    path.write_bytes(b"\x13garbage" * 4096)
    yield
    path.write_bytes(kept)


@contextmanager
def newer(path: Path) -> Iterator[None]:
    """A newer program changed the store under a daemon that runs."""
    with closing(sqlite3.connect(path)) as db:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        db.execute("PRAGMA user_version=999")
    yield
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version={version}")


Trouble = Callable[[Path], "contextmanager[None]"]


@pytest.mark.parametrize("trouble", [locked, held_for_writing, garbage, newer], ids=lambda t: t.__name__)
def test_what_is_due_goes_out_once_from_memory_and_again_from_the_store(
    one: Daemon, trouble: Trouble
) -> None:
    one.phone.dead = True
    one.add(ORDER, 5)
    one.works()
    with trouble(one.path):
        one.phone.dead = False
        one.fails(1)
        assert one.phone.heard == []  # a lock of a moment is no outage
        one.fails(5)
        (told,) = one.phone.about(ORDER)
        assert told.body.endswith(REMARK)
        assert [m.title for m in one.phone.heard].count("The store cannot be written") == 1
    one.works(20)
    _, again = one.phone.about(ORDER)
    assert REMARK not in again.body
    with closing(Store(one.path)) as store:
        assert [o.order_id for o in store.orders()] == [ORDER]
        assert store.damage() == ""


def test_what_the_store_knows_as_told_is_not_told_from_memory(one: Daemon) -> None:
    one.add(ORDER, 5)
    one.works()
    with held_for_writing(one.path):
        one.fails(4)
    assert len(one.phone.about(ORDER)) == 1


def test_a_store_that_comes_and_goes_rings_once(one: Daemon) -> None:
    one.phone.dead = True
    one.add(ORDER, 5)
    one.works()
    one.phone.dead = False
    with held_for_writing(one.path):
        one.fails(3)
    one.phone.dead = True
    one.works()
    one.phone.dead = False
    with held_for_writing(one.path):
        one.fails(3)
    assert len(one.phone.about(ORDER)) == 1


def test_a_store_lost_with_its_file_is_warned_of_from_the_newest_backup(one: Daemon) -> None:
    one.phone.dead = True
    one.add(ORDER, 0)
    one.works()
    backups.daily(one.path, NOW)
    one.path.write_bytes(b"\x13garbage" * 4096)
    fresh = Session(one.session.config_path, one.session.data_dir, clock=one.session.clock)
    stand_in = fresh.outage.stand_in(NOW)
    assert stand_in is not None
    assert [o.order_id for o in stand_in.orders()] == [ORDER]
    assert one.path.read_bytes().startswith(b"\x13garbage")  # what is looked at is not touched


def test_nothing_is_sent_that_could_not_be_marked_as_sent(
    one: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StoreTrouble("The disk is full.")

    one.add(ORDER, 0)
    monkeypatch.setattr(Store, "offered", full)
    one.fails(1)
    assert one.phone.heard == []


# -- real processes on real disks ------------------------------------------------------------------------------------
@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A data folder on a disk of 2 MB of its own."""
    data = tmp_path / "home" / "data"
    data.mkdir(parents=True, mode=0o700)
    _mount("-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs", data)
    yield data
    subprocess.run(["umount", "-l", data], check=True)


@pytest.fixture
def closed_disk(tmp_path: Path) -> Iterator[Path]:
    """A data folder that can be made read-only, for root too."""
    data = tmp_path / "home" / "data"
    data.mkdir(parents=True, mode=0o700)
    _mount("--bind", data, data)
    yield data
    subprocess.run(["umount", "-l", data], check=True)


def _mount(*words: str | Path) -> None:
    if os.name != "posix" or os.geteuid() != 0:
        pytest.skip("only root mounts disks")
    done = subprocess.run(["mount", *words], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr}")


@pytest.fixture
def phone() -> Iterator[Phone]:
    phone = Phone()
    thread = threading.Thread(target=phone.server.serve_forever)
    thread.start()
    yield phone
    phone.server.shutdown()
    phone.server.server_close()
    thread.join()


def watch(data: Path, phone: Phone) -> Watch:
    address = f"http://127.0.0.1:{phone.server.server_port}/warnings"
    return Watch(data.parent, f'[notify]\ndesktop = false\nwebhook = "{address}"\n')


def fill(data: Path) -> Path:
    ballast = data / "ballast"
    with ballast.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"\0" * 4096):
            pass
    return ballast


def test_on_a_full_disk_run_warns_and_goes_on_when_there_is_room(small_disk: Path, phone: Phone) -> None:
    user = watch(small_disk, phone)
    user.add(ORDER)
    ballast = fill(small_disk)
    with user.running(speed=60):
        until(lambda: len(phone.texts) >= 2)  # the order, and the store itself
        for words in (["add", OTHER, "--tracking", "LP00000000000018", "--placed", "2026-11-01"], ["check"]):
            done = user.call(*words)
            assert (done.returncode, done.stdout) == (1, "")
            assert done.stderr.count("\n") == 1, done.stderr
            assert "is full" in done.stderr
        assert ORDER in user.call("status").stdout
        assert "is full" in next(doctor._store(Session(user.config, user.data))).detail
        assert sum(f"..{ORDER[-8:]}" in text for text in phone.texts) == 1
        ballast.unlink()
        until(lambda: any(f"..{ORDER[-8:]}" in text and REMARK not in text for text in phone.texts))
    assert user.order_ids() == [ORDER]


def test_nobody_is_asked_where_the_answer_could_not_be_stored(small_disk: Path) -> None:
    with start_carriers(worlds.load("demo", NOW), now=NOW) as carriers:
        config = small_disk / "config.toml"
        others = "".join(f"[carriers.{name}]\nenabled = false\n" for name in known.ids() if name != "cainiao")
        config.write_text(
            f'[polling]\nhost_pause = 0\n[carriers.cainiao]\nbase_url = "{carriers.url}"\n{others}'
        )
        session = Session(config, small_disk / "data", clock=lambda: NOW)
        record = OrderRecord(ORDER, "manual", placed_on=day(-9), parcels=(ShopParcel("LP00000000000017"),))
        session.store.save([record], NOW)
        daemon.ask(session, threading.Event())
        assert len(carriers.requests) == 1
        later = Session(config, small_disk / "data", clock=lambda: NOW + timedelta(hours=9))
        ballast = fill(small_disk)
        with pytest.raises(StoreTrouble):
            daemon.ask(later, threading.Event())
        assert len(carriers.requests) == 1
        ballast.unlink()
        daemon.ask(later, threading.Event())
        assert len(carriers.requests) == 2
        before = session.store_path.read_bytes()
        daemon.ask(later, threading.Event())  # nobody is due: no word is written, either
        assert session.store_path.read_bytes() == before
        session.store.close()


def test_no_ping_says_that_all_is_well_while_the_store_takes_nothing(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pings: list[str] = []
    monkeypatch.setattr("monitor.adapters.post.post", lambda url, *_: pings.append(url) or Posted(True, ""))
    config = small_disk / "config.toml"
    config.write_text('[notify]\nping = "http://127.0.0.1:9/alive"\n')
    session = Session(config, small_disk / "data", clock=lambda: NOW)
    session.store.close()
    ballast = fill(small_disk)
    for _ in range(2):
        with pytest.raises(StoreTrouble):
            daemon.ask(session, threading.Event())
    assert pings == []
    ballast.unlink()
    daemon.ask(session, threading.Event())
    assert len(pings) == 1


def test_from_a_disk_that_became_read_only_run_and_check_warn(closed_disk: Path, phone: Phone) -> None:
    user = watch(closed_disk, phone)
    user.add(ORDER)
    subprocess.run(["mount", "-o", "remount,ro,bind", closed_disk], check=True)
    done = user.call("check", "--due")
    assert done.returncode == 1
    assert done.stderr.strip().endswith("check the permissions of the file and its folder.")
    assert len(phone.texts) == 2  # the order, and the store itself
    assert sum(REMARK in text for text in phone.texts) == 2
    phone.texts.clear()
    with user.running(speed=60):
        until(lambda: len(phone.texts) >= 2)
        assert sum(f"..{ORDER[-8:]}" in text for text in phone.texts) == 1
        subprocess.run(["mount", "-o", "remount,rw,bind", closed_disk], check=True)
        until(lambda: any(f"..{ORDER[-8:]}" in text and REMARK not in text for text in phone.texts))
    assert user.order_ids() == [ORDER]
