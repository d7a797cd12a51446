"""The faces of the pretend shop in pairs: every two of its ways meet in some row, and each row ends as it must.

A few rows stand for all; EVERY_PAGE=1 takes every one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from allpairspy import AllPairs
from sampling import sampled
from shelf import Shelf

from fixtures.shop import wording
from fixtures.shop.server import start_shop
from fixtures.shop.variant import Variant
from fixtures.world import World, load
from monitor.adapters import browser
from monitor.adapters.display import Display
from monitor.adapters.store import Store
from monitor.disputes import DisputeForm, ShopSite, lay_form
from monitor.reading import read_shop
from monitor.visiting import Shop as Site

pytestmark = pytest.mark.browser

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ONE_LINE, TWO_LINES, COMPLETED = "8190313100290020", "8190313300070020", "8190306000000020"
TEXT = "I did not receive this item. The tracking has shown no movement for a month. Please refund the full amount."
FEW = 3

FORMS = {
    "language": wording.LANGUAGES,
    "controls": ("comet", "radio", "checkbox", "aria", "native"),
    "menu": ("body", "form"),
    "steps": (1, 2),
    "tab": ("new", "same"),
    "received": ("modal", "page"),
    "editor": ("textarea", "rich"),
    "amount": ("none", "full", "empty"),
    "calls": ("jsonp", "json"),
    "submit_dialog": (False, True),
    "cookie_banner": (False, True),
    "slow": (0.0, 0.4),
    "items": (1, 2),
    "goods_came": (False, True),
    "in_the_way": ("", "", "login_lost", "bot_page", "bot_dialog", "refused", "ship_to"),
}
READINGS = {
    "language": wording.LANGUAGES,
    "calls": ("jsonp", "json"),
    "list_labels": ("new", "old"),
    "cookie_banner": (False, True),
    "ship_to": (False, True),
    "slow": (0.0, 0.4),
    "case": (
        "opened",
        "waiting_seller",
        "waiting_buyer",
        "platform_review",
        "return_agreed",
        "refunded",
        "closed",
    ),
    "in_the_way": (
        "",
        "",
        "login_lost:detail",
        "login_lost:refunds",
        "bot_page:detail",
        "bot_dialog:tracking",
    ),
}


def rows(ways: Mapping[str, Sequence[object]]) -> list[dict[str, Any]]:
    """All pairs, or a few of the rows, spread over them."""
    pairs = AllPairs([list(dict.fromkeys(way)) for way in ways.values()])
    every = [dict(zip(ways, row, strict=True)) for row in pairs]
    return sampled(every, -(-len(every) // FEW))


def named(row: Mapping[str, object]) -> str:
    return "-".join(str(value) for value in row.values() if value not in ("", False))


def face(row: Mapping[str, Any], **more: object) -> Variant:
    known = {name: value for name, value in row.items() if name in Variant.__dataclass_fields__}
    return Variant(**{**known, **more})  # no seed: class names and block keys are new with every start


@pytest.mark.usefixtures("one_browser")
@pytest.mark.parametrize("row", rows(FORMS), ids=named)
def test_a_form_is_filled_or_says_what_bars_it(
    row: dict[str, Any], browser_executable: Path, display: Display, tmp_path: Path
) -> None:
    words = wording.words(row["language"])
    barred: dict[str, tuple[dict[str, object], str]] = {
        "": ({}, "filled"),
        "login_lost": ({"login_lost": "form"}, "login_needed"),
        "bot_page": ({"bot_check": "form"}, "bot_check"),
        "bot_dialog": ({"bot_check": "form", "bot_check_as": "dialog"}, "bot_check"),
        "refused": ({"refusal": words["shipped_already"]}, "refused"),
        "ship_to": ({"ship_to": True}, "layout_changed"),
    }
    more, result = barred[row["in_the_way"]]
    came = row["goods_came"]
    form = DisputeForm(
        TWO_LINES if row["items"] == 2 else ONE_LINE,
        received=came,
        reason="quality" if came else "not_received_in_transit",
        text=TEXT,
        line_id="2" if row["items"] == 2 else "",
        amount=Decimal("1.50") if row["amount"] != "none" else None,
    )
    with start_shop(load("demo", NOW), variant=face(row, **more)) as shop:
        laid = lay_form(
            form, site=ShopSite(shop.url, patience=10), executable=browser_executable, profile=tmp_path / "profile",
            keep_in=tmp_path / "kept", wait=False, say=lambda _: None, notify=lambda _: None, now=NOW, env=display.env,
        )  # fmt: skip
        assert (shop.writes, shop.uploads) == ([], [])
    assert laid.result == result, laid.detail
    if result == "refused":
        assert laid.refusal == words["shipped_already"]
    if result == "layout_changed":
        assert "lies over" in laid.detail
    if result == "filled":
        shown = {field.name: (field.value, field.ok) for field in laid.fields}
        reason = words["received"]["quality"] if came else words["not_received"]["in_transit"]
        assert shown["reason"] == (reason, True)
        assert shown["solution"] == (words["refund_only"], True)
        assert shown["text"] == (TEXT, True)
        if row["amount"] != "none":
            assert shown["amount"][1]
            assert shown["amount"][0].replace(",", ".") == "1.50"


def world(case: str) -> World:
    """One order on its way, one completed, one with a dispute in this state."""
    demo = load("demo", NOW)
    disputed = next(order for order in demo.orders if order.case)
    assert disputed.case
    others = [
        next(order for order in demo.orders if order.order_id == ONE_LINE),
        next(order for order in demo.orders if order.state == "completed" and not order.case),
    ]
    return replace(demo, orders=(*others, replace(disputed, case=replace(disputed.case, state=case))))


@pytest.mark.usefixtures("one_browser")
@pytest.mark.parametrize("row", rows(READINGS), ids=named)
def test_orders_are_read_or_the_user_is_told_what_bars_it(
    row: dict[str, Any], browser_executable: Path, display: Display, tmp_path: Path
) -> None:
    bar, _, step = row["in_the_way"].partition(":")
    barred: dict[str, tuple[dict[str, object], str]] = {
        "": ({}, "done"),
        "login_lost": ({"login_lost": step}, "login_needed"),
        "bot_page": ({"bot_check": step}, "bot_check"),
        "bot_dialog": ({"bot_check": step, "bot_check_as": "dialog"}, "bot_check"),
    }
    more, result = barred[bar]
    shelf = Shelf(Store(tmp_path / "store.sqlite3"))
    told = world(row["case"])
    with start_shop(told, variant=face(row, **more)) as shop:
        reading = read_shop(
            shelf, Site(shop.url, patience=10, pause=lambda: 0), executable=browser_executable,
            profile=tmp_path / "profile", env=display.env, today=NOW.date(), say=lambda _: None,
        )  # fmt: skip
        assert shop.writes == []
    assert reading.result == result, reading
    assert result != "done" or reading.problems == ()
    for order in told.orders:
        stored = shelf.order(order.order_id)
        assert (stored.order_state, stored.placed_on, stored.amount) == (
            order.state,
            order.placed_on,
            order.amount,
        )
        assert [case.state for case in stored.cases] == ([order.case.state] if order.case else [])


@pytest.mark.usefixtures("one_browser")
def test_what_the_shop_lays_over_its_page_is_the_users_to_put_away(
    browser_executable: Path, display: Display, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits, said = browser.pause, []

    def user(context: browser.Browser, milliseconds: float) -> None:
        """Saves country and language once the program has said that the dialog lies over the page."""
        if any("lies over" in line for line in said) and (
            save := context.pages[-1].query_selector(".comet-v2-modal button")
        ):
            save.click()
        waits(context, milliseconds)

    monkeypatch.setattr(browser, "pause", user)
    monkeypatch.setattr(browser, "until_closed", lambda *_: None)
    form = DisputeForm(ONE_LINE, received=False, reason="not_received_in_transit", text=TEXT)
    with start_shop(load("demo", NOW), variant=Variant(ship_to=True, language="fr")) as shop:
        laid = lay_form(
            form, site=ShopSite(shop.url, patience=10), executable=browser_executable, profile=tmp_path / "profile",
            keep_in=tmp_path / "kept", wait=True, say=said.append, notify=lambda _: None, now=NOW, env=display.env,
        )  # fmt: skip
        assert shop.writes == []
    assert laid.result == "filled", laid.detail
