"""How long a silence may last: per stage, over holidays, and by what the user's own parcels did before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

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
    """A silence judged: late, stalled since when (None: not yet), and why."""

    late: bool
    stalled_at: datetime | None
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
        rest = self._rest(scan, idle) if idle >= limit.late else []
        counted = idle - len(rest)
        reasons = [_said(scan, idle, limit), *self._learned(scan, usual, limit)]
        if rest:
            country = self._country(scan)
            reasons.append(because("holidays", days=len(rest), country=country, name=rest[-1][1]))
        stalled_at = self._over(scan, limit.stalled) if counted >= limit.stalled else None
        return Silence(counted >= limit.late, stalled_at, tuple(reasons) if idle else ())

    def _over(self, scan: Scan, days: int) -> datetime:
        """When so many days without a holiday had passed; holidays after that change nothing."""
        passed = days
        while passed - len(self._rest(scan, passed)) < days:
            passed += 1
        return scan.event.at + timedelta(days=passed)

    def _rest(self, scan: Scan, days: int) -> list[tuple[date, str]]:
        """Public holidays in so many days after a scan."""
        start = scan.event.at
        return days_off(self._country(scan), start.date(), (start + timedelta(days=days)).date())

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
