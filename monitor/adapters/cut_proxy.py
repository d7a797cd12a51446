"""A forward proxy on 127.0.0.1 through which all of the browser's traffic runs, so that it can be cut off.

The browser's own interception misses what it sends on closing a page, from workers and after redirects. A cut
line misses nothing: in CUT every open connection is closed, and no new one is made, whoever asked for it.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from types import TracebackType
from urllib.parse import urlsplit

_HEAD_LIMIT = 64 * 1024
_CHUNK = 64 * 1024
_CONNECT_SECONDS = 15.0
_CLOSE_SECONDS = 5.0
_HOP_BY_HOP = frozenset(
    {"connection", "proxy-connection", "keep-alive", "proxy-authorization", "te", "upgrade"}
)


class Mode(Enum):
    LOAD = "load"  # what the rule allows
    CUT = "cut"  # nothing
    OPEN = "open"  # everything: the line is the user's


@dataclass(frozen=True, slots=True)
class Refusal:
    """One request the proxy did not carry; `target` is the address without its query, or host:port of a tunnel."""

    method: str
    target: str


class CutProxy:
    """A context manager; `rule(method, url)` decides in LOAD. For a tunnel the method is CONNECT and the url
    https://host:port/. The rule is called from the proxy's threads."""

    def __init__(self, rule: Callable[[str, str], bool]) -> None:
        self._rule = rule
        self._mode = Mode.CUT
        self._turn = 0  # counts changes of mode: what one mode admitted is not carried under the next
        self._clients: set[socket.socket] = set()
        self._servers: set[socket.socket] = set()
        self._changed = threading.Condition()
        self._refused: list[Refusal] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._accepting = threading.Thread(target=self._accept, name="cut-proxy", daemon=True)

    def __enter__(self) -> CutProxy:
        self._accepting.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept() where closing alone would not
        self._listener.close()
        self._accepting.join(timeout=5)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def mode(self) -> Mode:
        return self._mode

    @property
    def open_connections(self) -> int:
        with self._changed:
            return len(self._servers)

    def refused(self) -> tuple[Refusal, ...]:
        """Everything refused so far, oldest first."""
        with self._changed:
            return tuple(self._refused)

    def load(self) -> None:
        """Carry what the rule allows. Connections of another mode are closed first."""
        self._turn_to(Mode.LOAD)

    def open(self) -> None:
        """Carry everything."""
        self._turn_to(Mode.OPEN)

    def cut(self) -> None:
        """Carry nothing. When this returns, no connection is left."""
        self._turn_to(Mode.CUT)

    def _turn_to(self, mode: Mode) -> None:
        with self._changed:
            self._mode = mode
            self._turn += 1
            for connection in self._clients | self._servers:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            if not self._changed.wait_for(lambda: not self._servers, timeout=_CLOSE_SECONDS):
                raise RuntimeError("connections of the browser could not be closed")

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), name="cut-proxy-line", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            client.settimeout(30)
            with contextlib.suppress(OSError, ValueError):
                head, rest = _read_head(client)
                method, target, headers = _parse_head(head)
                self._carry(client, method, target, headers, rest)

    def _carry(
        self, client: socket.socket, method: str, target: str, headers: list[tuple[str, str]], rest: bytes
    ) -> None:
        url = f"https://{target}/" if method == "CONNECT" else target
        parts = urlsplit(url)
        turn = self._may(method, url)
        if turn is None or (method != "CONNECT" and parts.scheme != "http") or not parts.hostname:
            shown = target if method == "CONNECT" else f"{parts.scheme}://{parts.netloc}{parts.path}"
            self._refuse(client, Refusal(method, shown))
            return
        address = (parts.hostname, parts.port or 80)
        with self._held(client, self._clients, turn):
            server = socket.create_connection(address, timeout=_CONNECT_SECONDS)
            with self._held(server, self._servers, turn):
                if method == "CONNECT":
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    _splice(client, server)
                else:
                    _ask(client, server, method, parts.path, parts.query, headers, rest)

    def _may(self, method: str, url: str) -> int | None:
        """The turn in which the request was admitted; None where it is refused."""
        with self._changed:
            mode, turn = self._mode, self._turn
        if mode is Mode.OPEN or (mode is Mode.LOAD and self._rule(method, url)):
            return turn
        return None

    def _refuse(self, client: socket.socket, refusal: Refusal) -> None:
        with self._changed:
            self._refused.append(refusal)
            cut = self._mode is Mode.CUT
        if not cut:  # in CUT the line is dead; in LOAD the page may know that it was refused
            client.sendall(b"HTTP/1.1 403 Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    @contextlib.contextmanager
    def _held(self, connection: socket.socket, among: set[socket.socket], turn: int) -> Iterator[None]:
        """Keep a connection where a change of mode finds it. Raises OSError when the mode has changed since `turn`."""
        with connection:
            with self._changed:
                if turn != self._turn:
                    raise OSError("the line was cut meanwhile")
                among.add(connection)
            try:
                yield
            finally:
                connection.close()
                with self._changed:
                    among.discard(connection)
                    self._changed.notify_all()


def _read_head(client: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        more = client.recv(_CHUNK)
        if not more or len(data) > _HEAD_LIMIT:
            raise ValueError("no complete request")
        data += more
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


def _parse_head(head: bytes) -> tuple[str, str, list[tuple[str, str]]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise ValueError("a header without a colon")
        headers.append((name, value.strip()))
    return method, target, headers


def _ask(
    client: socket.socket,
    server: socket.socket,
    method: str,
    path: str,
    query: str,
    headers: list[tuple[str, str]],
    rest: bytes,
) -> None:
    """Carry exactly one request and its answer: bytes after the stated length are dropped, never a second request."""
    if any(name.lower() == "transfer-encoding" for name, _ in headers):
        client.sendall(b"HTTP/1.1 411 Length Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        return
    kept = [f"{name}: {value}" for name, value in headers if name.lower() not in _HOP_BY_HOP]
    where = (path or "/") + (f"?{query}" if query else "")
    head = "\r\n".join([f"{method} {where} HTTP/1.1", *kept, "Connection: close", "", ""])
    server.sendall(head.encode("latin-1"))
    left = sum(int(value) for name, value in headers if name.lower() == "content-length")
    while left > 0:
        chunk = rest or client.recv(min(left, _CHUNK))
        if not chunk:
            return
        server.sendall(chunk[:left])
        left -= len(chunk)
        rest = b""
    _splice(client, server, talks=server)


def _splice(client: socket.socket, server: socket.socket, talks: socket.socket | None = None) -> None:
    """Carry bytes until one side ends; with `talks`, only those of that side."""
    client.settimeout(None)
    server.settimeout(None)
    other = {client: server, server: client}
    with selectors.DefaultSelector() as ready:
        for end in other:
            ready.register(end, selectors.EVENT_READ)
        while True:
            for key, _ in ready.select():
                source = key.fileobj
                assert isinstance(source, socket.socket)
                data = source.recv(_CHUNK)
                if not data or (talks is not None and source is not talks):
                    return
                other[source].sendall(data)
