"""Random hostile pages: whatever they do, every form plan is carried out on them without one write at the server.

FORM_FUZZ_PAGES says how many pages are tried (10 without it); FORM_FUZZ_FROM is the first seed.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hostile_forms import ORDER, HostileShop, Trap
from PIL import Image

from monitor.adapters import browser
from monitor.adapters.browser import Browser
from monitor.adapters.display import Display
from monitor.adapters.guard import Guard
from monitor.adapters.hands import Hand
from monitor.disputes import DisputeForm
from monitor.laying import Laid, Laying
from scrapers.forms import Form
from scrapers.marketplaces.aliexpress import answering, dispute

pytestmark = pytest.mark.browser

FIRST = int(os.environ.get("FORM_FUZZ_FROM", "0"))
SEEDS = range(FIRST, FIRST + int(os.environ.get("FORM_FUZZ_PAGES", "10")))
_PAGES_A_BROWSER = 40
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
    used: int = 0
    _open: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def lay(self, seed: int, trap: Trap) -> Laid:
        if self.used % _PAGES_A_BROWSER == 0:
            self._launch()
        self.used += 1
        self.pages.trap = self.other.trap = trap
        form, wanted = PLANS[seed % len(PLANS)]
        if seed % 3 == 0:
            wanted = replace(wanted, photos=(self.folder / "photo.png",))
        guard = self.guard
        guard.routes._blocked.clear()
        guard.proxy._refused.clear()
        guard.read()
        hand = Hand(self.context, guard, self.bounds, dispute.WORDS)
        laying = Laying(
            self.context, guard, hand, wanted, 2.0, lambda _: None, lambda: None, self.bounds.sites
        )
        try:
            return laying.run(form, self.folder)
        finally:
            guard.shut()
            self._close_pages()

    def _launch(self) -> None:
        self.close()
        self.bounds = dispute.bounds(self.pages.url)
        self.guard = self._open.enter_context(Guard(self.bounds).on())
        self.context: Browser = self._open.enter_context(
            browser.launched(
                self.executable,
                self.folder / f"profile{self.used}",
                proxy=self.guard.proxy.url,
                env=self.display.env,
            )
        )
        self.guard.watch(self.context)

    def _close_pages(self) -> None:
        """All pages go, with whatever they do on going, while the line is still cut."""
        kept = self.context.new_page()
        for page in self.context.pages:
            if page is not kept:
                page.close(run_before_unload=False)

    def close(self) -> None:
        self._open.close()
        self._open = contextlib.ExitStack()


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
    assert all(field.ok or not field.value for field in laid.fields)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_honest_pages_of_the_same_making_are_filled(bench: Bench, language: str) -> None:
    results = [bench.lay(seed, Trap(seed, tricks=0, language=language)).result for seed in range(len(PLANS))]
    assert results.count("filled") >= 4, results
    assert bench.pages.writes == []


def test_the_pages_do_send_where_nothing_holds_them(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.close()
    bench.used = 0
    for name in ("watch", "cut", "shut", "let_photos_through", "read"):
        monkeypatch.setattr(Guard, name, lambda *_: None)
    monkeypatch.setattr(Guard, "holds", lambda *_: True)
    monkeypatch.setattr(Guard, "_may_pass", lambda *_: True)
    with HostileShop() as other, HostileShop(other.url) as pages:
        free = Bench(bench.executable, bench.display, bench.folder / "free", pages, other)
        free.folder.mkdir()
        try:
            for seed in range(5):
                free.lay(seed + 30 if seed % 3 else 31, Trap(seed, tricks=6))
        finally:
            free.close()
        assert pages.writes != []
