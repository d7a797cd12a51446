"""`web`: the local page alone, without asking any carrier."""

from __future__ import annotations

import threading

from monitor.commands import DONE
from monitor.session import Session, say


def web(session: Session, *, port: int) -> int:
    """Serve until Ctrl-C. Raises PortTaken, StoreTrouble."""
    from monitor.web.server import serving

    _ = session.store  # a broken store is told now, not on the page
    with serving(session, port) as served:
        say(f"Your orders are at {served.address} on this machine only. Ctrl-C stops.")
        say(f"This link opens them, once: {served.link}")
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            say("Stopped.")
    return DONE
