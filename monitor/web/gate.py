"""Who may speak with the local page: this machine's own browser, after the one-time link, and nobody through it.

A website can make the browser send requests to 127.0.0.1, also under a name of its own (rebinding): the Host is
compared first, whole. Then comes where the request was made, then the key, then the form's own token.
"""

from __future__ import annotations

import hmac
import secrets
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 65_536
_GUARDED = {
    "content-security-policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'; require-trusted-types-for 'script'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # with no-referrer a browser sends the Origin of our own forms as null
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


class Keys:
    """The secrets of one start. `link` opens the page once; `session` is what the cookie then holds."""

    def __init__(self) -> None:
        self.link = secrets.token_urlsafe(32)
        self.session = secrets.token_urlsafe(32)
        self.form = secrets.token_urlsafe(32)

    def redeem(self, given: str) -> bool:
        """Whether this is the link's key, and for the first time."""
        if not self.link or not _same(given, self.link):
            return False
        self.link = ""
        return True


class Gate:
    """Lets requests for `host` through to `app`; a form's fields lie in scope["form"]. All others get one sentence."""

    def __init__(self, app: ASGIApp, keys: Keys, host: str) -> None:
        self._app, self._keys, self._host = app, keys, host
        self.cookie = f"parcelwarden-{host.rpartition(':')[2]}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = await _body(receive)
        code, sentence, fields = self._judged(scope, body)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_GUARDED)
            await send(message)

        answer = PlainTextResponse(f"{sentence}\n", code) if code else self._app
        await answer({**scope, "form": fields}, receive, guarded)

    def _judged(self, scope: Scope, body: bytes | None) -> tuple[int, str, dict[str, str]]:
        """0 for a request that may pass, else the status; the sentence; the form's fields."""
        headers = Headers(scope=scope)
        if headers.getlist("host") != [self._host]:
            return 421, "This address is not served here.", {}
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return 403, "Another page asked for this: type the address yourself.", {}
        if body is None:
            return 413, "That is more than this page takes.", {}
        fields: dict[str, str] = {}
        if scope["method"] not in ("GET", "HEAD"):
            if headers.getlist("origin") != [f"http://{self._host}"]:
                return 403, "Another page asked for this.", {}
            fields = _fields(body)
        open_to_all = scope["path"] == "/enter" or scope["path"].startswith("/static/")
        if not open_to_all and not self._has_cookie(headers):
            return 403, "Open this page by the link that `parcelwarden web` prints.", {}
        if fields or scope["method"] not in ("GET", "HEAD"):
            known = scope["path"] == "/enter" or _same(fields.get("form", ""), self._keys.form)
            if not known:
                return 403, "This form is of an earlier start: load the page again.", {}
        return 0, "", fields

    def _has_cookie(self, headers: Headers) -> bool:
        given = [part.strip().partition("=") for part in headers.get("cookie", "").split(";")]
        return any(name == self.cookie and _same(value, self._keys.session) for name, _, value in given)


async def _body(receive: Receive) -> bytes | None:
    """The whole body, None where it is too long."""
    read: bytes = b""
    while True:
        message = await receive()
        read += message.get("body", b"")
        if len(read) > MOST_BYTES:
            return None
        if not message.get("more_body"):
            return read


def _fields(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode("ascii", "replace"), max_num_fields=20))
    except ValueError:
        return {}


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())
