"""A store copied from a file to a server and back: whole, compared, and completed where it was cut off."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from builders import NOW, day, scan
from postgres_server import PostgresServer
from watch import Watch

from monitor.adapters.store import Decision, Judging, Store, StoreTrouble, StoreUnfit, copying, open_database
from monitor.adapters.store.errands import Errand
from monitor.adapters.store.reading import MailboxReading, ShopReading
from monitor.model import Leg
from monitor.rules.agenda import Entry
from monitor.rules.ahead import Alarm
from monitor.rules.clock import Tick
from monitor.rules.history import History
from monitor.rules.notices import Notice
from scrapers.base import TrackingReport
from scrapers.orders import CaseRecord, OrderLine, OrderRecord, ShopParcel, ShownDate

ORDERS = 12


def record(number: int) -> OrderRecord:
    return OrderRecord(
        f"81900000000{number:05d}", "page", title=f"Лампа \\ 'ü' {number}\n\U0001f4e6", placed_on=day(-30),
        lines=(OrderLine("1", "Lamp"),), parcels=(ShopParcel(f"LP007000{number:08d}"),),
        dates=(ShownDate("protection_end", day(20), "page", "order detail"),),
        cases=(CaseRecord("55", "opened", words="…"),),
    )  # fmt: skip


def fill(store: Store) -> None:
    """Something in every table."""
    store.save([record(n) for n in range(ORDERS)], NOW)
    orders = store.orders()
    store.link({o.parcels[0].id: [Leg("cainiao", o.parcels[0].number)] for o in orders})
    answers = [
        TrackingReport(o.parcels[0].number, "ok", events=(scan(2, "Unknown", text=f"Qwertz {o.id}"), scan(1, "InTransit")))
        for o in orders
    ]  # fmt: skip
    store.record("cainiao", answers, {}, NOW, {answers[0].number: 0.1})
    store.record("cainiao", answers, {}, NOW + timedelta(hours=1))
    store.save([OrderRecord(orders[1].order_id, "manual", own_word=True, without=("LP00709999999999",))], NOW)
    store.label("Qwertz 1", "", "Exception", "Exception_004")
    notice = Notice("stalled", "stalled/1", None, None, "Stalled", "…")
    store.decide([Decision(o.id, [notice], {}) for o in orders], ["desktop"], NOW)
    store.tell(Notice("own", "own/1", None, None, "Own", "…"), ["desktop"], NOW)
    store.add_refusal(orders[0], "No.", "", NOW)
    store.tick(Tick(NOW, 5.5))
    store.tick(Tick(NOW + timedelta(days=3), 10.25))
    store.heard_clocks({"a.test": timedelta(seconds=1.5)}, NOW)
    store.set_errand("sync", Errand(NOW))
    store.set_shop_reading("aliexpress", ShopReading(list_whole=True))
    store.set_mailbox_reading("INBOX", MailboxReading(7, 8))
    store.tell_calendar([Entry("uid", orders[0].id, day(1), "s", "d", (1, 0))], NOW)
    store.put_ahead(Alarm("id", NOW, "t", "b"))
    store.set_judging(Judging("basis", NOW, History({})))


class Copying:
    """A filled store on one database and an empty place on the other."""

    def __init__(self, kind: str, tmp_path: Path, postgres: PostgresServer) -> None:
        file, server = tmp_path / "file.sqlite3", postgres.server(postgres.fresh())
        self.source, self.target = (file, server) if kind == "file" else (server, file)
        with closing(Store(self.source)) as store:
            fill(store)

    def copy(self, told: object = lambda _table, _rows: None) -> list[copying.Copied]:
        with (
            closing(open_database(self.source)) as source,
            closing(open_database(self.target, half=True)) as target,
        ):
            return copying.copy(source, target, told)  # type: ignore[arg-type]

    def die_after(self, parts: int) -> None:
        """Copy in a process that is killed in the middle."""
        program = (
            "import os, signal, sys, itertools, pathlib\n"
            "from monitor.adapters.store import Server, copying, open_database\n"
            "copying._PART = 2\n"
            "source, target = (Server(a) if '://' in a else pathlib.Path(a) for a in sys.argv[1:3])\n"
            "parts = itertools.count(1)\n"
            "def told(table, rows):\n"
            "    if next(parts) == int(sys.argv[3]): os.kill(os.getpid(), signal.SIGKILL)\n"
            "copying.copy(open_database(source), open_database(target, half=True), told)\n"
        )
        words = [sys.executable, "-c", program, str(self.source), str(self.target), str(parts)]
        assert subprocess.run(words, check=False).returncode == -signal.SIGKILL


def answers(store: Store) -> list[object]:
    """What the store says to every question."""
    orders, later = store.orders(), NOW + timedelta(days=1)
    return [
        orders, store.known_orders(), store.ids_after(3, 5), store.touched_after(0, 100), store.judging(),
        store.newest_look(), {c: sorted(n) for c, n in store.due({"cainiao": 100}, later, 10**6).items()}, store.carriers_health(),
        store.answers_since(NOW), store.answer_times(NOW), set(store.diary(None, 100)), store.not_understood(),
        store.due_deliveries(["desktop", "ntfy"]), store.failing(1), store.untold(), store.told_since(NOW),
        store.newest_notices(5), store.own_notices(), store.last_tick(), store.clock_doubt(), store.pinged_at(),
        store.calendar_told_at(), store.held_ahead(), store.errand("sync"), store.shop_reading("aliexpress"),
        store.mailbox_reading("INBOX"), store.last_good_check(), store.owners("cainiao", ["LP00700000000003"]),
        *([store.attempts(o), store.notices(o), store.refusals(o)] for o in orders),
    ]  # fmt: skip


def go_on(store: Store) -> None:
    """A day later: what was sent, seen, put off, taken back, learned again and forgotten."""
    later = NOW + timedelta(days=1)
    orders = sorted(store.orders(), key=lambda order: order.order_id)
    told = [due.notice.id for due in store.due_deliveries(["desktop"])]
    store.offered(told, "desktop", later)
    store.taken(told[:4], "desktop", later)
    store.failed(told[4:], "desktop", "no desktop", later)
    store.acknowledge(orders[2], later)
    store.snooze(orders[3], later)
    store.set_day(orders[4], "received_on", day(1))
    store.remove(orders[5])
    store.save([record(n) for n in range(ORDERS + 1)], later)
    moved = [ShownDate("protection_end", day(25), "page", "order detail")]
    page = OrderRecord(
        orders[6].order_id, "page", said_at=later, dates=tuple(moved), places=("order detail",)
    )
    store.save([page, OrderRecord(orders[7].order_id, "mail", title="never", payment_method="card")], later)
    store.save([replace(page, cases=(CaseRecord("55", "refunded", refund=Decimal("3.10")),))], later)
    step = Notice("protection_end", "protection_end/7", day(7), 7, "Seven days", "…")
    store.decide(
        [Decision(o.id, [step], {("cainiao", o.parcels[0].number): later}) for o in orders[8:]], ["ntfy"], NOW
    )
    store.decide([Decision(orders[8].id, [], {})], ["ntfy"], later, {orders[9].id: 1})
    store.tick(Tick(later, 5.0))
    store.pinged(later)
    store.tell_calendar([], later)
    store.acknowledge(None, later)


@pytest.fixture(params=["file", "server"])
def way(request: pytest.FixtureRequest, tmp_path: Path, postgres: PostgresServer) -> Copying:
    return Copying(request.param, tmp_path, postgres)


def test_all_comes_over_and_both_go_on_alike(way: Copying) -> None:
    copied = way.copy()
    assert all(one.same and one.target.rows > 0 and one.brought == one.target.rows for one in copied), copied
    with closing(Store(way.source)) as before, closing(Store(way.target)) as after:
        assert answers(after) == answers(before)
        go_on(before)
        go_on(after)  # new rows are numbered past those that came over
        assert answers(after) == answers(before)


def test_every_table_of_the_schema_is_copied(way: Copying) -> None:
    with closing(open_database(way.source)) as database, database.read() as db:
        asked = (
            "SELECT name FROM sqlite_master WHERE type = 'table'"
            if isinstance(way.source, Path)
            else "SELECT tablename FROM pg_tables WHERE schemaname = 'parcelwarden' AND tablename <> 'schema_version'"
        )
        assert {row[0] for row in db.execute(asked)} == {table.name for table in copying.TABLES}


@pytest.mark.parametrize("parts", [1, 30])
def test_a_copy_killed_in_the_middle_is_not_used_and_goes_on_where_it_was(way: Copying, parts: int) -> None:
    way.die_after(parts)
    with pytest.raises(StoreUnfit, match="not complete: `parcelwarden db copy`"):
        Store(way.target)
    copied = way.copy()
    assert all(one.same for one in copied)
    assert 0 < sum(one.brought for one in copied) < sum(one.source.rows for one in copied)
    with closing(Store(way.source)) as before, closing(Store(way.target)) as after:
        assert after.orders() == before.orders()


def test_a_source_that_changed_since_the_copy_was_cut_off_is_told(way: Copying) -> None:
    way.die_after(30)
    with closing(Store(way.source)) as store:
        store.remove(store.orders()[0])
    with pytest.raises(StoreUnfit, match="cut off, and of something else"):
        way.copy()
    with pytest.raises(StoreUnfit, match="not complete"):
        Store(way.target)


def test_the_same_copy_again_only_compares(way: Copying) -> None:
    way.copy()
    copied = way.copy()
    assert all(one.same and one.brought == 0 for one in copied)


def test_a_place_with_other_data_is_refused_and_left_alone(way: Copying) -> None:
    with closing(Store(way.target)) as store:
        store.save([record(77)], NOW)
    with pytest.raises(StoreUnfit, match=r"holds other data \(.*orders.*\)"):
        way.copy()
    with closing(Store(way.target)) as store:
        assert [order.order_id for order in store.orders()] == [record(77).order_id]


def test_a_row_that_came_over_otherwise_is_told_and_the_copy_not_used(way: Copying) -> None:
    def spoil(table: str, _rows: int) -> None:
        if table == "judging":  # the last one
            with closing(open_database(way.target, half=True)) as target, target.write() as db:
                db.execute("UPDATE texts SET text = 'Qwertz 0' WHERE text = 'Qwertz 2'")

    with pytest.raises(StoreTrouble, match=r"differs from .* in texts"):
        way.copy(spoil)
    with pytest.raises(StoreUnfit, match="not complete"):
        Store(way.target)


def test_the_command_copies_and_says_what(tmp_path: Path, postgres: PostgresServer) -> None:
    watch = Watch(tmp_path)
    watch.add("8190000000000017", "LP00700000000017")
    url = postgres.url(postgres.fresh())
    done = watch.call("db", "copy", "--to", url, "--json")
    assert done.returncode == 0, done.stderr
    tables = {table["table"]: table for table in json.loads(done.stdout)["tables"]}
    assert (tables["orders"]["rows"], tables["orders"]["copied"]) == (1, 1)
    assert tables["orders"]["checksum"] == tables["orders"]["checksum_of_source"]
    on_the_server = Watch(tmp_path / "other", f'[notify]\ndesktop = false\n[store]\nurl = "{url}"\n')
    assert "8190000000000017"[-4:] in on_the_server.call("status").stdout
    refused = watch.call("db", "copy", "--to", "postgresql://me:secret@host/x")
    assert refused.returncode == 2
    assert "secret@" not in refused.stderr
    assert "`parcelwarden secret store`" in refused.stderr


def test_a_text_longer_than_a_page_of_the_server_comes_over(tmp_path: Path, postgres: PostgresServer) -> None:
    way = Copying("file", tmp_path, postgres)
    long = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz\0äß", k=30_000))
    with closing(Store(way.source)) as store:
        number = store.orders()[0].parcels[0].number
        store.record(
            "cainiao", [TrackingReport(number, "ok", events=(scan(1, "InTransit", text=long),))], {}, NOW
        )
    way.copy()
    with closing(Store(way.source)) as before, closing(Store(way.target)) as after:
        assert after.orders() == before.orders()
