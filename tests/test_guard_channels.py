"""Thirty-four ways by which a page, or our own driver, can write to a server; counted at the server.

Without locks all 34 arrive; with the line cut none does, whatever else is in place. Routes alone leave 7 open:
which ones is written down here, because it is why the line is cut.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Error, Page
from write_channels import (
    ALL,
    LEAVING,
    OWN,
    SPECULATING,
    STAYING,
    ChannelServer,
    bounds_of,
    over_tls,
    trusting,
)

from monitor.adapters import browser
from monitor.adapters.cut_proxy import CutProxy
from monitor.adapters.display import Display
from monitor.adapters.guard import Guard, NotProven, Phase, Routes
from monitor.adapters.silence import Silence

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("one_driver")]

# What Playwright's routes never see. No route stands between these and the server, which is why the line is cut.
UNSEEN_BY_ROUTES = {
    "beacon_on_leaving", "context_request", "keepalive_on_leaving", "page_request", "redirect_302", "redirect_307",
    "worker_websocket",
}  # fmt: skip
# While pages are read over HTTPS the proxy sees the host alone, so to the shop itself the same ways are open. The
# driver's own two are nobody's: a test of the source forbids them.
UNSEEN_IN_A_TUNNEL = UNSEEN_BY_ROUTES


@dataclass
class Ground:
    """A browser program, a screen and a server."""

    executable: Path
    env: dict[str, str]
    server: ChannelServer


@pytest.fixture
def ground(browser_executable: Path, display: Display) -> Iterator[Ground]:
    with ChannelServer() as server:
        yield Ground(browser_executable, dict(display.env), server)


def open_pages(context: BrowserContext, url: str) -> list[Page]:
    """All pages loaded and ready to fire, nothing fired yet."""
    pages = []
    for name in (*SPECULATING, *LEAVING, "served/page", "staying"):
        page = context.new_page()
        page.goto(f"{url}/p/{name}")
        page.evaluate("() => window.ready")
        pages.append(page)
    return pages


def fire(context: BrowserContext, pages: list[Page], url: str) -> None:
    """Every way, one page after the other, and the driver's own at the end."""
    for page in pages:
        page.bring_to_front()  # a page behind another one neither prefetches nor leaves in order
        before = page.url
        page.evaluate("() => go()")
        settle(page, lambda page=page, before=before: page.url != before, tries=10)
    for ask, way in ((pages[0].request, "page_request"), (context.request, "context_request")):
        with contextlib.suppress(Error):
            ask.post(f"{url}/w/{way}", timeout=3000)


@contextlib.contextmanager
def guarded(ground: Ground, profile: Path, url: str) -> Iterator[tuple[Guard, BrowserContext]]:
    """A browser behind a guard that watches it."""
    guard = Guard(bounds_of(url))
    with (
        guard.on(),
        browser.launched(ground.executable, profile, proxy=guard.proxy.url, env=ground.env) as context,
    ):
        guard.watch(context)
        yield guard, context


def settle(page: Page, done: Callable[[], bool], tries: int = 100) -> None:
    """Lets the browser run until it is done, or for a few seconds."""
    for _ in range(tries):
        if done():
            return
        page.wait_for_timeout(50)


@contextlib.contextmanager
def unguarded(ground: Ground, profile: Path) -> Iterator[BrowserContext]:
    with browser.sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=ground.executable, headless=False, env=ground.env, chromium_sandbox=False
        )
        yield context
        context.close()


def test_without_locks_every_way_arrives(ground: Ground, tmp_path: Path) -> None:
    with unguarded(ground, tmp_path / "profile") as context:
        pages = open_pages(context, ground.server.url)
        assert ground.server.heard == set()
        fire(context, pages, ground.server.url)
        settle(pages[0], lambda: ground.server.heard >= ALL)
        for way in (
            ALL - ground.server.heard
        ):  # what a page sends while it goes is now and then lost: once more
            page = context.new_page()
            page.goto(f"{ground.server.url}/p/{way}")
            page.evaluate("() => window.ready.then(() => go())")
            settle(page, lambda way=way: way in ground.server.heard)
    assert ALL - ground.server.heard == set()
    assert len(ALL) == 34


def test_with_the_line_cut_nothing_arrives_though_no_route_helps(ground: Ground, tmp_path: Path) -> None:
    with (
        CutProxy(lambda method, url: True) as proxy,
        browser.launched(ground.executable, tmp_path / "profile", proxy=proxy.url, env=ground.env) as context,
    ):
        proxy.load()
        pages = open_pages(context, ground.server.url)
        proxy.cut()
        fire(context, pages, ground.server.url)
        settle(pages[0], lambda: len(_tried(proxy)) >= 20, tries=60)
        tried = _tried(proxy)
    assert len(tried) >= 20, tried  # they were really fired
    assert ground.server.heard == set()


@contextlib.contextmanager
def trusted(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Browsers started meanwhile trust the authority made in the folder."""
    with patch.context() as meanwhile:
        meanwhile.setattr(browser, "_ARGUMENTS", (*browser._ARGUMENTS, trusting(folder)))
        yield


def test_with_both_locks_over_https_only_what_neither_sees_arrives_while_reading(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        over_tls(ground.server, tmp_path) as url,
        trusted(tmp_path, monkeypatch),
        guarded(ground, tmp_path / "profile", url) as (guard, context),
    ):
        pages = open_pages(context, url)
        assert guard.holds(Phase.READ)
        fire(context, pages, url)
        settle(pages[0], lambda: ground.server.heard >= UNSEEN_IN_A_TUNNEL, tries=60)
        guard.shut()
    assert ground.server.heard <= UNSEEN_IN_A_TUNNEL


def test_with_the_line_cut_nothing_arrives_over_https(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        over_tls(ground.server, tmp_path) as url,
        trusted(tmp_path, monkeypatch),
        CutProxy(lambda method, url: True) as proxy,
        browser.launched(ground.executable, tmp_path / "profile", proxy=proxy.url, env=ground.env) as context,
    ):
        proxy.load()
        pages = open_pages(context, url)
        assert proxy.open_connections > 0  # tunnels stand open when the line is cut
        proxy.cut()
        assert proxy.open_connections == 0
        fire(context, pages, url)
        tunnel = url.removeprefix("https://")
        settle(pages[0], lambda: sum(r.target == tunnel for r in proxy.refused()) >= 20, tries=60)
        assert sum(r.target == tunnel for r in proxy.refused()) >= 20
    assert ground.server.heard == set()


def test_routes_alone_stop_what_they_can_see(ground: Ground, tmp_path: Path) -> None:
    routes = Routes(bounds_of(ground.server.url))
    with (
        CutProxy(lambda method, url: True) as proxy,
        browser.launched(ground.executable, tmp_path / "profile", proxy=proxy.url, env=ground.env) as context,
    ):
        proxy.open()
        routes.install(context)
        pages = open_pages(context, ground.server.url)
        fire(context, pages, ground.server.url)
        settle(pages[0], lambda: ground.server.heard >= UNSEEN_BY_ROUTES)
    assert ground.server.heard <= UNSEEN_BY_ROUTES
    assert len(routes.blocked()) >= len(STAYING) - len(UNSEEN_BY_ROUTES)


def test_over_https_pages_without_those_ways_send_nothing_while_reading(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        over_tls(ground.server, tmp_path) as url,
        trusted(tmp_path, monkeypatch),
        guarded(ground, tmp_path / "profile", url) as (guard, context),
    ):
        guard.silence(context)
        pages = open_pages(context, url)
        assert guard.holds(Phase.READ)
        fire(context, pages, url)
        settle(pages[0], lambda: ground.server.heard >= set(OWN), tries=60)
        guard.shut()
    assert ground.server.heard <= set(OWN)


def test_offline_pages_without_those_ways_send_nothing_though_line_and_routes_let_all_pass(
    ground: Ground, tmp_path: Path
) -> None:
    with (
        CutProxy(lambda method, url: True) as proxy,
        browser.launched(ground.executable, tmp_path / "profile", proxy=proxy.url, env=ground.env) as context,
    ):
        proxy.open()
        silence = Silence(context)
        pages = open_pages(context, ground.server.url)
        silence.offline()
        fire(context, pages, ground.server.url)
        assert ground.server.heard <= set(OWN)
        silence.online()
        with context.expect_page() as opened:  # its window is that of the empty page before
            pages[0].evaluate("() => void open('/p/staying')")
        page = opened.value
        page.wait_for_load_state()
        assert page.evaluate("() => typeof Worker") == "undefined"
        silence.lift()
        assert page.evaluate("() => typeof Worker") == "function"
        page.goto(f"{ground.server.url}/p/staying")
        page.evaluate("() => window.ready.then(() => go())")
        settle(page, lambda: {"beacon", "worker", "redirect_307"} <= ground.server.heard)
    assert {"beacon", "worker", "redirect_307"} <= ground.server.heard  # the user's window lacks nothing


@pytest.mark.parametrize("phase", [Phase.READ, Phase.UPLOAD, Phase.CUT])
def test_with_both_locks_nothing_arrives_in_any_phase(ground: Ground, tmp_path: Path, phase: Phase) -> None:
    with guarded(ground, tmp_path / "profile", ground.server.url) as (guard, context):
        pages = open_pages(context, ground.server.url)
        if phase is Phase.CUT:
            guard.cut(context)
        if phase is Phase.UPLOAD:
            guard.let_photos_through()
        assert guard.holds(phase)
        fire(context, pages, ground.server.url)
        settle(pages[0], lambda: len(guard.blocked()) >= 20, tries=60)
        assert len(guard.blocked()) >= 20
        guard.shut()
    assert ground.server.heard == set()


def test_a_line_that_only_seems_cut_is_no_proof(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with guarded(ground, tmp_path / "profile", ground.server.url) as (guard, context):
        monkeypatch.setattr("monitor.adapters.guard._CANARY_SECONDS", 2)
        monkeypatch.setattr(guard.proxy, "cut", lambda: None)
        with pytest.raises(NotProven, match="not stopped by the cut"):
            guard.cut(context)
        assert not guard.holds(Phase.CUT)


def test_a_service_worker_of_an_earlier_session_has_no_say(ground: Ground, tmp_path: Path) -> None:
    profile = tmp_path / "profile"
    with unguarded(ground, profile) as context:
        page = context.new_page()
        page.goto(f"{ground.server.url}/p/served/page")
        page.evaluate("() => window.ready")
        assert page.evaluate("() => Boolean(navigator.serviceWorker.controller || registered)")
    with guarded(ground, profile, ground.server.url) as (guard, context):
        page = context.new_page()
        page.goto(f"{ground.server.url}/p/served/page")
        assert not page.evaluate("() => Boolean(navigator.serviceWorker.controller)")
        assert (
            page.evaluate("() => navigator.serviceWorker.getRegistrations().then((found) => found.length)")
            == 0
        )
        page.evaluate("() => window.ready")
        page.evaluate("() => go()")
        settle(page, lambda: len(guard.blocked()) > 0, tries=20)
        guard.shut()
    assert ground.server.heard == set()


def _tried(proxy: CutProxy) -> set[str]:
    """The writing addresses the browser tried to reach through the cut line."""
    return {refusal.target.rpartition("/w/")[2] for refusal in proxy.refused() if "/w/" in refusal.target}
