"""A real server on 127.0.0.1 that misbehaves on request, one behaviour a path, and remembers who asked for what."""

from __future__ import annotations

import gzip
import socket
import ssl
import struct
import subprocess
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType

PARCELS = b'{"success": true, "module": []}'


@dataclass(frozen=True)
class Asked:
    """One request as it arrived. Header names are lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Behaviour = Callable[["HostileServer", socket.socket, Asked], None]


class HostileServer:
    """Serves until the `with` block ends; whatever stalls is let go then."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[Asked] = []
        self.stopping = threading.Event()
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._answers: dict[str, Behaviour] = {}
        self._open: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def on(self, path: str, behaviour: Behaviour) -> None:
        """Gives a path a behaviour of its own, before those of BEHAVIOURS."""
        self._answers[path] = behaviour

    def __enter__(self) -> HostileServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stopping.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            with suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        self._thread.join(5)

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            self._open.add(connection)
            asked = _read(connection)
            if asked is None:
                return
            self.asked.append(asked)
            path = asked.path.partition("?")[0]
            behaviour = self._answers.get(path) or BEHAVIOURS.get(path) or answer(404, b"no such thing")
            behaviour(self, connection, asked)
        except OSError:
            pass  # the client gave up, as it should
        finally:
            self._open.discard(connection)
            connection.close()


def _read(connection: socket.socket) -> Asked | None:
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = connection.recv(65536)
        if not chunk:
            return None
        received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65536)
    return Asked(method, path, headers, body)


def answer(
    status: int, body: bytes = b"", *headers: tuple[str, str], kind: str = "application/json"
) -> Behaviour:
    """A well-formed answer; a Content-Length given in `headers` replaces the true one."""

    def behave(server: HostileServer, connection: socket.socket, asked: Asked) -> None:
        named = {name.lower() for name, _ in headers}
        lines = [f"{name}: {value}" for name, value in headers]
        if "content-length" not in named and status != 204:
            lines.append(f"Content-Length: {len(body)}")
        head = "\r\n".join([f"HTTP/1.1 {status} X", f"Content-Type: {kind}", *lines, "", ""])
        connection.sendall(head.encode("latin-1") + body)

    return behave


def redirect(location: str, status: int = 302) -> Behaviour:
    return answer(status, b"elsewhere", ("Location", location))


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """One behaviour after the other, the last one for good."""
    remaining = list(behaviours)

    def behave(server: HostileServer, connection: socket.socket, asked: Asked) -> None:
        (remaining.pop(0) if len(remaining) > 1 else remaining[0])(server, connection, asked)

    return behave


def raw(*pieces: bytes, then: str = "close") -> Behaviour:
    """Bytes as they are; then the connection is closed, reset, or left open without a word ("stall")."""

    def behave(server: HostileServer, connection: socket.socket, asked: Asked) -> None:
        for piece in pieces:
            connection.sendall(piece)
        if then == "reset":
            # Linger 0 makes close() send RST.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if then == "stall":
            server.stopping.wait()

    return behave


def drip(head: bytes, piece: bytes) -> Behaviour:
    """`head`, then `piece` again and again, slowly, for ever."""

    def behave(server: HostileServer, connection: socket.socket, asked: Asked) -> None:
        connection.sendall(head)
        while not server.stopping.wait(0.02):
            connection.sendall(piece)

    return behave


def flood(head: bytes, piece: bytes) -> Behaviour:
    """`head`, then `piece` as fast as it is taken, for ever."""

    def behave(server: HostileServer, connection: socket.socket, asked: Asked) -> None:
        connection.sendall(head)
        while not server.stopping.is_set():
            connection.sendall(piece)

    return behave


@cache
def bomb() -> bytes:
    """About 100 KB of gzip that unpack to 100 MB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(_pack(packer)) + packer.flush()


def _pack(packer: zlib._Compress) -> Iterator[bytes]:
    block = bytes(1_000_000)
    for _ in range(100):
        yield packer.compress(block)


_OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_GZIP = ("Content-Encoding", "gzip")

BEHAVIOURS: dict[str, Behaviour] = {
    "/good": answer(200, PARCELS),
    "/gzip": answer(200, gzip.compress(PARCELS), _GZIP),
    "/gzip-two-members": answer(200, gzip.compress(PARCELS[:9]) + gzip.compress(PARCELS[9:]), _GZIP),
    "/gzip-cut": answer(200, gzip.compress(PARCELS)[:-9], _GZIP),
    "/gzip-rubbish": answer(200, b"this is not gzip", _GZIP),
    "/gzip-tail": answer(200, gzip.compress(PARCELS) + b"tail", _GZIP),
    "/bomb": lambda server, connection, asked: answer(200, bomb(), _GZIP)(server, connection, asked),
    "/gzip-in-gzip": answer(200, gzip.compress(gzip.compress(PARCELS)), _GZIP),
    "/gzip-twice": answer(200, gzip.compress(gzip.compress(PARCELS)), ("Content-Encoding", "gzip, gzip")),
    "/deflate": answer(200, zlib.compress(PARCELS), ("Content-Encoding", "deflate")),
    "/brotli": answer(200, PARCELS, ("Content-Encoding", "br")),
    "/endless": flood(_OK + b"\r\n", b"x" * 65536),
    "/endless-chunks": flood(
        _OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1000\r\n" + b"x" * 4096 + b"\r\n"
    ),
    "/endless-continue": flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "/endless-header": flood(_OK + b"X-Long: ", b"x" * 65536),
    "/drip": drip(_OK + b"\r\n", b"x"),
    "/header-drip": drip(_OK, b"X-Slow: 1\r\n"),
    "/header-stall": raw(b"HTTP/1.1 200 OK\r\nContent-", then="stall"),
    "/silent": raw(then="stall"),
    "/body-stall": raw(_OK + b"Content-Length: 100\r\n\r\n{", then="stall"),
    "/cut-body": answer(200, PARCELS, ("Content-Length", "5000")),
    "/cut-json": answer(200, PARCELS[:-5]),
    "/closed": raw(),
    "/reset": raw(then="reset"),
    "/reset-in-body": raw(_OK + b"Content-Length: 5000\r\n\r\n" + PARCELS, then="reset"),
    "/not-http": raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "/two-lengths": raw(_OK + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde"),
    "/many-headers": raw(_OK + b"".join(b"X-%d: y\r\n" % i for i in range(10_000)) + b"\r\n"),
    "/big-headers": answer(200, PARCELS, *((f"X-{i}", "y" * 700) for i in range(100))),
    "/html": answer(200, b"<html><title>Just a moment</title></html>", kind="text/html"),
    "/empty": answer(200),
    "/nothing": answer(204),
    "/gbk": answer(200, '{"站": "北京"}'.encode("gbk"), kind="application/json; charset=utf-8"),
    "/utf16": answer(200, PARCELS.decode().encode("utf-16"), kind="application/json; charset=nonsense"),
    "/deep": answer(200, b"[" * 100_000),
    "/forbidden": answer(403, b"no"),
    "/too-many": answer(429, b"slow down"),
    "/broken": answer(500, b"oops"),
    "/cookie": answer(200, PARCELS, ("Set-Cookie", "id=1; Path=/")),
    "/loop": redirect("/loop"),
    "/to-file": redirect("file:///etc/passwd"),
    "/to-metadata": redirect("http://169.254.169.254/latest/meta-data/"),
    "/to-lan": redirect("http://192.168.0.1/"),
    "/to-rubbish": redirect("http://[::1"),
    "/to-nowhere": answer(302),
    "/to-good": redirect("/good"),
    "/to-good-at-length": flood(b"HTTP/1.1 302 X\r\nLocation: /good\r\n\r\n", b"x" * 65536),
    "/post-303": redirect("/good", 303),
    "/post-307": redirect("/good", 307),
}


class Certificates:
    """Certificates made with the openssl program: an authority of our own, and what it signed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.authority = folder / "authority.pem"
        self._openssl(
            "req -x509 -newkey rsa:2048 -nodes -keyout authority.key -out authority.pem -days 30", "/CN=Tests"
        )

    def server(self, name: str, *, days: int = 30, bits: int = 2048, chain: bool = False) -> ssl.SSLContext:
        """A server's context for `name` and 127.0.0.1; negative days make a certificate that has expired. `chain`:
        the authority's own certificate is shown with it."""
        stem = f"{name}{days}-{bits}"
        (self._folder / "names.ext").write_text(f"subjectAltName=DNS:{name},IP:127.0.0.1")
        self._openssl(f"req -newkey rsa:{bits} -nodes -keyout {stem}.key -out {stem}.csr", f"/CN={name}")
        self._openssl(
            f"x509 -req -in {stem}.csr -CA authority.pem -CAkey authority.key -days {days}"
            f" -extfile names.ext -out {stem}.pem"
        )
        if chain:
            with (self._folder / f"{stem}.pem").open("ab") as shown:
                shown.write(self.authority.read_bytes())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if bits < 2048:
            context.set_ciphers("DEFAULT@SECLEVEL=0")
        context.load_cert_chain(self._folder / f"{stem}.pem", self._folder / f"{stem}.key")
        return context

    def _openssl(self, arguments: str, subject: str = "") -> None:
        argv = ["openssl", *arguments.split(), *(["-subj", subject] if subject else [])]
        subprocess.run(argv, cwd=self._folder, check=True, capture_output=True, timeout=60)
