"""What the browser may send while the program's hand is near: nothing that could change an order.

Three locks, each whole without the others: routes that refuse by default (what the page asks is judged by host, API
name, kind and path), a proxy that is cut while the hand is on the form, and pages that lack the ways of sending which
neither sees, in a browser that is offline then (silence.py). The cut is proven each time by a canary: a page of our
own that keeps posting to a sink of our own, and is no longer heard.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic

from playwright.sync_api import BrowserContext, Error, Page, Route, WebSocketRoute

from monitor.adapters.cut_proxy import CutProxy, Mode
from monitor.adapters.silence import Silence
from scrapers.forms import Bounds

_FILES = frozenset({"stylesheet", "script", "image", "font", "media", "xhr", "fetch", "other", "manifest"})
_PARTS = frozenset({"stylesheet", "script", "font"})  # what a page is made of, fetched by the page's own tags
_CANARY_SECONDS = 15.0
# So many test messages have to be stopped, and none may be heard.
_REFUSALS = 3
_AFTER = "cut"  # how the address ends to which they go from the cut on
_STORAGES = "service_workers,cache_storage,shared_storage"


class Phase(Enum):
    READ = "read"  # pages load, declared openers may be pressed
    CUT = "cut"  # the hand is on the form: nothing leaves
    UPLOAD = "upload"  # READ, and photos may go to the shop
    USER = "user"  # the hand is off, the window is the user's


class NotProven(Exception):
    """The cut could not be shown to hold, so nothing may be filled in; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Blocked:
    """One refused request: `where` is scheme, host and path, never the query (it may hold personal data)."""

    method: str
    where: str
    kind: str
    is_the_act: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.where}"


def verdict(bounds: Bounds, phase: Phase, method: str, url: str, kind: str) -> str:
    """Why a request may not be sent, "" where it may. `kind` is Playwright's resource type, "" where unknown."""
    if phase is Phase.USER:
        return ""
    if phase is Phase.CUT:
        return "nothing leaves while the form is being filled"
    if not bounds.has_host(url):
        return "not the shop"
    if phase is Phase.UPLOAD and bounds.takes_upload(url):
        return ""  # the upload itself, and the picture as the page shows it afterwards
    name = bounds.api_name(url)
    if name:
        return "" if bounds.only_reads(name) else f"{name} does not only read"
    if method not in ("GET", "HEAD", "OPTIONS"):
        return f"{method} to an address that is no reading API"
    if kind in ("", "document") and bounds.is_page(url):
        return ""
    # From the shop's own address a file comes only as a part of the page: a script that asks for it could mean a write.
    if (not kind or kind in (_PARTS if bounds.is_own(url) else _FILES)) and bounds.is_file(url):
        return ""
    return "not a known page, file or reading API"


class Routes:
    """The browser's own interception, refusing by default. Install before the first page is opened."""

    def __init__(self, bounds: Bounds, *, exempt: Callable[[str], bool] = lambda _: False) -> None:
        self.phase = Phase.READ
        self._bounds = bounds
        self._exempt = exempt
        self._blocked: list[Blocked] = []

    def install(self, context: BrowserContext) -> None:
        context.route("**/*", self._judge)
        context.route_web_socket("**/*", self._judge_socket)
        for page in context.pages:
            self._forget_service_workers(context, page)
        context.on("page", lambda page: self._forget_service_workers(context, page))

    def release(self, context: BrowserContext) -> None:
        """Judge nothing any more: the window is the user's."""
        self.phase = Phase.USER
        context.unroute_all(behavior="ignoreErrors")

    def blocked(self) -> tuple[Blocked, ...]:
        return tuple(self._blocked)

    def _judge(self, route: Route) -> None:
        request = route.request
        with contextlib.suppress(Error):  # the page may be gone by now
            if self._exempt(request.url):
                route.continue_()
            elif verdict(self._bounds, self.phase, request.method, request.url, request.resource_type):
                self._note(request.method, request.url, request.resource_type)
                # "aborted" leaves a page where it is; any other failure of a navigation would replace the form
                route.abort("aborted")
            else:
                route.continue_()

    def _judge_socket(self, socket: WebSocketRoute) -> None:
        if self.phase is Phase.USER:
            socket.connect_to_server()
            return
        self._note("WEBSOCKET", socket.url, "websocket")
        socket.close()

    def _note(self, method: str, url: str, kind: str) -> None:
        act = self._bounds.is_the_act(method, url, kind)
        self._blocked.append(Blocked(method, url.partition("#")[0].partition("?")[0], kind, act))

    def _forget_service_workers(self, context: BrowserContext, page: Page) -> None:
        """A worker registered in an earlier session would answer, and send, behind the routes."""
        with contextlib.suppress(Error):
            session = context.new_cdp_session(page)
            session.send("Network.enable")
            session.send("Network.setBypassServiceWorker", {"bypass": True})
            for origin in {self._bounds.home, *self._bounds.sites.values()}:
                session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": _STORAGES})


class Guard:
    """The locks and the proof. A context manager that owns the proxy and the canary's sink."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._sink = _Sink()
        self.routes = Routes(bounds, exempt=self._sink.is_mine)
        self.proxy = CutProxy(self._may_pass)
        self._silence: Silence | None = None

    @contextlib.contextmanager
    def on(self) -> Iterator[Guard]:
        """The guard with its proxy running and loading allowed; cut and gone when the block ends."""
        with self._sink.running(), self.proxy:
            self.proxy.load()
            yield self

    def watch(self, context: BrowserContext) -> None:
        """Guard this browser: every request of it is judged from here on."""
        self.routes.install(context)

    def silence(self, context: BrowserContext) -> None:
        """Guard the pages it opens from here on from inside, too: openers will be pressed, and a form be filled."""
        self._silence = Silence(context)

    def read(self) -> None:
        """Pages may load, and nothing may be written."""
        self._turn(Phase.READ)

    def let_photos_through(self) -> None:
        """As `read`, and photos may go to the shop's upload addresses."""
        self._turn(Phase.UPLOAD)

    def cut(self, context: BrowserContext) -> None:
        """Cut the browser off, and prove it. Raises NotProven; the line is cut then as well."""
        try:
            self._prove_cut(context)
        finally:
            self.shut()
            if self._silence:
                self._silence.offline()

    def shut(self) -> None:
        """Cut the browser off without a proof: nothing is to be filled any more."""
        self.routes.phase = Phase.CUT
        self.proxy.cut()

    def stopped_the_act(self) -> bool:
        """Whether the page tried, by itself, to send the request or to change an order."""
        return any(blocked.is_the_act for blocked in self.blocked())

    def release(self, context: BrowserContext) -> None:
        """The hand is off: the network is open and nothing is judged any more."""
        self.routes.release(context)
        if self._silence:
            self._silence.lift()
        self.proxy.open()

    def holds(self, phase: Phase) -> bool:
        """Whether routes and line are in place for this phase."""
        mode = {Phase.CUT: Mode.CUT, Phase.USER: Mode.OPEN}.get(phase, Mode.LOAD)
        return self.routes.phase is phase and self.proxy.mode is mode

    def blocked(self) -> tuple[Blocked, ...]:
        """What was refused of the shop's, each once, oldest first; files and the browser's own calls are left out."""
        lines = list(self.routes.blocked())
        for refusal in self.proxy.refused():
            act = self._bounds.is_the_act(refusal.method, refusal.target, "")
            lines.append(Blocked(refusal.method, refusal.target, "", act))
        told = (line for line in lines if self._is_the_shops(line))
        return tuple(dict.fromkeys(told))

    def _is_the_shops(self, blocked: Blocked) -> bool:
        if blocked.method == "WEBSOCKET":
            return True
        url = f"https://{blocked.where}/" if blocked.method == "CONNECT" else blocked.where
        return self._bounds.has_host(url) and not (blocked.method == "GET" and self._bounds.is_file(url))

    def _turn(self, phase: Phase) -> None:
        self.proxy.cut()
        self.routes.phase = phase
        if self._silence:
            self._silence.online()
        self.proxy.load()

    def _may_pass(self, method: str, url: str) -> bool:
        if self._sink.is_mine(url):
            return True
        if method == "CONNECT":
            return url.startswith("https://") and self._bounds.has_host(url)
        return not verdict(self._bounds, self.routes.phase, method, url, "")

    def _prove_cut(self, context: BrowserContext) -> None:
        """A canary is heard while the line is open, and no more once it is cut."""
        self._sink.forget()
        try:
            canary = context.new_page()
            canary.goto(self._sink.url)
            _until(
                canary,
                lambda: self._sink.heard > 0,
                "its test message did not arrive while the line was open",
            )
            self.routes.phase = Phase.CUT
            self.proxy.cut()
            # Another address from here on: what was sent before the cut may still be heard a moment after it.
            canary.goto(f"{self._sink.url}#{_AFTER}")
            _until(
                canary,
                lambda: self._canaries_refused() >= _REFUSALS,
                "its test message was not stopped by the cut",
            )
            if self._sink.heard_after_the_cut or self.proxy.open_connections:
                raise NotProven("The guard could not be proven: its test message got through the cut.")
            canary.close()
        except Error as error:
            raise NotProven(f"The guard could not be proven: {error.message.splitlines()[0]}") from error

    def _canaries_refused(self) -> int:
        wanted = ("POST", self._sink.url_after_the_cut)
        return sum((refusal.method, refusal.target) == wanted for refusal in self.proxy.refused())


def _until(page: Page, holds: Callable[[], bool], otherwise: str) -> None:
    """Let the browser run until something holds. Raises NotProven with the reason when it does not come to hold."""
    end = monotonic() + _CANARY_SECONDS
    while not holds():
        if monotonic() > end:
            raise NotProven(f"The guard could not be proven: {otherwise}.")
        page.wait_for_timeout(20)


class _QuietServer(ThreadingHTTPServer):
    """Its connections are cut on purpose, which is nothing to tell anybody."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing; what was not heard is what counts."""


class _Sink:
    """A server of our own whose page keeps posting to it: while the line is cut, it hears nothing."""

    def __init__(self) -> None:
        self.heard = self.heard_after_the_cut = 0
        self._path = f"/{secrets.token_urlsafe(16)}"
        self._server = _QuietServer(("127.0.0.1", 0), self._handler())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}{self._path}"

    @property
    def url_after_the_cut(self) -> str:
        return f"{self.url}/{_AFTER}"

    def is_mine(self, url: str) -> bool:
        return url in (self.url, self.url_after_the_cut)

    def forget(self) -> None:
        self.heard = self.heard_after_the_cut = 0

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="canary-sink", daemon=True
        )
        thread.start()
        try:
            yield
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(_CANARY if self.path == sink._path else b"")

            def do_POST(self) -> None:
                if self.path == sink._path:
                    sink.heard += 1
                elif self.path == f"{sink._path}/{_AFTER}":
                    sink.heard_after_the_cut += 1
                self._answer(b"")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
                """Say nothing: the program's own output is not a web server's."""

            def _answer(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler


_CANARY = b"""<!doctype html><title>parcelwarden: is the line cut?</title>
<script>
const address = () => location.pathname + location.hash.replace("#", "/")
setInterval(() => fetch(address(), {method: "POST", body: "?"}).catch(() => {}), 40)
</script>
"""
