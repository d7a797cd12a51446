"""The page's addresses for programs: calendar, Atom feed, JSON under /api/v1/, metrics. All are read only."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.adapters.store import Store, StoreTrouble
from monitor.rules import agenda
from monitor.rules.unjudged import sentence
from monitor.rules.verdict import Judgement, Verdict, judge_all
from monitor.session import Session
from monitor.web import api, atom

_MOST_ENTRIES = 100
_INDEX = {
    name: f"/api/v1/{name}" for name in ("orders", "orders/{order_id}", "deadlines", "carriers")
}  # fmt: skip
_TEXT = "text/plain; charset=utf-8"


def routes(session: Session) -> list[Route]:
    """The routes, for a gate that lets in who holds the key (monitor.web.keyed) or the page's cookie."""
    feeds = _Feeds(session)
    paths: dict[str, Callable[[_Asked], Response]] = {
        "/calendar.ics": feeds.calendar,
        "/feed.atom": feeds.atom,
        "/metrics": feeds.metrics,
        "/api/v1/": feeds.index,
        "/api/v1/orders": feeds.orders,
        "/api/v1/orders/{order_id:path}": feeds.order,
        "/api/v1/deadlines": feeds.deadlines,
        "/api/v1/carriers": feeds.carriers,
    }
    return [Route(path, feeds.answering(answer)) for path, answer in paths.items()]


@dataclass(frozen=True, slots=True)
class _Asked:
    store: Store
    request: Request


class _Feeds:
    def __init__(self, session: Session) -> None:
        self._session = session

    def answering(self, answer: Callable[[_Asked], Response]) -> Callable[[Request], Response]:
        """With a store of the request's own, since several threads answer; a broken one is said with 503."""

        def answered(request: Request) -> Response:
            try:
                with closing(self._session.new_store()) as store:
                    return answer(_Asked(store, request))
            except StoreTrouble as trouble:
                return Response(f"{trouble}\n", 503, media_type=_TEXT)

        return answered

    def calendar(self, asked: _Asked) -> Response:
        """The same file as `export --ics`."""
        from monitor.adapters import ics

        verdicts, unjudged = self._judgement(asked.store)
        entries = agenda.entries(verdicts, self._session.config.policy.ladder)
        told = asked.store.tell_calendar(entries, self._session.clock(), unjudged)
        return Response(ics.calendar(told), media_type="text/calendar; charset=utf-8")

    def atom(self, asked: _Asked) -> Response:
        page = f"http://{asked.request.headers['host']}/"
        return Response(
            atom.feed(asked.store.newest_notices(_MOST_ENTRIES), page), media_type="application/atom+xml; charset=utf-8"
        )  # fmt: skip

    def metrics(self, asked: _Asked) -> Response:
        from monitor.web.metrics import Metrics

        store = asked.store
        now_so = Metrics(
            self._judged(store), store.carriers_health(), store.last_good_check(), len(store.untold())
        )
        return Response(now_so.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    def index(self, _asked: _Asked) -> Response:
        return _json(_INDEX)

    def orders(self, asked: _Asked) -> Response:
        """Watched orders; with ?all=1 every one."""
        everything = asked.request.query_params.get("all") == "1"
        chosen = [v for v in self._judged(asked.store) if everything or v.order.watched]
        return _json(api.orders(chosen, self._session.clock(), self._session.zone))

    def order(self, asked: _Asked) -> Response:
        wanted = asked.request.path_params["order_id"]
        verdicts, unjudged = self._judgement(asked.store)
        for verdict in verdicts:
            if verdict.order.order_id == wanted:
                return _json(api.order(asked.store, verdict, self._session.zone))
        for order in unjudged:
            if order.order_id == wanted:
                return _json({"error": sentence(order)}, 409)
        return _json({"error": "No such order is stored here."}, 404)

    def deadlines(self, asked: _Asked) -> Response:
        return _json(api.deadlines(self._judged(asked.store), self._session.clock(), self._session.zone))

    def carriers(self, asked: _Asked) -> Response:
        return _json(api.carriers(self._session, asked.store, self._session.clock()))

    def _judged(self, store: Store) -> list[Verdict]:
        return self._judgement(store).verdicts

    def _judgement(self, store: Store) -> Judgement:
        session = self._session
        return judge_all(store.orders(), session.config.policy, session.clock(), session.zone)


def _json(document: object, code: int = 200) -> Response:
    body = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    return Response(body, code, media_type="application/json")
