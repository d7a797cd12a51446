"""A day no order can have, stored by an older program: it is named, and nothing of any other order is held up by it."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import NOW, day
from cainiao_server import Cainiao, module
from test_web_pages import Visitor
from watch import Watch

from monitor.adapters.store import Store
from monitor.commands import export
from monitor.session import Session
from monitor.web.server import serving
from scrapers.orders import OWN_WORD, OrderRecord, ShopParcel, ShownDate

GOOD, BROKEN = "8190000000000001", "8190000000000025"
GOOD_NUMBER, NUMBER = "LP00700000000017", "LP00700000000025"
NEVER = ShownDate("protection_end", date.min, "manual", OWN_WORD)


def spoil(store: Store, **days: Any) -> None:
    """What an older program took."""
    parcels = (ShopParcel(NUMBER),)
    store.save([OrderRecord(BROKEN, "manual", "aliexpress", parcels=parcels, **days)], datetime.now(UTC))


@pytest.mark.parametrize(
    ("days", "option"),
    [
        ({"placed_on": date.min}, "--placed"),
        ({"placed_on": day(-30), "shipped_on": date.max}, "--shipped"),
        ({"placed_on": day(-30), "completed_on": date.max}, "--completed"),
        ({"placed_on": day(-30), "dates": (NEVER,)}, "--protection-until"),
    ],
)
def test_all_others_are_watched_and_the_one_is_named_until_it_is_edited(
    tmp_path: Path, days: dict[str, Any], option: str
) -> None:
    now = datetime.now(UTC)
    moving = module(GOOD_NUMBER, (now - timedelta(days=1), "LH_DEPART", "Departed"))
    with Cainiao(**{GOOD_NUMBER: moving}) as cainiao:
        watch = Watch(
            tmp_path, f'[notify]\ndesktop = false\n[carriers.cainiao]\nbase_url = "{cainiao.url}"\n'
        )
        watch.add(GOOD, GOOD_NUMBER, days_left=2)
        with closing(Store(watch.store_path)) as store:
            spoil(store, **days)
        checked = watch.call("check", "--json")
        assert checked.returncode == 0, checked.stderr
        document = json.loads(checked.stdout)
        assert [order["parcels"][0]["condition"] for order in document["orders"]] == ["moving"]
        assert {warning["order_id"] for warning in document["warnings"]} == {GOOD, ""}
        shown = watch.call("status", "--exit-code")
        assert shown.returncode == 10
        assert GOOD[-4:] in shown.stdout
        for said in (checked.stderr, shown.stderr):
            assert said.count("\n") == 1, said
            assert f"Order {BROKEN} is NOT watched" in said
            assert f"`parcelwarden edit {BROKEN} {option} DATE`" in said
        asked = watch.call("show", BROKEN)
        assert (asked.returncode, asked.stderr.count("\n")) == (1, 1)
        assert option in asked.stderr
        assert watch.call("show", GOOD).stderr == ""
        instead = now.date() + timedelta(days=20 if option == "--protection-until" else -1)
        assert watch.call("edit", BROKEN, option, instead.isoformat()).returncode == 0
        mended = watch.call("check", BROKEN, "--json")
        assert (mended.returncode, mended.stderr) == (0, "")
        assert {order["order_id"] for order in json.loads(mended.stdout)["orders"]} == {GOOD, BROKEN}
        assert cainiao.asked[-1] == [NUMBER]


@pytest.fixture
def session(tmp_path: Path) -> Session:
    (tmp_path / "config.toml").write_text("[notify]\ndesktop = false\n")
    session = Session(tmp_path / "config.toml", tmp_path / "data", clock=lambda: NOW)
    for order_id in (GOOD, BROKEN):
        ends = ShownDate("protection_end", day(9), "manual", OWN_WORD)
        session.store.save([OrderRecord(order_id, "manual", placed_on=day(-20), dates=(ends,))], NOW)
    return session


def test_its_days_stay_in_the_calendar_that_has_them(session: Session) -> None:
    before = export.calendar(session)
    spoil(session.store, placed_on=date.min)
    assert sorted(export.calendar(session).splitlines()) == sorted(before.splitlines())
    assert b"CANCELLED" not in before


def test_the_page_shows_all_others_and_lets_it_be_corrected(session: Session) -> None:
    spoil(session.store, placed_on=date.min)
    with serving(session) as served:
        user = Visitor(served)
        _, front = user.get("/")
        assert f"Order {BROKEN} is NOT watched" in front
        assert f"/orders/{GOOD}" in front
        status, told = user.get(f"/orders/{BROKEN}")
        assert (status, "NOT watched" in told) == (409, True)
        assert 'value="0001-01-01"' in user.get(f"/edit/{BROKEN}")[1]
        assert user.post(f"/edit/{BROKEN}", placed_on=day(-20).isoformat())[0] == 303
        assert "NOT watched" not in user.get("/")[1]
