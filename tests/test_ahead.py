"""Last-day alarms left with the push server: they arrive though the machine is off, and never later than its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from builders import order, shown

from fixtures.push_server import Pushed, PushServer
from monitor.adapters.store import Store, backups, recovery
from monitor.rules.ahead import last_days
from monitor.rules.policy import Policy
from monitor.rules.protection import today
from monitor.rules.verdict import judge
from monitor.session import Session
from monitor.warning import warn
from scrapers.orders import OrderRecord, ShownDate

BEGAN = datetime(2026, 11, 24, 9, tzinfo=UTC)
ORDER = "8190000000000017"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Machine:
    """A computer with one order, and the push server; both read the same clock."""

    def __init__(self, folder: Path, push: PushServer) -> None:
        self.push, self.now = push, BEGAN
        config = folder / "config.toml"
        config.write_text(f'[general]\ntimezone = "UTC"\n[notify]\ndesktop = false\nntfy = "{push.topic}"\n')
        self.session = Session(config, folder / "data", clock=lambda: self.now)
        self.store = Store(self.session.store_path)

    def shows(self, last_safe_day: date) -> None:
        """The shop shows the order with this last safe day."""
        record = OrderRecord(
            ORDER, "manual", "aliexpress", placed_on=date(2026, 10, 20), shipped_on=date(2026, 10, 22),
            order_state="shipped", dates=(ShownDate("protection_end", last_safe_day + DAY, "page", "order detail"),),
        )  # fmt: skip
        self.store.save([record], self.now)

    def works(self, after: timedelta = timedelta()) -> list[Pushed]:
        """A round of warnings some time later; what the server holds then."""
        self.now += after
        warn(self.session, self.store)
        return self.push.held

    def received(self) -> None:
        (known,) = self.store.orders()
        self.store.set_day(known, "received_on", self.now.date())


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with PushServer(lambda: one.now.timestamp()) as push:
        one = Machine(tmp_path, push)
        yield one
        one.store.close()


def test_a_machine_that_is_off_on_the_last_day_warns_all_the_same(machine: Machine) -> None:
    machine.shows(date(2026, 11, 26))
    (held,) = machine.works()
    machine.now = datetime(2026, 11, 26, tzinfo=UTC)
    assert machine.push.deliver() == [held]
    assert held.title.endswith("today is the last safe day")
    assert f"Order ..{ORDER[-8:]}: last safe day 2026-11-26" in held.body
    assert ORDER not in f"{held}"


def test_only_what_is_near_enough_is_left_and_only_once(machine: Machine) -> None:
    machine.shows(date(2026, 11, 29))
    assert machine.works() == []
    assert machine.works(DAY) == []
    (held,) = machine.works(DAY)
    asked = len(machine.push.requests)
    for _ in range(5):
        assert machine.works(11 * MINUTE) == [held]
    assert len(machine.push.requests) == asked


@pytest.mark.parametrize("ends", ["received", "later", "earlier"])
def test_what_is_settled_or_moved_is_taken_back(machine: Machine, ends: str) -> None:
    machine.shows(date(2026, 11, 26))
    (before,) = machine.works()
    if ends == "received":
        machine.received()
        assert machine.works(11 * MINUTE) == []
    elif ends == "earlier":
        machine.shows(date(2026, 11, 25))
        (held,) = machine.works(11 * MINUTE)
        assert held.at is not None
        assert before.at is not None
        assert held.at == before.at - 24 * 3600
    else:  # a date put off is told, and does not take the earlier alarm away where that still counts
        machine.shows(date(2026, 11, 27))
        held_at = {m.at for m in machine.works(11 * MINUTE)}
        with closing(Store(machine.session.store_path)) as store:
            (known,) = store.orders()
        config = machine.session.config
        last = judge(known, config.policy, machine.now, config.zone).nearest
        assert last is not None
        assert held_at == {int(datetime.combine(last.last_safe_day, datetime.min.time(), UTC).timestamp())}


def test_another_topic_gets_what_was_left_with_the_one_before(machine: Machine) -> None:
    machine.shows(date(2026, 11, 26))
    (before,) = machine.works()
    with PushServer(lambda: machine.now.timestamp()) as other:
        session = machine.session
        assert session.config_path
        session.config_path.write_text(
            session.config_path.read_text().replace(machine.push.topic, other.topic)
        )
        session.reload_config(session.config_path)
        machine.works(11 * MINUTE)
        (held,) = other.held
        assert (held.at, held.title, held.body) == (before.at, before.title, before.body)


def test_a_store_brought_back_leaves_again_what_was_taken_back_since(machine: Machine) -> None:
    machine.shows(date(2026, 11, 26))
    machine.works()
    path = machine.session.store_path
    backups.copy(path, path.with_name("kept.sqlite3"))
    machine.received()
    assert machine.works(11 * MINUTE) == []
    recovery.restore(path.with_name("kept.sqlite3"), path, machine.now)
    assert len(machine.works(11 * MINUTE)) == 1


def test_one_delivered_is_not_left_again_and_the_machine_tells_it_itself(machine: Machine) -> None:
    machine.shows(date(2026, 11, 26))
    machine.works()
    machine.now = datetime(2026, 11, 26, 0, 1, tzinfo=UTC)
    machine.push.deliver()
    assert machine.works() == []
    assert [m.title for m in machine.push.delivered if "today is the last safe day" in m.title] != []
    assert machine.store.held_ahead() == []


def test_a_server_that_is_down_is_said_once_and_gets_it_later(
    machine: Machine, capsys: pytest.CaptureFixture[str]
) -> None:
    machine.shows(date(2026, 11, 26))
    machine.push.down = True
    for _ in range(3):
        assert machine.works(11 * MINUTE) == []
    assert capsys.readouterr().err.count("could not be left with ntfy") == 1
    machine.push.down = False
    assert len(machine.works(11 * MINUTE)) == 1


def test_one_that_may_not_be_taken_back_keeps_no_other_from_being_left(machine: Machine) -> None:
    machine.shows(date(2026, 11, 26))
    machine.works()
    machine.push.denied.add("DELETE")
    machine.shows(date(2026, 11, 25))
    assert len(machine.works(11 * MINUTE)) == 2
    machine.push.denied.clear()
    (held,) = machine.works(11 * MINUTE)
    assert held.at == int(datetime(2026, 11, 25, tzinfo=UTC).timestamp())


def test_an_older_server_that_cannot_take_back_is_not_asked_for_ever(machine: Machine) -> None:
    machine.push.knows_ids = False
    machine.shows(date(2026, 11, 26))
    machine.works()
    machine.received()
    machine.works(11 * MINUTE)
    asked = machine.push.requests.count(("DELETE", machine.push.requests[-1][1]))
    assert machine.push.requests[-1][0] == "DELETE"
    machine.works(11 * MINUTE)
    assert asked == 1
    assert [method for method, _ in machine.push.requests].count("DELETE") == 1


@pytest.mark.parametrize(
    "zone",
    ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Honolulu"],
)
def test_it_comes_with_the_first_moment_of_the_day_that_counts(zone: str) -> None:
    here, policy = ZoneInfo(zone), Policy()
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    verdict = judge(order(dates=[shown("protection_end", 3)]), policy, now, here)
    (alarm,) = last_days([verdict], policy, now, here, timedelta(days=3))
    last = verdict.nearest
    assert last is not None
    assert today(alarm.at, here) == last.last_safe_day
    assert today(alarm.at - timedelta(seconds=1), here) == last.last_safe_day - DAY


@pytest.mark.parametrize(
    ("before", "left"),
    [
        (MINUTE, False), (MINUTE + timedelta(seconds=1), True), (HOUR, True), (3 * DAY, True),
        (3 * DAY + timedelta(seconds=1), False),
    ],
)  # fmt: skip
def test_what_begins_within_the_time_is_left_unless_the_machine_is_about_to_tell_it(
    before: timedelta, left: bool
) -> None:
    now = datetime(2026, 11, 26, tzinfo=UTC) - before
    verdict = judge(order(dates=[shown("protection_end", 3)]), Policy(), now, ZoneInfo("UTC"))
    assert len(list(last_days([verdict], Policy(), now, ZoneInfo("UTC"), 3 * DAY))) == left
