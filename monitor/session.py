"""What one run of a command works with: config, data folder, store, clock, and where to speak."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from monitor import config as settings
from monitor.adapters.log_file import LOG
from monitor.adapters.store import Server, Store, StoreTrouble, leads_to
from monitor.harmless import harmless
from monitor.model import Order, order_number
from monitor.rules.clock import Tick

if TYPE_CHECKING:
    from monitor.adapters.changed import ChangedAnswers
    from monitor.adapters.fetch import Trust
    from monitor.adapters.keychain import Keychain
    from monitor.adapters.message import Channel
    from monitor.adapters.politeness import HostLedger
    from monitor.ahead import Ahead
    from monitor.asking import Asker
    from monitor.outage import Outage
    from monitor.rules.verdict import Judgement, Verdict
    from monitor.upkeep import Upkeep


class UnknownOrder(Exception):
    """No order of this id is stored; the message says what to do."""


class NotJudged(Exception):
    """This order cannot be judged; the message says what to do."""


def _now() -> datetime:
    return datetime.now(UTC)


def _uptime() -> float:
    """Seconds since the machine was started, where possible with the time it slept."""
    awake_or_not = getattr(time, "CLOCK_BOOTTIME", None)  # Linux only
    return time.monotonic() if awake_or_not is None else time.clock_gettime(awake_or_not)


@cache
def _machine() -> str:
    """Tells this machine, on Linux this start of it, from others; a hash, for a store may be shared."""
    from hashlib import blake2b

    try:
        name = Path("/proc/sys/kernel/random/boot_id").read_text("ascii")
    except (OSError, UnicodeDecodeError):
        import platform

        name = platform.node()
    return blake2b(name.encode(), digest_size=8).hexdigest()


@dataclass
class Session:
    """Opened from the global options; everything else is made when first needed."""

    config_path: Path | None
    data_dir: Path
    clock: Callable[[], datetime] = field(default=_now)
    monotonic: Callable[[], float] = field(default=_uptime)

    @cached_property
    def config(self) -> settings.Config:
        """Raises ConfigError."""
        return settings.load(self.config_path)

    def reload_config(self, path: Path) -> None:
        """Read the config anew from there, for everything that is made from now on. Raises ConfigError: the one in use
        stays in use then."""
        read = settings.load(path)
        self.config_path = path
        self.__dict__.pop("config_with_keys", None)
        self.__dict__["config"] = read

    @cached_property
    def keychain(self) -> Keychain:
        """The user's passwords and keys."""
        from monitor.adapters.keychain import Keychain

        return Keychain(self.data_dir / "secrets")

    @cached_property
    def config_with_keys(self) -> settings.Config:
        """The config with the keys of the carriers that are asked, but for those whose file others can read.

        Raises ConfigError.
        """
        from monitor.adapters.keychain import SecretExposed, carrier_key
        from scrapers.carriers import every

        keys: dict[str, str] = {}
        for carrier in every():
            settings = self.config.carrier(carrier.id)
            if carrier.reach == "key" and settings.enabled and not settings.key:
                try:
                    keys[carrier.id] = self.keychain.get(carrier_key(carrier.id, carrier.name))
                except SecretExposed as exposed:
                    complain(str(exposed))
        return self.config.with_keys(keys)

    @cached_property
    def store(self) -> Store:
        """Raises StoreTrouble."""
        return self.new_store()

    def new_store(self) -> Store:
        """A store of the caller's own: a connection belongs to the thread that opened it."""
        return Store(self.store_place)

    @property
    def store_place(self) -> Path | Server:
        """Where the store is. Raises ConfigError, StoreTrouble."""
        url = self.config.store.url
        return self.place(url) if url else self.data_dir / "parcelwarden.sqlite3"

    def place(self, address: str) -> Path | Server:
        """Where a store's address leads, with the password kept for its server. Raises BadAddress, StoreTrouble."""
        from monitor.adapters.keychain import STORE, SecretExposed

        place = leads_to(address)
        if isinstance(place, Path):
            return place
        try:
            return replace(place, password=self.keychain.get(STORE))
        except SecretExposed as exposed:
            raise StoreTrouble(str(exposed)) from exposed

    @property
    def store_path(self) -> Path:
        """The file of the store. Raises ConfigError; StoreTrouble where it is no file."""
        place = self.store_place
        if isinstance(place, Server):
            raise StoreTrouble(
                f"The store is {place}: `pg_dump --schema=parcelwarden` makes copies of it, `pg_restore` or `psql`"
                " brings them back."
            )
        return place

    def mend_store(self) -> str:
        """Restore the newest backup if the file is damaged or gone; what was done, said already, "" for nothing.

        Raises StoreDamaged or StoreGone where that is not possible.
        """
        from monitor.adapters.store.recovery import mend

        place = self.store_place
        if isinstance(place, Server):
            return ""
        if done := mend(place, self.clock()):
            say(done)
        return done

    @cached_property
    def ahead(self) -> Ahead:
        """What keeps the push server's held alarms up to date."""
        from monitor.ahead import Ahead

        return Ahead()

    @cached_property
    def upkeep(self) -> Upkeep:
        """What clears away each day what is too old."""
        from monitor.upkeep import Upkeep

        return Upkeep()

    @cached_property
    def outage(self) -> Outage:
        """What is known of the store for the time when it cannot be written."""
        from monitor.outage import Outage

        return Outage(self.store_place)

    @property
    def zone(self) -> tzinfo:
        return self.config.zone

    @property
    def profile_dir(self) -> Path:
        """The program's own browser profile."""
        own = self.config.browser.profile_dir
        return Path(own) if own else self.data_dir / "browser-profile"

    @property
    def evidence_dir(self) -> Path:
        """Screenshots and what else is kept of the shop's pages."""
        return self.data_dir / "evidence"

    @property
    def log_dir(self) -> Path:
        return self.data_dir / "logs"

    @contextlib.contextmanager
    def logged(self, name: str) -> Iterator[None]:
        """What is said and noted within the block goes to the log of this name too."""
        from monitor.adapters import log_file

        log = self.config.log
        with log_file.writing(
            self.log_dir / f"{name}.log",
            form=log.format,
            level=log.level,
            keep=log.keep,
            whole_numbers=log.whole_numbers,
            complain=say,
        ):
            try:
                yield
            except Exception:
                LOG.warning("Ended by a fault.", exc_info=True)
                raise

    def order(self, order_id: str) -> Order:
        """The stored order of this id. Raises UnknownOrder."""
        order = self.store.order(order_number(order_id))
        if order is None:
            raise UnknownOrder(
                f"No order {order_id} is stored here; `parcelwarden status --all` lists them,"
                " `parcelwarden add` or `import` brings one in."
            )
        return order

    def verdicts(self) -> list[Verdict]:
        """Every stored order, judged now; those that cannot be are said and left out."""
        judgement = self.judgement()
        self.complain_of(judgement.unjudged)
        return judgement.verdicts

    def judgement(self) -> Judgement:
        """Every stored order, judged now, and those that cannot be."""
        from monitor.rules.verdict import judge_all

        return judge_all(self.store.orders(), self.config.policy, self.clock(), self.zone)

    def complain_of(self, unjudged: Sequence[Order]) -> None:
        """Say of orders that cannot be judged what to do."""
        for order in unjudged:
            from monitor.rules.unjudged import sentence  # almost always there is none

            complain(sentence(order))

    def verdict(self, order_id: str) -> Verdict:
        """One stored order, judged now in the light of all. Raises UnknownOrder, NotJudged."""
        wanted, judgement = self.order(order_id).id, self.judgement()
        for order in judgement.unjudged:
            if order.id == wanted:
                from monitor.rules.unjudged import sentence

                raise NotJudged(sentence(order))
        return next(v for v in judgement.verdicts if v.order.id == wanted)

    @cached_property
    def trust(self) -> Trust:
        """What carriers' certificates are checked with."""
        from monitor.adapters.fetch import Trust

        return Trust()

    @contextlib.contextmanager
    def asker(self) -> Iterator[Asker]:
        """What asks the carriers, for the length of a block."""
        from monitor.adapters.fetch import Fetcher
        from monitor.asking import Asker, legacy_hosts

        polling = self.config.polling
        with (
            contextlib.closing(self._ledger()) as ledger,
            Fetcher(
                ledger=ledger,
                clock=self.clock,
                host_pause=polling.host_pause,
                jitter=polling.jitter,
                connections=polling.host_connections,
                allow_legacy_tls=legacy_hosts(),
                trust=self.trust,
            ) as fetcher,
        ):
            yield Asker(fetcher, self.config_with_keys, self.clock, self.changed)

    def _ledger(self) -> HostLedger:
        """How hosts are treated: known in the data folder, or where other machines ask them, too, on their server."""
        from monitor.adapters.politeness import HostLedger

        place = self.store_place
        if isinstance(place, Path):
            return HostLedger(self.data_dir / "politeness.sqlite3", clock=self.clock)
        from monitor.adapters.shared_politeness import SharedLedger

        return SharedLedger(place, clock=self.clock)

    @property
    def changed(self) -> ChangedAnswers:
        """The bones of carriers' answers nobody could read."""
        from monitor.adapters.changed import ChangedAnswers

        return ChangedAnswers(self.data_dir / "layout-changed")

    def channels(self) -> dict[str, Channel]:
        """The channels warnings go through, by name."""
        from monitor.channels import channels

        page = (lambda: self.page_address) if self.config.web.enabled else None
        return channels(self.config.notify, self.keychain, page)

    @property
    def page_address(self) -> str:
        """Where the page of this data folder is served now, "" where it is not (monitor.web.server writes it)."""
        try:
            return (self.data_dir / "page-address").read_text("ascii").strip()
        except (OSError, UnicodeDecodeError):
            return ""

    def tick(self, store: Store) -> None:
        """Keep a look at the clocks: the next one sees from it what was slept through or set."""
        store.tick(Tick(self.clock(), self.monotonic(), _machine()))


def say(sentence: str) -> None:
    """One line for the user, beside the data; it goes to the log too, where one is written."""
    print(harmless(sentence), file=sys.stderr, flush=True)  # noqa: T201 - this is the one voice on stderr
    LOG.info(sentence)


def complain(sentence: str) -> None:
    """The same for what went wrong, where the work goes on."""
    print(harmless(sentence), file=sys.stderr, flush=True)  # noqa: T201
    LOG.warning(sentence)


def progress(sentence: str) -> None:
    """How far a long work is: only where somebody looks, in place."""
    if sys.stderr.isatty():
        print(f"\r\x1b[2K{harmless(sentence)}", end="", file=sys.stderr, flush=True)  # noqa: T201


def progress_over() -> None:
    if sys.stderr.isatty():
        print("\r\x1b[2K", end="", file=sys.stderr, flush=True)  # noqa: T201
