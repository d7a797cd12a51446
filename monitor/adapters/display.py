"""A screen for the headed browser: the user's own, or a virtual one where a Linux machine has none."""

from __future__ import annotations

import atexit
import os
import secrets
import select
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from monitor.adapters import apt, child

_START_SECONDS = 20
_SCREEN = "1280x900x24"
# The shell waits at a pipe only we hold open: whatever way we end, the pipe closes and the screen goes. (A parent
# death signal would go off with the thread that started the screen.)
_LIFELINE = '"$@" & screen=$!; exec >&-; read -r _; kill $screen 2>/dev/null; wait $screen'


class NoDisplay(Exception):
    """There is no screen and none could be made; the message is one sentence that says what to do."""


class Display:
    """`env` is the whole environment for a browser on this screen; `virtual` tells whether anyone can see it."""

    def __init__(self) -> None:
        self.env: dict[str, str] = dict(os.environ)
        self.virtual = False

    def close(self) -> None:
        """Ends a virtual screen, and the windows on it. A real screen is left alone."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class VirtualDisplay(Display):
    """Xvfb on a free number. Only we may look at it: by default every user of the machine could."""

    def __init__(self, xvfb: str) -> None:
        super().__init__()
        self.virtual = True
        self._folder = tempfile.TemporaryDirectory(prefix="parcelwarden-screen-")
        authority = Path(self._folder.name) / "authority"
        authority.write_bytes(_authority(secrets.token_bytes(16)))
        self._process = subprocess.Popen(  # noqa: S603 - fixed words and the path of Xvfb
            ["/bin/sh", "-c", _LIFELINE, "sh", *_command(xvfb, authority)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for us, not for the screen the browser still needs
            text=True,
        )
        atexit.register(self.close)
        number = self._number()
        if not number:
            self.close()
            raise NoDisplay(f"Xvfb ({xvfb}) did not start within {_START_SECONDS} seconds.")
        self.env |= {"DISPLAY": f":{number}", "XAUTHORITY": str(authority)}

    def _number(self) -> str:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], _START_SECONDS)
        return self._process.stdout.readline().strip() if ready else ""

    def close(self) -> None:
        """Ends the screen; a second call does nothing."""
        atexit.unregister(self.close)
        assert self._process.stdin is not None
        if self._process.stdin.closed:
            return
        try:
            self._process.communicate(timeout=_START_SECONDS)  # closes the lifeline and waits
        except subprocess.TimeoutExpired:
            child.stop(self._process)
        self._folder.cleanup()


def ensure_display(say: Callable[[str], None]) -> Display:
    """The user's screen where there is one, else a virtual one; as root on Debian Xvfb is installed for it.

    Raises NoDisplay. Close the display, or use it in a `with`, when the browser is gone.
    """
    if sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return Display()
    xvfb = shutil.which("Xvfb")
    if xvfb is None and apt.may_install() and apt.install("xvfb", say):
        xvfb = shutil.which("Xvfb")
    if xvfb is None:
        raise NoDisplay(
            "There is no screen here: log in to a desktop, or install Xvfb (sudo apt install xvfb)."
        )
    say("No screen here; the browser opens on a virtual one (Xvfb).")
    return VirtualDisplay(xvfb)


def _command(xvfb: str, authority: Path) -> list[str]:
    return [
        xvfb,
        "-displayfd",
        "1",
        "-screen",
        "0",
        _SCREEN,
        "-noreset",
        "-nolisten",
        "tcp",
        "-auth",
        str(authority),
    ]


def _authority(cookie: bytes) -> bytes:
    """One .Xauthority entry good for any display number: family "wild", then counted address, number, name, data."""
    counted = (b"", b"", b"MIT-MAGIC-COOKIE-1", cookie)
    return struct.pack(">H", 0xFFFF) + b"".join(struct.pack(">H", len(part)) + part for part in counted)
