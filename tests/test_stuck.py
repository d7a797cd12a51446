"""A page in an endless script holds whoever asks it anything: the program must get away from it all the same."""

import os
import re
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hostile_forms import ORDER, HostileShop, Trap

from fixtures.loopback import Answer, Asked
from monitor.adapters import time_limit
from monitor.adapters.display import Display
from monitor.adapters.time_limit import TimeLimit, end_process
from monitor.disputes import DisputeForm, ShopSite, lay_form

FORM = DisputeForm(
    ORDER, received=False, reason="not_received_in_transit", text="It has not come. Please refund it."
)
LOOP = "for (;;) {}"


class StuckShop(HostileShop):
    """Honest pages in English, but one of them never comes out of a script of its own."""

    def __init__(self, page: str, begins: str) -> None:
        super().__init__()
        self.trap = Trap(7, 0, "en")
        self._page, self._begins = page, begins

    def answer(self, asked: Asked) -> Answer:
        answer = super().answer(asked)
        if asked.path != self._page:
            return answer
        return Answer(answer.body.replace(b"</script>", f"{self._begins}</script>".encode()))


@pytest.mark.browser
@pytest.mark.parametrize(
    ("page", "begins"),
    [
        ("/p/order/detail.html", f"setTimeout(() => {{ {LOOP} }}, 300);"),
        ("/p/reverse-pages/start.html", f"addEventListener('change', () => {{ {LOOP} }}, true);"),
    ],
    ids=["while it is looked at", "while it is filled"],
)
def test_a_page_that_never_answers_is_left_with_nothing_sent_or_running(
    browser_executable: Path, display: Display, tmp_path: Path, page: str, begins: str
) -> None:
    with StuckShop(page, begins) as shop:
        result = lay_form(
            FORM, site=ShopSite(shop.url, patience=10, stuck=4), executable=browser_executable,
            profile=tmp_path / "profile", keep_in=tmp_path / "kept", wait=True, say=lambda line: None,
            notify=lambda line: None, now=datetime(2026, 11, 24, tzinfo=UTC), env=display.env,
        )  # fmt: skip
        assert shop.writes == []
    assert result.result == "layout_changed"
    assert re.search(r"busy without an end.*Nothing was sent", result.detail)
    assert not _running_with(tmp_path / "profile")


def _running_with(profile: Path) -> list[str]:
    commands = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            commands.append(process.read_bytes().decode("utf-8", "replace"))
        except OSError:
            continue
    return [command for command in commands if f"--user-data-dir={profile}" in command]


def test_a_time_limit_that_is_not_renewed_ends_what_it_watches() -> None:
    ended = threading.Event()
    with TimeLimit(0.01, ended.set) as limit:
        assert ended.wait(30)
    assert limit.passed


def test_a_renewed_time_limit_keeps_quiet() -> None:
    with TimeLimit(60, lambda: pytest.fail("ended")) as limit:
        for _ in range(100):
            limit.renew()
    assert not limit.passed


@pytest.mark.skipif(sys.platform == "win32", reason="there no process can refuse to end")
@pytest.mark.parametrize("heeds", ["SIG_DFL", "SIG_IGN"])
def test_a_process_is_ended_though_it_would_not(heeds: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_limit, "_GRACE_TENTHS", 3)
    code = f"import signal; signal.signal(signal.SIGTERM, signal.{heeds}); print('up', flush=True); signal.pause()"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    reaper = threading.Thread(target=process.wait)  # as the driver does for the browser
    reaper.start()
    end_process(process.pid)
    reaper.join(30)
    process.stdout.close()
    assert process.returncode is not None
    end_process(process.pid)  # of one that is gone already nothing comes
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)
