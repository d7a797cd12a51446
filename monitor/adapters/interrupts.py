"""Ctrl-C while a browser is open: noted, and answered where the browser can be closed in order."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType


@contextlib.contextmanager
def noted_interrupts() -> Iterator[Callable[[], None]]:
    """Ctrl-C is noted and raised between two steps, so that the browser can still be closed in order; a second one
    is raised at once. Yields the check that raises."""
    noted = threading.Event()

    def note(_signal: int, _frame: FrameType | None) -> None:
        if noted.is_set():
            raise KeyboardInterrupt
        noted.set()

    def check() -> None:
        if noted.is_set():
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield check
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, before)
