"""Forms of shops as data: the steps to lay one in front of the buyer, and what the browser may ask meanwhile.

The vocabulary ends before a form is sent: there is a word for opening, choosing, filling and attaching,
and none for sending. What is not a word here cannot be done by the hand that reads it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Open:
    """Open a page of the shop. `path` may hold {order_id}."""

    path: str


@dataclass(frozen=True, slots=True)
class Press:
    """Press a declared opener: a control that only leads on to the form."""

    opener: str


@dataclass(frozen=True, slots=True)
class WaitFor:
    """Wait until the page shows what is named."""

    what: str


@dataclass(frozen=True, slots=True)
class Choose:
    """Choose an option of a field by its meaning."""

    field: str


@dataclass(frozen=True, slots=True)
class Fill:
    """Put a text or number into a field."""

    field: str


@dataclass(frozen=True, slots=True)
class Attach:
    """Hand files to a field."""

    field: str


Step = Open | Press | WaitFor | Choose | Fill | Attach

_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a browser may ask of a shop while the program's hand is near it; everything else is refused.

    `home` is the origin its pages are opened on, `origins` are "https://*.shop.example" or an exact
    "http://127.0.0.1:8000"; `static_origins` serve files only. `pages` are path prefixes of documents. `api` is
    a pattern whose first group is an API's name; what an API does is told by the words of the last part of that
    name (`reading`, `writing`). `uploads` are words of the paths that take a photo.
    """

    home: str
    origins: tuple[str, ...]
    static_origins: tuple[str, ...]
    pages: tuple[str, ...]
    static_suffixes: tuple[str, ...]
    api: str
    reading: frozenset[str]
    writing: frozenset[str]
    uploads: frozenset[str]

    def has_host(self, url: str) -> bool:
        """Whether the address belongs to the shop at all."""
        return self.is_own(url) or _on(url, self.static_origins)

    def is_own(self, url: str) -> bool:
        """Whether the address is one of the shop's own, not of its file servers."""
        return _on(url, self.origins)

    def is_file(self, url: str) -> bool:
        """Whether a GET of this address only fetches a file."""
        if _on(url, self.static_origins) and not self.is_own(url):
            return True
        return self.is_own(url) and urlsplit(url).path.lower().endswith(self.static_suffixes)

    def is_page(self, url: str) -> bool:
        """Whether a GET of this address only shows a page."""
        path = urlsplit(url).path
        return self.is_own(url) and path.startswith(self.pages) and not words_of(path) & self.writing

    def api_name(self, url: str) -> str:
        """The API an address calls, "" where it calls none."""
        found = re.search(self.api, urlsplit(url).path)
        return found.group(1) if found and self.is_own(url) else ""

    def only_reads(self, api_name: str) -> bool:
        """Whether the API's name says that it reads, and says nothing of writing."""
        does = words_of(api_name.rsplit(".", 1)[-1])
        return bool(does & self.reading) and not does & self.writing

    def takes_upload(self, url: str) -> bool:
        """Whether the address takes a photo, and nothing else."""
        does = words_of(urlsplit(url).path)
        return self.has_host(url) and bool(does & self.uploads) and not does & (self.writing - self.uploads)

    def sends_the_form(self, method: str, url: str) -> bool:
        """Whether a request looks like the act itself: a writing API, or a form posted to the shop."""
        name = self.api_name(url)
        if name:
            return not self.only_reads(name)
        posts = method not in ("GET", "HEAD", "OPTIONS")
        return self.is_own(url) and posts and not self.takes_upload(url)


def words_of(name: str) -> frozenset[str]:
    """The words in a path or an API name, lower case: "/order.reverseRender" -> order, reverse, render."""
    return frozenset(word.lower() for word in _CAMEL.findall(name))


def _on(url: str, origins: tuple[str, ...]) -> bool:
    parts = urlsplit(url)
    try:
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return False
    for origin in origins:
        known = urlsplit(origin)
        if parts.scheme != known.scheme or (port or _port(parts.scheme)) != (
            known.port or _port(known.scheme)
        ):
            continue
        name = known.hostname or ""
        if host == name.removeprefix("*.") or (name.startswith("*.") and host.endswith(name[1:])):
            return True
    return False


def _port(scheme: str) -> int:
    return 443 if scheme == "https" else 80
