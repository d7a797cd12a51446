"""One POST to an address of the user's own choosing, within hard limits: how warnings leave by HTTP.

Unlike carriers' hosts these may stand in the user's own network. No redirect is followed and nothing is retried
here; what the server writes back is not kept.
"""

from __future__ import annotations

import contextlib
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urlsplit

import httpx2

from monitor import __version__
from monitor.adapters.deadline import NetworkTime, Wire

TOTAL_SECONDS = 15.0
_CONNECT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Posted:
    """`ok`: the server said it took it (2xx). `detail` is one sentence that holds of the address only its host.

    `is_page`: it answered with a web page, as what stands between us and a service does (a login, a hotel's network).
    """

    ok: bool
    detail: str
    status: int | None = None
    is_page: bool = False


def post(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    method: Literal["POST", "DELETE"] = "POST",
    seconds: float = TOTAL_SECONDS,
) -> Posted:
    """Send `body`; never raises and takes no longer than `seconds`."""
    host = host_of(url)
    wire = Wire()
    late = TimeoutError()
    try:
        status, kind = NetworkTime(seconds).run(
            lambda: _answer(method, url, body, headers, wire, seconds), late, abort=wire.cut
        )
    except TimeoutError:
        return Posted(ok=False, detail=f"{host} did not answer within {seconds:g} seconds.")
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError) as error:
        return Posted(ok=False, detail=f"{host} could not be reached ({type(error).__name__}).")
    if 200 <= status < 300:
        return Posted(True, f"{host} took it.", status, is_page=kind.strip().lower().startswith("text/html"))
    return Posted(ok=False, detail=f"{host} refused it (status {status}).", status=status)


def _answer(
    method: str, url: str, body: bytes, headers: Mapping[str, str], wire: Wire, seconds: float
) -> tuple[int, str]:
    """The status, and the kind of what came with it."""
    timeout = httpx2.Timeout(seconds, connect=_CONNECT_SECONDS)
    said = {"User-Agent": f"parcelwarden/{__version__}", **_by_address(url), **headers}
    with (
        httpx2.HTTPTransport(trust_env=False) as transport,
        contextlib.closing(
            transport.handle_request(
                httpx2.Request(
                    method, url, headers=said, content=body,
                    extensions={"timeout": timeout.as_dict(), "trace": wire.trace},
                )
            )
        ) as response,
    ):  # fmt: skip
        return response.status_code, response.headers.get("Content-Type", "")


def _by_address(url: str) -> dict[str, str]:
    """User and password that stand in the address, which no transport reads."""
    parts = urlsplit(url)
    if parts.username is None:
        return {}
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}


def host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or "the address"
    except ValueError:
        return "the address"
