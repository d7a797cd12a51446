"""The ways to reach the user that the config names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from monitor.adapters.message import Channel
from monitor.config import NotifySection

PASSWORD_VARIABLE = "PARCELWARDEN_SMTP_PASSWORD"  # noqa: S105 - the name of it
TOKEN_VARIABLE = "PARCELWARDEN_NTFY_TOKEN"  # noqa: S105 - the name of it


def channels(notify: NotifySection, environment: Mapping[str, str], page: str = "") -> dict[str, Channel]:
    """Every channel switched on, by name, the desktop first. Secrets come from the environment.

    `page` is the address of the local page, where one is served.
    """
    return {channel.name: channel for channel in _each(notify, environment, page)}


def _each(notify: NotifySection, environment: Mapping[str, str], page: str) -> Iterator[Channel]:
    if notify.desktop:
        from monitor.adapters.notify import DesktopChannel

        yield DesktopChannel(page)
    if notify.ntfy:
        from monitor.adapters.push import NtfyChannel

        yield NtfyChannel(notify.ntfy, environment.get(TOKEN_VARIABLE, ""))
    if notify.webhook:
        from monitor.adapters.push import WebhookChannel

        yield WebhookChannel(notify.webhook)
    if notify.email.host:
        from monitor.adapters.letter import EmailChannel, MailServer

        mail = notify.email
        password = environment.get(PASSWORD_VARIABLE, "")
        server = MailServer(mail.host, mail.port, mail.security, mail.user, password)
        yield EmailChannel(server, mail.sender or mail.to, mail.to)
    if notify.command:
        from monitor.adapters.own_command import CommandChannel

        yield CommandChannel(notify.command)
    for place, url in enumerate(notify.apprise, start=1):
        from monitor.adapters.apprise_push import AppriseChannel

        yield AppriseChannel(url, place)
