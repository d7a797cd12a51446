"""The dead man's switch: another machine is told that all is well, and raises the alarm when it hears nothing more."""

from __future__ import annotations

from datetime import timedelta

from monitor.adapters.store import Store
from monitor.poll import Asked
from monitor.session import Session, complain

_EVERY = timedelta(hours=1)


def beat(session: Session, store: Store, asked: Asked) -> None:
    """Call the user's ping address, at most hourly, and only if everybody was asked, every warning got out and the
    store takes what is written."""
    from monitor.adapters.post import post

    url = session.config.notify.ping
    if not url or asked.incomplete:
        return
    now, last = session.clock(), store.pinged_at()
    if (last and abs(now - last) < _EVERY) or session.channels().keys() & set(store.failing(1)):
        return
    session.tick(store)  # with a store that takes nothing all is not well
    answer = post(url, b"", {})
    if answer.ok:
        store.pinged(now)
    else:
        complain(f"The ping did not arrive: {answer.detail}")
