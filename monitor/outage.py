"""Warnings while the store cannot be written: decided in a store in memory and sent from it.

A lost warning is worse than one that comes twice: the store, once it is back, knows nothing of what was sent from
memory and sends it again.
"""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from monitor import outbox
from monitor.adapters.store import Server, Store, StoreTrouble, StoreUnfit, last_known
from monitor.rules.notices import Notice
from monitor.rules.protection import today
from monitor.session import Session, complain
from monitor.warning import Warned, warn

REMARK = "May come again: the store cannot be written."
# The daemon's own copy is at most so old, and made of stores up to this size only: that is what it costs in memory.
_COPY_EVERY = timedelta(minutes=10)
_COPY_UP_TO = 16 * 1024 * 1024
# A store that comes and goes (a disk that is nearly full) rings once: what was sent from memory is known so long.
_SAME_OUTAGE = timedelta(hours=1)


class Outage:
    """What a process knows of its store for the time when that cannot be written. For one thread at a time."""

    def __init__(self, place: Path | Server) -> None:
        self._place = place
        self._copy: Store | None = None
        self._copied_at: datetime | None = None
        self._stand_in: Store | None = None
        self._over_since: datetime | None = None
        self._failed = 0

    def over(self, store: Store, now: datetime) -> None:
        """The store works: keep a copy of it every ten minutes."""
        self._failed = 0
        self._over_since = self._over_since or now
        if self._copied_at and abs(now - self._copied_at) < _COPY_EVERY:
            return
        try:
            small = store.size() <= _COPY_UP_TO
            before, self._copy = self._copy, store.copy_in_memory() if small else None
        except StoreTrouble:
            return  # the next round will say so
        self._copied_at = now
        if before:
            before.close()

    def lasts(self) -> bool:
        """One more round failed; whether the one before it did too. A lock of a moment is no outage."""
        self._failed += 1
        return self._failed > 1

    def stand_in(self, now: datetime) -> Store | None:
        """A store in memory with what was last known, the same for the whole outage; None where nothing is known."""
        if self._stand_in and self._over_since and abs(now - self._over_since) > _SAME_OUTAGE:
            self._stand_in.close()
            self._stand_in = None
        if self._stand_in is None:
            self._stand_in = last_known(self._place, self._copy)
        self._over_since = None
        return self._stand_in


def open_store(session: Session) -> None:
    """Mend the store and see that it opens; it may not, as long as something is known of it to warn from.

    Raises StoreTrouble.
    """
    try:
        session.mend_store()
        session.new_store().close()
    except StoreUnfit:
        raise
    except StoreTrouble as trouble:
        if session.outage.stand_in(session.clock()) is None:
            raise
        session.outage.lasts()
        complain(f"{trouble} Until then warnings come from memory.")


def warn_anyway(session: Session, *, step: outbox.Step = lambda _: None) -> None:
    """One round of warnings, from memory from the second round on in which the store fails.

    Raises StoreTrouble where it failed, also when the warnings went out.
    """
    outage = session.outage
    try:
        with closing(session.new_store()) as store:
            warn(session, store, step=step)
            outage.over(store, session.clock())
    except StoreTrouble:
        if outage.lasts() and (stand_in := outage.stand_in(session.clock())):
            warn_from_memory(session, stand_in, step=step)
        raise


def warn_from_memory(session: Session, store: Store, *, step: outbox.Step = lambda _: None) -> Warned:
    """One round of warnings in a stand-in, and one about the outage itself."""
    now = session.clock()
    day = today(now, session.zone).isoformat()
    about = Notice(
        "store_unwritable", f"store_unwritable/{day}", None, None, "The store cannot be written",
        "Warnings come from memory until it can: parcelwarden doctor says why.",
    )  # fmt: skip
    store.tell(about, list(session.channels()), now)
    return warn(session, store, remark=REMARK, step=step)
