"""Doing a form's steps on a page, one after the other, until it is filled or the page will not have it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from time import monotonic
from typing import Literal, Protocol

from monitor.adapters import browser
from monitor.adapters.browser import Browser, BrowserError, Tab, WindowClosed
from monitor.adapters.guard import Guard, NotProven
from monitor.adapters.hands import COVERED, Hand, HandRefused, View
from monitor.attaching import make_ready
from scrapers.base import Page, read_jsonp
from scrapers.forms import Attach, Choose, Control, Fill, Form, Open, Press, Step, WaitFor
from scrapers.marketplaces.aliexpress import answering, dispute
from scrapers.meaning import Choice, plain
from scrapers.shape import LayoutChanged

Result = Literal["filled", "refused", "layout_changed", "login_needed", "bot_check", "unreachable"]

_LOOK_EVERY_MS = 150
_REFUSAL_LOOKS = 4  # a page still being drawn may show a hint before its fields
_UPLOAD_SECONDS = 30.0
_CLEARING_SECONDS = 120.0  # for the user to put away what lies over the page
_AFTERMATH_MS = 400  # what filling has set going shows itself while nothing can leave


class Wanted(Protocol):
    """What is to stand in the form; see disputes.DisputeForm."""

    @property
    def order_id(self) -> str: ...
    @property
    def line_id(self) -> str: ...
    @property
    def received(self) -> bool: ...
    @property
    def reason(self) -> str: ...
    @property
    def solution(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def photos(self) -> tuple[Path, ...]: ...
    @property
    def amount(self) -> Decimal | None: ...
    @property
    def paid(self) -> Decimal | None: ...
    @property
    def currency(self) -> str: ...


@dataclass(frozen=True)
class FieldResult:
    """One field: what stands in it now, and whether that is what was wanted."""

    name: str
    value: str
    ok: bool


@dataclass(frozen=True)
class Laid:
    """How far the form came. `tab` is where it stands; `refusal` is the shop's own sentence, `detail` ours."""

    result: Result
    tab: Tab | None
    fields: tuple[FieldResult, ...]
    refusal: str
    detail: str
    page_language: str
    window_closed: bool = False


@dataclass(frozen=True)
class _Stop:
    result: Result
    detail: str
    refusal: str = ""


@dataclass
class Laying:
    """One form being laid in one guarded browser. `patience` in seconds; `check` raises when the user breaks off;
    `attended` says that the user is there to put away what the shop lays over its page."""

    context: Browser
    guard: Guard
    hand: Hand
    wanted: Wanted
    patience: float
    say: Callable[[str], None]
    check: Callable[[], None]
    sites: Mapping[str, str]
    attended: bool = False
    tab: Tab | None = None
    page_language: str = ""
    fields: list[FieldResult] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)  # what the addresses of later steps hold
    told: dispute.Told = dispute.NOT_TOLD  # how the order page was told to call the way to the form
    line_ids: list[str] = field(
        default_factory=list
    )  # of the items on the order page, as the page was told them
    cases: list[tuple[str, str]] | None = None  # of the order, once the list was told them
    read_before: frozenset[str] = frozenset()  # the paragraphs that stood there before the last press
    photo_folder: Path = Path()

    def run(self, form: Form, photo_folder: Path) -> Laid:
        """All steps, or as many as the page lets be done."""
        self.photo_folder = photo_folder
        self.places = {"order_id": self.wanted.order_id, **self.sites}
        browser.listen(self.context, lambda url: "order.detail" in url, self._hear_items)
        browser.listen(self.context, lambda url: "reverseorderpagelist" in url.lower(), self._hear_cases)
        stop, closed = None, False
        try:
            stop = self._steps(form)
        except WindowClosed:
            stop, closed = _Stop("layout_changed", "The window was closed before the form was filled."), True
        return Laid(
            result=stop.result if stop else "filled",
            tab=self.tab,
            fields=tuple(self.fields),
            refusal=stop.refusal if stop else "",
            detail=" ".join([stop.detail] if stop else self.remarks),
            page_language=self.page_language,
            window_closed=closed,
        )

    def _steps(self, form: Form) -> _Stop | None:
        stop = None
        for step in form.steps:
            self.check()
            stop = self._attempt(step)
            if stop is not None or self.guard.stopped_the_act():
                break
        browser.pause(self.context, _AFTERMATH_MS)
        if stop is None:
            self._recheck()
        if self.guard.stopped_the_act():
            return _Stop(
                "layout_changed", "The page tried to send something by itself; it was stopped and closed."
            )
        return stop

    def _attempt(self, step: Step) -> _Stop | None:
        """One step. A field that will not have it is left to the user; a way that is barred ends it."""
        try:
            return self._do_when_free(step)
        except NotProven as unproven:
            return _Stop("layout_changed", str(unproven))
        except HandRefused as refused:
            sentence = (
                f"{refused} Put it away in the browser window." if str(refused) == COVERED else str(refused)
            )
        except BrowserError as error:
            if not self.context.pages:
                raise WindowClosed from None
            if isinstance(step, Open) and browser.nobody_answered(error):
                return _Stop("unreachable", "")
            sentence = "The page gave way under the hand."
        if not isinstance(step, Choose | Fill | Attach):
            return _Stop("layout_changed", sentence)
        self._note(step.field, "", ok=False)
        self.remarks.append(f"{step.field.capitalize()} left to you: {sentence}")
        return None

    def _do_when_free(self, step: Step) -> _Stop | None:
        """One step; a press that something lies over waits for the user to put that away, and nothing else does."""
        end, told = monotonic() + _CLEARING_SECONDS, False
        while True:
            try:
                return self._do(step)
            except HandRefused as refused:
                over = str(refused) == COVERED and isinstance(step, Press)
                if not (over and self.attended) or monotonic() > end:
                    raise
            if not told:
                self.say(
                    "Something lies over the shop's page. Put it away in the browser window; the form goes on then."
                )
                told = True
            browser.pause(self.context, _LOOK_EVERY_MS)

    def _do(self, step: Step) -> _Stop | None:
        match step:
            case Open(path):
                self.say("Opening the shop's page.")
                self.tab = self.hand.open(path.format(**self.places))
                return None
            case Press("returns"):
                return self._press_returns()
            case Press("received"):
                return self._press_answer()
            case Press("decision"):
                return self._press_decision()
            case Press():
                return self._unfold_evidence()
            case WaitFor("case_listed"):
                return self._find_case()
            case WaitFor("text"):
                return self._see(_shows_text)
            case WaitFor("return"):
                return self._reach(_shows_number)
            case WaitFor(what):
                return self._reach(_shows_form if what == "form" else _shows_case)
            case Choose(name):
                return self._choose(name)
            case Fill("amount"):
                return self._fill_amount()
            case Fill("number"):
                return self._fill_number()
            case Fill():
                return self._fill_text()
            case Attach():
                return self._attach()

    # ---- the way to the form

    def _press_returns(self) -> _Stop | None:
        found = self._await(lambda view: bool(dispute.openers(view.sight, "returns", self.told)))
        if isinstance(found, _Stop):
            return found
        buttons = dispute.openers(found.sight, "returns", self.told)
        place = self._place_of_item(found, buttons)
        if place is None:
            several = f"The order has {len(buttons)} items that can be returned"
            return _Stop("layout_changed", f"{several}; say which one (1 to {len(buttons)}).")
        self.say("Pressing Returns/refunds.")
        self._press(found, buttons[place], "returns")
        return None

    def _place_of_item(self, view: View, buttons: list[int]) -> int | None:
        """Which of the buttons belongs to the item wanted; None where that is not sure."""
        wanted = self.wanted.line_id
        if not wanted:
            return 0 if len(buttons) == 1 else None
        marked = [i for i, button in enumerate(buttons) if wanted in view.sight.pressables[button].marks]
        if len(marked) == 1 and len(wanted) > 2:
            return marked[0]
        if wanted in self.line_ids and len(self.line_ids) == len(buttons):
            return self.line_ids.index(wanted)
        if wanted.isdigit() and 1 <= int(wanted) <= len(buttons):
            return int(wanted) - 1
        return None

    def _press_answer(self) -> _Stop | None:
        answer = "yes" if self.wanted.received else "no"
        found = self._await(lambda view: bool(dispute.openers(view.sight, answer, self.told)))
        if isinstance(found, _Stop):
            return found
        self.say(f"Have you received your package? Answering {answer}.")
        self._press(found, dispute.openers(found.sight, answer, self.told)[0], answer)
        return None

    def _find_case(self) -> _Stop | None:
        """The one case that is meant; its ids go into the address of its page."""
        found = self._await(lambda _: self.cases is not None)
        if isinstance(found, _Stop):
            return found
        if not self.cases or len(self.cases) > 1:
            count = "several cases of this order; say which item" if self.cases else "no case of this order"
            return _Stop("layout_changed", f"The shop's list shows {count}.")
        self.places["case_line"], self.places["case"] = self.cases[0]
        return None

    def _press_decision(self) -> _Stop | None:
        """What the shop proposes, where it has to be asked for."""
        found = self._await(lambda v: _shows_case(v) or bool(dispute.openers(v.sight, "decision")))
        if isinstance(found, _Stop):
            return found
        if not _shows_answer(found) and (buttons := dispute.openers(found.sight, "decision")):
            self.say("Pressing View possible solutions.")
            self._press(found, buttons[0], "decision")
            return self._see(_shows_case)
        return None

    def _unfold_evidence(self) -> _Stop | None:
        """The place for photos and words, which unfolds on the page itself: pressed while the line is cut."""
        found = self._await(_shows_case)
        if isinstance(found, _Stop):
            return found
        if buttons := dispute.openers(found.sight, "evidence"):
            self._press(found, buttons[0], "evidence")
        return None

    def _press(self, view: View, index: int, opener: str) -> None:
        self.tab = view.page
        self.read_before = frozenset(view.sight.paragraphs)
        self.hand.face(view.page)
        self.hand.press(view, index, opener)

    def _see(self, shows: Callable[[View], bool]) -> _Stop | None:
        found = self._await(shows)
        return found if isinstance(found, _Stop) else None

    def _reach(self, shows: Callable[[View], bool]) -> _Stop | None:
        found = self._await(shows)
        if isinstance(found, _Stop):
            return found
        self.tab = found.page
        self.page_language = found.sight.language
        if not self.guard.stopped_the_act():
            self.say("The form is there. Cutting the browser off before it is filled.")
            self.guard.cut(self.context)
            self.hand.face(found.page)
        return None

    def _await(self, shows: Callable[[View], bool]) -> View | _Stop:
        """The newest page that shows what is waited for, or why there is none."""
        end = monotonic() + self.patience
        refused = 0
        while monotonic() < end and not self.guard.stopped_the_act():
            self.check()
            refusal, language = "", ""
            for tab in reversed(self.context.pages):
                view = self.hand.look(tab) if not tab.is_closed() else None
                if view is None:
                    continue
                if barred := dispute.in_the_way(view.sight):
                    self.tab = tab
                    return _Stop(barred, _BARRED[barred])
                if shows(view):
                    self.tab = tab
                    return view
                if not refusal and (refusal := self._refusal(view)):
                    language = view.sight.language
            refused = refused + 1 if refusal else 0
            if refused >= _REFUSAL_LOOKS:
                self.tab, self.page_language = self.context.pages[-1], language
                return _Stop("refused", "The shop does not accept the request now.", refusal)
            browser.pause(self.context, _LOOK_EVERY_MS)
        self.tab = self.context.pages[-1] if self.context.pages else None
        return self._declined() or _Stop("layout_changed", "The page does not show what is known of it.")

    def _declined(self) -> _Stop | None:
        """A form's page without its form, after all the time it had, that says no in words of its own."""
        view = self.hand.look(self.tab) if self.tab is not None and not self.tab.is_closed() else None
        said = dispute.declining(view.sight) if view else ""
        if view is None or not said:
            return None
        self.page_language = view.sight.language
        return _Stop("refused", "The shop does not accept the request now.", said)

    def _refusal(self, view: View) -> str:
        """A refusing sentence on the form's page, or one that came up after the last press."""
        said = dispute.refusal(view.sight)
        new = dispute.is_form_page(view.sight) or (self.read_before and said not in self.read_before)
        return said if new else ""

    def _hear_items(self, page: Page) -> None:
        with contextlib.suppress(LayoutChanged):
            answer = read_jsonp(page)
            self.told = dispute.told_by(answer)
            self.line_ids = dispute.line_positions(answer)

    def _hear_cases(self, page: Page) -> None:
        line_id = (
            self.wanted.line_id if len(self.wanted.line_id) > 2 else ""
        )  # a place on the order page is no id
        with contextlib.suppress(LayoutChanged):
            self.cases = answering.cases_listed(read_jsonp(page), self.wanted.order_id, line_id)

    # ---- the fields

    def _field(self, name: str) -> tuple[View, int, Control] | None:
        """The field as it stands now; None where the page has none."""
        if self.tab is None or (view := self.hand.look(self.tab)) is None:
            raise HandRefused("The page changed while it was being filled.")
        index = dispute.fields(view.sight).get(name)
        return None if index is None else (view, index, view.sight.controls[index])

    def _choose(self, name: str) -> _Stop | None:
        found = self._field(name)
        if found is None:
            missing = {
                "reason": "The form shows no reasons.",
                "answer": "The case shows no solution to answer.",
            }
            return _Stop("layout_changed", missing[name]) if name in missing else None
        view, index, _ = found

        def pick(options: Sequence[str]) -> Choice:
            match name:
                case "answer":
                    return dispute.answer(options, "disagree")
                case "solution":
                    return dispute.solution(options, self.wanted.solution)
                case _:
                    return dispute.reason(options, self.wanted.reason)

        chosen = self.hand.choose(view, index, pick)
        self._note(name, chosen.text, ok=bool(chosen.text))
        nearest = f'; next nearest: "{chosen.runner_up}"' if chosen.runner_up else ""
        if chosen.text:
            self.remarks.append(f'{name.capitalize()}: "{chosen.text}"{nearest}.')
        else:
            why = chosen.refused or "no option is surely the one meant"
            self.remarks.append(f"{name.capitalize()} left to you: {why.rstrip('.')}{nearest}.")
        return None

    def _fill_amount(self) -> _Stop | None:
        found = self._field("amount")
        if found is None:
            return None
        view, index, control = found
        written, most = dispute.fit_amount(self.wanted.amount, control, self.wanted.paid)
        named, own = dispute.currency(control), self.wanted.currency
        if written and named and own and named != own:
            self._note("amount", control.value, ok=False)
            self.remarks.append(
                f"Amount left to you: the page counts in {named}, the order was paid in {own}."
            )
            return None
        shown = self.hand.fill(view, index, written) if written else control.value
        self._note("amount", shown, ok=bool(shown) and shown == (written or shown))
        if self.wanted.amount is not None and most is not None and self.wanted.amount > most:
            self.remarks.append(f"Amount: the page allows at most {most}.")
        return None

    def _fill_number(self) -> _Stop | None:
        found = self._field("number")
        if found is None:
            self._note("number", "", ok=False)
            return None
        view, index, _ = found
        shown = self.hand.fill(view, index, self.wanted.text).strip()
        self._note("number", shown, ok=plain(shown) == plain(self.wanted.text))
        return None

    def _fill_text(self) -> _Stop | None:
        found = self._field("text")
        if found is None:
            self._note("text", "", ok=False)
            return None
        view, index, control = found
        text = dispute.fit_text(self.wanted.text, control.limit)
        shown = self.hand.fill(view, index, text).strip()
        self._note("text", shown, ok=bool(shown) and plain(shown) == plain(text))
        if text != self.wanted.text.strip():
            self.remarks.append(f"Text: cut to {len(text)} of {len(self.wanted.text)} characters.")
        return None

    def _attach(self) -> _Stop | None:
        if not self.wanted.photos:
            return None
        if self.tab is None or (view := self.hand.look(self.tab)) is None:
            raise HandRefused("The page changed while it was being filled.")
        named = dispute.fields(view.sight)
        places = {name: view.sight.controls[at] for name, at in named.items() if name in ("photos", "videos")}
        ready = make_ready(self.wanted.photos, places, dispute.size_limits(view.sight), self.photo_folder)
        self.remarks += ready.remarks
        together: dict[int, list[Path]] = {}
        for name, files in ready.files.items():
            together.setdefault(named[name], []).extend(files)
        arrived = self._upload(together) if together else 0
        self._note("photos", f"{arrived} of {len(self.wanted.photos)}", ok=arrived == len(self.wanted.photos))
        return None

    def _upload(self, files: Mapping[int, list[Path]]) -> int:
        """How many pictures and videos the page shows as uploaded, by the place of their fields. The line is cut, and
        proven cut, again afterwards."""
        self.say("Photos: opening the line for uploads only.")
        self.guard.let_photos_through()
        arrived = sum(self._upload_to(index, some) for index, some in files.items())
        browser.pause(self.context, _LOOK_EVERY_MS)  # the pictures themselves
        self.guard.cut(self.context)
        if self.tab is not None:
            self.hand.face(self.tab)
        if arrived < sum(map(len, files.values())):
            self.remarks.append("Photos: the page did not show all of them; please attach them yourself.")
        return arrived

    def _upload_to(self, index: int, files: list[Path]) -> int:
        view = self.hand.look(self.tab) if self.tab is not None else None
        if view is None or self.tab is None:
            return 0
        before = self.hand.thumbnails(self.tab)
        self.hand.attach(view, index, files)
        end = monotonic() + _UPLOAD_SECONDS
        while (arrived := self.hand.thumbnails(self.tab) - before) < len(files) and monotonic() < end:
            self.check()
            if self.guard.stopped_the_act():
                break
            browser.pause(self.context, _LOOK_EVERY_MS)
        return max(0, arrived)

    def _recheck(self) -> None:
        """A field that no longer shows what was put into it is not filled."""
        view = self.hand.look(self.tab) if self.tab is not None and not self.tab.is_closed() else None
        where = dispute.fields(view.sight) if view is not None else {}
        for place, each in enumerate(self.fields):
            if not each.ok or each.name == "photos":
                continue
            shows = view.sight.controls[where[each.name]].value if view and each.name in where else ""
            if plain(each.value) not in plain(shows):
                self.fields[place] = replace(each, ok=False)
                self.remarks.append(f"{each.name.capitalize()}: the page does not show it any more.")

    def _note(self, name: str, value: str, *, ok: bool) -> None:
        self.fields.append(FieldResult(name, value, ok))


def _shows_answer(view: View) -> bool:
    return "answer" in dispute.fields(view.sight)


def _shows_text(view: View) -> bool:
    return "text" in dispute.fields(view.sight)


def _shows_number(view: View) -> bool:
    """A place for the number of a parcel sent back."""
    return "number" in dispute.fields(view.sight)


def _shows_case(view: View) -> bool:
    """A case that can be added to or answered."""
    return _shows_answer(view) or bool(dispute.openers(view.sight, "evidence"))


def _shows_form(view: View) -> bool:
    found = dispute.fields(view.sight)
    return "reason" in found and (dispute.is_form_page(view.sight) or "text" in found)


_BARRED: dict[Result, str] = {
    "login_needed": "The shop asks for the login.",
    "bot_check": "The shop asks whether a person is there.",
}
