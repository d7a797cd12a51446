"""What the daemon clears away once a day: answers of carriers so old that no case can want them as evidence."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime, timedelta

from monitor.adapters.log_file import LOG
from monitor.adapters.store import Store
from monitor.rules import clock
from monitor.session import Session

# Longer than any window for the money that is known here: PayPal's 180 days, a card's 120, and a case after them.
KEPT = timedelta(days=400)
# Numbers cleared up after in one transaction, and answers.
_PART = 500
# Seconds between two: who waits for SQLite's lock looks only ten times a second whether it is free.
_LET_OTHERS_IN = 0.15

Lives = Callable[[str], None]


class Upkeep:
    """Remembers on which day all was cleared away; a daemon that is started anew looks once more."""

    def __init__(self) -> None:
        self._done_on: date | None = None

    def forget_old(self, session: Session, stop: threading.Event, lives: Lives) -> None:
        """Forget the questions to carriers of so long ago, in parts; what `stop` interrupts goes on the next day or
        start. Raises StoreTrouble."""
        now = session.clock()
        today = now.astimezone(session.zone).date()
        if today == self._done_on:
            return
        with closing(session.new_store()) as store:
            if (surely := _surely(store, now)) and _forget(store, surely - KEPT, stop, lives):
                self._done_on = today


def _surely(store: Store, now: datetime) -> datetime | None:
    """The earliest it can be: a clock that runs ahead must cost no evidence. None before the clock was looked at."""
    doubt = store.clock_doubt()
    return min(clock.moments(now, doubt)) if doubt else None


def _forget(store: Store, before: datetime, stop: threading.Event, lives: Lives) -> bool:
    """Whether all before that moment is forgotten."""
    newest, look, forgotten = store.newest_answer(before), 0, 0
    while newest and (part := store.forget_attempts(before, newest, look, _PART)):
        look = part
        lives("forgot")
        if stop.wait(_LET_OTHERS_IN):
            return False
    while newest and (part := store.forget_answers(before, _PART)):
        forgotten += part
        lives("forgot")
        if stop.wait(_LET_OTHERS_IN):
            return False
    if forgotten:
        LOG.info(f"{forgotten} answers of carriers of before {before.date()} are forgotten.")
    return True
