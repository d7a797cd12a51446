"""Who may speak with the local page: the browser of its owner, after the link or the token, and nobody through it.

A website can make the browser send requests to 127.0.0.1, also under a name of its own (rebinding): the Host is
compared first, whole. Then comes where the request was made, then the key, then the form's own token.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.datastructures import Headers, MutableHeaders, UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.web.address import is_address, is_loopback
from monitor.web.keyed import HOW, KeyHolder, is_keyed
from monitor.web.keys import Keys, same

MOST_BYTES = 65_536
# Whole mails are pasted, files are dropped, photos go with a dispute.
_LONGER = {"/add": 4_000_000, "/import": 60_000_000, "/dispute": 60_000_000}
# A body that is refused is read on for so long: who still sends would see a broken connection, not the answer.
_DRAINED = 1_000_000
_MOST_FIELDS = 300
_GUARDED = {
    "content-security-policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'; require-trusted-types-for 'script'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # with no-referrer a browser sends the Origin of our own forms as null
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
_LINK = "Open this page by the link that `parcelwarden web` prints."
_READING = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a form: its name as the browser gave it, and what is in it."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class _Form:
    fields: dict[str, str]
    files: tuple[Upload, ...] = ()


class Gate:
    """Lets requests for `host` through to `app`; a form lies in scope["form"] and scope["files"] then.

    All others get one sentence. Where `host` is not of this machine alone, any address of it is taken, but no name:
    only a name can be rebound.
    """

    def __init__(self, app: ASGIApp, keys: Keys, host: str, feeds: KeyHolder) -> None:
        self._app, self._keys, self._host, self._feeds = app, keys, host, feeds
        self._cookie = cookie_of(host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        code, sentence = self._head(scope)
        most = 0 if code else _most(scope["path"])
        body = await _body(receive, most)
        form = _Form({})
        if not code and body is None:
            code, sentence = 413, f"That is more than this page takes here ({most // 1000} kB)."
        elif not code and body is not None and scope["method"] not in _READING:
            form = await _form(scope, body)
            if scope["path"] != "/enter" and not same(form.fields.get("form", ""), self._keys.form):
                code, sentence = 403, "This form is of an earlier start: load the page again."

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_GUARDED)
            await send(message)

        answer = PlainTextResponse(f"{sentence}\n", code) if code else self._app
        await answer({**scope, "form": form.fields, "files": form.files}, receive, guarded)

    def _head(self, scope: Scope) -> tuple[int, str]:
        """0 for a request that may pass as far as its head tells, else the status; the sentence."""
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_ours(hosts[0]):
            return 421, "This address is not served here."
        if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            return 403, "Another page asked for this: type the address yourself."
        if scope["method"] not in _READING and headers.getlist("origin") != [f"http://{hosts[0]}"]:
            return 403, "Another page asked for this."
        open_to_all = scope["path"] == "/enter" or scope["path"].startswith("/static/")
        if not (open_to_all or self._has_cookie(headers) or self._feeds.admits(scope)):
            return 403, HOW if is_keyed(scope["path"]) else _LINK
        return 0, ""

    def _is_ours(self, host: str) -> bool:
        if host == self._host:
            return True
        ours, _, our_port = self._host.rpartition(":")
        name, _, port = host.rpartition(":")
        return not is_loopback(ours) and port == our_port and is_address(name)

    def _has_cookie(self, headers: Headers) -> bool:
        given = [part.strip().partition("=") for part in headers.get("cookie", "").split(";")]
        return any(name == self._cookie and same(value, self._keys.session) for name, _, value in given)


def cookie_of(host: str) -> str:
    """The name of the cookie: browsers keep them per host, and one machine may serve several pages."""
    return f"parcelwarden-{host.rpartition(':')[2]}"


def _most(path: str) -> int:
    return next((most for start, most in _LONGER.items() if f"{path}/".startswith(f"{start}/")), MOST_BYTES)


async def _body(receive: Receive, most: int) -> bytes | None:
    """The whole body, None where it is too long or its sender went away."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size <= most:
            parts.append(part)
        if not message.get("more_body") or size > most + _DRAINED:
            return b"".join(parts) if size <= most else None


async def _form(scope: Scope, body: bytes) -> _Form:
    if not Headers(scope=scope).get("content-type", "").startswith("multipart/form-data"):
        try:
            return _Form(dict(parse_qsl(body.decode("ascii", "replace"), True, max_num_fields=_MOST_FIELDS)))
        except ValueError:
            return _Form({})

    async def again() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    try:
        parsed = await Request(scope, again).form(max_files=40, max_fields=_MOST_FIELDS)
    except MultiPartException:
        return _Form({})
    fields = {name: value for name, value in parsed.items() if isinstance(value, str)}
    sent = [value for _, value in parsed.multi_items() if isinstance(value, UploadFile)]
    files = [Upload(file.filename, await file.read()) for file in sent if file.filename]
    await parsed.close()
    return _Form(fields, tuple(files))
