"""Pages that look like a shop's forms and try everything to be sent, made at random from a seed.

Words come from labels.toml in any of its languages; each page gets some of the tricks below. Every request that would
change something is counted at the server, that of a look-alike host too.
"""

from __future__ import annotations

import json
import random
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from fixtures.loopback import Answer, Asked, LoopbackServer

ORDER, LINE, CASE = "8190000000000001", "8190000000000002", "6190000000000003"
_LIST = "/h5/mtop.aliexpress.buyer.reverse.queryreverseorderpagelistforbuyer/1.0/"
_LABELS: dict[str, Any] = tomllib.loads(
    files("scrapers.marketplaces.aliexpress").joinpath("labels.toml").read_text("utf-8")
)

# What a trick does once it goes off; every one of them arrives where nothing stops it.
CHANNELS = (
    "fetch('/w/fetch', {method: 'POST', body: '1'})",
    "fetch('/w/keep', {method: 'POST', keepalive: true})",
    "fetch('/h5/mtop.aliexpress.buyer.reverse.submit/1.0/?data={}')",
    "fetch('/h5/mtop.aliexpress.trade.buyer.order.operation/1.0/', {method: 'POST'})",
    "navigator.sendBeacon('/w/beacon', '1')",
    "new Image().src = '/w/picture.gif?' + Math.random()",
    "document.head.append(Object.assign(document.createElement('script'), {src: '/w/script?callback=mtopjsonp1'}))",
    "(x => { x.open('PUT', '/w/xhr'); x.send(); })(new XMLHttpRequest())",
    "document.forms[0]?.submit()",
    "document.forms[0]?.requestSubmit()",
    "window.open('/w/window')",
    "new WebSocket('ws://' + location.host + '/w/socket')",
    "new EventSource('/w/events')",
    "document.body.append(Object.assign(document.createElement('iframe'), {src: '/w/frame'}))",
    "location.href = '/w/gone'",
    "fetch('/h5/mtop.ae.ld.querydetail/1.0/?away=1')",
    "fetch(other + '/w/elsewhere', {method: 'POST', mode: 'no-cors'})",
    "location.href = other + '/p/reverse-pages/start.html'",
)
_FIELD_EVENTS = (
    "focus",
    "input",
    "beforeinput",
    "change",
    "blur",
    "select",
    "keydown",
    "keyup",
    "pointerdown",
    "scroll",
)
_PAGE_EVENTS = (
    "pagehide", "beforeunload", "visibilitychange", "mousemove", "focusin", "focusout", "pointerover", "mouseover",
    "mousedown", "pointerup", "click", "scroll", "blur", "selectionchange", "change", "input", "keydown",
)  # fmt: skip
_OPTION_SPOILERS = ("button", "submit_label", "shadow", "swap", "hover", "link", "press", "image")


@dataclass(frozen=True)
class Trap:
    """One page's making: `tricks` 0 is an honest page."""

    seed: int
    tricks: int
    language: str = ""


class HostileShop(LoopbackServer):
    """Serves the pages of one trap after the other; `other` is a shop at a look-alike address."""

    def __init__(self, other: str = "") -> None:
        self.trap = Trap(0, 0)
        self.other = other
        super().__init__()

    @property
    def writes(self) -> list[str]:
        """What would have changed something."""
        return [f"{asked.method} {asked.path}" for asked in self.requests if _is_write(asked)]

    def answer(self, asked: Asked) -> Answer:
        if asked.path == _LIST:
            return Answer(json.dumps(_listed()).encode(), "application/json")
        if asked.path.startswith("/h5/") and "away" in asked.query:
            return Answer(status=307, headers={"Location": "/w/redirected"})
        if asked.path == "/x/upload":
            return Answer(b'{"url": "/uploaded/1.png"}', "application/json")
        return Answer(Maker(self.trap, asked.path, self.other).page().encode())


def _is_write(asked: Asked) -> bool:
    if asked.path.startswith("/w/"):
        return True
    if asked.path.startswith("/h5/"):
        return asked.path.lower() not in (_LIST, "/h5/mtop.ae.ld.querydetail/1.0/")
    return asked.method not in ("GET", "HEAD", "OPTIONS") and asked.path != "/x/upload"


def _listed() -> dict[str, Any]:
    line = {"tradeOrderId": ORDER, "tradeOrderLineId": LINE, "reverseOrderId": "6190000000000009",
            "reverseOrderLineId": CASE, "reverseStatus": 2}  # fmt: skip
    return {"ret": ["SUCCESS::"], "data": {"module": {"items": [{"reverseOrderLines": [line]}]}}}


class Maker:
    """Makes one page of a trap; the same seed and path give the same page."""

    def __init__(self, trap: Trap, path: str, other: str) -> None:
        self.trap, self.path, self.other = trap, path, other
        self.rng = random.Random(f"{trap.seed}{path}")
        language = trap.language or random.Random(trap.seed).choice(sorted(_LABELS))
        self.code, self.words = language, _LABELS[language]
        self.script: list[str] = []

    def page(self) -> str:
        kinds = {
            "/p/order/detail.html": self._order, "/p/reverse-pages/start.html": self._form,
            "/p/refund-cancel/index.html": self._cancel, "/p/refund-dispute/list.html": self._list,
            "/issue/fastissue/Detail.htm": self._case,
        }  # fmt: skip
        body = kinds[self.path]() if self.path in kinds else ""
        self._tricks()
        head = f'<!doctype html><html lang="{self.code}"><meta charset="utf-8"><title>.</title>'
        return f"{head}<body>{body}<script>const other = {json.dumps(self.other)};\n{_PARTS}\n{chr(10).join(self.script)}</script>"

    # ---- pages

    def _order(self) -> str:
        w, ask = self.words, f"{self._word('question')}"
        yes, no = w["yes"][0], w["no"][0]
        go = (
            "location.href='/p/reverse-pages/start.html?a=1'"
            if self._coin()
            else "window.open('/p/reverse-pages/start.html')"
        )
        dialog = (f'<dialog id="ask"><h3>{ask}</h3><button type="button" onclick="{go}">{yes}</button>'
                  f'<button type="button" onclick="{go}">{no}</button></dialog>')  # fmt: skip
        opener = (
            f'<button type="button" onclick="{self._maybe()}; ask.showModal()">{w["returns"][0]}</button>'
        )
        lying = [f'<button type="button" onclick="{self._channel()}">{self._never()}</button>']
        if self._armed():
            lying.append(f'<form action="/w/lie" method="post"><button>{w["returns"][0]}</button></form>')
        if self._armed():
            lying.append(f'<a href="/w/link">{w["returns"][0]}</a>')
        if self._armed():
            lying.append(
                f'<dialog id="lie"><h3>{w["confirming"][0]}</h3><button onclick="{self._channel()}">{no}</button></dialog>'
            )
            self.script.append("document.querySelector('#ask').addEventListener('toggle', () => lie.show());")
        parts = [opener, *lying]
        self.rng.shuffle(parts)
        return "<main>" + "".join(f"<section>{part}</section>" for part in parts) + "</main>" + dialog

    def _form(self) -> str:
        reasons = {name: phrases[0] for name, phrases in self.words["reasons"].items()}
        kept = ["not_received_in_transit", "damaged", *self.rng.sample(sorted(reasons), 4)]
        solutions = [self.words["solutions"][name][0] for name in ("refund_only", "return_and_refund")]
        parts = [
            self._choice(self.words["fields"]["reason"][0], [reasons[name] for name in dict.fromkeys(kept)], "r"),
            self._choice(self.words["fields"]["solution"][0], solutions, "s"), self._amount(), self._text(),
            self._file(), self._submit(),
        ]  # fmt: skip
        return self._boxed("".join(parts))

    def _cancel(self) -> str:
        names = ("no_longer_wanted", "change_address", "slow_seller", "better_price", "other")
        options = [self.words["reasons"][name][0] for name in names]
        return self._boxed(self._choice(self.words["fields"]["reason"][0], options, "r") + self._submit())

    def _list(self) -> str:
        return f"<ul><li><a href='/w/link'>{self._never()}</a></li></ul><script>fetch('{_LIST}')</script>"

    def _case(self) -> str:
        disagree, agree = self.words["answers"]["disagree"][0], self.words["answers"]["agree"][0]
        ticks = [f'<label><input type="checkbox" {self._on()}>{disagree}</label>']
        if self._coin():
            ticks.append(f'<label><input type="checkbox" onchange="{self._channel()}">{agree}</label>')
        panel = f"<div>{''.join(ticks)}</div>{self._submit()}"
        place = f'<div id="place" hidden>{self._text()}{self._file()}{self._submit()}</div>'
        unfold = f'<button type="button" onclick="{self._maybe()}; place.hidden = false">{self.words["evidence"][0]}</button>'
        return self._boxed(panel + unfold + place)

    # ---- parts

    def _choice(self, title: str, options: list[str], name: str) -> str:
        clothes = self.rng.choice(("list", "radios", "tiles", "menu", "listbox"))
        if clothes == "list":
            return f"<p>{title}</p><select {self._on()}><option></option>{''.join(f'<option>{o}</option>' for o in options)}</select>"
        if clothes == "radios":
            return f"<fieldset><legend>{title}</legend>{''.join(self._radio(o, name) for o in options)}</fieldset>"
        if clothes == "tiles":
            rows = "".join(self._tile(o, 'role="radio" aria-checked="false"', "mark(this)") for o in options)
            return f'<div role="radiogroup" aria-label="{title}">{rows}</div>'
        if clothes == "listbox":
            rows = "".join(self._tile(o, 'role="option"', f"take(this, b{name})", "li") for o in options)
            return (f'<p>{title}</p><button type="button" id="b{name}" aria-haspopup="listbox" aria-controls="l{name}"'
                    f' onclick="l{name}.hidden = !l{name}.hidden">…</button><ul id="l{name}" role="listbox" hidden>{rows}</ul>')  # fmt: skip
        rows = "".join(self._tile(o, 'class="q-menu-item"', f"take(this, b{name})") for o in options)
        return (f'<p>{title}</p><div id="b{name}" class="q-select q-select-show-arrow" tabindex="0"'
                f' onclick="l{name}.hidden = !l{name}.hidden">…</div><div id="l{name}" hidden>{rows}</div>')  # fmt: skip

    def _radio(self, text: str, name: str) -> str:
        return f'<label {self._spoiled()}><input type="radio" name="{name}" {self._on()}>{text}</label>'

    def _tile(self, text: str, attributes: str, act: str, tag: str = "div") -> str:
        return f'<{tag} {attributes} tabindex="0" onclick="{act}; {self._maybe()}" {self._spoiled()}>{text}</{tag}>'

    def _text(self) -> str:
        title = self.words["fields"]["text"][0]
        field = self.rng.choice((
            f"<textarea {self._on()}></textarea>", f'<textarea maxlength="80" {self._on()}></textarea>',
            f'<div contenteditable="true" role="textbox" {self._on()}></div>',
        ))  # fmt: skip
        return f"<div><div>{title}</div>{field}</div>"

    def _amount(self) -> str:
        return (
            f'<label>{self.words["fields"]["amount"][0]} <input value="9.00" {self._on()}></label>'
            if self._coin()
            else ""
        )

    def _file(self) -> str:
        return f'<div><div>{self.words["fields"]["photos"][0]}</div><input type="file" accept="image/png" onchange="up(this)" {self._on()}></div>'

    def _submit(self) -> str:
        return f'<button onclick="{self._channel()}">{self.rng.choice((self._never(), self._word("returns")))}</button>'

    def _boxed(self, inner: str) -> str:
        form = f'<form action="/w/form" method="post" target="{self.rng.choice(("_self", "_blank"))}">{inner}</form>'
        if self._armed():
            form = f'<iframe srcdoc="<form action=/w/frame method=post><select onchange=this.form.submit()><option>1<option>2</select><textarea></textarea></form>"></iframe>{form}'
        return form

    # ---- tricks

    def _tricks(self) -> None:
        for _ in range(self.trap.tricks):
            trick = self.rng.choice(
                (self._timer, self._page_event, self._overlay, self._mutation, self._default_button)
            )
            if self._armed():
                trick()

    def _timer(self) -> None:
        self.script.append(f"setTimeout(() => {{ {self._channel()} }}, {self.rng.randrange(0, 1500)});")

    def _page_event(self) -> None:
        event = self.rng.choice(_PAGE_EVENTS)
        self.script.append(
            f"for (const at of [window, document]) at.addEventListener('{event}', () => {{ {self._channel()} }}, true);"
        )

    def _overlay(self) -> None:
        event = self.rng.choice(("mousemove", "mouseover", "pointerdown", "focusin", "scroll"))
        self.script.append(f"cover('{event}', () => {{ {self._channel()} }});")

    def _mutation(self) -> None:
        # A few times only: one that answers each of its own changes with another never lets the page come to rest.
        act = f"if (watching-- > 0) {{ {self._channel()} }}"
        self.script.append(
            f"new MutationObserver(() => {{ {act} }}).observe(document.body, {{subtree: true, childList: true, attributes: true}});"
        )

    def _default_button(self) -> None:
        self.script.append(
            "document.addEventListener('keydown', (e) => { if (e.key === 'Enter') document.forms[0]?.requestSubmit(); });"
        )

    def _spoiled(self) -> str:
        return f'data-spoil="{self.rng.choice(_OPTION_SPOILERS)}"' if self._armed(0.15) else ""

    def _on(self) -> str:
        return f'on{self.rng.choice(_FIELD_EVENTS)}="{self._channel()}"' if self._armed(0.3) else ""

    def _maybe(self) -> str:
        return self._channel() if self._armed(0.2) else "void 0"

    def _channel(self) -> str:
        return self.rng.choice(CHANNELS).replace('"', "'")

    def _never(self) -> str:
        return str(self.rng.choice(self.words["never"]))

    def _word(self, name: str) -> str:
        return str(self.words[name][0])

    def _coin(self) -> bool:
        return self.rng.random() < 0.5

    def _armed(self, share: float = 0.5) -> bool:
        """Whether a trick is laid here: never on an honest page."""
        return self.rng.random() < share and self.trap.tricks > 0


_PARTS = """
let watching = 20;
const mark = (one) => { for (const each of one.parentElement.children) each.setAttribute("aria-checked", String(each === one)); };
const take = (one, box) => { box.textContent = one.textContent; one.parentElement.hidden = true; };
const up = async (field) => {
  await fetch("/x/upload", { method: "POST", body: field.files[0] });
  field.after(Object.assign(document.createElement("div"), { className: "thumb", style: "background-image: url(/uploaded/1.png)" }));
};
const send = () => fetch("/w/spoilt", { method: "POST" });
const submit = (text, style = "all:unset; display:block") => Object.assign(document.createElement("button"),
  { textContent: text, onclick: send, style });
function cover(event, act) {
  const over = Object.assign(submit("", "position:fixed; opacity:0; width:70px; height:50px; left:-99px; z-index:99"), { onclick: act });
  document.body.append(over);
  document.addEventListener(event, (e) => {
    const { left, top } = e.target.getBoundingClientRect?.() ?? { left: 0, top: 0 };
    over.style.left = `${(e.clientX ?? left) - 30}px`;
    over.style.top = `${(e.clientY ?? top) - 20}px`;
  }, true);
}
const spoil = {
  button: (el) => el.replaceWith(submit(el.textContent)),
  submit_label: (el) => { const hidden = submit(""); hidden.id = `s${Math.random()}`; document.body.append(hidden);
    el.innerHTML = `<label for="${hidden.id}">${el.textContent}</label>`; },
  shadow: (el) => { const host = document.createElement("span"); const text = el.textContent; host.attachShadow({ mode: "closed" }).append(submit(text)); el.replaceChildren(host); },
  swap: (el) => el.addEventListener("pointerover", () => el.replaceWith(submit(el.textContent))),
  hover: (el) => el.addEventListener("mouseenter", send),
  link: (el) => { el.innerHTML = `<a href="/w/option">${el.textContent}</a>`; },
  press: (el) => el.addEventListener("pointerdown", send),
  image: (el) => { el.append(Object.assign(document.createElement("input"), { type: "image", src: "/w/input.gif" })); },
};
for (const el of document.querySelectorAll("[data-spoil]")) spoil[el.dataset.spoil](el);
"""
