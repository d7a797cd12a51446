"""What a browser recorded of its talk with the shop (a HAR file): the answers about orders, and what was asked.

Everything else in such a file, cookies and addresses of other pages included, is passed over and never repeated.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qs

from scrapers import when
from scrapers.marketplaces.aliexpress.answers import is_about_orders
from scrapers.shape import LayoutChanged, maybe, text

_API = re.compile(r"/h5/([\w.]{1,200})/[^?]*\??([^#]*)")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One answer about orders: `place` counts from 1, `asked` holds what was asked for, `at` when."""

    place: int
    api: str
    asked: Mapping[str, object]
    body: str
    at: datetime | None


def exchanges(entries: Iterable[object]) -> Iterator[Exchange]:
    """The exchanges about orders among the entries of a log; entries of another shape are passed over."""
    for place, entry in enumerate(entries, start=1):
        question = question_in(text(entry, "request.url"), text(entry, "request.postData.text"))
        if question and is_about_orders(question[0]):
            yield Exchange(place, *question, _body(entry), _begun(entry))


def question_in(url: str, posted: str) -> tuple[str, Mapping[str, object]] | None:
    """(api, what was asked) of a request to the page interface, None for any other address."""
    address = _API.search(url)
    return (address.group(1).casefold(), _asked(address.group(2), posted)) if address else None


def _asked(query: str, posted: str) -> Mapping[str, object]:
    """The `data` parameter, a JSON object, of the address or of the form posted."""
    for form in (query, posted):
        try:
            data = json.loads(parse_qs(form).get("data", [""])[0])
        except (ValueError, RecursionError):
            continue
        if isinstance(data, dict):
            return data
    return {}


def _body(entry: object) -> str:
    content = maybe(entry, "response.content", dict) or {}
    body = text(content, "text")
    if text(content, "encoding") != "base64":
        return body
    try:
        return base64.b64decode(body).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def _begun(entry: object) -> datetime | None:
    try:
        return when.iso(text(entry, "startedDateTime"), UTC)
    except LayoutChanged:
        return None
