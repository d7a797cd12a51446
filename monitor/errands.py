"""What `run` does beside asking carriers: `sync` and `mail`, each at its own interval and in a process of its own.

They are the same commands a user gives, so there is one way of doing them; a browser or a mail server that hangs is
ended with its process and holds nothing else up. What only the user can do is asked for once, as a stored warning.
"""

from __future__ import annotations

import json
import random
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from monitor.adapters import child
from monitor.adapters.store import Store
from monitor.adapters.store.errands import Errand as Kept
from monitor.commands import DONE
from monitor.config import Config
from monitor.rules.notices import Notice
from monitor.session import Session, say

# After a failure it is tried again sooner, or at its own interval where that is shorter.
_AGAIN = timedelta(hours=1)
# A mailbox or shop that could not be read for so long is the user's business.
_TOO_LONG = timedelta(hours=24)
# A login still owed is asked for again: until then no new order and no moved date is seen.
_STILL_OWED = timedelta(weeks=1)
_SHOP = "aliexpress"


@dataclass(frozen=True, slots=True)
class Errand:
    """`name` is the command; `every` its interval; `longest` the seconds it may take."""

    name: Literal["sync", "mail"]
    options: tuple[str, ...]
    every: timedelta
    longest: float


def errands(config: Config) -> Iterator[Errand]:
    """What the user wants to have done: `sync` where an interval is set, `mail` where a mailbox is."""
    if config.marketplace.aliexpress.sync_hours:
        every = timedelta(hours=config.marketplace.aliexpress.sync_hours)
        yield Errand("sync", ("--no-wait", "--json"), every, longest=3600)
    if config.mail.host and config.mail.user and config.mail.every_minutes:
        yield Errand("mail", ("--json",), timedelta(minutes=config.mail.every_minutes), longest=600)


def run_errands(
    session: Session, stop: threading.Event, lives: Callable[[str], None] = lambda _step: None
) -> None:
    """Do what is due, one after the other. Ends within seconds of `stop`."""
    store = session.new_store()
    try:
        for errand in errands(session.config):
            if errand.name == "sync" and store.shop_reading(_SHOP).asked_for:
                _remind_of_login(session, store)
            if not stop.is_set() and is_due(store, errand, session):
                _do(session, store, errand, stop, lives)
    finally:
        store.close()


def is_due(store: Store, errand: Errand, session: Session) -> bool:
    """Not while the user owes the shop a login: it was asked for, and nothing is read without."""
    if errand.name == "sync" and store.shop_reading(_SHOP).asked_for:
        return False
    kept, now = store.errand(errand.name), session.clock()
    # Further away than an interval can be: the clock ran ahead then, or the interval was made shorter.
    return kept is None or now >= kept.next_at or kept.next_at - now > errand.every * 2


def _remind_of_login(session: Session, store: Store) -> None:
    kept, now = store.errand("sync"), session.clock()
    weeks = (now - kept.next_at) // _STILL_OWED if kept else 0
    if kept and weeks > 0:
        for notice in _notices({"result": "login_needed"}, now.astimezone(session.zone)):
            again = replace(notice, key=f"{notice.kind}/{kept.next_at.date().isoformat()}/{weeks}")
            store.tell(again, list(session.channels()), now)


def _do(
    session: Session, store: Store, errand: Errand, stop: threading.Event, lives: Callable[[str], None]
) -> None:
    before, now = store.errand(errand.name), session.clock()
    jitter = 1 + random.uniform(-1, 1) * session.config.polling.jitter  # noqa: S311 - a pace, no secret
    # Noted before it begins: one that brings the process down is not begun again at once.
    planned = Kept(
        now + errand.every * jitter,
        before.failing_since if before else None,
        before.trouble if before else "",
    )
    store.set_errand(errand.name, planned)

    def meanwhile() -> bool:
        lives(errand.name)
        return stop.is_set()

    done = child.run(_argv(session, errand), seconds=errand.longest, meanwhile=meanwhile)
    if stop.is_set():
        return
    told = _told(done)
    for notice in _notices(told, session.clock().astimezone(session.zone)):
        store.tell(notice, list(session.channels()), session.clock())
    trouble = _trouble(done, told)
    _keep(session, store, errand, planned, trouble)


def _argv(session: Session, errand: Errand) -> list[str]:
    config = [f"--config={session.config_path}"] if session.config_path else []
    known = [*config, f"--data-dir={session.data_dir}"]
    return [sys.executable, "-m", "monitor", *known, errand.name, *errand.options]


def _told(done: child.Finished) -> dict[str, object]:
    """The document the command printed, {} where it printed none."""
    try:
        told = json.loads(done.output)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _trouble(done: child.Finished, told: dict[str, object]) -> str:
    """Why nothing, or not all, was read; "" where all was. What the user was asked for is no trouble of ours."""
    if done.code == DONE or told.get("result") in _ASKED:
        return ""
    if "result" in told:  # a reading that was broken off says so itself
        return str(told.get("detail") or "not everything was read.")
    return done.reason.removeprefix("parcelwarden: ")


def _keep(session: Session, store: Store, errand: Errand, planned: Kept, trouble: str) -> None:
    """Note how it went; a trouble is said once, and one that lasts is told as a warning once a day."""
    now = session.clock()
    if not trouble:
        if planned.trouble:
            say(f"{errand.name}: works again.")
        store.set_errand(errand.name, replace(planned, failing_since=None, trouble=""))
        return
    if trouble != planned.trouble:
        say(f"{errand.name}: {trouble}")
    since = min(planned.failing_since or now, now)  # a clock that ran ahead may have dated it
    again = min(planned.next_at, now + _AGAIN)
    store.set_errand(errand.name, Kept(again, since, trouble))
    if now - since > _TOO_LONG:
        store.tell(
            _lasting(errand.name, now.astimezone(session.zone)), list(session.channels()), session.clock()
        )


_ASKED: dict[object, tuple[str, str]] = {
    "login_needed": (
        "The shop asks you to log in",
        "Orders are not read until you do. Run parcelwarden login.",
    ),
    "bot_check": (
        "The shop asks whether you are human",
        "Orders are not read until you answer. Run parcelwarden login.",
    ),
    "layout_changed": (
        "Pages of the shop could not be read",
        "Their orders stay as they were. Look at them yourself, and at parcelwarden doctor.",
    ),
}


def _notices(told: dict[str, object], now: datetime) -> Iterator[Notice]:
    """What the shop wants of the user. A login is owed once, with a reminder a week; the rest
    may be told again, but not at every reading."""
    result = told.get("result")
    if result in _ASKED:
        title, body = _ASKED[result]
        year, week, _ = now.isocalendar()
        period = f"{year}-W{week}" if result == "layout_changed" else now.date().isoformat()
        yield Notice(f"shop_{result}", f"shop_{result}/{period}", None, None, title, body)


def _lasting(name: str, now: datetime) -> Notice:
    title = "The shop could not be read" if name == "sync" else "Your mailbox could not be read"
    body = f"That has been so for more than a day. parcelwarden {name} says why."
    return Notice(f"{name}_failing", f"{name}_failing/{now.date().isoformat()}", None, None, title, body)
