"""Who is due is found by index and in parts; an answer that says the same again is known as such."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from builders import NOW, day, scan
from msgspec import structs

from monitor.adapters.store import Decision, Server, Store
from monitor.model import Leg, Order
from scrapers.base import Status, TrackingReport
from scrapers.orders import OrderRecord, ShopParcel


@pytest.fixture
def store(store_place: Path | Server) -> Iterator[Store]:
    opened = Store(store_place)
    yield opened
    opened.close()


MOST = {"cainiao": 100, "4px": 100}
ANSWER = TrackingReport(
    "LP00700000000017", "ok", linked_numbers=("RR123456785CN",),
    events=(scan(2, "InTransit", "InTransit_007", "line_haul"),),
)  # fmt: skip


def order_with(store: Store, order_id: str, number: str, carrier: str = "cainiao") -> Order:
    store.save([OrderRecord(order_id, "manual", placed_on=day(-3), parcels=(ShopParcel(number),))], NOW)
    order = store.order(order_id)
    assert order is not None
    store.link({order.parcels[0].id: [Leg(carrier, number)]})
    return order


def due(store: Store, hours: float = 0, **most: int) -> list[str]:
    found = store.due(most or MOST, NOW + timedelta(hours=hours), store.newest_look())
    return [number for numbers in found.values() for number in numbers]


def test_due_is_what_was_never_asked_or_whose_time_has_come(store: Store) -> None:
    one = order_with(store, "8190000000000017", ANSWER.number)
    order_with(store, "8190000000000025", "LP00700000000025", "4px")
    assert due(store) == [ANSWER.number, "LP00700000000025"]
    assert due(store, cainiao=100) == [ANSWER.number]
    store.record("cainiao", [ANSWER], {}, NOW)
    assert due(store) == ["LP00700000000025"]
    store.decide([Decision(one.id, [], {("cainiao", ANSWER.number): NOW + timedelta(hours=8)})], [], NOW)
    assert due(store, 7.9, cainiao=100) == []
    assert due(store, 8, cainiao=100) == [ANSWER.number]
    assert len(due(store, 8, cainiao=1)) == 1


def test_an_answer_nobody_decided_about_is_asked_for_again_after_an_hour(store: Store) -> None:
    order_with(store, "8190000000000017", ANSWER.number)
    store.record("cainiao", [ANSWER], {}, NOW)
    assert (due(store, 0.9), due(store, 1)) == ([], [ANSWER.number])


def test_nobody_is_asked_for_a_settled_order_until_it_is_watched_again(store: Store) -> None:
    one = order_with(store, "8190000000000017", ANSWER.number)
    store.set_day(one, "archived_on", day(0))
    assert due(store) == []
    store.decide([], [], NOW, settled={one.id: 1})
    assert due(store) == []
    store.set_day(one, "archived_on", None)
    assert due(store) == [ANSWER.number]
    store.set_day(one, "archived_on", day(0))
    store.decide([], [], NOW, settled={one.id: 1})
    order_with(store, "8190000000000025", ANSWER.number)  # the same number on an order that is watched
    assert due(store) == [ANSWER.number]


def test_a_number_of_two_watched_orders_is_asked_about_once(store: Store) -> None:
    order_with(store, "8190000000000017", ANSWER.number)
    order_with(store, "8190000000000025", ANSWER.number)
    assert due(store) == [ANSWER.number]
    assert due(store, cainiao=1) == [ANSWER.number]


def test_an_order_that_is_over_keeps_nobody_from_asking_for_another_of_the_same_number(store: Store) -> None:
    over = order_with(store, "8190000000000017", ANSWER.number)
    one = order_with(store, "8190000000000025", ANSWER.number)
    store.record("cainiao", [ANSWER], {}, NOW)
    asked = ("cainiao", ANSWER.number)
    wishes = {one.id: NOW + timedelta(hours=3), over.id: None}
    for ids in ([one.id, over.id], [over.id, one.id]):
        store.decide([Decision(order, [], {asked: wishes[order]}) for order in ids], [], NOW)
        assert (due(store, 2.9), due(store, 3)) == ([], [ANSWER.number])


def test_an_appointment_made_by_a_clock_that_ran_ahead_is_none(store: Store) -> None:
    one, year = order_with(store, "8190000000000017", ANSWER.number), timedelta(days=365)
    store.record("cainiao", [ANSWER], {}, NOW + year)
    later = NOW + year + timedelta(hours=8)
    store.decide([Decision(one.id, [], {("cainiao", ANSWER.number): later})], [], NOW + year)
    assert due(store) == [ANSWER.number]
    store.record("cainiao", [ANSWER], {}, NOW)
    assert due(store) == []
    (leg,) = store.orders_by_id([one.id])[0].parcels[0].legs
    assert (leg.last_attempt_at, leg.next_check_at) == (NOW, None)
    assert due(store, 1) == [ANSWER.number]


def test_the_same_answer_is_no_news_and_another_reading_of_it_is(store: Store) -> None:
    one = order_with(store, "8190000000000017", ANSWER.number)
    assert store.news("cainiao", [ANSWER]) == [ANSWER]
    assert store.record("cainiao", [ANSWER], {}, NOW) == [one.id]
    assert store.news("cainiao", [ANSWER]) == []
    assert store.record("cainiao", [ANSWER], {}, NOW) == []
    status = Status("InTransit", "InTransit_007", "a rule of a newer table", "line_haul")
    (event,) = ANSWER.events
    for other in (
        structs.replace(ANSWER, events=(structs.replace(event, status=status),)),
        structs.replace(ANSWER, linked_numbers=()),
        structs.replace(ANSWER, expected_at=NOW),
        structs.replace(ANSWER, ends_by_design=True),
        structs.replace(ANSWER, outcome="not_found", events=()),
    ):
        assert store.news("cainiao", [other]) == [other]
    store.record("cainiao", [TrackingReport(ANSWER.number, "blocked", "a bot check")], {}, NOW)
    assert store.news("cainiao", [ANSWER]) == []  # a refusal says nothing about the parcel


def test_an_unchanged_answer_counts_as_a_look_and_as_an_attempt(store: Store) -> None:
    one, later = order_with(store, "8190000000000017", ANSWER.number), NOW + timedelta(hours=8)
    for at in (NOW, later):
        store.record("cainiao", [ANSWER], {}, at)
    (known,) = store.orders()
    (leg,) = known.parcels[0].legs
    assert (leg.last_good_at, leg.last_outcome, len(leg.events)) == (later, "ok", 1)
    assert [attempt.at for attempt in store.attempts(one)] == [NOW, later]


def test_a_parcel_added_later_under_the_same_number_learns_what_an_old_answer_linked(store: Store) -> None:
    order_with(store, "8190000000000017", ANSWER.number)
    store.record("cainiao", [ANSWER], {}, NOW)
    order_with(store, "8190000000000025", ANSWER.number)
    assert store.news("cainiao", [ANSWER]) == [ANSWER]


@pytest.mark.parametrize("words", ["due_at <= ?", "last_attempt_at > ? AND k.due_at IS NOT NULL"])
def test_what_is_due_is_read_from_an_index(words: str, tmp_path: Path) -> None:
    import sqlite3
    from contextlib import closing

    path = tmp_path / "parcels.sqlite3"
    Store(path).close()
    carrier = "k.carrier = 'cainiao' AND " if words.startswith("due_at") else ""
    with closing(sqlite3.connect(path)) as db:
        plan = db.execute(
            f"EXPLAIN QUERY PLAN SELECT number FROM looks k WHERE {carrier}k.{words} LIMIT 9", ("x",)
        )
        (step,) = [row[3] for row in plan]
    assert "USING COVERING INDEX looks_due" in step or "USING INDEX looks_attempted" in step
