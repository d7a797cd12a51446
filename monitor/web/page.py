"""The local page as an application: its pages side by side, behind one gate."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from monitor.adapters.feed_key import FeedKey
from monitor.adapters.store import StoreTrouble
from monitor.config import ConfigError
from monitor.session import Session
from monitor.web import adding, diary, drafts, feeds, figures, health, order, overview, settings, started
from monitor.web.frame import Frame
from monitor.web.gate import Gate, cookie_of
from monitor.web.keyed import KeyHolder
from monitor.web.keys import Keys

_COOKIE_SECONDS = 400 * 24 * 3600  # as long as browsers keep one


def application(session: Session, keys: Keys, host: str) -> ASGIApp:
    """The page behind its gate; `host` is the one Host it answers to, "127.0.0.1:8437"."""
    frame = Frame(session, keys, host)
    own_commands = started.OwnCommands(session)
    routes = [
        *_entrance(frame),
        *overview.routes(frame),
        *order.routes(frame, own_commands),
        *drafts.routes(frame),
        *adding.routes(frame),
        *health.routes(frame),
        *figures.routes(frame),
        *diary.routes(frame),
        *settings.routes(frame),
        *feeds.routes(session),
        Mount("/static", StaticFiles(directory=Path(__file__).parent / "static")),
    ]
    told = {
        HTTPException: _told(frame), StoreTrouble: _told(frame), ConfigError: _told(frame), OSError: _told(frame),
    }  # fmt: skip
    feeds_for = KeyHolder(FeedKey(session.data_dir).read)
    return Gate(Starlette(routes=routes, exception_handlers=told), keys, host, feeds_for)


def _entrance(frame: Frame) -> list[Route]:
    def ask_in(request: Request) -> Response:
        """A GET changes nothing, so the key is only used up by the button."""
        key = request.query_params.get("key", "")
        return frame.page("enter.html", key=key, token=bool(frame.session.config.web.token))

    def enter(request: Request) -> Response:
        if not frame.keys.redeem(request.scope["form"].get("key", "").strip()):
            raise HTTPException(403, "This link was used already, or the token is another one: `parcelwarden web`"
                                     " prints a new link.")  # fmt: skip
        answer = RedirectResponse("/", 303)
        answer.set_cookie(
            cookie_of(frame.host), frame.keys.session, _COOKIE_SECONDS, httponly=True, samesite="strict"
        )
        return answer

    return [Route("/enter", ask_in), Route("/enter", enter, methods=["POST"])]


def _told(frame: Frame) -> Callable[[Request, Exception], Response]:
    """What went wrong, as a page with the one sentence."""

    def page(_request: Request, fault: Exception) -> Response:
        code = fault.status_code if isinstance(fault, HTTPException) else 503
        sentence = fault.detail if isinstance(fault, HTTPException) else str(fault)
        if isinstance(fault, OSError):  # a full disk, a folder that takes no file
            where = f": {fault.filename}" if fault.filename else ""
            sentence = f"That could not be done ({os.strerror(fault.errno or 0)}){where}."
        return frame.page("sentence.html", code, sentence=sentence)

    return page
