"""Where a store is: a file of this machine, or a database of a PostgreSQL server."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

_SQLITE = "sqlite:///"
_SERVER = ("postgresql://", "postgresql+psycopg://")


class BadAddress(ValueError):
    """No address of a store; the message says what is wrong, without the password that may be in it."""


@dataclass(frozen=True, slots=True)
class Server:
    """A database of a server. `url` is as libpq reads it and holds no password; shown, it is the url."""

    url: str
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        return self.url


def checked(url: str) -> str:
    """The same address, "" for the file in the data folder. Raises BadAddress."""
    if not url or url.startswith(_SQLITE):
        return url
    if not url.startswith(_SERVER):
        raise BadAddress("write sqlite:///PATH, or postgresql+psycopg://user@host/database")
    try:
        parts = urlsplit(url)
        secret = parts.password or parse_qs(parts.query).get("password")
    except ValueError as error:
        raise BadAddress("write postgresql+psycopg://user@host/database") from error
    if secret is not None:
        raise BadAddress(
            "a password does not belong in it; take it out: `parcelwarden secret store` asks for it and keeps it,"
            " and libpq's own PGPASSWORD and ~/.pgpass count too"
        )
    return url


def leads_to(url: str, password: str = "") -> Path | Server:
    """The place an address (not "") stands for; anything but a url is a path. Raises BadAddress."""
    if "://" not in url:
        return Path(url)
    url = checked(url)
    if url.startswith(_SQLITE):
        return Path(url.removeprefix(_SQLITE))
    return Server(url.replace("postgresql+psycopg://", "postgresql://", 1), password)
