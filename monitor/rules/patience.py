"""How long a silence may last: per stage, over holidays, and by what the user's own parcels did before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.rules.days_off import days_off
from monitor.rules.history import History, Route
from monitor.rules.policy import Limit, Policy
from monitor.rules.reasons import Reason, because
from monitor.rules.timeline import ORDER_OF_STAGES, Scan
from scrapers.base import Stage

_STAGE_NAMES: dict[Stage, str] = {
    "": "on the way", "label": "label only", "accepted": "accepted by the first carrier",
    "origin": "in the origin country", "export_customs": "export customs", "line_haul": "between the countries",
    "arrived": "arrived in the destination country", "import_customs": "import customs",
    "local_carrier": "with the local carrier", "local": "in the destination country",
    "out_for_delivery": "out for delivery", "pickup": "waiting for pickup",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Silence:
    """A silence judged: late, stalled (since when), and why."""

    late: bool
    stalled: bool
    stalled_at: datetime
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Patience:
    """Limits for one parcel: the policy's, tightened by the history of its route."""

    policy: Policy
    history: History
    route: Route

    def judge(self, scan: Scan, looked: datetime) -> Silence:
        """The silence from a scan until the last look that said something."""
        idle = max((looked - scan.event.at).days, 0)
        usual = self.policy.limit(scan.stage)
        limit = self.history.tightened(usual, self.route, scan.stage)
        rest = self._rest(scan, looked) if idle >= limit.late else []
        counted = idle - len(rest)
        reasons = [_said(scan, idle, limit), *self._learned(scan, usual, limit)]
        if rest:
            country = self._country(scan)
            reasons.append(because("holidays", days=len(rest), country=country, name=rest[-1][1]))
        stalled_at = scan.event.at + timedelta(days=limit.stalled + len(rest))
        shown = tuple(reasons) if idle else ()
        return Silence(counted >= limit.late, counted >= limit.stalled, stalled_at, shown)

    def _rest(self, scan: Scan, looked: datetime) -> list[tuple[object, str]]:
        return list(days_off(self._country(scan), scan.event.at.date(), looked.date()))

    def _country(self, scan: Scan) -> str:
        """Whose holidays count: the origin's until the parcel has left, then the destination's."""
        origin, destination = self.route
        reached = ORDER_OF_STAGES.index(scan.stage) >= ORDER_OF_STAGES.index("arrived")
        return destination if reached else origin or "CN"

    def _learned(self, scan: Scan, usual: Limit, limit: Limit) -> list[Reason]:
        known = self.history.learned(self.route, scan.stage)
        if known is None or limit == usual:
            return []
        return [because("history", days=known.days, count=known.count, stage=_STAGE_NAMES[scan.stage])]


def _said(scan: Scan, idle: int, limit: Limit) -> Reason:
    stage = _STAGE_NAMES[scan.stage]
    if idle >= limit.late:
        return because("silent", days=idle, stage=stage, late=limit.late, stalled=limit.stalled)
    return because("quiet_but_fine", days=idle, stage=stage)
