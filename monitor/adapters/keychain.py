"""The user's passwords, tokens and keys: in the system's keyring, else in the environment, else in a file of 0600.

Never in config.toml: that is copied, shown and shared. What was looked up once is known until the process ends, so
that no keyring that has to be unlocked asks at every tick of the daemon.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from monitor.adapters import private_file
from monitor.adapters.deadline import NetworkTime

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

Place = Literal["keyring", "environment", "file", ""]
_SERVICE = "parcelwarden"
# A keyring may wait for somebody to unlock it; a warning does not.
_SECONDS = 20.0


class SecretExposed(Exception):
    """The file of a secret can be read by others; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Secret:
    """One secret the program can use: its name for `parcelwarden secret`, its variable, and what it is."""

    name: str
    variable: str
    what: str


MAIL = Secret("mail", "PARCELWARDEN_MAIL_PASSWORD", "the password of your mailbox (IMAP)")
SMTP = Secret("smtp", "PARCELWARDEN_SMTP_PASSWORD", "the password of the server that sends your mail")
NTFY = Secret("ntfy", "PARCELWARDEN_NTFY_TOKEN", "the token of your ntfy topic")
STORE = Secret("store", "PARCELWARDEN_STORE_PASSWORD", "the password of the store's PostgreSQL server")
MQTT = Secret("mqtt", "PARCELWARDEN_MQTT_PASSWORD", "the password of your MQTT broker")


def carrier_key(carrier: str, name: str) -> Secret:
    """The user's own key of a carrier that wants one."""
    return Secret(carrier, f"PARCELWARDEN_{carrier.upper()}_KEY", f"your key of {name}")


class Keychain:
    """Looks secrets up and keeps them; `folder` is where those go that no keyring takes."""

    def __init__(self, folder: Path, environment: Mapping[str, str] = os.environ) -> None:
        self._folder = folder
        self._environment = environment
        self._no_keyring = False
        self.find = cache(self._find)

    def get(self, secret: Secret) -> str:
        """The secret, "" where there is none. Raises SecretExposed."""
        return self.find(secret)[1]

    def _find(self, secret: Secret) -> tuple[Place, str]:
        """Where the secret is, and what it is; ("", "") where there is none. Raises SecretExposed."""
        if kept := self._in_keyring(lambda ring: ring.get_password(_SERVICE, secret.name)):
            return "keyring", kept
        if told := self._environment.get(secret.variable, ""):
            return "environment", told
        if written := self._read(secret):
            return "file", written
        return "", ""

    def keep(self, secret: Secret, value: str) -> Place:
        """Keep a secret, in the keyring where there is one that works; says where. Raises NotWritten."""
        self.find.cache_clear()

        def put(ring: KeyringBackend) -> str:
            ring.set_password(_SERVICE, secret.name, value)
            return ring.get_password(_SERVICE, secret.name) or ""

        if self._in_keyring(put) == value:
            self.path(secret).unlink(missing_ok=True)
            return "keyring"
        private_file.write(self.path(secret), value.encode())
        return "file"

    def forget(self, secret: Secret) -> None:
        """Take it out of keyring and file; the environment is the user's."""
        self.find.cache_clear()

        from keyring.errors import PasswordDeleteError

        def delete(ring: KeyringBackend) -> None:
            try:
                ring.delete_password(_SERVICE, secret.name)
            except PasswordDeleteError:
                return  # it was not in there

        self._in_keyring(delete)
        self.path(secret).unlink(missing_ok=True)

    def path(self, secret: Secret) -> Path:
        return self._folder / secret.name

    def _in_keyring(self, ask: Callable[[KeyringBackend], str | None]) -> str | None:
        """What the keyring answers; one that does not work, or not in time, is not asked again."""
        if self._no_keyring:
            return None
        import keyring  # who has no secret to look up, as most have none, needs none of it
        from keyring.errors import KeyringError

        try:
            return NetworkTime(_SECONDS).run(lambda: ask(keyring.get_keyring()), TimeoutError())
        except (KeyringError, OSError, RuntimeError):
            self._no_keyring = True
            return None

    def _read(self, secret: Secret) -> str:
        path = self.path(secret)
        try:
            mode = path.stat().st_mode
            if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
                raise SecretExposed(
                    f"Others can read {path}, so it is not used: chmod 600 {path}, or change the secret."
                )
            return path.read_text("utf-8").strip()
        except (FileNotFoundError, NotADirectoryError):
            return ""
        except (OSError, UnicodeDecodeError) as error:
            raise SecretExposed(f"{path} cannot be read as a secret ({type(error).__name__}).") from error
