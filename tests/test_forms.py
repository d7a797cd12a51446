"""Every further form on the pretend shop, in a real browser with a window: filled, and not one write."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest
from PIL import Image
from sampling import sampled
from test_disputes import TEXT, Desk, desk, no_guard, shop, values  # noqa: F401 - fixtures

from monitor.disputes import DisputeForm

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("one_driver")]

SHIPPED, PROCESSING, IN_CASE = "8190313100290020", "8190313600330020", "8190309500350020"
RECEIVED = DisputeForm(SHIPPED, received=True, reason="damaged", text=TEXT)
CANCEL = DisputeForm(PROCESSING, received=False, reason="no_longer_wanted", text="", kind="cancel")
EVIDENCE = DisputeForm(IN_CASE, received=False, reason="", text=TEXT, kind="evidence")
DISAGREE = replace(EVIDENCE, kind="disagree")
RETURN = replace(EVIDENCE, kind="return", text="LB123456785DE")

CLOTHES: tuple[dict[str, object], ...] = ({}, {"controls": "radio"}, {"controls": "native"})


def picture(folder: Path) -> Path:
    photo = folder / "one.png"
    Image.new("RGB", (64, 48), (200, 40, 40)).save(photo)
    return photo


@pytest.mark.usefixtures("one_browser")
@pytest.mark.parametrize(("reason", "solution", "face", "shown"), sampled([
    ("quality", "refund_only", {}, "Quality problem"),
    ("not_as_described", "return_and_refund", {"controls": "radio", "tab": "same"}, "Item differs from the description"),
    ("not_working", "refund_only", {"controls": "native", "amount": "full"}, "Item doesn't work"),
    ("damaged", "return_and_refund", {"language": "de"}, "Artikel beschädigt angekommen"),
    ("wrong_item", "refund_only", {"controls": "radio", "received": "page"}, "Wrong item received"),
    ("quantity_shortage", "refund_only", {"language": "de", "controls": "native"}, "Falsche Menge oder fehlende Teile"),
    ("empty_parcel", "refund_only", {"language": "de", "controls": "radio", "steps": 1}, "Leeres Paket"),
    ("counterfeit", "return_and_refund", {"controls": "aria"}, "Item seems counterfeit"),
    ("no_longer_wanted", "return_and_refund", {"menu": "form"}, "Changed my mind"),
], 2))  # fmt: skip
def test_goods_that_came_and_are_wrong(
    desk: Desk,  # noqa: F811
    reason: str,
    solution: str,
    face: dict[str, object],
    shown: str,
) -> None:
    with shop(**face) as running:
        result = desk.lay(running.url, replace(RECEIVED, reason=reason, solution=solution))
    assert result.result == "filled", result.detail
    assert values(result)["reason"] == (shown, True)
    meant = {
        "refund_only": ("Refund only", "Nur Rückerstattung"),
        "return_and_refund": ("Return & refund", "Rückgabe und Rückerstattung"),
    }[solution]
    assert values(result)["solution"] == (meant["language" in face], True)
    assert values(result)["text"] == (TEXT, True)
    assert running.writes == []


@pytest.mark.usefixtures("one_browser")
@pytest.mark.parametrize(("language", "clothes"), sampled([*product(("en", "de"), CLOTHES)], 2))
def test_an_order_not_yet_shipped_is_ready_to_be_cancelled(
    desk: Desk,  # noqa: F811
    clothes: dict[str, object],
    language: str,
) -> None:
    with shop(language=language, **clothes) as running:
        result = desk.lay(running.url, CANCEL)
        order = running.world.order(PROCESSING)
    assert result.result == "filled", result.detail
    expected = (
        "I no longer need this product" if language == "en" else "Ich brauche dieses Produkt nicht mehr"
    )
    assert values(result) == {"reason": (expected, True)}
    assert running.writes == []
    assert not any(
        asked.path == "/p/order/detail.html" for asked in running.requests
    )  # no button leads there
    assert order is not None
    assert order.state == "processing"


@pytest.mark.usefixtures("one_browser")
@pytest.mark.parametrize(
    ("language", "words"), [("en", "can't be canceled"), ("de", "nicht storniert werden")]
)
def test_an_order_the_courier_has_is_not_cancelled_and_the_shop_says_so(
    desk: Desk,  # noqa: F811
    language: str,
    words: str,
) -> None:
    with shop(language=language) as running:
        result = desk.lay(running.url, replace(CANCEL, order_id=SHIPPED))
    assert result.result == "refused"
    assert words in result.refusal
    assert running.writes == []


@pytest.mark.usefixtures("one_browser")
@pytest.mark.parametrize(("language", "clothes"), sampled([*product(("en", "de"), CLOTHES)], 2))
def test_a_solution_is_turned_down_with_words_and_photos_and_not_sent(
    desk: Desk,  # noqa: F811
    clothes: dict[str, object],
    language: str,
) -> None:
    with shop(language=language, **clothes) as running:
        result = desk.lay(running.url, replace(DISAGREE, photos=(picture(desk.folder),)))
    assert result.result == "filled", result.detail
    answer, ticked = values(result)["answer"]
    assert ticked
    assert ("don't agree" if language == "en" else "nicht einverstanden") in answer
    assert values(result)["text"] == (TEXT, True)
    assert values(result)["photos"] == ("1 of 1", True)
    assert len(running.uploads) == 1
    assert running.writes == []


@pytest.mark.usefixtures("one_browser")
def test_evidence_is_added_to_a_case_and_nothing_is_answered(desk: Desk) -> None:  # noqa: F811
    with shop() as running:
        result = desk.lay(running.url, replace(EVIDENCE, photos=(picture(desk.folder),)))
    assert result.result == "filled", result.detail
    assert set(values(result)) == {"text", "photos"}
    assert all(field.ok for field in result.fields)
    assert running.writes == []


@pytest.mark.usefixtures("one_browser")
@pytest.mark.parametrize("language", sampled(["ko", "en", "ru"], 3))
def test_the_number_of_a_return_is_filled_in_and_not_sent(desk: Desk, language: str) -> None:  # noqa: F811
    with shop(language=language) as running:
        order = running.world.order(IN_CASE)
        assert order is not None
        assert order.case is not None
        running.world = running.world.with_order(
            replace(order, case=replace(order.case, state="return_agreed"))
        )
        result = desk.lay(running.url, RETURN)
    assert result.result == "filled", result.detail
    assert values(result) == {"number": ("LB123456785DE", True)}
    assert running.writes == []


@pytest.mark.usefixtures("one_browser")
def test_an_order_without_a_case_has_nothing_to_add_to(desk: Desk) -> None:  # noqa: F811
    with shop() as running:
        result = desk.lay(running.url, replace(EVIDENCE, order_id=SHIPPED))
    assert result.result == "layout_changed"
    assert "no case of this order" in result.detail
    assert running.writes == []


@pytest.mark.usefixtures("one_browser")
@pytest.mark.parametrize("form", [CANCEL, EVIDENCE, DISAGREE], ids=lambda form: form.kind)
@pytest.mark.parametrize(("face", "expected"), [
    ({"login_required": True}, "login_needed"), ({"bot_check": "refunds"}, "bot_check"), ({"bot_check": "cancel"}, "bot_check"),
])  # fmt: skip
def test_what_bars_the_way_to_them_is_named(
    desk: Desk,  # noqa: F811
    form: DisputeForm,
    face: dict[str, object],
    expected: str,
) -> None:
    mine = "cancel" if form.kind == "cancel" else "refunds"
    if face.get("bot_check", mine) != mine:
        return
    with shop(**face) as running:
        result = desk.lay(running.url, form)
    assert result.result == expected
    assert running.writes == []


@pytest.mark.parametrize(("form", "trap"), sampled([
    *((CANCEL, trap) for trap in ("option_is_submit", "change_submits", "timer_submits", "overlay_moves", "leave_writes")),
    *((DISAGREE, trap) for trap in ("focus_submits", "input_submits", "blur_submits", "timer_submits", "overlay_moves", "opener_writes")),
], 3))  # fmt: skip
def test_no_trap_on_them_sends_anything(desk: Desk, form: DisputeForm, trap: str) -> None:  # noqa: F811
    with shop(traps=(trap,)) as running:
        desk.lay(running.url, form)
    assert running.writes == []


@pytest.mark.usefixtures("no_guard")
@pytest.mark.parametrize("form", [CANCEL, DISAGREE], ids=lambda form: form.kind)
def test_the_hand_alone_sends_none_of_them(desk: Desk, form: DisputeForm) -> None:  # noqa: F811
    with shop() as running:
        result = desk.lay(running.url, form)
    assert result.result == "filled", result.detail
    assert running.writes == []
