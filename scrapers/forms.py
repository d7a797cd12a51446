"""Forms of shops as data: the steps to lay one in front of the buyer, and what the browser may ask meanwhile.

The vocabulary ends before a form is sent: there is a word for opening, choosing, filling and attaching,
and none for sending. What is not a word here cannot be done by the hand that reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Open:
    """Open a page of the shop. `path` may hold {order_id}, a name of Bounds.sites ({m}), and what a WaitFor found."""

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


@dataclass(frozen=True, slots=True)
class Form:
    """One form of a shop: its steps in order. They end before it is sent."""

    name: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Pressable:
    """Something on a page that can be pressed. `around` are the texts of the boxes it stands in, the nearest
    first; `marks` are the addresses, ids and data attributes of the item it belongs to."""

    text: str
    tag: str = "button"
    href: str = ""
    around: tuple[str, ...] = ()
    marks: str = ""


ControlKind = Literal["list", "marks", "tick", "box", "text", "line", "file"]


@dataclass(frozen=True, slots=True)
class Control:
    """One field of a form as the page shows it.

    `kind`: a native list, a group of marks (radio buttons, tick boxes), a tick box of its own, a box whose options
    show when it is pressed, a text, a line, or a place for files. `limit` is the longest text in UTF-16 units, 0 where
    the page does not say; `most` the largest number; `around` the words beside a line.
    """

    kind: ControlKind
    label: str = ""
    options: tuple[str, ...] = ()
    value: str = ""
    hint: str = ""
    around: str = ""
    limit: int = 0
    most: str = ""
    number: bool = False
    accept: str = ""
    many: bool = False
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Sight:
    """What a page shows at one moment. `marks` are those of the selectors asked for that are there to be seen."""

    url: str
    language: str = ""
    title: str = ""
    paragraphs: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    pressables: tuple[Pressable, ...] = ()
    controls: tuple[Control, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """What a hand has to know of a shop's words. `marks` are selectors a look reports when they are to be seen.

    `is_never(text)`: a control that may send, confirm, pay, accept, cancel or delete.
    `is_opener(text, around, opener)`: whether a control with this text, in boxes with these, is that opener.
    `unfolding` are the openers that unfold a part of the page they stand on: they need no line.
    """

    marks: tuple[str, ...]
    is_never: Callable[[str], bool]
    is_opener: Callable[[str, Sequence[str], str], bool]
    unfolding: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a browser may ask of a shop while the program's hand is near it; everything else is refused.

    `home` is the origin its pages are opened on, `sites` are its further ones by name; `origins` are
    "https://*.shop.example" or an exact "http://127.0.0.1:8000"; `static_origins` serve files only. `pages` are path
    prefixes of documents. `api` is a pattern whose first group is an API's name. The last part of that name tells what
    the API does, by the words it holds (`reading`, `writing`); `subjects` are words of names whose writing would be the
    act itself. `uploads` are words of the paths that take a photo. `commands` is a pattern of queries that make a page
    do something, "" for none.
    """

    home: str
    origins: tuple[str, ...]
    static_origins: tuple[str, ...]
    pages: tuple[str, ...]
    static_suffixes: tuple[str, ...]
    api: str
    reading: tuple[str, ...]
    writing: tuple[str, ...]
    subjects: tuple[str, ...]
    uploads: tuple[str, ...]
    sites: Mapping[str, str] = field(default_factory=dict)
    commands: str = ""

    def has_host(self, url: str) -> bool:
        """Whether the address belongs to the shop at all."""
        return self.is_own(url) or _on(url, self.static_origins)

    def is_own(self, url: str) -> bool:
        """Whether the address is one of the shop's own, not of its file servers."""
        return _on(url, self.origins)

    def is_file(self, url: str) -> bool:
        """Whether a GET of this address only fetches a file: any of a file server; of the shop's own, one with a
        plain name, which says nothing of writing, and with no parameters but a version."""
        if not self.is_own(url):
            return _on(url, self.static_origins)
        path, query = _path(url), _query(url)
        others = tuple(word for word in self.writing if word not in self.uploads)  # uploader.js is a file
        named = _PLAIN_PATH.fullmatch(path) and path.lower().endswith(self.static_suffixes)
        return bool(named and not _names(path, others) and _VERSION.fullmatch(query))

    def is_page(self, url: str) -> bool:
        """Whether a GET of this address only shows a page."""
        path = _path(url)
        if not (self.is_own(url) and path.startswith(self.pages)) or _names(path, self.writing):
            return False
        return not (self.commands and re.search(self.commands, _query(url), re.IGNORECASE))

    def api_name(self, url: str) -> str:
        """The API an address calls, "" where it calls none."""
        found = re.search(self.api, _path(url))
        return found.group(1) if found and self.is_own(url) else ""

    def only_reads(self, api_name: str) -> bool:
        """Whether the API's name says that it reads, and says nothing of writing."""
        does = api_name.rpartition(".")[2]
        return _names(does, self.reading) and not _names(does, self.writing)

    def takes_upload(self, url: str) -> bool:
        """Whether the address takes a photo or shows one taken, and does nothing else."""
        path = _path(url)
        others = tuple(word for word in self.writing if word not in self.uploads)
        return self.has_host(url) and _names(path, self.uploads) and not _names(path, others)

    def is_the_act(self, method: str, url: str, kind: str) -> bool:
        """Whether a request looks like the act itself: a form posted to the shop, or an API that changes a case or
        an order. `kind` is "document" for a page that would replace the present one."""
        name = self.api_name(url)
        if name:
            return _names(name, self.subjects) and _names(name, self.writing) and not self.only_reads(name)
        posted = kind == "document" and method not in ("GET", "HEAD", "OPTIONS")
        a_file = _path(url).lower().endswith(self.static_suffixes) or self.is_file(url)
        changes = posted or (_names(_path(url), self.writing) and not a_file)
        return self.is_own(url) and changes and not self.takes_upload(url)


_PLAIN_PATH = re.compile(r"[\w./@~+-]+")  # no parameters in it (";"), nothing hidden in escapes
_VERSION = re.compile(r"(?:(?:v|ver|version|t|ts|h|hash|r|rev|b|build|_)=)?[\w.-]{0,40}")


def _names(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text.lower() for word in words)


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:  # not an address at all
        return ""


def _query(url: str) -> str:
    try:
        return urlsplit(url).query
    except ValueError:
        return ""


def _on(url: str, origins: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(url)
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
