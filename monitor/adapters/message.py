"""What a warning is on its way, and what every way of bringing it has to be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Message:
    """What to tell. Own wording, ids and dates only: text of shops and carriers stays on the page.

    `order` is the one order it is about, "" where it is about several or none: a click leads to its page.
    """

    title: str
    body: str
    order: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """`ok`: handed over to something that takes notices now. `detail` is one sentence in either case."""

    ok: bool
    detail: str


class Channel(Protocol):
    """A way to reach the user. `send` never raises and returns in bounded time."""

    @property
    def name(self) -> str: ...

    @property
    def host(self) -> str:
        """Whom it talks to, "" for this machine alone."""
        ...

    def send(self, notice: Message) -> Sent: ...


@runtime_checkable
class HoldsAhead(Channel, Protocol):
    """A channel whose server keeps messages and delivers them at their time, whether or not we are there.

    `longest` is how far ahead it takes them; `place` tells one server and topic from another. Like `send`, nothing here
    raises or takes long.
    """

    longest: timedelta

    @property
    def place(self) -> str: ...

    def send_at(self, ident: str, notice: Message, at: datetime) -> Sent:
        """Leave a message, in place of the one left under this id before."""
        ...

    def take_back(self, ident: str) -> Sent:
        """Take one back that was not delivered yet; also ok where the server has no way to."""
        ...
