"""A notification daemon for tests: takes notices on the session bus and writes each as a JSON line to a file.

Usage: notification_daemon.py RECORD [refuse]. Prints "ready" once it owns the name; with "refuse" it answers
every notice with an error.
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
from dbus_fast.service import ServiceInterface, dbus_method

NAME = "org.freedesktop.Notifications"
Texts = Annotated[list[str], DBusSignature("as")]


class Notifications(ServiceInterface):
    def __init__(self, record: Path, *, refuse: bool) -> None:
        super().__init__(NAME)
        self._record, self._refuse, self._count = record, refuse, 0

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
        return self._count


async def main(record: Path, *, refuse: bool) -> None:
    asked_to_end = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asked_to_end.set)
    bus = await MessageBus().connect()
    bus.export("/org/freedesktop/Notifications", Notifications(record, refuse=refuse))
    await bus.request_name(NAME)
    print("ready", flush=True)  # noqa: T201
    ends = [asyncio.ensure_future(asked_to_end.wait()), asyncio.ensure_future(bus.wait_for_disconnect())]
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    if bus.connected:
        await bus.release_name(NAME)  # so that nobody still sees an owner after this process is gone
        bus.disconnect()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), refuse="refuse" in sys.argv[2:]))
