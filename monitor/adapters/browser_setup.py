"""A browser on every machine: the user's own choice, what is installed, or one fetched for this program.

Chrome and Edge come before Chromium because their everyday builds are kept up to date by themselves. Windows
and macOS places are facts about those systems, not tried there.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from monitor.adapters import apt, child

Channel = Literal["chrome", "msedge", "chromium"]
Source = Channel | Literal["configured", "playwright"]
CHANNELS: dict[Channel, str] = {"chrome": "Google Chrome", "msedge": "Microsoft Edge", "chromium": "Chromium"}

_ON_PATH: tuple[tuple[Channel, str], ...] = (
    ("chromium", "chromium"),
    ("chromium", "chromium-browser"),
    ("chrome", "google-chrome"),
    ("chrome", "google-chrome-stable"),
    ("msedge", "microsoft-edge"),
)
_VERSION_SECONDS = 30
_DOWNLOAD_SECONDS = 900
# Asked of Playwright in a child: its sync interface refuses to start inside a running event loop.
_WHERE_PLAYWRIGHT_KEEPS_IT = (
    "from playwright.sync_api import sync_playwright\n"
    "with sync_playwright() as playwright: print(playwright.chromium.executable_path)"
)


class NoBrowser(Exception):
    """There is no usable browser; the message is one sentence that says what to install or change."""


@dataclass(frozen=True, slots=True)
class BrowserChoice:
    """A browser that answered `--version` (the line is `version`; on Windows, where none does, it is "")."""

    executable: Path
    source: Source
    version: str


def find_browser(*, executable: str = "", channel: str = "") -> BrowserChoice | None:
    """The browser to use: the configured path, else Chrome or Edge, else Chromium on PATH, else Playwright's own.

    `channel` ("chrome", "msedge", "chromium") narrows the search. None where the machine has no browser. Raises
    NoBrowser where the user asked for a certain one and that one is not usable: another is never taken silently.
    """
    if executable:
        return _configured(executable)
    if channel and channel not in CHANNELS:
        raise NoBrowser(
            f"[browser] channel {channel!r} is not known; it can be {', '.join(CHANNELS)} or empty."
        )
    for source, place in _installed(channel):
        version = _proven(place)
        if version is not None:
            return BrowserChoice(place, source, version)
    if channel in ("chrome", "msedge"):
        raise NoBrowser(f"{CHANNELS[channel]} was not found; install it, or leave [browser] channel empty.")
    return _playwright_build()


def ensure_browser(*, executable: str = "", channel: str = "", say: Callable[[str], None]) -> BrowserChoice:
    """Like `find_browser`, and fetches one where there is none: Playwright's download, else, as root, apt.

    Also sees to it that Playwright itself starts. `say` gets one line for every step taken and every step that
    failed. Raises NoBrowser at the end of the road.
    """
    _ensure_driver(say)
    found = find_browser(executable=executable, channel=channel)
    if found is None:
        found = _download(say)
    if found is None and apt.may_install() and apt.install("chromium", say):
        found = find_browser(channel=channel)
    if found is None:
        raise NoBrowser(
            "No browser could be found or fetched: install Google Chrome, Microsoft Edge or Chromium"
            " (Debian: sudo apt install chromium), or name one in [browser] executable."
        )
    return found


def standard_places(system: str, env: Mapping[str, str]) -> list[tuple[Channel, str]]:
    """Where the installers of Chrome, Edge and Chromium put them, for a `sys.platform` and its environment."""
    if system == "win32":
        roots = [env[name] for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA") if env.get(name)]
        tails: tuple[tuple[Channel, str], ...] = (
            ("chrome", r"\Google\Chrome\Application\chrome.exe"),
            ("msedge", r"\Microsoft\Edge\Application\msedge.exe"),
            ("chromium", r"\Chromium\Application\chrome.exe"),
        )
        return [(channel, root + tail) for channel, tail in tails for root in roots]
    if system == "darwin":
        roots = ["/Applications", f"{env.get('HOME', '')}/Applications"]
        return [
            (channel, f"{root}/{name}.app/Contents/MacOS/{name}")
            for channel, name in CHANNELS.items()
            for root in roots
        ]
    return [("chrome", "/opt/google/chrome/chrome"), ("msedge", "/opt/microsoft/msedge/msedge")]


def _configured(executable: str) -> BrowserChoice:
    place = shutil.which(Path(executable).expanduser())
    if place is None:
        raise NoBrowser(f"[browser] executable names {executable}, which is not a program on this machine.")
    version = _proven(Path(place))
    if version is None:
        raise NoBrowser(
            f"[browser] executable names {executable}, which cannot be used: it does not start,"
            " or it is a snap build, which may not read this program's folders."
        )
    return BrowserChoice(Path(place), "configured", version)


def _installed(channel: str) -> Iterator[tuple[Channel, Path]]:
    for source, usual in standard_places(sys.platform, os.environ):
        if channel in ("", source) and Path(usual).is_file():
            yield source, Path(usual)
    for source, name in _ON_PATH:
        found = shutil.which(name)
        if channel in ("", source) and found:
            yield source, Path(found)


def _proven(place: Path) -> str | None:
    """What `--version` prints, None where the program does not run or cannot serve us."""
    if sys.platform == "win32":  # there `--version` opens a window instead of answering
        return ""
    shown = child.run([str(place), "--version"], seconds=_VERSION_SECONDS)
    version = shown.output.strip()
    # The snap build may not read hidden folders, so it can neither keep our profile nor take our files.
    if not shown.ok or not version or version.endswith(" snap"):
        return None
    return version


def _playwright_build() -> BrowserChoice | None:
    asked = child.run([sys.executable, "-c", _WHERE_PLAYWRIGHT_KEEPS_IT], seconds=_VERSION_SECONDS)
    place = Path(asked.output.strip())
    if not asked.ok or not place.is_file():
        return None
    version = _proven(place)
    return None if version is None else BrowserChoice(place, "playwright", version)


def _ensure_driver(say: Callable[[str], None]) -> None:
    """Playwright's driver is a Node.js built for usual systems; the smallest Debians lack one library it needs."""
    started = _driver_answer()
    if not started.ok and apt.may_install() and apt.install("libatomic1", say):
        started = _driver_answer()
    if not started.ok:
        raise NoBrowser(
            f"Playwright does not start (Debian: sudo apt install libatomic1 may help): {started.reason}"
        )


def _driver_answer() -> child.Finished:
    return child.run([sys.executable, "-m", "playwright", "--version"], seconds=_VERSION_SECONDS)


def _download(say: Callable[[str], None]) -> BrowserChoice | None:
    say("No browser found; fetching Chromium through Playwright (about 170 MB).")
    fetched = child.run(
        [sys.executable, "-m", "playwright", "install", "--no-shell", "chromium"], seconds=_DOWNLOAD_SECONDS
    )
    build = _playwright_build()  # asked even after a failure: what else Playwright fetches is not needed here
    if build is None:
        ending = "it does not start here: system libraries are missing." if fetched.ok else fetched.reason
        say(f"Playwright could not provide it: {ending}")
    return build
