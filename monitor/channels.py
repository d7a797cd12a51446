"""The ways to reach the user that the config names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from monitor.adapters.keychain import NTFY, SMTP, Keychain, SecretExposed
from monitor.adapters.message import Channel, Message, Sent
from monitor.config import Email, NotifySection

Page = Callable[[], str] | None


@dataclass(frozen=True, slots=True)
class Unusable:
    """A channel whose secret others can read, or that knows nobody to write to: it takes nothing, and says why; the
    others go on."""

    name: str
    host: str
    why: str

    def send(self, notice: Message) -> Sent:  # noqa: ARG002 - a channel takes one
        return Sent(ok=False, detail=self.why)


def channels(notify: NotifySection, keychain: Keychain, page: Page = None) -> dict[str, Channel]:
    """Every channel switched on, by name, the desktop first. `page` tells the local page's address."""
    return {channel.name: channel for channel in _each(notify, keychain, page)}


def _each(notify: NotifySection, keychain: Keychain, page: Page) -> Iterator[Channel]:
    if notify.desktop:
        from monitor.adapters.notify import DesktopChannel

        yield DesktopChannel(page)
    if notify.ntfy:
        yield _ntfy(notify.ntfy, keychain)
    if notify.webhook:
        from monitor.adapters.push import WebhookChannel

        yield WebhookChannel(notify.webhook)
    if notify.email.host:
        yield _email(notify.email, keychain)
    if notify.command:
        from monitor.adapters.own_command import CommandChannel

        yield CommandChannel(notify.command)
    for place, url in enumerate(notify.apprise, start=1):
        from monitor.adapters.apprise_push import AppriseChannel

        yield AppriseChannel(url, place)


def _ntfy(topic: str, keychain: Keychain) -> Channel:
    from monitor.adapters.post import host_of
    from monitor.adapters.push import NtfyChannel

    try:
        return NtfyChannel(topic, keychain.get(NTFY))
    except SecretExposed as exposed:
        return Unusable("ntfy", host_of(topic), str(exposed))


def _email(mail: Email, keychain: Keychain) -> Channel:
    from monitor.adapters.letter import EmailChannel, MailServer

    if not mail.to.strip():
        return Unusable("email", mail.host, "notify.email: `to` is empty, the address to write to.")
    try:
        password = keychain.get(SMTP)
    except SecretExposed as exposed:
        return Unusable("email", mail.host, str(exposed))
    server = MailServer(mail.host, mail.port, mail.security, mail.user, password)
    return EmailChannel(server, mail.sender or mail.to, mail.to)
