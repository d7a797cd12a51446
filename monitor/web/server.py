"""The local page's server: uvicorn on a socket of its own, in a thread beside whatever else runs.

It is loaded when somebody first knocks: the page weighs much, and many never open it.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import sys
import threading
import webbrowser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from monitor.adapters import private_file
from monitor.adapters.log_file import LOG
from monitor.session import Session, complain, say
from monitor.web.address import is_loopback
from monitor.web.keys import Keys

if TYPE_CHECKING:
    import uvicorn

_LOOPBACK, _EVERYWHERE = "127.0.0.1", "0.0.0.0"  # noqa: S104 - only where the config says so, with a token
_STOP_SECONDS = 4


class PortTaken(Exception):
    """Something else listens there; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Served:
    """`address` as the browser has it; `link` opens it the first time, once. `beyond`: other machines reach it too."""

    address: str
    link: str
    beyond: bool = False


@contextlib.contextmanager
def serving(session: Session, port: int = 0) -> Iterator[Served]:
    """The page served for the length of a block; port 0 is any free one. Raises PortTaken, NotWritten."""
    web = session.config.web
    keys = Keys(session.data_dir, web.token)
    with socket.socket(socket.AF_INET6 if ":" in web.host else socket.AF_INET) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(sys.platform != "win32"))
        try:
            listening.bind((web.host, port))
        except OSError as error:
            raise PortTaken(
                f"The page cannot be served at port {port} of {web.host} ({os.strerror(error.errno or 0)}):"
                " choose another --port, or 0 for a free one."
            ) from error
        listening.listen()
        host = f"[{web.host}]" if ":" in web.host else web.host
        host = f"{host}:{listening.getsockname()[1]}"
        address = f"http://{host.replace(_EVERYWHERE, _LOOPBACK)}/"
        with (
            _from_the_first_knock(listening, session, keys, host),
            _written(session.data_dir / "page-address", address),
        ):
            yield Served(address, f"{address}enter?key={keys.new_link()}", not is_loopback(web.host))


@contextlib.contextmanager
def _from_the_first_knock(
    listening: socket.socket, session: Session, keys: Keys, host: str
) -> Iterator[None]:
    """Serve for the length of a block; who knocks first waits for the page to be loaded."""
    woken, wake = socket.socketpair()
    over = threading.Event()
    servers: list[uvicorn.Server] = []

    def serve() -> None:
        select.select([listening, woken], [], [])
        if over.is_set():
            return
        try:
            server = _server(session, keys, host)
            servers.append(server)
            if not over.is_set():
                server.run([listening])
        except Exception as fault:  # noqa: BLE001 - the watch goes on without its page
            LOG.warning("page: it arose here", exc_info=True)
            kind = type(fault).__name__
            complain(f"The page cannot be served ({kind}): was parcelwarden updated, start it again.")
            listening.close()

    thread = threading.Thread(target=serve, name="local page", daemon=True)
    thread.start()
    with woken, wake:
        try:
            yield
        finally:
            over.set()
            wake.send(b".")
            for server in servers:
                server.should_exit = True
            thread.join(_STOP_SECONDS)


def _server(session: Session, keys: Keys, host: str) -> uvicorn.Server:
    import uvicorn

    from monitor.web.page import application

    settings = uvicorn.Config(
        application(session, keys, host), http="h11", ws="none", lifespan="off", log_level="critical",
        access_log=False, server_header=False, limit_concurrency=32, timeout_keep_alive=10,
        timeout_graceful_shutdown=2,
    )  # fmt: skip
    return uvicorn.Server(settings)


def already_serving(session: Session) -> Served | None:
    """The page that another process of this data folder serves, with a new link to it. Raises NotWritten."""
    try:
        address = (session.data_dir / "page-address").read_text("ascii").strip()
        there = urlsplit(address)
        socket.create_connection((there.hostname or "", there.port or 0), timeout=2).close()
    except (OSError, ValueError):
        return None
    web = session.config.web
    link = f"{address}enter?key={Keys(session.data_dir, web.token).new_link()}"
    return Served(address, link, not is_loopback(str(there.hostname)))


def announce(served: Served) -> None:
    """Say where the page is, who can see it, and the link that opens it."""
    seen_by = "for whoever has the token, unencrypted" if served.beyond else "on this machine only"
    say(f"Your orders are at {served.address}, {seen_by}.")
    say(f"This link opens them, once: {served.link}")


def show(served: Served) -> None:
    """Open the link in the user's browser, where a person sits at a terminal with a desktop."""
    desktop = sys.platform in ("win32", "darwin") or any(map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY")))
    if desktop and sys.stderr.isatty():
        webbrowser.open(served.link)


@contextlib.contextmanager
def _written(path: Path, text: str) -> Iterator[None]:
    """A file there for the length of a block, unless somebody else has written it since."""
    private_file.write(path, text.encode())
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            if path.read_text("ascii") == text:
                path.unlink()
