"""Random hostile pages: whatever they do, every form plan is carried out on them without one write at the server.

FORM_FUZZ_PAGES says how many pages are tried (4 without it); FORM_FUZZ_FROM is the first seed.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hostile_forms import CHANNELS, ORDER, HostileShop, Trap
from PIL import Image

from monitor.adapters import browser
from monitor.adapters.browser import Browser, BrowserError, BrowserStuck
from monitor.adapters.display import Display
from monitor.adapters.guard import Guard
from monitor.adapters.hands import Hand
from monitor.disputes import DisputeForm
from monitor.laying import Laid, Laying
from scrapers.forms import Form
from scrapers.marketplaces.aliexpress import answering, dispute

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("one_driver")]

FIRST = int(os.environ.get("FORM_FUZZ_FROM", "0"))
SEEDS = range(FIRST, FIRST + int(os.environ.get("FORM_FUZZ_PAGES", "4")))
_PAGES_A_BROWSER = 40
# What the program's browser does not do at all, whatever else holds: service and shared workers, fetching later or ahead.
OFF = {"/w/service", "/w/shared", "/w/later", "/w/prefetch"}
_STUCK = 25.0  # seconds after which a page that never answers is left
_WORDS = "It is not as it should be. Please refund it."

PLANS: tuple[tuple[Form, DisputeForm], ...] = (
    (dispute.DISPUTE, DisputeForm(ORDER, received=False, reason="not_received_in_transit", text=_WORDS)),
    (dispute.DISPUTE, DisputeForm(ORDER, received=True, reason="damaged", text=_WORDS, solution="return_and_refund")),
    (answering.CANCEL, DisputeForm(ORDER, received=False, reason="no_longer_wanted", text="")),
    (answering.EVIDENCE, DisputeForm(ORDER, received=False, reason="", text=_WORDS)),
    (answering.DISAGREE, DisputeForm(ORDER, received=False, reason="", text=_WORDS)),
)  # fmt: skip


@dataclass
class Bench:
    """A guarded browser for many pages; a new one now and then, as each page leaves listeners behind."""

    executable: Path
    display: Display
    folder: Path
    pages: HostileShop
    other: HostileShop
    used: int = 0  # pages since the browser was started
    _started: int = 0
    _open: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def lay(self, seed: int, trap: Trap) -> Laid:
        if self.used % _PAGES_A_BROWSER == 0:
            self._launch()
        self.used += 1
        self.pages.trap = self.other.trap = trap
        form, wanted = PLANS[seed % len(PLANS)]
        patience = 3.0 if trap.tricks else 15.0  # hostile pages often never show what is waited for
        if seed % 2 == 0:  # of several buttons that read "Returns/refunds" the first is meant
            wanted = replace(wanted, line_id="1")
        if seed % 3 == 0:
            wanted = replace(wanted, photos=(self.folder / "photo.png",))
        guard = self.guard
        guard.routes._blocked.clear()
        guard.proxy._refused.clear()
        guard.read()
        hand = Hand(self.context, guard, self.bounds, dispute.WORDS)
        try:
            with browser.watched(self.context, lambda: None, seconds=_STUCK, first=guard.shut) as alive:
                sites = self.bounds.sites
                laying = Laying(self.context, guard, hand, wanted, patience, lambda _: None, alive, sites)
                laid = laying.run(form, self.folder)
                guard.shut()
                self._close_pages()
        except BrowserStuck as stuck:
            self.close()
            return Laid("layout_changed", None, (), "", str(stuck), "")
        except BaseException:
            self.close()
            raise
        return laid

    def _launch(self) -> None:
        self.close()
        self._started += 1
        self.bounds = dispute.bounds(self.pages.url)
        self.guard = self._open.enter_context(Guard(self.bounds).on())
        self.context: Browser = self._open.enter_context(
            browser.launched(
                self.executable,
                self.folder / f"profile{self._started}",
                proxy=self.guard.proxy.url,
                env=self.display.env,
            )
        )
        self.guard.watch(self.context)
        self.guard.silence(self.context)

    def _close_pages(self) -> None:
        """All pages go, with whatever they do on going, while the line is still cut."""
        kept = self.context.new_page()
        for page in self.context.pages:
            if page is not kept:
                page.close(run_before_unload=False)

    def close(self) -> None:
        self._open.close()
        self._open = contextlib.ExitStack()
        self.used = 0


@pytest.fixture(scope="module")
def bench(
    browser_executable: Path, display: Display, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("fuzz")
    Image.new("RGB", (8, 8)).save(folder / "photo.png")
    with (
        HostileShop() as other,
        HostileShop(other.url) as pages,
        pytest.MonkeyPatch.context() as patient,
    ):
        # A page that never shows the picture is waited for.
        patient.setattr("monitor.laying._UPLOAD_SECONDS", 2.0)
        bench = Bench(browser_executable, display, folder, pages, other)
        yield bench
        bench.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_no_hostile_page_gets_anything_sent(bench: Bench, seed: int) -> None:
    before = len(bench.pages.writes), len(bench.other.requests)
    laid = bench.lay(seed, Trap(seed, tricks=1 + seed % 6))
    assert bench.pages.writes[before[0] :] == []
    assert bench.other.requests[before[1] :] == []
    # What is gone from the page at the last look is said to be.
    gone = [f.name for f in laid.fields if f.value and not f.ok and f.name != "photos"]
    assert all(f"{name.capitalize()}: the page does not show it any more." in laid.detail for name in gone)


def test_honest_pages_of_the_same_making_are_filled(bench: Bench) -> None:
    laid = [
        bench.lay(seed, Trap(seed, 0, language))
        for seed, language in enumerate(("en", "ja", "ar", "ru", "de"))
    ]
    assert [each.result for each in laid] == ["filled"] * len(PLANS), laid
    assert bench.pages.writes == []


def test_every_channel_of_the_pages_sends_where_nothing_holds_it(bench: Bench, tmp_path: Path) -> None:
    bench.close()
    leaving = [
        channel
        for channel in CHANNELS
        if re.search(r"location\.href =|ubmit\(\)|refresh|navigate\(|speculation", channel)
    ]
    staying = [channel for channel in CHANNELS if channel not in leaving]
    leaving = [channel for channel in leaving if "speculation" not in channel]
    with HostileShop() as other, HostileShop(other.url) as pages:
        with browser.launched(bench.executable, tmp_path / "profile", env=bench.display.env) as context:
            for acts in ([f"try {{ {act} }} catch {{}}" for act in staying], *([act] for act in leaving)):
                page = context.new_page()
                page.goto(f"{pages.url}/p/reverse-pages/start.html")
                heard = len(pages.writes), len(other.requests)
                with contextlib.suppress(BrowserError):  # the page may be left at once
                    page.evaluate(f"() => {{ {' '.join(acts)} }}")
                _until(context, lambda heard=heard: (len(pages.writes), len(other.requests)) > heard)
                assert (len(pages.writes), len(other.requests)) > heard, acts
            _until(
                context,
                lambda: _addresses(staying) <= {asked.path for asked in pages.requests + other.requests},
            )
        arrived = {asked.path for asked in pages.requests + other.requests}
    assert _addresses(staying) - arrived <= OFF


def _addresses(channels: list[str]) -> set[str]:
    """Where they write to; what leads there by a redirect is told by the place it ends at."""
    ends = {"/p/away.html": "/w/landed", "away=1": "/w/redirected"}
    found = {end for channel in channels for way, end in ends.items() if way in channel}
    return found | {
        word for channel in channels for word in re.findall(r"(?<!/p)/(?:w|order)/[\w.]+", channel)
    }


def _until(context: Browser, holds: Callable[[], bool]) -> None:
    for _ in range(100):
        if holds():
            return
        browser.pause(context, 50)
