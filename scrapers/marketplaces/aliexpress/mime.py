"""A raw mail as the few things a reader needs, whatever its sender made of it.

Nothing is fetched and no attachment is opened. Limits: 10 MB a mail, 100 parts, 10 levels, 1 MB of text a part,
8,000 signs a header.
"""

from __future__ import annotations

import email
import email.utils
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any, cast

from bs4 import BeautifulSoup

from scrapers.when import believable

MOST_BYTES = 10_000_000
_MOST_PARTS, _MOST_LEVELS, _MOST_TEXT, _MOST_HEADER = 100, 10, 1_000_000, 8_000


class Unreadable(Exception):
    """This is no mail one can read; the message says why."""


@dataclass(frozen=True, slots=True)
class Letter:
    """`sender` is the one address in From, lower case, "" unless there is exactly one; `sent` is aware.

    `verdicts` is the topmost Authentication-Results, the one the buyer's own provider put on last; a sender can
    write any other. `text` is the plain text followed by the text of the HTML; `links` are the addresses in both.
    """

    sender: str
    subject: str
    sent: datetime | None
    verdicts: str
    text: str
    links: tuple[str, ...]


class _Clipping(EmailPolicy):
    """The standard parser needs quadratic time for one long header: what lies behind a sane length is cut off."""

    def header_fetch_parse(self, name: str, value: str) -> Any:
        return super().header_fetch_parse(name, value[:_MOST_HEADER])


def open_letter(raw: bytes) -> Letter:
    """Raises Unreadable for what is too large, too deep or no mail at all."""
    if len(raw) > MOST_BYTES:
        raise Unreadable(f"the mail is larger than {MOST_BYTES // 1_000_000} MB")
    try:
        message = cast("EmailMessage", email.message_from_bytes(raw, policy=_Clipping()))
        texts = list(_texts(message, 0, [0]))
    except RecursionError as error:
        raise Unreadable("the mail is nested too deeply") from error
    except Unreadable:
        raise
    except Exception as error:  # the standard parser raises many kinds on hostile structure
        raise Unreadable("the mail cannot be taken apart") from error
    return Letter(
        sender=_sender(message),
        subject=" ".join(_header(message, "Subject").split())[:500],
        sent=_sent(_header(message, "Date")),
        verdicts=_header(message, "Authentication-Results"),
        text="\n".join(words for words, _ in texts),
        links=tuple(link for _, links in texts for link in links),
    )


def _texts(part: EmailMessage, level: int, seen: list[int]) -> Iterator[tuple[str, list[str]]]:
    """(text, links) of every text part; plain parts come first."""
    parts = [p for p in _parts(part, level, seen) if p.get_content_maintype() == "text"]
    for plain in (p for p in parts if p.get_content_subtype() != "html"):
        yield _decoded(plain), []
    for page in (p for p in parts if p.get_content_subtype() == "html"):
        # Inside an element it is read as HTML whatever it begins with.
        soup = BeautifulSoup(f"<div>{_decoded(page)}</div>", "lxml")
        for hidden in soup(["script", "style", "head"]):
            hidden.decompose()
        yield soup.get_text("\n", strip=True), [str(a["href"]) for a in soup.find_all("a", href=True)]


def _parts(part: EmailMessage, level: int, seen: list[int]) -> Iterator[EmailMessage]:
    seen[0] += 1
    if level > _MOST_LEVELS or seen[0] > _MOST_PARTS:
        raise Unreadable("the mail has too many parts")
    yield part
    if part.is_multipart():
        for inner in cast("list[EmailMessage]", part.get_payload()):
            yield from _parts(inner, level + 1, seen)


def _decoded(part: EmailMessage) -> str:
    body = part.get_payload(decode=True)
    if not isinstance(body, bytes):
        return ""
    charset = (part.get_content_charset("utf-8") or "utf-8").lower()
    body = body[:_MOST_TEXT]
    try:
        # Both are made for host names and take quadratic time on long text.
        return body.decode("utf-8" if charset in ("punycode", "idna") else charset, "replace")
    except (LookupError, ValueError):
        return body.decode("utf-8", "replace")


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message[name] or "")
    except Exception:  # noqa: BLE001 - the standard header parser raises many kinds on hostile headers
        return ""


def _sender(message: EmailMessage) -> str:
    try:
        addresses = [address for header in message.get_all("From", []) for address in header.addresses]
        # Two senders are nobody one could believe.
        return addresses[0].addr_spec.lower() if len(addresses) == 1 else ""
    except Exception:  # noqa: BLE001 - the same
        return ""


def _sent(written: str) -> datetime | None:
    try:
        moment = email.utils.parsedate_to_datetime(written)
    except (TypeError, ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment if believable(moment) else None
