"""The whole way to a filled form, in a real browser with a window, on shops that count what reaches them."""

import json
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest
from foreign_shop import ARABIC, FRENCH, KOREAN, RUSSIAN, ForeignShop, Tongue
from PIL import Image, ImageGrab
from sampling import sampled

from fixtures.shop.server import Shop, start_shop
from fixtures.shop.variant import TRAPS, Variant
from fixtures.world import load
from monitor.adapters import hands
from monitor.adapters.browser import BrowserBusy, launched
from monitor.adapters.cut_proxy import CutProxy
from monitor.adapters.display import Display
from monitor.adapters.guard import Guard
from monitor.disputes import DisputeForm, DisputeResult, ShopSite, lay_form

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("one_driver")]

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ORDER, TWO_ITEMS = "8190313100290020", "8190313300070020"
TEXT = "I did not receive this item. The tracking has shown no movement for a month. Please refund the full amount."
FORM = DisputeForm(order_id=ORDER, received=False, reason="not_received_in_transit", text=TEXT)


@dataclass
class Desk:
    """A buyer's machine: a browser, a screen, folders."""

    executable: Path
    display: Display
    folder: Path

    def lay(
        self,
        url: str,
        form: DisputeForm = FORM,
        *,
        wait: bool = False,
        say: Callable[[str], None] = lambda line: None,
        notify: Callable[[str], None] = lambda line: None,
    ) -> DisputeResult:
        return lay_form(
            form, site=ShopSite(url, patience=6), executable=self.executable, profile=self.folder / "profile",
            keep_in=self.folder / "kept", wait=wait, say=say, notify=notify, now=NOW, env=self.display.env,
        )  # fmt: skip

    def xdotool(self, *words: str) -> None:
        subprocess.run(["xdotool", *words], env=dict(self.display.env), check=True, capture_output=True)


@pytest.fixture
def desk(browser_executable: Path, display: Display, tmp_path: Path) -> Desk:
    return Desk(browser_executable, display, tmp_path)


def shop(**face: object) -> Shop:
    return start_shop(load("demo", NOW), variant=replace(Variant(seed=5), **face))  # type: ignore[arg-type]


def values(result: DisputeResult) -> dict[str, tuple[str, bool]]:
    return {field.name: (field.value, field.ok) for field in result.fields}


@pytest.mark.usefixtures("one_browser")
@pytest.mark.parametrize(("face", "reason", "shown"), sampled([
    ({"calls": "json"}, "in_transit", "Package still in transit"),
    ({"controls": "radio", "tab": "same"}, "returned_lost", "Tracked as returned/canceled/lost"),
    ({"controls": "native", "received": "page", "steps": 1}, "no_tracking", "No tracking information"),
    ({"menu": "form", "cookie_banner": True}, "customs", "Package held at customs"),
    ({"language": "de"}, "in_transit", "Paket ist noch unterwegs"),
    ({"language": "de", "controls": "radio", "received": "page"}, "returned_lost", "Laut Sendungsverfolgung zurückgesendet/storniert/verloren"),
    ({"language": "de", "controls": "native", "tab": "same"}, "customs", "Paket wird vom Zoll festgehalten"),
], 2))  # fmt: skip
def test_the_form_is_filled_and_nothing_sent(
    desk: Desk, face: dict[str, object], reason: str, shown: str
) -> None:
    with shop(**face) as running:
        result = desk.lay(running.url, replace(FORM, reason=f"not_received_{reason}"))
    assert result.result == "filled", result.detail
    assert values(result)["reason"] == (shown, True)
    assert values(result)["solution"] == ("Nur Rückerstattung" if "language" in face else "Refund only", True)
    assert values(result)["text"] == (TEXT, True)
    assert "next nearest" in result.detail
    assert running.writes == []
    assert running.uploads == []
    assert result.screenshot is not None
    assert stat.S_IMODE(result.screenshot.stat().st_mode) == 0o600
    assert stat.S_IMODE(result.screenshot.parent.stat().st_mode) == 0o700
    printed = json.loads(json.dumps(result.as_json()))
    assert {"result", "fields", "refusal", "blocked_requests", "screenshot"} <= set(printed)


@pytest.mark.usefixtures("one_browser")
@pytest.mark.parametrize(
    ("tongue", "clothes"),
    sampled([*product((FRENCH, KOREAN, ARABIC, RUSSIAN), ("listbox", "role", "native"))], 4),
    ids=lambda value: getattr(value, "code", value),
)
def test_pages_never_seen_before_are_filled_and_nothing_sent(
    desk: Desk, tongue: Tongue, clothes: str
) -> None:
    with ForeignShop(tongue, clothes) as running:
        result = desk.lay(running.url)
    assert result.result == "filled", result.detail
    assert values(result)["reason"] == (tongue.reasons[2], True)
    assert values(result)["solution"] == (tongue.solutions[0], True)
    assert values(result)["text"] == (TEXT, True)
    assert running.writes == []


@pytest.mark.parametrize("trap", sampled([*TRAPS], 2))
def test_no_trap_makes_it_send(desk: Desk, trap: str) -> None:
    with shop(traps=(trap,)) as running:
        result = desk.lay(running.url)
    assert running.writes == []
    assert all(field.ok or not field.value for field in result.fields)


@pytest.mark.parametrize("trap", sampled([
    "label_for_submit", "option_is_submit", "overlay_moves", "option_swaps", "change_submits", "blur_submits",
], 2))  # fmt: skip
def test_no_trap_makes_it_send_among_radio_buttons(desk: Desk, trap: str) -> None:
    with shop(traps=(trap,), controls="radio") as running:
        desk.lay(running.url)
    assert running.writes == []


@pytest.fixture
def no_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line open, no routes, nothing cut: only the hand's own care is left."""
    for name in ("watch", "cut", "shut", "let_photos_through"):
        monkeypatch.setattr(Guard, name, lambda *_: None)
    monkeypatch.setattr(Guard, "holds", lambda *_: True)
    monkeypatch.setattr(Guard, "_may_pass", lambda *_: True)


@pytest.mark.usefixtures("no_guard")
@pytest.mark.parametrize("trap", sampled([
    "option_is_submit", "label_for_submit", "shadow_submit", "option_swaps", "overlay_moves", "lookalike_no",
    "frame_lookalike", "enter_submits",
], 2))  # fmt: skip
def test_the_hand_alone_presses_nothing_that_sends(desk: Desk, trap: str) -> None:
    with shop(traps=(trap,)) as running:
        desk.lay(running.url)
    assert running.writes == []


@pytest.mark.usefixtures("no_guard")
@pytest.mark.parametrize("trap", ["change_submits", "input_submits", "load_writes"])
def test_what_a_page_does_by_itself_only_the_guard_stops(desk: Desk, trap: str) -> None:
    with shop(traps=(trap,)) as running:
        desk.lay(running.url)
    assert running.writes != []  # the traps are armed


@pytest.mark.parametrize(
    "trap", sampled(["option_is_submit", "label_for_submit", "option_swaps", "overlay_moves"], 2)
)
def test_the_guard_alone_lets_nothing_out_though_the_hand_presses_anything(
    desk: Desk, trap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for refusal in ("why_not_press", "why_not_choose", "why_not_mark", "why_not_unfold", "why_not_fill"):
        monkeypatch.setattr(hands, refusal, lambda *_: "")
    with shop(traps=(trap,)) as running:
        result = desk.lay(running.url)
    assert running.writes == []
    assert trap != "option_is_submit" or any(
        "submit" in line for line in result.blocked_requests
    )  # it was pressed


@pytest.mark.parametrize(
    "trap",
    sampled(["timer_submits", "input_submits", "blur_submits", "opener_writes", "change_submits"], 2),
)
def test_a_page_that_sends_by_itself_is_not_given_to_the_user_with_the_line_open(
    desk: Desk, trap: str
) -> None:
    with shop(traps=(trap,)) as running:
        result = desk.lay(running.url, wait=True)  # returns at once: nothing is handed over
    assert result.result == "layout_changed"
    assert "by itself" in result.detail
    assert any("mtop" in line for line in result.blocked_requests)
    assert running.writes == []


@pytest.mark.usefixtures("one_browser")
def test_a_refusal_is_kept_word_for_word(desk: Desk) -> None:
    sentence = "Your package is still in transit. You can apply after Dec 20, 2026."
    with shop(refusal=sentence) as running:
        result = desk.lay(running.url)
    assert (result.result, result.refusal) == ("refused", sentence)
    assert result.screenshot is not None
    assert running.writes == []


@pytest.mark.usefixtures("one_browser")
@pytest.mark.parametrize(("face", "expected"), sampled([
    ({"login_required": True}, "login_needed"),
    ({"login_lost": "form"}, "login_needed"),
    ({"bot_check": "detail"}, "bot_check"),
    ({"bot_check": "form", "bot_check_as": "dialog"}, "bot_check"),
    ({"layout": "unknown_detail"}, "layout_changed"),
    ({"layout": "unknown_form"}, "layout_changed"),
], 2))  # fmt: skip
def test_what_bars_the_way_is_named_and_left_alone(
    desk: Desk, face: dict[str, object], expected: str
) -> None:
    with shop(**face) as running:
        result = desk.lay(running.url)
    assert result.result == expected
    assert result.fields == ()
    assert result.screenshot is not None
    assert running.writes == []


def test_a_shop_nobody_reaches_is_not_called_a_changed_page(desk: Desk) -> None:
    with shop() as running:
        gone = running.url
    result = desk.lay(gone)
    assert (result.result, result.fields) == ("unreachable", ())
    assert not list((desk.folder / "kept").glob("*.html")), "no page was seen whose bones would say anything"


@pytest.mark.usefixtures("one_browser")
def test_of_an_unknown_page_the_bones_are_kept_without_a_word(desk: Desk) -> None:
    with shop(layout="unknown_form") as running:
        desk.lay(running.url)
    (bones,) = (desk.folder / "kept").glob("*.html")
    assert "<section" in bones.read_text("utf-8")
    assert "shopping" not in bones.read_text("utf-8")
    assert stat.S_IMODE(bones.stat().st_mode) == 0o600


@pytest.mark.usefixtures("one_browser")
def test_with_several_items_the_right_one_is_pressed_or_none(desk: Desk) -> None:
    with shop() as running:
        unsure = desk.lay(running.url, replace(FORM, order_id=TWO_ITEMS))
        assert unsure.result == "layout_changed"
        assert "1 to 2" in unsure.detail
        second = running.world.order(TWO_ITEMS)
        assert second is not None
        for line in (second.lines[1].line_id, "2"):
            desk.lay(running.url, replace(FORM, order_id=TWO_ITEMS, line_id=line))
    asked = [a.query["tradeOrderLineId"] for a in running.requests if a.path == "/p/reverse-pages/start.html"]
    assert asked == [second.lines[1].line_id] * 2
    assert running.writes == []


@pytest.mark.usefixtures("one_browser")
@pytest.mark.parametrize(("offer", "wanted", "shown"), sampled([
    ("full", Decimal("5"), "5.00"), ("full", None, None), ("empty", Decimal("9999"), None), ("empty", None, None),
], 2))  # fmt: skip
def test_the_amount_is_full_by_default_and_never_above_it(
    desk: Desk, offer: str, wanted: Decimal | None, shown: str | None
) -> None:
    with shop(amount=offer) as running:
        result = desk.lay(running.url, replace(FORM, amount=wanted))
        order = running.world.order(ORDER)
    assert order is not None
    assert values(result)["amount"] == (shown or f"{order.amount:.2f}", True)


@pytest.mark.usefixtures("one_browser")
def test_an_amount_in_another_currency_than_the_page_s_is_left_to_the_user(desk: Desk) -> None:
    with shop(amount="full") as running:
        page_s_own = desk.lay(running.url, FORM)
        result = desk.lay(running.url, replace(FORM, amount=Decimal("5"), currency="JPY"))
    shown, _ = values(page_s_own)["amount"]
    assert values(result)["amount"] == (shown, False)
    assert "the order was paid in JPY" in result.detail


@pytest.mark.usefixtures("one_browser")
def test_a_long_text_is_cut_where_a_sentence_ends(desk: Desk) -> None:
    with shop(text_limit=60) as running:
        result = desk.lay(running.url)
    assert values(result)["text"] == ("I did not receive this item.", True)
    assert "cut" in result.detail


@pytest.mark.usefixtures("one_browser")
def test_where_no_reason_fits_it_is_left_to_the_user(desk: Desk) -> None:
    with shop() as running:
        result = desk.lay(running.url, replace(FORM, reason="counterfeit"))
    assert result.result == "filled"
    assert values(result)["reason"] == ("", False)
    assert values(result)["solution"] == ("Refund only", True)
    assert running.writes == []


@pytest.mark.usefixtures("one_browser")
def test_received_goods_go_the_other_way(desk: Desk) -> None:
    with shop(received="page", controls="radio") as running:
        result = desk.lay(
            running.url, replace(FORM, received=True, reason="damaged", solution="return_and_refund")
        )
    assert values(result)["reason"] == ("Item arrived damaged", True)
    assert values(result)["solution"] == ("Return & refund", True)
    assert any(a.query.get("isReceived") == "1" for a in running.requests)
    assert running.writes == []


def test_photos_are_uploaded_and_nothing_else_is(desk: Desk) -> None:
    photos = (desk.folder / "one.png", desk.folder / "two.jpg")
    for place, photo in enumerate(photos):
        Image.new("RGB", (320, 240), (40 * place, 90, 160)).save(photo)
    with shop(traps=("choice_writes_by_get",)) as running:
        result = desk.lay(running.url, replace(FORM, photos=photos))
    assert values(result)["photos"] == ("2 of 2", True)
    assert len(running.uploads) == 2
    assert running.writes == []


@pytest.mark.usefixtures("one_browser")
def test_a_photo_that_cannot_be_read_is_told_and_the_others_go(desk: Desk) -> None:
    good, bad = desk.folder / "good.png", desk.folder / "bad.png"
    Image.new("RGB", (32, 24)).save(good)
    bad.write_text("no picture")
    with shop() as running:
        result = desk.lay(running.url, replace(FORM, photos=(good, bad)))
    assert values(result)["photos"] == ("1 of 2", False)
    assert "bad.png" in result.detail
    assert len(running.uploads) == 1


def test_a_page_that_sends_after_the_upload_is_stopped(desk: Desk) -> None:
    photo = desk.folder / "one.png"
    Image.new("RGB", (32, 24)).save(photo)
    with shop(traps=("upload_submits",)) as running:
        result = desk.lay(running.url, replace(FORM, photos=(photo,)))
    assert result.result == "layout_changed"
    assert len(running.uploads) == 1
    assert running.writes == []


# ---- the user at the window


class User(threading.Thread):
    """Does something at the screen while the program waits, then closes the window; what went wrong is raised in
    `done`."""

    def __init__(self, desk: Desk, act: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self._desk = desk
        self._act = act
        self._wrong: BaseException | None = None

    def run(self) -> None:
        try:
            self._act()
        except BaseException as wrong:  # noqa: BLE001 - handed on to the test
            self._wrong = wrong
        self._desk.xdotool("key", "ctrl+shift+w")

    def done(self) -> None:
        self.join(60)
        if self._wrong:
            raise self._wrong


def press_primary(desk: Desk) -> None:
    """Scrolls down and presses the page's red button, as a person would."""
    desk.xdotool("mousemove", "640", "500", "key", "End")
    for _ in range(100):
        screen = ImageGrab.grab(xdisplay=desk.display.env["DISPLAY"]).convert("RGB")
        found = screen.tobytes().find(b"\xd3\x03\x1c" * 30)
        if found >= 0:
            row, column = divmod(found // 3, screen.width)
            desk.xdotool("mousemove", str(column + 15), str(row + 5), "click", "1")
            return
        threading.Event().wait(0.1)
    raise AssertionError("no red button on the screen")


def until(holds: Callable[[], bool]) -> None:
    for _ in range(200):
        if holds():
            return
        threading.Event().wait(0.05)
    raise AssertionError("it did not come to hold")


def test_the_user_alone_sends_and_answers_the_pages_own_question(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XAUTHORITY", desk.display.env.get("XAUTHORITY", ""))
    told: list[str] = []
    with shop(steps=1, submit_dialog=True) as running:

        def at_the_window() -> None:
            assert running.writes == []
            press_primary(desk)
            for _ in range(100):  # the browser's own confirm() stands there, and Return means OK
                desk.xdotool("key", "Return")
                threading.Event().wait(0.1)
                if running.writes:
                    break

        user = User(desk, at_the_window)
        result = desk.lay(running.url, wait=True, notify=lambda line: (told.append(line), user.start())[0])
        user.done()
    assert result.result == "filled"
    assert result.closed_by_user
    assert [a.path for a in running.writes] == ["/h5/mtop.aliexpress.buyer.reverse.submit/1.0/"]
    assert TEXT.split(".")[0].replace(" ", "+") in running.writes[0].body.decode().replace("%20", "+")
    assert told == ["The dispute form is filled in. Check it in the browser window; you alone press Submit."]


def test_a_window_closed_half_way_ends_it_quietly(desk: Desk) -> None:
    user = User(desk, lambda: None)
    with shop(slow=2.0) as running:
        result = desk.lay(
            running.url,
            wait=True,
            say=lambda line: user.start() if line.startswith("Have you received") else None,
        )
        user.done()
    assert result.closed_by_user
    assert result.result == "layout_changed"
    assert running.writes == []


SCRIPT = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from monitor.disputes import DisputeForm, ShopSite, lay_form
url, executable, folder, order = sys.argv[1:]
try:
    lay_form(DisputeForm(order_id=order, received=False, reason="not_received_in_transit", text="Not received."),
             site=ShopSite(url, patience=10), executable=Path(executable), profile=Path(folder) / "profile",
             keep_in=Path(folder) / "kept", wait=True, say=lambda line: print(line, flush=True), notify=lambda line: None,
             now=datetime(2026, 11, 24, tzinfo=UTC))
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.parametrize(
    "moment", ["Opening the shop's page.", "The form is there.", "The dispute form is filled in."]
)
def test_ctrl_c_ends_it_and_leaves_nothing_running(desk: Desk, moment: str) -> None:
    with shop() as running:
        program = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, running.url, str(desk.executable), str(desk.folder), ORDER],
            stdout=subprocess.PIPE, text=True, env=dict(desk.display.env), cwd=Path(__file__).parents[1],
            start_new_session=True,
        )  # fmt: skip
        assert program.stdout is not None
        for line in program.stdout:
            if line.startswith(moment):
                os.killpg(program.pid, signal.SIGINT)  # as a terminal does: to all of them
                break
        assert program.wait(60) == 130
        program.stdout.close()
    assert running.writes == []
    until(lambda: not running_with(str(desk.folder / "profile")))


def running_with(word: str) -> list[str]:
    """Commands that name the word and still run."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (process / "cmdline").read_bytes().decode("utf-8", "replace")
            if f"--user-data-dir={word}" in command:
                found.append(command)
    return found


def test_one_profile_is_for_one_window(desk: Desk) -> None:
    with (
        CutProxy(lambda method, url: True) as proxy,
        launched(desk.executable, desk.folder / "profile", proxy=proxy.url, env=desk.display.env),
        pytest.raises(BrowserBusy, match="in use"),
    ):
        desk.lay("http://127.0.0.1:9")


def test_an_order_id_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="not an order id"):
        replace(FORM, order_id="1&x=2")
