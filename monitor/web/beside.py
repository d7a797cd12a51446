"""The page beside `run`: a page that cannot be served is said, and the watch goes on without it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from monitor.adapters.private_file import NotWritten
from monitor.session import Session, say


@contextlib.contextmanager
def local_page(session: Session) -> Iterator[None]:
    """Serve the page for the length of a block, where the config wants it: at its port, else at any free one."""
    web = session.config.web
    if not web.enabled:
        yield
        return
    from monitor.web.server import PortTaken, announce, serving, show

    with contextlib.ExitStack() as while_served:
        for port in (web.port, 0):
            try:
                served = while_served.enter_context(serving(session, port))
            except (PortTaken, NotWritten) as trouble:
                say(str(trouble))
            else:
                announce(served)
                show(served)
                break
        yield
