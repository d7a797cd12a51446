"""One simulated life of 120 days: the real store, rules and outbox; clock, channels and carrier are simulated."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from msgspec import structs

from monitor.adapters.message import Channel, Message, Sent
from monitor.adapters.store import Store
from monitor.config import Config, from_table
from monitor.model import Leg
from monitor.rules import clock
from monitor.rules.protection import today
from monitor.rules.telling import NEAR
from monitor.session import Session
from monitor.warning import warn
from scrapers.base import Outcome, Status, TrackingEvent, TrackingReport
from scrapers.orders import OrderRecord, ShopParcel, ShownDate

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
    "Asia/Kolkata",
)
# In the 120 days from these noons clocks change: back in the north and forward in the south, and the other way round.
BIRTHS = (datetime(2026, 9, 1, 12, tzinfo=UTC), datetime(2027, 2, 1, 12, tzinfo=UTC))
DAYS = 120
AHEAD = timedelta(hours=6)
NUMBER = "LP00700000000017"
STEPS = ("after_insert", "before_send", "after_send", "after_mark")
_NO_ANSWERS: tuple[Outcome, ...] = ("blocked", "unavailable", "changed")


class Crash(Exception):
    """The machine lost its power."""


@dataclass
class Outside:
    """What the simulation's user received: (time, channel, text)."""

    heard: list[tuple[datetime, str, str]] = field(default_factory=list)
    dead: set[str] = field(default_factory=set)


class Bringer:
    """A channel that is sometimes dead."""

    def __init__(self, name: str, outside: Outside, clock: Machine) -> None:
        self.name, self._outside, self._machine = name, outside, clock

    def send(self, notice: Message) -> Sent:
        if self.name in self._outside.dead:
            return Sent(ok=False, detail="Nobody is there.")
        self._outside.heard.append((self._machine.truth, self.name, f"{notice.title}\n{notice.body}"))
        return Sent(ok=True, detail="Taken.")


class Machine:
    """True time, and a wall clock that may be off by `error`."""

    def __init__(self, born: datetime) -> None:
        self.truth = born
        self.error = timedelta()
        self.up = 0.0

    def wall(self) -> datetime:
        return self.truth + self.error

    def monotonic(self) -> float:
        return self.up

    def passes(self, seconds: float, *, asleep: bool = False) -> None:
        self.truth += timedelta(seconds=seconds)
        if not asleep:
            self.up += seconds


class LifeSession(Session):
    """A session with the simulation's channels and config."""

    def __init__(
        self, config: Config, machine: Machine, bringers: Mapping[str, Channel], folder: Path
    ) -> None:
        super().__init__(None, folder, machine.wall, machine.monotonic)
        self.__dict__["config"] = config
        self._bringers = dict(bringers)

    def channels(self) -> dict[str, Channel]:
        return self._bringers


@dataclass
class Record:
    """What a life came to; `broken` are sentences that must not be."""

    deadlines: int = 0
    warned: int = 0
    flagged: int = 0
    crashes: int = 0
    rounds: int = 0
    most: int = 0
    broken: list[str] = field(default_factory=list)


def live(seed: int, path: Path) -> Record:
    """Live one life. The same seed is the same life."""
    dice = random.Random(seed)
    life = Life(dice, path)
    life.run()
    return life.judged()


def warnings_in(text: str) -> list[str]:
    """The warnings of one message: it may bring those of several orders, one a line."""
    title, *lines = text.splitlines()
    return lines if re.search(r" - and \d+ more$", title) else [text]


class Life:
    """The run of one life."""

    def __init__(self, dice: random.Random, path: Path) -> None:
        self.dice, self.path = dice, path
        self.born = dice.choice(BIRTHS)
        self.machine, self.outside, self.record = Machine(self.born), Outside(), Record()
        self.sleepy = dice.random() < 0.3
        self.zone = ZoneInfo(dice.choice(ZONES))
        quiet = dice.choice(("", "", "22:00-07:00", "13:00-14:00"))
        digest = dice.choice(("", "", "18:00"))
        self.config = from_table({
            "general": {"timezone": self.zone.key},
            "notify": {"quiet_hours": quiet, "digest": digest, "escalate_hours": dice.choice((1, 4, 24))},
        })  # fmt: skip
        names = dice.choice(
            (("desktop",), ("desktop", "ntfy"), ("ntfy", "email"), ("desktop", "email", "webhook"))
        )
        bringers = {name: Bringer(name, self.outside, self.machine) for name in names}
        self.session = LifeSession(self.config, self.machine, bringers, path.parent)
        self.last_days = {
            f"81900000000{n:05d}": (self.born + timedelta(days=dice.uniform(3, DAYS - 8))).date()
            for n in range(3)
        }
        # The first order's parcel has a carrier, which may be dead for a while or for ever.
        self.deaf = dice.choice((0.0, 0.3, 1.0))
        # By order: minutes awake, with some channel alive and the user not to be left in peace, in its window.
        self.chances: defaultdict[str, float] = defaultdict(float)
        # Every moment from which a warning may be told once more: a crash, a clock set back, or one found to be right.
        self.excuses: list[datetime] = []
        # Woken with a clock that is days off, and nobody has told since: how long it slept, the machine cannot know.
        self.lost = False

    def run(self) -> None:
        store = Store(self.path)
        placed = (self.born - timedelta(days=20)).date()
        store.save(
            [
                OrderRecord(
                    number, "manual", "aliexpress", placed_on=placed, shipped_on=placed, order_state="shipped",
                    dates=(ShownDate("protection_end", day + timedelta(days=1), "page", "order detail"),),
                    parcels=(ShopParcel(NUMBER),) if number == min(self.last_days) else (),
                )
                for number, day in self.last_days.items()
            ],
            self.machine.wall(),
        )  # fmt: skip
        parcel = next(p for o in store.orders() if o.order_id == min(self.last_days) for p in o.parcels)
        store.link({parcel.id: [Leg("cainiao", NUMBER)]})
        store.close()
        end = self.born + timedelta(days=DAYS)
        while self.machine.truth < end:
            self.session_of_work()
            self.machine.passes(self.sleep_seconds(), asleep=self.dice.random() < 0.5)
            if self.dice.random() < 0.2:  # started anew
                self.machine.up = 0.0
        self.outside.dead.clear()
        if self.machine.error:
            self.excuses.append(self.machine.truth)
        self.machine.error = timedelta()
        self.awake(700)

    def sleep_seconds(self) -> float:
        often = 4.0 if self.sleepy else 0.3
        naps = self.dice.choices((1, 12, 36, 24 * 6, 24 * 25), (5, 10, 6, 1.5, often))[0]
        return self.dice.uniform(0.2, 1) * naps * 3600

    def session_of_work(self) -> None:
        """The machine is on for a while, with the weather of the moment."""
        dice = self.dice
        self.outside.dead = {name for name in self.session.channels() if dice.random() < 0.15}
        if dice.random() < 0.1:
            before = self.machine.error
            self.machine.error = timedelta(
                seconds=dice.choice((0, 0, -3600, 3600, 9 * 3600, -200 * 86400, 400 * 86400, -1e9))
            )
            if self.machine.error != before:
                self.excuses.append(self.machine.truth)
                self.lost = abs(self.machine.error) > timedelta(days=1)
        self.awake(dice.choices((600, 1800, 4 * 3600, 10 * 3600), (4, 4, 3, 1))[0])

    def awake(self, seconds: float) -> None:
        self.opened = Store(self.path)
        self.ask()
        passed = 0.0
        while passed < seconds:
            crashed = self.round()
            # Closer rounds at the start and anew after a crash, as the daemon's; later ones stand for the many between.
            soon = passed < 60 or crashed
            step = min(seconds - passed, 30 if soon else self.dice.uniform(1800, 4 * 3600))
            self.count_chance(step)
            self.machine.passes(step)
            passed += step
        self.opened.close()

    def ask(self) -> None:
        """The first order's carrier is asked, and answers or does not; no deadline may hang on it."""
        deaf, now = self.dice.random() < self.deaf, self.machine.wall()
        outcome = self.dice.choice(_NO_ANSWERS) if deaf else "ok"
        moved = TrackingEvent(
            now, True, "Departed from sorting center", "", "", Status("InTransit", "", rule="")
        )
        report = TrackingReport(NUMBER, outcome, "" if outcome == "ok" else "Said by the simulation.")
        self.opened.record("cainiao", [report if deaf else structs.replace(report, events=(moved,))], {}, now)

    def round(self) -> bool:
        """One round of warning; whether the machine lost its power in the middle."""
        crash_at = self.dice.choice(STEPS) if self.dice.random() < 0.08 else ""

        def step(name: str) -> None:
            if name == crash_at:
                raise Crash

        self.record.rounds += 1
        store = self.opened
        try:
            warn(self.session, store, step=step)
            if self.dice.random() < 0.1:
                behind, doubt = -self.machine.error, store.clock_doubt()
                if len(clock.moments(self.machine.wall(), doubt)) > 1 or behind:
                    self.excuses.append(self.machine.truth)
                store.heard_clocks({"one.example": behind, "two.example": behind}, self.machine.wall())
                self.lost = False
        except Crash:
            self.record.crashes += 1
            self.excuses.append(self.machine.truth)
            store.close()
            self.opened = Store(self.path)
            return True
        return False

    def count_chance(self, seconds: float) -> None:
        """Time in which an order's last safe day could have been told of, by the true clock or what was told of it."""
        if len(self.outside.dead) == len(self.session.channels()) or self.lost:
            return
        now = self.machine.truth
        for number, last in self.last_days.items():
            left = (last - today(now, self.zone)).days
            earliest = 7 if self.config.notify.digest else 14
            if 0 <= left <= earliest and now + AHEAD < self.end_of(last) and not self.quiet(now, left):
                self.chances[number] += seconds

    def quiet(self, now: datetime, left: int) -> bool:
        hours = self.config.notify.habits.quiet
        if hours is None or left == 0:
            return False
        at, (start, end) = self.machine.wall().astimezone(self.zone).time(), hours
        return start <= at < end if start <= end else at >= start or at < end

    def end_of(self, last: date) -> datetime:
        """When the last safe day is over, by the user's calendar."""
        return datetime.combine(last + timedelta(days=1), time(), self.zone).astimezone(UTC)

    def judged(self) -> Record:
        """Hold what the user heard against what he had to hear."""
        record = self.record
        told = [
            (at, channel, words) for at, channel, text in self.outside.heard for words in warnings_in(text)
        ]
        for number, last in self.last_days.items():
            record.deadlines += 1
            about = [h for h in told if f"..{number[-8:]}" in h[2] and last.isoformat() in h[2]]
            in_time = [
                h for h in about if h[0] + AHEAD <= self.end_of(last) and "safe day is over" not in h[2]
            ]
            flagged = any("Could not warn you before" in h[2] for h in about)
            record.warned += bool(in_time)
            record.flagged += flagged and not in_time
            if self.chances[number] >= 600 and not in_time:
                record.broken.append(f"{number}: {last} not told of, {self.chances[number]:.0f} s of chances")
            if not in_time and not flagged and not about:
                record.broken.append(f"{number}: {last} neither told of nor said to be missed")
            record.broken += self.told_too_often(about)
        return record

    def told_too_often(self, about: list[tuple[datetime, str, str]]) -> list[str]:
        """The same words by the same channel come again only after a crash or a clock set back."""
        times: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
        for at, channel, text in about:
            if not self.repeats(text):
                times[channel, text].append(at)
        self.record.most = max(self.record.most, max(map(len, times.values()), default=0))
        return [
            f"{text!r} by {channel} at {first} and {again}"
            for (channel, text), heard in times.items()
            for first, again in pairwise(heard)
            if not any(first <= excuse <= again for excuse in self.excuses)
        ]

    @staticmethod
    def repeats(text: str) -> bool:
        """Within the last days a warning comes again until it is acknowledged."""
        near = ("today is the last safe day", *(f"{n} day" for n in range(1, NEAR + 1)))
        return any(words in text for words in near)
