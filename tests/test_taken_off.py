"""A wrong tracking number taken off an order: nothing is told by it any more, nobody is asked, nothing else is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import NOW, day, scan
from cainiao_server import Cainiao, module
from watch import Watch

from monitor.adapters.store import Decision, Server, Store
from monitor.model import Leg, Order
from monitor.rules.notices import Notice
from scrapers.base import TrackingReport
from scrapers.orders import OrderRecord, ShopParcel, Source

ORDER, OTHER = "8190000000000017", "8190000000000025"
WRONG, RIGHT = "LP00700000000017", "LP00700000000025"
LATER = NOW + timedelta(hours=1)
ARRIVED = TrackingReport(WRONG, "ok", events=(scan(1, "Delivered", "Delivered_001"),))


@pytest.fixture
def store(store_place: Path | Server) -> Iterator[Store]:
    opened = Store(store_place)
    yield opened
    opened.close()


def with_numbers(store: Store, order_id: str, *numbers: str) -> Order:
    parcels = tuple(ShopParcel(number) for number in numbers)
    store.save([OrderRecord(order_id, "page", placed_on=day(-30), said_at=NOW, parcels=parcels)], NOW)
    order = known(store, order_id)
    store.link({parcel.id: [Leg("cainiao", parcel.number)] for parcel in order.parcels})
    return known(store, order_id)


def known(store: Store, order_id: str = ORDER) -> Order:
    order = store.order(order_id)
    assert order is not None
    return order


def take_off(store: Store, *numbers: str, at: datetime = NOW) -> None:
    store.save([OrderRecord(ORDER, "manual", own_word=True, without=numbers)], at)


def numbers(store: Store, order_id: str = ORDER) -> list[str]:
    """All an order's parcels are seen under."""
    parcels = known(store, order_id).parcels
    return list(dict.fromkeys(n for p in parcels for n in (p.number, *(leg.number for leg in p.legs))))


def due(store: Store) -> set[str]:
    found = store.due({"cainiao": 100}, NOW + timedelta(days=9), store.newest_look())
    return {number for asked in found.values() for number in asked}


def test_it_is_asked_about_no_more_and_leaves_nothing_behind(store: Store) -> None:
    with_numbers(store, ORDER, WRONG, RIGHT)
    store.record("cainiao", [ARRIVED], {}, NOW)
    take_off(store, WRONG)
    assert numbers(store) == [RIGHT]
    assert due(store) == {RIGHT}
    assert store.attempts(known(store)) == []
    store.record("cainiao", [ARRIVED], {}, LATER)  # an answer that was under way
    assert (numbers(store), store.answers_since(NOW)) == ([RIGHT], {})


def test_another_order_with_it_keeps_all_that_is_known(store: Store) -> None:
    with_numbers(store, ORDER, WRONG)
    with_numbers(store, OTHER, WRONG)
    store.record("cainiao", [ARRIVED], {}, NOW)
    everyone = [order.id for order in store.orders()]
    store.decide([Decision(o, [], {}, mark) for o, mark in store.to_judge().marks.items()], [], NOW)
    take_off(store, WRONG)
    assert numbers(store) == []
    assert known(store, OTHER).parcels[0].legs[0].events == ARRIVED.events
    assert due(store) == {WRONG}
    assert sorted(store.touched_after(0, 9)) == sorted(everyone), "both are judged anew"


def test_a_carrier_that_links_it_again_is_not_followed(store: Store) -> None:
    order = with_numbers(store, ORDER, RIGHT)
    helper = {order.parcels[0].id: [Leg("cainiao", WRONG, role="helper")]}
    store.link(helper)
    take_off(store, WRONG)
    assert (store.link(helper), numbers(store), due(store)) == (0, [RIGHT], {RIGHT})


def test_a_right_number_known_only_by_the_wrong_one_can_take_its_place(store: Store) -> None:
    order = with_numbers(store, ORDER, WRONG)
    store.link({order.parcels[0].id: [Leg("cainiao", RIGHT, role="helper")]})
    instead = OrderRecord(ORDER, "manual", own_word=True, without=(WRONG,), parcels=(ShopParcel(RIGHT),))
    assert store.save([instead], NOW) == {ORDER: ["parcels"]}
    assert [parcel.number for parcel in known(store).parcels] == [RIGHT]


@pytest.mark.parametrize(
    ("source", "said", "own_word", "back"),
    [
        ("page", 1, False, True),
        ("mail", 1, False, True),
        ("page", -1, False, False),  # saved before, read only now
        ("mail", -1, False, False),
        ("manual", 1, False, False),  # a row of a file
        ("manual", 1, True, True),
    ],
)
def test_only_a_newer_word_of_the_shop_or_the_user_s_own_brings_it_back(
    store: Store, source: Source, said: int, own_word: bool, back: bool
) -> None:
    with_numbers(store, ORDER, WRONG)
    take_off(store, WRONG)
    at = NOW + timedelta(hours=said)
    again = OrderRecord(ORDER, source, said_at=at, own_word=own_word, parcels=(ShopParcel(WRONG),))
    assert store.save([again], LATER) == {ORDER: ["parcels"] * back}
    assert numbers(store) == [WRONG] * back


def test_beside_a_right_number_an_old_page_brings_only_that_one(store: Store) -> None:
    with_numbers(store, ORDER, WRONG)
    take_off(store, WRONG)
    both = OrderRecord(ORDER, "page", said_at=NOW, parcels=(ShopParcel(RIGHT, (WRONG,)),))
    store.save([both], LATER)
    assert numbers(store) == [RIGHT]


def test_what_was_not_told_of_it_yet_is_told_no_more_and_the_rest_is(store: Store) -> None:
    order = with_numbers(store, ORDER, WRONG, RIGHT)
    lost, other, last = (
        Notice(kind, f"{kind}/{subject}", None, None, title, "…")
        for kind, subject, title in (
            ("lost", f"{WRONG}/2026-11-23", "Your parcel is lost"),
            ("held", f"{RIGHT}/2026-11-23", "Your parcel is held"),
            ("closed", "", "The shop closed an order"),
        )
    )
    store.decide([Decision(order.id, [lost, other, last], {})], ["desktop", "ntfy"], NOW)
    told = {notice.title: notice.id for notice in store.notices(order)}
    store.taken([told[other.title]], "desktop", NOW)
    take_off(store, WRONG)
    waiting = {
        (d.notice.title, d.channel) for d in store.due_deliveries(["desktop", "ntfy"]) if not d.taken_at
    }
    assert waiting == {(other.title, "ntfy"), (last.title, "desktop"), (last.title, "ntfy")}
    take_off(store, RIGHT)  # of this one the desktop has told
    assert {d.notice.title for d in store.due_deliveries(["desktop", "ntfy"])} == {last.title}
    assert [notice.title for notice in store.notices(order)] == [other.title, last.title]


# -- as its user does it -----------------------------------------------------------------------------------------
def parcels(watch: Watch) -> dict[str, str]:
    document: dict[str, Any] = json.loads(watch.call("status", "--json").stdout)
    return {p["number"]: p["condition"] for order in document["orders"] for p in order["parcels"]}


def test_a_slip_of_the_pen_is_put_right_in_one_line(tmp_path: Path) -> None:
    def ago(days: float) -> datetime:
        return datetime.now(UTC) - timedelta(days=days)

    somebody_else_s = module(
        WRONG, (ago(5), "PU_PICKUP_SUCCESS", "Accepted"), (ago(1), "GTMS_SIGNED", "Delivered")
    )
    own = module(RIGHT, (ago(5), "PU_PICKUP_SUCCESS", "Accepted"), (ago(1), "LH_DEPART", "Departed"))
    with Cainiao(**{WRONG: somebody_else_s, RIGHT: own}) as cainiao:
        watch = Watch(
            tmp_path, f'[notify]\ndesktop = false\n[carriers.cainiao]\nbase_url = "{cainiao.url}"\n'
        )
        listed = tmp_path / "orders.csv"
        listed.write_text(f"order_id,placed_on,tracking\n{ORDER},{ago(20).date()},{WRONG}\n")
        watch.call("import", str(listed))
        watch.call("check")
        assert parcels(watch) == {WRONG: "delivered"}
        done = watch.call("edit", ORDER, "--without-tracking", "lp 0070 0000 0000 17", "--tracking", RIGHT)
        assert done.returncode == 0, done.stderr
        assert f"{WRONG} is off this order" in done.stdout
        watch.call("import", str(listed))
        cainiao.asked.clear()
        watch.call("check", "--all")
        assert (parcels(watch), cainiao.asked) == ({RIGHT: "moving"}, [[RIGHT]])
        assert WRONG not in watch.call("show", ORDER).stdout


def test_a_number_the_order_has_not_is_told_with_those_it_has(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    watch.add(ORDER, RIGHT)
    for words in (["--without-tracking", WRONG], ["--without-tracking", RIGHT, "--tracking", RIGHT]):
        refused = watch.call("edit", ORDER, "--title", "Lamp", *words)
        assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
        assert words[1] in refused.stderr
    assert f"it has {RIGHT}" in watch.call("edit", ORDER, "--without-tracking", WRONG).stderr
    assert parcels(watch) == {RIGHT: "unchecked"}
