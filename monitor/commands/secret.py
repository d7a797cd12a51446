"""`secret`: passwords, tokens and keys, kept where only you can read them."""

from __future__ import annotations

import sys
from collections.abc import Callable

from monitor.adapters.keychain import (
    MAIL,
    MQTT,
    NTFY,
    SMTP,
    STORE,
    Keychain,
    Secret,
    SecretExposed,
    carrier_key,
)
from monitor.commands import DONE, FAILED, out
from monitor.session import Session, say
from monitor.terminal import Console
from scrapers.carriers import every

_WHERE = {"keyring": "in the system's keyring", "environment": "in the environment", "": "not set"}


def secrets() -> dict[str, Secret]:
    """Every secret there can be, by its name."""
    keys = [carrier_key(carrier.id, carrier.name) for carrier in every() if carrier.reach == "key"]
    return {secret.name: secret for secret in (MAIL, SMTP, NTFY, MQTT, STORE, *keys)}


def listed(session: Session, *, as_json: bool) -> int:
    """Every secret there can be and where it is; never the secret itself."""
    rows = [(secret, *_place(session.keychain, secret)) for secret in secrets().values()]
    if as_json:
        out(
            [
                {"name": s.name, "what": s.what, "variable": s.variable, "place": place, "trouble": trouble}
                for s, place, trouble in rows
            ]
        )
        return DONE
    for secret, place, trouble in rows:
        where = trouble or _WHERE.get(place) or f"in {session.keychain.path(secret)}"
        Console(soft_wrap=True).print(f"{secret.name}: {secret.what}; {where}", highlight=False)
    return DONE


def keep(session: Session, name: str, ask: Callable[[], str]) -> int:
    """Take a secret from the keyboard, or from stdin where that is no terminal."""
    secret = secrets()[name]
    value = (ask() if sys.stdin.isatty() else sys.stdin.readline()).strip()
    if not value:
        say("Nothing was entered; nothing was changed.")
        return FAILED
    return kept(session.keychain, secret, value)


def kept(keys: Keychain, secret: Secret, value: str) -> int:
    """Keep it and say where."""
    if keys.keep(secret, value) == "keyring":
        say("Kept in the system's keyring. A daemon that runs reads it at its next start.")
    else:
        say(f"There is no keyring here that works: kept in {keys.path(secret)}, which only you can read.")
    return DONE


def forget(session: Session, name: str) -> int:
    """Take it out of keyring and file."""
    secret = secrets()[name]
    session.keychain.forget(secret)
    say(f"{name} is forgotten. What stands in {secret.variable} is yours to take out.")
    return DONE


def _place(keys: Keychain, secret: Secret) -> tuple[str, str]:
    try:
        return keys.find(secret)[0], ""
    except SecretExposed as exposed:
        return "file", str(exposed)
