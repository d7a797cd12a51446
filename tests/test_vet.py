"""`vet`: the signs of a product page, read in a real browser and judged by a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.shop.offers import PRODUCTS
from fixtures.shop.server import start_shop
from fixtures.shop.variant import Variant
from fixtures.world import load
from monitor.adapters.display import Display
from monitor.commands import BadValue
from monitor.commands.vetting import vet as command
from monitor.rules.vetting import signs, summary
from monitor.session import Session
from monitor.vetting import Bar, vet
from scrapers.marketplaces.aliexpress.product import Offer, ShippingMethod, read_offer
from scrapers.shape import LayoutChanged

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
GOOD = Offer(
    Decimal("98.6"), 5400, Decimal("4.9"), 870, (ShippingMethod("Example Standard", True),), (), True
)
PRODUCT = {offer: product_id for product_id, offer in PRODUCTS.items()}


def results(offer: Offer) -> dict[str, str]:
    return {sign.name: sign.result for sign in signs(offer)}


@pytest.mark.parametrize(
    ("changed", "sign", "result"),
    [
        ({"feedback": Decimal("94.9")}, "seller's good ratings", "warning"),
        ({"feedback": Decimal(95)}, "seller's good ratings", "no_warning"),
        ({"feedback": None}, "seller's good ratings", "not_shown"),
        ({"rating": Decimal("4.6")}, "item's rating", "warning"),
        ({"rating": Decimal("4.7")}, "item's rating", "no_warning"),
        ({"rating": None}, "item's rating", "not_shown"),
        (
            {"shipping": (ShippingMethod("A", False), ShippingMethod("B", True))},
            "tracked shipping",
            "no_warning",
        ),
        ({"shipping": (ShippingMethod("A", False),)}, "tracked shipping", "warning"),
        (
            {"shipping": (ShippingMethod("A", False), ShippingMethod("B", None))},
            "tracked shipping",
            "not_shown",
        ),
        ({"shipping": ()}, "tracked shipping", "not_shown"),
        ({"beside": ("whatsapp",)}, "payment beside the shop", "warning"),
        ({"description_read": False}, "payment beside the shop", "not_shown"),
    ],
)
def test_each_sign_by_itself(changed: dict[str, object], sign: str, result: str) -> None:
    offer = replace(GOOD, **changed)  # type: ignore[arg-type]
    assert results(offer) == {**results(GOOD), sign: result}
    for one in signs(offer):
        assert one.threshold
        assert one.source


def test_the_signs_in_one_sentence() -> None:
    assert summary(signs(GOOD)).startswith("None of the signs that could be read warns")
    assert "could not be read" not in summary(signs(GOOD))
    assert summary(signs(replace(GOOD, rating=None))).endswith(" 1 could not be read from the page.")
    assert [sign.found for sign in signs(GOOD)][:2] == ["98.6 % of 5400 ratings", "4.9 of 5 of 870 ratings"]
    assert signs(GOOD)[3].found == "nothing of the kind in the description"
    assert signs(replace(GOOD, description_read=False))[3].found == ""
    assert signs(replace(GOOD, feedback_count=None))[0].found == "98.6 %"
    bad = signs(replace(GOOD, feedback=Decimal(94), beside=("whatsapp",)))
    assert summary(bad) == "2 of 4 signs warn: seller's good ratings, payment beside the shop."


def test_no_offer_is_called_safe() -> None:
    assert set(results(GOOD).values()) == {"no_warning"}
    for offer in (GOOD, replace(GOOD, rating=None)):
        words = summary(signs(offer)) + " ".join(sign.found + sign.threshold for sign in signs(offer))
        assert "safe" not in words.casefold()


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("Pay by WeChat", ("wechat",)),
        ("We take PayPal", ()),
        ("stelegrams", ()),
        ("Per Überweisung", ("überweisung",)),
    ],
)
def test_payment_beside_the_shop_is_told_from_the_shops_own(written: str, found: tuple[str, ...]) -> None:
    html = f'<p>WhatsApp</p><div id="product-description">{written}</div>'
    assert read_offer({"data": {"result": {"PC_RATING": {}}}}, html).beside == found


json_like = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["SHOP_CARD_PC", "PC_RATING", "SHIPPING", "rating", "sellerPositiveRate", "bizData", "tracking",
                         "originalLayoutResultList", "company"]), inner, max_size=4),
)  # fmt: skip


@given(json_like, st.text(max_size=60))
def test_whatever_the_answer_is_it_is_read_or_called_unlike(result: object, html: str) -> None:
    try:
        offer = read_offer({"data": {"result": result}}, html)
    except LayoutChanged:
        return
    assert len(signs(offer)) == 4


@pytest.mark.usefixtures("one_browser")
@pytest.mark.browser
@pytest.mark.parametrize(
    ("offer", "face", "expected"),
    [
        ("plain", {}, {"no_warning"}),
        ("poor", {"language": "de"}, {"warning"}),
        ("silent", {}, {"not_shown"}),
        ("plain", {"bot_check": "product"}, "bot_check"),
        ("plain", {"bot_check": "product", "bot_check_as": "dialog"}, "bot_check"),
        ("plain", {"login_required": True}, "login_needed"),
    ],
)
def test_a_page_is_read_along_and_nothing_is_pressed(
    offer: str, face: dict[str, object], expected: set[str] | Bar, browser_executable: Path, display: Display,
    tmp_path: Path,
) -> None:  # fmt: skip
    variant = replace(Variant(seed=5), **face)  # type: ignore[arg-type]
    with start_shop(load("demo", NOW), variant=variant) as running:
        found = vet(
            f"{running.url}/item/{PRODUCT[offer]}.html", executable=browser_executable,
            profile=tmp_path / "profile", env=display.env, patience=6, wait=False, say=lambda _: None,
        )  # fmt: skip
        assert running.writes == []
    assert (set(results(found).values()) if isinstance(found, Offer) else found) == expected


@pytest.mark.browser
def test_a_shop_nobody_reaches_is_not_called_an_unlike_page(
    browser_executable: Path, display: Display, tmp_path: Path
) -> None:
    with start_shop(load("demo", NOW)) as running:
        gone = running.url
    found = vet(
        f"{gone}/item/{PRODUCT['plain']}.html", executable=browser_executable, profile=tmp_path / "profile",
        env=display.env, patience=6, wait=False, say=lambda _: None,
    )  # fmt: skip
    assert found == "unreachable"


@pytest.mark.parametrize(
    "url",
    ["https://example.com/item/1005000000000101.html", "https://www.aliexpress.com/p/order/index.html",
     "https://www.aliexpress.com.example.net/item/1005000000000101.html", "lamp"],
)  # fmt: skip
def test_only_product_pages_of_the_shop_are_opened(url: str, tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="no product page"):
        command(Session(None, tmp_path), url, as_json=False)
