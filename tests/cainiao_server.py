"""A pretend Cainiao for the tests of `check`: answers per number in its shape, and can misbehave."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

CHINA = timezone(timedelta(hours=8))


def module(number: str, *scans: tuple[datetime, str, str], **more: Any) -> dict[str, Any]:
    """One parcel as Cainiao tells it; scans are (when, action code, words)."""
    rows = [
        {
            "timeStr": at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S"), "timeZone": "GMT+8",
            "time": int(at.timestamp() * 1000), "actionCode": code, "desc": words, "standerdDesc": words,
        }
        for at, code, words in sorted(scans, reverse=True)
    ]  # fmt: skip
    return {"mailNo": number, "mailNoSource": "AE", "status": "TRANSITING", "detailList": rows, **more}


def unknown(number: str) -> dict[str, Any]:
    return {"mailNo": number, "mailNoSource": "EXTERNAL", "detailList": []}


class Cainiao:
    """A real server on 127.0.0.1. `parcels` are modules by number; a number it does not hold is unknown to it."""

    def __init__(self, **parcels: dict[str, Any]) -> None:
        self.parcels = dict(parcels)
        self.asked: list[list[str]] = []
        self.instead: tuple[int, str, bytes] | None = None
        self.before_answer: Callable[[], None] = lambda: None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _answer(self, numbers: list[str]) -> tuple[int, str, bytes]:
        if self.instead is not None:
            return self.instead
        modules = [self.parcels.get(n, unknown(n)) for n in numbers]
        return (
            200,
            "application/json;charset=UTF-8",
            json.dumps({"success": True, "module": modules}).encode(),
        )

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                numbers = parse_qs(urlsplit(self.path).query)["mailNos"][0].split(",")
                outer.asked.append(numbers)
                outer.before_answer()
                status, kind, body = outer._answer(numbers)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler
