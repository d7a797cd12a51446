"""A page that writes to its server in every way a browser knows, and a server that counts what arrives.

Each way has its own address below /w/. A page is opened first and fires when told to, so that a lock can be put
in place between the two.
"""

import contextlib
import json
import socket
import ssl
import subprocess
import threading
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from hostile_server import Certificates

from fixtures.loopback import Answer, Asked, LoopbackServer
from scrapers.forms import Bounds

# What one page can fire without leaving, and what needs a page of its own because it leads away from it.
STAYING = (
    "fetch_post", "fetch_get", "xhr_put", "beacon", "form_popup", "ping", "link_blank", "window_open",
    "window_open_noopener", "iframe", "srcdoc", "image", "prefetch", "worker", "shared_worker", "blob_worker", "websocket", "worker_websocket",
    "event_source", "redirect_302", "redirect_307", "csp_report", "fetch_later",
)  # fmt: skip
SERVED = (
    "service_fetch",
    "service_forwarded",
    "service_message",
)  # by a service worker, below /p/served/ only
SPECULATING = ("speculation_prefetch", "speculation_prerender")  # only while their page is the one in front
LEAVING = ("form_post", "form_get", "keepalive_on_leaving", "beacon_on_leaving")
OWN = ("page_request", "context_request")  # the driver's own ways of asking
ALL = frozenset(STAYING + SERVED + SPECULATING + LEAVING + OWN)


def bounds_of(url: str) -> Bounds:
    """Reading is what is called list; pages and workers are below /p/."""
    return Bounds(
        home=url, origins=(url,), static_origins=(), pages=("/p/",), static_suffixes=(".js",), api=r"/h5/([\w.]+)/",
        reading=("list",), writing=("submit",), subjects=("order",), uploads=("upload",),
    )  # fmt: skip


class ChannelServer(LoopbackServer):
    """`heard` holds the names of the ways by which a write has arrived."""

    @property
    def heard(self) -> set[str]:
        return {
            asked.path.removeprefix("/w/") for asked in list(self.requests) if asked.path.startswith("/w/")
        }

    def answer(self, asked: Asked) -> Answer:
        if asked.path.startswith("/h5/"):  # named as a reading call, and leads to a writing address
            return Answer(
                status=307 if asked.method == "POST" else 302, headers={"Location": asked.query["to"]}
            )
        if asked.path.endswith(".js"):
            return Answer(_SCRIPTS[asked.path.rpartition("/")[2]].encode(), "text/javascript")
        if asked.path == "/p/served/page":
            return Answer(_page(SERVED))
        if asked.path == "/p/staying":
            return Answer(
                _page(STAYING),
                headers={"Content-Security-Policy": "img-src 'self'; report-uri /w/csp_report"},
            )
        if asked.path.startswith("/p/"):
            return Answer(_page((asked.path.removeprefix("/p/"),)))
        return Answer(b"ok", "text/plain")


def _page(ways: tuple[str, ...]) -> bytes:
    return f"""<!doctype html><html lang="en"><title>ways</title><body><script>
{_WAYS}
window.go = () => {{ for (const way of {json.dumps(ways)}) {{ try {{ ways[way](); }} catch (error) {{ console.log(way, error); }} }} }};
window.ready = Promise.all({json.dumps(ways)}.map((way) => before[way]?.()));
</script></body></html>""".encode()


_WAYS = """
const to = (way) => `/w/${way}`;
const post = (way, more) => fetch(to(way), { method: "POST", body: "1", ...more }).catch(() => {});
const put = (tag, set) => document.body.appendChild(Object.assign(document.createElement(tag), set));
const form = (way, set) => put("form", { action: to(way), method: "post", ...set }).submit();
const rules = (kind, way) => put("script", { type: "speculationrules",
  text: JSON.stringify({ [kind]: [{ source: "list", urls: [to(way)], eagerness: "immediate" }] }) });
const onLeaving = (act) => { addEventListener("pagehide", act); setTimeout(() => { location.href = "/p/elsewhere"; }); };
let worker, shared, blob, registered;
const before = {
  worker: () => { if (!globalThis.Worker) return; worker = new Worker("/worker.js"); return new Promise((r) => { worker.onmessage = r; }); },
  shared_worker: () => { if (!globalThis.SharedWorker) return; shared = new SharedWorker("/shared.js"); return new Promise((r) => { shared.port.onmessage = r; }); },
  blob_worker: () => {
    if (!globalThis.Worker) return;
    const text = `postMessage(1); onmessage = () => fetch("${location.origin}/w/blob_worker", { method: "POST", body: "1" });`;
    blob = new Worker(URL.createObjectURL(new Blob([text]))); return new Promise((r) => { blob.onmessage = r; });
  },
  service_fetch: async () => {
    try { await navigator.serviceWorker.register("/sw.js", { scope: "/p/served/" }); registered = await Promise.race([navigator.serviceWorker.ready, new Promise((r) => setTimeout(r, 1500))]); }
    catch (error) { console.log(error); }
  },
};
const tell = (what) => registered?.active.postMessage(what);
const ways = {
  fetch_post: () => post("fetch_post"),
  fetch_get: () => fetch(to("fetch_get")),
  xhr_put: () => { const x = new XMLHttpRequest(); x.open("PUT", to("xhr_put")); x.send("1"); },
  beacon: () => navigator.sendBeacon(to("beacon"), "1"),
  form_post: () => form("form_post"),
  form_get: () => form("form_get", { method: "get" }),
  form_popup: () => form("form_popup", { target: "_blank" }),
  ping: () => put("a", { href: "#here", ping: to("ping") }).click(),
  link_blank: () => put("a", { href: to("link_blank"), target: "_blank" }).click(),
  window_open: () => window.open(to("window_open")),
  window_open_noopener: () => window.open(to("window_open_noopener"), "_blank", "noopener"),
  iframe: () => put("iframe", { src: to("iframe") }),
  srcdoc: () => put("iframe", { srcdoc: `<script>fetch("${location.origin}/w/srcdoc", { method: "POST", mode: "no-cors" })</` + "script>" }),
  image: () => { new Image().src = to("image"); },
  prefetch: () => put("link", { rel: "prefetch", href: to("prefetch") }),
  speculation_prefetch: () => rules("prefetch", "speculation_prefetch"),
  speculation_prerender: () => rules("prerender", "speculation_prerender"),
  worker: () => worker.postMessage("post"),
  worker_websocket: () => worker.postMessage("socket"),
  shared_worker: () => shared.port.postMessage(1),
  blob_worker: () => blob.postMessage(1),
  websocket: () => new WebSocket(location.origin.replace("http", "ws") + to("websocket")),
  event_source: () => new EventSource(to("event_source")),
  redirect_302: () => fetch("/h5/a.list/?to=/w/redirect_302"),
  redirect_307: () => fetch("/h5/a.list/?to=/w/redirect_307", { method: "POST", body: "1" }),
  csp_report: () => { new Image().src = "http://127.0.0.2/blocked.png"; },
  fetch_later: () => fetchLater(to("fetch_later"), { method: "POST", body: "1", activateAfter: 0 }),
  service_fetch: () => tell("fetch"),
  service_forwarded: () => fetch("/p/served/forwarded"),
  service_message: () => tell("message"),
  keepalive_on_leaving: () => onLeaving(() => post("keepalive_on_leaving", { keepalive: true })),
  beacon_on_leaving: () => onLeaving(() => navigator.sendBeacon(to("beacon_on_leaving"), "1")),
};
"""

_SCRIPTS = {
    "worker.js": """postMessage(1);
onmessage = ({ data }) => data === "post" ? fetch("/w/worker", { method: "POST", body: "1" })
  : new WebSocket(location.origin.replace("http", "ws") + "/w/worker_websocket");""",
    "shared.js": """onconnect = ({ ports: [port] }) => {
  port.onmessage = () => fetch("/w/shared_worker", { method: "POST", body: "1" }); port.postMessage(1); };""",
    "sw.js": """oninstall = () => skipWaiting();
onactivate = (event) => event.waitUntil(clients.claim());
onmessage = ({ data }) => fetch(data === "fetch" ? "/w/service_fetch" : "/w/service_message", { method: "POST", body: "1" });
onfetch = (event) => {
  if (new URL(event.request.url).pathname === "/p/served/forwarded") event.respondWith(fetch("/w/service_forwarded", { method: "POST", body: "1" }));
};""",
}


def trusting(folder: Path) -> str:
    """The browser's argument by which it trusts the authority of `over_tls`, and no other that it does not know."""
    key = ["openssl", "x509", "-in", "authority.pem", "-noout", "-pubkey"]
    public = subprocess.run(key, cwd=folder, check=True, capture_output=True).stdout
    der = ["openssl", "pkey", "-pubin", "-outform", "der"]
    found = subprocess.run(der, cwd=folder, input=public, check=True, capture_output=True).stdout
    return f"--ignore-certificate-errors-spki-list={b64encode(sha256(found).digest()).decode()}"


@contextlib.contextmanager
def over_tls(server: ChannelServer, folder: Path) -> Iterator[str]:
    """The same server behind HTTPS, with a certificate of an authority made on the spot. Yields its address."""
    certificates = Certificates(folder)
    context = certificates.server("shop.test", chain=True)
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    inner = ("127.0.0.1", int(server.url.rpartition(":")[2]))

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                raw, _ = listener.accept()
                threading.Thread(target=_serve_tls, args=(raw, context, inner), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def _serve_tls(raw: socket.socket, context: ssl.SSLContext, inner: tuple[str, int]) -> None:
    with (
        contextlib.suppress(OSError),
        raw,
        context.wrap_socket(raw, server_side=True) as client,
        socket.create_connection(inner) as server,
    ):
        back = threading.Thread(target=_pump, args=(server, client), daemon=True)
        back.start()
        _pump(client, server)
        back.join(5)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
