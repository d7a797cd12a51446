"""The hand: what it refuses, as tables; what it does on real pages; and that nothing else in the tree acts."""

import ast
import dataclasses
import typing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import BrowserContext

from fixtures.loopback import Answer, Asked, LoopbackServer
from monitor.adapters import browser
from monitor.adapters.display import Display
from monitor.adapters.guard import Guard
from monitor.adapters.hands import (
    Hand,
    HandRefused,
    Target,
    View,
    why_not_choose,
    why_not_fill,
    why_not_mark,
    why_not_press,
    why_not_unfold,
)
from scrapers import forms
from scrapers.marketplaces.aliexpress import dispute
from scrapers.meaning import Choice

ROOT = Path(__file__).resolve().parent.parent
WORDS = dispute.WORDS

# ---- the vocabulary


def test_no_word_of_the_form_language_sends_anything() -> None:
    steps = typing.get_args(forms.Step)
    assert {step.__name__ for step in steps} == {"Open", "Press", "WaitFor", "Choose", "Fill", "Attach"}
    assert {field.name for step in steps for field in dataclasses.fields(step)} == {
        "path",
        "opener",
        "what",
        "field",
    }
    assert all(isinstance(step, steps) for step in dispute.DISPUTE.steps)
    assert [step.opener for step in dispute.DISPUTE.steps if isinstance(step, forms.Press)] == [
        "returns",
        "received",
    ]


def test_the_hand_can_do_no_more_than_its_words() -> None:
    can = {name for name in vars(Hand) if not name.startswith("_")}
    assert can == {"open", "face", "look", "press", "choose", "fill", "attach", "thumbnails", "show_banner"}


ACTING = frozenset({
    "click", "dblclick", "tap", "check", "uncheck", "set_checked", "type", "press", "press_sequentially", "fill",
    "clear", "select_option", "set_input_files", "dispatch_event", "hover", "drag_to", "drag_and_drop", "evaluate",
    "evaluate_handle", "evaluate_all", "eval_on_selector", "eval_on_selector_all", "add_script_tag", "focus",
    "blur", "goto", "reload", "go_back", "go_forward", "set_content", "expose_function", "add_init_script",
})  # fmt: skip
BARRED_EVERYWHERE = frozenset({
    "dblclick", "tap", "type", "press_sequentially", "dispatch_event", "keyboard", "mouse", "touchscreen",
    "drag_to", "drag_and_drop", "request", "eval_on_selector", "eval_on_selector_all", "add_script_tag",
})  # fmt: skip


def acts(source: str, *, is_hand: bool = False) -> list[str]:
    """Everything in a module that makes a browser act, or could. The hand's own words are no act of the caller."""
    tree = ast.parse(source)
    drives = any(
        isinstance(node, ast.ImportFrom | ast.Import) and "playwright" in ast.unparse(node)
        for node in ast.walk(tree)
    )
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    barred = BARRED_EVERYWHERE if is_hand else ACTING | BARRED_EVERYWHERE
    found = []
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.ImportFrom | ast.Import)
            and "playwright" in ast.unparse(node)
            and not is_hand
        ):
            found.append(ast.unparse(node))
        if not isinstance(node, ast.Attribute) or node.attr not in barred:
            continue
        if ast.unparse(node.value) in ("hand", "self.hand", "Hand"):
            continue
        if (
            node.attr in ("check", "clear", "request") and not drives
        ):  # words other modules have other uses for
            continue
        if node.attr != "type" or id(node) in called:
            found.append(f"{ast.unparse(node.value)}.{node.attr}")
    return found


# guard.py opens its own canary page and asks a route for its request; browser.py prints a page of ours in a browser
# of its own, and hears with what question an answer came; letter.py writes an e-mail; silence.py tells pages the word that
# gives them back what they lacked. Nothing of the shop's is touched.
ALLOWED = {
    "monitor/adapters/guard.py": {"canary.goto", "route.request", "from playwright.sync_api import BrowserContext, Error, Page, Route, WebSocketRoute"},
    "monitor/adapters/browser.py": {"tab.set_content", "response.request", "from playwright.sync_api import BrowserContext, Error, Page, Response, sync_playwright"},
    "monitor/adapters/letter.py": {"mail.set_content"},
    "monitor/adapters/silence.py": {"context.add_init_script", "frame.evaluate", "from playwright.sync_api import BrowserContext, Error"},
}  # fmt: skip


@pytest.mark.parametrize(
    "module",
    sorted(p for part in ("monitor", "scrapers") for p in (ROOT / part).rglob("*.py")),
    ids=lambda p: str(p.relative_to(ROOT)),
)
def test_nothing_but_the_hand_makes_a_browser_act(module: Path) -> None:
    name = str(module.relative_to(ROOT))
    found = acts(module.read_text("utf-8"), is_hand=name == "monitor/adapters/hands.py")
    assert set(found) - ALLOWED.get(name, set()) == set()


@pytest.mark.parametrize("planted", [
    "page.click('#submit')", "button.tap()", "page.keyboard.press('Enter')", "page.mouse.down()", "box.type('x\\n')",
    "el.dispatch_event('submit')", "page.evaluate('document.forms[0].submit()')", "frame.fill('a', 'b')",
    "from playwright.sync_api import Page\npage.request.post('x')", "handle.press('Enter')", "x = element.click",
    "import playwright", "locator.set_checked(True)", "page.goto('https://x')", "context.add_init_script('x')",
])  # fmt: skip
def test_a_planted_act_is_found(planted: str) -> None:
    assert acts(planted)


@pytest.mark.parametrize(
    "planted", ["element.type('x')", "page.keyboard", "el.dispatch_event('x')", "context.request.post('x')"]
)
def test_a_planted_act_is_found_in_the_hand_too(planted: str) -> None:
    assert acts(f"from playwright.sync_api import Page\n{planted}", is_hand=True)


# ---- what it refuses

ASKED = ("Have you received your package?\nNo\nYes",)
NO = Target("button", "No", type="submit", around=ASKED)
RETURNS = Target("button", "Returns/refunds", type="button")
ITEM = Target("li", "Package lost", role="menuitem", classes="comet-v2-menu-item")
RADIO = Target("label", "Package lost", holds=("input:radio",), labelled=("input:radio",))
BOX = Target("div", "Please select", classes="comet-v2-select")


def test_what_it_is_for_may_be_touched() -> None:
    assert why_not_press(RETURNS, "returns", WORDS) == ""
    assert why_not_press(NO, "no", WORDS) == ""
    assert why_not_choose(ITEM, "Package lost", WORDS) == ""
    assert why_not_choose(RADIO, "Package lost", WORDS) == ""
    assert why_not_unfold(BOX, WORDS) == ""
    assert why_not_unfold(replace(BOX, tag="button", type="button", popup="listbox"), WORDS) == ""
    assert why_not_mark(Target("input", "", type="radio")) == ""
    assert why_not_fill(Target("textarea", "")) == ""
    assert why_not_fill(Target("div", "", editable=True)) == ""


@pytest.mark.parametrize("wrong", [
    {"text": "Submit"}, {"text": "Confirm received"}, {"text": "Empfang bestätigen"}, {"text": "Track status"},
    {"tag": "div"}, {"of_form": True, "type": "submit"}, {"footer": True}, {"data_pl": "buyersubmit_btn_submit"},
    {"on_point": False}, {"shown": False}, {"disabled": True}, {"inside": "a"}, {"meets": "button"},
    {"holds": ("input:submit",)}, {"unknown_parts": True},
])  # fmt: skip
def test_an_opener_is_refused_when(wrong: dict[str, typing.Any]) -> None:
    assert why_not_press(replace(RETURNS, **wrong), "returns", WORDS)


@pytest.mark.parametrize("wrong", [
    {"around": ("Confirm the receipt?\nNo\nYes",)}, {"around": ()}, {"text": "No, delete it"}, {"footer": True},
    {"around": ("Item received confirmation\nHave you received your package?",)},
])  # fmt: skip
def test_no_is_refused_when(wrong: dict[str, typing.Any]) -> None:
    assert why_not_press(replace(NO, **wrong), "no", WORDS)


@pytest.mark.parametrize("wrong", [
    {"tag": "button"}, {"tag": "a"}, {"role": "button"}, {"tag": "input", "type": "submit"}, {"text": "Submit"},
    {"text": "Package lost, submit"}, {"holds": ("button:submit",)}, {"labelled": ("input:submit",)},
    {"inside": "button"}, {"meets": "a"}, {"footer": True}, {"on_point": False}, {"shown": False}, {"disabled": True},
    {"unknown_parts": True}, {"data_pl": "submit"}, {"role": "", "classes": "", "tag": "div"},
])  # fmt: skip
def test_an_option_is_refused_when(wrong: dict[str, typing.Any]) -> None:
    assert why_not_choose(replace(ITEM, **wrong), replace(ITEM, **wrong).text, WORDS)


def test_an_option_whose_words_have_changed_is_refused() -> None:
    assert why_not_choose(ITEM, "Package held at customs", WORDS)


@pytest.mark.parametrize("wrong", [
    {"tag": "a"}, {"tag": "button", "type": "submit"}, {"tag": "button", "popup": "listbox", "type": "submit", "of_form": True},
    {"text": "Next step"}, {"on_point": False}, {"inside": "a"}, {"data_pl": "buyersubmit_btn_submit"},
])  # fmt: skip
def test_a_box_is_not_opened_when(wrong: dict[str, typing.Any]) -> None:
    assert why_not_unfold(replace(BOX, **wrong), WORDS)


@pytest.mark.parametrize("target", [
    Target("input", "", type="submit"), Target("input", "", type="password"), Target("input", "", type="file"),
    Target("button", ""), Target("div", ""), Target("textarea", "", disabled=True), Target("textarea", "", shown=False),
])  # fmt: skip
def test_a_field_is_not_filled_when(target: Target) -> None:
    assert why_not_fill(target)


targets = st.builds(
    Target,
    tag=st.sampled_from(["button", "a", "input", "label", "li", "div", "span", "summary"]),
    text=st.sampled_from(["Package lost", "Submit", "No", "Returns/refunds", "Weiter", "Absenden"]),
    type=st.sampled_from(["", "submit", "button", "radio", "checkbox", "image", "text"]),
    role=st.sampled_from(["", "button", "link", "option", "menuitem", "radio"]),
    data_pl=st.sampled_from(["", "buyersubmit_btn_submit"]),
    classes=st.sampled_from(["", "menu-item", "btn"]),
    inside=st.sampled_from(["", "button"]),
    meets=st.sampled_from(["", "a"]),
    holds=st.sampled_from([(), ("input:radio",), ("button:submit",)]),
    labelled=st.sampled_from([(), ("input:radio",), ("input:submit",)]),
    disabled=st.booleans(),
    shown=st.booleans(),
    on_point=st.booleans(),
    of_form=st.booleans(),
    unknown_parts=st.booleans(),
    footer=st.booleans(),
)


@given(targets)
def test_whatever_an_element_is_a_marked_option_is_never_a_button(target: Target) -> None:
    if why_not_choose(target, target.text, WORDS) == "":
        assert target.tag not in ("button", "a", "summary")
        assert target.role not in ("button", "link")
        assert not (target.tag == "input" and target.type not in ("radio", "checkbox"))
        assert not {"button:submit", "input:submit"} & {*target.holds, *target.labelled}
        assert target.shown
        assert target.on_point
        assert not any((target.disabled, target.inside, target.meets, target.footer, target.data_pl))
        assert not dispute.is_never(target.text)


@given(targets)
def test_whatever_an_element_is_only_the_opener_itself_is_pressed(target: Target) -> None:
    if why_not_press(target, "returns", WORDS) == "":
        assert target.text == "Returns/refunds"
        assert not (target.of_form and target.type in ("submit", "image"))
        assert target.shown
        assert target.on_point


# ---- what it does on real pages


class Pages(LoopbackServer):
    """One page at a time, below /p/; every write is counted."""

    html = ""

    @property
    def writes(self) -> list[str]:
        return [
            asked.path for asked in self.requests if asked.path.startswith("/w/") or asked.method == "POST"
        ]

    def answer(self, asked: Asked) -> Answer:
        return Answer(f'<!doctype html><html lang="en"><body>{self.html}</body></html>'.encode())


@dataclasses.dataclass
class Workshop:
    """A guarded browser with a hand, and a server of one page."""

    context: BrowserContext
    guard: Guard
    hand: Hand
    pages: Pages

    def view(self, html: str, *, cut: bool = True) -> View:
        self.pages.html = html
        self.guard.read()
        page = self.hand.open("/p/page")
        if cut:
            self.guard.cut(self.context)
            self.hand.face(page)
        seen = self.hand.look(page)
        assert seen is not None
        return seen


@pytest.fixture(scope="module")
def workshop(
    browser_executable: Path, display: Display, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workshop]:
    with Pages() as pages:
        bounds = dispute.bounds(pages.url)
        guard = Guard(bounds)
        profile = tmp_path_factory.mktemp("hand") / "profile"
        with (
            guard.on(),
            browser.launched(browser_executable, profile, proxy=guard.proxy.url, env=display.env) as context,
        ):
            guard.watch(context)
            yield Workshop(context, guard, Hand(context, guard, bounds, WORDS), pages)


def named(wanted: str) -> Callable[[Sequence[str]], Choice]:
    return lambda options: Choice(list(options).index(wanted) if wanted in options else None, 1.0, None, 0.0)


OPTIONS = ("Package lost", "Held at customs", "Still in transit")
LIST = (
    "<label>Reason <select>"
    + "".join(f"<option>{o}</option>" for o in ("Please select", *OPTIONS))
    + "</select></label>"
)
RADIOS = (
    "<form><fieldset><legend>Reason</legend>"
    + "".join(f'<label><input type="radio" name="r" value="{i}">{o}</label>' for i, o in enumerate(OPTIONS))
    + "</fieldset></form>"
)
HIDDEN_RADIOS = "<style>input{position:absolute;opacity:0}</style>" + RADIOS
ROLE_RADIOS = (
    '<div role="radiogroup" aria-label="Reason">'
    + "".join(
        f"""<div role="radio" aria-checked="false" tabindex="0" onclick="this.setAttribute('aria-checked', 'true')">{o}</div>"""
        for o in OPTIONS
    )
    + "</div>"
)
TICKS = (
    "<fieldset><legend>Reason</legend>"
    + "".join(
        f'<input type="checkbox" id="t{i}"><label for="t{i}">{o}</label>' for i, o in enumerate(OPTIONS)
    )
    + "</fieldset>"
)
LISTBOX = (
    """<p>Reason</p><button type="button" aria-haspopup="listbox" aria-controls="list" onclick="list.hidden = !list.hidden">Choose</button>
<ul id="list" role="listbox" hidden>"""
    + "".join(
        f"""<li role="option" onclick="document.querySelector('button').textContent = this.textContent; list.hidden = true">{o}</li>"""
        for o in OPTIONS
    )
    + "</ul>"
)
MENU = """<p>Reason</p><div class="q9-select-x1 q9-select-show-arrow" tabindex="0" onclick="open_()"><span id="shown">Choose</span></div>
<script>function open_() {
  const menu = document.createElement("div");
  for (const text of """ + repr(list(OPTIONS)) + """) {
    const item = Object.assign(document.createElement("div"), { className: "q9-menu-item--a7", textContent: text });
    item.onclick = () => { shown.textContent = text; menu.remove(); };
    menu.append(item);
  }
  document.body.append(menu);
}</script>"""  # fmt: skip


@pytest.mark.browser
@pytest.mark.parametrize("clothes", [LIST, RADIOS, HIDDEN_RADIOS, ROLE_RADIOS, TICKS, LISTBOX, MENU],
                         ids=["list", "radios", "hidden radios", "role radios", "ticks", "listbox", "menu"])  # fmt: skip
def test_an_option_is_chosen_in_all_clothes(workshop: Workshop, clothes: str) -> None:
    view = workshop.view(clothes)
    assert len(view.sight.controls) == 1
    assert "Reason" in view.sight.controls[0].label
    assert workshop.hand.choose(view, 0, named("Held at customs")).text == "Held at customs"
    after = workshop.hand.look(view.page)
    assert after is not None
    assert "Held at customs" in after.sight.controls[0].value
    assert workshop.pages.writes == []


@pytest.mark.browser
@pytest.mark.parametrize("clothes", [LIST, RADIOS, LISTBOX, MENU], ids=["list", "radios", "listbox", "menu"])
def test_nothing_is_chosen_where_nothing_fits(workshop: Workshop, clothes: str) -> None:
    view = workshop.view(clothes)
    before = view.sight.controls[0].value
    assert workshop.hand.choose(view, 0, named("Something else")).text == ""
    after = workshop.hand.look(view.page)
    assert after is not None
    assert after.sight.controls[0].value == before


FIELDS = """<form action="/w/sent" method="post"><label>Amount <input name="a"></label>
<label>Text <textarea maxlength="80"></textarea></label><div contenteditable="true" aria-label="More"></div><button>Go</button></form>"""


@pytest.mark.browser
def test_filling_sends_nothing_and_keeps_lines_only_where_there_are_lines(workshop: Workshop) -> None:
    view = workshop.view(FIELDS)
    where = {control.label.split()[0]: place for place, control in enumerate(view.sight.controls)}
    assert workshop.hand.fill(view, where["Amount"], "12\n.50\n") == "12 .50"
    assert workshop.hand.fill(view, where["Text"], "one\ntwo\n") == "one\ntwo\n"
    assert workshop.hand.fill(view, where["More"], "three").strip() == "three"
    assert view.sight.controls[where["Text"]].limit == 80
    assert workshop.pages.writes == []
    assert not workshop.guard.stopped_the_act()


@pytest.mark.browser
def test_nothing_is_done_outside_its_phase(workshop: Workshop) -> None:
    reading = workshop.view(RADIOS + FIELDS, cut=False)
    with pytest.raises(HandRefused, match="guard"):
        workshop.hand.choose(reading, 0, named("Package lost"))
    with pytest.raises(HandRefused, match="guard"):
        workshop.hand.fill(reading, 1, "text")
    filling = workshop.view("<button type=button>Returns/refunds</button>")
    with pytest.raises(HandRefused, match="guard"):
        workshop.hand.press(filling, 0, "returns")
    with pytest.raises(HandRefused, match="guard"):
        workshop.hand.open("/p/page")


@pytest.mark.browser
@pytest.mark.parametrize(
    "address",
    ["https://example.com/p/x", "/w/act", "javascript:alert(1)", "file:///etc/passwd", "/p/order/confirm"],
)
def test_only_known_pages_are_opened(workshop: Workshop, address: str) -> None:
    workshop.guard.read()
    with pytest.raises(HandRefused):
        workshop.hand.open(address)


@pytest.mark.browser
def test_a_covered_opener_is_not_pressed(workshop: Workshop) -> None:
    cover = '<div style="position:fixed;inset:0" onclick="fetch(`/w/covered`, {method: `POST`})"></div>'
    view = workshop.view(f"<button type=button>Returns/refunds</button>{cover}", cut=False)
    with pytest.raises(HandRefused, match="over it"):
        workshop.hand.press(view, 0, "returns")
    assert workshop.pages.writes == []


@pytest.mark.browser
def test_the_banner_takes_no_press_but_on_its_cross(workshop: Workshop) -> None:
    view = workshop.view(
        '<button type=button style="position:fixed;right:0;top:0;width:400px;height:200px">Under</button>'
    )
    workshop.hand.show_banner(view.page, ["Filled in", "You alone press Submit"], "Close")
    under = "([x, y]) => document.elementFromPoint(innerWidth - x, y).localName"
    assert view.page.evaluate(under, [150, 40]) == "button"  # the page's own button, through the note
    assert view.page.evaluate(under, [35, 40]) == "div"  # the cross
    view.page.mouse.click(view.page.evaluate("() => innerWidth") - 35, 40)
    assert view.page.evaluate(under, [35, 40]) == "button"
