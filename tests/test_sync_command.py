"""`sync` and `login` as commands: exit codes, what they print, and how seldom the shop is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import shop_user

from fixtures.shop.server import Shop as PretendShop
from fixtures.shop.server import start_shop
from fixtures.shop.variant import Variant
from fixtures.world import load
from monitor.adapters.display import Display
from monitor.commands import shopping
from monitor.doctor import examine
from monitor.session import Session
from monitor.visiting import Shop

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("one_driver")]

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
WORLD = load("demo", NOW)
FEW = replace(WORLD, orders=WORLD.orders[:2])


@dataclass
class Desk:
    """A user's machine whose clock the test sets."""

    shop: PretendShop
    folder: Path
    capsys: pytest.CaptureFixture[str]
    now: datetime = NOW

    def session(self) -> Session:
        return Session(self.folder / "config.toml", self.folder / "data", clock=lambda: self.now)

    def sync(self) -> tuple[int, dict[str, object]]:
        code = shopping.sync(self.session(), wait=False, as_json=True)
        return code, json.loads(self.capsys.readouterr().out)


@pytest.fixture
def desk(
    browser_executable: Path, display: Display, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Desk]:  # fmt: skip
    for name, value in display.env.items():
        monkeypatch.setenv(name, value)
    with start_shop(FEW, variant=Variant(seed=5)) as running:
        (tmp_path / "config.toml").write_text(
            f'[browser]\nexecutable = "{browser_executable}"\n[notify]\ndesktop = false\n'
            f'[marketplace.aliexpress]\nbase_url = "{running.url}"\n'
        )
        monkeypatch.setattr(shopping, "_shop", lambda _: Shop(running.url, patience=6, pause=lambda: 0))
        yield Desk(running, tmp_path, capsys)
        assert running.writes == []


def test_it_says_what_changed(desk: Desk) -> None:
    code, told = desk.sync()
    assert (code, told["result"]) == (0, "done")
    assert sorted(told["added"]) == sorted(order.order_id for order in FEW.orders)  # type: ignore[call-overload]
    code, told = desk.sync()
    assert (code, told["added"], told["changed"], told["unchanged"]) == (0, [], {}, 2)
    later = replace(FEW.orders[0], state="cancelled")
    desk.shop.world = FEW.with_order(later)
    code, told = desk.sync()
    assert (code, told["changed"]) == (0, {later.order_id: ["order_state"]})


def test_a_lost_login_is_asked_for_once_and_forgotten_after_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.shop.variant = replace(desk.shop.variant, login_required=True)
    assert desk.sync()[0] == 5
    before = len(desk.shop.requests)
    code, told = desk.sync()
    assert (code, told["result"], len(desk.shop.requests)) == (5, "login_needed", before)
    shop_user.logs_in(monkeypatch)
    assert shopping.login(desk.session()) == 0
    desk.capsys.readouterr()
    assert desk.sync()[0] == 0


def test_after_a_bot_check_the_shop_is_left_alone_longer_each_time(desk: Desk) -> None:
    desk.shop.variant = replace(desk.shop.variant, bot_check="list")
    assert desk.sync()[0] == 5
    for minutes in (30, 60):
        before = len(desk.shop.requests)
        desk.now += timedelta(minutes=minutes - 1)
        code, told = desk.sync()
        assert (code, told["result"], told["pages"]) == (5, "bot_check", 0)
        assert len(desk.shop.requests) == before, "not one request while the cool-down holds"
        desk.now += timedelta(minutes=2)
        assert desk.sync()[0] == 5
        assert len(desk.shop.requests) > before


def test_an_unknown_answer_is_kept_without_its_words_and_the_doctor_shows_it(desk: Desk) -> None:
    desk.shop.variant = replace(desk.shop.variant, layout="unknown_answers")
    code, told = desk.sync()
    assert (code, told["result"]) == (5, "layout_changed")
    kept = desk.folder / "data" / "layout-changed" / "aliexpress.txt"
    bones = kept.read_text("utf-8")
    for order in FEW.orders:
        assert order.title not in bones
        assert order.order_id not in bones
        assert order.seller not in bones
    finding = next(f for f in examine(desk.session(), fix=False) if f.name == "carriers")
    assert not finding.ok
    assert str(kept) in finding.detail
    desk.shop.variant = replace(desk.shop.variant, layout="known")
    assert desk.sync()[0] == 0
    assert not kept.exists()


def test_without_a_network_it_says_so_and_nothing_is_kept_as_changed(desk: Desk) -> None:
    assert desk.sync()[0] == 0
    before = len(desk.shop.requests)
    desk.shop.close()
    code, told = desk.sync()
    assert (code, told["result"], told["pages"]) == (4, "incomplete", 1), (
        "not every order's page waits in vain"
    )
    assert "could not be reached" in str(told["detail"])
    assert len(desk.shop.requests) == before
    assert not (desk.folder / "data" / "layout-changed" / "aliexpress.txt").exists()
