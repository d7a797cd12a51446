"""README, help and code agree."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from monitor.cli import app
from monitor.rules.draft import KINDS
from scrapers.base import Access, Carrier, Page, TrackingReport
from scrapers.marketplaces.profiles import REASONS, DeadlineKind, Event
from scrapers.marketplaces.profiles.reading import read

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = sorted(app.commands)


def test_the_readme_names_every_command_and_no_other() -> None:
    table = README.split("## Commands")[1].split("\n## ")[0]
    named = set(re.findall(r"`([a-z]+)(?: [^`]*)?`", table)) - set(KINDS)
    assert set(COMMANDS) - {"notify"} <= named
    for word in named:
        assert word in [*COMMANDS, "notify"], f"README names {word}, which is no command"


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "notify"])
def test_every_command_has_help_with_an_example(command: str) -> None:
    sub = app.commands[command]
    assert sub.help
    assert sub.epilog.startswith(f"Example: parcelwarden {command}")


def test_the_readme_and_the_help_name_every_kind_of_draft() -> None:
    option = next(p for p in app.commands["draft"].params if p.name == "kind")
    for kind in KINDS:
        assert f"`{kind}`" in README, kind
        assert re.search(rf"[ ,:]{kind}[,.]", option.help), kind


def test_the_two_readme_commands_are_there() -> None:
    assert (
        "python3 -m venv .venv && .venv/bin/python -m pip install -e . && .venv/bin/parcelwarden demo"
        in README
    )
    assert (
        'python3 -m venv .venv && .venv/bin/python -m pip install -e ".[test]" && .venv/bin/python -m pytest'
        in README
    )


def test_links_of_the_readme_lead_somewhere() -> None:
    for target in re.findall(r"\]\(((?!http)[^)#]+)", README):
        assert (ROOT / target).exists(), target


def test_the_page_about_shops_names_every_word_of_a_profile() -> None:
    page = (ROOT / "docs" / "marketplaces.md").read_text("utf-8")
    kinds, events = page.split("## Kinds")[1].split("## Events")
    events, reasons = events.split("## Reasons")
    for part, words in ((kinds, get_args(DeadlineKind)), (events, get_args(Event)), (reasons, REASONS)):
        assert set(words) <= set(re.findall(r"`([a-z_]+)`", part))


def test_the_example_on_the_page_about_shops_is_a_profile() -> None:
    page = (ROOT / "docs" / "marketplaces.md").read_text("utf-8")
    example = "\n".join(line[4:] for line in page.splitlines() if line.startswith("    "))
    assert read(example, "corner").windows[0].days == 30


@pytest.mark.parametrize("words", [["--help"], ["-h"], ["--version"], ["check", "--help"]])
def test_help_works_from_the_shell(words: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "monitor", *words], capture_output=True, text=True, timeout=30
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "parcelwarden" in done.stdout


def test_the_page_for_buyers_is_the_table_itself() -> None:
    from monitor.rules.advise import TABLE
    from monitor.rules.for_buyers import WHEN, page

    assert set(WHEN) == {row.situation for row in TABLE}
    assert (ROOT / "docs" / "decisions-for-buyers.md").read_text("utf-8") == page(), (
        "python -m monitor.rules.for_buyers > docs/decisions-for-buyers.md"
    )


# -- docs/ ---------------------------------------------------------------------------------------------------

PAGES = sorted((ROOT / "docs").rglob("*.md"))
FOR_USERS = (
    "add-a-carrier",
    "decisions-for-buyers",
    "feeds",
    "how-a-verdict-is-made",
    "marketplaces",
    "recovery",
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_of_the_docs_lead_somewhere_and_commands_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\(((?!http)[^)#]+)", text):
        assert (page.parent / target).exists(), target
    for command, subcommand in re.findall(r"`parcelwarden ([a-z]+)(?: ([a-z]+))?", text):
        assert command in [*COMMANDS, "notify"], command
        if command == "notify":
            assert subcommand == "test"
    for module in re.findall(r"`((?:monitor|scrapers|tests|fixtures)/[\w/.]+\.\w+)`", text):
        assert (ROOT / module).exists() or "example_post" in module, module


@pytest.mark.parametrize("page", ["README.md", *(f"docs/{name}.md" for name in FOR_USERS)])
def test_options_the_docs_name_exist(page: str) -> None:
    commands = [*app.commands.values()]
    commands += [below for command in commands for below in getattr(command, "commands", {}).values()]
    known = {name for command in commands for p in command.params for name in p.opts}
    known |= {name for p in app.params for name in p.opts} | {"--help"}
    for option in re.findall(r"(?<![\w-])(--[a-z][a-z-]+)", (ROOT / page).read_text("utf-8")):
        assert option in known, option


def test_the_carrier_of_the_docs_works_as_it_stands() -> None:
    page = (ROOT / "docs" / "add-a-carrier.md").read_text("utf-8")
    code, answer = (re.search(rf"```{kind}\n(.+?)```", page, re.DOTALL) for kind in ("python", "json"))
    assert code
    assert answer
    made: dict[str, Carrier] = {}
    exec(compile(code.group(1), "example_post.py", "exec", dont_inherit=True), made)
    carrier = made["CARRIER"]
    (asked,) = carrier.requests(["EX123456785ES"], Access())
    assert asked.url == "https://post.example/api/track/EX123456785ES"

    def read(body: str) -> TrackingReport:
        (report,) = carrier.parse(Page(asked.url, 200, "application/json", body.encode()), ["EX123456785ES"])
        return report

    report = read(answer.group(1))
    assert (report.outcome, report.events[0].status.tag, report.events[0].at.hour) == (
        "ok",
        "OutForDelivery",
        8,
    )
    assert read('{"error": "unknown number"}').outcome == "not_found"
    assert read('{"parcel": {}}').outcome == "changed"
