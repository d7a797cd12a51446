"""From the command `dispute` to a filled form on the pretend shop: a real browser with a window, nothing sent.

Wall time of the whole command with --no-wait: our start, the browser's, the pages, every field filled and read again,
the screenshot and the end of the browser, and the pauses a person needs to follow. Without a screen it runs on one of
its own. The limit is the browser's start, its first page and its end.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks import peers
from benchmarks.table import Row
from fixtures.shop.server import start_shop
from fixtures.world import load
from monitor.adapters.browser_setup import find_browser

ORDER = "8190313100290020"
RUNS = 3


def rows() -> Iterator[Row]:
    found = find_browser()
    if found is None:
        return
    browser = found.executable
    now = datetime.now(UTC)
    world = load("demo", now)
    with tempfile.TemporaryDirectory() as name, start_shop(world) as shop:
        folder = Path(name)
        (folder / "config.toml").write_text(
            f'[notify]\ndesktop = false\n[marketplace.aliexpress]\nbase_url = "{shop.url}"\n'
            f"[browser]\nexecutable = {json.dumps(str(browser))}\n"
        )
        (folder / "orders.json").write_text(json.dumps(world.import_rows()))
        _command(folder, "import", str(folder / "orders.json"))
        taken = []
        for _ in range(RUNS):
            started = time.perf_counter()
            said = json.loads(
                _command(folder, "dispute", ORDER, "--situation", "not-received", "--no-wait", "--json")
            )
            taken.append(time.perf_counter() - started)
            assert said["result"] == "filled", said
    limit = min(_browser_alone(browser) for _ in range(RUNS))
    yield Row("a dispute form, from the command to its end", "s", min(taken), None, limit, bound=6,
              note="no peer: the one public script that fills the form submits it")  # fmt: skip


def _command(folder: Path, *words: str) -> str:
    own = ["--config", str(folder / "config.toml"), "--data-dir", str(folder / "data")]
    done = subprocess.run(
        [sys.executable, "-m", "monitor", *own, *words], text=True, capture_output=True, check=False,
        env={**peers.environment(), "PYTHONPYCACHEPREFIX": str(folder / "compiled")},
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr + done.stdout)
    return done.stdout


def _browser_alone(browser: Path) -> float:
    with sync_playwright() as playwright:
        started = time.perf_counter()
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        chromium.new_page().goto("about:blank")
        chromium.close()
        return time.perf_counter() - started
