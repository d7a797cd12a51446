"""`check` as a user runs it: a process of its own, a real store, a pretend Cainiao on 127.0.0.1."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cainiao_server import Cainiao, module, unknown
from sampling import sampled

NOW = datetime.now(UTC)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def date(offset: int) -> str:
    return (NOW.astimezone() + timedelta(days=offset)).date().isoformat()


class Home:
    """One user's data folder and config."""

    def __init__(self, folder: Path, carrier_url: str) -> None:
        self.data = folder / "data"
        self.config = folder / "config.toml"
        self.config.write_text(
            f'[polling]\nhost_pause = 0\n[notify]\ndesktop = false\n[carriers.cainiao]\nbase_url = "{carrier_url}"\n'
        )
        self.folder = folder

    def command(self, *words: str) -> list[str]:
        places = ("--config", str(self.config), "--data-dir", str(self.data))
        return [sys.executable, "-m", "monitor", *places, *words]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(*words), capture_output=True, text=True, timeout=60)

    def json(self, *words: str, codes: tuple[int, ...] = (0,)) -> Any:
        done = self.run(*words, "--json")
        assert done.returncode in codes, (done.returncode, done.stdout, done.stderr)
        return json.loads(done.stdout)

    def import_orders(self, *rows: dict[str, Any]) -> Any:
        listed = self.folder / "orders.json"
        listed.write_text(json.dumps(rows))
        return self.json("import", str(listed))


@pytest.fixture
def cainiao() -> Iterator[Cainiao]:
    with Cainiao() as server:
        yield server


@pytest.fixture
def home(tmp_path: Path, cainiao: Cainiao) -> Home:
    return Home(tmp_path, cainiao.url)


def row(number: str, **more: Any) -> dict[str, Any]:
    order_id = f"8190{int(number[-6:]):012d}"
    return {
        "order_id": order_id, "placed_on": date(-30), "shipped_on": date(-28), "order_state": "shipped",
        "tracking": [number], "protection_until": date(40), **more,
    }  # fmt: skip


def conditions(document: Any) -> dict[str, str]:
    return {p["number"]: p["condition"] for order in document["orders"] for p in order["parcels"]}


def test_every_condition_comes_out_of_real_answers(home: Home, cainiao: Cainiao) -> None:
    picked = (ago(26), "PU_PICKUP_SUCCESS", "Accepted by carrier")
    left = (ago(20), "LH_DEPART", "Departed from departure country/region")
    landed = (ago(9), "LH_ARRIVE", "Arrived at linehaul office")
    tales: dict[str, tuple[str, dict[str, Any]]] = {
        "no_information": ("LP00700000000001", {}),
        "label_only": ("LP00700000000002", {"scans": [(ago(20), "GWMS_ACCEPT", "Order received")]}),
        "moving": ("LP00700000000003", {"scans": [picked, (ago(2), "SC_OUTBOUND_SUCCESS", "Departed from sorting center")]}),
        "stalled": ("LP00700000000004", {"scans": [picked, left]}),
        "held": ("LP00700000000005", {"scans": [picked, left, landed, (ago(1), "CC_IM_FAILURE", "Customs clearance failed")]}),
        "attempt_failed": ("LP00700000000006", {"scans": [picked, landed, (ago(1), "GTMS_DEL_FAILURE", "Delivery failed")]}),
        "out_for_delivery": ("LP00700000000007", {"scans": [picked, landed, (ago(0.2), "GTMS_DO_DEPART", "Out for delivery")]}),
        "ready_for_pickup": ("LP00700000000008", {"scans": [picked, landed, (ago(1), "GTMS_STA_SIGNED", "Signed by station")]}),
        "delivered": ("LP00700000000009", {"scans": [picked, landed, (ago(1), "GTMS_SIGNED", "Package delivered")]}),
        "returning": ("LP00700000000010", {"scans": [picked, (ago(3), "GTMS_RETURN", "Returned to sender")]}),
        "lost": ("LP00700000000011", {"scans": [picked, (ago(3), "EXCEPTION", "Parcel is lost")]}),
        "tracking_ended": ("LP00700000000012", {"scans": [picked, left, landed], "mailType": "Economy"}),
        "suspicious": ("LP00700000000013", {"scans": [(ago(90), "PU_PICKUP_SUCCESS", "Accepted"), (ago(70), "GTMS_SIGNED", "Delivered")]}),
    }  # fmt: skip
    home.import_orders(*(row(number) for number, _ in tales.values()))
    for number, tale in tales.values():
        if tale:
            cainiao.parcels[number] = module(number, *tale.pop("scans"), **tale)
    document = home.json("check", "--all")
    assert conditions(document) == {number: condition for condition, (number, _) in tales.items()}
    assert len(cainiao.asked) == 1, "thirteen numbers are one question"
    assert conditions(home.json("status")) == conditions(document)


@pytest.mark.parametrize(
    "answer",
    sampled(
        [
            (200, "text/html", b"<!doctype html><title>Slide to verify</title>"),
            (403, "text/html", b"Forbidden"),
            (429, "application/json", b"{}"),
            (500, "text/html", b"oops"),
            (200, "application/json", b""),
            (200, "application/json", b'{"success": true, "mod'),
            (200, "application/json", b'{"hello": 1}'),
            (200, "application/json", b'{"success": false, "errorMsg": "busy"}'),
            (404, "text/html", b"not found"),
        ],
        2,
    ),
)
def test_a_carrier_that_misbehaves_makes_nothing_unknown_and_ages_nothing(
    home: Home, cainiao: Cainiao, answer: tuple[int, str, bytes]
) -> None:
    known, fresh = "LP00700000000101", "LP00700000000102"
    cainiao.parcels[known] = module(known, (ago(13), "LH_DEPART", "Departed from departure country/region"))
    home.import_orders(row(known))
    assert conditions(home.json("check")) == {known: "moving"}
    home.import_orders(row(fresh))
    cainiao.instead = answer
    document = home.json("check", "--all", codes=(4,))
    assert conditions(document) == {known: "moving", fresh: "unchecked"}


def test_no_network_is_said_and_the_deadlines_still_ring(home: Home, tmp_path: Path) -> None:
    offline = Home(tmp_path, "http://127.0.0.1:9")
    offline.import_orders(row("LP00700000000201", protection_until=date(3)))
    document = offline.json("check", codes=(4,))
    assert conditions(document) == {"LP00700000000201": "unchecked"}
    assert [(w["kind"], w["days_left"]) for w in document["warnings"]] == [("protection_end", 2)]


def test_what_a_timer_printed_is_told_by_a_channel_added_later(tmp_path: Path) -> None:
    home = Home(tmp_path, "http://127.0.0.1:9")
    home.import_orders(row("LP00700000000202", protection_until=date(1)))
    assert "today is the last safe day" in home.run("check", "--due").stdout
    told = tmp_path / "told"
    write = json.dumps([sys.executable, "-c", f"open({str(told)!r}, 'a').write('told')"])
    home.config.write_text(
        home.config.read_text().replace("desktop = false", f"desktop = false\ncommand = {write}")
    )
    home.run("check", "--due")
    assert told.exists()


def test_a_warning_rings_once_and_again_when_its_date_moves(home: Home, cainiao: Cainiao) -> None:
    number = "LP00700000000301"
    cainiao.parcels[number] = module(number, (ago(1), "SC_INBOUND_SUCCESS", "Processing"))
    home.import_orders(row(number, protection_until=date(8)))
    first = home.json("check")["warnings"]
    assert [(w["kind"], w["deadline"], w["days_left"]) for w in first] == [("protection_end", date(7), 7)]
    assert home.json("check", "--all")["warnings"] == []
    home.import_orders(row(number, protection_until=date(7)))
    assert [w["deadline"] for w in home.json("check")["warnings"]] == [date(6)]


def test_linked_numbers_are_learned_and_asked(home: Home, cainiao: Cainiao) -> None:
    shop, local = "AP00700000000401", "CNG00700000000401"
    cainiao.parcels[shop] = module(shop, copyRealMailNo=local)
    cainiao.parcels[local] = module(local, (ago(2), "SC_INBOUND_SUCCESS", "Processing at sorting center"))
    home.import_orders(row(shop))
    assert conditions(home.json("check")) == {shop: "moving"}
    assert [local] in cainiao.asked


def test_what_is_not_due_is_not_asked_again(home: Home, cainiao: Cainiao) -> None:
    number = "LP00700000000501"
    cainiao.parcels[number] = module(number, (ago(1), "SC_INBOUND_SUCCESS", "Processing"))
    home.import_orders(row(number))
    home.json("check")
    home.json("check")
    assert cainiao.asked == [[number]]


def test_many_parcels_are_few_questions(home: Home, cainiao: Cainiao) -> None:
    numbers = [f"LP007{n:011d}" for n in range(250)]
    cainiao.parcels |= {n: module(n, (ago(1), "SC_INBOUND_SUCCESS", "Processing")) for n in numbers}
    home.import_orders(*(row(n) for n in numbers))
    document = home.json("check")
    assert set(conditions(document).values()) == {"moving"}
    assert sorted(len(asked) for asked in cainiao.asked) == [50, 100, 100]


def test_received_ends_the_watch_and_delivered_does_not(home: Home, cainiao: Cainiao) -> None:
    number = "LP00700000000601"
    cainiao.parcels[number] = module(
        number, (ago(5), "PU_PICKUP_SUCCESS", "Accepted"), (ago(1), "GTMS_SIGNED", "Delivered")
    )
    home.import_orders(row(number, protection_until=date(3)))
    order = home.json("check")["orders"][0]
    assert order["advice"]["situation"] == "near_end" or order["advice"]["action"] == "wait"
    assert home.run("received", order["order_id"]).returncode == 0
    assert home.json("status")["orders"] == []
    assert home.json("check", "--all")["warnings"] == []


def killed_while(home: Home, cainiao: Cainiao, hold: Callable[[], None]) -> None:
    """Start `check` and kill it hard at the moment the carrier was asked."""
    asked = threading.Event()

    def at_the_question() -> None:
        asked.set()
        hold()

    cainiao.before_answer = at_the_question
    process = subprocess.Popen(
        home.command("check", "--json"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    assert asked.wait(30)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    cainiao.before_answer = lambda: None


def test_kill_in_the_middle_of_a_check_loses_and_doubles_no_warning(home: Home, cainiao: Cainiao) -> None:
    number = "LP00700000000701"
    cainiao.parcels[number] = module(
        number, (ago(9), "PU_PICKUP_SUCCESS", "Accepted"), (ago(1), "EXCEPTION", "Parcel is lost")
    )
    home.import_orders(row(number, protection_until=date(4)))
    release = threading.Event()
    killed_while(home, cainiao, lambda: release.wait(20) and None)
    release.set()
    told = [w["kind"] for w in home.json("check", "--all")["warnings"]]
    assert sorted(told) == ["lost", "protection_end"]
    assert home.json("check", "--all")["warnings"] == []
    with sqlite3.connect(home.data / "parcelwarden.sqlite3") as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_unknown_and_known_numbers_in_one_answer_are_told_apart(home: Home, cainiao: Cainiao) -> None:
    known, lost = "LP00700000000801", "LP00700000000802"
    cainiao.parcels[known] = module(known, (ago(1), "SC_INBOUND_SUCCESS", "Processing"))
    cainiao.parcels[lost] = unknown(lost)
    home.import_orders(row(known), row(lost))
    assert conditions(home.json("check")) == {known: "moving", lost: "no_information"}
