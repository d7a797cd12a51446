"""The pages and their few buttons: what is read is judged afresh for every request."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from monitor.adapters.store import Store
from monitor.rules.protection import today
from monitor.rules.verdict import Verdict, judge_all, most_urgent_first
from monitor.session import Session
from monitor.web.gate import Gate, Keys
from monitor.web.strip import WIDTH, strip


def application(session: Session, keys: Keys, host: str) -> ASGIApp:
    """The page behind its gate; `host` is the one Host it answers to, "127.0.0.1:8437"."""
    pages = _Pages(session, keys, f"parcelwarden-{host.rpartition(':')[2]}")
    routes = [
        Route("/", pages.overview),
        Route("/enter", pages.ask_in),
        Route("/enter", pages.enter, methods=["POST"]),
        Route("/orders/{order_id}", pages.order),
        Route("/orders/{order_id}/{act}", pages.act, methods=["POST"]),
        Mount("/static", StaticFiles(directory=Path(__file__).parent / "static")),
    ]
    return Gate(Starlette(routes=routes), keys, host)


class _Pages:
    def __init__(self, session: Session, keys: Keys, cookie: str) -> None:
        self._session, self._keys, self._cookie = session, keys, cookie
        self._templates = Environment(
            autoescape=True, loader=PackageLoader("monitor.web"), undefined=StrictUndefined, trim_blocks=True
        )
        self._templates.filters["words"] = lambda name: str(name or "").replace("_", " ")
        self._templates.filters["moment"] = self._moment

    def ask_in(self, request: Request) -> Response:
        """A GET changes nothing, so the key is only used up by the button."""
        return self._page("enter.html", key=request.query_params.get("key", ""))

    def enter(self, request: Request) -> Response:
        if not self._keys.redeem(request.scope["form"].get("key", "")):
            raise HTTPException(
                403, "This link was used already: start `parcelwarden web` again for a new one."
            )
        answer = RedirectResponse("/", 303)
        answer.set_cookie(self._cookie, self._keys.session, httponly=True, samesite="strict")
        return answer

    def overview(self, request: Request) -> Response:
        wanted = request.query_params.get("q", "").strip().casefold()[:100]
        with self._store() as store:
            shown = [v for v in most_urgent_first(self._judged(store)) if wanted in _searched(v)]
            checked_at = store.last_good_check()
        groups = {
            "Needs you now": [v for v in shown if v.urgent],
            "On the way": [v for v in shown if v.order.watched and not v.urgent],
            "Done": [v for v in shown if not v.order.watched],
        }
        return self._page("overview.html", groups=groups, wanted=wanted, checked_at=checked_at)

    def order(self, request: Request) -> Response:
        with self._store() as store:
            verdict = self._one(store, request)
            notices, refusals = store.notices(verdict.order), store.refusals(verdict.order)
        return self._page("order.html", v=verdict, notices=notices, refusals=refusals)

    def act(self, request: Request) -> Response:
        """What the user says about an order; nothing here reaches a shop or a carrier."""
        now = self._session.clock()
        day = now.astimezone(self._session.zone).date()
        days = {
            "received": ("received_on", day), "received-undo": ("received_on", None),
            "archive": ("archived_on", day), "archive-undo": ("archived_on", None),
        }  # fmt: skip
        act = request.path_params["act"]
        with self._store() as store:
            order = self._one(store, request).order
            if act == "ack":
                store.acknowledge(order, now)
            elif act in days:
                store.set_day(order, *days[act])
            else:
                raise HTTPException(404, "There is no such button.")
        return RedirectResponse(f"/orders/{order.order_id}", 303)

    def _page(self, template: str, **shown: object) -> Response:
        session, now = self._session, self._session.clock()
        day = today(now, session.zone)

        def drawn(verdict: Verdict) -> object:
            return strip(verdict, session.config.policy.ladder, day, session.zone)

        more = {"strip": drawn, "width": WIDTH, "form_key": self._keys.form}
        return HTMLResponse(self._templates.get_template(template).render(**shown, **more))

    def _judged(self, store: Store) -> list[Verdict]:
        session = self._session
        return judge_all(store.orders(), session.config.policy, session.clock(), session.zone)

    def _one(self, store: Store, request: Request) -> Verdict:
        for verdict in self._judged(store):
            if verdict.order.order_id == request.path_params["order_id"]:
                return verdict
        raise HTTPException(404, "No such order is stored here.")

    @contextlib.contextmanager
    def _store(self) -> Iterator[Store]:
        store = self._session.new_store()  # requests are answered by several threads
        try:
            yield store
        finally:
            store.close()

    def _moment(self, at: datetime | None) -> str:
        return f"{at.astimezone(self._session.zone):%d %b %Y %H:%M}" if at else "never"


def _searched(verdict: Verdict) -> str:
    order = verdict.order
    numbers: Sequence[str] = [a.number for a in verdict.assessments]
    return " ".join([order.order_id, order.title, order.seller, *numbers]).casefold()
