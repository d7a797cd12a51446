"""Pretend carriers for the benchmarks, in a process of their own: plain HTTP on 127.0.0.1, answers made beforehand.

python -m benchmarks.pretend COUNT SECONDS prints its address; each answer takes SECONDS. Ends with its stdin.
"""

from __future__ import annotations

import contextlib
import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from benchmarks.answers import answers, cainiao_module

_CODE = re.compile(rb'"queryCodes": ?\["([^"]+)"')
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


def cainiao_number(n: int) -> str:
    return f"LP{n:014d}"


def four_px_number(n: int) -> str:
    return f"4PX{n:013d}CN"


def four_px_answer(number: str, body: bytes, n: int) -> bytes:
    """An answer about one number made one about the nth, which has a number of its own at the post that delivers."""
    own = body.replace(number.encode(), four_px_number(n).encode())
    return re.sub(rb'(?<="serverCode":")\d+', f"94001{n:017d}".encode(), own)


@dataclass(frozen=True, slots=True)
class Served:
    """A running server; `asked` counts its requests."""

    port: int
    process: subprocess.Popen[str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def asked(self) -> int:
        with socket.create_connection(("127.0.0.1", self.port)) as link:
            link.sendall(b"GET /asked HTTP/1.1\r\n\r\n")
            return int(link.recv(4096).rpartition(b"\r\n\r\n")[2])


@contextlib.contextmanager
def serving(count: int, seconds: float = 0.0) -> Iterator[Served]:
    """A server that knows `count` numbers of each carrier."""
    words = [sys.executable, "-m", "benchmarks.pretend", str(count), str(seconds)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Served(int(process.stdout.readline()), process)
        process.stdin.close()


class _Server:
    def __init__(self, count: int, seconds: float) -> None:
        self._seconds, self._asked, self._guard = seconds, 0, threading.Lock()
        numbers = [cainiao_number(n) for n in range(count)]
        self._cainiao = {n: json.dumps(cainiao_module(n, at)).encode() for at, n in enumerate(numbers)}
        self._four_px = {
            four_px_number(n): four_px_answer(number, body, n)
            for n, (number, body) in enumerate(answers("4px", count))
        }

    def serve(self, link: socket.socket) -> None:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        waiting = b""
        with link, contextlib.suppress(OSError):
            while True:
                while b"\r\n\r\n" not in waiting:
                    came = link.recv(65536)
                    if not came:
                        return
                    waiting += came
                head, _, waiting = waiting.partition(b"\r\n\r\n")
                length = _LENGTH.search(head)
                while length and len(waiting) < int(length.group(1)):
                    waiting += link.recv(65536)
                size = int(length.group(1)) if length else 0
                said, waiting = self._answer(head, waiting[:size]), waiting[size:]
                link.sendall(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                    % len(said)
                    + said
                )

    def _answer(self, head: bytes, body: bytes) -> bytes:
        if head.startswith(b"GET /asked "):
            return str(self._asked).encode()
        with self._guard:
            self._asked += 1
        time.sleep(self._seconds)
        code = _CODE.search(body)
        if code:
            return self._four_px[code.group(1).decode()]
        wanted = re.search(rb"mailNos=([^& ]+)", head)
        numbers = unquote(wanted.group(1).decode()).split(",") if wanted else []
        return b'{"success":true,"module":[' + b",".join(self._cainiao[number] for number in numbers) + b"]}"


def main(count: int, seconds: float) -> None:
    server = _Server(count, seconds)
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)

    def accept() -> None:
        while True:
            link, _ = listening.accept()
            threading.Thread(target=server.serve, args=(link,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    print(listening.getsockname()[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
