"""The virtual screen: it is there, it is ours alone, and it never outlives us. Real Xvfb."""

import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from monitor.adapters import display as display_adapter
from monitor.adapters.display import Display, NoDisplay, ensure_display

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="virtual screens are a matter of Linux")


@pytest.fixture
def no_screen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An environment without a screen; what is said is collected."""
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    return []


@pytest.mark.parametrize("variable", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_a_screen_that_is_there_is_used(
    variable: str, monkeypatch: pytest.MonkeyPatch, no_screen: list[str]
) -> None:
    monkeypatch.setenv(variable, "somewhere-0")
    with ensure_display(no_screen.append) as screen:
        assert not screen.virtual
        assert screen.env[variable] == "somewhere-0"
    assert no_screen == []


@pytest.mark.browser
class TestAVirtualScreen:
    @pytest.fixture(autouse=True)
    def _xvfb(self, display: Display) -> None:
        """The session has seen to it that Xvfb is installed, or skips."""

    def test_is_there_and_has_the_size_of_a_desktop(self, no_screen: list[str]) -> None:
        with ensure_display(no_screen.append) as screen:
            assert screen.virtual
            accepted, size = _knock(screen, _cookie(screen))
            assert accepted
            assert size == (1280, 900)
        assert no_screen == ["No screen here; the browser opens on a virtual one (Xvfb)."]

    def test_shows_itself_to_nobody_without_the_cookie(self, no_screen: list[str]) -> None:
        with ensure_display(no_screen.append) as screen:
            assert not _knock(screen, b"")[0]
            assert not _knock(screen, bytes(16))[0]
            assert Path(screen.env["XAUTHORITY"]).parent.stat().st_mode & 0o077 == 0

    def test_carries_a_headed_browser(self, no_screen: list[str], browser_executable: Path) -> None:
        with ensure_display(no_screen.append) as screen, sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=browser_executable, headless=False, env=dict(screen.env)
            )
            page = browser.new_page(no_viewport=True)
            assert page.evaluate("[screen.width, screen.height]") == [1280, 900]
            assert page.evaluate("outerWidth") > 300
            browser.close()

    def test_is_gone_after_close_and_may_be_closed_twice(self, no_screen: list[str]) -> None:
        screen = ensure_display(no_screen.append)
        assert _processes_of(screen.env["XAUTHORITY"])
        screen.close()
        screen.close()
        assert _processes_of(screen.env["XAUTHORITY"]) == []
        assert not Path(screen.env["XAUTHORITY"]).exists()

    def test_two_screens_do_not_meet(self, no_screen: list[str]) -> None:
        with ensure_display(no_screen.append) as one, ensure_display(no_screen.append) as other:
            assert one.env["DISPLAY"] != other.env["DISPLAY"]
            assert not _knock(one, _cookie(other))[0]

    @pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
    def test_goes_with_its_owner_however_that_ends(self, no_screen: list[str], end: signal.Signals) -> None:
        program = (
            "from monitor.adapters.display import ensure_display\n"
            "screen = ensure_display(lambda line: None)\n"
            "print(screen.env['DISPLAY'], screen.env['XAUTHORITY'], flush=True)\n"
            "input()\n"
        )
        owner = subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        with owner:
            number, authority = owner.stdout.readline().split()
            connection = _connect(number)
            os.kill(owner.pid, end)
            with connection, contextlib.suppress(ConnectionResetError):
                connection.settimeout(30)
                assert connection.recv(1) == b"", "the screen ends, which closes the connection"
        Path(authority).unlink()
        Path(authority).parent.rmdir()


def test_an_xvfb_that_fails_is_said_in_one_sentence(
    no_screen: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _xvfb_script(tmp_path, "exit 1")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoDisplay, match="did not start"):
        ensure_display(no_screen.append)


def test_an_xvfb_that_hangs_is_ended(
    no_screen: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _xvfb_script(tmp_path, f'echo "$$" > {tmp_path}/pid; exec /bin/sleep 300')
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(display_adapter, "_START_SECONDS", 1)
    with pytest.raises(NoDisplay, match="did not start within 1 seconds"):
        ensure_display(no_screen.append)
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text().strip()}").exists()


def test_without_root_one_sentence_says_what_to_install(
    no_screen: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(NoDisplay, match="sudo apt install xvfb"):
        ensure_display(no_screen.append)


@pytest.mark.browser
def test_root_on_debian_gets_xvfb_from_apt(
    display: Display, no_screen: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apt_get = tmp_path / "apt-get"
    apt_get.write_text(
        f'#!/bin/sh\ncase "$*" in *"install"*xvfb) /bin/ln -s /usr/bin/Xvfb {tmp_path}/Xvfb;; esac\n'
    )
    apt_get.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with ensure_display(no_screen.append) as screen:
        assert screen.virtual
    assert "Installing xvfb with apt-get" in no_screen[0]


def _xvfb_script(folder: Path, script: str) -> None:
    place = folder / "Xvfb"
    place.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    place.chmod(0o755)


def _processes_of(authority: str) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if authority.encode() in (process / "cmdline").read_bytes():
                found.append(int(process.name))
        except OSError:
            continue
    return found


def _cookie(screen: Display) -> bytes:
    return Path(screen.env["XAUTHORITY"]).read_bytes()[-16:]


def _connect(number: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(f"/tmp/.X11-unix/X{number.removeprefix(':')}")
    except OSError:
        connection.close()
        raise
    return connection


def _knock(screen: Display, cookie: bytes) -> tuple[bool, tuple[int, int]]:
    """The opening of an X11 connection: whether it is let in, and the size of the screen it is told."""
    name = b"MIT-MAGIC-COOKIE-1" if cookie else b""
    hello = (
        struct.pack("<BxHHHHxx", ord("l"), 11, 0, len(name), len(cookie)) + _padded(name) + _padded(cookie)
    )
    with _connect(screen.env["DISPLAY"]) as connection:
        connection.sendall(hello)
        answer = connection.makefile("rb")
        accepted, _, _, _, words = struct.unpack("<BBHHH", answer.read(8))
        body = answer.read(4 * words)
        answer.close()
    if accepted != 1:
        return False, (0, 0)
    vendor, formats = struct.unpack_from("<H", body, 16)[0], body[21]
    screen_at = 32 + len(_padded(body[32 : 32 + vendor])) + 8 * formats
    return True, struct.unpack_from("<HH", body, screen_at + 20)


def _padded(part: bytes) -> bytes:
    return part + bytes(-len(part) % 4)
