"""The ground all tests stand on: a home of their own, a browser and a screen, and nothing left behind.

REQUIRE_BROWSER=1 turns a missing browser, screen or bus into a failure; without it the session tries to get them
all the same and the tests that need them are skipped only where that was in vain.
"""

import contextlib
import os
import shutil
import signal
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import hypothesis
import pytest
from desktop import notification_daemon, session_bus  # noqa: F401 - fixtures for every test
from filelock import FileLock
from one_browser import one_browser, one_driver, running_browser  # noqa: F401 - fixtures for every test
from postgres_server import (
    PostgresServer,
    binaries,
    running,
    store_place,  # noqa: F401 - a fixture for every test
)
from small_disk import small_disk  # noqa: F401 - a fixture for every test

from monitor.adapters import apt
from monitor.adapters.browser_setup import BrowserChoice, NoBrowser, ensure_browser
from monitor.adapters.display import Display, NoDisplay, ensure_display

# A test measures no time: on a busy machine any of them can be slow.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")

_MARK = "PARCELWARDEN_TEST_SESSION"
_PLAYWRIGHT_CACHE = {
    "linux": "~/.cache/ms-playwright",
    "darwin": "~/Library/Caches/ms-playwright",
    "win32": "~/AppData/Local/ms-playwright",
}
_home = pytest.StashKey[tempfile.TemporaryDirectory[str]]()
_world = pytest.StashKey["World"]()


@dataclass
class World:
    """What the session could get; a sentence stands where something is missing."""

    browser: BrowserChoice | str = "no collected test needs a browser"
    display: Display | str = "no collected test needs a screen"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-snapshots", action="store_true", help="write tests/snapshots anew, and fail")


def pytest_configure(config: pytest.Config) -> None:
    _move_home(config)
    # Every process of this session can be told by it; workers of a parallel run keep the mark of their session.
    if "PYTEST_XDIST_WORKER" not in os.environ:
        os.environ[_MARK] = uuid.uuid4().hex
    config.stash[_world] = World()


def _move_home(config: pytest.Config) -> None:
    """No test reads or writes the user's own files, keyring, desktop or screen."""
    # Browsers Playwright has fetched, or fetches now, are for the user's machine: they stay where they belong.
    os.environ.setdefault("PLAYWRIGHT_BROWSERS_PATH", str(Path(_PLAYWRIGHT_CACHE[sys.platform]).expanduser()))
    config.stash[_home] = tempfile.TemporaryDirectory(
        prefix="parcelwarden-tests-", ignore_cleanup_errors=True
    )
    home = Path(config.stash[_home].name)
    folders = {
        "HOME": "home",
        "USERPROFILE": "home",
        "XDG_CONFIG_HOME": "config",
        "XDG_DATA_HOME": "data",
        "XDG_STATE_HOME": "state",
        "XDG_CACHE_HOME": "cache",
        "XDG_RUNTIME_DIR": "runtime",
        "APPDATA": "roaming",
        "LOCALAPPDATA": "local",
    }
    for variable, folder in folders.items():
        (home / folder).mkdir(mode=0o700, exist_ok=True)
        os.environ[variable] = str(home / folder)
    for variable in [name for name in os.environ if name.startswith("PARCELWARDEN_") and name != _MARK]:
        del os.environ[variable]
    os.environ.pop("DBUS_SESSION_BUS_ADDRESS", None)
    os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    if shutil.which("Xvfb"):
        os.environ.pop("DISPLAY", None)
        os.environ.pop("WAYLAND_DISPLAY", None)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Fetches what the collected tests need before the first starts, so that no test's time limit pays for it."""
    if session.config.option.collectonly:
        return
    needed = {name for item in session.items for name in getattr(item, "fixturenames", ())}

    def say(line: str) -> None:
        sys.__stderr__.write(f"{line}\n")

    # The workers of a parallel run come here together, and only one may install; the others then find it there.
    with FileLock(_fetch_lock()):
        _fetch(session.config.stash[_world], needed, say)


def _fetch_lock() -> Path:
    return Path(tempfile.gettempdir()) / f"parcelwarden-tests-{os.environ[_MARK]}.lock"


def _fetch(world: World, needed: set[str], say: Callable[[str], None]) -> None:
    if "browser_executable" in needed:
        try:
            world.browser = ensure_browser(say=say)
        except NoBrowser as reason:
            world.browser = str(reason)
    if "display" in needed:
        try:
            world.display = ensure_display(say)
        except NoDisplay as reason:
            world.display = str(reason)
    if "session_bus" in needed and shutil.which("dbus-daemon") is None and apt.may_install():
        apt.install("dbus", say)
    if "postgres" in needed and binaries() is None and apt.may_install():
        apt.install("postgresql", say)
    if "mosquitto" in needed and shutil.which("mosquitto") is None and apt.may_install():
        apt.install("mosquitto", say)


@pytest.fixture(scope="session")
def browser_executable(pytestconfig: pytest.Config) -> Path:
    """A browser that starts; the test is skipped where there is none and none could be had."""
    browser = pytestconfig.stash[_world].browser
    if isinstance(browser, str):
        _missing(browser)
    return browser.executable


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this session's; the database `store` in it holds an empty store, to copy it from."""
    if (tools := binaries()) is None:
        _missing("There is no PostgreSQL server on this machine.")
    with running(tools) as server:
        yield server


@pytest.fixture(scope="session")
def display(pytestconfig: pytest.Config) -> Display:
    """A screen shared by the session; give `display.env` to every headed browser."""
    screen = pytestconfig.stash[_world].display
    if isinstance(screen, str):
        _missing(screen)
    return screen


def _missing(reason: str) -> NoReturn:
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.hookimpl(trylast=True)  # the workers of a parallel run have gone by then
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Ends the screen and fails the session if a test left a process running."""
    screen = session.config.stash[_world].display
    if isinstance(screen, Display):
        screen.close()
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    _fetch_lock().unlink(missing_ok=True)
    left = _left_running(os.environ[_MARK])
    if left:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        sys.__stderr__.write(
            "\nleft running by the tests, ended now:\n" + "".join(f"  {what}\n" for what in left)
        )


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[_home].cleanup()


def _left_running(mark: str) -> list[str]:
    """Ends processes that carry the session's mark in their environment (Linux only) and names them."""
    given_up = time.monotonic() + 3  # a browser's helpers need a moment after it is gone
    while _marked(mark) and time.monotonic() < given_up:
        time.sleep(0.05)
    left = _marked(mark)
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return [f"{pid} {command}" for pid, command in left.items()]


def _marked(mark: str) -> dict[int, str]:
    found: dict[int, str] = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"{_MARK}={mark}".encode() in (process / "environ").read_bytes().split(b"\0"):
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ")
                found[int(process.name)] = command.decode("utf-8", "replace").strip()[:160]
    return found
