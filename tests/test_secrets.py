"""Secrets: the keyring first, then the environment, then a file that only its owner reads; never config.toml."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, PasswordDeleteError

from monitor.adapters.keychain import MAIL, NTFY, SMTP, Keychain, SecretExposed
from monitor.adapters.message import Message
from monitor.channels import channels
from monitor.config import ConfigError, NotifySection, parse
from monitor.config_reading import read
from monitor.session import Session

posix = pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX's")


class Ring(KeyringBackend):
    """A keyring that works, until it is locked."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.locked, self.asked = False, 0

    def get_password(self, service: str, username: str) -> str | None:
        self.asked += 1
        if self.locked:
            raise KeyringLocked("locked")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.locked:
            raise KeyringLocked("locked")
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("not there")


@pytest.fixture
def ring() -> Iterator[Ring]:
    before, ring = keyring.get_keyring(), Ring()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


def written(folder: Path, name: str, value: str, mode: int = 0o600) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(value)
    path.chmod(mode)
    return path


def test_the_keyring_comes_before_the_environment_and_that_before_the_file(
    ring: Ring, tmp_path: Path
) -> None:
    written(tmp_path, "smtp", "from the file\n")
    environment: dict[str, str] = {}

    def found() -> tuple[str, str]:
        return Keychain(tmp_path, environment).find(SMTP)

    assert found() == ("file", "from the file")
    environment[SMTP.variable] = "from the environment"
    assert found() == ("environment", "from the environment")
    ring.set_password("parcelwarden", "smtp", "from the keyring")
    assert found() == ("keyring", "from the keyring")
    assert Keychain(tmp_path, environment).find(NTFY) == ("", "")


def test_a_keyring_that_is_locked_is_asked_once_and_the_file_takes_its_place(
    ring: Ring, tmp_path: Path
) -> None:
    ring.locked = True
    keys = Keychain(tmp_path / "secrets", {})
    assert [keys.get(secret) for secret in (SMTP, NTFY, MAIL)] == ["", "", ""]
    assert ring.asked == 1
    assert keys.keep(SMTP, "пароль") == "file"
    assert keys.get(SMTP) == "пароль"
    assert stat.S_IMODE(keys.path(SMTP).stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.path(SMTP).parent.stat().st_mode) == 0o700


def test_what_goes_into_the_keyring_leaves_no_file_and_is_forgotten_from_both(
    ring: Ring, tmp_path: Path
) -> None:
    path = written(tmp_path, "smtp", "old")
    keys = Keychain(tmp_path, {})
    assert keys.keep(SMTP, "new") == "keyring"
    assert not path.exists()
    assert keys.get(SMTP) == "new"
    keys.forget(SMTP)
    keys.forget(SMTP)
    assert keys.find(SMTP) == ("", "")


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_file_that_others_can_read_is_refused_and_stops_only_its_own_channel(
    tmp_path: Path, mode: int
) -> None:
    path = written(tmp_path, "smtp", "hunter2", mode)
    keys = Keychain(tmp_path, {})
    with pytest.raises(SecretExposed, match="chmod 600") as refused:
        keys.get(SMTP)
    assert "hunter2" not in str(refused.value)
    section = read(
        NotifySection, {"email": {"host": "mail.example.org", "to": "me@example.org"}, "command": ["true"]}
    )
    found = channels(section, keys)
    assert list(found) == ["desktop", "email", "command"]
    sent = found["email"].send(Message("t", "b"))
    assert not sent.ok
    assert str(path) in sent.detail
    assert found["command"].send(Message("t", "b")).ok


def test_a_carrier_s_key_comes_from_the_keychain_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[carriers.usps]\nkey = "in the config"\n')
    monkeypatch.setenv("PARCELWARDEN_DHL_KEY", "in the environment")
    session = Session(config, tmp_path / "data")
    written(session.data_dir / "secrets", "yanwen", "in the file")
    keyed = session.config_with_keys
    assert [keyed.carrier(name).key for name in ("usps", "dhl", "yanwen", "ukrposhta")] == [
        "in the config", "in the environment", "in the file", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "name"),
    [
        ('[mail]\nhost = "h"\npassword = "hunter2"', 3, "mail"),
        ('[notify]\ndesktop = true\n\n[notify.email]\npassword = "hunter2"', 5, "smtp"),
        ('[notify]\ntoken = "hunter2"', 2, "ntfy"),
        ('[mqtt]\nhost = "h"\npassword = "hunter2"', 3, "mqtt"),
    ],
)
def test_a_secret_in_the_config_is_refused_with_its_line(text: str, line: int, name: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse(text, Path("config.toml"))
    said = str(refused.value)
    assert f"line {line}:" in said
    assert f"`parcelwarden secret {name}`" in said
    assert "hunter2" not in said


def test_the_command_keeps_lists_and_forgets_and_never_prints_a_secret(tmp_path: Path) -> None:
    def call(*words: str, entered: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "monitor", "--data-dir", str(tmp_path / "d"), "secret", *words],
            capture_output=True, text=True, input=entered, timeout=60,
        )  # fmt: skip

    done = call("smtp", entered="hunter2\n")
    assert (done.returncode, done.stdout) == (0, "")
    assert str(tmp_path / "d" / "secrets" / "smtp") in done.stderr
    rows = json.loads(call("--json").stdout)
    assert {row["name"]: row["place"] for row in rows}["smtp"] == "file"
    assert "hunter2" not in str(rows)
    assert call("nonsense").returncode == 2
    assert call("smtp").returncode == 1
    assert call("smtp", "--forget").returncode == 0
    assert not (tmp_path / "d" / "secrets" / "smtp").exists()
