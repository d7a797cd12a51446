"""A hard end for network work: socket timeouts cover neither a server that sends a byte now and then nor a resolver
that hangs."""

from __future__ import annotations

import math
import socket
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


class NetworkTime:
    """What one fetch has spent of its `total` seconds on the network."""

    def __init__(self, total: float) -> None:
        self._total = total
        self.spent = 0.0

    def run(
        self,
        job: Callable[[], T],
        late: Exception,
        *,
        at_most: float = math.inf,
        abort: Callable[[], None] = lambda: None,
    ) -> T:
        """What `job` returns or raises, from a thread of its own, within the time left and `at_most` seconds.

        At the end of that time `abort` is called, `late` raised, and the thread left to end by itself.
        """
        left = min(self._total - self.spent, at_most)
        if left <= 0:
            raise late
        started = time.monotonic()
        result = _in_thread(job)
        try:
            done, _ = wait([result], left)
        finally:
            self.spent += time.monotonic() - started
            if not result.done():
                abort()
        if not done:
            raise late
        return result.result()


def _in_thread(job: Callable[[], T]) -> Future[T]:
    """A daemon thread, unlike an executor's: the interpreter does not wait for it at the end."""
    result: Future[T] = Future()

    def work() -> None:
        try:
            result.set_result(job())
        except BaseException as error:  # noqa: BLE001 - handed to whoever asks for the result
            result.set_exception(error)

    threading.Thread(target=work, name="fetch", daemon=True).start()
    return result


class Wire:
    """The connection of an exchange, to be cut from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._is_cut = False

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Called by the HTTP client at each of its steps."""
        if event not in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            return
        with self._lock:
            self._socket = info["return_value"].get_extra_info("socket")
            if self._is_cut:
                self._shut()

    def cut(self) -> None:
        """Ends the exchange: a read under way returns, a later one fails."""
        with self._lock:
            self._is_cut = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                # The plain socket's: an SSL socket's own would take the TLS state away under the reading thread.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
