"""Every host the program talks to, and why: what `doctor --network` lists.

Taken from the carriers' own requests and from the channels themselves, so that none can be forgotten. Looking it up
talks to nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from monitor.config import Config
from monitor.session import Session
from scrapers.base import Access, Carrier
from scrapers.carriers import every

# A number of a postal shape, and a key with the parts some need: what a carrier would ask shows whom it asks.
_NUMBER, _ACCESS = "RB700000001CN", Access(key="user:password:agent", postcode="1011AB")
_WHEN = {
    "open": "asked about tracking numbers",
    "postcode": "asked about tracking numbers, with your postcode",
    "key": "asked about tracking numbers, with your key",
    "user": "opened in your browser by `look`, only when you say so",
}


@dataclass(frozen=True, slots=True)
class Contact:
    """`host`, what for, and whether the config as it is has it talked to."""

    host: str
    why: str
    in_use: bool


def contacts(session: Session) -> list[Contact]:
    """All of them, those in use first. Raises ConfigError."""
    config = session.config_with_keys
    found = [*_carriers(config), *_shop(config), *_mailbox(config), *_channels(session), *_others(config)]
    return sorted(dict.fromkeys(found), key=lambda c: (not c.in_use, c.host))


def _carriers(config: Config) -> Iterator[Contact]:
    for carrier in every():
        settings = config.carrier(carrier.id)
        given = {"key": settings.key, "postcode": config.general.postcode}.get(carrier.reach, "given")
        for host in sorted(_asked(carrier, settings.base_url)):
            yield Contact(host, f"{carrier.name}: {_WHEN[carrier.reach]}", settings.enabled and bool(given))


def _asked(carrier: Carrier, base_url: str) -> set[str]:
    if base_url:
        return {_host(base_url)}
    asked = {_host(request.url) for request in carrier.requests([_NUMBER], _ACCESS)}
    page = {_host(carrier.track_url)} if carrier.reach == "user" or not asked else set()
    return asked | page


def _shop(config: Config) -> Iterator[Contact]:
    host = _host(config.marketplace.aliexpress.base_url)
    yield Contact(
        host, "the shop: your orders and its forms, in the program's browser, and what its pages load", True
    )


def _mailbox(config: Config) -> Iterator[Contact]:
    if config.mail.host:
        yield Contact(config.mail.host, "your mailbox: the shop's mails are read", True)


def _channels(session: Session) -> Iterator[Contact]:
    for name, channel in session.channels().items():
        if channel.host:
            yield Contact(channel.host, f"warnings, by {name}", True)


def _others(config: Config) -> Iterable[Contact]:
    if (store := urlsplit(config.store.url)).hostname and store.scheme.startswith("postgresql"):
        yield Contact(store.hostname or "", "the store: all that is known of your orders", True)
    if config.notify.ping:
        yield Contact(_host(config.notify.ping), "the dead man's ping", True)
    if config.mqtt.host:
        yield Contact(config.mqtt.host, "your MQTT broker, for Home Assistant", True)


def _host(url: str) -> str:
    return urlsplit(url).hostname or url
