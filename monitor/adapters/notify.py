"""Notices on the desktop, through notify-py.

notify-py reports success whatever happened (no daemon at all, an error reply, a PowerShell that failed), so what
can be known is asked of the system itself. A notice handed over is not a notice seen: that stays the user's word.

On Linux and macOS notifiers of our own are plugged into notify-py: on Linux so that an error reply of the daemon
counts as failure, on macOS because the applet in notify-py is built for Intel only, while osascript is always
there. macOS and Windows were never tried on the real systems: tests go up to the edge of the program (the argv of
osascript, the PowerShell script notify-py generates).
"""

from __future__ import annotations

import platform
import re
import shutil
import threading
import webbrowser
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote

from notifypy import BaseNotifier, Notify

from monitor.adapters import child
from monitor.adapters.message import Message, Sent

APPLICATION = "parcelwarden"
LONGEST = 120  # characters of a title or a body; more is cut off by most desktops anyway
SEND_SECONDS = 20
_OSASCRIPT_SECONDS = 15
_WINDOWS_WITH_TOASTS = ("10", "11")


@dataclass(frozen=True, slots=True)
class DesktopState:
    """Whether the desktop can show notices, with one sentence that says what is there or what to install."""

    ok: bool
    detail: str


def plain(text: str) -> str:
    """The text with everything but `A-Za-z0-9 .,:/-` turned into blanks, not starting with "-", at most 120 long.

    Brackets and quotation marks are left out without a blank, and a semicolon becomes a comma.

    These characters mean nothing to PowerShell's expanding strings, to the markup of Linux desktops, nor to an
    option parser, and every notice on every system is held to them.
    """
    allowed = re.sub(r"[^A-Za-z0-9 .,:/-]", " ", re.sub("[()'’“”]", "", text.replace(";", ",")))
    return re.sub(r" +", " ", allowed).lstrip(" -")[:LONGEST].rstrip()


class DesktopChannel:
    """The notification area of this computer, without sound.

    `page` tells the address of the local page, "" while none is served: a click opens the order there, or, on a desktop
    without clicks, the notice names it.
    """

    name = "desktop"
    host = ""

    def __init__(self, page: Callable[[], str] | None = None) -> None:
        self._page = page

    def send(self, notice: Message) -> Sent:
        """Hands the notice over within 20 seconds; `ok` means that a daemon was there and took it."""
        state = desktop_state()
        if not state.ok:
            return Sent(ok=False, detail=state.detail)
        title, body = plain(notice.title) or APPLICATION, plain(notice.body)
        try:
            taken = _in_time(lambda: _hand_over(title, body, self._page, notice.order))
        except TimeoutError:
            return Sent(
                ok=False, detail=f"The desktop did not take the notice within {SEND_SECONDS} seconds."
            )
        except Exception as error:  # noqa: BLE001 - whatever notify-py raises, the notice was not handed over
            return Sent(ok=False, detail=_why(error))
        if not taken:
            return Sent(ok=False, detail="The desktop refused the notice.")
        return Sent(ok=True, detail="Handed to the desktop.")


def desktop_state() -> DesktopState:
    """What `doctor` says about desktop notices; asked anew at every call, since daemons come and go."""
    if platform.system() == "Linux":
        return _linux_state()
    system, release = platform.system(), platform.release()
    if system == "Windows" and release not in _WINDOWS_WITH_TOASTS:
        return DesktopState(
            ok=False, detail=f"Windows {release} shows no notices of ours: use another channel."
        )
    helper = "powershell" if system == "Windows" else "osascript"
    if shutil.which(helper) is None:
        return DesktopState(
            ok=False, detail=f"{helper} was not found, which notices need here: use another channel."
        )
    return DesktopState(
        ok=True,
        detail=f"Notices go through {helper}; whether they are shown cannot be asked: try notify test.",
    )


def _linux_state() -> DesktopState:
    from monitor.adapters import session_bus

    try:
        session_bus.require_daemon()
    except session_bus.NoNotices as reason:
        return DesktopState(ok=False, detail=str(reason))
    return DesktopState(ok=True, detail="A notification daemon is there.")


class _Refused(Exception):
    """The desktop did not take a notice; the message is one sentence."""


class _OwnNotifier(BaseNotifier):  # type: ignore[misc]  # notify-py has no types
    """What notify-py expects of a notifier plugged into it: it passes on all it was made with."""

    def __init__(self, **_: object) -> None:
        super().__init__()


class _SessionBusNotifier(_OwnNotifier):
    """Linux, over D-Bus. `clicked` is called on a click; `page` is named where there are none."""

    clicked: Callable[[], object] | None = None
    page = ""

    def send_notification(self, *, notification_title: str, notification_subtitle: str, **_: object) -> bool:
        from monitor.adapters import session_bus

        try:
            session_bus.show(
                APPLICATION, notification_title, notification_subtitle,
                clicked=self.clicked,
                instead=_with_page(notification_subtitle, self.page),
            )  # fmt: skip
        except session_bus.NoNotices as reason:
            raise _Refused(str(reason)) from reason
        return True


def _open(page: Callable[[], str], order: str) -> None:
    """Open the order where the page is now: the notice may have been there before it, or since an earlier start."""
    if address := page():
        webbrowser.open(f"{address}orders/{quote(order, safe='')}" if order else address)


def _with_page(body: str, page: str) -> str:
    """The body with the page's address behind it, where both fit: no word of a warning gives way to it."""
    longer = f"{body} {page}"
    return longer if page and plain(longer) == longer else body


class _OsascriptNotifier(_OwnNotifier):
    """macOS: the texts are arguments of a fixed script, never part of it."""

    _SCRIPT = (
        "on run argv",
        f'display notification (item 2 of argv) with title "{APPLICATION}" subtitle (item 1 of argv)',
        "end run",
    )

    def send_notification(self, *, notification_title: str, notification_subtitle: str, **_: object) -> bool:
        osascript = shutil.which("osascript") or "osascript"
        lines = [word for line in self._SCRIPT for word in ("-e", line)]
        shown = child.run(
            [osascript, *lines, notification_title, notification_subtitle], seconds=_OSASCRIPT_SECONDS
        )
        if not shown.ok:
            raise _Refused("osascript did not show the notice.")
        return True


def _hand_over(title: str, body: str, page: Callable[[], str] | None = None, order: str = "") -> bool:
    # notify-py makes the notifier itself and passes on only what it knows.
    leads = {"clicked": staticmethod(partial(_open, page, order)), "page": page()} if page else {}
    linux = type("_Linked", (_SessionBusNotifier,), leads)
    own = {"Linux": linux, "Darwin": _OsascriptNotifier}.get(platform.system())
    notify = Notify(use_custom_notifier=own) if own else Notify()
    # The send() of notify-py runs in a thread that keeps a program from ending; this is the same call without it.
    return bool(
        notify.send_notification(
            supplied_title=title,
            supplied_message=body if own is linux else _with_page(body, page() if page else ""),
            supplied_application_name=APPLICATION,
            supplied_urgency="normal",
            supplied_icon_path="",
            supplied_audio_path=None,
        )
    )


def _in_time(work: Callable[[], bool]) -> bool:
    """The answer of `work`, or what it raised; TimeoutError after 20 seconds, when it is left behind."""
    answer: Future[bool] = Future()

    def run() -> None:
        try:
            answer.set_result(work())
        except Exception as error:  # noqa: BLE001 - raised again where the answer is awaited
            answer.set_exception(error)

    threading.Thread(target=run, name="desktop notice", daemon=True).start()
    return answer.result(timeout=SEND_SECONDS)


def _why(error: Exception) -> str:
    """notify-py hides what a notifier raised behind an exception of its own."""
    hidden = error.__context__
    if isinstance(hidden, _Refused):
        return str(hidden)
    return f"The notice could not be handed over ({type(hidden or error).__name__})."
