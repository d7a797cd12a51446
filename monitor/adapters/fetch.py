"""Asking the web: one question in, one answer or one sentence out, within hard limits and with manners.

The only place that opens connections to carriers. A hostile or broken server can cost no more than `Limits`
says; redirects stay on the carrier's own site and outside the user's network; hosts that ask to be left alone
are. Nothing here judges what an answer means.
"""

from __future__ import annotations

import errno
import ipaddress
import random
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property
from types import TracebackType

import httpx2
import tenacity

from monitor import __version__
from monitor.adapters.deadline import NetworkTime, Wire
from monitor.adapters.politeness import Hold, HostLedger, LedgerUnusable, Reason, retry_after
from monitor.adapters.reach import Origin, may_connect, origin, redirect_refusal
from monitor.adapters.unpack import Unreadable, collect
from scrapers.base import Outcome, Page, Request

LEAST_PAUSE = 5.0
_LEAST_SLEEP = 0.001  # below that a clock may not even show that time has passed
USER_AGENT = f"parcelwarden/{__version__} (personal parcel watcher)"
# What may follow a redirect to another host; a key is meant for the host it was made for.
_NOT_SECRET = frozenset(
    {"accept", "accept-language", "content-type", "referer", "origin", "x-requested-with"}
)
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING_STATUSES = frozenset({502, 503, 504})
_OUR_OWN_NETWORK = frozenset({errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL})

_SAID_BY_ALL = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip", "Connection": "close"}
_HELD: Mapping[Reason, str] = {
    "": "{host} is left alone until {until}",
    "asked": "{host} asks us to wait until {until}",
    "bot_check": "{host} showed a bot check and is left alone until {until}",
    "faults": "{host} has failed again and again and is left alone until {until}",
}

Resolve = Callable[[str, int], Sequence[str]]
MakeTransport = Callable[[ssl.SSLContext], httpx2.BaseTransport]


@dataclass(frozen=True, slots=True)
class Limits:
    """The most one fetch may cost. Seconds of network time (pauses between requests apart), and bytes."""

    total: float = 20.0
    connect: float = 5.0
    retry_within: float = 8.0  # no further try after this much network time
    tries: int = 3
    redirects: int = 3
    wire: int = 2_000_000
    decoded: int = 5_000_000
    headers: int = 64 * 1024


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of one question. `fault` is one sentence, "" when there is a page.

    `retry_at` is when the host may be asked again, where it or we have set a time; it may accompany a page (429).
    `seconds` are those on the network until the page was whole, further tries included, pauses not; None without one.
    """

    page: Page | None
    fault: str
    retry_at: datetime | None = None
    seconds: float | None = field(default=None, compare=False)


class _Fault(Exception):
    """No answer; the message is the sentence for the user. `counts` against the host; `passing`: worth another try."""

    counts = True
    passing = False


class _NotAsked(_Fault):
    """The address is not one we ask."""

    counts = False


class _Held(_NotAsked):
    def __init__(self, sentence: str, until: datetime) -> None:
        super().__init__(sentence)
        self.until = until


class _Broken(_Fault):
    """The connection broke after it stood."""

    passing = True


class _Unconnected(_Fault):
    """There was no connection, so the host saw no request and no turn was used."""

    passing = True


class _Offline(_Unconnected):
    """The fault is on this side of the wire."""

    counts = False


@dataclass(frozen=True, slots=True)
class _Hop:
    """One HTTP request to be sent."""

    url: httpx2.URL
    origin: Origin
    method: str
    headers: Mapping[str, str]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class _Answer:
    """One HTTP answer. The body of a redirect is not read."""

    status: int
    content_type: str
    location: str
    retry_after: str
    date: str
    body: bytes


class Trust:
    """What servers' certificates are checked with; read from the disk at the first need, and worth keeping."""

    @cached_property
    def modern(self) -> ssl.SSLContext:
        return _authorities()

    @cached_property
    def legacy(self) -> ssl.SSLContext:
        """Accepts short keys and SHA-1, as some posts still have; the certificate must be valid all the same."""
        context = _authorities()
        context.set_ciphers("DEFAULT@SECLEVEL=1")
        return context


def _authorities() -> ssl.SSLContext:
    try:
        return httpx2.create_ssl_context()
    except OSError as error:
        raise _NotAsked(
            "the authorities that vouch for servers cannot be read; is SSL_CERT_FILE or SSL_CERT_DIR set wrong?"
        ) from error


class Fetcher:
    """Fetches for one process; thread-safe, a context manager. Hosts are asked one request at a time.

    `connections` are the requests a loopback host may have under way at once where it has no pauses; no other host
    ever has more than one.
    `host_pause` is the seconds between the end of a request and the next one to the same host, stretched by up to
    the share `jitter`; less than LEAST_PAUSE is honoured for loopback hosts only. `sleep` is called for these
    pauses and between tries. `allow_legacy_tls` names the hosts that speak only old TLS; their certificates are
    checked like any other. `resolve` (host and port to IP addresses, raises OSError) and `transport` are the
    system's and the HTTP client's own unless given. `trust` may be shared with the next Fetcher.
    """

    def __init__(
        self,
        *,
        ledger: HostLedger,
        clock: Callable[[], datetime],
        host_pause: float = LEAST_PAUSE,
        jitter: float = 0.2,
        connections: int = 1,
        sleep: Callable[[float], None] = time.sleep,
        allow_legacy_tls: frozenset[str] = frozenset(),
        limits: Limits = Limits(),
        resolve: Resolve | None = None,
        transport: MakeTransport | None = None,
        trust: Trust | None = None,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._host_pause = host_pause
        self._jitter = jitter
        self._connections = connections
        self._sleep = sleep
        self._limits = limits
        self._resolve = resolve or system_addresses
        self._turns: dict[str, threading.Semaphore] = {}
        self.clocks_ahead: dict[str, timedelta] = {}
        self._make_transport = transport or _transport
        self._trust = trust or Trust()
        self._transports: dict[bool, httpx2.BaseTransport] = {}
        self._making_transport = threading.Lock()
        self._legacy_hosts = allow_legacy_tls

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the connections."""
        for transport in list(self._transports.values()):  # a thread left behind may be making another
            transport.close()

    def fetch(self, request: Request, *, base_url: str = "") -> Fetched:
        """The answer to one request. Never raises for anything a network, a server or the ledger does.

        `base_url` takes the place of scheme, host and port of the request's address, and its path goes in front.
        A host on hold is not asked, nor is its time waited for.
        """
        try:
            first = _first_hop(request, base_url)
            return self._fetch(first)
        except _Held as held:
            return Fetched(None, str(held), held.until)
        except (_Fault, LedgerUnusable) as fault:
            return Fetched(None, str(fault))

    def at_once(self, url: str) -> int:
        """How many requests to the host of an address may be under way at the same time."""
        try:
            return self._at_once(_parsed(url)[1])
        except _NotAsked:
            return 1

    def report(self, url: str, outcome: Outcome) -> None:
        """Tells, once a page, what the page fetched from `url` turned out to be. A bot check cools its host down."""
        with suppress(_NotAsked, LedgerUnusable):
            host = _parsed(url)[1]
            if outcome == "blocked" and not self._is_our_own(host):
                self._ledger.bot_check(host.key)
            elif outcome in ("ok", "not_found"):
                self._ledger.good(host.key)

    def _fetch(self, first: _Hop) -> Fetched:
        poll = _Poll(NetworkTime(self._limits.total))
        try:
            last, answer = self._with_retries(first, poll)
        except _Fault as fault:
            if not fault.counts:
                raise
            with suppress(LedgerUnusable):
                self._fail(first.origin)
            return Fetched(None, str(fault))
        finally:
            self._end_turn(poll)
        now = self._clock()
        self._hear_clock(last.origin, answer.date, now)
        wait_until = _asked_wait(answer, now)
        # Without its ledger the next fetch says so; what has been answered is not thrown away for that.
        with suppress(LedgerUnusable):
            for host in {first.origin, last.origin}:
                self._note(host, answer.status, wait_until)
        page = Page(str(last.url), answer.status, answer.content_type, answer.body, now)
        return Fetched(page, "", wait_until, poll.time.spent)

    def _hear_clock(self, host: Origin, date: str, now: datetime) -> None:
        """Another host's clock is a witness about ours; a server on this machine has none of its own."""
        with suppress(ValueError, TypeError):
            if not host.is_loopback:
                self.clocks_ahead[host.host] = parsedate_to_datetime(date) - now

    def _note(self, host: Origin, status: int, wait_until: datetime | None) -> None:
        if status >= 500:
            self._fail(host)
        else:
            self._ledger.answered(host.key)
        if wait_until:
            self._ledger.hold(host.key, wait_until)

    def _fail(self, host: Origin) -> None:
        if not self._is_our_own(host):
            self._ledger.failed(host.key)

    def _with_retries(self, first: _Hop, poll: _Poll) -> tuple[_Hop, _Answer]:
        def enough(state: tenacity.RetryCallState) -> bool:
            tried = state.attempt_number >= self._limits.tries
            return tried or bool(poll.probing) or poll.time.spent >= self._limits.retry_within

        def passing(fault: BaseException) -> bool:
            return isinstance(fault, _Fault) and fault.passing

        def passing_status(result: tuple[_Hop, _Answer]) -> bool:
            answer = result[1]
            return answer.status in _PASSING_STATUSES and _asked_wait(answer, self._clock()) is None

        retrying = tenacity.Retrying(
            stop=enough,
            wait=tenacity.wait_random_exponential(multiplier=0.5, max=4),
            retry=tenacity.retry_if_exception(passing) | tenacity.retry_if_result(passing_status),
            sleep=self._sleep,
            retry_error_callback=_last_outcome,
        )
        return retrying(self._follow, first, poll)

    def _follow(self, hop: _Hop, poll: _Poll) -> tuple[_Hop, _Answer]:
        """Sends a request and follows its redirects to the answer; returns the last request too."""
        answer = self._in_turn(hop, poll)
        for _ in range(self._limits.redirects):
            if answer.status not in _REDIRECTS or not answer.location:
                return hop, answer
            hop = _redirected(hop, answer)
            answer = self._in_turn(hop, poll)
        if answer.status in _REDIRECTS:
            raise _Fault(f"{hop.origin.label} redirects more than {self._limits.redirects} times")
        return hop, answer

    def _in_turn(self, hop: _Hop, poll: _Poll) -> _Answer:
        """Sends one request when its host's turn has come. Raises _Held, _NotAsked, _Fault."""
        host = hop.origin.key
        if host not in poll.probing:
            self._refuse_if_held(hop.origin, self._ledger.held_until(host))
        self._take_turn(hop.origin, poll)
        if host not in poll.probing:
            admission = self._ledger.admit(host)
            self._refuse_if_held(hop.origin, admission.hold)
            if admission.is_probe:
                poll.probing.add(host)
        try:
            answer = self._send(hop, poll.time)
        except _Unconnected:  # the host saw nothing of it: its turn is still ours for the next try
            raise
        except _Fault:
            self._end_turn(poll)
            raise
        self._end_turn(poll)
        return answer

    def _take_turn(self, host: Origin, poll: _Poll) -> None:
        if poll.turn and poll.turn.host == host.key:
            return
        self._end_turn(poll)
        threads = self._turns.setdefault(host.key, threading.Semaphore(self._at_once(host)))
        gap = self._gap(host)
        threads.acquire()
        poll.turn = _Turn(host.key, threads)
        if gap:
            # When another process has its answer nobody can know, so this is asked again and again.
            while (pause := self._ledger.reserve(host.key, gap)) > 0:
                self._sleep(max(min(pause, gap), _LEAST_SLEEP))
            poll.turn.gap = gap

    def _end_turn(self, poll: _Poll) -> None:
        if poll.turn is None:
            return
        turn, poll.turn = poll.turn, None
        try:
            if turn.gap:
                with suppress(LedgerUnusable):
                    self._ledger.finished(turn.host, turn.gap)
        finally:
            turn.threads.release()

    def _gap(self, host: Origin) -> float:
        pause = self._host_pause if host.is_loopback else max(self._host_pause, LEAST_PAUSE)
        # Upwards only: the pause is a promise, the jitter keeps polls from falling into step.
        return pause * random.uniform(1, 1 + self._jitter)  # noqa: S311 - no secret hangs on it

    def _is_our_own(self, host: Origin) -> bool:
        """A server on this machine, with pauses switched off: only itself can ask to be left alone."""
        return host.is_loopback and self._host_pause == 0

    def _at_once(self, host: Origin) -> int:
        return self._connections if self._is_our_own(host) else 1

    def _refuse_if_held(self, host: Origin, hold: Hold | None) -> None:
        if hold is None:
            return
        now = self._clock()
        until = hold.until.astimezone(now.tzinfo)
        form = "%H:%M" if until.date() == now.date() else "%Y-%m-%d %H:%M"
        raise _Held(_HELD[hold.reason].format(host=host.label, until=until.strftime(form)), until)

    def _send(self, hop: _Hop, time_left: NetworkTime) -> _Answer:
        addresses = self._addresses(hop.origin, time_left)
        wire = Wire()
        late = _Fault(f"{hop.origin.label} did not answer within {self._limits.total:g} seconds")
        return time_left.run(lambda: self._exchange(hop, addresses, wire), late, abort=wire.cut)

    def _addresses(self, host: Origin, time_left: NetworkTime) -> list[str]:
        """The addresses to try, the resolver's first of each family. Raises _Fault where there is none to be asked."""
        unknown = _Offline(f"no address was found for {host.label}; is the network there?")
        if _is_ip(host.host):
            found: Sequence[str] = [host.host]
        else:
            try:
                found = time_left.run(
                    lambda: self._resolve(host.host, host.port), unknown, at_most=self._limits.connect
                )
            except (OSError, UnicodeError):
                raise unknown from None
        allowed = [address for address in found if may_connect(address, on_loopback=host.is_loopback)]
        if not allowed:
            raise _NotAsked(
                f"{host.label} leads to an address that is not on the public network; it is not asked"
            )
        of_family: dict[bool, str] = {}
        for address in allowed:
            of_family.setdefault(":" in address, address)
        return list(of_family.values())

    def _exchange(self, hop: _Hop, addresses: Sequence[str], wire: Wire) -> _Answer:
        """One request to the first address that takes a connection, and its answer."""
        for address in addresses[:-1]:
            with suppress(_Unconnected):
                return self._exchange_with(address, hop, wire)
        return self._exchange_with(addresses[-1], hop, wire)

    def _exchange_with(self, address: str, hop: _Hop, wire: Wire) -> _Answer:
        limits, host = self._limits, hop.origin
        timeout = httpx2.Timeout(limits.total, connect=limits.connect).as_dict()
        try:
            # The address vetted is the address connected to: a second look-up could give another one.
            request = httpx2.Request(
                hop.method,
                hop.url.copy_with(host=address),
                headers=_headers(hop),
                content=hop.body,
                extensions={"timeout": timeout, "sni_hostname": host.host, "trace": wire.trace},
            )
            response = self._transport_to(host).handle_request(request)
            try:
                return self._read(response)
            finally:
                response.close()
        except Unreadable as unreadable:
            raise _Fault(f"{host.label} {unreadable}") from unreadable
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, UnicodeError) as error:
            raise _fault_of(error, host.label, limits) from error

    def _transport_to(self, host: Origin) -> httpx2.BaseTransport:
        legacy = host.host in self._legacy_hosts
        with self._making_transport:
            if legacy not in self._transports:
                context = self._trust.legacy if legacy else self._trust.modern
                self._transports[legacy] = self._make_transport(context)
            return self._transports[legacy]

    def _read(self, response: httpx2.Response) -> _Answer:
        limits, headers = self._limits, response.headers
        if sum(len(name) + len(value) for name, value in headers.raw) > limits.headers:
            raise Unreadable("sent headers without measure")
        is_redirect = response.status_code in _REDIRECTS and "location" in headers
        encoding = headers.get("content-encoding", "")
        return _Answer(
            response.status_code,
            headers.get("content-type", ""),
            headers.get("location", ""),
            headers.get("retry-after", ""),
            headers.get("date", ""),
            b""
            if is_redirect
            else collect(response.iter_raw(), encoding, wire=limits.wire, decoded=limits.decoded),
        )


def system_addresses(host: str, port: int) -> list[str]:
    """The IP addresses of a host by the system's resolver, in its order of preference. Raises OSError."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


@dataclass(slots=True)
class _Turn:
    """A host is ours: `threads` keeps other threads from it, and where there is a `gap` the ledger other processes."""

    host: str
    threads: threading.Semaphore
    gap: float = 0.0


@dataclass(slots=True)
class _Poll:
    """One fetch under way. `probing` are hosts in trouble of which this is the one probe."""

    time: NetworkTime
    turn: _Turn | None = None
    probing: set[str] = field(default_factory=set)


def _first_hop(request: Request, base_url: str) -> _Hop:
    url, host = _parsed(request.url)
    if base_url:
        base, host = _parsed(base_url)
        path = base.raw_path.partition(b"?")[0].rstrip(b"/") + url.raw_path
        url = base.copy_with(raw_path=path)
    return _Hop(url, host, request.method, request.headers, request.body)


def _headers(hop: _Hop) -> httpx2.Headers:
    headers = httpx2.Headers({"Accept": "*/*"})
    headers.update(hop.headers)
    headers.update({"Host": hop.url.netloc.decode("ascii"), **_SAID_BY_ALL})
    return headers


def _redirected(hop: _Hop, answer: _Answer) -> _Hop:
    try:
        url, host = _parsed(str(hop.url.join(answer.location)))
    except (_NotAsked, httpx2.InvalidURL, UnicodeError):
        raise _Fault(
            f"{hop.origin.label} redirects to something that is no web address; that is not followed"
        ) from None
    refusal = redirect_refusal(hop.origin, host)
    if refusal:
        raise _Fault(f"{hop.origin.label} redirects {refusal}; that is not followed")
    headers = hop.headers
    if host != hop.origin:
        headers = {name: value for name, value in headers.items() if name.lower() in _NOT_SECRET}
    if answer.status in (307, 308) or hop.method == "GET":
        return replace(hop, url=url, origin=host, headers=headers)
    return _Hop(url, host, "GET", headers, None)


def _parsed(address: str) -> tuple[httpx2.URL, Origin]:
    """An address taken apart, without the user name and password it may hold. Raises _NotAsked."""
    try:
        url = httpx2.URL(address)
        host = origin(url.scheme, url.raw_host.decode("ascii"), url.port)
    except (httpx2.InvalidURL, ValueError) as error:
        raise _NotAsked(f"not a web address to ask: {error}") from error
    return url.copy_with(userinfo=b"") if url.userinfo else url, host


def _asked_wait(answer: _Answer, now: datetime) -> datetime | None:
    return retry_after(answer.retry_after, now) if answer.status >= 400 else None


def _last_outcome(state: tenacity.RetryCallState) -> tuple[_Hop, _Answer]:
    assert state.outcome is not None
    last: tuple[_Hop, _Answer] = state.outcome.result()
    return last


def _fault_of(error: Exception, host: str, limits: Limits) -> _Fault:
    """What an error of the HTTP client means, as a sentence that holds nothing of the request."""
    match error:
        case httpx2.ConnectTimeout():
            return _Unconnected(f"{host} did not take a connection within {limits.connect:g} seconds")
        case httpx2.ConnectError():
            return _connect_fault(list(_causes(error)), host)
        case httpx2.TimeoutException():
            return _Fault(f"{host} did not answer within {limits.total:g} seconds")
        case httpx2.NetworkError() | OSError():
            return _Broken(f"{host} broke the connection off")
        case httpx2.RemoteProtocolError():
            return _Fault(f"{host} sent a cut-off or garbled answer")
        case _:
            return _NotAsked(f"the request to {host} cannot be written as HTTP")


def _connect_fault(causes: Sequence[BaseException], host: str) -> _Fault:
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _Fault(f"{host} has no valid certificate ({cause.verify_message})")
        if isinstance(cause, ssl.SSLError):
            return _Fault(f"no secure connection to {host} comes about ({cause.reason or 'cut off'})")
        if isinstance(cause, OSError) and cause.errno in _OUR_OWN_NETWORK:
            return _Offline(f"there is no way to {host} from here; is the network there?")
    return _Unconnected(f"{host} refused the connection")


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _transport(context: ssl.SSLContext) -> httpx2.BaseTransport:
    # No connection is kept: hosts behind one address must not share one, and minutes pass between requests.
    return httpx2.HTTPTransport(
        verify=context,
        trust_env=False,
        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=0),
    )
