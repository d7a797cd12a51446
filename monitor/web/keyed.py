"""Addresses that programs read: a calendar, a feed reader or Prometheus holds no cookie, so a key opens these alone."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.types import Scope

from monitor.web.keys import same

_PATHS = ("/calendar.ics", "/feed.atom", "/metrics")
_BELOW = "/api/v1/"
HOW = "This address needs its key: `parcelwarden feeds` prints it whole."


def is_keyed(path: str) -> bool:
    """Whether a key opens this path; it opens nothing else of the page."""
    return path in _PATHS or path.startswith(_BELOW)


class KeyHolder:
    """Knows the requests that carry the key, as `?key=` or as `Authorization: Bearer`, and only to read."""

    def __init__(self, read_key: Callable[[], str]) -> None:
        self._read_key = read_key

    def admits(self, scope: Scope) -> bool:
        if scope["method"] not in ("GET", "HEAD") or not is_keyed(scope["path"]):
            return False
        wanted = self._read_key()
        return bool(wanted) and any(same(given, wanted) for given in _given(scope))


def _given(scope: Scope) -> list[str]:
    kind, _, bearer = Headers(scope=scope).get("authorization", "").partition(" ")
    try:
        query = parse_qsl(scope["query_string"].decode("ascii", "replace"), max_num_fields=20)
    except ValueError:
        query = []
    keys = [value for name, value in query if name == "key"]
    return [*keys, bearer.strip()] if kind.lower() == "bearer" else keys
