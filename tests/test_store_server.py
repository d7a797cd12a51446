"""A store on a PostgreSQL server: plain words for trouble, one writer, one `run`, and nothing lost when it is killed."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from queue import SimpleQueue

import pytest
from builders import NOW, day
from postgres_server import PostgresServer, running
from watch import Watch

from monitor import daemon
from monitor.adapters.jobs import Jobs
from monitor.adapters.keychain import STORE
from monitor.adapters.shared_politeness import SharedLedger
from monitor.adapters.store import Server, Store, StoreTrouble, StoreUnfit, only_run, open_database
from monitor.adapters.store import postgres as postgres_module
from monitor.adapters.store.errands import Errand
from monitor.adapters.store.postgres_words import statement
from monitor.model import Leg
from monitor.rules.notices import Notice
from monitor.session import Session
from scrapers.base import TrackingReport
from scrapers.orders import OrderRecord, ShopParcel


def record(number: int) -> OrderRecord:
    return OrderRecord(
        f"81900000000{number:05d}",
        "manual",
        placed_on=day(-30),
        parcels=(ShopParcel(f"LP007000{number:08d}"),),
    )


async def _nobody(_carrier: str, _numbers: list[str], _lease: datetime) -> None:
    """Asks nobody."""


@pytest.fixture
def place(postgres: PostgresServer) -> Server:
    return postgres.empty()


@pytest.fixture(scope="module")
def safe_server(postgres: PostgresServer) -> Iterator[PostgresServer]:
    """A server to be killed, which keeps its promises about what is on the disk."""
    with running(postgres.tools, safe=True) as server:
        yield server


# -- how it is spoken to -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("said", "words", "names"),
    [
        ("SELECT a FROM b WHERE c = ? AND d <> ?", b"SELECT a FROM b WHERE c = $1 AND d <> $2", ()),
        ("a = :one AND b = :two OR c = :one", b"a = $1 AND b = $2 OR c = $1", ("one", "two")),
        ("a = 'what? :one it''s' AND b = ?", b"a = 'what? :one it''s' AND b = $1", ()),
        ("a LIKE '50%' AND b::text = ?", b"a LIKE '50%' AND b::text = $1", ()),
    ],
)
def test_placeholders_are_numbered_outside_of_quotes(said: str, words: bytes, names: tuple[str, ...]) -> None:
    assert statement(said) == (words, names)


def test_what_is_written_is_counted_and_flags_are_numbers(place: Server) -> None:
    with closing(open_database(place)) as database, database.write() as db:
        before = db.total_changes
        db.execute("INSERT INTO shops (marketplace, list_whole) VALUES (?, ?)", ("a\0b", True))
        db.executemany("UPDATE shops SET asked_for = ? WHERE marketplace <> ?", [("login", ""), ("", "c")])
        assert db.total_changes == before + 3
        row = db.execute("SELECT * FROM shops").fetchone()
        assert (row["marketplace"], row[1], list(row.keys())) == ("a\N{REPLACEMENT CHARACTER}b", 1, ["marketplace", "list_whole", "asked_for"])  # fmt: skip


# -- trouble -----------------------------------------------------------------------------------------------------
def test_what_is_not_ours_or_newer_is_refused(postgres: PostgresServer) -> None:
    foreign, newer = postgres.fresh(), postgres.fresh(template="store")
    postgres.run("CREATE SCHEMA parcelwarden; CREATE TABLE parcelwarden.theirs (a int)", foreign)
    postgres.run("UPDATE parcelwarden.schema_version SET number = 999", newer)
    with pytest.raises(StoreUnfit, match="belongs to another program"):
        Store(postgres.server(foreign))
    with pytest.raises(StoreUnfit, match="was written by a newer parcelwarden"):
        Store(postgres.server(newer))


def test_a_password_is_asked_for_told_to_be_wrong_and_taken(postgres: PostgresServer) -> None:
    postgres.run("CREATE ROLE locked LOGIN SUPERUSER PASSWORD 'right'")
    name = postgres.fresh(template="store")
    for wrong in ("", "wrong"):
        with pytest.raises(StoreTrouble, match="does not take the password: `parcelwarden secret store`"):
            Store(postgres.server(name, "locked", wrong))
    Store(postgres.server(name, "locked", "right")).close()


def test_a_user_without_rights_and_a_database_that_is_not_there_are_told(postgres: PostgresServer) -> None:
    postgres.run("CREATE ROLE guest LOGIN")
    with pytest.raises(StoreTrouble, match="has not the rights"):
        Store(postgres.server(postgres.fresh(), "guest"))
    with pytest.raises(StoreTrouble, match="There is no such database"):
        Store(postgres.server("nowhere"))


def test_a_user_that_may_make_no_schema_uses_those_it_was_given(postgres: PostgresServer) -> None:
    postgres.run("CREATE ROLE modest LOGIN")
    name = postgres.fresh()
    for schema in postgres_module.SCHEMAS:
        postgres.run(f"CREATE SCHEMA {schema} AUTHORIZATION modest", name)
    place = postgres.server(name, "modest")
    with closing(Store(place)) as store:
        store.save([record(1)], NOW)
        assert len(store.orders()) == 1
    with closing(SharedLedger(place, clock=lambda: NOW)) as ledger:
        assert ledger.reserve("a.example:443", 5) == 0

    async def make_tables() -> None:
        async with Jobs(place, _nobody).opened():
            pass

    asyncio.run(make_tables())


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_loses_letters_is_refused(postgres: PostgresServer, encoding: str) -> None:
    name = f"in_{encoding.lower()}"
    postgres.run(
        f"CREATE DATABASE {name} ENCODING '{encoding}' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
    )
    with pytest.raises(StoreUnfit, match=f"keeps text as {encoding}, .*`createdb -E UTF8"):
        Store(postgres.server(name))


def test_writers_wait_for_each_other_whatever_isolation_the_database_has(postgres: PostgresServer) -> None:
    name = postgres.fresh(template="store")
    postgres.run(f"ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'")
    place = postgres.server(name)
    told: SimpleQueue[StoreTrouble] = SimpleQueue()

    def write() -> None:
        try:
            with closing(Store(place)) as store:
                store.set_errand("sync", Errand(NOW))
        except StoreTrouble as trouble:
            told.put(trouble)

    with closing(open_database(place)) as other:
        with other.write() as db:
            db.execute("INSERT INTO errands (name, next_at) VALUES ('sync', '')")
            writer = threading.Thread(target=write)
            writer.start()
            waiting = "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            while not db.execute(waiting).fetchone()[0]:
                assert writer.is_alive()
        writer.join()
    assert told.empty(), told.get()


def test_a_server_that_takes_no_writes_can_be_read(postgres: PostgresServer) -> None:
    name = postgres.fresh(template="store")
    postgres.run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with closing(Store(postgres.server(name))) as store:
        assert store.orders() == []
        with pytest.raises(StoreTrouble, match="takes no writes"):
            store.save([record(1)], NOW)
        assert store.orders() == []


def test_a_locked_store_is_said_in_one_sentence(place: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(postgres_module._SETTINGS, "lock_timeout", "50ms")
    with closing(open_database(place)) as other, closing(Store(place)) as store:
        with other.write(), pytest.raises(StoreTrouble, match="locked by another program"):
            store.save([record(1)], NOW)
        store.save([record(1)], NOW)


def test_one_writer_at_a_time_and_no_warning_twice(place: Server) -> None:
    """Four connections tell the same warnings at once; each is stored once, and every answer is."""
    notices = [Notice("stalled", f"stalled/{n}", None, None, "Stalled", "…") for n in range(10)]
    new: SimpleQueue[int] = SimpleQueue()

    def tell(number: int) -> None:
        with closing(Store(place)) as store:
            new.put(sum(store.tell(notice, ["desktop"], NOW) for notice in notices))
            store.save([record(number)], NOW)
            (parcel,) = next(o for o in store.orders() if o.order_id == record(number).order_id).parcels
            legs = {parcel.id: [Leg("cainiao", parcel.number)]}
            store.record("cainiao", [TrackingReport(parcel.number, "not_found")], legs, NOW)

    threads = [threading.Thread(target=tell, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(new.get() for _ in threads) == len(notices)
    with closing(Store(place)) as store:
        assert len(store.own_notices()) == len(notices)
        assert store.answers_since(NOW)["cainiao"]["not_found"] == 4


def test_a_second_run_is_refused_until_the_first_is_gone(place: Server) -> None:
    with only_run(place) as first:
        assert first()
        with only_run(place) as second:
            assert not second()
        assert first()
    with only_run(place) as third:
        assert third()


def test_a_run_ends_for_another_one_but_not_for_what_a_broken_network_left_of_itself(
    place: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[int] = []
    monkeypatch.setattr(daemon, "_end", lambda code, _sentence: ended.append(code))
    held = iter([True, False, False, True, *[False] * daemon.TICKS_OF_DOUBT])

    @contextmanager
    def only_run(_server: Server) -> Iterator[object]:
        yield lambda: next(held)

    monkeypatch.setattr(daemon, "only_run", only_run)
    with daemon._only_one_on_the_server(place) as jobs:
        ticks = [jobs["alone"](Session(None, tmp_path), threading.Event()) or list(ended) for _ in range(7)]
    assert ticks == [[]] * 6 + [[daemon.HUNG]]


# -- the server goes away ----------------------------------------------------------------------------------------
def test_nothing_committed_is_lost_when_the_server_is_killed_and_the_next_use_works(
    safe_server: PostgresServer,
) -> None:
    place = safe_server.server(safe_server.fresh(template="store"))
    kept: SimpleQueue[int] = SimpleQueue()
    told: list[StoreTrouble] = []
    store = Store(place)

    def write() -> None:
        try:
            for number in itertools.count():
                store.save([record(number)], NOW)
                kept.put(number)
        except StoreTrouble as trouble:
            told.append(trouble)

    with closing(open_database(place)) as other, only_run(place) as held:
        assert held()
        writer = threading.Thread(target=write)
        writer.start()
        committed = [kept.get() for _ in range(10)]
        safe_server.kill()
        writer.join()
        assert "does not answer" in str(told[0])
        with pytest.raises(StoreTrouble, match="does not answer"):
            store.orders()
        safe_server.start()
        committed += [kept.get() for _ in range(kept.qsize())]
        assert {record(n).order_id for n in committed} <= {order.order_id for order in store.orders()}

        def half_done() -> None:
            with other.write() as db:
                db.execute("UPDATE orders SET title = 'half done'")
                safe_server.kill()
                safe_server.start()

        with pytest.raises(StoreTrouble, match="does not answer"):
            half_done()
        assert {order.title for order in store.orders()} == {""}
        assert held()  # again: the new server knew nobody
    store.save([replace(record(1), title="after")], NOW)
    store.close()


def test_what_is_known_is_at_hand_in_memory_while_the_server_is_away(safe_server: PostgresServer) -> None:
    with closing(Store(safe_server.server(safe_server.fresh(template="store")))) as store:
        store.save([record(1)], NOW)
        copy = store.copy_in_memory()
        safe_server.kill()
        assert [order.order_id for order in copy.orders()] == [record(1).order_id]
        copy.tell(Notice("own", "own", None, None, "Own", "…"), ["desktop"], NOW)
        copy.close()
        safe_server.start()


# -- commands ----------------------------------------------------------------------------------------------------
def test_commands_on_a_server(tmp_path: Path, postgres: PostgresServer) -> None:
    url = postgres.url(postgres.fresh())
    config = f'[notify]\ndesktop = false\n[store]\nurl = "{url}"\n'
    watch = Watch(tmp_path, config)
    added = watch.call("add", "8190000000000017", "--tracking", "LP00700000000017", "--placed", "2026-11-01")
    assert added.returncode == 0, added.stderr
    assert "0017" in watch.call("status").stdout
    backup = watch.call("backup", str(tmp_path / "copy.sqlite3"))
    assert (backup.returncode, "pg_dump" in backup.stderr, "Traceback" in backup.stderr) == (1, True, False)
    other = Watch(tmp_path / "other", config)
    with watch.running():
        refused = other.call("run")
        assert refused.returncode == 1
        assert "of another machine is already running on postgresql://" in refused.stderr
    assert not list(watch.data.glob("*.sqlite3*"))


def test_the_password_comes_from_where_secrets_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from monitor.session import Session

    (tmp_path / "config.toml").write_text('[store]\nurl = "postgresql+psycopg://me@host/parcels"\n')
    monkeypatch.setenv(STORE.variable, "from the environment")
    place = Session(tmp_path / "config.toml", tmp_path).store_place
    assert place == Server("postgresql://me@host/parcels", "from the environment")
    assert "environment" not in f"{place} {place!r}"
