"""The password of the mailbox: in the system's keyring, else in the environment, never in a file of ours."""

from __future__ import annotations

import os

import keyring
from keyring.errors import KeyringError

VARIABLE = "PARCELWARDEN_MAIL_PASSWORD"
_SERVICE = "parcelwarden mail"


class NoKeyring(Exception):
    """This machine keeps no passwords; the message is one sentence."""


def mail_password(user: str, host: str) -> str:
    """The password, "" where there is none."""
    try:
        kept = keyring.get_password(_SERVICE, f"{user} at {host}")
    except KeyringError:
        kept = None
    return kept or os.environ.get(VARIABLE, "")


def keep_mail_password(user: str, host: str, password: str) -> None:
    """Put the password into the keyring. Raises NoKeyring."""
    try:
        keyring.set_password(_SERVICE, f"{user} at {host}", password)
    except KeyringError as error:
        raise NoKeyring(f"There is no keyring here that keeps a password; set {VARIABLE} instead.") from error
