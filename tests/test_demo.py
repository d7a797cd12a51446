"""`demo --no-wait` as a stranger runs it: everything shown, nothing left running, nothing left lying about."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import get_args
from urllib.parse import urlsplit

import pytest
from desktop import NotificationDaemon

from monitor.model import Condition

ROOT = Path(__file__).parents[1]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path: the browser puts a socket into its tmp."""
    with tempfile.TemporaryDirectory(prefix="pw-", dir=tempfile.gettempdir()) as made:
        yield Path(made)


def place(folder: Path, code: Path = ROOT) -> dict[str, str]:
    """The environment of a demo in a home of its own; `code` is where the packages are taken from."""
    for name in ("home", "tmp"):
        (folder / name).mkdir()
    env = {**os.environ, "HOME": str(folder / "home"), "TMPDIR": str(folder / "tmp"), "PYTHONPATH": str(code)}
    for name in ("CONFIG", "DATA", "CACHE", "STATE"):
        env.pop(f"XDG_{name}_HOME", None)
    return env


def run_demo(folder: Path, *, code: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "monitor", "demo", "--no-wait"]
    return subprocess.run(
        command, env=place(folder, code), cwd=folder, capture_output=True, text=True, timeout=110
    )


def files_below(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


@pytest.mark.browser
@pytest.mark.desktop
def test_the_demo_shows_the_whole_main_job(
    folder: Path, browser_executable: Path, notification_daemon: NotificationDaemon
) -> None:
    done = run_demo(folder)
    assert done.returncode == 0, done.stderr
    for condition in get_args(Condition):
        assert condition.replace("_", " ") in done.stdout
    shown = re.search(r"(\d+) warnings shown on the desktop, 0 waiting", done.stdout)
    assert shown, done.stdout
    notices = [call for call in notification_daemon.calls() if "parcelwarden" in call[0].casefold()]
    assert int(shown.group(1)) >= 12
    assert any(title.endswith(f"and {int(shown.group(1)) - 1} more") for _, title, _ in notices), notices
    assert "The form is filled" in done.stdout
    assert "Requests that would have changed something at the shop: 0." in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.browser
@pytest.mark.skipif(os.name != "posix", reason="a terminal is opened the POSIX way")
def test_at_a_terminal_it_ends_on_the_page_and_leaves_only_its_screenshots(
    folder: Path, browser_executable: Path
) -> None:
    ours, theirs = os.openpty()
    with (folder / "errors").open("w+") as errors, subprocess.Popen(
        [sys.executable, "-m", "monitor", "demo"], env=place(folder), cwd=folder, stdin=theirs,
        stdout=subprocess.PIPE, stderr=errors, text=True,
    ) as demo:  # fmt: skip
        assert demo.stdout is not None
        said = ""
        while not (link := re.search(r"This link opens it, once: (\S+)\n", said)):
            line = demo.stdout.readline()
            assert line, said + (folder / "errors").read_text()
            said += line
        check_the_way(said, link.group(1))
        os.write(ours, b"\n")
        said += demo.stdout.read()
        assert demo.wait(60) == 0, said
    os.close(ours)
    os.close(theirs)
    assert "Requests that would have changed something at the shop: 0." in said
    assert files_below(folder / "home") == []
    kept = files_below(folder / "tmp")
    assert kept
    for file in kept:
        assert re.fullmatch(r"parcelwarden-demo-\w+/data/evidence/[\w.-]+\.png", file), file


def check_the_way(said: str, link: str) -> None:
    """The words the demo leads along stand on the page."""
    there = urlsplit(link)
    known = {"Host": there.netloc, "Origin": f"http://{there.netloc}"}
    with contextlib.closing(http.client.HTTPConnection(there.netloc, timeout=30)) as browser:
        form = {**known, "Content-Type": "application/x-www-form-urlencoded"}
        browser.request("POST", "/enter", there.query, form)
        entered = browser.getresponse()
        entered.read()
        cookie = {**known, "Cookie": str(entered.headers["set-cookie"]).partition(";")[0]}
        order = re.search(r"Open (\d+):", said)
        assert order
        pages = ""
        for path in ("/", f"/orders/{order.group(1)}"):
            browser.request("GET", path, headers=cookie)
            pages += browser.getresponse().read().decode()
    quoted = re.findall("“(.+?)”", said.partition("The same orders as a page")[2])
    assert len(quoted) == 4
    for words in quoted:
        assert words in pages, words


@pytest.mark.browser
def test_the_demo_works_from_the_wheel(folder: Path, browser_executable: Path) -> None:
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(folder / "wheel"),
        str(ROOT),
    ]
    subprocess.run(build, check=True, timeout=100)
    (wheel,) = (folder / "wheel").glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder / "site")
    done = run_demo(folder, code=folder / "site")
    assert done.returncode == 0, done.stderr
    assert "The form is filled" in done.stdout
