"""A round of warning, from the store to channels that take, refuse or come back: what the user hears of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from lives import Bringer, Crash, LifeSession, Machine, Outside
from msgspec.structs import replace

from monitor.adapters.message import Message, Sent
from monitor.adapters.store import Store
from monitor.commands import orders as commands
from monitor.config import CarrierSection, from_table
from monitor.heartbeat import beat
from monitor.model import Leg
from monitor.poll import Asked
from monitor.rules.notices import Notice
from monitor.warning import warn
from scrapers.base import TrackingReport
from scrapers.orders import OrderRecord, ShopParcel, ShownDate

BORN = datetime(2026, 9, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ORDER = "8190000000000017"


class Desk:
    """One user's machine with its channels, and the orders on it."""

    def __init__(self, folder: Path, *names: str, **notify: object) -> None:
        self.machine, self.outside = Machine(BORN), Outside()
        config = from_table(
            {
                "general": {"timezone": "UTC"},
                "thresholds": {"untracked_days": 365},
                "notify": notify,
            }
        )
        bringers = {name: Bringer(name, self.outside, self.machine) for name in names}
        self.session = LifeSession(config, self.machine, bringers, folder)
        self.store = self.session.store

    def order(self, left: int, number: str = ORDER, **more: Any) -> None:
        """An order with so many days left to its last safe day."""
        today = self.machine.truth.date()
        record = OrderRecord(
            number, "manual", "aliexpress", placed_on=today - 20 * DAY, shipped_on=today - 18 * DAY,
            order_state="shipped",
            dates=(ShownDate("protection_end", today + (left + 1) * DAY, "page", "order detail"),), **more,
        )  # fmt: skip
        self.store.save([record], self.machine.wall())

    def hears(self, after: timedelta = timedelta()) -> list[tuple[str, str]]:
        """(channel, title) of what a round brings some time later."""
        self.machine.passes(after.total_seconds())
        before = len(self.outside.heard)
        warn(self.session, self.store)
        return [(channel, text.partition("\n")[0]) for _, channel, text in self.outside.heard[before:]]

    def said(self) -> str:
        return self.outside.heard[-1][2]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    made: list[Desk] = []

    def make(*names: str, **notify: object) -> Desk:
        made.append(Desk(tmp_path, *names, **notify))
        return made[-1]

    yield make
    for one in made:
        one.store.close()


def protection(words: str) -> str:
    return f"Buyer protection (not received): {words}"


def test_the_desktop_first_the_phone_when_nobody_acknowledges(desk: Callable[..., Desk]) -> None:
    one = desk("desktop", "ntfy")
    one.order(10)
    assert one.hears() == [("desktop", protection("10 days left"))]
    assert one.hears(3 * HOUR) == []
    assert one.hears(HOUR) == [("ntfy", protection("10 days left"))]
    assert one.hears(20 * DAY / 10) == [], "not again while it is far"


def test_acknowledged_it_goes_nowhere_else(desk: Callable[..., Desk]) -> None:
    one = desk("desktop", "ntfy")
    one.order(10)
    one.hears()
    one.store.acknowledge(None, one.machine.wall())
    assert one.hears(5 * HOUR) == []


def test_a_dead_desktop_sends_it_to_the_phone_at_once_and_is_told_of_there(desk: Callable[..., Desk]) -> None:
    one = desk("desktop", "ntfy")
    one.outside.dead = {"desktop"}
    one.order(10)
    assert one.hears() == [("ntfy", protection("10 days left"))]
    heard = [line for _ in range(30) for line in one.hears(HOUR / 10)]
    assert heard == [("ntfy", "desktop does not work")]
    one.outside.dead = set()
    assert ("desktop", protection("10 days left")) in one.hears(HOUR / 3)


def test_what_waited_for_a_dead_desktop_goes_to_the_phone_all_at_once(desk: Callable[..., Desk]) -> None:
    one = desk("desktop", "ntfy")
    one.outside.dead.add("desktop")
    for n in range(3):
        one.order(6, f"819000000000000{n}")
    assert one.hears() == [("ntfy", protection("6 days left"))] * 3
    one.order(7, "8190000000000003")
    assert one.hears(timedelta(seconds=20)) == [("ntfy", protection("7 days left"))]


def test_on_the_last_safe_day_it_rings_hourly_everywhere_until_acknowledged(
    desk: Callable[..., Desk],
) -> None:
    one = desk("desktop", "ntfy", quiet_hours="00:00-23:59")
    one.order(0)
    both = [
        ("desktop", protection("today is the last safe day")),
        ("ntfy", protection("today is the last safe day")),
    ]
    assert one.hears() == both
    assert one.hears(HOUR / 2) == []
    assert one.hears(HOUR / 2) == both
    one.store.acknowledge(None, one.machine.wall())
    assert one.hears(HOUR) == []


def test_a_late_warning_tells_the_true_time_left_and_overtaken_steps_are_silent(
    desk: Callable[..., Desk],
) -> None:
    one = desk("desktop")
    one.outside.dead = {"desktop"}
    one.order(10)
    one.hears()
    one.hears(4 * DAY)
    one.outside.dead = set()
    assert one.hears(DAY) == [("desktop", protection("5 days left"))]


def test_many_orders_after_a_long_sleep_are_one_message_and_none_comes_twice(
    desk: Callable[..., Desk],
) -> None:
    one = desk("desktop")
    for n in range(40):
        one.order(4 + n % 3, f"81900000000000{n:02d}")
    ((channel, title),) = one.hears()
    assert (channel, title) == ("desktop", protection("4 days left") + " - and 39 more")
    assert one.said().count("last safe day") == 20
    assert "40 orders: parcelwarden status lists them." in one.said()
    assert "And 20 more." in one.said()
    assert one.hears(HOUR) == []


def test_an_order_on_its_last_safe_day_has_its_own_message_among_forty(desk: Callable[..., Desk]) -> None:
    one = desk("desktop")
    for n in range(40):
        one.order(0 if n in (7, 23) else 4, f"81900000000000{n:02d}")
    last = protection("today is the last safe day")
    assert [title for _, title in one.hears()] == [last, last, protection("4 days left") + " - and 37 more"]
    first, second = (text for _, _, text in one.outside.heard[:2])
    assert all(any(order in text for text in (first, second)) for order in ("..00000007", "..00000023"))


def test_a_day_that_went_by_while_the_machine_was_off_is_owned_up_to(desk: Callable[..., Desk]) -> None:
    one = desk("desktop")
    one.order(20)
    assert one.hears() == []
    ((_, title),) = one.hears(40 * DAY)
    assert title == protection("the last safe day is over")
    assert "Could not warn you before" in one.said()


def test_a_day_that_went_by_after_warnings_is_not_excused(desk: Callable[..., Desk]) -> None:
    one = desk("desktop")
    one.order(10)
    one.hears()
    assert one.hears(12 * DAY) == [("desktop", protection("the last safe day is over"))]
    assert "Could not warn" not in one.said()


def test_a_warning_of_a_clock_that_ran_ahead_is_given_again(desk: Callable[..., Desk]) -> None:
    one = desk("desktop")
    one.order(10)
    one.machine.error = 8 * DAY
    assert one.hears() == [("desktop", protection("2 days left"))]
    one.store.acknowledge(None, one.machine.wall())
    one.machine.error = timedelta()
    right = {"one.example": timedelta(), "two.example": timedelta()}
    warn(one.session, one.store)  # sees the step
    one.store.heard_clocks(right, one.machine.wall())
    one.store.acknowledge(None, one.machine.wall())
    heard = [line for _ in range(8) for line in one.hears(DAY)]
    assert ("desktop", protection("3 days left")) in heard


@pytest.mark.parametrize(("crash", "heard"), [("before_send", 0), ("after_send", 2)])
def test_ended_twice_while_it_hands_over_it_waits_a_little_before_the_third_time(
    desk: Callable[..., Desk], crash: str, heard: int
) -> None:
    at = desk("desktop")
    at.order(left=7)

    def end(step: str) -> None:
        if step == crash:
            raise Crash

    for _ in range(2):
        with pytest.raises(Crash):
            warn(at.session, at.store, step=end)
    assert len(at.outside.heard) == heard, "at once after the first time"
    assert at.hears(timedelta(minutes=14)) == []
    assert at.hears(timedelta(minutes=2)) == [("desktop", "Buyer protection (not received): 7 days left")]
    assert at.hears(HOUR) == []


def test_a_clock_set_back_to_its_beginning_warns_all_the_same(desk: Callable[..., Desk]) -> None:
    one = desk("desktop")
    one.order(4)
    one.hears()
    one.machine.error = datetime(1970, 1, 1, tzinfo=UTC) - one.machine.truth
    heard = [title for _ in range(5) for _, title in one.hears(DAY)]
    assert protection("today is the last safe day") in heard


def test_a_channel_added_later_gets_what_none_has_taken(desk: Callable[..., Desk], tmp_path: Path) -> None:
    one = desk()
    one.order(10)
    assert one.hears() == []
    assert desk("ntfy").hears() == [("ntfy", protection("10 days left"))]


def test_whoever_switches_to_another_channel_on_the_last_safe_day_is_told_there(
    desk: Callable[..., Desk],
) -> None:
    one = desk("desktop")
    one.order(0)
    assert one.hears() == [("desktop", protection("today is the last safe day"))]
    other = desk("ntfy")
    for _ in range(3):
        assert other.hears(HOUR) == [("ntfy", protection("today is the last safe day"))]


def test_a_login_that_was_asked_for_in_vain_is_asked_for_by_a_channel_added_later(
    desk: Callable[..., Desk],
) -> None:
    one = desk("desktop")
    one.outside.dead = {"desktop"}
    asked = Notice(
        "shop_login_needed", "shop_login_needed/1", None, None, "The shop asks you to log in", "Do."
    )
    one.store.tell(asked, ["desktop"], one.machine.wall())
    assert one.hears() == []
    assert desk("ntfy").hears(HOUR) == [("ntfy", "The shop asks you to log in")]


def test_a_date_moved_to_and_fro_is_told_every_time(desk: Callable[..., Desk]) -> None:
    one = desk("desktop")
    one.order(20)
    one.hears()
    for left, way in ((50, "later"), (20, "earlier"), (50, "later"), (20, "earlier")):
        one.machine.passes(60)
        one.order(left)
        ((_, title),) = one.hears(timedelta(minutes=1))
        assert title.startswith(f"The shop moved a date {way}")


def test_a_channel_that_breaks_silences_no_other(desk: Callable[..., Desk]) -> None:
    class Broken:
        name, host = "command", ""

        def send(self, notice: Message) -> Sent:
            raise IndexError(notice)

    one = desk("desktop", "ntfy")
    one.session.channels()["command"] = Broken()
    one.order(0)
    assert {name for name, _ in one.hears()} == {"desktop", "ntfy"}
    assert one.store.failing(1) == ["command"]


def test_snoozed_is_silent_until_the_last_safe_day(
    desk: Callable[..., Desk], capsys: pytest.CaptureFixture[str]
) -> None:
    one = desk("desktop")
    one.order(2)
    assert commands.snooze(one.session, ORDER, 30) == 0
    assert "no longer, for then comes the last safe day" in capsys.readouterr().out
    assert one.hears() == []
    assert one.hears(DAY) == []
    assert one.hears(DAY) == [("desktop", protection("today is the last safe day"))]
    assert commands.snooze(one.session, ORDER, 1) == 1
    assert "nothing is put off" in capsys.readouterr().err


def test_tries_of_days_that_are_over_are_not_told_after_a_snooze(desk: Callable[..., Desk]) -> None:
    one = desk("desktop")
    one.order(40)
    (known,) = one.store.orders()
    one.store.add_refusal(known, "Not yet.", "", one.machine.wall())
    one.store.snooze(known, one.machine.wall() + 5 * DAY)
    assert [one.hears(DAY) for _ in range(4)] == [[]] * 4
    assert one.hears(DAY) == [("desktop", "Try the dispute again today")]


def test_of_the_two_times_it_may_be_the_nearer_to_the_last_day_stands_in_the_title(
    desk: Callable[..., Desk],
) -> None:
    one = desk("desktop")
    one.order(1)
    one.hears()
    one.machine.error = -2 * DAY
    assert one.hears(DAY) == [("desktop", f"{protection('today is the last safe day')} - and 1 more")]


def watched_by_cainiao(one: Desk) -> str:
    """An order whose only parcel Cainiao is to be asked about; its number."""
    number = "LP00700000000017"
    one.order(40, parcels=(ShopParcel(number),))
    (parcel,) = one.store.orders()[0].parcels
    one.store.link({parcel.id: [Leg("cainiao", number)]})
    return number


def test_a_day_without_an_answer_is_told_once_a_day(desk: Callable[..., Desk]) -> None:
    one = desk("desktop")
    number = watched_by_cainiao(one)
    one.store.record("cainiao", [TrackingReport(number, "not_found")], {}, one.machine.wall())
    one.hears()
    assert one.hears(23 * HOUR) == []
    assert one.hears(2 * HOUR) == [("desktop", "No carrier has answered for a day")]
    assert one.hears(HOUR) == []
    assert one.hears(DAY) == [("desktop", "No carrier has answered for a day")]


def test_an_answer_dated_by_a_clock_that_ran_ahead_hides_no_silence(desk: Callable[..., Desk]) -> None:
    one = desk("desktop")
    number = watched_by_cainiao(one)
    one.machine.error = 90 * DAY
    one.store.record("cainiao", [TrackingReport(number, "not_found")], {}, one.machine.wall())
    one.hears()
    one.machine.error = timedelta()
    silent = "No carrier has answered for a day"
    assert ("desktop", silent) not in one.hears(HOUR)
    assert ("desktop", silent) not in one.hears(23 * HOUR)
    assert ("desktop", silent) in one.hears(2 * HOUR)


@pytest.mark.parametrize("carrier", ["cainiao", "dhl_de"])
def test_a_carrier_that_is_not_asked_is_not_waited_for(carrier: str, desk: Callable[..., Desk]) -> None:
    """The one is switched off, the other answers only a person, who looked once."""
    one = desk("desktop")
    off = {"cainiao": CarrierSection(enabled=False)}
    one.session.config = replace(one.session.config, carriers=off)
    one.order(40, parcels=(ShopParcel("LP00700000000017"),))
    (parcel,) = one.store.orders()[0].parcels
    legs = {parcel.id: [Leg(carrier, parcel.number)]}
    one.store.record(carrier, [TrackingReport(parcel.number, "not_found")], legs, one.machine.wall())
    assert one.hears() == []
    assert one.hears(2 * DAY) == []


def test_the_ping_goes_out_hourly_and_only_when_all_went_well(desk: Callable[..., Desk]) -> None:
    pings: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            pings.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        one = desk("desktop", ping=f"http://127.0.0.1:{server.server_port}/alive")
        one.order(10)
        one.outside.dead = {"desktop"}
        one.hears()
        beat(one.session, one.store, Asked())
        assert pings == [], "a warning waits for its channel"
        one.outside.dead = set()
        one.hears(HOUR)
        beat(one.session, one.store, Asked(troubles={"cainiao": "blocked"}))
        assert pings == []
        beat(one.session, one.store, Asked())
        beat(one.session, one.store, Asked())
        assert pings == ["/alive"]
        one.machine.passes(3600)
        beat(one.session, one.store, Asked())
        assert pings == ["/alive", "/alive"]
        server.shutdown()
        thread.join()


def test_a_store_of_before_the_channels_keeps_its_warnings(tmp_path: Path) -> None:
    """The tables are rebuilt: nothing of them may get lost on the way."""
    import sqlite3
    from importlib import resources

    path = tmp_path / "old.sqlite3"
    db = sqlite3.connect(path)
    scripts = sorted(
        f
        for f in resources.files("monitor.adapters.store").iterdir()
        if f.name[:4] in ("0001", "0002", "0003")
    )
    for script in scripts:
        db.executescript(script.read_text("utf-8"))
    db.execute("PRAGMA user_version=3")
    db.execute(
        "INSERT INTO orders (id, marketplace, order_id, added_at) VALUES (1, 'aliexpress', ?, '2026-09-01T00:00:00+00:00')",
        (ORDER,),
    )
    db.execute(
        "INSERT INTO notices (id, order_id, key, kind, title, body, made_at) VALUES (7, 1, 'lost/x', 'lost', 't', 'b', '2026-09-01T00:00:00+00:00')"
    )
    db.execute("INSERT INTO deliveries (notice_id, channel) VALUES (7, 'desktop')")
    db.commit()
    db.close()
    store = Store(path)
    (due,) = store.due_deliveries(["desktop"])
    assert (due.notice.id, due.notice.order_id, due.notice.kind, due.notice.step) == (7, ORDER, "lost", None)
    store.remove(store.orders()[0])
    assert store.due_deliveries(["desktop"]) == []
    store.close()


@pytest.mark.parametrize("whole", [True, False])
def test_an_order_that_cannot_be_judged_silences_no_other_and_is_told_of(
    desk: Callable[..., Desk], *, whole: bool
) -> None:
    one = desk("desktop")
    one.order(0)
    never = ShownDate("protection_end", date.min, "manual", "your own word")
    broken = OrderRecord("8190000000000018", "manual", "aliexpress", dates=(never,))
    one.store.save([broken], one.machine.wall())
    for _ in range(3):
        warn(one.session, one.store, whole=whole)
    titles = [text.partition("\n")[0] for _, _, text in one.outside.heard]
    assert titles == [protection("today is the last safe day"), "An order cannot be judged"]
    assert "..00000018 is NOT watched" in one.said()


def test_a_refusal_of_what_is_over_is_no_sign_of_a_channel_that_fails_today(
    desk: Callable[..., Desk],
) -> None:
    one = desk("desktop", "ntfy")
    one.outside.dead = {"desktop"}
    one.order(20)
    one.order(10, "8190000000000018")
    for _ in range(20):
        one.hears(HOUR / 10)
    assert one.store.failing(4) == ["desktop"]
    one.store.acknowledge(None, one.machine.wall())
    one.outside.dead = set()
    assert one.store.failing(1) == []
    heard = [title for _ in range(5) for _, title in one.hears(DAY)]
    assert "desktop does not work" not in heard


@pytest.mark.parametrize("takes", [True, False])
def test_an_order_forgotten_while_its_warning_is_handed_over_harms_no_other(
    desk: Callable[..., Desk], *, takes: bool
) -> None:
    one = desk("desktop")
    one.order(0)
    one.order(0, "8190000000000018")
    bringer = one.session.channels()["desktop"]

    class Slow:
        name, host = "desktop", ""

        def send(self, notice: Message) -> Sent:
            if known := one.store.order(ORDER):
                one.store.remove(known)
                return Sent(takes, "It took long.")
            return bringer.send(notice)

    one.session.channels()["desktop"] = Slow()
    heard = [title for _ in range(2) for _, title in one.hears(HOUR / 60)]
    assert heard == [protection("today is the last safe day")]
