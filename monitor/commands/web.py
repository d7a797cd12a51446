"""`web`: the local page alone, without asking any carrier; where `run` serves it already, a new link to that one."""

from __future__ import annotations

import signal
import threading

from monitor.commands import DONE
from monitor.session import Session, say


def web(session: Session, *, port: int | None) -> int:
    """Serve until Ctrl-C or the system's request to end; without a port on any free one.

    Raises PortTaken, StoreTrouble, NotWritten.
    """
    from monitor.web.server import already_serving, announce, serving, show

    _ = session.store  # a broken store is told now, not on the page
    if port is None and (there := already_serving(session)):
        announce(there)
        show(there)
        return DONE
    # Told to end by the system, it ends as by Ctrl-C: its address is taken back.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with serving(session, port or 0) as served:
            announce(served)
            say("Ctrl-C stops.")
            show(served)
            threading.Event().wait()
    except KeyboardInterrupt:
        say("Stopped.")
    return DONE
