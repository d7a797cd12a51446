"""What the program asks of its store, in its own words. Each method is one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from monitor.adapters.store import (
    ahead,
    attempts,
    calendar,
    clocks,
    diary,
    due,
    errands,
    health,
    labels,
    loading,
    looks,
    outbox,
    reading,
    saving,
    stand_in,
)
from monitor.adapters.store import columns as col
from monitor.adapters.store.address import Server
from monitor.adapters.store.connection import Backend, Connection, Row
from monitor.adapters.store.opening import open_database
from monitor.model import Leg, Order
from monitor.rules.agenda import Entry, Told, retell
from monitor.rules.ahead import Alarm
from monitor.rules.clock import ClockEvent, Doubt, Tick
from monitor.rules.notices import Notice
from scrapers.base import TrackingReport
from scrapers.orders import OrderLine, OrderRecord, ShopParcel


@dataclass(frozen=True, slots=True)
class Refusal:
    """The shop did not take a form: when, which, in what words, and the screenshot that proves it."""

    at: datetime
    sentence: str
    screenshot: str
    form: str = "dispute"


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided for one order (by row id): its due warnings, and when to ask each (carrier, number) next.

    `mark` is how often the order had been touched when it was read; `legless` that its parcels may lack legs.
    """

    order: int
    notices: Sequence[Notice]
    next_checks: Mapping[tuple[str, str], datetime | None]
    mark: int | None = None
    legless: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """Some orders to be judged, and how often each (by row id) had been touched when it was read."""

    orders: list[Order]
    marks: Mapping[int, int]


class Store:
    """The store in one file or on one server. Raises StoreTrouble with one sentence wherever it cannot do its work."""

    def __init__(self, place: Path | Server) -> None:
        self._database: Backend = open_database(place)

    def copy_in_memory(self) -> Store:
        """All this store holds now; what is written to the copy is gone with the process."""
        return InMemoryStore(self._database.copy_in_memory())

    def close(self) -> None:
        self._database.close()

    # -- orders ----------------------------------------------------------------------------------------------
    def save(self, records: Iterable[OrderRecord], now: datetime) -> dict[str, list[str]]:
        """Take in records, all or none; order id -> what changed ("added" first for a new one)."""
        with self._database.write() as db:
            changed: dict[str, list[str]] = {}
            for record in records:
                changed.setdefault(record.order_id, []).extend(saving.save(db, record, now))
        return changed

    def orders(self) -> list[Order]:
        """Every order, newest first."""
        with self._database.read() as db:
            return loading.load(db)

    def order(self, order_id: str) -> Order | None:
        """The order with this id of the shop, or None."""
        with self._database.read() as db:
            rows = db.execute("SELECT id FROM orders WHERE order_id = ?", (order_id,)).fetchall()
            found = loading.load(db, [int(row["id"]) for row in rows])
        return found[0] if found else None

    def orders_by_id(self, ids: Sequence[int]) -> list[Order]:
        """The orders of these row ids, as far as they are there."""
        with self._database.read() as db:
            return loading.load(db, ids) if ids else []

    def ids_after(self, after: int, most: int) -> list[int]:
        """The row ids of orders past one, in their order, at most so many."""
        with self._database.read() as db:
            return due.every(db, after, most)

    def ids_of(self, order_ids: Sequence[str]) -> list[int]:
        """The row ids of the orders with these ids of the shop."""
        with self._database.read() as db:
            return due.named(db, order_ids)

    def touched_after(self, after: int, most: int) -> list[int]:
        """The same of the orders of which something was written since they were last judged."""
        with self._database.read() as db:
            return due.touched(db, after, most)

    def to_judge(self, ids: Sequence[int] | None = None) -> Judged:
        """The orders of these row ids, or all, to be judged."""
        with self._database.read() as db:
            orders = loading.load(db, ids) if ids is None or ids else []
            return Judged(orders, due.marks(db, [order.id for order in orders]))

    def judging(self) -> due.Judging | None:
        """When all orders were last judged, and by what; None where that counts no more."""
        with self._database.read() as db:
            return due.judging(db)

    def set_judging(self, done: due.Judging) -> None:
        with self._database.write() as db:
            due.put_judging(db, done)

    def known_orders(self) -> list[OrderRecord]:
        """The orders with their days, goods and numbers: what tells whose an answer without an order id is."""
        with self._database.read() as db:
            return [_known(order, loading.goods(db, order.id)) for order in loading.load(db)]

    def set_day(self, order: Order, column: str, day: date | None) -> None:
        """Set received_on or archived_on."""
        if column not in ("received_on", "archived_on"):
            raise ValueError(column)
        with self._database.write() as db:
            db.execute(f"UPDATE orders SET {column} = ? WHERE id = ?", (col.iso(day), order.id))
            due.touch(db, order.id)
            looks.wake(db, due.looks_of(db, order.id))

    def remove(self, order: Order) -> None:
        """Forget an order with everything that hangs on it."""
        with self._database.write() as db:
            due.touch(db, order.id)
            db.execute("DELETE FROM orders WHERE id = ?", (order.id,))
            looks.forget_unwanted(db)

    # -- carriers --------------------------------------------------------------------------------------------
    def link(self, legs: Mapping[int, Sequence[Leg]], marks: Mapping[int, int] = MappingProxyType({})) -> int:
        """Let parcels (by row id) be seen by these legs too; returns how many were new.

        `marks` are the orders whose legs these are all, by how often each had been touched when it was read.
        """
        with self._database.write() as db:
            due.legs_known(db, marks.items())
            return _link(db, legs)

    def lacking_legs_after(self, after: int, most: int) -> list[int]:
        """The row ids of orders past one whose parcels may lack legs, at most so many."""
        with self._database.read() as db:
            return due.lacking_legs(db, after, most)

    def record(
        self,
        carrier: str,
        reports: Sequence[TrackingReport],
        linked: Mapping[int, Sequence[Leg]],
        now: datetime,
        seconds: Mapping[str, float] = MappingProxyType({}),
    ) -> list[int]:
        """Store one answer about its numbers, with the legs it made known to parcels (by row id).

        `seconds` holds by number how long the answer took on the network, where that is known. Returns the watched
        orders (row ids) it told something new of.
        """
        with self._database.write() as db:
            # Whoever looks at a page asks about what no parcel has yet.
            new = {leg.number for legs in linked.values() for leg in legs if leg.carrier == carrier}
            looks.ensure_all(db, carrier, [r.number for r in reports if r.number in new])
            changed = looks.record(db, carrier, reports, now, seconds)
            _link(db, linked)
            return due.owners(db, changed)

    def news(self, carrier: str, reports: Sequence[TrackingReport]) -> list[TrackingReport]:
        """Those of the reports that say something else than the last good answer about their number did."""
        with self._database.read() as db:
            return looks.news(db, carrier, reports)

    def owners(self, carrier: str, numbers: Sequence[str]) -> list[Order]:
        """The watched orders with a parcel a carrier sees under one of these numbers."""
        with self._database.read() as db:
            return loading.load(db, due.owners(db, looks.ids(db, carrier, numbers)))

    def due(self, most: Mapping[str, int], now: datetime, newest: int) -> dict[str, list[str]]:
        """Carrier -> the numbers to ask it about, at most so many (`most`) of each; of no look past `newest`."""
        with self._database.read() as db:
            return due.due(db, most, now, newest)

    def take_due(
        self, most: Mapping[str, int], now: datetime, newest: int, lease: datetime
    ) -> dict[str, list[str]]:
        """The same, and nobody else gets them until the lease lapses."""
        with self._database.write() as db:
            found = due.due(db, most, now, newest)
            looks.lease(db, found, lease)
            return found

    def claim(self, carrier: str, numbers: Sequence[str], lease: datetime, until: datetime) -> list[str]:
        """Those of the numbers that are still under this lease, which now holds until then."""
        with self._database.write() as db:
            return looks.claim(db, carrier, numbers, lease, until)

    @property
    def shared(self) -> bool:
        """Whether other machines may be asking for this store, too."""
        return isinstance(self._database.place, Server)

    def newest_look(self) -> int:
        with self._database.read() as db:
            return due.newest_look(db)

    def attempts(self, order: Order) -> list[attempts.Attempt]:
        """Every question to a carrier about an order's parcels."""
        with self._database.read() as db:
            return attempts.of_order(db, order.id)

    def carriers_health(self) -> dict[str, health.CarrierHealth]:
        """Carrier -> what its newest answers were, for those that were asked."""
        with self._database.read() as db:
            return health.of_carriers(db)

    def answers_since(self, moment: datetime) -> dict[str, Counter[str]]:
        """Carrier -> its answers since a moment, counted by outcome."""
        with self._database.read() as db:
            return attempts.counted(db, moment)

    def answer_times(self, moment: datetime) -> dict[str, list[float]]:
        """Carrier -> the seconds its answers since a moment took, the quickest first."""
        with self._database.read() as db:
            return attempts.times(db, moment)

    def newest_answer(self, before: datetime) -> int:
        """The newest answer of a carrier (row id) from before a moment, 0 where there is none."""
        with self._database.read() as db:
            return attempts.newest_before(db, before)

    def forget_attempts(self, before: datetime, newest: int, after: int, most: int) -> int:
        """Forget the questions of before a moment about so many numbers, past the look `after`; the last look, 0 where
        none was left. `newest` is the newest answer of then; when all are done, forget_answers clears up."""
        with self._database.write() as db:
            return attempts.forget_of_looks(db, before, newest, after, most)

    def forget_answers(self, before: datetime, most: int) -> int:
        """Forget so many of the answers no number refers to any more; returns how many there were."""
        with self._database.write() as db:
            return attempts.forget_answers(db, before, most)

    def diary(self, kind: diary.EntryKind | None, most: int) -> list[diary.DiaryEntry]:
        """What the program did, newest first."""
        with self._database.read() as db:
            return diary.newest(db, kind, most)

    def label(self, text: str, carrier: str, tag: str, subtag: str) -> None:
        """Remember what the user says a text means."""
        with self._database.write() as db:
            labels.put(db, text, carrier, tag, subtag)
            due.judge_all_again(db)

    def not_understood(self) -> dict[str, list[str]]:
        """Carrier -> its texts met and not understood."""
        with self._database.read() as db:
            return labels.not_understood(db)

    # -- warnings --------------------------------------------------------------------------------------------
    def decide(
        self,
        decisions: Sequence[Decision],
        channels: Sequence[str],
        now: datetime,
        settled: Mapping[int, int] = MappingProxyType({}),
    ) -> int:
        """Store what was decided: new warnings and when to ask next, in one transaction; returns the new ones.

        Orders of `settled` are watched no more: nobody is asked for them. Those removed meanwhile are left out.
        """
        from monitor.rules import schedule  # who only reads decides nothing

        with self._database.write() as db:
            there = due.there(db, [decision.order for decision in decisions])
            still = [decision for decision in decisions if decision.order in there]
            new = sum(outbox.put(db, d.order, d.notices, channels, now) for d in still)
            looks.appoint(db, schedule.soonest(d.next_checks for d in still))
            due.lack_legs(db, [decision.order for decision in still if decision.legless])
            due.judged(db, [(d.order, d.mark) for d in still if d.mark is not None])
            due.judged(db, settled.items())
            due.park(db, list(settled))
        return new

    def tell(self, notice: Notice, channels: Sequence[str], now: datetime) -> bool:
        """Store a warning about the program itself; whether it was new."""
        with self._database.write() as db:
            return outbox.tell(db, notice, channels, now)

    def offer_untold(self, channels: Sequence[str]) -> None:
        """What no channel has taken yet, and was not decided here just now, is for these, too."""
        with self._database.write() as db:
            outbox.offer_untold(db, channels, of_orders=self.shared)

    def due_deliveries(self, channels: Sequence[str]) -> list[outbox.Due]:
        with self._database.read() as db:
            return outbox.due(db, channels)

    def failing(self, tries: int) -> list[str]:
        with self._database.read() as db:
            return outbox.failing(db, tries)

    def untold(self) -> list[outbox.StoredNotice]:
        with self._database.read() as db:
            return outbox.untold(db)

    def told_since(self, moment: datetime) -> list[outbox.StoredNotice]:
        with self._database.read() as db:
            return outbox.taken_since(db, moment)

    def notices(self, order: Order) -> list[outbox.StoredNotice]:
        with self._database.read() as db:
            return outbox.of_order(db, order.id)

    def newest_notices(self, count: int) -> list[outbox.StoredNotice]:
        with self._database.read() as db:
            return outbox.newest(db, count)

    def own_notices(self) -> list[outbox.StoredNotice]:
        """Standing warnings about the program itself."""
        with self._database.read() as db:
            return outbox.own(db)

    def offered(self, notices: Iterable[int], channel: str, now: datetime) -> None:
        with self._database.write() as db:
            outbox.offered(db, notices, channel, now)

    def taken(self, notices: Iterable[int], channel: str, now: datetime) -> None:
        with self._database.write() as db:
            outbox.taken(db, notices, channel, now)

    def failed(self, notices: Iterable[int], channel: str, answer: str, now: datetime) -> None:
        with self._database.write() as db:
            outbox.failed(db, notices, channel, answer, now)

    def acknowledge(self, order: Order | None, now: datetime) -> int:
        with self._database.write() as db:
            return outbox.acknowledge(db, order.id if order else None, now)

    def snooze(self, order: Order, until: datetime) -> None:
        """Hold an order's warnings back; those of a last safe day come all the same."""
        with self._database.write() as db:
            db.execute("UPDATE orders SET snoozed_until = ? WHERE id = ?", (col.stamp(until), order.id))

    # -- clocks ----------------------------------------------------------------------------------------------
    def tick(self, now: Tick) -> ClockEvent | None:
        """Keep one look at the clocks; what happened to them since the last one."""
        with self._database.write() as db:
            return clocks.tick(db, now)

    def last_tick(self) -> datetime | None:
        """When a daemon or a check last looked at the clock, by the clock as it was then."""
        with self._database.read() as db:
            row = db.execute("SELECT wall FROM clock").fetchone()
        return col.instant(row["wall"]) if row else None

    def clock_doubt(self) -> Doubt | None:
        """What speaks against the clock, None before the first tick."""
        with self._database.read() as db:
            return clocks.doubt(db)

    def heard_clocks(self, ahead: Mapping[str, timedelta], now: datetime) -> None:
        """What hosts asked just now say about the time, as the lead over ours."""
        with self._database.write() as db:
            clocks.heard(db, ahead, now)

    def pinged_at(self) -> datetime | None:
        """When the dead man's switch was last told that all is well."""
        with self._database.read() as db:
            row = db.execute("SELECT pinged_at FROM clock").fetchone()
        return col.instant(row["pinged_at"]) if row else None

    def pinged(self, now: datetime) -> None:
        with self._database.write() as db:
            db.execute("UPDATE clock SET pinged_at = ?", (col.stamp(now),))

    # -- the calendar ----------------------------------------------------------------------------------------
    def tell_calendar(
        self, entries: Iterable[Entry], now: datetime, unjudged: Iterable[Order] = ()
    ) -> list[Told]:
        """What calendars are to be told: these entries, and as cancelled what was told before and is no more, but for
        that of orders that cannot be judged."""
        with self._database.write() as db:
            told = retell(calendar.told(db), entries, now, {order.id for order in unjudged})
            calendar.put(db, told)
        return told

    def calendar_told_at(self) -> datetime | None:
        """When what calendars were told last changed, None where no calendar was told anything."""
        with self._database.read() as db:
            return max((told.changed_at for told in calendar.told(db)), default=None)

    # -- alarms a push server holds ------------------------------------------------------------------------------
    def held_ahead(self) -> list[Alarm]:
        """The alarms left with the push server, the earliest first."""
        with self._database.read() as db:
            return ahead.held(db)

    def put_ahead(self, alarm: Alarm) -> None:
        with self._database.write() as db:
            ahead.put(db, alarm)

    def drop_ahead(self, alarm: Alarm) -> None:
        with self._database.write() as db:
            ahead.drop(db, alarm)

    # -- disputes --------------------------------------------------------------------------------------------
    def add_refusal(
        self, order: Order, sentence: str, screenshot: str, now: datetime, *, form: str = "dispute"
    ) -> None:
        """Keep that the shop refused a form, as evidence."""
        with self._database.write() as db:
            db.execute(
                "INSERT INTO refusals (order_id, at, sentence, screenshot, form) VALUES (?, ?, ?, ?, ?)",
                (order.id, col.stamp(now), sentence, screenshot, form),
            )
            due.touch(db, order.id)

    def refusals(self, order: Order) -> list[Refusal]:
        with self._database.read() as db:
            rows: list[Row] = db.execute(
                "SELECT * FROM refusals WHERE order_id = ? ORDER BY at", (order.id,)
            ).fetchall()
        return [
            Refusal(datetime.fromisoformat(r["at"]), r["sentence"], r["screenshot"], r["form"]) for r in rows
        ]

    # -- the shop and the mailbox ----------------------------------------------------------------------------
    def errand(self, name: str) -> errands.Errand | None:
        """When `sync` or `mail` is next done by itself, None where it never was."""
        with self._database.read() as db:
            return errands.of(db, name)

    def set_errand(self, name: str, errand: errands.Errand) -> None:
        with self._database.write() as db:
            errands.put(db, name, errand)

    def shop_reading(self, marketplace: str) -> reading.ShopReading:
        with self._database.read() as db:
            return reading.shop(db, marketplace)

    def set_shop_reading(self, marketplace: str, now_so: reading.ShopReading) -> None:
        with self._database.write() as db:
            reading.put_shop(db, marketplace, now_so)

    def mailbox_reading(self, mailbox: str) -> reading.MailboxReading | None:
        """How far a mail folder was read, None where never."""
        with self._database.read() as db:
            return reading.mailbox(db, mailbox)

    def set_mailbox_reading(self, mailbox: str, now_so: reading.MailboxReading) -> None:
        with self._database.write() as db:
            reading.put_mailbox(db, mailbox, now_so)

    def damage(self) -> str:
        """What the database's own quick check finds wrong, "" when it is sound."""
        return self._database.damage()

    def size(self) -> int:
        """Bytes on the disk."""
        return self._database.size()

    def mark(self) -> object:
        """What changes with every commit."""
        return self._database.mark()

    def expects_answers(self, carriers: Sequence[str]) -> bool:
        """Whether one of these carriers was asked about any number of a watched order and is to be again."""
        with self._database.read() as db:
            return due.expects_answers(db, carriers)

    def last_good_check(self) -> datetime | None:
        """When any carrier last gave an answer that said something."""
        with self._database.read() as db:
            row = db.execute("SELECT MAX(last_good_at) AS at FROM looks WHERE carrier <> 'shop'").fetchone()
        return col.instant(row["at"])

    def answered_by(self, now: datetime) -> datetime | None:
        """The same as far as `now` knows: what a clock that ran ahead dated later came before it was set back."""
        last = self.last_good_check()
        if last is None or last <= now:
            return last
        with self._database.read() as db:
            row = db.execute(
                "SELECT MAX(at) AS at FROM (SELECT last_good_at AS at FROM looks WHERE carrier <> 'shop'"
                " UNION ALL SELECT at FROM clock_events WHERE kind = 'backward') AS known WHERE at <= ?",
                (col.stamp(now),),
            ).fetchone()
        return col.instant(row["at"])


class InMemoryStore(Store):
    """A store that stands in for another."""

    def __init__(self, database: Backend) -> None:
        self._database = database


def last_known(place: Path | Server, copy: Store | None) -> Store | None:
    """The last known state of a store that cannot be used, in memory; None where nothing is known.

    That is what its file holds, else `copy`, else its newest good backup; of a server, `copy` alone.
    """
    if isinstance(place, Path) and (from_file := stand_in.from_file(place)):
        return InMemoryStore(from_file)
    if copy:
        return copy.copy_in_memory()
    from_backup = stand_in.from_backup(place) if isinstance(place, Path) else None
    return InMemoryStore(from_backup) if from_backup else None


def _known(order: Order, goods: tuple[OrderLine, ...]) -> OrderRecord:
    parcels = tuple(ShopParcel(p.number, tuple(leg.number for leg in p.legs)) for p in order.parcels)
    return OrderRecord(
        order.order_id, "manual", order.marketplace, placed_on=order.placed_on, lines=goods, parcels=parcels
    )


def _link(db: Connection, legs: Mapping[int, Sequence[Leg]]) -> int:
    return sum(
        looks.link(db, parcel, leg.carrier, leg.number, leg.role)
        for parcel, wanted in legs.items()
        for leg in wanted
    )
