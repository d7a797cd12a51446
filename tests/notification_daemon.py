"""A notification daemon for tests: takes notices on the session bus and writes each as a JSON line to a file.

Usage: notification_daemon.py RECORD [refuse] [clicks]. Prints "ready" once it owns the name; with "refuse" it answers
every notice with an error, with "clicks" it can be clicked: SIGUSR1 clicks and closes the newest notice.
"""

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Annotated

from dbus_fast import DBusError
from dbus_fast.aio import MessageBus
from dbus_fast.annotations import DBusDict, DBusInt32, DBusSignature, DBusStr, DBusUInt32
from dbus_fast.service import ServiceInterface, dbus_method, dbus_signal

NAME = "org.freedesktop.Notifications"
Texts = Annotated[list[str], DBusSignature("as")]


class Notifications(ServiceInterface):
    def __init__(self, record: Path, *, refuse: bool, clicks: bool) -> None:
        super().__init__(NAME)
        self._record, self._refuse, self._count = record, refuse, 0
        self._clicks, self._actions = clicks, list[str]()

    @dbus_method()
    def GetCapabilities(self) -> Texts:  # noqa: N802
        return ["body", "actions"] if self._clicks else ["body"]

    @dbus_signal()
    def ActionInvoked(  # noqa: N802
        self, number: DBusUInt32, action: DBusStr
    ) -> Annotated[list[object], DBusSignature("us")]:
        return [number, action]

    @dbus_signal()
    def NotificationClosed(  # noqa: N802
        self, number: DBusUInt32, reason: DBusUInt32
    ) -> Annotated[list[object], DBusSignature("uu")]:
        return [number, reason]

    def click(self) -> None:
        if "default" in self._actions:
            self.ActionInvoked(self._count, "default")
        self.NotificationClosed(self._count, 2)

    @dbus_method()
    def Notify(  # noqa: N802 - the specification's name
        self,
        app_name: DBusStr,
        replaces_id: DBusUInt32,
        app_icon: DBusStr,
        summary: DBusStr,
        body: DBusStr,
        actions: Texts,
        hints: DBusDict,
        expire_timeout: DBusInt32,
    ) -> DBusUInt32:
        if self._refuse:
            raise DBusError("org.freedesktop.Notifications.Error.ExcessNotificationGeneration", "too many")
        with self._record.open("a", encoding="utf-8") as file:
            file.write(json.dumps([app_name, summary, body]) + "\n")
        self._count += 1
        self._actions = actions
        return self._count


async def main(record: Path, *, refuse: bool, clicks: bool) -> None:
    asked_to_end = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked_to_end.set)
    bus = await MessageBus().connect()
    notifications = Notifications(record, refuse=refuse, clicks=clicks)
    bus.export("/org/freedesktop/Notifications", notifications)
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, notifications.click)
    await bus.request_name(NAME)
    print("ready", flush=True)  # noqa: T201
    ends = [asyncio.ensure_future(asked_to_end.wait()), asyncio.ensure_future(bus.wait_for_disconnect())]
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    if bus.connected:
        await bus.release_name(NAME)  # so that nobody still sees an owner after this process is gone
        bus.disconnect()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), refuse="refuse" in sys.argv[2:], clicks="clicks" in sys.argv[2:]))
