"""Every key of config.toml set wrong once, as the model lists them: each is named with its line, none is a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_args, get_origin

import pytest

from monitor import config
from monitor.config_reading import Section, is_section, keys_of

# Where the user chooses the name of a table.
NAMES = {"carriers": "cainiao", "stages": "line_haul"}
# What stands there opens something: said to be wrong, and not shown.
SECRET = (
    "web.token",
    "carriers.cainiao.key",
    "notify.ntfy",
    "notify.webhook",
    "notify.ping",
    "notify.apprise",
    "notify.command",
)


def keys(model: type[Section], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every key that holds a value."""
    for name, kind in keys_of(model).items():
        path = (*above, name)
        if get_origin(kind) is dict:
            path, kind = (*path, NAMES[name]), get_args(kind)[1]
        if is_section(kind):
            yield from keys(kind, path)
        else:
            yield path


KEYS = sorted(keys(config.Sections))
# Of each kind of value in TOML one; what a key takes is left out below.
VALUES: dict[type, str] = {
    str: '"\\u202e $(reboot) <b>"', int: "-7", float: "-0.5", bool: "true", list: "[[1]]", dict: "{ a = 1 }",
}  # fmt: skip


@pytest.mark.parametrize("path", KEYS, ids=".".join)
def test_a_value_that_cannot_be_is_named_with_its_key_and_line(path: tuple[str, ...]) -> None:
    refused = 0
    for value in VALUES.values():
        said = wrong(f"# one\n\n[{'.'.join(path[:-1])}]\n{path[-1]} = {value}\n")
        if said:
            refused += 1
            assert said.startswith("config.toml line 4: " + ".".join(path)), said
            assert "\n" not in said
            assert said.isprintable(), said
    assert refused >= 4, "of six kinds of values a key takes one or two"


@pytest.mark.parametrize("path", KEYS, ids=".".join)
def test_a_key_with_a_slip_of_the_finger_is_asked_back(path: tuple[str, ...]) -> None:
    said = wrong(f"[{'.'.join(path[:-1])}]\n\n{path[-1]}x = 1\n")
    assert said.startswith("config.toml line 3: there is no setting " + ".".join(path) + "x; "), said
    assert f"did you mean {path[-1]}?" in said


@pytest.mark.parametrize("section", sorted(keys_of(config.Sections)))
def test_a_section_that_is_none_is_named(section: str) -> None:
    for value in ("7", '"on"', "true", "[]"):
        assert wrong(f"# one\n{section} = {value}\n").startswith(f"config.toml line 2: {section} = ")


@pytest.mark.parametrize("key", SECRET)
def test_what_opens_something_is_not_repeated(key: str) -> None:
    table, _, name = key.rpartition(".")
    for value in ('"ftp://hush"', '["ftp://hush"]', '[["ftp://hush"]]'):
        assert "hush" not in wrong(f"[{table}]\n{name} = {value}\n")
    assert wrong(f"[{table}]\n{name} = 7\n").endswith(
        ("expected a text, got a whole number.", "expected a list, got a whole number.")
    )


@pytest.mark.parametrize("host", ["home..local", "x" * 70, "mqtt://home.local", "home local"])
def test_a_broker_that_no_host_can_be_is_told_at_once(host: str) -> None:
    assert wrong(f'[mqtt]\nhost = "{host}"\n').startswith("config.toml line 2: mqtt.host = ")


@pytest.mark.parametrize(
    "slip",
    [
        "[carriers]\n17track = 'hush'", "[[carriers.17track]]\nkey = 'hush'", "[[web]]\ntoken = 'hush'",
        "notify = 'hush'", "[mail.user]\npassword = 'hush'", "[notify]\ncommand = ['curl', 1, 'hush']",
    ],
)  # fmt: skip
def test_a_secret_in_a_wrong_place_is_not_repeated(slip: str) -> None:
    said = wrong(slip)
    assert " = this value cannot be used: expected a" in said
    assert "hush" not in said


def test_a_key_that_needs_another_says_which() -> None:
    said = wrong("[thresholds.stages.line_haul]\nlate = 1\n")
    assert said == "config.toml line 1: thresholds.stages.line_haul needs stalled, too."


def wrong(text: str) -> str:
    """What is said of a config text; "" where it can be used."""
    try:
        config.parse(text, Path("config.toml"))
    except config.ConfigError as error:
        return str(error)
    return ""
