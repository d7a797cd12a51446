"""The Windows Task Scheduler, through schtasks. Written after its documentation, never tried on Windows.

What schtasks says is in the user's language, so only its exit codes are read.
"""

from __future__ import annotations

import getpass
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from monitor import service_units
from monitor.adapters import child
from monitor.adapters.service.manager import ServiceFailed, State
from monitor.service_units import Programs

_RUN, _CHECK = r"parcelwarden\run", r"parcelwarden\check"
_SECONDS = 60


class TaskScheduler:
    """Two tasks in the folder parcelwarden, run while the user is logged on."""

    name = "Task Scheduler"

    def units(self, commands: Programs) -> dict[str, str]:
        return service_units.task_scheduler(
            Programs(_windowless(commands.run), _windowless(commands.check)), _user()
        )

    def install(self, units: Mapping[str, str]) -> None:
        for task, text in units.items():
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / "task.xml"
                file.write_text(text, "utf-16")
                self._must("/Create", "/TN", task, "/XML", str(file), "/F")
        _schtasks("/End", "/TN", _RUN)  # that of an installation before
        self._must("/Run", "/TN", _RUN)

    def uninstall(self) -> bool:
        there = [task for task in (_RUN, _CHECK) if _is_there(task)]
        for task in there:
            _schtasks("/End", "/TN", task)
            self._must("/Delete", "/TN", task, "/F")
        return bool(there)

    def state(self) -> State:
        timer = _is_there(_CHECK)
        return State(_is_there(_RUN), timer=timer, next_check="every 30 minutes" if timer else "")

    def _must(self, *words: str) -> None:
        done = _schtasks(*words)
        if not done.ok:
            raise ServiceFailed(f"schtasks {words[0]} {words[2]} failed: {done.reason.rstrip('.')}.")


def _user() -> str:
    domain = os.environ.get("USERDOMAIN", "")
    return f"{domain}\\{getpass.getuser()}" if domain else getpass.getuser()


def _windowless(words: tuple[str, ...]) -> tuple[str, ...]:
    """The same command by pythonw.exe, which opens no console window, where there is one."""
    without = Path(words[0]).with_name("pythonw.exe")
    return (str(without), *words[1:]) if without.exists() else words


def _is_there(task: str) -> bool:
    return _schtasks("/Query", "/TN", task).ok


def _schtasks(*words: str) -> child.Finished:
    return child.run(["schtasks", *words], seconds=_SECONDS)
