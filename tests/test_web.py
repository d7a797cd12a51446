"""The local page: real server, real browser; strangers get nothing, carriers' words do nothing."""

from __future__ import annotations

import http.client
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from builders import NOW, NUMBER, day, days_ago, scan
from playwright.sync_api import Page, sync_playwright

from monitor.adapters.display import Display
from monitor.model import Leg
from monitor.rules.notices import Notice
from monitor.session import Session
from monitor.web.server import PortTaken, Served, serving
from scrapers.base import TrackingReport
from scrapers.orders import CaseRecord, OrderLine, OrderRecord, ShopParcel, ShownDate

ORDER, CALM = "8190000000000001", "8190000000000002"
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' autofocus onfocus=alert(1) x='",
    "</title><script>alert(1)</script>",
    "{{ 7*7 }}{% for x in y %}",
    "javascript:alert(1)",
    "<iframe srcdoc='<script>parent.alert(1)</script>'>",
    "</textarea><style>*{background:url(//evil.example)}</style>",
    "\u202e<b onmouseover=alert(1)>مرحبا",
)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    (tmp_path / "config.toml").write_text('[general]\ntimezone = "Europe/Berlin"\n')
    opened = Session(tmp_path / "config.toml", tmp_path / "data", clock=lambda: NOW)
    yield opened
    opened.store.close()


def fill(session: Session, words: str = "", order: str = ORDER, left: int = 3) -> None:
    """An order with something in every field that others write."""
    record = OrderRecord(
        order, "page", title=words or "Desk lamp", seller=words or "Lamp house", placed_on=day(-40),
        shipped_on=day(-38), order_state="shipped", parcels=(ShopParcel(NUMBER, carrier_name=words),),
        lines=(OrderLine("1", words or "Desk lamp"),) if not words else (),
        dates=(ShownDate("protection_end", day(left), "page", "order detail", words or "until then"),),
        cases=(CaseRecord("77", "waiting_seller", words=words),) if words else (),
    )  # fmt: skip
    store = session.store
    store.save([record], NOW)
    stored = session.order(order)
    event = scan(20, "InTransit", stage="line_haul", text=words or "Left the country", place=words, code="x")
    report = TrackingReport(NUMBER, "ok", events=(event,), detail=words)
    store.record("cainiao", [report], {stored.parcels[0].id: [Leg("cainiao", NUMBER)]}, days_ago(0.1))
    if words:
        store.add_refusal(stored, words, "", NOW)


@pytest.fixture
def served(session: Session) -> Iterator[Served]:
    with serving(session) as running:
        yield running


@pytest.fixture
def page(browser_executable: Path, display: Display) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_executable, headless=False, env=display.env
        )
        try:
            yield browser.new_page()
        finally:
            browser.close()


def enter(page: Page, served: Served) -> None:
    page.goto(served.link)
    page.get_by_role("button", name="Show my orders").click()
    page.get_by_role("heading", name="Your parcels").wait_for()


def ask(
    served: Served, method: str, path: str, headers: list[tuple[str, str]], body: str = ""
) -> tuple[int, str, str]:
    parts = urlsplit(served.address)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=10)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in [*headers, ("Content-Length", str(len(body)))]:
        connection.putheader(name, value)
    connection.endheaders(body.encode())
    answer = connection.getresponse()
    said = answer.read().decode()
    connection.close()
    return answer.status, said, answer.headers.get("set-cookie", "")


def opened(served: Served) -> tuple[str, str, str]:
    """Host, cookie and form key of a browser that used the link."""
    host, key = urlsplit(served.address).netloc, served.link.partition("key=")[2]
    known = [("Host", host), ("Origin", f"http://{host}")]
    _, _, cookie = ask(served, "POST", "/enter", known, urlencode({"key": key}))
    cookie = cookie.partition(";")[0]
    _, text, _ = ask(served, "GET", f"/orders/{ORDER}", [("Host", host), ("Cookie", cookie)])
    found = re.search(r'name="form" value="([^"]+)"', text)
    assert found
    return host, cookie, found.group(1)


def test_only_the_exact_request_changes_anything(session: Session, served: Served) -> None:
    fill(session)
    host, cookie, form = opened(served)
    port = host.partition(":")[2]
    hosts = [
        host,
        f"localhost.evil:{port}",
        f"127.0.0.1.nip.io:{port}",
        "127.0.0.1",
        f"0.0.0.0:{port}",
        "",
        f"[::1]:{port}",
    ]
    origins = [
        f"http://{host}",
        "null",
        "http://evil.example",
        f"https://{host}",
        f"http://127.0.0.1:{int(port) - 1}",
        "",
    ]
    cookies = [cookie, cookie[:-1], ""]
    forms = [form, form[:-1], ""]
    tried = 0
    for h, o, c, f in itertools.product(hosts, origins, cookies, forms):
        if (h, o, c, f) == (host, origins[0], cookie, form):
            continue
        tried += 1
        headers = [(n, v) for n, v in (("Host", h), ("Origin", o), ("Cookie", c)) if v]
        status, said, _ = ask(served, "POST", f"/say/received/{ORDER}", headers, urlencode({"form": f}))
        assert status in (400, 403, 421), (h, o, c, f)
        assert "Desk lamp" not in said
    assert tried > 300
    assert session.order(ORDER).received_on is None
    right = [("Host", host), ("Origin", origins[0]), ("Cookie", cookie)]
    for site in ("cross-site", "same-site"):
        marked = [*right, ("Sec-Fetch-Site", site)]
        assert ask(served, "POST", f"/say/received/{ORDER}", marked, urlencode({"form": form}))[0] == 403
    assert ask(served, "GET", f"/say/received/{ORDER}", right)[0] == 405
    assert ask(served, "POST", f"/say/received/{ORDER}", right, "x" * 70_000)[0] == 413
    assert session.order(ORDER).received_on is None
    assert ask(served, "POST", f"/say/received/{ORDER}", right, urlencode({"form": form}))[0] == 303
    assert session.order(ORDER).received_on == day(0)


def test_reading_needs_the_cookie_and_the_link_works_once(session: Session, served: Served) -> None:
    fill(session)
    host, cookie, _ = opened(served)
    for path in ("/", f"/orders/{ORDER}"):
        assert ask(served, "GET", path, [("Host", host)])[0] == 403
        assert ask(served, "GET", path, [("Host", f"evil.example:{host[-5:]}"), ("Cookie", cookie)])[0] == 421
        assert ask(served, "GET", path, [("Host", host), ("Host", host), ("Cookie", cookie)])[0] in (400, 421)
    again = [("Host", host), ("Origin", f"http://{host}")]
    status, said, got = ask(
        served, "POST", "/enter", again, urlencode({"key": served.link.partition("key=")[2]})
    )
    assert (status, got) == (403, "")
    assert "used already" in said


def test_a_taken_port_is_one_sentence(session: Session, served: Served) -> None:
    port = urlsplit(served.address).port
    assert port
    with pytest.raises(PortTaken, match=str(port)), serving(session, port):
        pass


@pytest.mark.browser
def test_the_buttons_do_what_they_say(session: Session, served: Served, page: Page) -> None:
    fill(session)
    fill(session, order=CALM, left=50)
    session.store.tell(Notice("x", "x", None, None, "t", "b"), [], NOW)
    enter(page, served)
    first = page.get_by_role("article").first
    assert "2 days left" in first.inner_text()
    assert "26 Nov 2026, your time, as the shop shows it" in first.inner_text()
    assert "silent for 20 days" in str(first.get_by_role("img").get_attribute("aria-label"))
    page.get_by_label("Search").fill("nothing like it")
    page.get_by_role("button", name="Find").click()
    assert page.get_by_role("article").count() == 0
    page.goto(f"{served.address}orders/{ORDER}")
    assert "Left the country" in page.inner_text("main")
    page.get_by_role("button", name="I have it and it is right").click()
    page.get_by_role("button", name="I do not have it after all").wait_for()
    assert session.order(ORDER).received_on == day(0)
    page.get_by_role("button", name="I do not have it after all").click()
    page.get_by_role("button", name="I have it and it is right").wait_for()
    page.get_by_role("button", name="Put away").click()
    page.get_by_role("button", name="Watch it again").wait_for()
    assert session.order(ORDER).archived_on == day(0)
    page.get_by_role("button", name="Watch it again").click()
    page.get_by_role("button", name="Put away").wait_for()
    page.get_by_role("button", name="I have seen the warnings").click()
    page.get_by_role("heading", name="Warnings").wait_for()
    assert session.order(ORDER).watched


@pytest.mark.browser
def test_hostile_words_do_nothing(session: Session, served: Served, page: Page) -> None:
    for n, words in enumerate(HOSTILE):
        fill(session, words, order=f"81900000000001{n:02}")
    happened: list[str] = []
    page.on("dialog", lambda dialog: (happened.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda message: happened.append(message.text))
    page.on("pageerror", lambda error: happened.append(str(error)))
    page.on("request", lambda request: request.url.startswith(served.address) or happened.append(request.url))
    enter(page, served)
    for n, words in enumerate(HOSTILE):
        page.goto(f"{served.address}orders/81900000000001{n:02}")
        assert page.locator("h1").inner_text() == words.strip()
        assert page.locator("body script, iframe, main img, [onerror], [onload]").count() == 0
    assert happened == []


@pytest.mark.browser
def test_it_fits_a_telephone(session: Session, served: Served, page: Page) -> None:
    fill(session, "W" * 200)
    page.set_viewport_size({"width": 360, "height": 740})
    enter(page, served)
    for address in (served.address, f"{served.address}orders/{ORDER}"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
