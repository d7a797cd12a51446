"""A store that is broken, foreign, cut off, full or read-only, as the user meets it: the sentence, the exit code,
and that nothing is lost. What warnings do meanwhile is told elsewhere."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from builders import NOW
from test_backups import old_store
from watch import Watch

from monitor import __main__ as program
from monitor.adapters.store import Store, backups
from monitor.adapters.store.migrations import newest_schema
from scrapers.orders import OrderRecord

KEPT = [f"819000000000000{n}" for n in range(1, 6)]
NEW = ("add", "8190000000000009", "--placed", "2026-11-01", "--tracking", "LP00700000000017")


class Told(NamedTuple):
    code: object
    out: str
    err: str


Call = Callable[..., Told]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """The program by its entry point, in this process: a process of its own for each case would take minutes."""
    before = os.umask(0o077)
    os.umask(before)

    def run(watch: Watch, *words: str) -> Told:
        monkeypatch.setattr(sys, "argv", [*watch.command(*words)][2:])
        capsys.readouterr()
        try:
            program.main()
            code: object = 0
        except SystemExit as end:
            code = end.code or 0
        finally:
            os.umask(before)
        return Told(code, *capsys.readouterr())

    return run


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(Watch(tmp_path_factory.mktemp("sound"))).store_path


@pytest.fixture
def watch(tmp_path: Path, sound: Path) -> Watch:
    watch = Watch(tmp_path)
    watch.data.mkdir()
    watch.store_path.write_bytes(sound.read_bytes())
    return watch


def filled(watch: Watch) -> Watch:
    for order in KEPT:
        watch.add(order)
    return watch


def foreign(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE notes (text)")


def newer(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version={newest_schema() + 1}")


def rewritten(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(change(path.read_bytes())) and None


BROKEN = {
    "garbage": (rewritten(lambda _: b"garbage " * 4000), "is damaged"),
    "a text": (rewritten(lambda _: b"order,placed\n1,2\n"), "is damaged"),
    "cut in half": (rewritten(lambda whole: whole[: len(whole) // 2]), "is damaged"),
    "cut in a page": (rewritten(lambda whole: whole[:5000]), "is damaged"),
    "no header": (rewritten(lambda whole: bytes(100) + whole[100:]), "is damaged"),
    "newer": (newer, "was written by a newer parcelwarden"),
    "of another program": (foreign, "belongs to another program"),
}


@pytest.mark.parametrize("words", [("status",), NEW, ("check", "--due"), ("run",)], ids=lambda w: w[0])
@pytest.mark.parametrize("broken", BROKEN)
def test_a_store_that_cannot_be_used_is_one_sentence_and_stays_as_it_is(
    watch: Watch, call: Call, broken: str, words: tuple[str, ...]
) -> None:
    breaks, said = BROKEN[broken]
    breaks(watch.store_path)
    before = watch.store_path.read_bytes()
    told = call(watch, *words)
    assert (told.code, told.out) == (1, "")
    assert said in told.err
    assert str(watch.store_path) in told.err
    assert told.err.count("\n") == 1, told.err
    assert watch.store_path.read_bytes() == before


def test_a_store_of_the_oldest_program_is_brought_up_to_date_by_whatever_comes_first(
    tmp_path: Path, call: Call
) -> None:
    watch = Watch(tmp_path)
    old_store(watch.store_path, 1)
    assert call(watch, "status", "--all").code == 0
    assert len(watch.order_ids()) == 1
    assert list(backups.folder_of(watch.store_path).iterdir())


def test_a_write_ahead_log_cut_anywhere_leaves_the_store_before_or_after_its_writes(watch: Watch) -> None:
    """The log of a program that was killed, as a disk that was switched off may leave it."""
    script = (
        "import os, sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "db.execute('PRAGMA journal_mode=WAL')\n"
        "for n in range(3): db.execute('UPDATE orders SET title = ?', ('written %d' % n,))\n"
        "os._exit(9)\n"
    )
    path = watch.store_path
    subprocess.run([sys.executable, "-c", script, str(path)], check=False, timeout=60)
    main, log = path.read_bytes(), Path(f"{path}-wal").read_bytes()
    assert log, "the killed program left a log"
    seen = set()
    for cut in {0, 1, 31, 32, 33, *range(100, len(log), len(log) // 9), len(log) - 1, len(log)}:
        for ending in ("-shm", "-wal", "-journal"):
            Path(f"{path}{ending}").unlink(missing_ok=True)
        path.write_bytes(main)
        Path(f"{path}-wal").write_bytes(log[:cut])
        assert watch.order_ids() == KEPT
        with closing(Store(path)) as store:
            (title,) = {order.title for order in store.orders()}
        seen.add(title)
    assert "written 2" in seen
    assert seen <= {"", "written 0", "written 1", "written 2"}


def test_on_a_full_disk_everything_can_be_read_and_what_cannot_be_written_is_said(
    small_disk: Path, call: Call
) -> None:
    watch = filled(Watch(small_disk))
    with closing(Store(watch.store_path)) as store:
        store.save([OrderRecord(order, "manual", title="x" * 3000) for order in KEPT], NOW)
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 512):
                pass
        except OSError:
            pass
    status = call(watch, "status", "--all")
    assert status.code == 0, status
    told = call(watch, *NEW)
    assert (told.code, told.out) == (1, ""), told
    assert "is full; what was stored before is safe. Free some space." in told.err
    assert told.err.count("\n") == 1
    assert watch.order_ids() == KEPT
    filler.unlink()
    assert call(watch, *NEW).code == 0
    assert watch.order_ids() == sorted([*KEPT, NEW[1]])


def test_on_a_disk_that_cannot_be_written_everything_can_be_read_and_the_rest_is_said(
    small_disk: Path, call: Call
) -> None:
    watch = filled(Watch(small_disk))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    status = call(watch, "status", "--all", "--json")
    assert status.code == 0, status
    assert KEPT[0] in status.out
    assert call(watch, "show", KEPT[0]).code == 0
    told = call(watch, *NEW)
    assert (told.code, told.out) == (1, ""), told
    assert "cannot be written: check the permissions of the file and its folder" in told.err
    assert told.err.count("\n") == 1
    copy = small_disk.parent / "copy.sqlite3"
    assert call(watch, "backup", str(copy)).code == 0, "a last copy can be had"
    assert backups.damage(copy) == ""
