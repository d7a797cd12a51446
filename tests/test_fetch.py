"""Fetching, against a real server that does what servers should not."""

from __future__ import annotations

import shutil
import socket
import ssl
import threading
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count, pairwise
from pathlib import Path

import httpx2
import pytest
from hostile_server import (
    PARCELS,
    Asked,
    Certificates,
    HostileServer,
    answer,
    in_turn,
    raw,
    redirect,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.adapters.fetch import LEAST_PAUSE, USER_AGENT, Fetched, Fetcher, Limits
from monitor.adapters.politeness import HostLedger
from scrapers.base import Request
from scrapers.carriers import get

NUMBER = "LP00000000000001"
SHORT = Limits(total=0.4)  # for servers that stall; nothing else may depend on how fast a machine is
OUTSIDE = "11.22.33.44"  # stands for any public address; a test's transport leads it to the server


class Clock:
    """Time that passes only when someone sleeps."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(tmp_path: Path, clock: Clock) -> HostLedger:
    return HostLedger(tmp_path / "politeness.sqlite3", clock=clock)


@pytest.fixture
def server() -> Iterator[HostileServer]:
    with HostileServer() as serving:
        yield serving


@pytest.fixture
def fetcher(clock: Clock, ledger: HostLedger) -> Iterator[Fetcher]:
    with Fetcher(ledger=ledger, clock=clock, host_pause=0, sleep=clock.sleep) as fetching:
        yield fetching


@pytest.fixture
def mannered(clock: Clock, ledger: HostLedger) -> Iterator[Fetcher]:
    """With the least pause there is: a server without any is the user's own, and is never cooled down."""
    with Fetcher(ledger=ledger, clock=clock, host_pause=1e-9, sleep=clock.sleep) as fetching:
        yield fetching


@pytest.fixture
def fetch(fetcher: Fetcher, server: HostileServer) -> Callable[[str], Fetched]:
    return lambda path: fetcher.fetch(question(path), base_url=server.url)


def question(path: str, **more: object) -> Request:
    return Request(f"https://carrier.example{path}", (NUMBER,), **more)  # type: ignore[arg-type]  # passed through


def outcome(fetched: Fetched) -> str:
    """What a carrier makes of it."""
    assert (fetched.page is None) == bool(fetched.fault)
    return get("cainiao").parse(fetched.page, [NUMBER])[0].outcome if fetched.page else "fault"


# What comes back


@pytest.mark.parametrize("path", ["/good", "/gzip", "/gzip-two-members", "/to-good", "/to-good-at-length"])
def test_a_good_answer_arrives_unpacked(path: str, fetch: Callable[[str], Fetched]) -> None:
    fetched = fetch(path)
    assert fetched.fault == ""
    assert fetched.page is not None
    assert (fetched.page.status, fetched.page.content_type) == (200, "application/json")
    assert fetched.page.body == PARCELS


FAULTS = {
    "/gzip-cut": "sent a cut-off answer",
    "/gzip-rubbish": "sent damaged gzip",
    "/gzip-tail": "sent damaged gzip",
    "/bomb": "sent more than 5 MB when unpacked",
    "/gzip-twice": "answered in an encoding that was not asked for",
    "/deflate": "answered in an encoding that was not asked for",
    "/brotli": "answered in an encoding that was not asked for",
    "/endless": "sent more than 2 MB",
    "/endless-chunks": "sent more than 2 MB",
    "/endless-header": "sent a cut-off or garbled answer",
    "/cut-body": "sent a cut-off or garbled answer",
    "/closed": "sent a cut-off or garbled answer",
    "/not-http": "sent a cut-off or garbled answer",
    "/two-lengths": "sent a cut-off or garbled answer",
    "/many-headers": "sent headers without measure",
    "/big-headers": "sent headers without measure",
    "/reset": "broke the connection off",
    "/reset-in-body": "broke the connection off",
    "/loop": "redirects more than 3 times",
    "/to-file": "redirects to something that is no web address; that is not followed",
    "/to-rubbish": "redirects to something that is no web address; that is not followed",
    "/to-metadata": "redirects across the border of this machine; that is not followed",
    "/to-lan": "redirects across the border of this machine; that is not followed",
}


@pytest.mark.parametrize(("path", "says"), FAULTS.items())
def test_a_hostile_answer_is_one_sentence(
    path: str, says: str, fetch: Callable[[str], Fetched], server: HostileServer
) -> None:
    fetched = fetch(path)
    assert fetched == Fetched(None, f"127.0.0.1:{server.port} {says}")


@pytest.mark.parametrize(
    "path", ["/silent", "/header-stall", "/body-stall", "/drip", "/header-drip", "/endless-continue"]
)
def test_a_server_that_stalls_is_given_up_on_and_its_connection_cut(
    path: str, server: HostileServer, clock: Clock, ledger: HostLedger
) -> None:
    with Fetcher(ledger=ledger, clock=clock, host_pause=0, sleep=clock.sleep, limits=SHORT) as fetcher:
        fetched = fetcher.fetch(question(path), base_url=server.url)
        _no_fetch_goes_on()
    assert fetched == Fetched(None, f"127.0.0.1:{server.port} did not answer within 0.4 seconds")
    assert len(server.asked) <= 1


def _no_fetch_goes_on() -> None:
    """A connection that was cut ends its thread soon; join() returns as soon as it has."""
    for thread in threading.enumerate():
        if thread.name == "fetch":
            thread.join(10)
            assert not thread.is_alive()


@pytest.mark.parametrize(
    ("path", "means"),
    [
        ("/gzip-in-gzip", "changed"),
        ("/cut-json", "changed"),
        ("/gbk", "changed"),
        ("/utf16", "changed"),
        ("/deep", "changed"),
        ("/html", "blocked"),
        ("/forbidden", "blocked"),
        ("/too-many", "blocked"),
        ("/empty", "unavailable"),
        ("/nothing", "unavailable"),
        ("/broken", "unavailable"),
        ("/to-nowhere", "unavailable"),
        ("/never-heard-of", "unavailable"),
    ],
)
def test_an_odd_answer_reaches_the_carrier_once_and_is_never_taken_for_not_found(
    path: str, means: str, fetch: Callable[[str], Fetched], server: HostileServer
) -> None:
    assert outcome(fetch(path)) == means
    assert server.paths == [path]


STATUS_LINES = st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 302 X\r\nLocation: ", b"HTTP/1.0 "])
HEADERS = st.sampled_from(
    [b"", b"Content-Length: 5\r\n", b"Content-Encoding: gzip\r\n", b"Transfer-Encoding: chunked\r\n"]
)


def test_whatever_bytes_a_server_sends_the_carrier_says_nothing_definite(
    tmp_path: Path, clock: Clock, server: HostileServer
) -> None:
    numbers = count()

    def untroubled() -> HostLedger:
        return HostLedger(tmp_path / f"{next(numbers)}.sqlite3", clock=clock)

    @settings(max_examples=80)
    @given(
        STATUS_LINES,
        HEADERS,
        st.binary(max_size=40),
        st.sampled_from([b"", b"\r\n\r\n"]),
        st.binary(max_size=80),
    )
    def ask(status: bytes, headers: bytes, more: bytes, end: bytes, body: bytes) -> None:
        server.on("/x", raw(status + headers + more + end + body))
        with Fetcher(ledger=untroubled(), clock=clock, host_pause=0, sleep=clock.sleep) as fetcher:
            fetched = fetcher.fetch(question("/x"), base_url=server.url)
        assert outcome(fetched) in ("fault", "changed", "blocked", "unavailable")

    ask()


def test_a_bomb_costs_no_more_memory_than_its_limit(
    fetch: Callable[[str], Fetched], server: HostileServer
) -> None:
    fetch("/bomb")  # makes the bomb, which is not what is measured
    tracemalloc.start()
    try:
        fetch("/bomb")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 25_000_000


def test_a_host_that_stalls_keeps_no_other_waiting(clock: Clock, ledger: HostLedger) -> None:
    reached = threading.Event()

    def stall(server: HostileServer, connection: socket.socket, asked: Asked) -> None:
        reached.set()
        server.stopping.wait()

    patient = Limits(total=60)
    with (
        HostileServer() as good,
        Fetcher(ledger=ledger, clock=clock, host_pause=0, limits=patient) as fetcher,
        ThreadPoolExecutor(1) as pool,
    ):
        with HostileServer() as slow:
            slow.on("/slow", stall)
            waiting = pool.submit(fetcher.fetch, question("/slow"), base_url=slow.url)
            assert reached.wait(30)
            assert fetcher.fetch(question("/good"), base_url=good.url).page
            assert not waiting.done()
        assert waiting.result().page is None


# What is sent


def test_the_question_goes_to_the_base_url_with_its_path_in_front(
    fetcher: Fetcher, server: HostileServer
) -> None:
    server.on("/mirror/detail.json", answer(200, PARCELS))
    asked = question("/detail.json?mailNos=A,B&lang=en", headers={"Accept": "application/json", "X-Key": "k"})
    fetched = fetcher.fetch(asked, base_url=f"{server.url}/mirror/")
    assert fetched.page is not None
    assert fetched.page.url == f"{server.url}/mirror/detail.json?mailNos=A,B&lang=en"
    arrived = server.asked[0]
    assert arrived.path == "/mirror/detail.json?mailNos=A,B&lang=en"
    assert arrived.headers == {
        "host": f"127.0.0.1:{server.port}",
        "accept": "application/json",
        "accept-encoding": "gzip",
        "connection": "close",
        "user-agent": USER_AGENT,
        "x-key": "k",
    }


def test_no_carrier_can_dress_up_as_another_program(fetcher: Fetcher, server: HostileServer) -> None:
    dressed = question("/good", headers={"user-agent": "Mozilla/5.0", "ACCEPT-ENCODING": "br", "Host": "x"})
    fetcher.fetch(dressed, base_url=server.url)
    headers = server.asked[0].headers
    assert (headers["user-agent"], headers["accept-encoding"]) == (USER_AGENT, "gzip")
    assert headers["host"] == f"127.0.0.1:{server.port}"


def test_cookies_are_not_kept(fetch: Callable[[str], Fetched], server: HostileServer) -> None:
    fetch("/cookie")
    fetch("/good")
    assert "cookie" not in server.asked[1].headers


def test_a_post_carries_its_body(fetcher: Fetcher, server: HostileServer) -> None:
    fetcher.fetch(question("/good", method="POST", body=b'{"n": 1}'), base_url=server.url)
    assert (server.asked[0].method, server.asked[0].body) == ("POST", b'{"n": 1}')


@pytest.mark.parametrize(("path", "method", "body"), [("/post-303", "GET", b""), ("/post-307", "POST", b"x")])
def test_a_redirected_post(
    path: str, method: str, body: bytes, fetcher: Fetcher, server: HostileServer
) -> None:
    assert fetcher.fetch(question(path, method="POST", body=b"x"), base_url=server.url).page
    assert server.paths == [path, "/good"]
    assert (server.asked[1].method, server.asked[1].body) == (method, body)


def test_a_key_is_not_carried_to_another_host(fetcher: Fetcher, server: HostileServer) -> None:
    with HostileServer() as other:
        server.on("/moved", redirect(f"{other.url}/good"))
        headers = {"X-Key": "secret", "Authorization": "secret", "Accept-Language": "en"}
        assert fetcher.fetch(question("/moved", headers=headers), base_url=server.url).page
        assert "secret" in server.asked[0].headers.values()
        assert "secret" not in other.asked[0].headers.values()
        assert other.asked[0].headers["accept-language"] == "en"


@pytest.mark.parametrize(
    ("asked", "base_url", "says"),
    [
        (question("/x"), "127.0.0.1:80", "not a web address to ask"),
        (question("/x"), "file:///etc", "file is not http or https"),
        (question("/x"), "http://", "names no host"),
        (Request("ftp://carrier.example/x", ()), "", "ftp is not http or https"),
        (
            Request("http://10.0.0.1/x", ()),
            "",
            "10.0.0.1 leads to an address that is not on the public network",
        ),
        (Request("http://[::1", ()), "", "not a web address to ask"),
    ],
)
def test_what_cannot_be_asked_is_said_in_words(
    asked: Request, base_url: str, says: str, fetcher: Fetcher
) -> None:
    fetched = fetcher.fetch(asked, base_url=base_url)
    assert fetched.page is None
    assert says in fetched.fault


@pytest.mark.parametrize("value", ["a\r\nY: b", "ключ"])
def test_a_header_that_is_none_is_not_sent(value: str, fetcher: Fetcher, server: HostileServer) -> None:
    fetched = fetcher.fetch(question("/good", headers={"X": value}), base_url=server.url)
    assert fetched.fault == f"the request to 127.0.0.1:{server.port} cannot be written as HTTP"
    assert server.asked == []


# Trying again


def test_a_passing_server_error_is_tried_again(
    fetch: Callable[[str], Fetched], server: HostileServer, clock: Clock
) -> None:
    server.on("/x", in_turn(answer(503), answer(502), answer(200, PARCELS)))
    fetched = fetch("/x")
    assert fetched.page is not None
    assert fetched.page.body == PARCELS
    assert len(server.asked) == 3
    assert len(clock.slept) == 2


@pytest.mark.parametrize("status", [502, 503, 504])
def test_no_more_than_three_tries(
    status: int, fetch: Callable[[str], Fetched], server: HostileServer
) -> None:
    server.on("/x", answer(status))
    fetched = fetch("/x")
    assert fetched.page is not None
    assert fetched.page.status == status
    assert len(server.asked) == 3


def test_a_broken_connection_is_tried_again(fetch: Callable[[str], Fetched], server: HostileServer) -> None:
    server.on("/x", in_turn(raw(then="reset"), answer(200, PARCELS)))
    assert fetch("/x").page


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
def test_a_refusal_is_taken_at_its_word(
    status: int, fetch: Callable[[str], Fetched], server: HostileServer, clock: Clock
) -> None:
    server.on("/x", answer(status))
    assert fetch("/x").page
    assert len(server.asked) == 1
    assert clock.slept == []


def test_a_host_that_refuses_connections_is_given_up_on_within_seconds(
    fetcher: Fetcher, clock: Clock
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    fetched = fetcher.fetch(question("/x"), base_url=f"http://127.0.0.1:{port}")
    assert fetched.fault == f"127.0.0.1:{port} refused the connection"
    assert len(clock.slept) == 2
    assert sum(clock.slept) <= 3


def test_without_a_network_the_answer_comes_within_seconds_and_is_not_held_against_the_host(
    clock: Clock, ledger: HostLedger
) -> None:
    def no_resolver(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    with Fetcher(ledger=ledger, clock=clock, sleep=clock.sleep, resolve=no_resolver) as fetcher:
        for _ in range(10):
            before = len(clock.slept)
            fetched = fetcher.fetch(question("/x"))
            assert fetched.fault == "no address was found for carrier.example; is the network there?"
            assert fetched.retry_at is None
            turn, *between_tries = clock.slept[before:] if before else [0.0, *clock.slept]
            assert turn <= LEAST_PAUSE * 1.2
            assert sum(between_tries) <= 3


def test_a_resolver_that_hangs_is_not_waited_for(clock: Clock, ledger: HostLedger) -> None:
    over = threading.Event()

    def hanging(host: str, port: int) -> Sequence[str]:
        over.wait()
        return []

    limits = Limits(connect=0.05, retry_within=0.01)
    with Fetcher(ledger=ledger, clock=clock, sleep=clock.sleep, limits=limits, resolve=hanging) as fetcher:
        assert "no address was found" in fetcher.fetch(question("/x")).fault
    over.set()


# Hosts that want to be left alone


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("form", ["seconds", "date"])
def test_nobody_asks_a_host_before_the_time_it_names(
    status: int, form: str, server: HostileServer, fetcher: Fetcher, clock: Clock, ledger: HostLedger
) -> None:
    named = clock.now + timedelta(seconds=120)
    header = "120" if form == "seconds" else format_datetime(named, usegmt=True)
    server.on("/x", answer(status, b"wait", ("Retry-After", header)))
    first = fetcher.fetch(question("/x"), base_url=server.url)
    assert first.page is not None
    assert (first.page.status, first.retry_at) == (status, named)
    clock.now += timedelta(seconds=119)
    with Fetcher(ledger=ledger, clock=clock, host_pause=0, sleep=clock.sleep) as another:
        held = another.fetch(question("/good"), base_url=server.url)
    assert held == Fetched(None, f"127.0.0.1:{server.port} asks us to wait until 12:02", named)
    assert server.paths == ["/x"]
    assert clock.slept == []
    clock.now = named
    assert fetcher.fetch(question("/good"), base_url=server.url).page


@pytest.mark.parametrize("header", ["soon", "-5", "", "Tue, 24 Nov 2020 12:00:00 GMT"])
def test_a_garbled_retry_after_holds_nothing(header: str, server: HostileServer, fetcher: Fetcher) -> None:
    server.on("/x", answer(429, b"wait", ("Retry-After", header)))
    assert fetcher.fetch(question("/x"), base_url=server.url).retry_at is None
    assert fetcher.fetch(question("/good"), base_url=server.url).page


def test_ten_years_are_a_day(server: HostileServer, fetcher: Fetcher, clock: Clock) -> None:
    server.on("/x", answer(429, b"wait", ("Retry-After", "315360000")))
    tomorrow = clock.now + timedelta(days=1)
    assert fetcher.fetch(question("/x"), base_url=server.url).retry_at == tomorrow
    held = fetcher.fetch(question("/good"), base_url=server.url)
    assert held.fault.endswith("asks us to wait until 2026-11-25 12:00")
    clock.now = tomorrow
    assert fetcher.fetch(question("/good"), base_url=server.url).page


def test_a_bot_check_cools_the_host_down_longer_each_time(
    server: HostileServer, mannered: Fetcher, clock: Clock
) -> None:
    waits = []
    for _ in range(3):
        fetched = mannered.fetch(question("/html"), base_url=server.url)
        assert fetched.page is not None
        mannered.report(fetched.page.url, "blocked")
        held = mannered.fetch(question("/good"), base_url=server.url)
        assert "showed a bot check and is left alone until" in held.fault
        assert held.retry_at is not None
        waits.append(held.retry_at - clock.now)
        clock.now = held.retry_at
    assert waits == [timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2)]
    assert server.paths == ["/html"] * 3
    fetched = mannered.fetch(question("/good"), base_url=server.url)
    assert fetched.page is not None
    mannered.report(fetched.page.url, "ok")
    mannered.report(fetched.page.url, "blocked")
    held = mannered.fetch(question("/good"), base_url=server.url)
    assert held.retry_at == clock.now + timedelta(minutes=30)


def test_a_host_in_trouble_gets_one_try_at_a_time_and_others_are_not_touched(
    server: HostileServer, mannered: Fetcher, clock: Clock
) -> None:
    server.on("/x", answer(502))
    for _ in range(5):
        assert mannered.fetch(question("/x"), base_url=server.url).page
    assert len(server.asked) == 15
    held = mannered.fetch(question("/x"), base_url=server.url)
    assert "has failed again and again and is left alone until" in held.fault
    assert len(server.asked) == 15
    with HostileServer() as other:
        assert mannered.fetch(question("/good"), base_url=other.url).page
    assert held.retry_at is not None
    clock.now = held.retry_at
    mannered.fetch(question("/x"), base_url=server.url)
    assert len(server.asked) == 16, "a probe is one request"
    again = mannered.fetch(question("/x"), base_url=server.url)
    assert again.retry_at == clock.now + timedelta(minutes=2)
    clock.now = again.retry_at
    server.on("/x", redirect("/good"))
    assert mannered.fetch(question("/x"), base_url=server.url).page
    assert mannered.fetch(question("/good"), base_url=server.url).page


def test_a_carrier_whose_not_found_is_a_server_error_is_not_in_trouble(
    server: HostileServer, fetcher: Fetcher
) -> None:
    server.on("/x", answer(500, b"unknown number"))
    for _ in range(12):
        fetched = fetcher.fetch(question("/x"), base_url=server.url)
        assert fetched.page is not None
        fetcher.report(fetched.page.url, "not_found")
    assert len(server.asked) == 12


def test_a_ledger_that_cannot_be_used_stops_the_asking_not_the_program(
    tmp_path: Path, server: HostileServer, clock: Clock
) -> None:
    path = tmp_path / "politeness.sqlite3"
    path.mkdir()
    with Fetcher(ledger=HostLedger(path, clock=clock), clock=clock, host_pause=0) as fetcher:
        fetched = fetcher.fetch(question("/good"), base_url=server.url)
        fetcher.report(server.url, "blocked")
    assert fetched.page is None
    assert "cannot be used" in fetched.fault
    assert server.asked == []


def test_an_answer_is_not_thrown_away_because_it_cannot_be_noted(
    tmp_path: Path, server: HostileServer, fetcher: Fetcher
) -> None:
    def spoil(server: HostileServer, connection: socket.socket, asked: Asked) -> None:
        (tmp_path / "politeness.sqlite3").unlink()
        (tmp_path / "politeness.sqlite3").mkdir()
        answer(200, PARCELS)(server, connection, asked)

    server.on("/x", spoil)
    assert fetcher.fetch(question("/x"), base_url=server.url).page
    assert "cannot be used" in fetcher.fetch(question("/x"), base_url=server.url).fault


def test_a_wait_asked_for_after_a_redirect_holds_the_host_it_began_at_too(
    fetcher: Fetcher, server: HostileServer
) -> None:
    with HostileServer() as other:
        server.on("/x", redirect(f"{other.url}/y"))
        other.on("/y", answer(429, b"wait", ("Retry-After", "60")))
        assert fetcher.fetch(question("/x"), base_url=server.url).page
        for base_url in (server.url, other.url):
            assert "asks us to wait until 12:01" in fetcher.fetch(question("/good"), base_url=base_url).fault
        assert (server.paths, other.paths) == (["/x"], ["/y"])


# The network outside


class Detour(httpx2.HTTPTransport):
    """Leads a public address to the local server, and notes when each request was sent there."""

    def __init__(self, context: ssl.SSLContext, port: int, clock: Clock) -> None:
        super().__init__(verify=context, limits=httpx2.Limits(max_keepalive_connections=0))
        self._port = port
        self._clock = clock
        self.sent: list[tuple[str, datetime]] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        assert request.url.host == OUTSIDE
        self.sent.append((request.headers["host"], self._clock.now))
        request.url = request.url.copy_with(host="127.0.0.1", port=self._port)
        return super().handle_request(request)


class Outside:
    """A fetcher for which carrier.example and its like are hosts on the public network."""

    def __init__(
        self,
        server: HostileServer,
        clock: Clock,
        ledger: HostLedger,
        *,
        names: Mapping[str, list[str]],
        **more: object,
    ) -> None:
        self.detours: list[Detour] = []

        def make(context: ssl.SSLContext) -> Detour:
            self.detours.append(Detour(context, server.port, clock))
            return self.detours[-1]

        self.fetcher = Fetcher(
            ledger=ledger,
            clock=clock,
            sleep=clock.sleep,
            resolve=lambda host, port: names[host],
            transport=make,
            **more,  # type: ignore[arg-type]  # passed through
        )

    @property
    def sent(self) -> list[tuple[str, datetime]]:
        return [request for detour in self.detours for request in detour.sent]


NAMES = {
    "carrier.example": [OUTSIDE],
    "www.carrier.example": [OUTSIDE],
    "other.example": [OUTSIDE],
    "inside.carrier.example": ["127.0.0.1"],
    "lan.carrier.example": ["192.168.0.1", "10.0.0.1", "fe80::1"],
    "mixed.carrier.example": ["127.0.0.1", OUTSIDE],
}


@pytest.fixture
def outside(server: HostileServer, clock: Clock, ledger: HostLedger) -> Iterator[Outside]:
    made = Outside(server, clock, ledger, names=NAMES)
    with made.fetcher:
        yield made


@pytest.mark.parametrize(
    ("location", "says"),
    [
        ("http://127.0.0.1:{port}/good", "redirects across the border of this machine"),
        ("http://localhost:{port}/good", "redirects across the border of this machine"),
        ("http://[::1]:{port}/good", "redirects across the border of this machine"),
        ("http://169.254.169.254/latest/", "redirects to another site"),
        ("http://192.168.0.1/", "redirects to another site"),
        ("http://2130706433/", "redirects to another site"),
        ("http://inside.carrier.example:{port}/good", "is not on the public network"),
        ("http://lan.carrier.example/", "is not on the public network"),
        ("http://other.example/good", "redirects to another site"),
        ("file:///etc/passwd", "redirects to something that is no web address"),
    ],
)
def test_no_redirect_leads_inside_or_to_another_site(
    location: str, says: str, outside: Outside, server: HostileServer
) -> None:
    server.on("/x", redirect(location.format(port=server.port)))
    fetched = outside.fetcher.fetch(Request("http://carrier.example/x", (NUMBER,)))
    assert fetched.page is None
    assert says in fetched.fault
    assert server.paths == ["/x"]


def test_a_redirect_within_the_site_is_followed_in_turn(outside: Outside, server: HostileServer) -> None:
    server.on("/x", redirect("http://www.carrier.example/good"))
    fetched = outside.fetcher.fetch(Request("http://carrier.example/x", (NUMBER,)))
    assert fetched.page is not None
    assert fetched.page.url == "http://www.carrier.example/good"
    assert [host for host, _ in outside.sent] == ["carrier.example", "www.carrier.example"]


@pytest.mark.parametrize("host", ["inside.carrier.example", "lan.carrier.example"])
def test_a_name_that_leads_inside_is_not_asked(host: str, outside: Outside, server: HostileServer) -> None:
    fetched = outside.fetcher.fetch(Request(f"http://{host}/good", (NUMBER,)))
    assert fetched.fault == f"{host} leads to an address that is not on the public network; it is not asked"
    assert server.asked == []


def test_of_mixed_addresses_only_the_public_one_is_used(outside: Outside) -> None:
    assert outside.fetcher.fetch(Request("http://mixed.carrier.example/good", (NUMBER,))).page


@pytest.mark.parametrize("host_pause", [0, 1, 5, 12])
def test_requests_to_one_host_outside_are_a_pause_apart_whatever_is_configured(
    host_pause: float, server: HostileServer, clock: Clock, ledger: HostLedger
) -> None:
    made = Outside(server, clock, ledger, names=NAMES, host_pause=host_pause, connections=4)
    assert made.fetcher.at_once("http://carrier.example/good") == 1
    server.on("/moved", redirect("/good"))
    with made.fetcher:
        for path in ["/good", "/moved", "/good", "/good"]:
            assert made.fetcher.fetch(Request(f"http://carrier.example{path}", (NUMBER,))).page
    times = [at for _, at in made.sent]
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
    least = max(host_pause, LEAST_PAUSE)
    assert len(gaps) == 4
    assert all(least <= gap <= least * 1.2 + 0.001 for gap in gaps)


def test_a_slow_host_has_its_pause_after_its_answer(
    outside: Outside, server: HostileServer, clock: Clock
) -> None:
    def slow(server: HostileServer, connection: socket.socket, asked: Asked) -> None:
        clock.now += timedelta(seconds=15)
        answer(200, PARCELS)(server, connection, asked)

    server.on("/slow", slow)
    for path in ["/slow", "/good"]:
        assert outside.fetcher.fetch(Request(f"http://carrier.example{path}", (NUMBER,))).page
    (_, first), (_, second) = outside.sent
    assert second - first >= timedelta(seconds=15 + LEAST_PAUSE)


def test_retries_keep_the_pause_too(outside: Outside, server: HostileServer) -> None:
    server.on("/x", answer(503))
    outside.fetcher.fetch(Request("http://carrier.example/x", (NUMBER,)))
    times = [at for _, at in outside.sent]
    assert len(times) == 3
    assert all((later - earlier).total_seconds() >= LEAST_PAUSE for earlier, later in pairwise(times))


def test_another_host_is_not_paused_for(outside: Outside, clock: Clock) -> None:
    outside.fetcher.fetch(Request("http://carrier.example/good", (NUMBER,)))
    outside.fetcher.fetch(Request("http://other.example/good", (NUMBER,)))
    assert clock.slept == []


def test_on_this_machine_no_pause_is_kept_when_none_is_wanted(
    fetch: Callable[[str], Fetched], clock: Clock
) -> None:
    for _ in range(5):
        assert fetch("/good").page
    assert clock.slept == []


def test_many_threads_ask_one_host_one_at_a_time(
    server: HostileServer, clock: Clock, ledger: HostLedger
) -> None:
    made = Outside(server, clock, ledger, names=NAMES)
    asked = Request("http://carrier.example/good", (NUMBER,))
    with made.fetcher, ThreadPoolExecutor(6) as pool:
        assert all(fetched.page for fetched in pool.map(lambda _: made.fetcher.fetch(asked), range(12)))
    times = [at for _, at in made.sent]
    assert all((later - earlier).total_seconds() >= LEAST_PAUSE for earlier, later in pairwise(times))


def test_another_process_waits_for_a_slow_answer_and_then_its_pause(
    server: HostileServer, clock: Clock, ledger: HostLedger
) -> None:
    under_way, over = threading.Event(), threading.Event()

    def slow(server: HostileServer, connection: socket.socket, asked: Asked) -> None:
        under_way.set()
        assert over.wait(30)
        answer(200, PARCELS)(server, connection, asked)

    server.on("/slow", slow)
    waits = []

    class Waiting(Clock):
        """Lets the slow answer come only after the other has looked twice whether it may ask."""

        def sleep(self, seconds: float) -> None:
            waits.append(seconds)
            clock.sleep(seconds)
            if len(waits) == 3:
                assert server.paths == ["/slow"]
                over.set()
                first.result(30)

    other = Outside(server, Waiting(), ledger, names=NAMES)
    one = Outside(server, clock, ledger, names=NAMES)
    with one.fetcher, other.fetcher, ThreadPoolExecutor(1) as pool:
        first = pool.submit(one.fetcher.fetch, Request("http://carrier.example/slow", (NUMBER,)))
        assert under_way.wait(30)
        assert other.fetcher.fetch(Request("http://carrier.example/good", (NUMBER,))).page
    assert server.paths == ["/slow", "/good"]
    assert LEAST_PAUSE - 0.01 <= sum(waits[3:]) <= LEAST_PAUSE * 1.2 + 0.01, "the pause after the slow answer"


# TLS


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    if shutil.which("openssl") is None:
        pytest.skip("the openssl program makes the certificates of these tests")
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def trusted(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))


def _over_tls(
    certificate: dict[str, object],
    certificates: Certificates,
    clock: Clock,
    ledger: HostLedger,
    legacy: str = "",
) -> Fetched:
    context = certificates.server(**certificate)  # type: ignore[arg-type]  # passed through
    with HostileServer(tls=context) as server:
        hosts = frozenset({legacy} - {""})
        made = Outside(server, clock, ledger, names=NAMES, allow_legacy_tls=hosts)
        with made.fetcher:
            return made.fetcher.fetch(question("/good"))


@pytest.mark.usefixtures("trusted")
def test_a_valid_certificate_is_checked_against_the_name_not_the_address(
    certificates: Certificates, clock: Clock, ledger: HostLedger
) -> None:
    assert _over_tls({"name": "carrier.example"}, certificates, clock, ledger).page


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("certificate", "says"),
    [
        ({"name": "carrier.example", "days": -1}, "no valid certificate (certificate has expired)"),
        ({"name": "other.example"}, "no valid certificate (Hostname mismatch"),
        ({"name": "carrier.example", "bits": 1024}, "no valid certificate (EE certificate key too weak)"),
    ],
)
def test_a_bad_certificate_is_said_and_not_tried_again(
    certificate: dict[str, object], says: str, certificates: Certificates, clock: Clock, ledger: HostLedger
) -> None:
    fetched = _over_tls(certificate, certificates, clock, ledger)
    assert fetched.page is None
    assert says in fetched.fault
    assert clock.slept == []


@pytest.mark.parametrize("legacy", ["", "carrier.example"])
@pytest.mark.parametrize("content", [None, "no certificate"])
def test_authorities_that_cannot_be_read_are_said(
    content: str | None,
    legacy: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    certificates: Certificates,
    clock: Clock,
    ledger: HostLedger,
) -> None:
    file = tmp_path / "authorities.pem"
    if content:
        file.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    fetched = _over_tls({"name": "carrier.example"}, certificates, clock, ledger, legacy)
    assert "is SSL_CERT_FILE or SSL_CERT_DIR set wrong?" in fetched.fault
    assert clock.slept == []


def test_a_thread_left_behind_does_not_disturb_the_end(clock: Clock, ledger: HostLedger) -> None:
    """While the first transport is closed, a question under way makes that of the old ciphers."""
    asked: list[str] = []

    class Meddling(httpx2.BaseTransport):
        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            asked.append(request.url.host)
            raise httpx2.InvalidURL("not to be sent")

        def close(self) -> None:
            if len(asked) == 1:
                fetcher.fetch(Request("https://8.8.4.4/", ("A",)))

    fetcher = Fetcher(
        ledger=ledger, clock=clock, sleep=clock.sleep, allow_legacy_tls=frozenset({"8.8.4.4"}),
        transport=lambda _: Meddling(),
    )  # fmt: skip
    fetcher.fetch(Request("https://8.8.8.8/", ("A",)))
    fetcher.close()
    assert asked == ["8.8.8.8", "8.8.4.4"]


def test_an_unknown_authority_is_not_trusted(
    certificates: Certificates, clock: Clock, ledger: HostLedger
) -> None:
    fetched = _over_tls({"name": "carrier.example"}, certificates, clock, ledger)
    assert "no valid certificate" in fetched.fault


@pytest.mark.usefixtures("trusted")
def test_old_tls_is_spoken_only_with_hosts_that_are_named(
    certificates: Certificates, clock: Clock, ledger: HostLedger
) -> None:
    weak: dict[str, object] = {"name": "carrier.example", "bits": 1024}
    assert _over_tls(weak, certificates, clock, ledger, legacy="carrier.example").page
    assert _over_tls(weak, certificates, clock, ledger, legacy="other.example").page is None


@pytest.mark.usefixtures("trusted")
def test_old_tls_does_not_mean_any_certificate(
    certificates: Certificates, clock: Clock, ledger: HostLedger
) -> None:
    expired: dict[str, object] = {"name": "carrier.example", "days": -1}
    fetched = _over_tls(expired, certificates, clock, ledger, legacy="carrier.example")
    assert "certificate has expired" in fetched.fault


@pytest.mark.usefixtures("trusted")
def test_a_redirect_never_leaves_https(certificates: Certificates, clock: Clock, ledger: HostLedger) -> None:
    with HostileServer(tls=certificates.server("carrier.example")) as server:
        server.on("/x", redirect("http://carrier.example/good"))
        made = Outside(server, clock, ledger, names=NAMES)
        with made.fetcher:
            fetched = made.fetcher.fetch(question("/x"))
        assert fetched.fault == "carrier.example redirects out of https; that is not followed"
        assert server.paths == ["/x"]


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("path", ["/silent", "/drip", "/header-drip"])
def test_a_stall_over_tls_ends_too(
    path: str, certificates: Certificates, clock: Clock, ledger: HostLedger
) -> None:
    with HostileServer(tls=certificates.server("carrier.example")) as server:
        made = Outside(server, clock, ledger, names=NAMES, limits=SHORT)
        with made.fetcher:
            assert "did not answer within" in made.fetcher.fetch(question(path)).fault
            _no_fetch_goes_on()


@pytest.mark.usefixtures("trusted")
def test_a_handshake_that_fails_is_a_fault(
    certificates: Certificates, clock: Clock, ledger: HostLedger
) -> None:
    context = certificates.server("carrier.example")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED  # asks the client for a certificate, and we have none
    with HostileServer(tls=context) as server:
        made = Outside(server, clock, ledger, names=NAMES)
        with made.fetcher:
            fetched = made.fetcher.fetch(question("/good"))
        assert fetched.fault.startswith("no secure connection to carrier.example comes about")
        assert server.asked == []


def test_a_server_of_ones_own_without_pauses_is_not_cooled_down_but_its_retry_after_holds(
    server: HostileServer, ledger: HostLedger, clock: Clock
) -> None:
    with Fetcher(ledger=ledger, clock=clock, host_pause=0, sleep=clock.sleep) as fetcher:
        fetched = fetcher.fetch(question("/html"), base_url=server.url)
        assert fetched.page is not None
        fetcher.report(fetched.page.url, "blocked")
        assert fetcher.fetch(question("/good"), base_url=server.url).page is not None
        ledger.hold(fetched.page.url.split("/")[2], clock.now + timedelta(minutes=2))
        assert "asks us to wait" in fetcher.fetch(question("/good"), base_url=server.url).fault
