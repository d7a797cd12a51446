"""The warnings as an Atom feed (RFC 4287), newest first, in the very words the desktop shows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote
from xml.etree import ElementTree as ET

from monitor import __version__
from monitor.adapters.store import StoredNotice
from monitor.rules.notices import short

_ATOM = "http://www.w3.org/2005/Atom"
_IDS = "tag:parcelwarden.invalid,2026:"
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
# What XML 1.0 cannot hold, not even escaped.
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def feed(notices: Sequence[StoredNotice], page: str) -> bytes:
    """The feed of these warnings; `page` is the local page's address, which each entry links to.

    There is no link of the feed to itself: it would have to hold the key.
    """
    ET.register_namespace("", _ATOM)
    root = ET.Element(f"{{{_ATOM}}}feed")
    _text(root, "id", f"{_IDS}warnings")
    _text(root, "title", "Parcels: warnings")
    _text(root, "updated", _instant(max((n.made_at for n in notices), default=_NEVER)))
    _text(ET.SubElement(root, f"{{{_ATOM}}}author"), "name", "parcelwarden")
    _text(root, "generator", "parcelwarden", version=__version__)
    _link(root, page)
    for notice in notices:
        _entry(root, notice, page)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _entry(root: ET.Element, notice: StoredNotice, page: str) -> None:
    entry = ET.SubElement(root, f"{{{_ATOM}}}entry")
    order = f" ({short(notice.order_id)})" if notice.order_id else ""
    # A warning that rings anew is a new row, whose number may have been another's.
    _text(entry, "id", f"{_IDS}warning/{notice.id}/{notice.made_at.astimezone(UTC):%Y%m%dT%H%M%S}")
    _text(entry, "title", notice.title + order)
    _text(entry, "updated", _instant(notice.made_at))
    _text(entry, "content", notice.body, type="text")
    _link(entry, f"{page}orders/{quote(notice.order_id, safe='')}" if notice.order_id else page)


def _text(parent: ET.Element, name: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, f"{{{_ATOM}}}{name}", attributes).text = _UNWRITABLE.sub("\ufffd", text)


def _link(parent: ET.Element, address: str) -> None:
    ET.SubElement(
        parent, f"{{{_ATOM}}}link", {"rel": "alternate", "type": "text/html", "href": _UNWRITABLE.sub("", address)}
    )  # fmt: skip


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
