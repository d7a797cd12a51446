"""An end to waiting for a browser that no longer answers.

A page in an endless script holds whoever asks it anything for ever: the driver's calls that run in a page have no time
limit. So somebody outside must end the browser; whoever waited for it is then told that it is gone.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

_GRACE_TENTHS = 50  # of a second between asking a process to end and ending it


class TimeLimit:
    """Calls `end` once, from a thread of its own, when it was not renewed for `seconds`. A context manager."""

    def __init__(self, seconds: float, end: Callable[[], None]) -> None:
        self.passed = False
        self._seconds = seconds
        self._end = end
        self._renewed = threading.Event()
        self._off = False
        self._thread = threading.Thread(target=self._watch, name="time limit", daemon=True)

    def renew(self) -> None:
        """All is well; the time begins anew."""
        self._renewed.set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._off = True
        self._renewed.set()
        self._thread.join()

    def _watch(self) -> None:
        missed = 0
        while missed < 2:  # half the time twice: a machine that was asleep wakes with the first half over
            if self._renewed.wait(self._seconds / 2):
                missed = 0
                self._renewed.clear()
            else:
                missed += 1
            if self._off:
                return
        self.passed = True
        self._end()


def end_process(pid: int) -> None:
    """Ask a process to end, and end it when it does not. It may be gone already."""
    with contextlib.suppress(OSError):
        os.kill(pid, signal.SIGTERM)
        if sys.platform == "win32":  # where that alone ends it
            return
        waiting = threading.Event()
        for _ in range(_GRACE_TENTHS):
            waiting.wait(0.1)
            os.kill(pid, 0)  # raises once it is gone
        os.kill(pid, signal.SIGKILL)
