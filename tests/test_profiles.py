"""Shops and payers as data: what ships, what each grants, the user's own, and words for what is wrong with one."""

from __future__ import annotations

import contextlib
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from builders import NOW, day, leg, order, parcel, scan, shown
from hypothesis import given
from hypothesis import strategies as st

from monitor import config
from monitor.model import Case, Order
from monitor.rules.policy import Policy
from monitor.rules.verdict import Verdict, judge
from scrapers.marketplaces.profiles import REASONS, WITH_FORMS, Profiles, shipped
from scrapers.marketplaces.profiles.reading import BadProfile, read

BERLIN = ZoneInfo("Europe/Berlin")
MOVING = parcel(
    leg(scan(24, "InTransit", "InTransit_002", "accepted"), scan(1, "InTransit", "InTransit_003", "origin"))
)
DELIVERED = parcel(leg(scan(24, "InTransit", "InTransit_002", "accepted"), scan(2, "Delivered")))
OWN = """
name = "Corner Shop"
entry = "https://corner.example/orders/{order_id}"
way = "“Help”"

[[windows]]
kind = "protection_end"
event = "placed"
days = 45
confidence = "high"
"""


def verdict(one: Order, policy: Policy = Policy()) -> Verdict:  # noqa: B008 - frozen
    return judge(one, policy, NOW, BERLIN)


def days(one: Order) -> dict[str, tuple[object, str]]:
    return {d.kind: (d.last_safe_day, d.confidence) for d in verdict(one).deadlines}


def at(shop: str, *parcels: Any, **more: Any) -> Order:
    return order(*parcels, marketplace=shop, **more)


def test_the_ids_of_reasons_are_those_of_the_labels() -> None:
    labels = files("scrapers.marketplaces.aliexpress").joinpath("labels.toml").read_text("utf-8")
    assert set(REASONS) == set(tomllib.loads(labels)["en"]["reasons"])


@pytest.mark.parametrize("profile", shipped().by_id.values(), ids=lambda p: p.id)
def test_every_shipped_profile_says_where_to_go_and_what_holds(profile: Any) -> None:
    assert profile.windows
    assert profile.way
    assert profile.entry or profile.id == "card"
    assert profile.reasons or profile.id in WITH_FORMS  # there the form's labels hold them


EXPECTED = [shown("expected", 5)]


@pytest.mark.parametrize(
    ("one", "kind", "offset", "confidence"),
    [
        (at("ebay", dates=EXPECTED), "protection_end", 35, "medium"),
        (at("ebay"), "protection_end", 0, "low"),
        (at("ebay", DELIVERED), "faulty_window", 28, "medium"),
        (at("amazon", dates=EXPECTED), "protection_end", 95, "medium"),
        (at("amazon", dates=EXPECTED), "opens_on", 8, "medium"),
        (at("amazon.de"), "protection_end", 60, "low"),
        (at("temu"), "protection_end", 60, "medium"),
        (at("temu", DELIVERED), "free_return", 60, "medium"),
        (at("etsy", dates=EXPECTED), "protection_end", 105, "medium"),
        (at("corner", payment_method="PayPal", paid_on=day(-20)), "paypal_dispute", 160, "high"),
        (at("ebay", payment_method="Mastercard"), "card_chargeback", 90, "medium"),
    ],
)
def test_what_each_shop_grants(one: Order, kind: str, offset: int, confidence: str) -> None:
    assert days(one)[kind] == (day(offset), confidence)


def test_a_shown_date_comes_before_the_rules_of_any_shop() -> None:
    assert days(at("ebay", dates=[*EXPECTED, shown("protection_end", 9)]))["protection_end"] == (
        day(8),
        "high",
    )


def test_the_earliest_estimate_of_the_delivery_counts() -> None:
    dates = [shown("expected", 5), shown("expected", 3, place="tracking page")]
    assert days(at("ebay", dates=dates))["protection_end"][0] == day(33)


def test_a_payment_without_a_shop_has_its_payer() -> None:
    assert days(at("paypal", payment_method="PayPal", paid_on=day(-20)))["paypal_dispute"][0] == day(160)


@pytest.mark.parametrize("state", ["shipped", "completed", None])
def test_of_an_unknown_shop_only_what_dates_say_holds(state: Any) -> None:
    assert days(at("corner", DELIVERED, order_state=state, completed_on=day(-1))) == {}
    assert set(days(at("corner", MOVING, dates=[shown("protection_end", 9)]))) == {"protection_end"}


def test_of_an_unknown_shop_nobody_is_told_that_all_is_over() -> None:
    one = at("corner", DELIVERED, order_state="completed", completed_on=day(-90), placed_on=day(-120))
    assert verdict(one).advice.situation == "completed_unknown"


def test_the_completion_of_an_order_ends_no_protection_where_the_shop_has_no_window_for_it() -> None:
    one = at("ebay", MOVING, dates=EXPECTED, order_state="completed", completed_on=day(-1))
    assert days(one)["protection_end"][0] == day(35)
    assert verdict(one).advice.action == "open_dispute"


def test_the_advice_leads_to_the_shop_s_own_page_and_words() -> None:
    advice = verdict(at("ebay", MOVING, dates=[shown("protection_end", 2)])).advice
    assert advice.action == "open_dispute"
    assert advice.entry == "https://www.ebay.com/mye/myebay/purchase"
    assert advice.entry in advice.text
    assert "“Item not received”" in advice.text
    assert "AliExpress" not in advice.text


def test_the_shop_of_a_case_is_named() -> None:
    case = Case("1", "", "platform_review", None, "", None, "", NOW)
    assert verdict(at("etsy", MOVING, cases=(case,))).advice.text.startswith("Etsy decides.")


def test_who_paid_is_named_with_the_page_where_to_ask() -> None:
    over = at("aliexpress", MOVING, dates=[shown("protection_end", -20)], payment_method="PayPal")
    advice = verdict(over).advice
    assert (advice.action, advice.entry) == ("claim_from_payer", "https://www.paypal.com/disputes/")
    assert "AliExpress's chat" in advice.text


def test_aliexpress_s_own_page_is_that_of_the_order() -> None:
    advice = verdict(order(MOVING, dates=[shown("protection_end", 2)])).advice
    assert advice.entry.endswith("orderId=8190000000000017")


def test_the_user_s_own_file_beside_the_config_counts(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("", "utf-8")
    (tmp_path / "marketplaces").mkdir()
    (tmp_path / "marketplaces" / "corner.toml").write_text(OWN, "utf-8")
    policy = config.load(tmp_path / "config.toml").policy
    v = verdict(at("corner", MOVING, placed_on=day(-44)), policy)
    assert [(d.kind, d.last_safe_day, d.confidence) for d in v.deadlines] == [
        ("protection_end", day(1), "high")
    ]
    assert v.advice.entry == "https://corner.example/orders/8190000000000017"
    assert set(shipped().by_id) < set(policy.profiles.by_id)


def test_the_user_s_own_file_takes_the_place_of_a_shipped_one() -> None:
    own = shipped().with_own([read(OWN, "ebay")])
    assert own.shop("eBay").name == "Corner Shop"
    assert shipped().shop("ebay").name == "eBay"


def test_a_wrong_file_is_named_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "marketplaces").mkdir()
    (tmp_path / "config.toml").write_text("", "utf-8")
    wrong = tmp_path / "marketplaces" / "corner.toml"
    wrong.write_bytes(b"name = 'x'\nzoen = 'UTC'\n")
    with pytest.raises(config.ConfigError, match="the key 'zoen' is not known; did you mean zone") as told:
        config.load(tmp_path / "config.toml")
    assert str(told.value).startswith(str(wrong))
    wrong.write_bytes(b"\xff\xfe")
    with pytest.raises(config.ConfigError, match="not UTF-8"):
        config.load(tmp_path / "config.toml")


WINDOW = '[[windows]]\nkind = "protection_end"\nevent = "placed"\ndays = 45\nconfidence = "high"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "name is missing"),
        ("name = 3", "name must be one line of text"),
        ("name = [", "not valid TOML"),
        (f"name = {'9' * 5000}", "not valid TOML"),
        ('name = "x"\nwindows = 3', "windows must be written as [[windows]]"),
        ('name = "x"\nentry = "corner.example"', "entry must be an http(s) address"),
        ('name = "x"\nentry = "https://corner.example/{id}"', "{order_id}"),
        ('name = "x"\nzone = "Europe/Berln"', "did you mean Europe/Berlin?"),
        ('name = "x"\nnotes = "one"', "notes must be a list of texts"),
        ('name = "x"\n[reasons]\nnot_recieved = "y"', "did you mean not_received?"),
        (WINDOW.replace("placed", "plased"), "window 1: event 'plased' is not known; did you mean placed?"),
        (WINDOW.replace("protection_end", "protection"), "did you mean protection_end?"),
        (WINDOW.replace('"high"', '"sure"'), "window 1: confidence 'sure' is not known"),
        (WINDOW.replace("days = 45", "days = 45.5"), "window 1: days must be a whole number"),
        (WINDOW.replace("days = 45", "days = -1"), "window 1: days must be a whole number"),
        (WINDOW.replace("days = 45", "days = 45\nbusiness_days = 2"), "either days or business_days"),
        (WINDOW.replace("days = 45", ""), "either days or business_days"),
        (WINDOW.replace("kind", "knid"), "did you mean kind?"),
        (
            'name = "x"\npayment = ["x"]\n' + WINDOW,
            "window 1: kind 'protection_end' is not known; there are: paypal_",
        ),
        (WINDOW + 'states = ["shiped"]', "did you mean shipped?"),
        (WINDOW + 'countries = ["Germany"]', "two capital letters"),
    ],
)
def test_what_is_wrong_with_a_profile_is_one_clear_sentence(text: str, said: str) -> None:
    whole = text if text.startswith(("name", "[reasons]")) or not text else f'name = "x"\n{text}'
    with pytest.raises(BadProfile) as told:
        read(whole, "corner")
    assert said in str(told.value)
    assert "\n" not in str(told.value)


@given(st.text(max_size=300), st.text(max_size=20))
def test_any_text_is_a_profile_or_said_to_be_none(text: str, name: str) -> None:
    for content, profile_id in ((text, "corner"), (OWN, name), (f"name = 'x'\n{text}", "corner")):
        with contextlib.suppress(BadProfile):
            assert read(content, profile_id).name


@pytest.mark.parametrize("key", ["zone", "entry", "way", "payment", "notes", "reasons", "windows"])
@pytest.mark.parametrize(
    "value", ["[]", "{}", "1", "true", "''", "[1]", "[{}]", "[{kind = 1}]", "1979-05-27"]
)
def test_any_value_of_any_key_is_taken_or_refused_in_words(key: str, value: str) -> None:
    with contextlib.suppress(BadProfile):
        assert read(f"name = 'x'\n{key} = {value}", "corner").name == "x"


def test_the_shop_is_asked_first_then_who_paid() -> None:
    profiles: Profiles = shipped()
    assert [p.id for p in profiles.parties("ebay", "Visa, Google Pay")] == ["ebay", "card"]
    assert [p.id for p in profiles.parties("paypal", "PayPal")] == ["paypal"]
    assert [p.id for p in profiles.parties("aliexpress", "")] == ["aliexpress"]
