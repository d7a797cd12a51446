"""Judging only what can have changed warns as judging everything does: what differs is never older than an hour."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from builders import scan

from monitor.adapters.store import Store
from monitor.config import Config, from_table
from monitor.judging import EVERY, decide, decide_changed, new_legs
from monitor.model import Leg
from monitor.rules.clock import Tick
from monitor.rules.policy import Policy
from monitor.rules.verdict import judge
from scrapers.base import Outcome, TrackingEvent, TrackingReport
from scrapers.orders import CaseRecord, OrderRecord, ShopParcel, ShownDate

BORN = datetime(2026, 10, 20, 7, 13, tzinfo=UTC)
ORDERS = [f"81900000000{n:05d}" for n in range(4)]
NUMBERS = [f"LP0070000000{n:04d}" for n in range(3)]
CHANNELS = ["desktop"]
SCANS = (
    ("InfoReceived", "", "label"),
    ("InTransit", "InTransit_002", "accepted"),
    ("InTransit", "InTransit_007", "line_haul"),
    ("InTransit", "InTransit_004", "arrived"),
    ("OutForDelivery", "", "out_for_delivery"),
    ("AttemptFail", "AttemptFail_001", ""),
    ("Exception", "Exception_011", ""),
    ("Delivered", "", ""),
    ("Unknown", "", ""),
)
Standing = frozenset[tuple[str, str, str, str, bool]]


@dataclass
class Twins:
    """The same life in two stores, in memory: in one everything is judged at every tick."""

    whole: Store
    changed: Store
    dice: random.Random
    steady: bool  # the clock and the settings stay as they are: nothing else has all judged again
    truth: datetime = BORN
    error: timedelta = timedelta()
    up: float = 0.0
    config: Config = field(default_factory=lambda: settings("Europe/Berlin"))
    scans: dict[str, list[TrackingEvent]] = field(default_factory=dict)
    lately: deque[tuple[datetime, Standing]] = field(default_factory=deque)
    judged: int = 0
    could: int = 0

    @property
    def now(self) -> datetime:
        return self.truth + self.error

    def pass_time(self) -> None:
        steps = (30, 600, 9 * 3600, 30 * 3600)
        seconds = self.dice.choices(steps, (20, 8, 1, 2))[0]
        self.truth += timedelta(seconds=seconds)
        self.up += seconds

    def tick(self) -> None:
        for store in (self.whole, self.changed):
            store.tick(Tick(self.now, self.up))
        self.could += len(decide(self.whole, self.config, CHANNELS, self.now))
        self.judged += decide_changed(self.changed, self.config, CHANNELS, self.now)
        told = standing(self.whole)
        self.lately.append((self.truth, told))
        while len(self.lately) > 1 and self.lately[1][0] <= self.truth - EVERY:
            self.lately.popleft()
        assert standing(self.changed) in [state for _, state in self.lately]

    def happens(self) -> None:
        """Something is written into both."""
        acts = (self.answer, self.shop_page, self.user, self.clock, self.setting)
        self.dice.choices(acts, (3, 2, 2, 0, 0) if self.steady else (3, 2, 2, 1, 1))[0]()

    def answer(self) -> None:
        number, outcomes = self.dice.choice(NUMBERS), ("ok", "ok", "ok", "not_found", "blocked")
        outcome: Outcome = self.dice.choice(outcomes)  # type: ignore[assignment]
        known = self.scans.setdefault(number, [])
        if outcome == "ok" and self.dice.random() < 0.5:
            tag, subtag, stage = self.dice.choice(SCANS)
            at = self.now - timedelta(hours=self.dice.uniform(-60, 30))
            known.append(scan(0, tag, subtag, stage, at=at))  # type: ignore[arg-type]
            known.sort(key=lambda event: event.at)
        events = tuple(known) if outcome == "ok" else ()
        report = TrackingReport(number, outcome, events=events, origin_country="CN", destination_country="DE")
        for store in (self.whole, self.changed):
            store.record("cainiao", [report], {}, self.now)

    def shop_page(self) -> None:
        end = (self.now + timedelta(days=self.dice.randint(-2, 30))).date()
        cases = (CaseRecord("55", self.dice.choice(("opened", "waiting_buyer", "refunded"))),)  # type: ignore[arg-type]
        record = OrderRecord(
            self.dice.choice(ORDERS), "page", seller=self.dice.choice(("", "one", "two")),
            order_state=self.dice.choice(("processing", "shipped", "completed", "closed")),
            dates=(ShownDate("protection_end", end, "page", "order detail"),),
            parcels=(ShopParcel(self.dice.choice(NUMBERS)),), cases=cases if self.dice.random() < 0.2 else (),
            said_at=self.now,
        )  # fmt: skip
        for store in (self.whole, self.changed):
            store.save([record], self.now)

    def user(self) -> None:
        order_id, act, until = self.dice.choice(ORDERS), self.dice.randrange(5), self.now + timedelta(days=2)
        for store in (self.whole, self.changed):
            order = store.order(order_id)
            assert order is not None
            match act:
                case 0:
                    store.set_day(order, "archived_on", None if order.archived_on else self.now.date())
                case 1:
                    store.snooze(order, until)
                case 2:
                    store.label("Unknown", "", "InTransit", "InTransit_003")
                case 3:
                    store.add_refusal(order, "Not now.", "", self.now)
                case 4:
                    store.acknowledge(order, self.now)

    def clock(self) -> None:
        if not self.error:
            leaps = (-3600, 5 * 86400, -40 * 86400, 300 * 86400)
            self.error = timedelta(seconds=self.dice.choice(leaps))
        elif self.dice.random() < 0.5:
            self.error = timedelta()
        else:
            behind = {"one.example": -self.error, "two.example": -self.error}
            for store in (self.whole, self.changed):
                store.heard_clocks(behind, self.now)

    def setting(self) -> None:
        zone = self.dice.choice(("Europe/Berlin", "Pacific/Kiritimati", "America/New_York"))
        self.config = settings(zone, late=self.dice.choice((3, 8)))


def settings(zone: str, late: int = 5) -> Config:
    stages = {"line_haul": {"late": late, "stalled": late + 2}}
    return from_table({
        "general": {"timezone": zone},
        "thresholds": {"stages": stages},
        "polling": {"jitter": 0},
    })  # fmt: skip


def standing(store: Store) -> Standing:
    return frozenset(
        (order.order_id, n.kind, str(n.deadline), f"{n.step} {n.title}", n.stands)
        for order in store.orders()
        for n in store.notices(order)
        if n.stands
    )


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "parcels.sqlite3")
    yield store
    store.close()


def some_orders(store: Store) -> None:
    placed = (BORN - timedelta(days=10)).date()
    store.save(
        [
            OrderRecord(
                order_id, "manual", placed_on=placed, shipped_on=placed, order_state="shipped", seller="one",
                parcels=(ShopParcel(NUMBERS[n % len(NUMBERS)]),), destination_country="DE",
            )
            for n, order_id in enumerate(ORDERS)
        ],
        BORN,
    )  # fmt: skip
    legs = {p.id: [Leg("cainiao", p.number)] for order in store.orders() for p in order.parcels}
    store.link(legs)


@pytest.mark.parametrize(
    ("seed", "steady"), [(1, True), (2, True), (3, True), (4, True), (5, False), (6, False)]
)
def test_what_is_judged_when_it_can_have_changed_warns_as_what_is_judged_always(
    seed: int, steady: bool, empty: Store
) -> None:
    some_orders(empty)
    twins = Twins(empty.copy_in_memory(), empty.copy_in_memory(), random.Random(seed), steady)
    for _ in range(60 if steady else 30):
        twins.pass_time()
        for _ in range(twins.dice.choice((0, 1, 2))):
            twins.happens()
        twins.tick()
    twins.whole.close()
    twins.changed.close()


@pytest.mark.parametrize("part", [1, 100])
@pytest.mark.parametrize("newest_first", [True, False])
def test_a_number_is_asked_about_while_any_order_of_it_has_a_use(
    part: int, newest_first: bool, empty: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A parcel delivered long ago, whose order nobody said anything about; its number comes up on another order."""
    monkeypatch.setattr("monitor.judging._PART", part)
    days = [BORN - timedelta(days=3), BORN - timedelta(days=90)]
    for order_id, placed in zip(ORDERS, days if newest_first else days[::-1], strict=False):
        record = OrderRecord(
            order_id,
            "manual",
            placed_on=placed.date(),
            parcels=(ShopParcel(NUMBERS[0]),),
            order_state="shipped",
        )
        empty.save([record], BORN)
    empty.link({p.id: [Leg("cainiao", p.number)] for order in empty.orders() for p in order.parcels})
    long_ago = scan(0, "Delivered", "Delivered_001", at=BORN - timedelta(days=50))
    answer = TrackingReport(NUMBERS[0], "ok", events=(long_ago,))
    empty.record("cainiao", [answer], {}, BORN - timedelta(days=30))
    for hours in range(3):
        now = BORN + timedelta(hours=hours)
        decide_changed(empty, settings("Europe/Berlin"), CHANNELS, now)
        assert empty.due({"cainiao": 1}, now, 1) == {"cainiao": [NUMBERS[0]]}


def test_a_quiet_tick_judges_nobody_and_an_answer_its_orders(empty: Store) -> None:
    some_orders(empty)
    config = settings("Europe/Berlin")

    def tick(minutes: int) -> int:
        return decide_changed(empty, config, CHANNELS, BORN + timedelta(minutes=minutes))

    assert [tick(0), tick(1), tick(2)] == [4, 0, 0]
    empty.record("cainiao", [TrackingReport(NUMBERS[0], "ok")], {}, BORN + timedelta(minutes=3))
    assert [tick(3), tick(4)] == [2, 0]  # two orders carry that number
    assert [tick(61), tick(62)] == [4, 0]
    empty.label("a text", "", "InTransit", "")
    assert tick(63) == 4
    assert decide_changed(empty, settings("UTC"), CHANNELS, BORN + timedelta(minutes=64)) == 4


def test_a_carrier_named_after_others_were_asked_is_asked_too(empty: Store) -> None:
    """The shop or the user names it later; until then a guess was asked, which may not know the number."""
    some_orders(empty)
    named = ShopParcel(NUMBERS[0], carrier_id="sunyou")
    empty.save([OrderRecord(ORDERS[0], "manual", parcels=(named,))], BORN)
    order = empty.order(ORDERS[0])
    assert order is not None
    legs = new_legs(judge(order, Policy(), BORN, UTC))
    assert legs == {order.parcels[0].id: [Leg("sunyou", NUMBERS[0])]}
    empty.link(legs)
    (again,) = empty.orders_by_id([order.id])
    assert new_legs(judge(again, Policy(), BORN, UTC)) == {}


def test_what_is_written_while_it_is_judged_is_judged_again(empty: Store) -> None:
    some_orders(empty)
    config, now = settings("Europe/Berlin"), BORN + timedelta(minutes=1)
    decide_changed(empty, config, CHANNELS, BORN)
    empty.record("cainiao", [TrackingReport(NUMBERS[1], "ok")], {}, now)
    read = empty.to_judge(empty.touched_after(0, 10))
    empty.record("cainiao", [TrackingReport(NUMBERS[1], "not_found")], {}, now)
    empty.decide([], CHANNELS, now, settled=read.marks)  # judged as it was read, before the second answer
    assert decide_changed(empty, config, CHANNELS, now) == 1
    assert decide_changed(empty, config, CHANNELS, now) == 0
