"""`sync` and `login`: a real browser with a window reads the pretend shop, which counts every write."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import product
from pathlib import Path

import pytest
import shop_user
from sampling import sampled
from shelf import Shelf

from fixtures.loopback import Asked
from fixtures.shop.answers import PAGE_SIZE, answer_by
from fixtures.shop.server import Shop as PretendShop
from fixtures.shop.server import start_shop
from fixtures.shop.variant import Variant
from fixtures.world import Case, load
from monitor.adapters import browser
from monitor.adapters.display import Display
from monitor.adapters.store import Store
from monitor.reading import Reading, log_in, read_shop
from monitor.visiting import Shop

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("one_driver")]

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
WORLD = load("demo", NOW)
OPEN = "8190313100290020"


def shop(**face: object) -> PretendShop:
    return start_shop(WORLD, variant=replace(Variant(seed=5), **face))  # type: ignore[arg-type]


@dataclass
class Desk:
    executable: Path
    display: Display
    folder: Path
    shelf: Shelf

    def read(self, url: str, *, ask_user: Callable[[str], None] | None = None) -> Reading:
        self.shelf.changed.clear()
        return read_shop(
            self.shelf, Shop(url, patience=6, pause=lambda: 0), executable=self.executable,
            profile=self.folder / "profile", env=self.display.env, today=NOW.date(), say=lambda _: None,
            ask_user=ask_user,
        )  # fmt: skip

    def log_in(self, url: str) -> bool:
        return log_in(
            Shop(url), executable=self.executable, profile=self.folder / "profile", env=self.display.env,
            say=lambda _: None,
        )  # fmt: skip


@pytest.fixture
def desk(browser_executable: Path, display: Display, tmp_path: Path) -> Desk:
    return Desk(browser_executable, display, tmp_path, Shelf(Store(tmp_path / "store.sqlite3")))


def list_calls(running: PretendShop) -> list[Asked]:
    return [asked for asked in running.requests if asked.path.endswith("order.list/1.0/")]


@pytest.mark.parametrize("language", sampled(["de", "en"], 2))
def test_all_orders_are_read_and_nothing_is_written(desk: Desk, language: str) -> None:
    with shop(language=language) as running:
        reading = desk.read(running.url)
        assert (reading.result, reading.problems, running.writes) == ("done", (), [])
        assert len(list_calls(running)) == 2
    stored = {order.order_id: order for order in desk.shelf.orders()}
    assert set(stored) == {order.order_id for order in WORLD.orders}
    for told in WORLD.orders:
        order = stored[told.order_id]
        assert (order.placed_on, order.order_state, order.amount) == (told.placed_on, told.state, told.amount)
        assert {line.line_id for line in order.lines} == {line.line_id for line in told.lines}
        if told.state == "shipped":
            assert order.shipped_on == told.shipped_on
            assert len(order.parcels) == len(told.parcels), "several parcels an order stay several"
            ends = {d.day for d in order.dates if d.kind == "protection_end"}
            assert told.protection_until in ends or not told.protection_until
    assert desk.shelf.whole


def test_a_reading_that_broke_off_is_made_up_for_and_the_next_stops_at_what_is_known(desk: Desk) -> None:
    ended = (replace(order, state="cancelled") for order in WORLD.orders[2 : PAGE_SIZE + 1])
    two_list_pages = replace(WORLD, orders=(*WORLD.orders[:2], *ended))
    with start_shop(two_list_pages, variant=Variant(seed=5, bot_check="detail")) as running:
        reading = desk.read(running.url)
        assert reading.result == "bot_check"
        assert not any("slid" in asked.path for asked in running.requests)
        desk.shelf.whole = False  # as when it had ended between two pages of the list
        running.variant = replace(running.variant, bot_check="")
        for pages_of_the_list in (2, 1):
            before = len(list_calls(running))
            assert desk.read(running.url).result == "done"
            assert len(list_calls(running)) - before == pages_of_the_list
        assert running.writes == []
    assert len(desk.shelf.orders()) == PAGE_SIZE + 1
    assert not any(desk.shelf.changed.values()), "reading twice changes nothing"


@pytest.mark.parametrize(
    ("step", "face"), sampled([*product(("list", "detail", "tracking", "refunds"), ("page", "dialog"))], 3)
)
def test_a_bot_check_ends_the_reading_at_once(desk: Desk, step: str, face: str) -> None:
    few = replace(WORLD, orders=WORLD.orders[:3])
    variant = Variant(seed=5, bot_check=step, bot_check_as=face)  # type: ignore[arg-type]
    with start_shop(few, variant=variant) as running:
        reading = desk.read(running.url)
        assert (reading.result, running.writes) == ("bot_check", [])
        after = [a.path for a in running.requests if a.path.startswith("/p/")]
        assert len(after) == reading.pages, "no page is opened after it"


@pytest.mark.parametrize("step", sampled(["list", "detail", "refunds"], 2))
def test_a_login_lost_on_the_way_keeps_what_was_read(desk: Desk, step: str) -> None:
    with shop(login_lost=step) as running:
        reading = desk.read(running.url)
        assert (reading.result, running.writes) == ("login_needed", [])
    assert bool(desk.shelf.orders()) == (step != "list")


def test_the_user_logs_in_when_asked_and_the_rest_can_be_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop_user.logs_in(monkeypatch)
    asked: list[str] = []
    few = replace(WORLD, orders=WORLD.orders[:3])
    with start_shop(few, variant=Variant(seed=5, login_required=True)) as running:
        reading = desk.read(running.url, ask_user=asked.append)
        assert (reading.result, reading.logged_in, len(asked)) == ("login_needed", True, 1)
        assert desk.read(running.url).result == "done"
        assert running.writes == []


def test_a_bot_check_is_left_to_the_user_in_the_same_window(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []

    def looks_and_closes(context: browser.Browser, meanwhile: Callable[[], None]) -> None:
        meanwhile()
        shown.extend(tab.url for tab in context.pages if tab.query_selector("#nc_1_n1z"))

    monkeypatch.setattr(browser, "until_closed", looks_and_closes)
    asked: list[str] = []
    with shop(bot_check="list") as running:
        reading = desk.read(running.url, ask_user=asked.append)
        assert (reading.result, reading.logged_in, running.writes) == ("bot_check", False, [])
    assert asked == ["The shop asks whether you are human."]
    assert len(shown) == 1


def test_a_login_is_done_when_the_list_is_shown(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    shop_user.logs_in(monkeypatch)
    with shop(login_required=True) as running:
        assert desk.log_in(running.url)
        assert desk.log_in(running.url), "the session is kept in the profile"
        assert running.writes == []


def test_a_window_closed_without_a_login_is_none(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def closes(context: browser.Browser, meanwhile: Callable[[], None]) -> None:
        for _ in range(10):
            meanwhile()
            browser.pause(context, 50)

    monkeypatch.setattr(browser, "until_closed", closes)
    with shop(login_required=True) as running:
        assert not desk.log_in(running.url)


def test_slow_answers_are_waited_for(desk: Desk) -> None:
    few = replace(WORLD, orders=WORLD.orders[:2])
    with start_shop(few, variant=Variant(seed=5, slow=1.0)) as running:
        assert desk.read(running.url).result == "done"
    assert all(order.paid_on for order in desk.shelf.orders())


def test_an_unknown_answer_leaves_the_order_as_it_was(desk: Desk) -> None:
    few = replace(WORLD, orders=WORLD.orders[:2])
    with start_shop(few, variant=Variant(seed=5, layout="unknown_answers")) as running:
        reading = desk.read(running.url)
        assert (reading.result, running.writes) == ("layout_changed", [])
    assert any("names no order" in why for why in desk.shelf.unread)
    for order in desk.shelf.orders():
        assert (order.order_state, order.paid_on, order.shipped_on) == (
            next(o.state for o in few.orders if o.order_id == order.order_id), None, None
        )  # fmt: skip


@pytest.mark.parametrize("language", sampled(["de", "en"], 2))
def test_where_the_answers_cannot_be_read_the_page_still_names_the_orders(desk: Desk, language: str) -> None:
    few = replace(WORLD, orders=WORLD.orders[:2])
    variant = Variant(seed=5, layout="unknown_envelope", language=language)  # type: ignore[arg-type]
    with start_shop(few, variant=variant) as running:
        assert desk.read(running.url).result == "layout_changed"
        assert running.writes == []
    assert not desk.shelf.whole
    found = {(order.order_id, order.order_state, order.placed_on) for order in desk.shelf.orders()}
    assert found == {(order.order_id, order.state, order.placed_on) for order in few.orders}


def test_a_dispute_that_waits_for_the_buyer_is_read_with_its_offer_and_its_day(desk: Desk) -> None:
    disputed = next(order for order in WORLD.orders if order.case and order.case.state == "waiting_buyer")
    assert disputed.case
    few = replace(WORLD, orders=(disputed,))
    with start_shop(few, variant=Variant(seed=5, language="es")) as running:
        for _ in range(2):
            reading = desk.read(running.url)
            assert (reading.result, reading.problems, running.writes) == ("done", (), [])
    order = desk.shelf.order(disputed.order_id)
    (case,) = order.cases
    assert (case.state, case.refund, case.currency) == (
        "waiting_buyer", disputed.case.refund, disputed.currency,
    )  # fmt: skip
    assert [d.day for d in order.dates if d.kind == "case_answer"] == [answer_by(disputed.case)]
    assert "cases" not in desk.shelf.changed.get(disputed.order_id, []), (
        "the second reading found it as it was"
    )


def test_what_came_of_a_dispute_is_read_from_its_page_once(desk: Desk) -> None:
    disputed = next(order for order in WORLD.orders if order.case and order.case.state == "waiting_buyer")
    assert disputed.case
    few = replace(WORLD, orders=(disputed,))
    with start_shop(few, variant=Variant(seed=5)) as running:
        desk.read(running.url)
        running.world = few.with_order(replace(disputed, case=replace(disputed.case, state="refunded")))
        readings = [desk.read(running.url) for _ in range(3)]
        assert [(r.result, r.problems) for r in readings] == [("done", ())] * 3
        assert running.writes == []
    (case,) = desk.shelf.order(disputed.order_id).cases
    assert (case.state, case.refund, bool(case.words)) == ("refunded", disputed.case.refund, True)
    first, *again = (reading.pages for reading in readings)
    assert again == [first - 1] * 2


def test_where_an_order_page_cannot_be_read_its_promise_in_plain_sight_counts(desk: Desk) -> None:
    order = next(order for order in WORLD.orders if order.order_id == OPEN)
    with start_shop(
        replace(WORLD, orders=(order,)), variant=Variant(seed=5, layout="unknown_envelope")
    ) as running:
        reading = desk.read(running.url)
    assert reading.result == "layout_changed"
    dates = {d.day for d in desk.shelf.order(OPEN).dates if d.kind == "protection_end"}
    assert order.protection_until in dates


def test_what_the_user_submitted_is_a_case_at_the_next_reading(desk: Desk) -> None:
    few = replace(WORLD, orders=tuple(o for o in WORLD.orders if o.order_id == OPEN))
    with start_shop(few, variant=Variant(seed=5)) as running:
        desk.read(running.url)
        assert desk.shelf.order(OPEN).cases == ()
        order = few.orders[0]
        case = Case(
            "6390313100290020", order.lines[0].line_id, "waiting_seller", date(2026, 11, 24),
            date(2026, 11, 24), False, "in_transit", order.amount,
        )  # fmt: skip
        running.world = few.with_order(replace(order, case=case))
        assert desk.read(running.url).result == "done"
    (seen,) = desk.shelf.order(OPEN).cases
    assert (seen.case_id, seen.opened_on) == ("6390313100290020", date(2026, 11, 24))
    assert "cases" in desk.shelf.changed[OPEN]
    assert json.dumps(desk.shelf.changed)
