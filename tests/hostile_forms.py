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

# What a trick does once it goes off; every one of them arrives where nothing stops it. No double quotes: they stand in
# attributes, too.
CHANNELS = (
    "fetch('/w/fetch', {method: 'POST', body: '1'})",
    "fetch('/w/keep', {method: 'POST', keepalive: true})",
    "fetch('/h5/mtop.aliexpress.buyer.reverse.submit/1.0/?data={}')",
    "fetch('/h5/mtop.aliexpress.trade.buyer.order.operation/1.0/', {method: 'POST'})",
    "fetch('/h5/mtop.ae.ld.querydetail/1.0/?away=1')",
    "fetch('/h5/mtop.ae.ld.querydetail/1.0/?away=1', {method: 'POST', body: '1', keepalive: true})",
    "fetch(other + '/w/elsewhere', {method: 'POST', mode: 'no-cors'})",
    "globalThis.fetchLater?.('/w/later', {method: 'POST', body: '1', activateAfter: 0})",
    "(x => { x.open('PUT', '/w/xhr'); x.send(); })(new XMLHttpRequest())",
    "navigator.sendBeacon('/w/beacon', '1')",
    "new WebSocket('ws://' + location.host + '/w/socket')",
    "new EventSource('/w/events')",
    "new Worker('/worker.js').postMessage('/w/worker')",
    "new SharedWorker('/worker.js').port.postMessage('/w/shared')",
    "new Worker(URL.createObjectURL(new Blob([`fetch('${location.origin}/w/blob', {method: 'POST', mode: 'no-cors'})`])))",
    "navigator.serviceWorker?.register('/worker.js').then((it) => it.installing?.postMessage('/w/service'))",
    "import('/w/module').catch(() => 0)",
    "new FontFace('x', 'url(/w/font)').load().catch(() => 0)",
    "new Image().src = '/w/picture.gif?' + Math.random()",
    "put('script', {src: '/w/script?callback=mtopjsonp1'})",
    "put('script', {src: '/order/confirm.js?order=1'})",
    "put('script', {src: '/order/confirm.js'})",
    "put('link', {rel: 'stylesheet', href: '/w/style.css?do=it'})",
    "put('style', {textContent: 'body { background: url(/w/background.png) }'})",
    "put('style', {textContent: '@import url(/w/imported)'})",
    "put('link', {rel: 'prefetch', href: '/w/prefetch'})",
    "put('link', {rel: 'preload', as: 'script', href: '/w/preload'})",
    "put('link', {rel: 'modulepreload', href: '/w/modulepreload'})",
    "put('script', {type: 'speculationrules', text: rules('prefetch', '/w/speculated')})",
    "put('script', {type: 'speculationrules', text: rules('prerender', '/w/prerendered')})",
    "put('iframe', {src: '/w/frame'})",
    "put('iframe', {srcdoc: `<form action=/w/srcdoc method=post></form><img src=x onerror=document.forms[0].submit()>`})",
    "put('object', {data: '/w/object'})",
    "put('embed', {src: '/w/embed'})",
    "put('video', {src: '/w/video', autoplay: true, poster: '/w/poster.png'})",
    "put('meta', {httpEquiv: 'refresh', content: '0;url=/w/refresh'})",
    "put('a', {href: '#x', ping: '/w/ping'}).click()",
    "put('a', {href: '/w/link', target: '_blank'}).click()",
    "put('a', {href: '/w/download', download: 'x'}).click()",
    "put('form', {action: '/w/blank', method: 'post', target: '_blank'}).submit()",
    "put('form', {action: '/w/get', method: 'get'}).submit()",
    "put('form', {action: '/p/order/detail.html', method: 'post'}).submit()",
    "document.forms[0]?.submit()",
    "document.forms[0]?.requestSubmit()",
    "window.open('/w/window')",
    "window.open('/w/noopener', '_blank', 'noopener')",
    "window.open('/p/away.html')",
    "window.open('/p/order/detail.html?action=confirmReceipt')",
    "location.href = '/w/gone'",
    "location.href = '/p/away.html'",
    "location.href = other + '/p/reverse-pages/start.html'",
    "location.href = other.replace('//', '//' + location.hostname + '@') + '/p/order/detail.html'",
    "globalThis.navigation?.navigate('/w/navigated').committed.catch(() => 0)",
    "if (!confirm('Stay?')) fetch('/w/dialog', {method: 'POST'})",
)  # fmt: skip
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
    "pointermove",
    "mouseleave",
    "keypress",
    "invalid",
    "scroll",
)
_PAGE_EVENTS = (
    "pagehide", "unload", "beforeunload", "visibilitychange", "freeze", "mousemove", "focus", "focusin", "focusout",
    "pointerover", "mouseover", "mousedown", "pointerup", "click", "auxclick", "scroll", "scrollend", "blur", "resize",
    "selectionchange", "change", "input", "beforeinput", "keydown", "keyup", "load", "DOMContentLoaded", "toggle",
    "hashchange", "message", "pageswap", "error",
)  # fmt: skip
_OPTION_SPOILERS = (
    "button", "submit_label", "shadow", "open_shadow", "swap", "hover", "link", "press", "image", "element", "key",
)  # fmt: skip


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
        return [f"{asked.method} {asked.path}" for asked in self.requests if is_write(asked)]

    def answer(self, asked: Asked) -> Answer:
        if asked.path == _LIST:
            return Answer(json.dumps(_listed()).encode(), "application/json")
        if asked.path.startswith("/h5/") and "away" in asked.query:
            return Answer(status=307, headers={"Location": "/w/redirected"})
        if asked.path == "/p/away.html":
            return Answer(status=302, headers={"Location": "/w/landed"})
        if asked.path == "/worker.js":
            return Answer(WORKER, "text/javascript")
        if asked.path == "/x/upload":
            return Answer(b'{"url": "/uploaded/1.png"}', "application/json")
        return Answer(Maker(self.trap, asked.path, self.other).page().encode())


def is_write(asked: Asked) -> bool:
    if asked.path.startswith(("/w/", "/order/")) or "action" in asked.query:
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
        laid = "\n".join(f"try {{ {trick} }} catch {{}}" for trick in self.script)
        head = f'<!doctype html><html lang="{self.code}"><meta charset="utf-8"><title>.</title>'
        return f"{head}<body>{body}<script>const other = {json.dumps(self.other)};\n{_PARTS}\n{laid}</script>"

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
        if self._armed(0.15):
            lying.append(f'<form action="/w/lie" method="post"><button>{w["returns"][0]}</button></form>')
        if self._armed(0.15):
            lying.append(f'<a href="/w/link">{w["returns"][0]}</a>')
        if self._armed(0.15):
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
            trick = self.rng.choice((
                self._timer, self._page_event, self._overlay, self._mutation, self._default_button, self._observer,
                self._liar, self._setter, self._lookalike_frame, self._slider, self._answering_shop,
            ))  # fmt: skip
            if self._armed():
                trick()

    def _timer(self) -> None:
        later = self.rng.choice(("setTimeout", "setTimeout", "setInterval", "requestIdleCallback"))
        self.script.append(f"few({later}, () => {{ {self._channel()} }}, {self.rng.randrange(0, 1500)});")

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

    def _observer(self) -> None:
        kind = self.rng.choice(("IntersectionObserver", "ResizeObserver"))
        field = self.rng.choice(("textarea, [contenteditable]", "select, [role=radiogroup]", "form"))
        self.script.append(
            f"for (const el of document.querySelectorAll('{field}'))"
            f" new {kind}(() => {{ if (watching-- > 0) {{ {self._channel()} }} }}).observe(el);"
        )

    def _liar(self) -> None:
        """The page answers for its own elements: whoever looks is told that nothing lies over a thing, or round it."""
        self.script.append(self.rng.choice((
            "document.elementFromPoint = () => document.querySelector('[role=radio], label, select');",
            "Element.prototype.closest = () => null;",
            "Element.prototype.querySelectorAll = () => [];",
            "Object.defineProperty(HTMLElement.prototype, 'innerText', { get() { return this.title || this.textContent; } });",
            f"Element.prototype.getBoundingClientRect = function () {{ if (watching-- > 0) {{ {self._channel()} }} return new DOMRect(0, 0, 9, 9); }};",
            f"Element.prototype.scrollIntoView = function () {{ if (watching-- > 0) {{ {self._channel()} }} }};",
        )))  # fmt: skip

    def _setter(self) -> None:
        """Filling a field in runs the page's own code."""
        kind = self.rng.choice(("HTMLTextAreaElement", "HTMLInputElement", "HTMLSelectElement"))
        self.script.append(
            f"Object.defineProperty({kind}.prototype, 'value', {{ get() {{ return this.textContent; }},"
            f" set(it) {{ {self._channel()} }}, configurable: true }});"
        )

    def _lookalike_frame(self) -> None:
        src = self.rng.choice(("location.href", "other + location.pathname", "location.pathname + '?f=1'"))
        self.script.append(
            f"if (top === self) document.body.prepend(Object.assign(document.createElement('iframe'), {{ src: {src} }}));"
        )

    def _slider(self) -> None:
        """A see-through button glides over the page without end, above everything."""
        act = self._channel()
        self.script.append(f"slide(() => {{ {act} }}, '{self.rng.choice(('popover', 'plain', 'label'))}');")

    def _answering_shop(self) -> None:
        """Whatever the page hears makes it act: a refused request, a message, a changed address."""
        self.script.append(
            f"addEventListener('unhandledrejection', () => {{ if (watching-- > 0) {{ {self._channel()} }} }});"
            "fetch('/w/asked', {method: 'POST'}).then((it) => { if (!it.ok) throw it; });"
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


WORKER = b"""const act = ({ data }) => fetch(data, { method: "POST", body: "1" });
onmessage = act; onconnect = ({ ports: [port] }) => { port.onmessage = act; }; globalThis.addEventListener("install", () => skipWaiting());"""

_PARTS = """
let watching = 20;
const put = (tag, set) => document.body.appendChild(Object.assign(document.createElement(tag), set));
const rules = (kind, url) => JSON.stringify({ [kind]: [{ source: "list", urls: [url], eagerness: "immediate" }] });
const few = (later, act, after) => { let left = 4; later(() => { if (left-- > 0) act(); }, later === requestIdleCallback ? {} : after + 100); };
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
function slide(act, how) {
  const over = Object.assign(how === "label" ? document.createElement("label") : submit(""), { onclick: act });
  over.style.cssText = "all: unset; position: fixed; inset: 0 auto auto 0; width: 90px; height: 40px; opacity: 0; z-index: 2147483647";
  document.body.append(over);
  if (how === "popover") { over.popover = "manual"; over.showPopover(); }
  over.animate([{ transform: "none" }, { transform: "translate(90vw, 90vh)" }], { duration: 700, iterations: 40, direction: "alternate" });
}
customElements.define("x-option", class extends HTMLElement {
  connectedCallback() { this.attachShadow({ mode: "open" }).append(submit(this.textContent)); } });
const spoil = {
  button: (el) => el.replaceWith(submit(el.textContent)),
  submit_label: (el) => { const hidden = submit(""); hidden.id = `s${Math.random()}`; document.body.append(hidden);
    el.innerHTML = `<label for="${hidden.id}">${el.textContent}</label>`; },
  shadow: (el) => { const host = document.createElement("span"); const text = el.textContent; host.attachShadow({ mode: "closed" }).append(submit(text)); el.replaceChildren(host); },
  open_shadow: (el) => { const host = document.createElement("span"); const text = el.textContent; host.attachShadow({ mode: "open" }).append(submit(text)); el.replaceChildren(host); },
  element: (el) => { const own = document.createElement("x-option"); own.textContent = el.textContent; el.replaceChildren(own); },
  key: (el) => { el.accessKey = "s"; el.addEventListener("focus", send); el.addEventListener("keydown", send); },
  swap: (el) => el.addEventListener("pointerover", () => el.replaceWith(submit(el.textContent))),
  hover: (el) => el.addEventListener("mouseenter", send),
  link: (el) => { el.innerHTML = `<a href="/w/option">${el.textContent}</a>`; },
  press: (el) => el.addEventListener("pointerdown", send),
  image: (el) => { el.append(Object.assign(document.createElement("input"), { type: "image", src: "/w/input.gif" })); },
};
for (const el of document.querySelectorAll("[data-spoil]")) spoil[el.dataset.spoil](el);
"""
