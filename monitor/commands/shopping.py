"""`login` and `sync`: the shop in the user's own browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitor.commands import DONE, INCOMPLETE, NEEDS_USER, counted, out
from monitor.session import Session, progress, progress_over, say
from monitor.terminal import Console
from scrapers.base import Page
from scrapers.orders import OrderRecord

if TYPE_CHECKING:
    from monitor.adapters.display import Display
    from monitor.adapters.politeness import HostLedger
    from monitor.model import Order
    from monitor.reading import Reading
    from monitor.visiting import Result, Shop

_SHOP = "aliexpress"
_EXITS: Mapping[Result, int] = {"done": DONE, "incomplete": INCOMPLETE}
_NEXT: Mapping[str, str] = {
    "login_needed": "Log in with `parcelwarden login`, then `parcelwarden sync` again.",
    "bot_check": "Answer its check in the browser (`parcelwarden login` opens it); nothing here does that for you.",
    "layout_changed": "`parcelwarden doctor` names the file to report; nothing personal is in it.",
}


class _Shelf:
    """The store as a reading sees it; adds up what changed."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.changed: dict[str, list[str]] = {}

    def take(self, records: Sequence[OrderRecord]) -> Mapping[str, Sequence[str]]:
        from monitor.importing import attach

        attached, lost = attach(records, self._session.store.known_orders())
        for problem in lost:
            say(str(problem))
        changed = self._session.store.save(attached, self._session.clock())
        for order_id, what in changed.items():
            known = self.changed.setdefault(order_id, [])
            known += [name for name in what if name not in known]
        return changed

    def orders(self) -> Sequence[Order]:
        return self._session.store.orders()

    def list_was_whole(self) -> bool:
        return self._session.store.shop_reading(_SHOP).list_whole

    def set_list_whole(self, *, whole: bool) -> None:
        before = self._session.store.shop_reading(_SHOP)
        self._session.store.set_shop_reading(_SHOP, replace(before, list_whole=whole))

    def keep_unread(self, page: Page, why: str) -> None:
        self._session.changed.keep(_SHOP, page, why, self._session.clock())


def login(session: Session) -> int:
    """Open the order list for the user to log in, and see that it worked."""
    from monitor.adapters.browser_setup import ensure_browser
    from monitor.adapters.display import ensure_display
    from monitor.reading import log_in

    chosen = ensure_browser(
        executable=session.config.browser.executable, channel=session.config.browser.channel, say=say
    )
    with ensure_display(say) as display:
        if display.virtual:
            say("Nobody can see that screen: run `parcelwarden login` from your desktop session.")
            return NEEDS_USER
        say("Log in to the shop in the window that opens; it closes by itself once your orders are shown.")
        seen = log_in(
            _shop(session),
            executable=chosen.executable,
            profile=session.profile_dir,
            env=display.env,
            say=say,
        )
    if not seen:
        say("The window was closed before your orders were shown: you are not logged in.")
        return NEEDS_USER
    _owe(session, "")
    Console().print("You are logged in; the session stays in the program's own browser profile.")
    return DONE


def sync(session: Session, *, wait: bool, as_json: bool) -> int:
    """Read what is new at the shop into the store; says what changed."""
    ledger = _ledger(session)
    hold = ledger.held_until(_host(session))
    if hold is not None:
        until = hold.until.astimezone(session.zone)
        return _not_begun(
            "bot_check" if hold.reason == "bot_check" else "incomplete",
            f"The shop is left alone until {until:%Y-%m-%d %H:%M}: it asked for a person or for a pause.",
            as_json=as_json,
        )
    if session.store.shop_reading(_SHOP).asked_for == "login":
        return _not_begun("login_needed", "The shop still waits for your login.", as_json=as_json)
    shelf = _Shelf(session)
    reading = _read(session, shelf, wait=wait)
    if reading.result == "bot_check":
        ledger.bot_check(_host(session))
    elif reading.result == "done":
        ledger.good(_host(session))
        session.changed.forget(_SHOP)
    if reading.result == "login_needed":
        _owe(session, "login")
    return _tell(session, shelf, reading, as_json=as_json)


def _read(session: Session, shelf: _Shelf, *, wait: bool) -> Reading:
    from monitor.adapters.browser_setup import ensure_browser
    from monitor.adapters.display import ensure_display

    chosen = ensure_browser(
        executable=session.config.browser.executable, channel=session.config.browser.channel, say=say
    )
    with ensure_display(say) as display:
        reading = _read_once(session, shelf, chosen.executable, display, wait=wait and not display.virtual)
        if reading.logged_in:
            reading = _read_once(session, shelf, chosen.executable, display, wait=False)
    return reading


def _read_once(session: Session, shelf: _Shelf, executable: Path, display: Display, *, wait: bool) -> Reading:
    from monitor.reading import read_shop

    def ask_user(sentence: str) -> None:
        words = f"{sentence} It is yours now, in the browser window; close it when done."
        say(words)
        _notify(session, words)

    return read_shop(
        shelf,
        _shop(session),
        executable=executable,
        profile=session.profile_dir,
        env=display.env,
        today=session.clock().astimezone(session.zone).date(),
        say=progress,
        ask_user=ask_user if wait else None,
    )


def _tell(session: Session, shelf: _Shelf, reading: Reading, *, as_json: bool) -> int:
    progress_over()
    added = [order for order, what in shelf.changed.items() if "added" in what]
    changed = {order: what for order, what in shelf.changed.items() if what and "added" not in what}
    with_cases = [order for order, what in shelf.changed.items() if "cases" in what]
    if as_json:
        out({
            "result": reading.result, "detail": reading.detail, "pages": reading.pages, "added": added,
            "changed": changed, "unchanged": len(shelf.changed) - len(added) - len(changed),
            "cases": _cases(session, with_cases), "problems": list(reading.problems),
        })  # fmt: skip
    else:
        same = len(shelf.changed) - len(added) - len(changed)
        console = Console(soft_wrap=True)
        console.print(f"{counted(len(added), 'order')} added, {len(changed)} changed, {same} unchanged.")
        for case in _cases(session, with_cases):
            console.print(f"Dispute of {case['order_id']}: {case['state']}.", highlight=False)
        for problem in reading.problems:
            say(problem)
        _say_next(reading.result, reading.detail)
        if added or changed:
            say("Next: `parcelwarden check` asks the carriers.")
    return _EXITS.get(reading.result, NEEDS_USER)


def _cases(session: Session, order_ids: Sequence[str]) -> list[dict[str, str]]:
    orders = [session.order(order_id) for order_id in order_ids]
    return [
        {"order_id": order.order_id, "case_id": case.case_id, "state": case.state, "words": case.words}
        for order in orders
        for case in order.cases
    ]


def _not_begun(result: Result, detail: str, *, as_json: bool) -> int:
    """The shop was not opened at all."""
    if as_json:
        out({
            "result": result, "detail": detail, "pages": 0, "added": [], "changed": {}, "unchanged": 0, "cases": [],
            "problems": [],
        })  # fmt: skip
    else:
        _say_next(result, detail)
    return _EXITS.get(result, NEEDS_USER)


def _say_next(result: Result, detail: str) -> None:
    words = " ".join(part for part in (detail, _NEXT.get(result, "")) if part)
    if words:
        say(words)


def _owe(session: Session, asked_for: str) -> None:
    """What the user was asked for is asked once, and remembered until it is done."""
    before = session.store.shop_reading(_SHOP)
    session.store.set_shop_reading(_SHOP, replace(before, asked_for=asked_for))


def _notify(session: Session, words: str) -> None:
    from monitor.adapters.message import Message

    for channel in session.channels().values():
        channel.send(Message("The shop needs you", words))


def _ledger(session: Session) -> HostLedger:
    from monitor.adapters.politeness import HostLedger

    return HostLedger(session.data_dir / "politeness.sqlite3", clock=session.clock)


def _host(session: Session) -> str:
    return urlsplit(session.config.marketplace.aliexpress.base_url).netloc


def _shop(session: Session) -> Shop:
    from monitor.visiting import Shop

    return Shop(session.config.marketplace.aliexpress.base_url)
