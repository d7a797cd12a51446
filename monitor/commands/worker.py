"""`worker`: asks carriers beside the daemon, on one of several machines."""

from __future__ import annotations

from monitor.session import Session


def worker(session: Session) -> int:
    """Work until stopped. Raises ConfigError, StoreTrouble."""
    from monitor.worker import work

    return work(session)
