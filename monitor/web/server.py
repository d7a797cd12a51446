"""The local page's server: uvicorn on a socket of 127.0.0.1, in a thread beside whatever else runs."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import uvicorn

from monitor.session import Session
from monitor.web.gate import Keys
from monitor.web.page import application

_LOOPBACK = "127.0.0.1"


class PortTaken(Exception):
    """Something else listens there; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Served:
    """`address` as the browser has it; `link` opens it the first time, once."""

    address: str
    link: str


@contextlib.contextmanager
def serving(session: Session, port: int = 0) -> Iterator[Served]:
    """The page served for the length of a block; port 0 is any free one. Raises PortTaken."""
    with socket.socket() as listening:
        try:
            listening.bind((_LOOPBACK, port))
        except OSError as error:
            raise PortTaken(f"Port {port} is taken; choose another --port, or 0 for a free one.") from error
        listening.listen()
        host, keys = f"{_LOOPBACK}:{listening.getsockname()[1]}", Keys()
        settings = uvicorn.Config(
            application(session, keys, host), http="h11", ws="none", lifespan="off", log_level="critical",
            access_log=False, server_header=False, limit_concurrency=32, timeout_keep_alive=10,
        )  # fmt: skip
        server = uvicorn.Server(settings)
        thread = threading.Thread(target=server.run, args=([listening],), name="local page")
        thread.start()
        try:
            yield Served(f"http://{host}/", f"http://{host}/enter?key={keys.link}")
        finally:
            server.should_exit = True
            thread.join()
