"""The hand-made trap pages of trap_pages.toml: an honest order page and form, each with one part of it gone wrong."""

from __future__ import annotations

import contextlib
import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hostile_forms import ORDER, WORKER, is_write
from PIL import Image

from fixtures.loopback import Answer, Asked, LoopbackServer
from monitor.adapters import browser
from monitor.adapters.browser import Browser
from monitor.adapters.display import Display
from monitor.adapters.guard import Guard
from monitor.adapters.hands import Hand
from monitor.disputes import DisputeForm
from monitor.laying import Laid, Laying
from scrapers.forms import Attach, Choose, Fill, Form, Open, WaitFor, Words
from scrapers.marketplaces.aliexpress import dispute


@dataclass(frozen=True)
class Trap:
    """`what` says in a sentence what is wrong; the rest replaces the honest part of that name, "" keeps it."""

    name: str
    what: str
    opener: str = '<button type="button" onclick="ask.showModal()">Returns/refunds</button>'
    question: str = (
        '<dialog id="ask"><h3>Have you received your package?</h3>'
        '<button type="button" onclick="go()">Yes</button><button type="button" onclick="go()">No</button></dialog>'
    )
    reasons: str = (
        '<fieldset style="position: relative"><legend>Reason</legend><label><input type="radio" name="r">Package lost</label>'
        '<label><input type="radio" name="r">Package still in transit</label></fieldset>'
    )
    photos: str = (
        '<div><div>Photos or videos</div><input type="file" accept="image/png" onchange="up(this)"></div>'
    )
    more: str = ""
    script: str = ""

    @property
    def on_the_order(self) -> bool:
        """Whether the trap is on the order page; else it is on the form."""
        return self.name.startswith(("opener", "answer"))


TRAPS = tuple(
    Trap(name, **parts)
    for name, parts in tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8")).items()
)


class TrapShop(LoopbackServer):
    """Serves one trap's pages and counts what would change something; `other` is a shop at another address."""

    def __init__(self, other: str = "") -> None:
        self.trap = TRAPS[0]
        self.other = other
        super().__init__()

    @property
    def writes(self) -> list[str]:
        return [f"{asked.method} {asked.path}" for asked in self.requests if is_write(asked)]

    def answer(self, asked: Asked) -> Answer:
        if "away" in asked.path or "away" in asked.query:
            return Answer(status=307, headers={"Location": "/w/landed"})
        if asked.path == "/worker.js":
            return Answer(WORKER, "text/javascript")
        if asked.path == "/x/upload":
            return Answer(b'{"url": "/uploaded/1.png"}', "application/json")
        return Answer(self._page(form=asked.path == "/p/reverse-pages/start.html").encode())

    def _page(self, *, form: bool) -> str:
        trap = self.trap
        script = trap.script if trap.on_the_order is not form else ""
        body = (
            f'<form id="form" action="/w/form" method="post">{trap.reasons}<fieldset><legend>Solution</legend>'
            '<label><input type="radio" name="s">Refund only</label><label><input type="radio" name="s">Return &amp; refund'
            "</label></fieldset><div><div>Description</div><textarea placeholder=' '></textarea></div>"
            f'{trap.photos}<button id="sender">Submit</button></form>{trap.more}'
            if form
            else f"<main><section>{trap.opener}</section></main>{trap.question}"
        )
        return (
            f'<!doctype html><html lang="en"><meta charset="utf-8"><title>.</title><body>{body}'
            f"<script>const other = {json.dumps(self.other)};\n{_PARTS}\n{script}</script></body></html>"
        )


_ON_THE_FORM = Form("dispute", (Open("/p/reverse-pages/start.html"), WaitFor("form"), Choose("reason"),
                                Choose("solution"), Fill("text"), Attach("photos")))  # fmt: skip


@dataclass
class Desk:
    """A guarded browser and two servers that count."""

    context: Browser
    guard: Guard
    shop: TrapShop
    other: TrapShop
    folder: Path

    @property
    def writes(self) -> list[str]:
        """What reached either server and would change something; of the other shop's, anything at all."""
        return self.shop.writes + [f"{asked.method} {asked.path} elsewhere" for asked in self.other.requests]

    def lay(self, trap: Trap, words: Words = dispute.WORDS) -> Laid:
        self.shop.trap = self.other.trap = trap
        bounds = dispute.bounds(self.shop.url)
        wanted = DisputeForm(ORDER, received=False, reason="not_received_in_transit", text="One.\nTwo.",
                             photos=(self.folder / "photo.png",) if "sends" in trap.name or "upload" in trap.name else ())  # fmt: skip
        # What the page before this one tried is forgotten: it would end this one at once.
        self.guard.routes._blocked.clear()
        self.guard.proxy._refused.clear()
        self.guard.read()
        hand = Hand(self.context, self.guard, bounds, words)
        laying = Laying(
            self.context, self.guard, hand, wanted, 3.0, lambda _: None, lambda: None, bounds.sites
        )
        try:
            return laying.run(dispute.DISPUTE if trap.on_the_order else _ON_THE_FORM, self.folder)
        finally:
            self.guard.shut()
            kept = self.context.new_page()
            for page in self.context.pages:
                if page is not kept:
                    page.close()


@contextlib.contextmanager
def desk(executable: Path, display: Display, folder: Path) -> Iterator[Desk]:
    """A desk with its servers running. A page that never shows its picture is not waited for long."""
    Image.new("RGB", (8, 8)).save(folder / "photo.png")
    with TrapShop() as other, TrapShop(other.url) as shop, pytest.MonkeyPatch.context() as patient:
        patient.setattr("monitor.laying._UPLOAD_SECONDS", 2.0)
        guard = Guard(dispute.bounds(shop.url))
        with (
            guard.on(),
            browser.launched(
                executable, folder / "profile", proxy=guard.proxy.url, env=display.env
            ) as context,
        ):
            guard.watch(context)
            guard.silence(context)
            yield Desk(context, guard, shop, other, folder)


_PARTS = """
const send = (more) => fetch("/w/sent", { method: "POST", body: "1", ...(more?.keepalive ? more : {}) });
const go = () => { location.href = "/p/reverse-pages/start.html?x=1"; };
const put = (tag, set) => document.body.appendChild(Object.assign(document.createElement(tag), set));
const one = (event, act) => document.addEventListener(event, act, { once: true, capture: true });
const button = (text, act) => Object.assign(document.createElement("button"), { type: "button", textContent: text, onclick: () => act() });
const cover = (style, act) => { const over = button("", act); over.style.cssText = `all: unset; z-index: 2147483647; ${style}`; document.body.append(over); return over; };
const field = document.querySelector("textarea");
const up = async (input) => {
  await fetch("/x/upload", { method: "POST", body: input.files[0] });
  input.after(Object.assign(document.createElement("div"), { className: "thumb", style: "background-image: url(/uploaded/1.png)" }));
};
"""
