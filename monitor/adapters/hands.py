"""The only module that makes a browser act, and all it can do: open, press a declared opener, choose, fill, attach.

It cannot send a form: there is no word for it here, every target is looked at closely right before it is touched,
and what looks like a button, a confirmation or another shop's trick is refused. Choosing and filling work only
while the line is cut, pressing only while nothing but reading is let through, or while the line is cut as well.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from playwright.sync_api import BrowserContext, ElementHandle, Error, JSHandle, Page

from monitor.adapters.browser import nobody_answered
from monitor.adapters.guard import Guard, Phase
from scrapers.forms import Bounds, Control, Pressable, Sight, Words
from scrapers.meaning import Choice, plain

_EYE = files(__package__).joinpath("page_eye.js").read_text("utf-8")
_BANNER = files(__package__).joinpath("page_banner.js").read_text("utf-8")
_PATIENCE_MS = 4000  # for one touch; the page itself has long been there
_MARKS = frozenset({"input:radio", "input:checkbox"})
_OPTION_ROLES = frozenset({"option", "menuitem", "menuitemradio", "menuitemcheckbox", "radio", "checkbox"})
_CHECK_TITLE = "checkTitle"  # words beside a tick made of divs: they are pressed in its place
_BUTTON_TYPES = frozenset({"submit", "image", "reset", "button"})
_TEXT_TYPES = frozenset({"", "text", "number", "tel", "textarea"})
_ACTING = ("submit", "confirm", "pay", "delete", "remove", "accept", "cancel")


# A dialog of the shop's, a banner: the user can put it away.
COVERED = "Something else lies over it."


def show(context: BrowserContext, url: str) -> bool:
    """A tab with a page for the user to look at, and whether anybody answered there. Nothing in it is touched, so no
    guard is needed."""
    page = context.new_page()
    try:
        page.goto(url, wait_until="commit")
    except Error as error:  # a page that does not open is the user's to see
        return not nobody_answered(error)
    return True


class HandRefused(Exception):
    """The hand does not touch this; the message is one sentence that says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """One element looked at closely. `type` is the DOM's own (a plain button reads "submit"); `inside`, `holds`,
    `labelled` and `meets` name other controls round it, in it, marked by it, or between it and the pointer."""

    tag: str
    text: str
    type: str = ""
    role: str = ""
    data_pl: str = ""
    href: str = ""
    classes: str = ""
    popup: str = ""
    inside: str = ""
    meets: str = ""
    holds: tuple[str, ...] = ()
    labelled: tuple[str, ...] = ()
    around: tuple[str, ...] = ()
    checked: bool = False
    disabled: bool = False
    shown: bool = True
    on_point: bool = True
    of_form: bool = False
    editable: bool = False
    unknown_parts: bool = False
    footer: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """A page as it was seen, with a way back to the elements of each pressable and control."""

    page: Page
    sight: Sight
    _seen: JSHandle

    def pressable(self, index: int) -> ElementHandle:
        return _element(self._seen.evaluate_handle("(seen, i) => seen.pressables[i]", index))

    def control(self, index: int, member: int = 0) -> ElementHandle:
        return _element(self._seen.evaluate_handle("(seen, [i, k]) => seen.controls[i][k]", [index, member]))


@dataclass(frozen=True, slots=True)
class Chosen:
    """What choosing came to. `text` is the option marked now, "" for none; `runner_up` the next nearest option."""

    text: str
    runner_up: str = ""
    refused: str = ""


class Hand:
    """Acts on the pages of one guarded browser."""

    def __init__(self, context: BrowserContext, guard: Guard, bounds: Bounds, words: Words) -> None:
        self._context = context
        self._guard = guard
        self._bounds = bounds
        self._words = words

    def open(self, path: str) -> Page:
        """A page of the shop, in the window's first tab. Raises HandRefused for any other address."""
        self._need(Phase.READ)
        url = urljoin(self._bounds.home, path)
        if not self._bounds.is_page(url):
            raise HandRefused("This address is not one of the shop's known pages.")
        page = self._context.pages[0] if self._context.pages else self._context.new_page()
        page.goto(url, wait_until="domcontentloaded")
        return page

    def face(self, page: Page) -> None:
        """Bring a tab to the front: a page behind another one is not drawn, so nothing on it can be touched."""
        page.bring_to_front()

    def look(self, page: Page) -> View | None:
        """What the page shows now; None while it is changing."""
        try:
            seen = page.evaluate_handle(f"(marks) => ({_EYE}).survey(marks)", list(self._words.marks))
            facts = seen.evaluate("(seen) => seen.facts")
        except Error:
            if page.is_closed():
                raise
            return None
        return View(page, _sight(facts), seen)

    def press(self, view: View, index: int, opener: str) -> None:
        """Press a declared opener; one that only unfolds a part of its page needs no line and gets none.

        Raises HandRefused, or Playwright's Error when the page gives way.
        """
        self._need(Phase.CUT if opener in self._words.unfolding else Phase.READ)
        element = view.pressable(index)
        target = _look_closely(element)
        refusal = why_not_press(target, opener, self._words) or self._why_not_follow(view.page, target)
        if refusal:
            raise HandRefused(refusal)
        element.click(timeout=_PATIENCE_MS, no_wait_after=True)

    def choose(self, view: View, index: int, pick: Callable[[Sequence[str]], Choice]) -> Chosen:
        """Mark the option that `pick` finds among those the page offers; none where it finds none."""
        self._need(Phase.CUT)
        control = view.sight.controls[index]
        if control.kind == "list":
            return self._choose_in_list(view, index, pick)
        if control.kind in ("marks", "tick"):
            return self._choose_mark(view, index, pick)
        if control.kind == "box":
            return self._choose_in_box(view, index, pick)
        raise HandRefused("This field has no options.")

    def fill(self, view: View, index: int, text: str) -> str:
        """Put text into a field; what the field shows afterwards. No key is pressed. Raises HandRefused."""
        self._need(Phase.CUT)
        element = view.control(index)
        target = _look_closely(element)
        refusal = why_not_fill(target)
        if refusal:
            raise HandRefused(refusal)
        single = target.tag == "input"
        element.fill(" ".join(text.split()) if single else text, timeout=_PATIENCE_MS)
        # What a page does on leaving the field, it is to do now, while nothing can leave.
        return str(element.evaluate("(el) => { el.blur(); return el.value ?? el.innerText; }"))

    def attach(self, view: View, index: int, paths: Sequence[Path]) -> None:
        """Hand files to a field for files; the page sends them itself."""
        self._need(Phase.UPLOAD)
        element = view.control(index)
        target = _look_closely(element)
        if (target.tag, target.type) != ("input", "file") or target.disabled:
            raise HandRefused("The field for photos is not there any more.")
        element.set_input_files(list(paths), timeout=_PATIENCE_MS)

    def thumbnails(self, page: Page) -> int:
        """How many uploaded pictures the page shows."""
        return int(page.evaluate(f"() => ({_EYE}).thumbs()"))

    def show_banner(self, page: Page, lines: Sequence[str], close: str) -> None:
        """A note on the page that takes no press except on its own closing cross."""
        page.evaluate(_BANNER, {"lines": list(lines), "close": close})

    def _choose_in_list(self, view: View, index: int, pick: Callable[[Sequence[str]], Choice]) -> Chosen:
        options = view.sight.controls[index].options
        choice = pick(options)
        runner_up = _named(options, choice.next_index)
        if choice.index is None:
            return Chosen("", runner_up)
        element = view.control(index)
        target = _look_closely(element)
        if target.tag != "select" or target.disabled or not target.shown:
            return Chosen("", runner_up, "the list is not there any more")
        element.select_option(index=choice.index, timeout=_PATIENCE_MS)
        marked = str(element.evaluate("(el) => el.selectedOptions[0]?.text ?? ''"))
        return Chosen(" ".join(marked.split()), runner_up)

    def _choose_mark(self, view: View, index: int, pick: Callable[[Sequence[str]], Choice]) -> Chosen:
        options = view.sight.controls[index].options
        choice = pick(options)
        runner_up = _named(options, choice.next_index)
        if choice.index is None:
            return Chosen("", runner_up)
        mark = view.control(index, choice.index)
        own = _look_closely(mark)
        if own.checked:
            return Chosen(options[choice.index], runner_up)
        place = _element(mark.evaluate_handle(f"(el) => ({_EYE}).markNearby(el)"))
        target = _look_closely(place)
        refusal = why_not_mark(own) or why_not_choose(target, options[choice.index], self._words)
        if refusal:
            return Chosen("", runner_up, refusal)
        place.click(timeout=_PATIENCE_MS, no_wait_after=True)
        return Chosen(options[choice.index] if _look_closely(mark).checked else "", runner_up)

    def _choose_in_box(self, view: View, index: int, pick: Callable[[Sequence[str]], Choice]) -> Chosen:
        box = view.control(index)
        target = _look_closely(box)
        refusal = why_not_unfold(target, self._words)
        if refusal:
            return Chosen("", "", refusal)
        before = view.page.evaluate_handle(f"() => new Set(({_EYE}).optionsShown())")
        box.click(timeout=_PATIENCE_MS, no_wait_after=True)
        texts, offered = self._unfolded(view.page, box, before)
        choice = pick(texts)
        runner_up = _named(texts, choice.next_index)
        if choice.index is None:
            self._fold(box, offered)
            return Chosen("", runner_up, "" if texts else "the list did not open")
        option = _element(offered.evaluate_handle("(seen, i) => seen.elements[i]", choice.index))
        refusal = why_not_choose(_look_closely(option), texts[choice.index], self._words)
        if refusal:
            self._fold(box, offered)
            return Chosen("", runner_up, refusal)
        option.click(timeout=_PATIENCE_MS, no_wait_after=True)
        marked = plain(texts[choice.index]) in plain(_look_closely(box).text)
        return Chosen(texts[choice.index] if marked else "", runner_up)

    def _unfolded(self, page: Page, box: ElementHandle, before: JSHandle) -> tuple[list[str], JSHandle]:
        """The options a press on the box brought up."""
        for _ in range(20):
            offered = page.evaluate_handle(
                f"([box, before]) => ({_EYE}).optionsOf(box, before)", [box, before]
            )
            texts = [str(text) for text in offered.evaluate("(seen) => seen.texts")]
            if texts:
                break
            page.wait_for_timeout(100)
        return texts, offered

    def _fold(self, box: ElementHandle, offered: JSHandle) -> None:
        """Close an opened list again with the press that opened it, so that it covers nothing."""
        with contextlib.suppress(Error):
            still = offered.evaluate("(seen) => seen.elements.some((el) => el.isConnected)")
            if still and not why_not_unfold(_look_closely(box), self._words):
                box.click(timeout=_PATIENCE_MS, no_wait_after=True)

    def _why_not_follow(self, page: Page, target: Target) -> str:
        """A link may lead only where the browser may go."""
        href = target.href.strip()
        if not href or href.startswith(("#", "javascript:")):
            return ""
        return (
            ""
            if self._bounds.is_page(urljoin(page.url, href))
            else "The link leads to no known page of the shop."
        )

    def _need(self, phase: Phase) -> None:
        if not self._guard.holds(phase):
            raise HandRefused("The guard is not in place for this.")


def why_not_press(target: Target, opener: str, words: Words) -> str:
    """Why an element is not to be pressed as this opener, "" where it may be."""
    if target.tag not in ("button", "a") and target.role not in ("button", "link"):
        return "It is no button."
    if target.type in ("submit", "image", "reset") and target.of_form:
        return "It would send a form."
    if target.footer:
        return "It stands in the foot of a confirmation."
    if words.is_never(target.text):
        return "Its words say that it sends, confirms, pays or deletes."
    if not words.is_opener(target.text, target.around, opener):
        return "It is not the expected button."
    return _why_not_touch(target) or ("It holds other controls." if target.holds else "")


def why_not_unfold(target: Target, words: Words) -> str:
    """Why a box is not to be pressed to bring up its options, "" where it may be."""
    if target.tag == "a" or (target.type in ("submit", "image", "reset") and target.of_form):
        return "The list is a link, or would send a form."
    if (
        target.tag == "button"
        and target.popup not in ("listbox", "menu", "true")
        and target.role != "combobox"
    ):
        return "The list is a plain button."
    if words.is_never(target.text):
        return "Its words say that it sends, confirms, pays or deletes."
    return _why_not_touch(target)


def why_not_mark(target: Target) -> str:
    """Why a radio button or tick box is none, "" where it is one."""
    if target.tag == "input":
        return "" if target.type in ("radio", "checkbox") and not target.disabled else "It is no option."
    is_mark = target.role in ("radio", "checkbox") or _CHECK_TITLE in target.classes
    return "" if is_mark and not target.disabled else "It is no option."


def why_not_choose(target: Target, text: str, words: Words) -> str:
    """Why an option is not to be marked, "" where it may be. `text` is what it read when it was picked."""
    if target.tag in ("button", "a", "summary") or target.role in ("button", "link"):
        return "The option is a button or a link."
    if target.tag == "input" and target.type not in ("radio", "checkbox"):
        return "The option is a field of another kind."
    if set(target.holds) - _MARKS or set(target.labelled) - _MARKS:
        return "The option is tied to another control."
    if target.footer or words.is_never(target.text):
        return "The option's words say that it sends, confirms, pays or deletes."
    if plain(target.text) != plain(text):
        return "The option's words have changed."
    named = target.role in _OPTION_ROLES or any(
        part in target.classes for part in ("item", "option", _CHECK_TITLE)
    )
    if not named and not target.labelled and target.tag not in ("input", "li", "label"):
        return "It is no option of a list."
    return _why_not_touch(target)


def why_not_fill(target: Target) -> str:
    """Why a field is not to be filled, "" where it may be."""
    if not (
        target.tag == "textarea" or target.editable or (target.tag == "input" and target.type in _TEXT_TYPES)
    ):
        return "The field is not for text."
    if target.disabled or not target.shown:
        return "The field is not to be written in."
    return ""


def _why_not_touch(target: Target) -> str:
    if not target.shown or target.disabled:
        return "It is not to be seen, or not to be used."
    if not target.on_point:
        return COVERED
    if target.inside or target.meets:
        return "Another button lies round it or in it."
    if target.unknown_parts:
        return "It holds parts that cannot be looked into."
    if any(word in target.data_pl.lower() for word in _ACTING):
        return "Its mark says that it sends, confirms, pays or deletes."
    return ""


def _look_closely(element: ElementHandle) -> Target:
    facts: dict[str, Any] = element.evaluate(f"(el) => ({_EYE}).probe(el)")
    return Target(**{f.name: _tupled(facts[f.name]) for f in fields(Target)})


def _sight(facts: dict[str, Any]) -> Sight:
    return Sight(
        url=facts["url"],
        language=facts["language"],
        title=facts["title"],
        paragraphs=tuple(facts["paragraphs"]),
        marks=tuple(facts["marks"]),
        pressables=tuple(
            Pressable(p["text"], p["tag"], p["href"], tuple(p["around"]), p["marks"])
            for p in facts["pressables"]
        ),
        controls=tuple(
            Control(**{name: _tupled(value) for name, value in control.items()})
            for control in facts["controls"]
        ),
    )


def _tupled(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _element(handle: JSHandle) -> ElementHandle:
    element = handle.as_element()
    if element is None:
        raise HandRefused("The page changed under the hand.")
    return element


def _named(options: Sequence[str], index: int | None) -> str:
    return options[index] if index is not None else ""
