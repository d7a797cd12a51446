"""The local page in a real browser: every page for everybody's eyes, others' words do nothing, nobody gets through."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import axe_playwright_python
import pytest
from browsing import browsing, enter, watched
from builders import NOW, NUMBER, day
from playwright.sync_api import Browser, Page, Route, expect
from test_web import CALM, ORDER, fill
from watch import until

from fixtures import world as worlds
from fixtures.shop.server import start_shop
from monitor.adapters.display import Display
from monitor.rules.notices import Notice
from monitor.session import Session
from monitor.web.server import Served, serving

pytestmark = pytest.mark.browser

_PATIENCE = 60_000  # milliseconds, on a machine at full load
expect.set_options(timeout=_PATIENCE)

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
PAGES = (
    "", f"orders/{ORDER}", f"drafts/{ORDER}?kind=not-received&language=de", f"edit/{ORDER}", "add", "figures",
    "carriers", "log", "settings", "nowhere",
)  # fmt: skip

_ESCAPES = ("", '">', "'>", "</textarea>", "</title>", "</option></select>", "</svg>", "-->", "]]>", "\u202e")
_PAYLOADS = (
    "<script>alert(1)</script>", "<ScRiPt/x>alert(1)</sCrIpT>", "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>", "<svg><script href=data:,alert(1) />", "<body onload=alert(1)>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'>", "<a href=javascript:alert(1)>x</a>",
    "<input autofocus onfocus=alert(1)>", "<details open ontoggle=alert(1)>", "<video><source onerror=alert(1)>",
    "<style>*{background:url(//evil.example)}</style>", "<link rel=stylesheet href=//evil.example>",
    "<meta http-equiv=refresh content='0;//evil.example'>", "<base href=//evil.example>",
    "<form action=//evil.example><button autofocus>", "<object data=javascript:alert(1)>", "{{ 7*7 }}{% for x in y %}",
    "<math><mtext><img src=x onerror=alert(1)>", "<b hx-get=//evil.example hx-trigger=load>x</b>",
)  # fmt: skip
HOSTILE = tuple(escape + payload for escape in _ESCAPES for payload in _PAYLOADS)


@pytest.fixture(scope="module")
def browser(browser_executable: Path, display: Display) -> Iterator[Browser]:
    with browsing(browser_executable, display, "--host-resolver-rules=MAP evil.example 127.0.0.1") as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context() as context:
        context.set_default_timeout(_PATIENCE)
        yield context.new_page()


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    (tmp_path / "config.toml").write_text('[general]\ntimezone = "Europe/Berlin"\n')
    opened = Session(tmp_path / "config.toml", tmp_path / "data", clock=lambda: NOW)
    yield opened
    opened.store.close()


@pytest.fixture
def served(session: Session) -> Iterator[Served]:
    with serving(session) as running:
        yield running


def test_every_page_is_for_everybody(session: Session, served: Served, page: Page) -> None:
    """axe finds nothing in light and dark, and no page is wider than a telephone."""
    fill(session)
    fill(session, order=CALM, left=50)
    session.store.tell(Notice("own", "x", None, None, "Nothing reaches you", "No channel."), [], NOW)
    happened = watched(page, served)
    enter(page, served)
    for path in PAGES:
        page.set_viewport_size({"width": 1000, "height": 800})
        page.goto(served.address + path)
        page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
        page.evaluate(AXE)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            found = page.evaluate(
                "axe.run().then((r) => r.violations.map((v) => [v.id, v.nodes.map((n) => n.html)]))"
            )
            assert found == [], (path, scheme)
        page.set_viewport_size({"width": 360, "height": 740})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
    assert [word for word in happened if "404" not in word] == []


def test_hostile_words_do_nothing(session: Session, served: Served, page: Page) -> None:
    """Two hundred, in every field that others write, on the overview and on pages of their own."""
    for n in range(0, len(HOSTILE), 20):
        fill(session, " ".join(HOSTILE[n : n + 20]), order=f"81900000000001{n:03}")
    happened = watched(page, served)
    enter(page, served)
    page.locator("article").nth(len(HOSTILE) // 20 - 1).wait_for()
    for path in ("", "log", "carriers", "figures"):
        page.goto(served.address + path)
        assert (
            page.locator("main script, iframe, main img, object, main style, main link, [onerror]").count()
            == 0
        )
    for n in range(0, len(HOSTILE), 20):
        for pages in ("orders", "edit") if n else ("orders", "edit", "drafts"):
            page.goto(f"{served.address}{pages}/81900000000001{n:03}")
            hostile = "main script, iframe, main img, object, main style, main link, base, [onerror], [onload], [hx-get]"
            assert page.locator(hostile).count() == 0
    assert happened == []


def test_a_name_of_others_that_leads_here_shows_and_does_nothing(
    session: Session, served: Served, page: Page
) -> None:
    fill(session)
    enter(page, served)
    port = served.address.rstrip("/").rpartition(":")[2]
    answer = page.goto(f"http://evil.example:{port}/")
    assert answer is not None
    assert answer.status == 421
    assert "Desk lamp" not in page.content()
    # From a page of theirs on the same port: neither the cookie nor the Host is ours.
    said = page.evaluate(
        "([address, path]) => fetch(address + path, {method: 'POST', mode: 'no-cors', credentials: 'include'})"
        ".then((r) => r.type, (e) => 'refused')",
        [served.address, f"say/received/{ORDER}"],
    )
    assert said in ("opaque", "refused")
    assert session.order(ORDER).received_on is None


def test_the_buttons_do_what_they_say(session: Session, served: Served, page: Page) -> None:
    fill(session)
    fill(session, order=CALM, left=50)
    enter(page, served)
    page.get_by_label("Search").fill("nothing like it")
    expect(page.get_by_role("article")).to_have_count(0)  # by htmx, while one types
    page.get_by_label("Search").fill("")
    expect(page.get_by_role("article")).to_have_count(2)
    page.get_by_role("link", name="Desk lamp").first.click()
    page.get_by_role("button", name="I have it and it is right").click()
    page.get_by_role("button", name="I do not have it after all").click()
    page.get_by_role("button", name="Put away").click()
    page.get_by_role("button", name="Watch it again").click()
    page.get_by_role("button", name="I have seen the warnings").click()
    page.get_by_role("link", name="seller message").click()
    expect(page.get_by_label("English, to send")).to_contain_text(NUMBER)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_role("button", name="Copied").first).to_be_visible()
    assert NUMBER in page.evaluate("navigator.clipboard.readText()")
    assert session.order(ORDER).watched


def test_what_is_typed_before_the_scripts_are_there_is_searched_for(
    session: Session, served: Served, page: Page
) -> None:
    fill(session)
    enter(page, served)
    held: list[Route] = []
    page.route("**/htmx.min.js", lambda route: held.append(route))
    page.goto(served.address, wait_until="commit")
    page.get_by_label("Search").fill("nothing like it")
    expect(page.get_by_role("article")).to_have_count(1)
    for route in held:
        route.continue_()
    expect(page.get_by_role("article")).to_have_count(0)


def test_a_right_to_left_language_turns_the_page(session: Session, served: Served, page: Page) -> None:
    assert session.config_path is not None
    session.config_path.write_text('[general]\nlanguage = "ar"\n')
    session.reload_config(session.config_path)
    fill(session)
    enter(page, served)
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{served.address}orders/{ORDER}")
    assert page.locator("html").get_attribute("dir") == "rtl"
    heading = page.locator("#deadlines").evaluate("(h) => getComputedStyle(h).direction")
    number = page.locator(".number").first
    assert (heading, number.inner_text()) == ("rtl", NUMBER)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_it_all_works_without_a_script(session: Session, served: Served, browser: Browser) -> None:
    fill(session)
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        enter(page, served)
        page.get_by_label("Search").fill("nothing like it")
        page.get_by_role("button", name="Find").click()
        assert page.get_by_role("article").count() == 0
        page.goto(f"{served.address}orders/{ORDER}")
        page.get_by_role("button", name="Put off", exact=True).click()
        page.get_by_text("What is due on a last safe day").wait_for()


def test_files_are_dropped_the_keyboard_is_enough_and_paper_shows_what_is_folded(
    session: Session, served: Served, page: Page
) -> None:
    fill(session)
    enter(page, served)
    page.goto(f"{served.address}add")
    dropped = page.evaluate_handle(
        "(rows) => { const d = new DataTransfer(); d.items.add(new File([rows], 'orders.csv')); return d; }",
        f"order_id,placed_on,title\n{CALM},{day(-2)},Kettle\n",
    )
    page.locator("label.drop").dispatch_event("drop", {"dataTransfer": dropped})
    page.get_by_role("button", name="Take them in").click()
    expect(page.get_by_role("heading", name="Kettle")).to_be_visible()

    page.goto(served.address)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(5):  # what stands before the search may grow
        page.keyboard.press("Tab")
        if page.get_by_label("Search").evaluate("(search) => search === document.activeElement"):
            break
    page.keyboard.type("kettle")
    page.keyboard.press("Enter")
    expect(page.get_by_role("article")).to_have_count(1)
    expect(page.get_by_role("article")).to_contain_text("Kettle")

    page.goto(f"{served.address}orders/{ORDER}")
    folded = page.locator("#deadlines ~ * details li").first
    expect(folded).to_be_hidden()
    page.emulate_media(media="print")
    expect(folded).to_be_visible()
    for out_of_place in ("nav", "form", "button", "summary:has(~ form)"):
        assert not any(one.is_visible() for one in page.locator(out_of_place).all()), out_of_place


def test_prepare_the_dispute_opens_the_filled_form_and_submits_nothing(
    tmp_path: Path, page: Page, browser_executable: Path
) -> None:
    """On a screen nobody sees, so that the window closes by itself once the form is filled."""
    world = worlds.load("demo", datetime.now(UTC))
    urgent = "8190311400010020"  # the demo's most urgent one
    (tmp_path / "orders.json").write_text(json.dumps(world.import_rows()))
    with start_shop(world) as shop:
        (tmp_path / "config.toml").write_text(
            f"[browser]\nexecutable = {json.dumps(str(browser_executable))}\n[notify]\ndesktop = false\n"
            f"[marketplace.aliexpress]\nbase_url = {json.dumps(shop.url)}\n"
        )
        with serving(Session(tmp_path / "config.toml", tmp_path / "data")) as served:
            enter(page, served)
            page.goto(f"{served.address}add")
            page.get_by_label("Or files").set_input_files(tmp_path / "orders.json")
            page.get_by_role("button", name="Take them in").click()
            page.goto(f"{served.address}orders/{urgent}")
            page.get_by_role("button", name="Prepare the dispute").click()
            status = page.get_by_role("status")
            status.wait_for()

            def over() -> bool:
                page.reload()
                return "The window was closed." in status.inner_text()

            until(over)
            assert "The form is filled. Nothing was submitted" in status.inner_text()
        assert shop.writes == []
