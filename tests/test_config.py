"""config.toml: the example, the model and the words for what is wrong agree."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from monitor import config
from monitor.config_reading import is_section, keys_of
from monitor.rules.policy import DEFAULT_LIMITS

EXAMPLE = Path(__file__).parents[1] / "config.example.toml"


def test_the_example_loads_and_holds_nothing_but_the_defaults() -> None:
    loaded, plain = config.load(EXAMPLE), config.Config()
    assert loaded.policy == plain.policy
    assert loaded.intervals == plain.intervals
    for section in ("general", "store", "polling", "warnings", "notify", "browser", "marketplace"):
        assert getattr(loaded, section) == getattr(plain, section)


def test_the_example_names_every_key_with_a_line_of_explanation() -> None:
    text = EXAMPLE.read_text("utf-8")
    data = tomllib.loads(text)
    for name, kind in keys_of(config.Sections).items():
        if is_section(kind) and name != "marketplace":
            assert set(data[name]) == set(keys_of(kind)), name
    assert set(data["marketplace"]["aliexpress"]) == set(keys_of(config.Marketplace))
    assert set(data["carriers"]["cainiao"]) == set(keys_of(config.CarrierSection))
    assert set(data["thresholds"]["stages"]) == set(DEFAULT_LIMITS)


def test_without_a_file_the_defaults_work(tmp_path: Path) -> None:
    assert config.load(None) == config.Config()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[notify]\ndesktp = true\n", ["line 2", "notify.desktp", "did you mean desktop?"]),
        ("[notifi]\ndesktop = true\n", ["line 1", "notifi", "did you mean notify?"]),
        ("\n[carriers.caniao]\nkey = ''\n", ["line 2", "caniao", "did you mean cainiao?"]),
        ("[polling]\nhost_pause = 'five'\n", ["line 2", "polling.host_pause", "'five'"]),
        ("[polling]\n\njitter = 7\n", ["line 3", "polling.jitter"]),
        ("[warnings]\nladder = [14, 7]\n", ["line 2", "warnings.ladder", "must hold 0"]),
        ("[general]\ntimezone = 'Europe/Berln'\n", ["line 2", "general.timezone", "Europe/Berlin"]),
        (
            "[carriers.cainiao]\nbase_url = 'localhost:80'\n",
            ["line 2", "carriers.cainiao.base_url", "http://"],
        ),
        ("[store]\nurl = 'mysql://x'\n", ["line 2", "store.url", "sqlite:///"]),
        ("[thresholds.stages]\nlinehaul = { late = 1, stalled = 2 }\n", ["line 2", "linehaul", "line_haul"]),
        ("[notify\n", ["not valid TOML", "line 1"]),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, said: list[str]) -> None:
    broken = tmp_path / "config.toml"
    broken.write_text(text)
    with pytest.raises(config.ConfigError) as error:
        config.load(broken)
    for part in [str(broken), *said]:
        assert part in str(error.value)


def test_a_mark_some_editors_begin_with_is_no_part_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('\ufeff[general]\nhome_country = "DE"\n', "utf-8")
    assert config.load(path).general.home_country == "DE"


def test_a_file_that_is_no_text_or_not_there_is_said(tmp_path: Path) -> None:
    binary = tmp_path / "config.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    for path in (binary, tmp_path / "missing.toml", tmp_path):
        with pytest.raises(config.ConfigError, match=str(path)):
            config.load(path)
