"""What every page has in common: its session and store, its words and its form key, and how it is drawn."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from monitor.adapters.store import Store
from monitor.model import Order
from monitor.rules import unjudged
from monitor.rules.protection import today
from monitor.rules.verdict import Verdict
from monitor.session import Session
from monitor.web.judged import Judged, Judging
from monitor.web.keys import Keys
from monitor.web.speech import Speech, speech
from monitor.web.strip import WIDTH, Strip, strip


class Frame:
    """Handed to each page's routes. Requests are answered by several threads, so each opens its own store."""

    def __init__(self, session: Session, keys: Keys, host: str) -> None:
        self.session, self.keys, self.host = session, keys, host
        self._judging = Judging(session)

    @property
    def speech(self) -> Speech:
        return speech(self.session.config.general.language)

    def now(self) -> datetime:
        """The moment, in the user's zone."""
        return self.session.clock().astimezone(self.session.zone)

    @contextlib.contextmanager
    def store(self) -> Iterator[Store]:
        store = self.session.new_store()
        try:
            yield store
        finally:
            store.close()

    def judged(self, store: Store) -> Judged:
        return self._judging.of_now(store)

    def verdict(self, store: Store, request: Request) -> Verdict:
        """The order the address names. Raises HTTPException 404, and 409 where it cannot be judged."""
        judged, order_id = self.judged(store), request.path_params["order_id"]
        if found := judged.by_id.get(order_id):
            return found
        for order in judged.unjudged:
            if order.order_id == order_id:
                raise HTTPException(409, unjudged.sentence(order))
        raise HTTPException(404, "No such order is stored here.")

    def order(self, store: Store, request: Request) -> Order:
        """The same, judged or not. Raises HTTPException 404."""
        found = store.order(request.path_params["order_id"])
        if found is None:
            raise HTTPException(404, "No such order is stored here.")
        return found

    def today(self) -> date:
        """The day deadlines are counted from."""
        return today(self.session.clock(), self.session.zone)

    def strip(self, verdict: Verdict) -> Strip:
        session = self.session
        return strip(verdict, session.config.policy.ladder, self.today(), session.zone)

    def page(self, template: str, status: int = 200, **shown: object) -> Response:
        """A page drawn in the user's language."""
        session, spoken = self.session, self.speech
        now = session.clock()

        def moment(at: datetime | None) -> str:
            return spoken.moment(at.astimezone(session.zone) if at else None)

        more: dict[str, Any] = {
            "strip": self.strip, "width": WIDTH, "form_key": self.keys.form, "moment": moment, "spoken": spoken,
            "now": now,
        }  # fmt: skip
        text = _environment(spoken.code).get_template(template).render(**(more | shown))
        return HTMLResponse(text, status)

    def part(self, template: str, **shown: object) -> Markup:
        """A part of a page that is the same until what it shows changes."""
        return Markup(_environment(self.speech.code).get_template(template).render(**shown))  # noqa: S704 - escaped


def order_address(order_id: str, part: str = "") -> str:
    """Where an order's page is; `part` is a place on it."""
    return f"/orders/{quote(order_id, safe='')}{f'#{part}' if part else ''}"


def seen(order_id: str, part: str = "") -> Response:
    """Back to an order's page, after its form was taken."""
    return RedirectResponse(order_address(order_id, part), 303)


@cache
def _environment(language: str) -> Environment:
    spoken = speech(language)
    made = Environment(
        autoescape=True,
        loader=PackageLoader("monitor.web"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    catalogue = spoken.catalogue
    made.install_gettext_callables(catalogue.gettext, catalogue.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.filters |= {
        "words": spoken.words, "day": spoken.day, "address": order_address,
        "segment": lambda text: quote(str(text), safe=""),
    }  # fmt: skip
    return made
