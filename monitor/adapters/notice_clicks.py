"""Clicks on notices: each notice that leads somewhere is listened to, on the very connection that showed it.

Desktops tell a click to the connection the notice came from, and to no other. When the program ends, so does this.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import deque
from collections.abc import Callable

from jeepney import DBusErrorResponse, HeaderFields, MatchRule
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection
from jeepney.low_level import Message

# A desktop that never tells that a notice is gone must not make us hold ever more connections.
_MOST = 8
_waiting: deque[DBusConnection] = deque()
_lock = threading.Lock()


class Clicks:
    """Signals about notices that arrive on a connection from now on. Raises DBusErrorResponse, OSError."""

    def __init__(self, connection: DBusConnection, service: str, seconds: float) -> None:
        self._connection = connection
        self._signals: deque[Message] = deque()
        rule = MatchRule(type="signal", interface=service, path=f"/{service.replace('.', '/')}")
        connection.filter(rule, queue=self._signals)
        connection.send_and_get_reply(message_bus.AddMatch(rule), timeout=seconds)

    def listen(self, notice: int, clicked: Callable[[], object]) -> None:
        """Call `clicked` when this notice is clicked, until it is gone; closes the connection in the end."""
        with _lock:
            _waiting.append(self._connection)
            oldest = _waiting.popleft() if len(_waiting) > _MOST else None
        if oldest is not None:
            with contextlib.suppress(OSError):  # its thread wakes, and closes it
                oldest.sock.shutdown(socket.SHUT_RDWR)
        threading.Thread(
            target=self._until_gone, args=(notice, clicked), daemon=True, name="notice click"
        ).start()

    def _until_gone(self, notice: int, clicked: Callable[[], object]) -> None:
        with contextlib.suppress(DBusErrorResponse, OSError):
            while True:
                signal = self._connection.recv_until_filtered(self._signals)
                if signal.body[0] != notice:
                    continue
                if signal.header.fields.get(HeaderFields.member) == "ActionInvoked":
                    clicked()
                elif signal.header.fields.get(HeaderFields.member) == "NotificationClosed":
                    break
        with _lock, contextlib.suppress(ValueError):
            _waiting.remove(self._connection)
        self._connection.close()
