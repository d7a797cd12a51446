"""The carriers: how each answers, when it is asked again, what of its texts is not understood."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.adapters.store import Store
from monitor.model import Leg
from monitor.web.frame import Frame
from monitor.web.meaning import OUTCOMES
from scrapers.base import Carrier
from scrapers.carriers import every

_COUNTED = timedelta(days=14)


@dataclass
class Health:
    """One carrier: its newest attempt among the numbers it is asked about, and its answers of two weeks."""

    carrier: Carrier
    numbers: int = 0
    newest: Leg | None = None
    good_at: datetime | None = None
    next_at: datetime | None = None
    answers: Counter[str] = field(default_factory=Counter)
    not_understood: list[str] = field(default_factory=list)

    @property
    def failing(self) -> bool:
        outcome = self.newest.last_outcome if self.newest else None
        return outcome not in (None, "ok", "not_found")

    @property
    def good_share(self) -> int | None:
        """Per cent of its answers that said something."""
        total = self.answers.total()
        return round(100 * (self.answers["ok"] + self.answers["not_found"]) / total) if total else None


def routes(frame: Frame) -> list[Route]:
    def carriers(_request: Request) -> Response:
        with frame.store() as store:
            found = _health(frame, store)
        asked = [one for one in found if one.numbers]
        asked.sort(key=lambda one: (not one.failing, -one.numbers))
        idle = [one for one in found if not one.numbers]
        return frame.page("carriers.html", asked=asked, idle=idle, outcomes=OUTCOMES)

    return [Route("/carriers", carriers)]


def _health(frame: Frame, store: Store) -> list[Health]:
    legs: defaultdict[str, list[Leg]] = defaultdict(list)
    for verdict in frame.judged(store).verdicts:
        for parcel in verdict.order.parcels:
            for leg in parcel.legs:
                legs[leg.carrier].append(leg)
    answers = store.answers_since(frame.now() - _COUNTED)
    unread = store.not_understood()
    found = []
    for carrier in every():
        known = legs[carrier.id]
        tried = [(leg.last_attempt_at, leg) for leg in known if leg.last_attempt_at]
        found.append(
            Health(
                carrier,
                numbers=len({leg.number for leg in known}),
                newest=max(tried, key=lambda entry: entry[0])[1] if tried else None,
                good_at=max((leg.last_good_at for leg in known if leg.last_good_at), default=None),
                next_at=min((leg.next_check_at for leg in known if leg.next_check_at), default=None),
                answers=answers.get(carrier.id, Counter()),
                not_understood=unread.get(carrier.id, []),
            )
        )
    return found
