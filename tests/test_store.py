"""The store: nothing lost, nothing doubled, and plain words for trouble."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from builders import NOW, day, scan
from msgspec import structs

from monitor.adapters.store import Decision, Server, Store, StoreTrouble, open_database
from monitor.model import Leg
from monitor.rules.moved import now_shown
from monitor.rules.notices import Notice
from scrapers.base import TrackingReport
from scrapers.orders import (
    BY_HAND,
    IMPORTED,
    OWN_WORD,
    CaseRecord,
    OrderLine,
    OrderRecord,
    ShopParcel,
    ShownDate,
    Source,
)  # fmt: skip

RECORD = OrderRecord(
    order_id="8190000000000017",
    source="page",
    title="Настольная лампа",
    amount=Decimal("12.30"),
    currency="USD",
    placed_on=day(-30),
    shipped_on=day(-28),
    order_state="shipped",
    lines=(OrderLine("1", "Lamp", 2, Decimal("6.15"), "USD", ("LOCAL_FREE_RETURN",)),),
    parcels=(ShopParcel("lp 0070-0000000017", other_numbers=("AP00700000000017",)),),
    dates=(ShownDate("protection_end", day(20), "page", "order detail", "before some day"),),
    cases=(CaseRecord("55", "waiting_buyer", words="Waiting for your response"),),
)
NOTICE = Notice("protection_end", "protection_end/2026-12-01/7", day(7), 7, "Seven days left", "Order ..0017")
EVENTS = (
    scan(9, "InTransit", "InTransit_002"),
    scan(2, "InTransit", "InTransit_003", "origin", place="Shenzhen"),
)


@pytest.fixture
def store(store_place: Path | Server) -> Iterator[Store]:
    opened = Store(store_place)
    yield opened
    opened.close()


def test_an_order_comes_back_as_it_went_in(store: Store) -> None:
    assert store.save([RECORD], NOW) == {
        RECORD.order_id: [
            "added",
            "title",
            "currency",
            "placed_on",
            "shipped_on",
            "amount",
            "order_state",
            "lines",
            "dates",
            "parcels",
            "cases",
        ]
    }
    order = store.order(RECORD.order_id)
    assert order is not None
    assert (order.title, order.amount, order.currency) == ("Настольная лампа", Decimal("12.30"), "USD")
    assert [p.number for p in order.parcels] == ["LP00700000000017"]
    assert [leg.number for leg in order.parcels[0].legs] == ["AP00700000000017"]
    assert (order.dates[0].day, order.dates[0].place) == (day(20), "order detail")
    assert (order.cases[0].state, order.lines[0].quantity) == ("waiting_buyer", 2)


def test_the_same_record_again_changes_nothing(store: Store) -> None:
    store.save([RECORD], NOW)
    assert store.save([RECORD], NOW + timedelta(hours=1)) == {RECORD.order_id: []}
    assert len(store.orders()) == 1


def test_a_mail_fills_gaps_and_moves_on_but_never_back(store: Store) -> None:
    store.save([RECORD], NOW)
    mail = OrderRecord(
        RECORD.order_id, "mail", title="Other", payment_method="PayPal", order_state="processing"
    )
    assert store.save([mail], NOW) == {RECORD.order_id: ["payment_method"]}
    store.save([replace(mail, order_state="completed")], NOW)
    order = store.order(RECORD.order_id)
    assert order is not None
    assert (order.title, order.payment_method, order.order_state) == (RECORD.title, "PayPal", "completed")


@pytest.mark.parametrize(
    ("source", "days", "completed"), [("page", 2, None), ("page", -1, day(0)), ("mail", 2, day(0))]
)
def test_an_order_a_later_page_shows_under_way_is_not_completed(
    store: Store, source: Source, days: int, completed: date | None
) -> None:
    """A mail that asks how it went may come before the shop completes the order: the protection runs on."""
    asks = OrderRecord(RECORD.order_id, "mail", order_state="completed", completed_on=day(0), said_at=NOW)
    store.save([RECORD, asks], NOW)
    store.save(
        [replace(RECORD, source=source, said_at=NOW + timedelta(days=days))], NOW + timedelta(days=days)
    )
    order = store.order(RECORD.order_id)
    assert order is not None
    assert order.completed_on == completed


def test_a_second_mail_before_the_completion_is_another_announcement(store: Store) -> None:
    """After the first the shop may have given the seller more time; that of the second must ring as well."""
    announced = []
    for source, days in (("mail", 0), ("page", 1), ("mail", 20), ("mail", 5)):
        said = OrderRecord(RECORD.order_id, source, closes_soon=True, said_at=NOW + timedelta(days=days))  # type: ignore[arg-type]
        store.save([said], NOW + timedelta(days=20))
        order = store.order(RECORD.order_id)
        assert order is not None
        announced.append(order.closes_soon_on)
    assert announced == [day(0), day(0), day(20), day(20)]


def test_a_file_imported_again_takes_nothing_back_that_the_shop_s_page_said_since(store: Store) -> None:
    listed = OrderRecord("1", "manual", order_state="shipped", title="Lamp")
    store.save([listed], NOW)
    page = OrderRecord("1", "page", order_state="completed", said_at=NOW + timedelta(hours=1))
    store.save([page], NOW + timedelta(hours=1))
    assert store.save([listed], NOW + timedelta(hours=2)) == {"1": []}
    assert store.orders()[0].order_state == "completed"


def test_the_user_corrects_though_the_clock_of_the_page_is_ahead(store: Store) -> None:
    told = CaseRecord("7", "waiting_buyer", words="Waiting for you")
    ahead = NOW + timedelta(minutes=5)
    store.save([OrderRecord("1", "page", title="Lmap", cases=(told,), said_at=ahead)], NOW)
    store.save([OrderRecord("1", "manual", title="Lamp", cases=(CaseRecord("7", "opened"),))], NOW)
    order = store.orders()[0]
    assert (order.title, order.cases[0].state) == ("Lamp", "opened")


def test_an_exported_table_brought_back_holds_no_date_against_the_shop_that_moves_it(store: Store) -> None:
    store.save([shown_at(NOW, 10)], NOW)
    for offset, changed in ((10, []), (9, ["dates"])):
        row = ShownDate("protection_end", day(offset), "manual", IMPORTED)
        again = OrderRecord(RECORD.order_id, "manual", dates=(row,))
        assert store.save([again], NOW + timedelta(hours=1)) == {RECORD.order_id: changed}


def test_the_same_day_said_anew_by_hand_counts_against_a_later_file(store: Store) -> None:
    for hour, (place, offset) in enumerate(((OWN_WORD, 20), (IMPORTED, 10), (OWN_WORD, 20))):
        word = ShownDate("protection_end", day(offset), "manual", place)
        saved = store.save([OrderRecord("1", "manual", dates=(word,))], NOW + timedelta(hours=hour))
        assert "dates" in saved["1"]
    assert [s.day for s in now_shown(store.orders()[0].dates)] == [day(20)]


def test_that_you_have_it_is_taken_from_a_file_for_an_order_that_is_new_and_no_other(store: Store) -> None:
    had = OrderRecord("1", "manual", received_on=day(-1))
    store.save([had], NOW)
    assert not store.orders()[0].watched
    store.set_day(store.orders()[0], "received_on", None)
    assert store.save([had], NOW) == {"1": []}
    assert store.orders()[0].watched


def test_a_moved_date_is_kept_beside_the_old_one(store: Store) -> None:
    store.save([RECORD], NOW)
    moved = replace(RECORD, dates=(ShownDate("protection_end", day(27), "page", "order detail"),))
    assert store.save([moved], NOW) == {RECORD.order_id: ["dates"]}
    order = store.order(RECORD.order_id)
    assert order is not None
    assert [d.day for d in order.dates] == [day(20), day(27)]


def shown_at(at: datetime, *offsets: int) -> OrderRecord:
    """The page of the order, read at a moment, with protection ends so many days ahead."""
    dates = tuple(ShownDate("protection_end", day(offset), "page", "order detail") for offset in offsets)
    return OrderRecord(RECORD.order_id, "page", dates=dates, places=("order detail",), said_at=at)


def dates_of(store: Store) -> list[tuple[object, object]]:
    order = store.order(RECORD.order_id)
    assert order is not None
    return [(d.day, d.gone_at) for d in order.dates]


def test_a_date_that_is_gone_from_its_page_stays_and_says_since_when(store: Store) -> None:
    store.save([shown_at(NOW, 20)], NOW)
    later = NOW + timedelta(days=1)
    assert store.save([shown_at(later)], later) == {RECORD.order_id: ["dates"]}
    assert dates_of(store) == [(day(20), later)]
    assert store.save([shown_at(later + timedelta(hours=1))], later) == {RECORD.order_id: []}


def test_a_date_that_comes_back_is_seen_anew(store: Store) -> None:
    for days, offsets in ((0, (20,)), (1, ()), (2, (20,))):
        store.save([shown_at(NOW + timedelta(days=days), *offsets)], NOW)
    assert dates_of(store) == [(day(20), NOW + timedelta(days=1)), (day(20), None)]


def test_an_older_page_read_later_makes_nothing_gone(store: Store) -> None:
    store.save([shown_at(NOW, 20)], NOW)
    assert store.save([shown_at(NOW - timedelta(days=1))], NOW) == {RECORD.order_id: []}
    assert dates_of(store) == [(day(20), None)]


def test_another_source_makes_nothing_gone(store: Store) -> None:
    store.save([shown_at(NOW, 20)], NOW)
    mail = OrderRecord(RECORD.order_id, "mail", said_at=NOW + timedelta(days=1))
    assert store.save([mail], NOW) == {RECORD.order_id: []}


def test_two_days_of_one_page_are_no_change_when_read_again(store: Store) -> None:
    store.save([shown_at(NOW, 20, 21)], NOW)
    assert store.save([shown_at(NOW + timedelta(hours=1), 21, 20)], NOW) == {RECORD.order_id: []}


def leg_of(store: Store) -> object:
    order = store.order(RECORD.order_id)
    assert order is not None
    return order.parcels[0].legs[0]


def test_a_bad_answer_is_kept_beside_the_last_good_one(store: Store) -> None:
    store.save([RECORD], NOW)
    number = "AP00700000000017"
    store.record("cainiao", [TrackingReport(number, "ok", events=EVENTS, destination_country="DE")], {}, NOW)
    later = NOW + timedelta(days=1)
    store.record("cainiao", [TrackingReport(number, "blocked", "a web page where data was due")], {}, later)
    leg = leg_of(store)
    assert (leg.last_outcome, leg.last_attempt_at, leg.failures) == ("blocked", later, 1)  # type: ignore[attr-defined]
    assert (leg.last_good_outcome, leg.last_good_at, leg.events) == ("ok", NOW, EVENTS)  # type: ignore[attr-defined]
    assert leg.destination_country == "DE"  # type: ignore[attr-defined]


@pytest.mark.parametrize("good_first", [True, False])
def test_of_two_things_said_of_one_number_the_good_one_counts(store: Store, *, good_first: bool) -> None:
    store.save([RECORD], NOW)
    number = "AP00700000000017"
    said = [TrackingReport(number, "ok", events=EVENTS), TrackingReport(number, "blocked", "a bot check")]
    store.record("cainiao", said if good_first else said[::-1], {}, NOW)
    leg = leg_of(store)
    assert (leg.last_outcome, leg.failures, leg.events) == ("ok", 0, EVENTS)  # type: ignore[attr-defined]
    assert store.answers_since(NOW) == {"cainiao": {"ok": 1, "blocked": 1}}


def test_what_changed_in_the_middle_and_at_the_end_is_stored_and_nothing_doubled(store: Store) -> None:
    store.save([RECORD], NOW)
    first, second, third = (scan(n, "InTransit", "InTransit_002", place=f"P{n}") for n in (9, 5, 2))
    renamed = structs.replace(second, text="Called otherwise")
    for told in ((first, second), (first, second, third), (first, renamed, third), (renamed, third)):
        store.record("cainiao", [TrackingReport("AP00700000000017", "ok", events=told)], {}, NOW)
        kept = told if told[0] == first else (first, *told)
        assert leg_of(store).events == kept  # type: ignore[attr-defined]


def test_scans_a_carrier_forgets_are_not_forgotten_here(store: Store) -> None:
    store.save([RECORD], NOW)
    number = "AP00700000000017"
    store.record("cainiao", [TrackingReport(number, "ok", events=EVENTS)], {}, NOW)
    store.record("cainiao", [TrackingReport(number, "ok", events=EVENTS[1:])], {}, NOW)
    store.record("cainiao", [TrackingReport(number, "not_found")], {}, NOW)
    assert leg_of(store).events == EVENTS  # type: ignore[attr-defined]


@pytest.mark.parametrize("most", [1, 2])
def test_of_a_carrier_that_tells_only_its_newest_scans_all_are_kept(store: Store, most: int) -> None:
    """A return that is not told any more must not leave a delivery behind."""
    store.save([RECORD], NOW)
    journey = (*EVENTS, scan(1, "Exception", "Exception_010"), scan(0, "Delivered", "Delivered_001"))
    for upto in range(1, len(journey) + 1):
        told = TrackingReport("AP00700000000017", "ok", events=journey[max(upto - most, 0) : upto])
        store.record("cainiao", [told], {}, NOW)
    assert leg_of(store).events == journey  # type: ignore[attr-defined]


def test_a_warning_is_stored_once_and_offered_until_taken(store: Store) -> None:
    store.save([RECORD], NOW)
    order = store.order(RECORD.order_id)
    assert order is not None
    decision = Decision(order.id, [NOTICE], {})
    assert store.decide([decision], ["desktop"], NOW) == 1
    assert store.decide([decision], ["desktop"], NOW) == 0
    (due,) = store.due_deliveries(["desktop"])
    store.failed([due.notice.id], "desktop", "no daemon", NOW)
    assert [n.title for n in store.untold()] == ["Seven days left"]
    (again,) = store.due_deliveries(["desktop"])
    assert again.next_try_at == NOW + timedelta(seconds=30)
    store.taken([again.notice.id], "desktop", NOW)
    assert store.due_deliveries(["desktop"]) == []
    assert store.untold() == []


def test_what_the_user_has_is_not_rung_for(store: Store) -> None:
    store.save([RECORD], NOW)
    order = store.order(RECORD.order_id)
    assert order is not None
    store.decide([Decision(order.id, [NOTICE], {})], ["desktop"], NOW)
    store.set_day(order, "received_on", day(0))
    assert store.due_deliveries(["desktop"]) == []


def test_removing_an_order_leaves_nothing_of_it(store: Store, store_place: Path | Server) -> None:
    store.save([RECORD], NOW)
    order = store.order(RECORD.order_id)
    assert order is not None
    store.remove(order)
    # What was under way then, as a question to a carrier and a judgement, is stored after it.
    linked = {order.parcels[0].id: [Leg("cainiao", "RR123456785CN")]}
    assert (
        store.record("cainiao", [TrackingReport("AP00700000000017", "ok", events=EVENTS)], linked, NOW) == []
    )
    assert store.link(linked) == 0
    assert store.decide([Decision(order.id, [NOTICE], {})], ["desktop"], NOW) == 0
    with closing(open_database(store_place)) as database, database.read() as db:
        for table in ("orders", "lines", "dates", "parcels", "legs", "looks", "cases", "answers", "notices"):
            assert db.execute(f"SELECT COUNT(*) FROM {table}").fetchone()[0] == 0, table


def test_one_number_on_orders_of_two_sellers_is_told(store: Store) -> None:
    parcels = (ShopParcel("LP00700000000099"),)
    store.save(
        [
            replace(RECORD, seller="One", parcels=parcels),
            replace(RECORD, order_id="8190000000000025", seller="Two", parcels=parcels),
        ],
        NOW,
    )
    order = store.order("8190000000000025")
    assert order is not None
    assert order.parcels[0].other_sellers == ("One",)


def test_the_file_is_the_users_alone(tmp_path: Path) -> None:
    Store(tmp_path / "data" / "parcels.sqlite3").close()
    assert stat.S_IMODE((tmp_path / "data" / "parcels.sqlite3").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_a_failed_transaction_leaves_no_trace(store: Store) -> None:
    broken = replace(
        RECORD,
        order_id="8190000000000033",
        amount="not money",
        parcels=(ShopParcel("LP00700000000001", events=("nonsense",)),),
    )  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        store.save([RECORD, broken], NOW)
    assert store.orders() == []


def test_two_programs_at_once_wait_for_each_other(store_place: Path | Server) -> None:
    one, two = Store(store_place), Store(store_place)
    one.save([RECORD], NOW)
    two.save([replace(RECORD, order_id="8190000000000025")], NOW)
    assert len(one.orders()) == 2
    one.close()
    two.close()


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"this is no database at all, just some text of a user" * 40, "`parcelwarden restore FILE`")],
)
def test_a_file_that_is_no_store_is_said_and_left_alone(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "parcels.sqlite3"
    path.write_bytes(content)
    with pytest.raises(StoreTrouble, match=said):
        Store(path)
    assert path.read_bytes() == content


def test_a_newer_store_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "parcels.sqlite3"
    Store(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version=999")
    before = path.read_bytes()
    with pytest.raises(StoreTrouble, match="newer parcelwarden"):
        Store(path)
    assert path.read_bytes() == before


def test_a_locked_store_is_said_in_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("monitor.adapters.store.database._BUSY_MS", 50)
    path = tmp_path / "parcels.sqlite3"
    store = Store(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreTrouble, match="locked by another program"):
        store.save([RECORD], NOW)
    other.execute("ROLLBACK")
    other.close()
    store.save([RECORD], NOW)
    store.close()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreTrouble, match=r"cannot be (used|written)"):
        Store(tmp_path / "file" / "parcels.sqlite3")


def test_a_text_nobody_understands_is_collected_until_the_user_labels_it(store: Store) -> None:
    store.save([RECORD], NOW)
    number = "AP00700000000017"
    store.record(
        "cainiao",
        [TrackingReport(number, "ok", events=(*EVENTS, scan(1, "Unknown", text="Qwertz")))],
        {},
        NOW,
    )
    assert store.not_understood() == {"cainiao": ["Qwertz"]}
    store.label("Qwertz", "", "Exception", "Exception_004")
    assert store.not_understood() == {}
    last = leg_of(store).events[-1]  # type: ignore[attr-defined]
    assert (last.status.tag, last.status.subtag, last.status.rule) == (
        "Exception",
        "Exception_004",
        "your label",
    )


def _cases(store: Store, *told: tuple[CaseRecord, float]) -> dict[str, tuple[str, object, str]]:
    for record, days in told:
        store.save(
            [replace(RECORD, said_at=None, cases=(record,), dates=(), places=())], NOW + timedelta(days=days)
        )
    order = store.order(RECORD.order_id)
    assert order is not None
    return {case.case_id: (case.state, case.refund, case.currency) for case in order.cases}


def test_a_dispute_recorded_by_hand_becomes_the_shops_own(store: Store) -> None:
    """Beside the shop's it would wait for an answer for ever, whatever came of it."""
    offer = CaseRecord(BY_HAND, "waiting_buyer", refund=Decimal("5.00"), currency="EUR")
    listed = CaseRecord("77", "opened", line_id="1")
    assert _cases(store, (offer, 0), (listed, 1)) == {"77": ("waiting_buyer", Decimal("5.00"), "EUR")}
    closed = CaseRecord("77", "closed", line_id="1", words="Request closed")
    assert _cases(store, (closed, 2)) == {"77": ("closed", Decimal("5.00"), "EUR")}


def test_a_dispute_recorded_by_hand_is_not_the_shops_of_another_item_or_of_before(store: Store) -> None:
    by_hand = CaseRecord(BY_HAND, "opened", line_id="2")
    other = CaseRecord("77", "closed", line_id="1", words="Request closed")
    assert set(_cases(store, (by_hand, 0), (other, 1))) == {BY_HAND, "77"}
    earlier = CaseRecord("78", "closed", line_id="2", words="Request closed")
    assert set(_cases(store, (earlier, -1))) == {BY_HAND, "77", "78"}
