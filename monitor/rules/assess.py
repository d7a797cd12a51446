"""What is happening with a parcel: one condition, since when, and why.

Three rules above all others. A scan says "delivered" only while nothing after it says otherwise. Silence
counts up to the last answer that said something, never beyond: a carrier that could not be asked makes a
parcel `unchecked`, not stalled. And only every owner's own not-found makes a parcel unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.model import Condition, Leg, Order, Parcel
from monitor.rules import suspicion
from monitor.rules.history import History, route_of
from monitor.rules.patience import Patience
from monitor.rules.policy import Policy
from monitor.rules.reasons import Reason, because
from monitor.rules.timeline import ORDER_OF_STAGES, Scan, kind, merge
from scrapers.base import Stage, Status

# Zones and clocks are wrong by hours; a scan further ahead is no scan, and must not hide a silence.
_AHEAD = timedelta(days=2)

_HELD = frozenset(
    {"", "Exception_001", "Exception_004", "Exception_006", "Exception_007", "Exception_009", "Exception_012"}
)
_FAILED = frozenset({"Exception_002", "Exception_008"})
_BACK = frozenset({"Exception_003", "Exception_010"})
# "Returned to sender" is said when the way back begins, too.
_GONE_BACK = _BACK | {"Exception_011"}


@dataclass(frozen=True, slots=True)
class Assessment:
    """The verdict on one parcel. `idle_days` is None without scans; `tag`/`subtag` are those of the newest
    understood scan. `destination_reached` tells that the parcel is in the country it goes to."""

    number: str
    condition: Condition
    late: bool
    since: datetime | None
    tag: str
    subtag: str
    stage: Stage
    last_movement_at: datetime | None
    idle_days: int | None
    reasons: tuple[Reason, ...]
    scans: tuple[Scan, ...]
    expected_at: datetime | None = None

    @property
    def destination_reached(self) -> bool:
        return ORDER_OF_STAGES.index(self.stage) >= ORDER_OF_STAGES.index("arrived")

    @property
    def delivered_at(self) -> datetime | None:
        return self.since if self.condition == "delivered" else None


@dataclass(frozen=True, slots=True)
class _Finding:
    condition: Condition
    late: bool = False
    since: datetime | None = None
    reasons: tuple[Reason, ...] = ()


def assess(
    parcel: Parcel, order: Order, policy: Policy, now: datetime, history: History | None = None
) -> Assessment:
    """The condition of one parcel. Pure: data and `now` in, verdict with reasons out.

    `history` is what the user's finished parcels teach; it can make a stall earlier, never later.
    """
    patience = Patience(policy, history or History(), route_of(parcel, order))
    scans = merge(parcel)
    old, own = suspicion.old_journey(scans, order)
    ahead = [scan for scan in own if scan.event.at > now + _AHEAD]
    own = [scan for scan in own if scan not in ahead]
    known = [scan for scan in own if scan.event.status.tag not in ("Unknown", "Expired")]
    finding = _finding(parcel, order, own, known, patience, now)
    signals = suspicion.signals(parcel, order, old, own, policy.home_city)
    signs = tuple(signal.reason for signal in signals)
    if suspicion.enough(signals):
        finding = _Finding("suspicious", reasons=signs)
    elif signs:  # a weak one alone changes nothing, and is told
        finding = replace(finding, reasons=(*finding.reasons, *signs))
    newest = known[-1] if known else None
    moved = [scan for scan in known if _is_movement(scan)]
    moved_at = moved[-1].event.at if moved else None
    shown = known[-1:] or list(scans[-1:])
    reasons = [_scan_reason(scan) for scan in shown] + list(finding.reasons) + _trouble(parcel)
    if ahead:
        reasons.append(because("in_the_future", day=ahead[-1].event.at.date().isoformat()))
    unread = sum(scan.event.status.tag == "Unknown" for scan in own)
    if unread:
        reasons.append(because("not_understood", count=unread))
    return Assessment(
        number=parcel.number,
        condition=finding.condition,
        late=finding.late,
        since=finding.since,
        tag=newest.event.status.tag if newest else "Pending",
        subtag=newest.event.status.subtag if newest else "",
        stage=newest.stage if newest else "",
        last_movement_at=moved_at,
        idle_days=_days(moved_at, _looked_at(parcel, now)) if moved_at else None,
        reasons=tuple(reasons),
        scans=scans,
        expected_at=max((leg.expected_at for leg in parcel.legs if leg.expected_at), default=None),
    )


def _finding(
    parcel: Parcel, order: Order, own: list[Scan], known: list[Scan], patience: Patience, now: datetime
) -> _Finding:
    policy = patience.policy
    if not own:
        return _without_scans(parcel, order, policy, now)
    if not known:
        return _Finding("unchecked", since=own[-1].event.at)
    ended = _ended(known)
    if ended is not None:
        return ended
    looked = _looked_at(parcel, now)
    if now - looked > policy.stale_look:
        was = _standing(known, parcel, order, patience, looked).condition
        detail = next((leg.last_detail for leg in parcel.legs if leg.last_detail), "not asked since")
        reason = because("look_is_old", days=(now - looked).days, detail=detail, was=was.replace("_", " "))
        return _Finding("unchecked", since=looked, reasons=(reason,))
    return _standing(known, parcel, order, patience, looked)


def _without_scans(parcel: Parcel, order: Order, policy: Policy, now: datetime) -> _Finding:
    owners = [leg for leg in parcel.legs if leg.role == "owner"]
    answered = [leg for leg in owners if leg.last_good_at is not None]
    unasked = [leg for leg in owners if leg.last_good_at is None]
    fresh = [leg for leg in answered if leg.last_good_at and now - leg.last_good_at <= policy.stale_look]
    known_at = [leg for leg in fresh if leg.last_good_outcome == "ok"]
    looked = max((leg.last_good_at for leg in fresh if leg.last_good_at), default=now)
    waited, reason = _waiting(order, looked)
    late = waited is not None and waited >= policy.limit("label").late
    if known_at:
        return _Finding(
            "label_only", late, None, (because("never_scanned", carrier=known_at[0].carrier), *reason)
        )
    if fresh and not unasked and len(fresh) == len(owners):
        not_known = tuple(because("not_known", carrier=leg.carrier) for leg in fresh)
        return _Finding("no_information", late, None, (*not_known, *reason))
    detail = next((leg.last_detail for leg in owners if leg.last_detail), "not asked yet")
    return _Finding("unchecked", reasons=(because("no_carrier_asked", detail=detail), *reason))


def _waiting(order: Order, until: datetime) -> tuple[int | None, tuple[Reason, ...]]:
    """Days between the order's shipping (else paying, else placing) and the last good look."""
    for day, event in ((order.shipped_on, "shipped"), (order.paid_on, "paid"), (order.placed_on, "placed")):
        if day is not None:
            days = max((until.date() - day).days, 0)
            return days, (because("since_shipped", days=days, event=event),)
    return None, ()


def _ended(known: list[Scan]) -> _Finding | None:
    """Delivered, returning, returned or lost: what later silence or lagging scans do not change."""
    for at, scan in reversed(list(enumerate(known))):
        status, after = scan.event.status, known[at + 1 :]
        if _never_comes(status):
            if any(_is_movement(s) and not _never_comes(s.event.status) for s in after):
                return None
            return _Finding("lost", since=next(s.event.at for s in known if _never_comes(s.event.status)))
        if status.subtag == "Exception_011":
            return _Finding("returned", since=scan.event.at)
        if status.subtag in _BACK:
            return _Finding("returning", since=_first(known, *_BACK))
        if status.tag == "Delivered":
            return _delivered(known, at)
    return None


def _delivered(known: list[Scan], at: int) -> _Finding | None:
    scan = known[at]
    began = next((s for s in reversed(known[:at]) if s.event.status.subtag in _GONE_BACK), None)
    if began is not None:
        return _Finding("returned", since=scan.event.at, reasons=(because("delivered_after_return"),))
    # A post that lags behind does not undo a delivery; the deliverer scanning on does, whoever told it as well.
    undone = [s for s in known[at + 1 :] if s.goes_on_after(scan) and _contradicts(s, scan)]
    if undone:
        return None
    return _Finding("delivered", since=scan.event.at)


def _never_comes(status: Status) -> bool:
    """Lost; or destroyed or seized, for which the vocabulary has no subtag of their own."""
    return status.subtag == "Exception_013" or status.rule.endswith((": destroyed", ": seized"))


def _first(known: list[Scan], *subtags: str) -> datetime:
    return next(scan.event.at for scan in known if scan.event.status.subtag in subtags)


def _contradicts(later: Scan, delivery: Scan) -> bool:
    tag = later.event.status.tag
    if tag in ("AttemptFail", "OutForDelivery", "AvailableForPickup", "Exception"):
        return True
    return tag == "InTransit" and later.event.at - delivery.event.at > timedelta(hours=24)


def _standing(
    known: list[Scan], parcel: Parcel, order: Order, patience: Patience, looked: datetime
) -> _Finding:
    """The condition of a parcel on its way, by its newest understood scan."""
    newest = known[-1]
    status, began = newest.event.status, _run_start(known)
    silence = patience.judge(newest, looked)
    if status.tag == "Exception" and status.subtag in _HELD:
        return _Finding("held", silence.late, began, silence.reasons)
    if status.tag == "AttemptFail" or status.subtag in _FAILED:
        return _Finding("attempt_failed", silence.late, began)
    if status.tag == "AvailableForPickup":
        return _Finding("ready_for_pickup", silence.late, began)
    if not any(_is_movement(scan) for scan in known):
        waited, _ = _waiting(order, looked)  # a new notice of the carrier's is no parcel in its hands
        late = silence.late or (waited is not None and waited >= patience.policy.limit("label").late)
        return _Finding("label_only", late, known[0].event.at, silence.reasons)
    if any(leg.ends_by_design for leg in parcel.legs) and _handed_over(newest):
        again = newest.event.at + timedelta(days=patience.policy.ended_counts_again)
        ended = because("ends_by_design", carrier=newest.carrier)
        counts = because("ended_counts_again", day=again.date().isoformat())
        return _Finding("tracking_ended", since=newest.event.at, reasons=(ended, counts))
    if silence.stalled_at is not None:
        return _Finding("stalled", late=False, since=silence.stalled_at, reasons=silence.reasons)
    late = silence.late or status.subtag == "Exception_005"
    if status.tag == "OutForDelivery":
        return _Finding("out_for_delivery", late, began, silence.reasons)
    return _Finding("moving", late, began, silence.reasons)


def _handed_over(scan: Scan) -> bool:
    return (
        ORDER_OF_STAGES.index("arrived")
        <= ORDER_OF_STAGES.index(scan.stage)
        < ORDER_OF_STAGES.index("out_for_delivery")
    )


def _is_movement(scan: Scan) -> bool:
    """Whether an understood scan is one of a parcel somebody holds: a label or a notice is none."""
    return scan.event.status.tag not in ("Pending", "InfoReceived")


def _run_start(known: list[Scan]) -> datetime:
    """When the newest kind of scan began, e.g. the first of three failed attempts in a row."""
    start = known[-1]
    for scan in reversed(known):
        if kind(scan.event.status) != kind(known[-1].event.status):
            break
        start = scan
    return start.event.at


def _looked_at(parcel: Parcel, now: datetime) -> datetime:
    """The newest answer of those who know the parcel, else of those it belongs to: not-found beside them is no look."""
    knowing = [leg for leg in parcel.legs if leg.last_good_outcome == "ok" or leg.events]
    asked = knowing or [leg for leg in parcel.legs if leg.role == "owner"]
    looks = [leg.last_good_at for leg in asked if leg.last_good_at is not None]
    if parcel.shop_seen_at is not None:
        looks.append(parcel.shop_seen_at)
    return min(max(looks, default=now), now)


def _trouble(parcel: Parcel) -> list[Reason]:
    return [
        because("carrier_failed", carrier=leg.carrier, detail=leg.last_detail or str(leg.last_outcome))
        for leg in parcel.legs
        if _failing(leg) and leg.last_good_at is not None
    ]


def _failing(leg: Leg) -> bool:
    return leg.last_outcome in ("blocked", "unavailable", "changed")


def _scan_reason(scan: Scan) -> Reason:
    event = scan.event
    return because(
        "scan", day=event.at.date().isoformat(), text=event.text[:160] or event.code, carrier=scan.carrier
    )


def _days(start: datetime, end: datetime) -> int:
    """Whole days between two instants, never negative."""
    return max((end - start).days, 0)
