"""`init`: the first ten minutes, twice; and the config text that keeps every comment."""

from __future__ import annotations

import os
import pty
import stat
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import config
from monitor.commands import first_run
from monitor.config_text import with_text
from monitor.session import Session

EXAMPLE = Path(__file__).parents[1] / "config.example.toml"
QUIET = "[notify]\ndesktop = false # not in the tests\n"


def answering(answers: dict[str, list[str]]) -> tuple[Callable[[str, str], str], list[str]]:
    """Answers by the first words of a question, else its default; and the questions asked."""
    asked: list[str] = []

    def ask(question: str, default: str) -> str:
        asked.append(question)
        waiting = next((a for words, a in answers.items() if question.startswith(words) and a), None)
        return waiting.pop(0) if waiting else default

    return ask, asked


def start(tmp_path: Path, answers: dict[str, list[str]], *, change: bool = True) -> tuple[int, list[str]]:
    ask, asked = answering(answers)
    session = Session(tmp_path / "config.toml", tmp_path / "data")
    code = first_run.init(
        session, yes=False, ask=ask, confirm=lambda question: change and "Change it?" in question
    )
    return code, asked


def test_the_answers_stand_in_the_file_beside_their_comments(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    code, asked = start(tmp_path, {"Your time zone": ["Europe/Berlin"], "The country": ["DE"]})
    assert (code, stat.S_IMODE(path.stat().st_mode)) == (0, 0o600)
    loaded = config.load(path)
    assert (loaded.general.timezone, loaded.general.home_country) == ("Europe/Berlin", "DE")
    written, example = path.read_text().splitlines(), EXAMPLE.read_text().splitlines()
    assert [a for a, b in zip(written, example, strict=True) if a != b] == [
        'timezone = "Europe/Berlin" # e.g. "Europe/Berlin"; empty: the machine\'s',
        next(line for line in written if line.startswith('home_country = "DE" ')),
    ]
    assert len(asked) == 6


def test_an_answer_that_cannot_be_used_is_asked_for_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start(tmp_path, {"Your time zone": ["Europe/Berln", "Europe/Berlin"], "The country": ["Germany", "DE"]})
    said = capsys.readouterr().err
    assert "did you mean Europe/Berlin?" in said
    assert "general.home_country = 'Germany' cannot be used" in said
    assert config.load(tmp_path / "config.toml").general.home_country == "DE"


def test_a_second_time_nothing_is_lost_and_only_what_is_answered_changes(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f"# mine\n{QUIET}[general]\npostcode = '10115'\n")
    before = path.read_text()
    start(tmp_path, {}, change=False)
    assert path.read_text() == before
    start(tmp_path, {})
    assert path.read_text() == before
    start(tmp_path, {"Your postcode": ["10117"], "The language": ["de"]})
    assert path.read_text() == f'# mine\n{QUIET}[general]\npostcode = "10117"\nlanguage = "de"\n'


def test_a_first_order_is_watched_also_after_a_slip(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.toml").write_text(QUIET)
    code, _ = start(tmp_path, {
        "A first order": ["8190000000000001", "8190000000000001"],
        "Its tracking": ["LP00700000000017", "LP00700000000017"],
        "The day": ["3rd of November", "2026-11-03"],
    })  # fmt: skip
    assert code == 0
    order = Session(None, tmp_path / "data").order("8190000000000001")
    assert [parcel.number for parcel in order.parcels] == ["LP00700000000017"]
    assert "3rd of November" in capsys.readouterr().err


# -- from the shell ------------------------------------------------------------------------------------------


def command(tmp_path: Path, *words: str) -> list[str]:
    places = ["--config", str(tmp_path / "new" / "config.toml"), "--data-dir", str(tmp_path / "data")]
    return [sys.executable, "-m", "monitor", *places, *words]


def test_yes_asks_nothing_and_twice_is_as_once(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.toml"
    first = subprocess.run(
        command(tmp_path, "init", "--yes"),
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    assert first.returncode == 0, first.stderr
    assert path.read_text() == EXAMPLE.read_text()
    assert "desktop:" in first.stdout
    path.write_text("# changed by hand\n")
    again = subprocess.run(command(tmp_path, "init", "--yes"), capture_output=True, text=True, timeout=60)
    assert again.returncode == 0
    assert "kept as it is" in again.stderr
    assert path.read_text() == "# changed by hand\n"


def test_without_a_terminal_it_does_not_wait_for_answers(tmp_path: Path) -> None:
    done = subprocess.run(
        command(tmp_path, "init"), capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.skipif(os.name != "posix", reason="a terminal is opened the POSIX way")
def test_at_a_real_terminal_return_takes_each_default(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "config.toml").write_text(QUIET)
    ours, theirs = pty.openpty()
    os.write(ours, b"y\n" + b"\n" * 8)
    done = subprocess.run(command(tmp_path, "init"), capture_output=True, text=True, timeout=60, stdin=theirs)
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 0, done.stderr
    assert "Your time zone" in done.stderr
    assert "Log in to the shop now" in done.stderr
    assert "See the demo" in done.stderr
    assert (tmp_path / "new" / "config.toml").read_text() == QUIET


# -- the text ------------------------------------------------------------------------------------------------

VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(VALUES)
def test_any_value_is_read_as_it_was_given_and_nothing_else_changes(value: str) -> None:
    before = tomllib.loads(EXAMPLE.read_text("utf-8"))
    after = tomllib.loads(with_text(EXAMPLE.read_text("utf-8"), "general", "postcode", value))
    before["general"]["postcode"] = value
    assert after == before


@given(VALUES, VALUES)
def test_a_value_can_be_changed_again_and_again(one: str, other: str) -> None:
    once = with_text(with_text("", "general", "postcode", one), "general", "postcode", other)
    assert tomllib.loads(once) == {"general": {"postcode": other}}
