"""Lays a filled form of the shop in front of the buyer, who alone sends it.

The steps come from the shop's form as data; the hand does them, the guard lets nothing out meanwhile. Whatever
the page turns out to be, the end is one of five results, and the window is then the buyer's, or closed.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Literal

from monitor.adapters import browser
from monitor.adapters.guard import Guard
from monitor.adapters.hands import Hand
from monitor.adapters.interrupts import noted_interrupts
from monitor.dispute_notes import Notes, notes_in
from monitor.laying import FieldResult, Laid, Laying, Result
from scrapers.marketplaces.aliexpress import answering, dispute

FormKind = Literal["dispute", "cancel", "evidence", "disagree", "return"]

_FORMS = {
    form.name: form
    for form in (dispute.DISPUTE, answering.CANCEL, answering.EVIDENCE, answering.DISAGREE, answering.RETURN)
}


@dataclass(frozen=True)
class DisputeForm:
    """What is to stand in the form. `reason` and `solution` are canonical ids (see labels.toml); `line_id` is the
    shop's id of the item, or its place on the order page ("2"); `amount` None asks for the full amount, `paid` and
    `currency` are what the whole order cost. `kind` is
    the form: a new dispute, the order's cancellation, or a case's evidence, disagreement or return (whose `text` is
    the number of the parcel sent back)."""

    order_id: str
    received: bool
    reason: str
    text: str
    line_id: str = ""
    solution: str = "refund_only"
    photos: tuple[Path, ...] = ()
    amount: Decimal | None = None
    paid: Decimal | None = None
    currency: str = ""
    kind: FormKind = "dispute"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[\w-]{1,40}", self.order_id):
            raise ValueError(f"{self.order_id[:40]!r} is not an order id.")


@dataclass(frozen=True)
class ShopSite:
    """Where the shop is. `patience` is how many seconds a page may take to show what is waited for, `stuck` after how
    many the browser is ended because a page keeps it from answering at all."""

    base_url: str = dispute.HOME
    patience: float = 15.0
    stuck: float = browser.STUCK_SECONDS


@dataclass(frozen=True)
class DisputeResult:
    """How far it came. `refusal` is the shop's own sentence, in the page's language; `detail` is ours;
    `blocked_requests` never left."""

    result: Result
    fields: tuple[FieldResult, ...] = ()
    refusal: str = ""
    blocked_requests: tuple[str, ...] = ()
    screenshot: Path | None = None
    detail: str = ""
    closed_by_user: bool = False
    page_language: str = ""

    def as_json(self) -> dict[str, object]:
        """The object `dispute --json` prints."""
        return {
            "result": self.result,
            "fields": [{"name": f.name, "value": f.value, "ok": f.ok} for f in self.fields],
            "refusal": self.refusal,
            "blocked_requests": list(self.blocked_requests),
            "screenshot": str(self.screenshot) if self.screenshot else None,
            "detail": self.detail,
            "closed_by_user": self.closed_by_user,
        }


def lay_form(
    form: DisputeForm,
    *,
    site: ShopSite,
    executable: Path,
    profile: Path,
    keep_in: Path,
    wait: bool,
    language: str = "en",
    say: Callable[[str], None],
    notify: Callable[[str], None],
    now: datetime,
    env: Mapping[str, str] | None = None,
) -> DisputeResult:
    """Fill the form in a window the user sees, and leave it unsent.

    With `wait` the window is handed to the user and this returns when it is closed; without, the window is closed
    at once, still cut off. `keep_in` takes screenshots (0700). `language` is the user's; `env` the browser's
    environment. Raises BrowserBusy, BrowserFailed, and KeyboardInterrupt after closing everything in order.
    """
    bounds = dispute.bounds(site.base_url)
    guard = Guard(bounds)
    keep = _Keeping(browser.own_folder(keep_in), f"{form.kind}-{form.order_id}", now)
    with (
        noted_interrupts() as check,
        guard.on(),
        browser.launched(executable, profile, proxy=guard.proxy.url, env=env) as context,
    ):
        guard.watch(context)
        guard.silence(context)
        hand = Hand(context, guard, bounds, dispute.words(lambda: laying.told))
        try:
            with browser.watched(context, check, seconds=site.stuck, first=guard.shut) as alive:
                laying = Laying(
                    context, guard, hand, form, site.patience, say, alive, bounds.sites, attended=wait
                )
                laid = laying.run(_FORMS[form.kind], keep.folder / "photos")
                result = _result(laid, guard, keep)
                # A page that acts by itself does not get the network back: it would act again.
                the_users = not (laid.window_closed or guard.stopped_the_act())
                if the_users:
                    _show_banner(laid, hand, language)
                if the_users and not wait and laid.tab is not None and laid.result == "filled":
                    browser.picture(laid.tab, keep.file("-banner.png"))  # what the user would have been shown
            if not (wait and the_users):
                return result
            _hand_over(guard, context)
            _tell(form, laid, language, say, notify)
            browser.until_closed(context, check)
            return replace(result, closed_by_user=True)
        except browser.BrowserStuck as stuck:
            sent_nothing = f"{stuck} Nothing was sent."
            return DisputeResult("layout_changed", blocked_requests=_told(guard), detail=sent_nothing)
        finally:
            guard.shut()  # what a page sends on being closed must not leave either


def _tell(
    form: DisputeForm, laid: Laid, language: str, say: Callable[[str], None], notify: Callable[[str], None]
) -> None:
    """That the window is the user's now, and the text where there is no form to put it in."""
    notes = notes_in(language)
    notify(_over_to_you(notes_in("en"), form, laid))  # desktops are given plain Latin letters alone
    say(_over_to_you(notes, form, laid))
    if laid.result == "layout_changed" and form.text:
        say(f"{notes.to_paste}\n{form.text}")


def _over_to_you(notes: Notes, form: DisputeForm, laid: Laid) -> str:
    return notes.filled_as[form.kind] if laid.result == "filled" else notes.over_to_you[laid.result]


def _told(guard: Guard) -> tuple[str, ...]:
    return tuple(str(blocked) for blocked in guard.blocked())


@dataclass(frozen=True)
class _Keeping:
    """Where pictures of this attempt are kept, and under which name."""

    folder: Path
    name: str
    now: datetime

    def file(self, suffix: str) -> Path:
        return self.folder / f"{self.name}-{self.now:%Y%m%d-%H%M%S}{suffix}"


def _result(laid: Laid, guard: Guard, keep: _Keeping) -> DisputeResult:
    picture = None
    if laid.tab is not None and not laid.window_closed:
        picture = browser.picture(laid.tab, keep.file(".png"))
        if laid.result == "layout_changed":
            browser.bones(laid.tab, keep.file(".html"))
    return DisputeResult(
        result=laid.result,
        fields=laid.fields,
        refusal=laid.refusal,
        blocked_requests=_told(guard),
        screenshot=picture,
        detail=laid.detail,
        closed_by_user=laid.window_closed,
        page_language=laid.page_language,
    )


def _show_banner(laid: Laid, hand: Hand, language: str) -> None:
    """Beside the filled form: what was filled, what to look at, and that sending it is the user's."""
    if laid.tab is None or laid.result != "filled":
        return
    notes = notes_in(laid.page_language or language)
    good = tuple(f.name for f in laid.fields if f.ok)
    doubtful = tuple(f.name for f in laid.fields if not f.ok)
    with contextlib.suppress(browser.BrowserError):
        hand.show_banner(laid.tab, notes.banner(good, doubtful), notes.close)


def _hand_over(guard: Guard, context: browser.Browser) -> None:
    """From here on the window is the user's: the network is open and nothing of ours acts any more."""
    browser.leave_dialogs_to_the_user(context)
    guard.release(context)
