"""The evidence of an order: a real PDF out of a real browser, and a zip whose hashes hold."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest
from builders import NOW, scan
from cainiao_server import Cainiao, module
from PIL import Image
from pypdf import PdfReader

from monitor import evidence as dossiers
from monitor.adapters import fonts
from monitor.adapters.store import Attempt, Store
from monitor.model import Leg
from monitor.session import Session
from scrapers import carriers
from scrapers.base import TrackingReport
from scrapers.orders import OrderRecord, ShopParcel, ShownDate

ORDER, NUMBER = "8190000000000001", "LP00700000000017"


@pytest.fixture
def home(tmp_path: Path, browser_executable: Path) -> Path:
    """A data folder with one order: scans in Cyrillic and Chinese, failed attempts, a refused form."""
    session = Session(None, tmp_path / "data", clock=lambda: NOW)
    store = session.store
    record = OrderRecord(
        ORDER, "page", title="Lamp <script>alert(1)</script>", seller="Bright Shop", placed_on=date(2026, 10, 3),
        shipped_on=date(2026, 10, 5), parcels=(ShopParcel(NUMBER),),
        dates=(ShownDate("protection_end", date(2026, 12, 20), "page", "order detail", "No delivery before Dec 20"),),
    )  # fmt: skip
    store.save([record], NOW)
    (parcel,) = session.order(ORDER).parcels
    store.link({parcel.id: [Leg("cainiao", NUMBER)]})
    scans = (
        scan(9, "InTransit", text="Отправление прибыло в сортировочный центр"),
        scan(8, "InTransit", text="离开处理中心"),
    )
    store.record("cainiao", [TrackingReport(NUMBER, "ok", events=scans)], {}, NOW - timedelta(days=2))
    for hours in (5, 4, 3):
        blocked = TrackingReport(NUMBER, "blocked", detail="a web page where data was due")
        store.record("cainiao", [blocked], {}, NOW - timedelta(hours=hours))
    picture = tmp_path / "data" / "evidence" / "refused.png"
    picture.parent.mkdir(parents=True)
    Image.effect_noise((1280, 4000), 90).save(picture)  # as large as a picture of a page can get
    store.add_refusal(session.order(ORDER), "Please wait a few more days.", str(picture), NOW)
    store.close()
    (tmp_path / "config.toml").write_text(
        f"[general]\ntimezone = 'Europe/Berlin'\n[browser]\nexecutable = '{browser_executable}'\n"
    )
    return tmp_path


def run(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "monitor", "--config", str(home / "config.toml"), "--data-dir"]
    return subprocess.run(
        [*command, str(home / "data"), "evidence", *words], capture_output=True, text=True, timeout=90
    )


@pytest.mark.browser
def test_the_pdf_tells_everything_and_the_zip_proves_it(home: Path) -> None:
    letter = home / "to-the-seller.txt"
    letter.write_text("Where is my parcel?\nPlease answer.")
    done = run(home, ORDER, str(home / "out.pdf"), "--letter", str(letter), "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    pdf, beside = Path(said["pdf"]), Path(said["zip"])
    assert (pdf.name, beside.name) == ("out.pdf", "out.zip")
    assert {stat.S_IMODE(p.stat().st_mode) for p in (pdf, beside)} == {0o600}
    assert pdf.stat().st_size < 5_000_000
    assert beside.stat().st_size < 5_000_000
    reader = PdfReader(pdf)
    width, height = (float(side) for side in reader.pages[0].mediabox[2:])
    assert (abs(width - 595), abs(height - 842)) < (2, 2)  # A4 in points, as far as a browser rounds it
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    for words in (
        ORDER, NUMBER, "Bright Shop", "Lamp <script>alert(1)</script>", "No delivery before Dec 20", "2026-12-19",
        "Отправление прибыло в сортировочный центр", "did not answer a program", "Please wait a few more days.",
        "Where is my parcel?", "cainiao",
    ):  # fmt: skip
        assert words in text, words
    assert any(page.images for page in reader.pages)
    assert ("Chinese" in said["missing_fonts"]) == bool(fonts.missing("离开处理中心"))
    assert ("no font for Chinese" in done.stderr) == bool(fonts.missing("离开处理中心"))
    _check_zip(beside, pdf.read_bytes())


def _check_zip(path: Path, pdf: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
        sums = dict(reversed(line.split("  ")) for line in archive.read("SHA256SUMS").decode().splitlines())
        assert names == {*sums, "SHA256SUMS"}
        assert names == {
            "evidence.pdf",
            "order.json",
            "answers.json",
            "refused-1.jpg",
            "letter-1.txt",
            "SHA256SUMS",
        }
        assert all(hashlib.sha256(archive.read(name)).hexdigest() == digest for name, digest in sums.items())
        assert archive.read("evidence.pdf") == pdf
        order = json.loads(archive.read("order.json"))
        assert [e["text"] for e in order["timeline"][0]["events"]][-1] == "离开处理中心"
        outcomes = [a["outcome"] for a in json.loads(archive.read("answers.json"))]
        assert outcomes == ["ok", "blocked", "blocked", "blocked"]


@pytest.mark.browser
def test_asked_once_more_the_zip_holds_the_answers_byte_for_byte(home: Path) -> None:
    with Cainiao(**{NUMBER: module(NUMBER, (NOW, "GTMS_SIGNED", "Signed for by N. Eighbour"))}) as cainiao:
        elsewhere = "".join(
            f"[carriers.{carrier}]\nenabled = false\n" for carrier in carriers.ids() if carrier != "cainiao"
        )
        config = home / "config.toml"
        config.write_text(
            f"{config.read_text()}[polling]\nhost_pause = 0\n{elsewhere}[carriers.cainiao]\nbase_url = '{cainiao.url}'\n"
        )
        done = run(home, ORDER, str(home / "out.pdf"), "--ask", "--no-screenshots")
        assert done.returncode == 0, done.stderr
        assert "answers as they came" in done.stderr
        _, _, sent = cainiao._answer([NUMBER])
    with closing(Store(home / "data" / "parcelwarden.sqlite3")) as store:
        (took,) = store.answer_times(NOW - timedelta(days=1))["cainiao"]  # of those before, no time is known
    assert 0 < took < 20
    with zipfile.ZipFile(home / "out.zip") as archive:
        assert archive.read("raw/01-cainiao.json") == sent
        (listed,) = json.loads(archive.read("raw/answers.json"))
        assert (listed["host"], listed["status"], listed["carrier"]) == ("127.0.0.1", 200, "cainiao")
        sums = dict(reversed(line.split("  ")) for line in archive.read("SHA256SUMS").decode().splitlines())
        assert sums["raw/01-cainiao.json"] == hashlib.sha256(sent).hexdigest()
    text = " ".join(page.extract_text() for page in PdfReader(home / "out.pdf").pages)
    assert "Signed for by N. Eighbour" in text


@pytest.mark.browser
def test_without_a_name_it_lies_in_the_data_folder_and_without_screenshots_holds_none(home: Path) -> None:
    done = run(home, ORDER, "--no-screenshots", "--json")
    pdf = Path(json.loads(done.stdout)["pdf"])
    assert pdf.parent == home / "data" / "evidence"
    assert pdf.name.startswith(f"evidence-{ORDER}-")
    assert not any(page.images for page in PdfReader(pdf).pages)
    assert "screenshots of the shop" not in done.stderr
    assert pdf.with_suffix(".zip").is_file()
    first = pdf.read_bytes()
    again = Path(json.loads(run(home, ORDER, "--no-screenshots", "--json").stdout)["pdf"])
    assert again != pdf, "what was packed in the morning is kept in the evening"
    assert pdf.read_bytes() == first


def test_nothing_is_overwritten_and_a_bad_name_or_letter_is_said(home: Path) -> None:
    taken = home / "taken.pdf"
    taken.write_text("mine")
    (home / "latin.txt").write_bytes(b"\xe9t\xe9")
    for words, said in (
        ((str(taken),), "already there"),
        ((str(home / "out.txt"),), "give the name of a .pdf"),
        ((str(home / "out.pdf"), "--letter", str(home / "latin.txt")), "not UTF-8"),
        ((str(home / "out.pdf"), "--letter", str(home / "none.txt")), "cannot be read"),
    ):
        done = run(home, ORDER, *words)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert said in done.stderr
    assert taken.read_text() == "mine"
    assert run(home, "8190000000000099").returncode == 1


def test_equal_answers_in_a_row_are_told_once_with_their_days() -> None:
    def attempt(hours: int, outcome: str, carrier: str = "cainiao") -> Attempt:
        return Attempt(carrier, NUMBER, NOW + timedelta(hours=hours), outcome, "")

    runs = dossiers.answers(
        [
            attempt(0, "ok"),
            attempt(1, "blocked"),
            attempt(2, "blocked"),
            attempt(3, "ok"),
            attempt(4, "ok", "4px"),
        ]
    )
    assert [(r.carrier, r.times, (r.last - r.first).seconds // 3600) for r in runs] == [
        ("cainiao", 1, 0), ("cainiao", 2, 1), ("cainiao", 1, 0), ("4px", 1, 0),
    ]  # fmt: skip


@pytest.mark.skipif(os.name != "posix", reason="the pretend fc-list is a shell script")
def test_each_script_a_carrier_writes_in_is_named_where_its_font_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "fc-list").write_text("#!/bin/sh\n")  # knows no font
    (tmp_path / "fc-list").chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    words = {"Greek": "Παραδόθηκε", "Cyrillic": "Вручено", "Arabic": "تم", "Thai": "นำจ่าย", "Hebrew": "נמסר"}
    assert {word: [s.name for s in fonts.missing(word)] for word in words.values()} == {
        word: [name] for name, word in words.items()
    }


@pytest.mark.skipif(shutil.which("fc-list") is None, reason="no fontconfig on this machine")
def test_only_scripts_that_occur_are_asked_for() -> None:
    assert fonts.missing("Where is my parcel? Größe") == []
    assert {script.name for script in fonts.missing("离 ภ")} <= {"Chinese", "Thai"}
