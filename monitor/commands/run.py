"""`run`: the daemon."""

from __future__ import annotations

from monitor.session import Session


def run(session: Session) -> int:
    """Watch until stopped. Raises AlreadyRunning, ConfigError, StoreTrouble."""
    from monitor.daemon import run as run_daemon

    return run_daemon(session)
