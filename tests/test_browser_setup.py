"""Which browser is taken, and how one is got on a machine without: real child processes, stand-in programs."""

import io
import os
import socket
import sys
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath
from threading import Thread

import pytest
from watch import until_gone

from monitor.adapters import browser_setup, child
from monitor.adapters.browser_setup import NoBrowser, ensure_browser, find_browser, standard_places

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the stand-in programs are shell scripts")


class Machine:
    """A computer with nothing on it: its own PATH, folders, and a Playwright that finds no server."""

    def __init__(self, root: Path) -> None:
        self.bin = root / "bin"
        self.chrome = root / "opt" / "chrome"
        self.edge = root / "opt" / "msedge"
        self.playwright = root / "playwright"
        self.said: list[str] = []
        for folder in (self.bin, self.chrome.parent, self.playwright):
            folder.mkdir()

    def program(self, place: Path, script: str) -> Path:
        place.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        place.chmod(0o755)
        return place

    def browser(self, place: Path, version: str = "Chromium 150.0.1.2") -> Path:
        return self.program(place, f'[ "$1" = --version ] && echo "{version}"')

    def apt(self, *, works: bool) -> Path:
        """An apt-get that writes down how it was called and, where it works, installs a Chromium."""
        log = self.bin.parent / "apt.log"
        stock = self.browser(self.bin.parent / "stock", "Chromium 151.0 built on Debian")
        install = f"/bin/cp {stock} {self.bin}/chromium" if works else "echo E: no such package >&2; exit 100"
        self.program(self.bin / "apt-get", f'echo "$@" >> {log}\ncase "$*" in *install*) {install};; esac')
        return log


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    bare = Machine(tmp_path)
    monkeypatch.setenv("PATH", str(bare.bin))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(bare.playwright))
    with socket.create_server(("127.0.0.1", 0)) as closed:
        monkeypatch.setenv("PLAYWRIGHT_DOWNLOAD_HOST", f"http://127.0.0.1:{closed.getsockname()[1]}")
    places = [("chrome", str(bare.chrome)), ("msedge", str(bare.edge))]
    monkeypatch.setattr(browser_setup, "standard_places", lambda system, env: places)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    return bare


@pytest.mark.parametrize(
    ("present", "channel", "taken"),
    [
        (["opt/chrome", "opt/msedge", "bin/chromium"], "", "opt/chrome"),
        (["opt/msedge", "bin/chromium"], "", "opt/msedge"),
        (["bin/google-chrome", "bin/chromium-browser", "bin/chromium"], "", "bin/chromium"),
        (["bin/google-chrome", "bin/chromium-browser"], "", "bin/chromium-browser"),
        (["bin/google-chrome"], "", "bin/google-chrome"),
        (["bin/google-chrome-stable"], "", "bin/google-chrome-stable"),
        (["bin/microsoft-edge"], "", "bin/microsoft-edge"),
        (["opt/chrome", "opt/msedge"], "msedge", "opt/msedge"),
        (["opt/chrome", "bin/chromium"], "chromium", "bin/chromium"),
        (["opt/msedge", "bin/google-chrome", "bin/chromium"], "chrome", "bin/google-chrome"),
        ([], "", None),
        ([], "chromium", None),
    ],
)
def test_the_order_of_the_search(
    machine: Machine, present: list[str], channel: str, taken: str | None
) -> None:
    root = machine.bin.parent
    for name in present:
        machine.browser(root / name)
    found = find_browser(channel=channel)
    assert (found and found.executable) == (root / taken if taken else None)


def test_the_version_it_prints_is_kept(machine: Machine) -> None:
    machine.browser(machine.chrome, "Google Chrome 150.0.1.2")
    found = find_browser()
    assert found is not None
    assert (found.source, found.version) == ("chrome", "Google Chrome 150.0.1.2")


@pytest.mark.parametrize(
    "script",
    [
        "exit 127",
        "echo error while loading shared libraries >&2; exit 1",
        ":",
        'echo "Chromium 150.0.1.2 snap"',
    ],
    ids=["does not start", "libraries missing", "says nothing", "snap"],
)
def test_a_browser_that_cannot_serve_is_passed_over(machine: Machine, script: str) -> None:
    machine.program(machine.chrome, script)
    good = machine.browser(machine.bin / "chromium")
    found = find_browser()
    assert found is not None
    assert found.executable == good


def test_a_configured_browser_is_taken_before_all_others(machine: Machine, tmp_path: Path) -> None:
    machine.browser(machine.chrome)
    mine = machine.browser(tmp_path / "my browser")
    found = find_browser(executable=str(mine))
    assert found is not None
    assert (found.executable, found.source) == (mine, "configured")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"executable": "/nowhere/chrome"}, "/nowhere/chrome, which is not a program"),
        ({"executable": "/bin/false"}, "/bin/false, which cannot be used"),
        ({"channel": "msedge"}, "Microsoft Edge was not found"),
        ({"channel": "firefox"}, "it can be chrome, msedge, chromium or empty"),
    ],
)
def test_what_was_asked_for_and_is_not_there_is_never_replaced(
    machine: Machine, settings: dict[str, str], sentence: str
) -> None:
    machine.browser(machine.chrome)
    for search in (find_browser, lambda **asked: ensure_browser(say=machine.said.append, **asked)):
        with pytest.raises(NoBrowser, match=sentence):
            search(**settings)
    assert machine.said == []


def test_an_installed_browser_is_taken_without_a_word(machine: Machine) -> None:
    place = machine.browser(machine.bin / "chromium")
    assert ensure_browser(say=machine.said.append).executable == place
    assert machine.said == []


def test_without_playwrights_server_and_without_root_one_sentence_says_what_to_install(
    machine: Machine,
) -> None:
    log = machine.apt(works=True)
    with pytest.raises(NoBrowser, match="install Google Chrome, Microsoft Edge or Chromium"):
        ensure_browser(say=machine.said.append)
    assert not log.exists(), "apt is for root alone"
    assert len(machine.said) == 2
    assert "Playwright could not provide it" in machine.said[1]
    assert not any("\n" in line or "    at " in line for line in machine.said)


def test_a_fetched_browser_that_does_not_start_is_said(
    machine: Machine, mirror: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser_setup, "_proven", lambda place: None)
    with pytest.raises(NoBrowser):
        ensure_browser(say=machine.said.append)
    assert machine.said[-1].startswith("Playwright could not provide it")


def test_a_playwright_that_lacks_a_library_gets_it_from_apt(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    machine.browser(machine.chrome)
    log = machine.apt(works=True)
    python = machine.program(
        machine.bin / "python",  # its Playwright works once something was installed
        f'[ -e {log} ] && exit 0; echo "node: libatomic.so.1: cannot open shared object file" >&2; exit 127',
    )
    monkeypatch.setattr(sys, "executable", str(python))
    assert ensure_browser(say=machine.said.append).executable == machine.chrome
    assert log.read_text().splitlines()[1].endswith("--no-install-recommends libatomic1")


def test_a_playwright_that_does_not_start_is_said_in_one_sentence(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.browser(machine.chrome)
    python = machine.program(machine.bin / "python", 'echo "node: libatomic.so.1: missing" >&2; exit 127')
    monkeypatch.setattr(sys, "executable", str(python))
    with pytest.raises(NoBrowser, match=r"Playwright does not start .*libatomic"):
        ensure_browser(say=machine.said.append)


def test_root_on_debian_gets_chromium_from_apt(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    log = machine.apt(works=True)
    found = ensure_browser(say=machine.said.append)
    assert found.executable == machine.bin / "chromium"
    assert found.version == "Chromium 151.0 built on Debian"
    calls = log.read_text().splitlines()
    assert [call.split()[2] for call in calls] == ["update", "install"]
    assert calls[1].endswith("install -y --no-install-recommends chromium")
    assert any("apt-get" in line for line in machine.said)


def test_an_apt_that_fails_is_told_in_its_own_words(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    machine.apt(works=False)
    with pytest.raises(NoBrowser):
        ensure_browser(say=machine.said.append)
    assert machine.said[-1] == "apt-get could not install chromium: E: no such package"


def test_playwright_fetches_its_build_where_it_can(machine: Machine, mirror: str) -> None:
    found = ensure_browser(say=machine.said.append)
    assert found.source == "playwright"
    assert found.version == "Fetched Chromium 152.0"
    assert machine.playwright in found.executable.parents
    assert find_browser() == found, "the second time it is simply there"


@pytest.fixture
def mirror(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server of Playwright's downloads that has Chromium, a script, and nothing else."""

    class Downloads(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            archive = PurePosixPath(self.path)
            if not archive.name.startswith("chrome"):
                self.send_error(404)
                return
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w") as out:
                program = zipfile.ZipInfo(f"{archive.stem}/chrome")
                program.external_attr = 0o755 << 16
                out.writestr(program, "#!/bin/sh\necho Fetched Chromium 152.0\n")
            body = packed.getvalue()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Downloads) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("PLAYWRIGHT_DOWNLOAD_HOST", address)
        yield address
        server.shutdown()


@pytest.mark.parametrize(
    ("system", "env", "expected"),
    [
        ("linux", {}, ["/opt/google/chrome/chrome", "/opt/microsoft/msedge/msedge"]),
        (
            "darwin",
            {"HOME": "/Users/ann"},
            [
                "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
                "/Users/ann/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
                "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
                "/Users/ann/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
                "/Applications/Chromium.app/Contents/MacOS/Chromium",
                "/Users/ann/Applications/Chromium.app/Contents/MacOS/Chromium",
            ],
        ),
        (
            "win32",
            {"PROGRAMFILES": r"C:\Program Files", "LOCALAPPDATA": r"C:\Users\ann\AppData\Local"},
            [
                r"C:\Program Files\Google\Chrome\Application\chrome.exe",
                r"C:\Users\ann\AppData\Local\Google\Chrome\Application\chrome.exe",
                r"C:\Program Files\Microsoft\Edge\Application\msedge.exe",
                r"C:\Users\ann\AppData\Local\Microsoft\Edge\Application\msedge.exe",
                r"C:\Program Files\Chromium\Application\chrome.exe",
                r"C:\Users\ann\AppData\Local\Chromium\Application\chrome.exe",
            ],
        ),
    ],
)
def test_standard_places(system: str, env: dict[str, str], expected: list[str]) -> None:
    assert [place for _, place in standard_places(system, env)] == expected


@pytest.mark.browser
def test_the_real_browser_of_this_session_is_proven(browser_executable: Path) -> None:
    found = find_browser(executable=str(browser_executable))
    assert found is not None
    assert any(digit.isdigit() for digit in found.version)


class TestAChildProcess:
    def test_is_ended_with_all_it_started_at_its_time_limit(self, tmp_path: Path) -> None:
        script = "/bin/sleep 300 & echo $! > grandchild; wait"
        done = child.run(["/bin/sh", "-c", f"cd {tmp_path}; {script}"], seconds=0.5)
        assert (done.code, done.ok) == (None, False)
        assert "stopped after" in done.reason
        until_gone(int((tmp_path / "grandchild").read_text()))

    def test_is_insisted_upon_where_it_does_not_listen(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(child, "_GRACE_SECONDS", 0.1)
        done = child.run(["/bin/sh", "-c", 'trap "" TERM; while :; do :; done'], seconds=0.2)
        assert done.code is None

    def test_that_cannot_be_started_is_an_answer_too(self) -> None:
        done = child.run(["/nowhere/program"], seconds=1)
        assert (done.code, done.reason) == (None, "No such file or directory")
