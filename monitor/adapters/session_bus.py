"""The freedesktop notification service on the session bus of a Linux desktop.

Names and the Notify call are those of the Desktop Notifications Specification 1.2. Every call is bounded in time.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jeepney import DBusAddress, DBusErrorResponse, new_method_call
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.wrappers import unwrap_msg

from monitor.adapters.notice_clicks import Clicks

_NAME = "org.freedesktop.Notifications"
_SERVICE = DBusAddress("/org/freedesktop/Notifications", bus_name=_NAME, interface=_NAME)
_CALL_SECONDS = 5
# A daemon that is started by our call needs a moment to come up.
_NOTIFY_SECONDS = 10


class NoNotices(Exception):
    """The desktop cannot show notices; the message is one sentence that says why and what helps."""


def require_daemon() -> None:
    """Raises NoNotices unless a notification daemon runs, or the bus would start one for us."""
    with _connection() as connection:
        _require_daemon(connection)


def show(
    application: str, title: str, body: str, *, clicked: Callable[[], object] | None = None, instead: str = ""
) -> None:
    """Hands one notice to the daemon and waits for its reply; raises NoNotices where it does not take it.

    `clicked` is called, in a thread, when the user clicks the notice; where the desktop knows no clicks, the body
    `instead` is shown. It is kept up for as long as the program runs.
    """
    with contextlib.ExitStack() as held:
        connection = held.enter_context(_connection())
        _require_daemon(connection)
        try:
            clicks = (
                Clicks(connection, _NAME, _CALL_SECONDS) if clicked and _tells_clicks(connection) else None
            )
            actions = ["default", "Open"] if clicks else []
            text = body if clicks else instead or body
            hints = {"suppress-sound": ("b", True)}
            fields: tuple[object, ...] = (
                application,
                0,
                "package-x-generic",
                title,
                text,
                actions,
                hints,
                -1,
            )
            call = new_method_call(_SERVICE, "Notify", "susssasa{sv}i", fields)
            (number,) = unwrap_msg(connection.send_and_get_reply(call, timeout=_NOTIFY_SECONDS))
        except (DBusErrorResponse, OSError) as error:
            raise NoNotices(f"The notification daemon did not take the notice ({_reason(error)}).") from error
        if clicks and clicked:
            held.pop_all()  # the connection lives on with the notice
            clicks.listen(number, clicked)


def _tells_clicks(connection: DBusConnection) -> bool:
    try:
        return "actions" in _ask(connection, new_method_call(_SERVICE, "GetCapabilities"))
    except DBusErrorResponse:  # it does not even know the question
        return False


def _connection() -> DBusConnection:
    try:
        return open_dbus_connection(bus=_address(), auth_timeout=_CALL_SECONDS)
    # What a missing, dead or garbled address makes of itself in the library.
    except (DBusErrorResponse, OSError, ValueError, RuntimeError) as error:
        raise NoNotices("The session bus does not answer: log in to the desktop again.") from error


def _address() -> str:
    """The bus of this login; programs started by cron or ssh are not told it and find it in its usual place."""
    told = os.environ.get("DBUS_SESSION_BUS_ADDRESS", "")
    usual = Path(os.environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}") / "bus"
    if told or usual.is_socket():
        return told or f"unix:path={usual}"
    raise NoNotices(
        "There is no session bus: notices need a desktop session (on a server use another channel)."
    )


def _require_daemon(connection: DBusConnection) -> None:
    try:
        runs = _ask(connection, message_bus.NameHasOwner(_NAME))
        startable = _ask(connection, message_bus.ListActivatableNames())
    except (DBusErrorResponse, OSError) as error:
        raise NoNotices(f"The session bus does not answer ({_reason(error)}).") from error
    if not runs and _NAME not in startable:
        raise NoNotices(
            "No notification daemon runs on this desktop: install one, for example dunst (sudo apt install dunst)."
        )


def _ask(connection: DBusConnection, question: object) -> Any:
    (answer,) = unwrap_msg(connection.send_and_get_reply(question, timeout=_CALL_SECONDS))
    return answer


def _reason(error: DBusErrorResponse | OSError) -> str:
    """The kind of failure, never the words of the other side."""
    if isinstance(error, TimeoutError):
        return "no reply in time"
    return str(error.name) if isinstance(error, DBusErrorResponse) else "the connection broke"
