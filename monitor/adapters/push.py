"""Warnings by HTTP: a topic of an ntfy server, and a webhook that gets JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta

from monitor.adapters.message import Message, Sent
from monitor.adapters.notify import plain
from monitor.adapters.post import host_of, post


class NtfyChannel:
    """A topic of ntfy.sh or of one's own server (docs.ntfy.sh/publish); whoever knows its address reads it."""

    name = "ntfy"
    # Three days are what a server takes unless it is set up otherwise; a clock that is a little off has to fit in.
    longest = timedelta(days=3) - timedelta(minutes=10)

    def __init__(self, topic_url: str, token: str = "") -> None:
        self._url = topic_url
        self.host = host_of(topic_url)
        self._headers = {"Priority": "high", "Content-Type": "text/plain; charset=utf-8"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    @property
    def place(self) -> str:
        """A secret like the address itself."""
        return self._url

    def send(self, notice: Message) -> Sent:
        return self._published(notice, {})

    def send_at(self, ident: str, notice: Message, at: datetime) -> Sent:
        """Leave a message with the server until its time; a second one under the same id takes its place."""
        return self._published(notice, {"At": str(int(at.timestamp())), "X-Sequence-ID": ident})

    def take_back(self, ident: str) -> Sent:
        """Take back what was left under the id; older servers cannot, and deliver it."""
        posted = post(f"{self._url}/{ident}", b"", self._headers, method="DELETE")
        return Sent(posted.ok or posted.status in (404, 405), posted.detail)

    def _published(self, notice: Message, more: Mapping[str, str]) -> Sent:
        """ntfy answers with what it published as JSON: a web page is somebody else's answer, whatever its status."""
        headers = {**self._headers, "Title": plain(notice.title), **more}
        posted = post(self._url, notice.body.encode(), headers)
        if posted.is_page:
            return Sent(ok=False, detail=f"{self.host} answered with a web page: is this an ntfy server?")
        return Sent(posted.ok, posted.detail)


class WebhookChannel:
    """An address that is sent `{"title": …, "body": …}`."""

    name = "webhook"

    def __init__(self, url: str) -> None:
        self._url = url
        self.host = host_of(url)

    def send(self, notice: Message) -> Sent:
        document = json.dumps({"title": notice.title, "body": notice.body}).encode()
        posted = post(self._url, document, {"Content-Type": "application/json"})
        return Sent(posted.ok, posted.detail)
