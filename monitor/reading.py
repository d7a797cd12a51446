"""Reading the user's orders from the shop: its pages are opened one after the other, as a person would, and what
they ask the shop for themselves is read along.

The program asks the shop nothing beside its pages. It presses one thing only, the list's own "View orders", by the
guarded hand while nothing but reading is let through. A login or a bot check is the user's: the reading ends there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Protocol

from monitor.adapters import browser
from monitor.adapters.guard import Guard
from monitor.adapters.hands import show
from monitor.adapters.interrupts import noted_interrupts
from monitor.model import Order
from monitor.replies import Reply, is_wanted, read_reply
from monitor.rules.reading import PageToRead, pages_to_read
from monitor.visiting import Barred, Result, Shop, Visit
from scrapers.base import Page
from scrapers.marketplaces.aliexpress import dispute, page_text, pages
from scrapers.marketplaces.aliexpress.refunds import ListedCase
from scrapers.orders import OrderRecord

_DRAWING_SECONDS = 2.0  # what a page takes to show an answer it has
_DRAWN_EVERY_MS = 50  # and how often it is looked at meanwhile
_MOST_LIST_PAGES = 40
_MOST_CASES = 20
_WORDS: Mapping[Result, str] = {
    "login_needed": "The login to the shop has ended.",
    "bot_check": "The shop asks whether you are human.",
    "incomplete": "The shop asks for fewer questions; the rest is read another time.",
}
_USER_MAY_ANSWER = ("login_needed", "bot_check")


class Shelf(Protocol):
    """Where what is read goes, page by page: what was read before a break is kept."""

    def take(self, records: Sequence[OrderRecord]) -> Mapping[str, Sequence[str]]:
        """Store records; order id -> what changed."""

    def orders(self) -> Sequence[Order]:
        """All orders stored."""

    def list_was_whole(self) -> bool:
        """Whether the order list was once read to its end, with nothing left out since."""

    def set_list_whole(self, *, whole: bool) -> None:
        """Note it."""

    def keep_unread(self, page: Page, why: str) -> None:
        """Keep the bones of an answer that could not be read."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How a reading ended. `problems` are sentences without anything personal; `pages` were opened; `logged_in` says
    that the user did so when asked, so that the rest can be read now."""

    result: Result
    pages: int
    problems: tuple[str, ...] = ()
    detail: str = ""
    logged_in: bool = False


def read_shop(
    shelf: Shelf,
    shop: Shop,
    *,
    executable: Path,
    profile: Path,
    env: Mapping[str, str],
    today: date,
    say: Callable[[str], None],
    ask_user: Callable[[str], None] | None = None,
) -> Reading:
    """Read the order list, the open orders, their parcels and the disputes into the shelf.

    With `ask_user`, a login or a bot check is left to the user in the open window until it is closed, or the login
    is seen to be done; without, the window is closed at once. Raises BrowserBusy, BrowserFailed, BrowserStuck,
    KeyboardInterrupt.
    """
    guard = Guard(dispute.bounds(shop.base_url))
    with (
        noted_interrupts() as check,
        guard.on(),
        browser.launched(executable, profile, proxy=guard.proxy.url, env=env) as context,
    ):
        guard.watch(context)
        visit = Visit(context, guard, shop, check)
        browser.listen_to_both(context, is_wanted, visit.hear)
        try:
            with browser.watched(context, check, first=guard.shut) as visit.check:
                reading = _Round(visit, shelf, shop, today, say).run()
            if ask_user and reading.result in _USER_MAY_ANSWER and visit.tab:
                ask_user(reading.detail)
                return replace(reading, logged_in=_leave_to_user(visit, guard, reading.result))
            return reading
        finally:
            guard.shut()


def log_in(
    shop: Shop,
    *,
    executable: Path,
    profile: Path,
    env: Mapping[str, str],
    say: Callable[[str], None],
) -> bool:
    """Open the order list for the user to log in; whether the shop then showed it.

    Nothing is touched, so no guard is needed. Returns as soon as the list's own answer was seen, or the window was
    closed. Raises BrowserBusy, BrowserFailed, KeyboardInterrupt.
    """
    with noted_interrupts() as check, browser.launched(executable, profile, env=env) as context:
        seen = _ListSeen()
        browser.listen_to_both(context, is_wanted, seen.hear)
        show(context, shop.base_url + pages.LIST)
        told = False

        def meanwhile() -> None:
            nonlocal told
            check()
            seen.check()
            if seen.bot_check and not told:
                say("The shop asks whether you are human: answer it yourself.")
                told = True

        try:
            browser.until_closed(context, meanwhile)
        except _Seen:
            return True
        return False


class _Seen(Exception):
    """The order list was answered: somebody is logged in."""


@dataclass
class _ListSeen:
    """Waits for the order list's own answer; the counters answer strangers too, so they prove nothing."""

    seen: bool = False
    bot_check: bool = False

    def hear(self, page: Page, posted: str) -> None:
        reply = read_reply(page, posted)
        if reply is None or reply.api != pages.LIST_API:
            return
        self.bot_check = reply.refused is not None and reply.refused.reason == "bot_check"
        self.seen = reply.refused is None and not reply.changed

    def check(self) -> None:
        if self.seen:
            raise _Seen


def _leave_to_user(visit: Visit, guard: Guard, result: Result) -> bool:
    """The window is the user's, in front, with nothing judged, until it is closed; or until the login is seen to be
    done, which is returned."""
    seen = _ListSeen()
    browser.leave_dialogs_to_the_user(visit.context)
    guard.release(visit.context)
    browser.listen_to_both(visit.context, is_wanted, seen.hear)

    def meanwhile() -> None:
        visit.check()
        if result == "login_needed":
            seen.check()

    if visit.tab:
        visit.hand.face(visit.tab)
    try:
        browser.until_closed(visit.context, meanwhile)
    except _Seen:
        return True
    return False


@dataclass
class _Round:
    """One reading: the list, then the orders, then the disputes."""

    visit: Visit
    shelf: Shelf
    shop: Shop
    today: date
    say: Callable[[str], None]
    listed: set[str] = field(default_factory=set)
    news: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    unread: int = 0

    def run(self) -> Reading:
        """All of it, or as much as the shop lets be read."""
        try:
            self._list()
            self._orders()
            self._disputes()
        except Barred as barred:
            return self._reading(barred.result, barred.why or _WORDS[barred.result])
        except browser.WindowClosed:
            return self._reading("incomplete", "The window was closed before everything was read.")
        if self.unread:
            return self._reading(
                "layout_changed", "Some pages are unlike any known one; their orders stay as they were."
            )
        return self._reading("incomplete" if self.problems else "done", "")

    def _reading(self, result: Result, detail: str) -> Reading:
        return Reading(result, self.visit.opened, tuple(self.problems), detail)

    # -- the list

    def _list(self) -> None:
        was_whole = self.shelf.list_was_whole()
        self.shelf.set_list_whole(whole=False)
        self.say("Reading the order list.")
        self.visit.open(pages.LIST)
        answered: list[OrderRecord] = []
        ended = False
        for _ in range(_MOST_LIST_PAGES):
            reply = self.visit.reply(lambda reply: reply.api == pages.LIST_API)
            if reply is None or reply.changed or reply.refused:
                self._not_read("the order list", reply)
                self._take_cards()
                break
            answered += reply.records
            known = not self._take_listed(reply.records)
            self._compare(answered)
            if not reply.more or (known and was_whole):
                ended = True
                break
            if not self.visit.load_more():
                self.problems.append("Older orders could not be loaded: the list's button was not found.")
                break
        if ended:
            self.shelf.set_list_whole(whole=True)

    def _take_listed(self, records: Sequence[OrderRecord]) -> bool:
        """Store listed orders; whether any of them is new or changed."""
        changed = {order_id for order_id, what in self.shelf.take(records).items() if what}
        self.listed |= {record.order_id for record in records}
        self.news |= changed
        return bool(changed)

    def _compare(self, answered: Sequence[OrderRecord]) -> None:
        shown = self._cards(len(answered))
        difference = pages.differences(shown, answered) if shown else ""
        if difference and difference not in self.problems:
            self.problems.append(difference)

    def _take_cards(self) -> None:
        """The page itself still says which orders there are where its answer cannot be read."""
        cards = self._cards(1)
        if cards:
            self._take_listed(cards)

    def _cards(self, at_least: int) -> list[OrderRecord]:
        end = monotonic() + min(_DRAWING_SECONDS, self.shop.patience)
        cards: list[OrderRecord] = []
        while self.visit.tab and len(cards) < at_least:
            cards = pages.read_cards(browser.markup(self.visit.tab))
            if monotonic() > end:
                break
            browser.pause(self.visit.context, _DRAWN_EVERY_MS)
        return cards

    # -- the orders and the disputes

    def _orders(self) -> None:
        wanted = pages_to_read(self.shelf.orders(), self.listed, self.news, self.today)
        for place, page in enumerate(wanted, start=1):
            self.say(f"Reading page {place} of {len(wanted)}.")
            self._order(page)

    def _order(self, page: PageToRead) -> None:
        path, api = {
            "detail": (pages.detail(page.order_id), pages.DETAIL_API),
            "tracking": (pages.tracking(page.order_id), pages.TRACKING_API),
        }[page.view]
        self.visit.open(path)
        reply = self.visit.reply(lambda reply: reply.api == api and reply.order_id in ("", page.order_id))
        if reply is not None and reply.records:
            self.shelf.take(reply.records)
            self._compare_order(page, reply.records)
        elif reply is not None and reply.changed and not page.listed:
            self.problems.append(
                f"The shop's page of order {page.order_id} does not know it: another account's?"
            )
        else:
            self._not_read(f"the {page.view} page", reply, f" of order {page.order_id}")
            self._take_promises(page)

    def _compare_order(self, page: PageToRead, told: Sequence[OrderRecord]) -> None:
        """The page in plain sight against its answer; the earlier day of the two is kept, whichever says it."""
        waits = any(record.dates for record in told)
        html = self._drawn(
            lambda html: not waits or bool(page_text.read_order(html, page.order_id, page.view).dates)
        )
        shown = page_text.read_order(html, page.order_id, page.view)
        numbers = page_text.parcel_numbers(html) if page.view == "tracking" else set()
        state = page_text.order_state(html) if page.view == "detail" else None
        difference = pages.order_differences(shown, state, numbers, told)
        if difference:
            self.problems.append(
                f"The {page.view} page of order {page.order_id} and its answer differ ({difference})."
            )
            self.shelf.take([shown])

    def _take_promises(self, page: PageToRead) -> None:
        """What the page promises in plain sight, where its answer cannot be read: a day more can only warn earlier."""
        shown = page_text.read_order(self._drawn(lambda _: False), page.order_id, page.view)
        if shown.dates or shown.closes_soon:
            self.shelf.take([shown])

    def _drawn(self, shows: Callable[[str], bool]) -> str:
        """The page, once it shows what is looked for, or has had the time to be drawn."""
        end = monotonic() + min(_DRAWING_SECONDS, self.shop.patience)
        html = ""
        while self.visit.tab and not shows(html := browser.markup(self.visit.tab)) and monotonic() < end:
            browser.pause(self.visit.context, _DRAWN_EVERY_MS)
        return html

    def _disputes(self) -> None:
        self.say("Reading the list of disputes.")
        self.visit.open(pages.refunds(self.shop.base_url))
        reply = self.visit.reply(lambda reply: reply.api == pages.REFUNDS_API)
        if reply is None or reply.changed or reply.refused:
            self._not_read("the list of disputes", reply)
            return
        cases = [case for order in self.shelf.orders() for case in order.cases]
        ended = {case.case_id for case in cases if case.state in ("refunded", "closed") and case.words}
        self.shelf.take(reply.records)
        if reply.records and self._links_to_cases() > len(reply.records):
            self.problems.append("The list of disputes shows more cases than its answer.")
        watched = {order.order_id for order in self.shelf.orders() if order.watched}
        # The list does not say what came of a finished case: its page is read once, after those under way.
        wanted = [
            case
            for case in sorted(reply.cases, key=lambda case: case.finished)
            if case.order_id in watched and not (case.finished and case.case_id in ended)
        ]
        for one in wanted[:_MOST_CASES]:
            self._case(one)

    def _links_to_cases(self) -> int:
        return page_text.case_links(self._drawn(lambda html: bool(page_text.case_links(html))))

    def _case(self, one: ListedCase) -> None:
        """The page of a dispute: how it stands or ended, what is offered, until when to answer."""
        self.visit.open(pages.case(one, self.shop.base_url))
        reply = self.visit.reply(lambda reply: reply.api == pages.CASE_API)
        html = self._drawn(lambda html: page_text.case_state(html) is not None)
        told = [replace(record, order_id=one.order_id) for record in reply.records] if reply else []
        state = told[0].cases[0].state if told else None
        shown = page_text.case_state(html)
        if not told:
            self._not_read("the page of a dispute", reply, f" of order {one.order_id}")
        elif shown not in (None, state):
            self.problems.append(
                f"The page of the dispute of order {one.order_id} and its answer differ (another state)."
            )
        if "waiting_buyer" in (state, shown):
            sentences, language = page_text.sentences_of(html)
            dates = tuple(page_text.answer_by(sentences, self.today, one.case_id, language))
            told = [replace(told[0] if told else OrderRecord(one.order_id, "page"), dates=dates)]
        self.shelf.take(told)

    def _not_read(self, what: str, reply: Reply | None, whose: str = "") -> None:
        if reply is not None and reply.refused:
            self.problems.append(f"{what.capitalize()}{whose} was not read: {reply.refused}.")
            return
        why = (reply.changed if reply else "") or "its answer was not seen"
        self.problems.append(f"{what.capitalize()}{whose} was not read: {why}.")
        self.unread += 1
        markup = browser.markup(self.visit.tab).encode() if self.visit.tab else b""
        unread = reply.page if reply else Page(self.shop.base_url, 200, "text/html", markup)
        self.shelf.keep_unread(unread, f"{what} could not be read: {why}")
