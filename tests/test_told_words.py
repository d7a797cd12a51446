"""A language nobody here has seen: the page's own answer tells what the way to the form is called."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from fixtures.shop import wording
from fixtures.shop.answers import Answers, wrap
from fixtures.shop.server import start_shop
from fixtures.shop.variant import Variant
from fixtures.world import load
from monitor.adapters.display import Display
from monitor.disputes import DisputeForm, ShopSite, lay_form
from scrapers.marketplaces.aliexpress import dispute

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ORDER = "8190313100290020"
GREEK = {
    "returns_refunds": "Επιστροφές/επιστροφές χρημάτων", "received_question": "Παραλάβατε το δέμα σας;",
    "yes": "Ναι", "no": "Όχι",
}  # fmt: skip


@pytest.fixture
def greek(monkeypatch: pytest.MonkeyPatch) -> None:
    english = wording.words("en")
    monkeypatch.setattr(wording, "words", lambda _: {**english, **GREEK})


def answer(**changed: str) -> dict[str, object]:
    world = load("demo", NOW)
    order = world.order(ORDER)
    assert order is not None
    told = wrap("detail", Answers(Variant(seed=5), 5).order_detail(world, order))
    for block in told["data"]["data"].values():  # type: ignore[index]
        for line in block["fields"].get("productVOList", []):
            for button in line["buttonVOS"]:
                if button["type"] == "OPEN_DISPUTE":
                    button["extMap"]["okButton"].update(changed)
    return told


@pytest.mark.usefixtures("greek")
def test_the_words_of_the_answer_lead_to_the_form() -> None:
    told = dispute.told_by(answer())
    question = (GREEK["received_question"],)
    assert not dispute.is_opener(GREEK["no"], question, "no")
    assert dispute.is_opener(GREEK["returns_refunds"], (), "returns", told)
    assert dispute.is_opener(GREEK["no"], question, "no", told)
    assert dispute.is_opener(GREEK["yes"], question, "yes", told)
    assert not dispute.is_opener(GREEK["no"], question, "yes", told)
    assert not dispute.is_opener(GREEK["no"], ("Confirm the receipt of your order?",), "no", told)
    assert not dispute.is_opener(GREEK["no"], (), "no", told)


@pytest.mark.usefixtures("greek")
def test_answers_that_lead_elsewhere_are_not_believed() -> None:
    told = dispute.told_by(answer(href="https://www.aliexpress.com/p/order/confirm.html"))
    assert (told.yes, told.no, told.question) == (frozenset(), frozenset(), frozenset())


def test_an_answer_cannot_make_an_opener_of_a_button_that_acts() -> None:
    told = dispute.Told(*(frozenset({"confirm received"}) for _ in range(4)))
    assert not dispute.is_opener("Confirm received", (), "returns", told)
    assert not dispute.is_opener("Confirm received", ("confirm received",), "yes", told)


@pytest.mark.usefixtures("one_browser")
@pytest.mark.browser
@pytest.mark.usefixtures("greek")
def test_the_form_is_reached_and_filled_behind_words_never_seen(
    browser_executable: Path, display: Display, tmp_path: Path
) -> None:
    form = DisputeForm(ORDER, received=False, reason="not_received_in_transit", text="It did not come.")
    with start_shop(load("demo", NOW), variant=Variant()) as shop:
        laid = lay_form(
            form, site=ShopSite(shop.url, patience=10), executable=browser_executable, profile=tmp_path / "profile",
            keep_in=tmp_path / "kept", wait=False, say=lambda _: None, notify=lambda _: None, now=NOW, env=display.env,
        )  # fmt: skip
        assert shop.writes == []
    assert laid.result == "filled", laid.detail
