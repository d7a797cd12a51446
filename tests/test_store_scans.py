"""Scans and attempts of a store of an older program read exactly the same once the store is brought up to date."""

from __future__ import annotations

import sqlite3
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from builders import NOW
from hypothesis import given, settings
from hypothesis import strategies as st
from postgres_server import PostgresServer

from monitor.adapters.store import Server, Store, StoreUnfit, open_database
from monitor.adapters.store.migrations import statements, steps
from monitor.adapters.store.postgres_words import schema
from scrapers.base import Stage, Status, TrackingEvent, TrackingReport

BEFORE = 10  # the last schema whose every scan held its own texts, and every attempt its own outcome

NUMBERS = ("LP00700000000017", "LP00700000000025", "LP00700000000033")
# Few of each, so that much is alike; and texts with quotes, blanks, line ends and signs of more than two bytes.
TEXTS = st.one_of(
    st.sampled_from(
        [
            "",
            "Departed",
            "departed",
            "Departed ",
            "O'Brien's \"depot\"",
            "离开处理中心",
            "\U0001f4e6\n?",
            ":at",
        ]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30),
)
MOMENTS = st.one_of(
    st.sampled_from([NOW, NOW + timedelta(microseconds=1), datetime(1, 1, 1, tzinfo=UTC),
                     datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
                     datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)]),
    st.datetimes(timezones=st.just(UTC)),
)  # fmt: skip
STAGES: Sequence[Stage] = ("", "origin", "out_for_delivery")
STATUSES = st.builds(
    Status,
    st.sampled_from(["InTransit", "Unknown"]),
    st.sampled_from(["", "InTransit_002"]),
    TEXTS,
    st.sampled_from(STAGES),
)
SCANS = st.lists(st.builds(TrackingEvent, MOMENTS, st.booleans(), TEXTS, TEXTS, TEXTS, STATUSES), max_size=9)
OUTCOMES = st.sampled_from([("ok", ""), ("not_found", "unknown"), ("blocked", "a bot check; 'wait'")])
ATTEMPTS = st.lists(st.tuples(MOMENTS, OUTCOMES, st.sampled_from([None, 0.1, 1.5])), max_size=9)


@dataclass
class Known:
    """What an old store holds: by look the scans in their order, and the attempts."""

    scans: list[list[TrackingEvent]]
    attempts: list[list[tuple[datetime, tuple[str, str], float | None]]]
    texts: dict[str, int] = field(default_factory=dict)

    def rows(self) -> Iterator[tuple[str, tuple[object, ...]]]:
        """The statements that the old program wrote them with, in ?, and their values."""
        for look, number in enumerate(NUMBERS, start=1):
            yield "INSERT INTO orders (id, marketplace, order_id, added_at) VALUES (?, ?, ?, ?)", (look, "x", f"{look}", stamp(NOW))  # fmt: skip
            yield "INSERT INTO parcels (id, order_id, number) VALUES (?, ?, ?)", (look, look, number)
            yield "INSERT INTO looks (id, carrier, number) VALUES (?, ?, ?)", (look, "cainiao", number)
            yield "INSERT INTO legs (parcel_id, look_id, role) VALUES (?, ?, ?)", (look, look, "owner")
        for events in self.scans:
            for text in (text for e in events for text in (e.text, e.place, e.status.rule)):
                if text not in self.texts:
                    self.texts[text] = len(self.texts) + 1
                    yield "INSERT INTO texts (id, text) VALUES (?, ?)", (self.texts[text], text)
        for look, events in enumerate(self.scans, start=1):
            for at, e in enumerate(events):
                s = e.status
                yield (
                    "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (look, at, stamp(e.at), int(e.at_is_exact), e.code, self.texts[e.text], self.texts[e.place],
                     s.tag, s.subtag, s.stage, self.texts[s.rule]),
                )  # fmt: skip
        for look, attempts in enumerate(self.attempts, start=1):
            for moment, (outcome, detail), seconds in attempts:
                yield "INSERT INTO attempts VALUES (?, ?, ?, ?, ?)", (look, stamp(moment), outcome, detail, seconds)  # fmt: skip

    def asked(self) -> list[tuple[int, datetime, tuple[str, str], float | None]]:
        return [(look, *one) for look, attempts in enumerate(self.attempts) for one in attempts]


KNOWN = st.builds(Known, st.lists(SCANS, min_size=3, max_size=3), st.lists(ATTEMPTS, min_size=3, max_size=3))


def stamp(moment: datetime) -> str:
    """How the old program wrote an instant."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def file_of(known: Known, path: Path) -> Path:
    with closing(sqlite3.connect(path)) as db:
        for _, script in steps()[:BEFORE]:
            db.executescript(script)
        for statement, values in known.rows():
            db.execute(statement, values)
        db.execute(f"PRAGMA user_version={BEFORE}")
        db.commit()
    return path


def server_of(known: Known, postgres: PostgresServer, name: str) -> Server:
    place = postgres.server(name)
    with psycopg.connect(place.url) as db:
        db.execute("DROP SCHEMA IF EXISTS parcelwarden CASCADE")
        db.execute("CREATE SCHEMA parcelwarden")
        db.execute("SET search_path = parcelwarden")
        db.execute("CREATE TABLE schema_version (number bigint NOT NULL)")
        for _, script in steps()[:BEFORE]:
            for one in statements(script):
                db.execute(schema(one).encode())
        for statement, values in known.rows():
            db.execute(statement.replace("?", "%s").encode(), values)
        db.execute(f"INSERT INTO schema_version VALUES ({BEFORE})".encode())
        for table in ("texts", "orders", "parcels", "looks"):  # as the old program had numbered them
            past = f"setval(pg_get_serial_sequence('{table}', 'id'), COALESCE(MAX(id), 0) + 1, false)"
            db.execute(f"SELECT {past} FROM {table}".encode())
    return place


def see_that_it_reads_the_same(known: Known, place: Path | Server) -> None:
    with closing(Store(place)) as store:
        orders = [store.order(str(look)) for look in range(1, len(NUMBERS) + 1)]
        for order, scans, attempts in zip(orders, known.scans, known.attempts, strict=True):
            assert order is not None
            assert list(order.parcels[0].legs[0].events) == scans
            kept = {(a.at, (a.outcome, a.detail)) for a in store.attempts(order)}
            assert kept == {(at, came) for at, came, _ in attempts}
        since = [datetime(1, 1, 1, tzinfo=UTC), NOW, NOW + timedelta(microseconds=1)]
        for moment in since:
            asked = [one for one in known.asked() if one[1] >= moment]
            counted = {"cainiao": Counter(came[0] for _, _, came, _ in asked)} if asked else {}
            assert store.answers_since(moment) == counted
            times = sorted(seconds for _, seconds in {(at, s) for _, at, _, s in asked if s is not None})
            assert store.answer_times(moment) == ({"cainiao": times} if times else {})
        entries = [(e.subject, e.at, (e.what, e.detail)) for e in store.diary("asked", 100)]
        assert Counter(entries) == Counter((NUMBERS[look], at, came) for look, at, came, _ in known.asked())
        unknown = sorted({e.text for scans in known.scans for e in scans if e.status.tag == "Unknown"})
        assert store.not_understood() == ({"cainiao": unknown} if unknown else {})
        goes_on(store, known)


def goes_on(store: Store, known: Known) -> None:
    """The same answer is no news, another is stored beside what came before, and what is removed leaves nothing."""
    told = [TrackingReport(n, "ok", events=tuple(e)) for n, e in zip(NUMBERS, known.scans, strict=True)]
    store.record("cainiao", told, {}, NOW)
    new = TrackingEvent(NOW, True, "Quite new", "", "NEW", Status("Unknown", rule="no rule"))
    store.record("cainiao", [TrackingReport(NUMBERS[0], "ok", events=(*known.scans[0], new))], {}, NOW)
    store.label("Quite new", "cainiao", "Delivered", "")
    order = store.order("1")
    assert order is not None
    *before, last = order.parcels[0].legs[0].events
    assert (before, last.text, last.status.tag) == (known.scans[0], "Quite new", "Delivered")
    store.remove(order)
    left = store.answers_since(datetime(1, 1, 1, tzinfo=UTC))["cainiao"]
    assert left.total() == sum(len(attempts) + 1 for attempts in known.attempts[1:])


@settings(max_examples=25)
@given(KNOWN)
def test_a_file_of_the_old_schema_reads_the_same(known: Known) -> None:
    with tempfile.TemporaryDirectory() as folder:
        see_that_it_reads_the_same(known, file_of(known, Path(folder) / "parcels.sqlite3"))


@settings(max_examples=10)
@given(known=KNOWN)
def test_a_server_s_store_of_the_old_schema_reads_the_same(
    known: Known, postgres: PostgresServer, database: str
) -> None:
    see_that_it_reads_the_same(known, server_of(known, postgres, database))


@pytest.fixture(scope="module")
def database(postgres: PostgresServer) -> str:
    return postgres.fresh()


@pytest.mark.parametrize("kind", ["file", "server"])
def test_a_copy_an_older_program_began_is_not_taken_for_a_whole_one(
    kind: str, tmp_path: Path, postgres: PostgresServer
) -> None:
    if kind == "file":
        place: Path | Server = file_of(Known([], []), tmp_path / "parcels.sqlite3")
        with closing(sqlite3.connect(tmp_path / "parcels.sqlite3")) as db:
            db.execute(f"PRAGMA user_version={-BEFORE}")
    else:
        name = postgres.fresh()
        place = server_of(Known([], []), postgres, name)
        postgres.run(f"UPDATE parcelwarden.schema_version SET number = {-BEFORE}", name)
    for half in (False, True):
        with pytest.raises(StoreUnfit, match="an older parcelwarden began"):
            open_database(place, half=half)
