"""A real browser with a window, on a profile of the program's own, all of its traffic through one proxy.

The profile is nobody's everyday profile: 0700, one browser at a time (a lock beside it), no password kept by us.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import monotonic

from filelock import FileLock, Timeout
from playwright.sync_api import BrowserContext, Error, Page, Response, sync_playwright

from monitor.adapters import private_file
from monitor.adapters.time_limit import TimeLimit, end_process
from scrapers.base import Page as Answer
from scrapers.skeleton import skeleton

# Chromium heeds only the last --disable-features, so the driver's own list, which this replaces, is repeated
# where it matters here: automatic starts of service workers and upgrades of addresses would pass by the guard.
_FEATURES_OFF = (
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ServiceWorkerAutoPreload",
    "ThirdPartyStoragePartitioning",
)
_ARGUMENTS = (
    "--disable-quic",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-features=" + ",".join(_FEATURES_OFF),
    "--hide-crash-restore-bubble",
    # What these send is seen by no interception, and in a tunnel of HTTPS by no proxy; pages do without them.
    "--disable-blink-features=SharedWorker,FetchLaterAPI",
)


_PAGE_NUMBER = (
    '<div style="font-size: 8px; width: 100%; text-align: center">'
    '<span class="pageNumber"></span> / <span class="totalPages"></span></div>'
)

# Longer than anything the program asks of a browser may take: an address 30 s, the proof of the cut 45 s.
STUCK_SECONDS = 60.0
_CLOSING_SECONDS = 20.0
_MOMENT_MS = 20  # between two questions whether something has happened, which cost the page nothing

BrowserError = Error  # what any touch of a page may raise: it changed, gave way or was closed
# How Chromium says that a page's address led to nobody. The guard's own ends are called otherwise: ABORTED, TUNNEL.
_NOBODY = re.compile(
    r"net::ERR_(NAME_NOT_RESOLVED|INTERNET_DISCONNECTED|EMPTY_RESPONSE|NETWORK_\w+|ADDRESS_\w+|TIMED_OUT|UNSAFE_PORT"
    r"|CONNECTION_(REFUSED|RESET|CLOSED|TIMED_OUT|FAILED))"
)
Tab = Page
Browser = BrowserContext  # one running browser with its one profile


def nobody_answered(error: BrowserError) -> bool:
    """Whether a page did not open because the network, or the other side, is not there."""
    return _NOBODY.search(str(error)) is not None


class WindowClosed(Exception):
    """The user closed the window."""


class BrowserBusy(Exception):
    """The profile is in use by another parcelwarden; the message is one sentence."""


class BrowserFailed(Exception):
    """The browser did not start; the message is one sentence."""


class BrowserStuck(Exception):
    """A page kept the browser from answering, and the browser was ended; the message is one sentence."""


def own_folder(path: Path) -> Path:
    """The folder, made if need be, for its owner alone (0700)."""
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.chmod(0o700)
    return path


@contextlib.contextmanager
def launched(
    executable: Path,
    profile: Path,
    *,
    proxy: str = "",
    env: Mapping[str, str] | None = None,
    headless: bool = False,
) -> Iterator[BrowserContext]:
    """A running browser; closed, with everything it started, when the block ends.

    `proxy` is the address every request goes through, those to this machine included; "" for none. `env` is the
    browser's environment (the display). Raises BrowserBusy or BrowserFailed.
    """
    own_folder(profile)
    lock = FileLock(f"{profile}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise BrowserBusy(
            f"The browser profile {profile} is in use by another parcelwarden window."
        ) from error
    try:
        _fetch_nothing_ahead(profile / "Default" / "Preferences")
        # Workers of an earlier session would answer, and send, behind the guard's back.
        shutil.rmtree(profile / "Default" / "Service Worker", ignore_errors=True)
        with sync_playwright() as playwright:
            try:
                context = playwright.chromium.launch_persistent_context(
                    profile,
                    executable_path=executable,
                    headless=headless,
                    proxy={"server": proxy, "bypass": "<-loopback>"} if proxy else None,
                    args=list(_ARGUMENTS),
                    service_workers="block",
                    chromium_sandbox=not _is_root(),
                    accept_downloads=False,
                    no_viewport=True,
                    env=dict(os.environ if env is None else env),
                    handle_sigint=False,  # Ctrl-C is answered by the program, which then closes the browser in order
                    timeout=60_000,
                )
            except Error as error:
                raise BrowserFailed(_why_not_started(executable, error.message)) from error
            pid = _process_id(context)
            try:
                yield context
            finally:
                with contextlib.suppress(Error), TimeLimit(_CLOSING_SECONDS, lambda: end_process(pid)):
                    context.close()
    finally:
        lock.release()


@contextlib.contextmanager
def watched(
    context: BrowserContext,
    check: Callable[[], None],
    *,
    seconds: float = STUCK_SECONDS,
    first: Callable[[], None] = lambda: None,
) -> Iterator[Callable[[], None]]:
    """`check`, as it is to be called from now on: where it is not for `seconds`, a page holds the browser for ever.

    Then `first` is called, from another thread, and the browser ended. Raises BrowserStuck in the place of whatever
    comes of that.
    """
    pid = _process_id(context)
    stuck = BrowserStuck("The page kept the browser busy without an end; the browser was closed.")

    def end() -> None:
        try:
            first()
        finally:
            end_process(pid)

    with TimeLimit(seconds, end) as limit:

        def alive() -> None:
            limit.renew()
            check()

        try:
            yield alive
        except Exception:
            if limit.passed:
                raise stuck from None
            raise
    if limit.passed:
        raise stuck


def pause(context: BrowserContext, milliseconds: float) -> None:
    """Let the browser run for a moment. Raises WindowClosed when no tab is left."""
    if not context.pages:
        raise WindowClosed
    with contextlib.suppress(
        Error
    ):  # that tab was closed meanwhile; the next call finds out whether it was the last
        context.pages[-1].wait_for_timeout(milliseconds)


def pause_until(context: BrowserContext, happened: Callable[[], bool], milliseconds: float) -> None:
    """As `pause`, and no longer than until something has happened."""
    end = monotonic() + milliseconds / 1000
    while not happened() and monotonic() < end:
        pause(context, _MOMENT_MS)


def until_closed(context: BrowserContext, meanwhile: Callable[[], None]) -> None:
    """Returns when the user has closed the window; `meanwhile` is called several times a second."""
    with contextlib.suppress(WindowClosed):
        while True:
            meanwhile()
            pause(context, 200)


def leave_dialogs_to_the_user(context: BrowserContext) -> None:
    """A page's own questions ("Are you sure?") stay open until answered; without a listener they are dismissed."""
    context.on("dialog", lambda _: None)


def listen(context: BrowserContext, wanted: Callable[[str], bool], take: Callable[[Answer], None]) -> None:
    """Hand every answer from a wanted address to `take`, as the page itself receives it."""
    listen_to_both(context, wanted, lambda answer, _posted: take(answer))


def listen_to_both(
    context: BrowserContext, wanted: Callable[[str], bool], take: Callable[[Answer, str], None]
) -> None:
    """As `listen`, and what the page posted for the answer, "" where it posted nothing readable."""

    def hear(response: Response) -> None:
        if wanted(response.url):
            with contextlib.suppress(Error):
                kind = response.headers.get("content-type", "")
                answer = Answer(response.url, response.status, kind, response.body())
                take(answer, _posted(response))

    context.on("response", hear)


def markup(tab: Tab) -> str:
    """The page as it stands, "" while it is changing or gone."""
    try:
        return tab.content()
    except Error:
        return ""


def picture(tab: Tab, path: Path) -> Path | None:
    """The whole page as a PNG for the owner alone (0600); None where the page can no longer be pictured."""
    try:
        tab.screenshot(path=path, full_page=True, timeout=15_000)
    except Error:
        return None
    path.chmod(0o600)
    return path


def bones(tab: Tab, path: Path) -> None:
    """The page's tags without a word of what it says, for the owner alone (0600)."""
    with contextlib.suppress(Error):
        path.touch(mode=0o600)
        path.write_text(skeleton(tab.content()), "utf-8")


def print_to_pdf(executable: Path, page: str) -> bytes:
    """A page as A4 PDF, printed by a browser without a window that runs no script and asks nobody.

    Raises BrowserFailed.
    """
    with sync_playwright() as playwright:
        try:
            with playwright.chromium.launch(
                executable_path=executable,
                headless=True,
                chromium_sandbox=not _is_root(),
                handle_sigint=False,
            ) as browser:
                tab = browser.new_context(java_script_enabled=False, offline=True).new_page()
                tab.set_content(page, wait_until="load")
                return tab.pdf(
                    format="A4",
                    margin={"top": "16mm", "bottom": "18mm", "left": "16mm", "right": "16mm"},
                    display_header_footer=True,
                    header_template="<span></span>",
                    footer_template=_PAGE_NUMBER,
                    tagged=True,
                )
        except Error as error:
            raise BrowserFailed(_why_not_started(executable, error.message)) from error


def _posted(response: Response) -> str:
    try:
        return response.request.post_data or ""
    except UnicodeDecodeError:  # a file or a picture
        return ""


def _why_not_started(executable: Path, message: str) -> str:
    if "Missing X server" in message or "without having a XServer" in message:
        return "The browser found no screen to open its window on."
    if "ProcessSingleton" in message or "profile appears to be in use" in message:
        return "The browser profile is in use by another browser."
    return f"The browser {executable} did not start: {message.splitlines()[0].partition(': ')[2] or message[:100]}"


def _fetch_nothing_ahead(preferences: Path) -> None:
    """Set the browser's own "do not preload pages": what is fetched or drawn ahead passes by every interception."""
    try:
        kept = json.loads(preferences.read_text("utf-8"))
        net = kept.setdefault("net", {})
    except (
        OSError,
        ValueError,
        AttributeError,
    ):  # a new profile, or one whose settings the browser will make anew
        kept = {"net": (net := {})}
    net["network_prediction_options"] = 2
    own_folder(preferences.parent)
    private_file.write(preferences, json.dumps(kept).encode())


def _process_id(context: BrowserContext) -> int:
    """Of the browser itself; when it ends, all that it started ends with it."""
    assert context.browser is not None  # it is one only for Android and Electron
    session = context.browser.new_browser_cdp_session()
    processes = session.send("SystemInfo.getProcessInfo")["processInfo"]
    session.detach()
    return next(int(process["id"]) for process in processes if process["type"] == "browser")


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
