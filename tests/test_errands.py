"""What `run` does by itself beside the carriers: the mailbox and the shop, in processes of their own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from imap_server import PASSWORD, USER, ImapServer, Mailbox

from fixtures.shop.server import start_shop
from fixtures.shop.variant import Variant
from fixtures.world import load
from monitor.adapters.display import Display
from monitor.adapters.store.errands import Errand
from monitor.config import ConfigError
from monitor.errands import errands, is_due, run_errands
from monitor.session import Session

MAILS = Path(__file__).parents[1] / "fixtures" / "mail"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SHIPPED = "6100200300400603"


@dataclass
class Desk:
    """A machine on which time passes as the test says."""

    folder: Path
    now: datetime = NOW

    def session(self, config: str) -> Session:
        (self.folder / "config.toml").write_text(f"[notify]\ndesktop = false\n{config}")
        return Session(self.folder / "config.toml", self.folder / "data", clock=lambda: self.now)

    def run(self, session: Session, *, after: timedelta = timedelta(0)) -> None:
        self.now += after
        run_errands(session, threading.Event())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def mailbox(port: int, more: str = "") -> str:
    return f'[mail]\nhost = "127.0.0.1"\nport = {port}\nuser = "{USER}"\n{more}'


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ImapServer]:
    monkeypatch.setenv("PARCELWARDEN_MAIL_PASSWORD", PASSWORD)
    with ImapServer(Mailbox({3: (MAILS / "shipped.eml").read_bytes()})) as running:
        yield running


def warnings(session: Session) -> list[str]:
    with closing(session.new_store()) as store:
        return [notice.kind for notice in store.own_notices()]


def test_the_mailbox_is_looked_at_every_quarter_of_an_hour(server: ImapServer, desk: Desk) -> None:
    session = desk.session(mailbox(server.port))
    desk.run(session)
    with closing(session.new_store()) as store:
        assert [order.order_id for order in store.orders()] == [SHIPPED]
    logins = len(server.box.commands)
    desk.run(session, after=timedelta(minutes=11))
    assert len(server.box.commands) == logins, "not yet"
    desk.run(session, after=timedelta(minutes=8))
    assert len(server.box.commands) > logins


def test_a_mailbox_that_cannot_be_read_is_said_once_and_after_a_day_told(
    server: ImapServer, desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    session = desk.session(mailbox(server.port))
    monkeypatch.setenv("PARCELWARDEN_MAIL_PASSWORD", "wrong")
    for after in (0, 2, 25):
        desk.run(session, after=timedelta(hours=after))
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("mail:")]
    assert len(said) == 1
    assert "wrong" not in said[0].replace("wrong password", "")
    assert warnings(session) == ["mail_failing"]
    monkeypatch.setenv("PARCELWARDEN_MAIL_PASSWORD", PASSWORD)
    desk.run(session, after=timedelta(hours=2))
    assert "mail: works again." in capsys.readouterr().err


def test_a_server_that_hangs_holds_up_no_end(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARCELWARDEN_MAIL_PASSWORD", PASSWORD)
    stop, lives = threading.Event(), []
    with socket.create_server(("127.0.0.1", 0)) as silent:
        session = desk.session(mailbox(silent.getsockname()[1]))
        watching = threading.Thread(target=run_errands, args=(session, stop, lives.append))
        watching.start()
        connected, _ = silent.accept()
        stop.set()
        watching.join(timeout=60)
        assert not watching.is_alive()
        connected.close()
    assert set(lives) == {"mail"}
    with closing(session.new_store()) as store:
        assert store.errand("mail") is not None


@pytest.mark.parametrize(
    ("next_in", "due"), [(timedelta(minutes=5), False), (timedelta(0), True), (timedelta(days=9), True)]
)
def test_a_time_from_a_clock_that_ran_ahead_puts_nothing_off(
    desk: Desk, next_in: timedelta, due: bool
) -> None:
    session = desk.session(mailbox(993))
    (mail,) = errands(session.config)
    with closing(session.new_store()) as store:
        store.set_errand("mail", Errand(NOW + next_in))
        assert is_due(store, mail, session) is due


def test_nothing_is_done_that_was_not_asked_for(desk: Desk) -> None:
    assert list(errands(desk.session("").config)) == []
    assert list(errands(desk.session(mailbox(993, "every_minutes = 0\n")).config)) == []
    (sync,) = errands(desk.session("[marketplace.aliexpress]\nsync_hours = 12\n").config)
    assert (sync.name, sync.every) == ("sync", timedelta(hours=12))
    with pytest.raises(ConfigError, match="3 hours or more"):
        _ = desk.session("[marketplace.aliexpress]\nsync_hours = 1\n").config


def test_a_login_still_owed_is_asked_for_again_every_week(desk: Desk) -> None:
    """The first request may have been missed, and without it no new order is watched."""
    session = desk.session("[marketplace.aliexpress]\nsync_hours = 12\n")
    with closing(session.new_store()) as store:
        store.set_errand("sync", Errand(NOW))
        store.set_shop_reading("aliexpress", replace(store.shop_reading("aliexpress"), asked_for="login"))
    told = []
    for _ in range(15):
        desk.run(session, after=timedelta(days=1))
        told.append(len(warnings(session)))
    assert (told[5], told[6], told[12], told[13], told[14]) == (0, 1, 1, 2, 2)
    assert set(warnings(session)) == {"shop_login_needed"}


@pytest.mark.browser
def test_the_shop_is_read_and_a_login_is_asked_for_once(
    desk: Desk, browser_executable: Path, display: Display, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in display.env.items():
        monkeypatch.setenv(name, value)
    world = load("demo", NOW)
    few = replace(world, orders=(replace(world.orders[0], state="cancelled"),))
    with start_shop(few, variant=Variant(seed=5, login_required=True)) as shop:
        session = desk.session(
            f'[browser]\nexecutable = "{browser_executable}"\n'
            f'[marketplace.aliexpress]\nbase_url = "{shop.url}"\nsync_hours = 12\n'
        )
        desk.run(session)
        assert warnings(session) == ["shop_login_needed"]
        asked = len(shop.requests)
        for _ in range(3):
            desk.run(session, after=timedelta(days=1))
        assert len(shop.requests) == asked, "asked for once, not at every round"

        shop.variant = replace(shop.variant, login_required=False)
        with closing(session.new_store()) as store:  # what `parcelwarden login` notes
            store.set_shop_reading("aliexpress", replace(store.shop_reading("aliexpress"), asked_for=""))
        desk.run(session)
        with closing(session.new_store()) as store:
            assert [order.order_id for order in store.orders()] == [order.order_id for order in few.orders]
        read = len(shop.requests)
        desk.run(session, after=timedelta(hours=9))
        assert len(shop.requests) == read, "not yet"
        assert shop.writes == []
