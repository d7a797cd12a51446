"""The proxy by itself, on raw connections."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from fixtures.loopback import Answer, Asked, LoopbackServer
from monitor.adapters.cut_proxy import CutProxy, Mode


class Echo(LoopbackServer):
    def answer(self, asked: Asked) -> Answer:
        return Answer(b"heard", "text/plain")


@pytest.fixture
def server() -> Iterator[Echo]:
    with Echo() as running:
        yield running


@pytest.fixture
def proxy() -> Iterator[CutProxy]:
    with CutProxy(lambda method, url: method in ("GET", "CONNECT") and "/w/" not in url) as running:
        yield running


def say(proxy: CutProxy, request: str) -> bytes:
    """What the proxy answers to raw bytes, until it closes."""
    host, _, port = proxy.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.sendall(request.encode())
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            while more := line.recv(65536):
                answer += more
        return answer


def get(server: Echo, path: str = "/", method: str = "GET", head: str = "", body: str = "") -> str:
    return f"{method} {server.url}{path} HTTP/1.1\r\nHost: x\r\n{head}\r\n{body}"


def test_a_new_proxy_carries_nothing(server: Echo, proxy: CutProxy) -> None:
    assert proxy.mode is Mode.CUT
    assert say(proxy, get(server)) == b""
    assert server.requests == []


def test_in_load_the_rule_decides(server: Echo, proxy: CutProxy) -> None:
    proxy.load()
    assert b"200 OK" in say(proxy, get(server, "/p/page?q=1"))
    assert b"403" in say(proxy, get(server, "/w/act"))
    assert b"403" in say(proxy, get(server, "/p/page", "POST", "Content-Length: 1\r\n", "x"))
    assert [(asked.path, asked.query) for asked in server.requests] == [("/p/page", {"q": "1"})]
    assert [r.method for r in proxy.refused()] == ["GET", "POST"]


def test_what_is_refused_is_told_without_its_query(server: Echo, proxy: CutProxy) -> None:
    proxy.load()
    say(proxy, get(server, "/w/act?name=secret"))
    assert [r.target for r in proxy.refused()] == [f"{server.url}/w/act"]


def test_in_open_everything_is_carried_with_its_body(server: Echo, proxy: CutProxy) -> None:
    proxy.open()
    assert b"heard" in say(proxy, get(server, "/w/act", "POST", "Content-Length: 5\r\n", "hello"))
    assert [(asked.method, asked.body) for asked in server.requests] == [("POST", b"hello")]


def test_a_second_request_behind_the_first_is_not_carried(server: Echo, proxy: CutProxy) -> None:
    proxy.load()
    host = server.url.removeprefix("http://")
    smuggled = f"POST /w/act HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n\r\n"
    say(proxy, get(server, "/p/page") + smuggled)
    say(proxy, get(server, "/p/page", head="Content-Length: 0\r\n") + smuggled)
    say(proxy, get(server, "/p/page", head="Transfer-Encoding: chunked\r\n", body=f"0\r\n\r\n{smuggled}"))
    assert {asked.path for asked in server.requests} <= {"/p/page"}


@pytest.mark.parametrize(
    "nonsense",
    ["", "\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET http:// HTTP/1.1\r\n\r\n",
     "GET http://[::1 HTTP/1.1\r\n\r\n", "CONNECT nowhere HTTP/1.1\r\n\r\n", "GET ftp://a/ HTTP/1.1\r\n\r\n",
     "GET http://a:99999/ HTTP/1.1\r\n\r\n", "GET http://127.0.0.1:1/ HTTP/1.1\r\nbroken\r\n\r\n"],
)  # fmt: skip
def test_nonsense_is_dropped_and_hurts_nobody(server: Echo, proxy: CutProxy, nonsense: str) -> None:
    proxy.load()
    line = socket.create_connection(("127.0.0.1", int(proxy.url.rpartition(":")[2])), timeout=10)
    line.sendall(nonsense.encode())
    line.shutdown(socket.SHUT_WR)
    with line, contextlib.suppress(ConnectionResetError):
        assert b"200" not in line.recv(65536)
    assert b"200 OK" in say(proxy, get(server))


def test_cutting_closes_open_tunnels_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, CutProxy(lambda method, url: True) as proxy:
        proxy.load()
        port = listener.getsockname()[1]
        line = socket.create_connection(("127.0.0.1", int(proxy.url.rpartition(":")[2])), timeout=10)
        line.sendall(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode())
        far, _ = listener.accept()
        assert b"200" in line.recv(100)
        line.sendall(b"before")
        assert far.recv(100) == b"before"
        proxy.cut()
        assert proxy.open_connections == 0
        with contextlib.suppress(OSError):
            line.sendall(b"after")
        assert far.recv(100) == b""
        line.close()
        far.close()


def test_a_tunnel_asked_for_before_the_cut_does_not_open_after_it() -> None:
    asked, go = threading.Event(), threading.Event()

    def rule(_method: str, _url: str) -> bool:
        asked.set()
        return go.wait(10)

    with socket.create_server(("127.0.0.1", 0)) as listener, CutProxy(rule) as proxy:
        proxy.load()
        line = socket.create_connection(("127.0.0.1", int(proxy.url.rpartition(":")[2])), timeout=10)
        line.sendall(f"CONNECT 127.0.0.1:{listener.getsockname()[1]} HTTP/1.1\r\n\r\n".encode())
        assert asked.wait(10)
        proxy.cut()
        go.set()
        assert line.recv(100) == b""
        line.close()


def test_a_proxy_that_has_ended_takes_no_more_connections() -> None:
    with CutProxy(lambda method, url: True) as proxy:
        port = int(proxy.url.rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
