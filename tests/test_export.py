"""What leaves the program: calendars other programs read, tables no spreadsheet runs, JSON of everything."""

from __future__ import annotations

import csv
import io
import json
import stat
import subprocess
import sys
import unicodedata
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import icalendar
import pytest
import vobject
from builders import NOW, day, leg, order, parcel, scan, shown
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor import order_table
from monitor.adapters import ics, private_file
from monitor.rules import agenda
from monitor.rules.policy import Policy
from monitor.rules.verdict import judge
from monitor.session import Session
from scrapers.orders import OrderRecord, ShopParcel, ShownDate

LADDER = (14, 7, 3, 1, 0)
LATER = NOW + timedelta(hours=5)


def entries(*orders: object) -> list[agenda.Entry]:
    judged = [judge(o, Policy(), NOW, NOW.tzinfo) for o in orders]  # type: ignore[arg-type]  # UTC is a zone
    return list(agenda.entries(judged, LADDER))


def watched(offset: int = 20, **more: object) -> object:
    seen = shown("protection_end", offset)
    return order(parcel(leg(scan(3, "InTransit"))), dates=(seen,), title="Lamp; blue, “Größe”\n50 %", **more)


def test_each_deadline_is_an_all_day_entry_with_the_ladder_as_alarms() -> None:
    told = agenda.retell([], entries(watched()), NOW)
    read = icalendar.Calendar.from_ical(ics.calendar(told))
    protection = next(e for e in read.events if "protection_end" in e["uid"])
    assert protection["dtstart"].dt == day(19)  # the day before "no delivery before"
    assert protection["dtstart"].params["VALUE"] == "DATE"
    assert protection["dtend"].dt == day(20)
    alarms = [a["trigger"].dt for a in protection.walk("VALARM")]
    assert alarms == [timedelta(hours=9) - timedelta(days=days) for days in LADDER]
    assert "Lamp; blue, “Größe”" in protection["summary"]
    assert "Order 8190000000000017, parcel LP00700000000017\n" in protection["description"]
    assert len({e["uid"] for e in read.events}) == len(read.events) == len(told)


def test_a_second_library_reads_the_same() -> None:
    written = ics.calendar(agenda.retell([], entries(watched()), NOW))
    assert all(len(line) <= 75 for line in written.split(b"\r\n"))
    read = vobject.readOne(written.decode())
    ours = icalendar.Calendar.from_ical(written)
    assert [
        (e.uid.value, e.dtstart.value, e.summary.value, len(e.valarm_list)) for e in read.vevent_list
    ] == [(e["uid"], e["dtstart"].dt, e["summary"], len(e.walk("VALARM"))) for e in ours.events]


def test_only_a_change_counts_the_sequence_up_and_a_quiet_day_changes_no_byte() -> None:
    first = agenda.retell([], entries(watched()), NOW)
    same = agenda.retell(first, entries(watched()), LATER)
    assert ics.calendar(same) == ics.calendar(first)
    moved = {t.entry.uid: t for t in agenda.retell(first, entries(watched(offset=9)), LATER)}
    for told in first:
        now_so = moved[told.entry.uid]
        changed = now_so.entry != told.entry
        assert (now_so.sequence, now_so.changed_at) == ((1, LATER) if changed else (0, NOW))
    assert moved["aliexpress-8190000000000017-protection_end@parcelwarden"].entry.day == day(8)


def test_what_is_no_deadline_any_more_is_told_as_cancelled_once() -> None:
    first = agenda.retell([], entries(watched()), NOW)
    gone = agenda.retell(first, entries(watched(received_on=day(0))), LATER)
    assert {(t.entry.cancelled, t.sequence) for t in gone} == {(True, 1)}
    assert agenda.retell(gone, [], LATER + timedelta(days=1)) == gone
    read = icalendar.Calendar.from_ical(ics.calendar(gone))
    assert {(str(e["status"]), len(e.walk("VALARM"))) for e in read.events} == {("CANCELLED", 0)}
    back = agenda.retell(gone, entries(watched()), LATER)
    assert {(t.entry.cancelled, t.sequence) for t in back} == {(False, 2)}


def test_an_estimate_is_marked_and_what_is_not_your_right_rings_once() -> None:
    found = entries(order(parcel(leg(scan(3, "InTransit")))))
    estimated = [e for e in found if "(estimated)" in e.summary]
    assert estimated
    for entry in found:
        assert entry.alarms in (LADDER, (0,))
        assert entry.summary.startswith("Last day: ") == (entry.alarms == LADDER)


TEXTS = st.text(max_size=60) | st.builds(
    lambda before, sign, rest: before + sign + rest,
    st.text(alphabet=" \t\r\n\0\ufeff\u200b\u3000\u00a0\u200f\x0b\u2028", max_size=4),
    st.sampled_from("=+-@|%＝＋－＠\t\r\n"),
    st.text(max_size=20),
)


@settings(max_examples=500)
@given(TEXTS)
def test_no_text_becomes_a_formula_or_a_row_of_its_own(text: str) -> None:
    out = io.StringIO()
    csv.writer(out).writerow([order_table.plain(text), "next"])
    cells = next(csv.reader(io.StringIO(out.getvalue())))
    assert len(cells) == 2
    assert out.getvalue().count("\n") == 1
    seen = unicodedata.normalize("NFKC", cells[0]).lstrip(" \t\r\n\0\ufeff\u200b\u200f\u3000")
    assert not seen.startswith(("=", "+", "-", "@"))


@pytest.mark.parametrize("text", ["Lamp", "3-in-1 kit", "50 % off", "", "Größe 42", "8190000000000001"])
def test_an_ordinary_text_stays_as_it_is(text: str) -> None:
    assert order_table.plain(text) == text


# -- from the shell ------------------------------------------------------------------------------------------


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A data folder with two orders, one of them with a hostile title."""
    with_date = OrderRecord(
        "8190000000000001", "page", title="=HYPERLINK(\"http://x\")", placed_on=date(2026, 11, 3),
        shipped_on=date(2026, 11, 5), parcels=(ShopParcel("LP00700000000017"),),
        dates=(ShownDate("protection_end", date(2027, 1, 20), "page", "order detail", "No delivery before Jan 20, 2027"),),
    )  # fmt: skip
    session = Session(None, tmp_path / "data")
    session.store.save(
        [with_date, replace(with_date, order_id="8190000000000002", title="Lamp", dates=())], NOW
    )
    session.store.close()
    (tmp_path / "config.toml").write_text(
        '[general]\ntimezone = "Europe/Berlin"\n[notify]\ndesktop = false\n'
    )
    return tmp_path


def run(home: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "monitor", "--config", str(home / "config.toml"), "--data-dir"]
    return subprocess.run([*command, str(home / "data"), *words], capture_output=True, timeout=60)


def test_the_calendar_is_a_file_of_the_owner_alone_and_counts_changes_between_runs(filled: Path) -> None:
    file = filled / "parcels.ics"
    assert run(filled, "export", "--ics", str(file)).returncode == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    first = file.read_bytes()
    assert run(filled, "export", "--ics").stdout == first
    assert run(filled, "edit", "8190000000000001", "--protection-until", "2026-12-20").returncode == 0
    read = icalendar.Calendar.from_ical(run(filled, "export", "--ics").stdout)
    protection = next(
        e for e in read.events if e["uid"].startswith("aliexpress-8190000000000001-protection_end")
    )
    assert (protection["sequence"], protection["dtstart"].dt) == (1, date(2026, 12, 19))


def test_the_table_can_be_imported_again(filled: Path, tmp_path: Path) -> None:
    file = filled / "orders.csv"
    assert run(filled, "export", "--csv", str(file)).returncode == 0
    rows = {row["order_id"]: row for row in csv.DictReader(io.StringIO(file.read_text("utf-8-sig")))}
    assert rows["8190000000000001"]["title"].startswith("'=")
    assert rows["8190000000000001"]["protection_until"] == "2027-01-20"
    again = run(filled, "--data-dir", str(tmp_path / "other"), "import", str(file), "--json")
    assert again.returncode == 0, again.stderr
    there = json.loads(run(filled, "--data-dir", str(tmp_path / "other"), "export", "--json").stdout)
    assert {o["order_id"] for o in there["orders"]} == set(rows)


def test_everything_holds_orders_and_their_dates(filled: Path) -> None:
    whole = json.loads(run(filled, "export", "--json").stdout)
    first = next(o for o in whole["orders"] if o["order_id"] == "8190000000000001")
    assert first["dates_shown"][0]["sentence"] == "No delivery before Jan 20, 2027"
    assert first["parcels"][0]["number"] == "LP00700000000017"


def test_one_form_is_to_be_chosen_and_a_bad_place_is_said(filled: Path) -> None:
    assert run(filled, "export").returncode == 2
    assert run(filled, "export", "--ics", "--csv").returncode == 2
    (filled / "file").touch()
    failed = run(filled, "export", "--csv", str(filled / "file" / "orders.csv"))
    assert failed.returncode == 1
    assert b"cannot be written" in failed.stderr
    assert failed.stderr.count(b"\n") == 1


@pytest.mark.parametrize("form", ["--csv", "--ics", "--json"])
def test_an_export_of_before_gives_way_and_no_table_of_the_users(
    filled: Path, tmp_path: Path, form: str
) -> None:
    own = tmp_path / "orders.csv"
    own.write_text("order_id,title,placed_on\n8190000000000001,My lamp,2026-11-03\n")
    done = run(filled, "export", form, str(own))
    assert (done.returncode, "My lamp" in own.read_text()) == (2, True)
    assert "choose another name" in done.stderr.decode()
    for _ in range(2):
        assert run(filled, "export", form, str(tmp_path / "again")).returncode == 0


def test_a_file_that_cannot_be_replaced_leaves_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(private_file.NotWritten, match="taken cannot be written"):
        private_file.write(tmp_path / "taken", b"x")
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]
