"""The arrows of the code: who may import whom, and the one home of each third party."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(p for package in ("monitor", "scrapers", "fixtures") for p in (ROOT / package).rglob("*.py"))

# Third party -> the only places that may import it.
HOMES = {
    "playwright": (
        "monitor/adapters/browser.py",
        "monitor/adapters/guard.py",
        "monitor/adapters/hands.py",
        "monitor/adapters/silence.py",
    ),
    "httpx2": (
        "monitor/adapters/fetch.py",
        "monitor/adapters/unpack.py",
        "monitor/adapters/deadline.py",
        "monitor/adapters/post.py",
    ),
    "apprise": ("monitor/adapters/apprise_push.py",),
    "tenacity": ("monitor/adapters/fetch.py",),
    "apscheduler": ("monitor/daemon.py",),
    "notifypy": ("monitor/adapters/notify.py",),
    "bs4": ("scrapers/",),
    "lxml": ("scrapers/",),
    "imap_tools": ("monitor/adapters/mailbox.py",),
    "keyring": ("monitor/adapters/keychain.py",),
    "PIL": ("monitor/adapters/photos.py",),
    "icalendar": ("monitor/adapters/ics.py",),
    "prometheus_client": ("monitor/web/metrics.py",),
    "paho": ("monitor/adapters/mqtt.py",),
    "sqlite3": ("monitor/adapters/", "monitor/doctor.py"),
    "psycopg": (
        "monitor/adapters/store/postgres.py",
        "monitor/adapters/shared_politeness.py",
        "monitor/adapters/jobs.py",
    ),
    "procrastinate": ("monitor/adapters/jobs.py",),
    "starlette": ("monitor/web/",),
    "jinja2": ("monitor/web/", "monitor/evidence.py"),
    "uvicorn": ("monitor/web/server.py",),
    "click": ("monitor/cli.py", "monitor/__main__.py"),
    "rich": ("monitor/tables.py", "monitor/status_table.py", "monitor/commands/", "monitor/terminal.py"),
    "rich.console": ("monitor/terminal.py",),  # where text of others is kept from acting
    "msgspec": (
        "monitor/config.py",
        "monitor/config_reading.py",
        "monitor/adapters/store/looks.py",
        "scrapers/base.py",
        "scrapers/carriers/",
    ),
    "tomlkit": ("monitor/config_text.py",),
    "babel": ("monitor/web/speech.py",),
}
DOES_IO = {
    "socket",
    "sqlite3",
    "subprocess",
    "httpx2",
    "playwright",
    "urllib.request",
    "requests",
    "notifypy",
}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=within)
def test_arrows(path: Path) -> None:
    here = within(path)
    for module in imports(path):
        top = module.split(".")[0]
        if here.startswith("scrapers/"):
            assert top not in ("monitor", "fixtures"), f"{here} must not know {module}"
            assert module not in DOES_IO, f"{here} does no I/O, so no {module}"
        if here.startswith("scrapers/carriers/"):
            other = module.removeprefix("scrapers.carriers")
            assert not module.startswith("scrapers.carriers.") or not other, (
                f"{here}: carriers do not import carriers"
            )
        if here.startswith("monitor/rules/"):
            assert not module.startswith("monitor.adapters"), f"{here} is pure, so no {module}"
            assert module not in DOES_IO, f"{here} is pure, so no {module}"
        if here.startswith("fixtures/"):
            assert top != "monitor", f"{here} must not know {module}"
        for third, homes in HOMES.items():
            if f"{module}.".startswith(f"{third}."):
                assert here.startswith(homes), f"{module} belongs to {', '.join(homes)}, not to {here}"


@pytest.mark.parametrize("path", [p for p in SOURCES if within(p).startswith("monitor/rules/")], ids=within)
def test_rules_read_no_clock(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in ("datetime", "date", "time")
        ):
            assert node.attr not in ("now", "utcnow", "today", "time", "monotonic"), (
                f"{within(path)}:{node.lineno}: now is an argument"
            )


@pytest.mark.parametrize("path", SOURCES, ids=within)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text("utf-8"))), f"{within(path)} has no docstring"
