"""systemd, the user's own instance of it (systemctl --user): notices need the user's session."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from monitor import service_units
from monitor.adapters import child, private_file
from monitor.adapters.service.manager import ServiceFailed, State
from monitor.service_units import Programs

_DAEMON, _CHECK, _TIMER = "parcelwarden.service", "parcelwarden-check.service", "parcelwarden-check.timer"
_SECONDS = 60


class Systemd:
    """Units in ~/.config/systemd/user."""

    name = "systemd"

    def __init__(self) -> None:
        config = os.environ.get("XDG_CONFIG_HOME") or Path("~/.config").expanduser()
        self._folder = Path(config) / "systemd" / "user"

    def units(self, commands: Programs) -> dict[str, str]:
        return {str(self._folder / name): text for name, text in service_units.systemd(commands).items()}

    def install(self, units: Mapping[str, str]) -> None:
        self._require()
        for place, text in units.items():
            private_file.write(Path(place), text.encode())
        self._must("daemon-reload")
        self._must("enable", _DAEMON, _TIMER)
        self._must("restart", _TIMER)
        self._must("restart", _DAEMON)

    def uninstall(self) -> bool:
        there = [path for path in self._files() if path.exists()]
        if not there:
            return False
        _systemctl("disable", "--now", _DAEMON, _TIMER)  # where no systemd answers there is nothing to stop
        for path in there:
            path.unlink()
        _systemctl("daemon-reload")
        return True

    def state(self) -> State:
        installed = (self._folder / _DAEMON).exists()
        told = dict(self._shown())
        daemon, timer = told.get(_DAEMON, {}), told.get(_TIMER, {})
        active = f"{daemon['ActiveState']} ({daemon['SubState']})" if "ActiveState" in daemon else ""
        return State(
            installed,
            timer=timer.get("ActiveState") == "active",
            active=active,
            next_check=timer.get("NextElapseUSecRealtime", ""),
            remarks=tuple(_remarks(installed=installed, answers=bool(told))),
        )

    def _files(self) -> list[Path]:
        return [self._folder / name for name in (_DAEMON, _CHECK, _TIMER)]

    def _require(self) -> None:
        asked = _systemctl("show-environment")
        if not asked.ok:
            raise ServiceFailed(
                f"No systemd of yours answers here ({asked.reason.rstrip('.')}): let your desktop's autostart or a"
                " cron line `@reboot` start `parcelwarden run`. --dry-run prints the units all the same."
            )

    def _must(self, *words: str) -> None:
        done = _systemctl(*words)
        if not done.ok:
            raise ServiceFailed(
                f"systemctl --user {' '.join(words)} failed: {done.reason.rstrip('.')}."
                " `parcelwarden service logs` and `journalctl --user -u parcelwarden` say more."
            )

    def _shown(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Unit -> its properties; nothing where no systemd answers."""
        wanted = "Id,LoadState,ActiveState,SubState,NextElapseUSecRealtime"
        shown = _systemctl("show", _DAEMON, _TIMER, f"--property={wanted}")
        for block in shown.output.split("\n\n") if shown.ok else ():
            properties = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
            if properties.get("LoadState") == "loaded":
                yield properties["Id"], properties


def _remarks(*, installed: bool, answers: bool) -> Iterator[str]:
    if not installed:
        return
    if not answers:
        yield "No systemd of yours answers here: the units are there and nothing runs them."
        return
    asked = child.run(
        ["loginctl", "show-user", getpass.getuser(), "--property=Linger", "--value"], seconds=_SECONDS
    )
    if asked.output.strip() == "no":
        yield "It ends when you log out; `loginctl enable-linger` keeps it running."


def _systemctl(*words: str) -> child.Finished:
    return child.run(
        ["systemctl", "--user", *words],
        seconds=_SECONDS,
        env={**os.environ, "LC_ALL": "C", "SYSTEMD_COLORS": "0"},
    )
