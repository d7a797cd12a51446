"""`doctor` on what warns when this program cannot: the machine is off, or the daemon does not run.

None of them is needed, so one that is off is no fault; which of them are on is the user's to know.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from monitor.adapters.feed_key import FeedKey
from monitor.adapters.message import HoldsAhead
from monitor.adapters.store import Store, StoreTrouble
from monitor.finding import Finding
from monitor.session import Session

_PING_AGE = timedelta(hours=26)


def examine_nets(session: Session) -> Iterator[Finding]:
    """The daemon and the second look, and three nets for a machine that is off."""
    yield _daemon(session)
    try:
        store = session.store
        yield _calendar(session, store)
        yield _ahead(session, store)
        yield _ping(session, store, session.clock())
    except StoreTrouble:
        return  # said already, where the store is looked at


def _daemon(session: Session) -> Finding:
    from monitor.adapters.service import here
    from monitor.daemon import running

    runs, state = running(session.data_dir), here().state()
    words = ["it runs" if runs else "it does not run: `parcelwarden run`"]
    if not state.installed:
        words.append("not started by your system: `parcelwarden service install`")
    elif not state.timer:
        words.append("no second look every half hour: `parcelwarden service install` again")
    else:
        words.append("started by your system, with a second look every half hour")
    return Finding("daemon", runs or not state.installed, "; ".join(words))


def _calendar(session: Session, store: Store) -> Finding:
    if FeedKey(session.data_dir).read():
        return Finding(
            "off: calendar", ok=True, detail="on: your calendar can subscribe (`parcelwarden feeds`)"
        )
    if told := store.calendar_told_at():
        day = told.astimezone(session.zone).date()
        return Finding(
            "off: calendar", ok=True, detail=f"exported, last change {day}: export it again by hand"
        )
    words = "not in use: `parcelwarden feeds` gives your calendar an address, `export --ics` a file"
    return Finding("off: calendar", ok=True, detail=words)


def _ahead(session: Session, store: Store) -> Finding:
    holder = next((c for c in session.channels().values() if isinstance(c, HoldsAhead)), None)
    if holder is None:
        words = "not in use: with [notify] ntfy, last-day alarms are left with the server three days ahead"
        return Finding("off: push", ok=True, detail=words)
    return Finding(
        "off: push", ok=True, detail=f"on: {holder.name} holds {len(store.held_ahead())} alarms now"
    )


def _ping(session: Session, store: Store, now: datetime) -> Finding:
    from monitor.daemon import running

    if not session.config.notify.ping:
        words = "not in use: [notify] ping tells a service that all is well, which tells you when it hears nothing"
        return Finding("off: dead man's ping", ok=True, detail=words)
    last = store.pinged_at()
    if last is None and running(session.data_dir):
        words = "on, and yet none got through: look at the network and the address"
        return Finding("off: dead man's ping", ok=False, detail=words)
    if last is None:
        return Finding("off: dead man's ping", ok=True, detail="on; none was sent yet")
    hours = int((now - last).total_seconds() // 3600)
    fresh = now - last <= _PING_AGE
    words = f"on; the last one got through {hours} h ago"
    return Finding(
        "off: dead man's ping", fresh, words if fresh else f"{words}: look at the network and the address"
    )
