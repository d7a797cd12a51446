"""The page with 300 orders in Chromium: when its first byte is there, and when all of it is loaded and can be used.

The browser's own clock, counted from where the visit begins; the least of several visits, the pages' server in this
process. Needs a browser on the machine, and works without a screen.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import sync_playwright

from benchmarks.pretend import cainiao_number
from benchmarks.table import Row
from monitor.adapters.browser_setup import find_browser
from monitor.session import Session
from monitor.web.server import serving
from scrapers.orders import OrderRecord, ShopParcel

ORDERS = 300
VISITS = 8
_TIMES = """() => {
    const visit = performance.getEntriesByType("navigation")[0];
    return [visit.responseStart - visit.startTime, visit.loadEventEnd - visit.startTime];
}"""


def rows() -> Iterator[Row]:
    found = find_browser()
    if found is None:
        return
    browser = found.executable
    with tempfile.TemporaryDirectory() as name:
        session = _with_orders(Path(name))
        with serving(session, 0) as served, sync_playwright() as playwright:
            chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
            page = chromium.new_page()
            page.goto(served.link)
            page.get_by_role("button").click()
            page.locator("nav").wait_for()
            visits = []
            for _ in range(VISITS):
                page.goto(served.address, wait_until="load")
                page.wait_for_function("performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
                visits.append(page.evaluate(_TIMES))
            chromium.close()
        session.store.close()
    yield Row(f"the page with {ORDERS} orders, first byte", "ms", min(first for first, _ in visits), bound=50)
    yield Row(f"the page with {ORDERS} orders, loaded", "ms", min(loaded for _, loaded in visits), bound=300)


def _with_orders(folder: Path) -> Session:
    (folder / "config.toml").write_text("[notify]\ndesktop = false\n")
    session = Session(folder / "config.toml", folder / "data")
    now = datetime.now(UTC)
    listed = [
        OrderRecord(
            f"81900{n:011d}", "manual", title=f"thing {n}", placed_on=(now - timedelta(days=n % 70)).date(),
            parcels=(ShopParcel(cainiao_number(n)),),
        )
        for n in range(ORDERS)
    ]  # fmt: skip
    session.store.save(listed, now)
    return session
