"""Backups, restoring, and stores that are damaged, gone, old, newer or in a bad place: real files, real processes."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from builders import NOW, day
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.adapters.store import Store, StoreDamaged, StoreGone, StoreTrouble, backups, place, recovery
from monitor.adapters.store.migrations import newest_schema
from scrapers.orders import OrderRecord, ShopParcel

SQL = Path(backups.__file__).parent
KILLS = int(os.environ.get("STORE_KILLS", "6"))


def record(number: int) -> OrderRecord:
    return OrderRecord(
        f"81900000000{number:05d}",
        "manual",
        placed_on=day(-30),
        parcels=(ShopParcel(f"LP007000{number:08d}"),),
    )


def made(path: Path, *numbers: int) -> Path:
    with closing(Store(path)) as store:
        store.save([record(n) for n in numbers], NOW)
    return path


def orders(path: Path) -> list[str]:
    with closing(Store(path)) as store:
        return sorted(order.order_id for order in store.orders())


def ids(*numbers: int) -> list[str]:
    return [record(n).order_id for n in numbers]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return made(tmp_path / "data" / "parcels.sqlite3", 1, 2)


# -- making them -------------------------------------------------------------------------------------------------
def test_one_backup_a_day_whole_and_the_users_alone(path: Path) -> None:
    copy = backups.daily(path, NOW)
    assert copy is not None
    assert backups.daily(path, NOW + timedelta(hours=1)) is None
    assert (orders(copy), stat.S_IMODE(copy.stat().st_mode)) == (ids(1, 2), 0o600)
    assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700
    assert [p.name for p in copy.parent.iterdir()] == [copy.name]


@given(first=st.dates(date(2026, 1, 1), date(2030, 1, 1)), days=st.lists(st.booleans(), max_size=120))
@settings(max_examples=60)
def test_a_week_of_days_and_a_month_of_weeks_are_kept(first: date, days: list[bool]) -> None:
    kept: list[date] = []
    made_on = [first + timedelta(days=n) for n, machine_on in enumerate(days) if machine_on]
    for today in made_on:
        kept.append(today)
        kept = [d for d in kept if d not in backups.outdated(kept)]
    assert kept[-7:] == made_on[-7:]
    assert len(kept) <= 7 + 4
    weeks = {d.isocalendar()[:2] for d in made_on[:-7]}
    assert len(kept[:-7]) == min(len(weeks), 4)


def test_what_a_killed_copy_left_is_swept_away_later(path: Path) -> None:
    backups.daily(path, NOW)
    part = backups.folder_of(path) / ".parcelwarden-2026-01-01.sqlite3.77.part"
    part.write_bytes(b"half")
    os.utime(part, (NOW.timestamp(), NOW.timestamp()))
    backups.daily(path, NOW + timedelta(days=1))
    assert not part.exists()


def test_no_backup_is_made_of_a_damaged_store_and_the_good_one_stays(path: Path) -> None:
    good = backups.daily(path, NOW)
    spoil(path)
    with pytest.raises(StoreTrouble):
        backups.copy(path, good)  # type: ignore[arg-type]  # it is there: asserted by the next line
    assert orders(good) == ids(1, 2)  # type: ignore[arg-type]


def spoil(path: Path) -> None:
    size = path.stat().st_size
    with path.open("r+b") as file:
        for at in range(4096, size, 4096):
            file.seek(at)
            file.write(os.urandom(512))


# -- damaged and gone --------------------------------------------------------------------------------------------
def test_a_damaged_store_gives_way_to_the_newest_good_backup_loudly(path: Path) -> None:
    backups.daily(path, NOW - timedelta(days=1))
    newest = backups.daily(path, NOW)
    assert newest is not None
    newest.write_bytes(b"spoilt too")
    made(path, 3)
    spoil(path)
    said = recovery.mend(path, NOW)
    assert "RESTORED" in said
    assert orders(path) == ids(1, 2)
    (kept,) = (path.parent / "damaged").glob("*.sqlite3")
    assert str(kept) in said
    assert recovery.mend(path, NOW) == ""


def test_a_backup_dated_by_a_clock_that_ran_ahead_is_not_taken_for_the_newest(path: Path) -> None:
    ahead = backups.daily(path, NOW + timedelta(days=365))
    assert ahead is not None
    in_a_year = time.time() + 365 * 86400
    os.utime(ahead, (in_a_year, in_a_year))
    made(path, 3)
    backups.daily(path, NOW)
    spoil(path)
    recovery.mend(path, NOW)
    assert orders(path) == ids(1, 2, 3)


@pytest.mark.parametrize("lost", [lambda p: p.unlink(), lambda p: p.write_bytes(b"")])
def test_a_lost_store_is_never_begun_anew_in_silence(path: Path, lost: object) -> None:
    backups.daily(path, NOW)
    lost(path)  # type: ignore[operator]
    with pytest.raises(StoreGone, match="gone or empty"):
        Store(path)
    assert "RESTORED" in recovery.mend(path, NOW)
    assert orders(path) == ids(1, 2)


def test_without_a_good_backup_nothing_is_touched(path: Path) -> None:
    spoil(path)
    before = path.read_bytes()
    with pytest.raises(StoreDamaged, match="no good backup"):
        recovery.mend(path, NOW)
    assert path.read_bytes() == before


def test_random_damage_ends_in_a_store_or_a_sentence(tmp_path: Path) -> None:
    """No traceback; what is found is mended, and orders come back whole."""
    rng = random.Random(7)
    clean = made(tmp_path / "clean.sqlite3", *range(40)).read_bytes()
    for n in range(int(os.environ.get("STORE_DAMAGES", "60"))):
        path = tmp_path / f"{n}" / "parcels.sqlite3"
        path.parent.mkdir()
        path.write_bytes(clean)
        backups.daily(path, NOW)
        spoilt = bytearray(clean)
        at, length = rng.randrange(len(clean)), rng.choice([512, 4096, 65536])
        spoilt[at : at + length] = rng.randbytes(len(spoilt[at : at + length]))
        path.write_bytes(spoilt[:at] if n % 3 == 0 else bytes(spoilt))
        recovery.mend(path, NOW)
        try:
            found = orders(path)
        except StoreTrouble:
            continue
        assert found == ids(*range(40)) or path.read_bytes() == bytes(spoilt)


def test_a_cut_journal_leaves_the_store_before_or_after_the_write(path: Path) -> None:
    """A process is killed in a transaction; its journal is then cut at every sort of length."""
    script = (
        "import os,sqlite3,sys\n"
        "db=sqlite3.connect(sys.argv[1],isolation_level=None)\n"
        "db.execute('PRAGMA journal_mode=TRUNCATE'); db.execute('PRAGMA cache_size=1'); db.execute('BEGIN IMMEDIATE')\n"
        "db.execute(\"UPDATE orders SET title='half'\")\n"
        "db.executemany('INSERT INTO labels VALUES (?,?,?,?)',[(str(n)*200,'','Exception','') for n in range(400)])\n"
        "os._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], check=False, timeout=60)
    journal = Path(f"{path}-journal")
    torn, log = path.read_bytes(), journal.read_bytes()
    assert log, "the killed write left a journal"
    with closing(Store(path)) as store:
        assert [o.title for o in store.orders()] == ["", ""]
    for cut in (0, 1, 27, 28, 512, 513, len(log) // 2, len(log) - 1):
        path.write_bytes(torn)
        journal.write_bytes(log[:cut])
        with contextlib.suppress(StoreTrouble):
            assert orders(path) == ids(1, 2)


# -- restoring ---------------------------------------------------------------------------------------------------
def test_restoring_keeps_the_present_store_aside(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite3"
    backups.copy(path, copy)
    made(path, 3)
    with closing(Store(path)) as open_elsewhere:
        kept = recovery.restore(copy, path, NOW)
        assert len(open_elsewhere.orders()) == 2
    assert kept is not None
    assert orders(kept) == ids(1, 2, 3)
    assert orders(path) == ids(1, 2)


def test_what_is_no_backup_is_refused_and_nothing_changes(path: Path, tmp_path: Path) -> None:
    newer = made(tmp_path / "newer.sqlite3", 5)
    with closing(sqlite3.connect(newer)) as db:
        db.execute(f"PRAGMA user_version={newest_schema() + 1}")
    text = tmp_path / "text"
    text.write_text("not a store")
    other = tmp_path / "other.sqlite3"
    with closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE x (y)")
    numbered = tmp_path / "numbered.sqlite3"
    shutil.copy(other, numbered)
    half = made(tmp_path / "half.sqlite3", 6)
    for file, version in ((numbered, 5), (half, -newest_schema())):
        with closing(sqlite3.connect(file)) as db:
            db.execute(f"PRAGMA user_version={version}")
    cases = {
        numbered: "no store",
        half: "not complete",
        newer: "newer",
        text: "cannot be restored",
        other: "no store",
        tmp_path / "none": "no file",
        path: "itself",
    }
    for file, said in cases.items():
        with pytest.raises(StoreTrouble, match=said):
            recovery.restore(file, path, NOW)
    assert orders(path) == ids(1, 2)


def test_a_file_of_another_program_is_not_written_into(tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite3"
    with closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE x (y)")
    before = other.read_bytes()
    with pytest.raises(StoreTrouble, match="another program"):
        Store(other)
    assert other.read_bytes() == before


# -- old schemas and kills -----------------------------------------------------------------------------------------
def old_store(path: Path, schema: int) -> Path:
    """A store as the program of that schema left it, with one order."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as db:
        for script in sorted(SQL.glob("*.sql"))[:schema]:
            db.executescript(script.read_text("utf-8"))
        db.execute(f"PRAGMA user_version={schema}")
        db.execute("PRAGMA foreign_keys=ON")
        columns = {row[1]: row for row in db.execute("PRAGMA table_info(orders)")}
        needed = [c for c, row in columns.items() if row[3] and row[4] is None and not row[5]]
        values = [
            ids(1)[0] if c == "order_id" else NOW.isoformat() if c.endswith("_at") else "aliexpress"
            for c in needed
        ]
        db.execute(f"INSERT INTO orders ({','.join(needed)}) VALUES ({','.join('?' * len(needed))})", values)
        db.commit()
    return path


def test_the_migrations_are_numbered_without_gap_or_doubling() -> None:
    assert [int(p.name[:4]) for p in sorted(SQL.glob("*.sql"))] == list(range(1, newest_schema() + 1))


@pytest.mark.parametrize("schema", range(1, newest_schema()))
def test_every_old_schema_is_kept_and_brought_up_to_date(tmp_path: Path, schema: int) -> None:
    path = old_store(tmp_path / "parcels.sqlite3", schema)
    assert orders(path) == ids(1)
    kept = backups.folder_of(path) / f"before-leaving-schema-{schema}.sqlite3"
    assert (backups.schema(kept), backups.damage(kept)) == (schema, "")


def killed_at_random(script: str, path: Path, rng: random.Random) -> None:
    """Runs a script on a path and kills it somewhere between its first line and its end."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        # Not a wait for something: where in its work the process is hit is left to chance.
        with_signal = (
            f"import os,time; time.sleep({rng.random() * 0.05}); os.kill({process.pid}, {signal.SIGKILL})"
        )
        subprocess.run(
            [sys.executable, "-S", "-c", with_signal], check=False, stderr=subprocess.DEVNULL, timeout=60
        )


def test_kills_during_migrations_leave_the_old_or_the_new_schema(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from monitor.adapters.store import Store\n"
        "print('ready', flush=True)\nStore(Path(sys.argv[1]))"
    )
    rng = random.Random(3)
    for n in range(KILLS):
        path = old_store(tmp_path / f"{n}" / "parcels.sqlite3", 1)
        killed_at_random(script, path, rng)
        assert recovery.ailment(path) == ""
        assert backups.schema(path) in range(1, newest_schema() + 1)
        assert not any(backups.damage(p) for p in backups.folder_of(path).glob("[!.]*.sqlite3"))
        assert orders(path) == ids(1)


def test_kills_during_backups_leave_only_good_ones(path: Path) -> None:
    script = (
        "import sys; from datetime import *; from pathlib import Path; from monitor.adapters.store import backups\n"
        "print('ready', flush=True)\n"
        "for n in range(300): backups.daily(Path(sys.argv[1]), datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=n))"
    )
    rng = random.Random(5)
    backups.daily(path, datetime(2025, 12, 31, tzinfo=NOW.tzinfo))
    for _ in range(KILLS):
        killed_at_random(script, path, rng)
        found = list(backups.folder_of(path).glob("[!.]*.sqlite3"))
        assert found
        assert not any(backups.damage(p) for p in found)
    path.unlink()
    assert "RESTORED" in recovery.mend(path, NOW)
    assert orders(path) == ids(1, 2)


# -- full disks ----------------------------------------------------------------------------------------------------
def test_a_full_disk_is_said_and_loses_nothing(small_disk: Path) -> None:
    path = made(small_disk / "parcels.sqlite3", 1)
    (small_disk / "filler").write_bytes(b"x" * 400_000)
    with closing(Store(path)) as store:
        written = 1
        full = ""
        while not full:
            try:
                store.save([record(written + 1)], NOW)
                written += 1
            except StoreTrouble as trouble:
                full = str(trouble)
        assert f"The disk that holds {path} is full" in full
        assert sorted(o.order_id for o in store.orders()) == ids(*range(1, written + 1))
        with pytest.raises(StoreTrouble, match="full"):
            backups.daily(path, NOW)
        assert list(backups.folder_of(path).iterdir()) == []
        (small_disk / "filler").unlink()
        store.save([record(6000)], NOW)
    assert backups.damage(path) == ""


# -- where a store may lie -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("folder", "service"),
    [
        (PurePosixPath("/home/a/Dropbox/parcels"), "Dropbox"),
        (PurePosixPath("/home/a/Dropbox (Personal)/x"), "Dropbox"),
        (PureWindowsPath(r"C:\Users\a\OneDrive - Firm\x"), "OneDrive"),
        (PureWindowsPath(r"C:\Users\a\OneDrive"), "OneDrive"),
        (PureWindowsPath(r"C:\Users\a\iCloudDrive\x"), "iCloud"),
        (PurePosixPath("/Users/a/Library/Mobile Documents/com~apple~CloudDocs/x"), "iCloud"),
        (PurePosixPath("/Users/a/Library/CloudStorage/GoogleDrive-a/My Drive"), "Google Drive"),
        (PurePosixPath("/Users/a/Library/CloudStorage/Box-Box"), "a cloud service"),
        (PurePosixPath("/home/a/Google Drive/x"), "Google Drive"),
        (PurePosixPath("/home/a/Nextcloud/x"), "Nextcloud"),
        (PurePosixPath("/home/a/.local/share/parcelwarden"), ""),
        (PurePosixPath("/Users/a/Library/Application Support/parcelwarden"), ""),
        (PurePosixPath("/home/a/my-dropbox-notes/x"), ""),
    ],
)
def test_synced_folders_are_told_by_name(folder: PurePosixPath, service: str) -> None:
    said = place.synced_by(folder)
    assert service in said
    assert bool(said) == bool(service)


MOUNTS = "/dev/sda1 / ext4 rw 0 0\nserver:/x /mnt/my\\040nas nfs4 rw 0 0\ntmpfs /mnt/my\\040nas/local tmpfs rw 0 0\nx /c cifs rw 0 0\n"


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/home/a", "ext4"),
        ("/mnt/my nas/p", "nfs4"),
        ("/mnt/my nas/local/p", "tmpfs"),
        ("/c", "cifs"),
        ("/cc", "ext4"),
    ],
)
def test_the_disk_of_a_folder_is_the_innermost_mount(folder: str, kind: str) -> None:
    assert place.file_system(PurePosixPath(folder), MOUNTS) == kind


@given(st.text())
def test_any_list_of_mounts_can_be_read(mounts: str) -> None:
    assert isinstance(place.file_system(PurePosixPath("/home/a"), mounts), str)


def test_a_store_in_a_synced_folder_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    path = tmp_path / "Dropbox" / "parcels.sqlite3"
    with pytest.raises(StoreTrouble, match=r"Dropbox syncs.*--data-dir"):
        Store(path)
    assert not path.parent.exists()


def test_a_link_into_a_synced_folder_is_seen_through(tmp_path: Path) -> None:
    (tmp_path / "OneDrive").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "OneDrive")
    with pytest.raises(StoreTrouble, match="OneDrive"):
        Store(tmp_path / "link" / "parcels.sqlite3")


# -- by command ----------------------------------------------------------------------------------------------------
def command(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    config = home / "config.toml"
    config.write_text("[notify]\ndesktop = false\n")
    start = [sys.executable, "-m", "monitor", "--config", str(config), "--data-dir", str(home / "data")]
    return subprocess.run([*start, *words], capture_output=True, text=True, timeout=60)


def test_backup_and_restore_by_command(tmp_path: Path) -> None:
    made(tmp_path / "data" / "parcelwarden.sqlite3", 1)
    copy, notes = tmp_path / "copy.sqlite3", tmp_path / "notes.txt"
    notes.write_text("mine")
    assert command(tmp_path, "backup", str(copy)).returncode == 0
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    refused = command(tmp_path, "backup", str(notes))
    assert (refused.returncode, notes.read_text()) == (1, "mine")
    command(tmp_path, "remove", ids(1)[0], "--yes")
    assert ids(1)[0] not in command(tmp_path, "status", "--json").stdout
    done = command(tmp_path, "restore", str(copy))
    assert (done.returncode, "with 1 orders" in done.stderr) == (0, True)
    assert ids(1)[0] in command(tmp_path, "status", "--json").stdout


def test_a_check_mends_a_damaged_store_and_the_others_say_how(tmp_path: Path) -> None:
    path = made(tmp_path / "data" / "parcelwarden.sqlite3", 1)
    with closing(Store(path)) as store:
        (order,) = store.orders()
        store.set_day(order, "archived_on", day(0))  # nobody is asked about it
    backups.daily(path, NOW)
    path.write_bytes(b"garbage" * 4000)
    told = command(tmp_path, "status")
    assert (told.returncode, told.stderr.count("\n")) == (1, 1)
    assert "`parcelwarden check`" in told.stderr
    mended = command(tmp_path, "check", "--due")
    assert (mended.returncode, mended.stdout) == (0, "")
    assert "THE STORE WAS RESTORED" in mended.stderr
    quiet = command(tmp_path, "check", "--due")
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")
    assert command(tmp_path, "check", "--due", "--all").returncode == 2
