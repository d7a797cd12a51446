"""launchd of macOS: two agents of the user. Written after launchctl(1) and launchd.plist(5), never tried on a Mac."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from monitor import service_units
from monitor.adapters import child, private_file
from monitor.adapters.service.manager import ServiceFailed, State
from monitor.service_units import Programs

_RUN, _CHECK = "parcelwarden.run", "parcelwarden.check"
_SECONDS = 60


class Launchd:
    """Agents in ~/Library/LaunchAgents."""

    name = "launchd"

    def __init__(self) -> None:
        self._folder = Path("~/Library/LaunchAgents").expanduser()

    def units(self, commands: Programs) -> dict[str, str]:
        return {str(self._place(label)): text for label, text in service_units.launchd(commands).items()}

    def install(self, units: Mapping[str, str]) -> None:
        for place, text in units.items():
            private_file.write(Path(place), text.encode())
        for label in (_CHECK, _RUN):
            _launchctl("bootout", f"{_domain()}/{label}")  # that of an installation before
            done = _launchctl("bootstrap", _domain(), str(self._place(label)))
            if not done.ok:
                raise ServiceFailed(f"launchctl did not take {label}: {done.reason.rstrip('.')}.")

    def uninstall(self) -> bool:
        there = [label for label in (_RUN, _CHECK) if self._place(label).exists()]
        for label in there:
            _launchctl("bootout", f"{_domain()}/{label}")
            self._place(label).unlink()
        return bool(there)

    def state(self) -> State:
        run, check = (_launchctl("print", f"{_domain()}/{label}") for label in (_RUN, _CHECK))
        said = re.search(r"^\s*state = (.+)$", run.output, re.MULTILINE)
        return State(
            self._place(_RUN).exists(),
            timer=check.ok,
            active=said[1] if run.ok and said else "",
            next_check="every 30 minutes" if check.ok else "",
        )

    def _place(self, label: str) -> Path:
        return self._folder / f"{label}.plist"


def _domain() -> str:
    return f"gui/{os.getuid()}"


def _launchctl(*words: str) -> child.Finished:
    return child.run(["launchctl", *words], seconds=_SECONDS)
