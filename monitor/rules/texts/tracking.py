"""What the carriers show of one parcel, as sentences: only what they do show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from monitor.model import Order
from monitor.rules import suspicion
from monitor.rules.assess import Assessment
from monitor.rules.reasons import Reason
from monitor.rules.texts.quoting import clean, quotable
from monitor.rules.texts.wording import Fact, Sentence, say
from monitor.rules.timeline import Scan

EVENT_SIGNS, PLACE_SIGNS = 80, 40
_SILENT_FROM = 2  # days; one day without a scan says nothing
_BACK = frozenset({"Exception_003", "Exception_010", "Exception_011"})

# Signs of a number that is not this order's, as suspicion.py names them, and the sentences that tell them.
_SIGNS = {
    "before_order": "sign_before_order",
    "other_country": "sign_other_country",
    "delivered_before_shipped": "sign_before_shipped",
    "shared_number": "sign_shared",
}


def delivery(a: Assessment) -> Scan | None:
    """The scan that shows a delivery to somebody here; a delivery to the sender is none."""
    if a.condition not in ("delivered", "suspicious"):
        return None
    scans = _not_ahead(a)
    if any(scan.event.status.subtag in _BACK for scan in scans):
        return None
    shown = [scan for scan in scans if scan.event.status.tag == "Delivered"]
    return shown[-1] if shown else None


def standing(a: Assessment, order: Order) -> list[Sentence]:
    """The parcel as its carriers show it, and what does not fit the order."""
    scan = delivery(a)
    if scan is not None:
        return [_delivered(a, scan), *_signs(a)]
    if a.condition == "suspicious":
        return [say("does_not_fit", number=_number(a)), *_signs(a)]
    if a.condition in ("returning", "returned", "lost") and a.since is not None:
        return [say(a.condition, number=_number(a), day=_day(a.since))]
    return [_last_event(a, order)]


def _delivered(a: Assessment, scan: Scan) -> Sentence:
    place = quotable(scan.event.place, PLACE_SIGNS)
    if not place:
        return say("delivered", number=_number(a), day=_day(scan.event.at))
    return say("delivered_in", number=_number(a), day=_day(scan.event.at), place=place)


def _signs(a: Assessment) -> list[Sentence]:
    return [say(_SIGNS[r.id], **_cleaned(r)) for r in a.reasons if r.id in _SIGNS]


def _cleaned(reason: Reason) -> dict[str, Fact]:
    """A sign's facts; the other seller is nobody's business."""
    return {
        name: clean(fact, 60) if isinstance(fact, str) else fact
        for name, fact in reason.facts
        if name != "seller"
    }


def _last_event(a: Assessment, order: Order) -> Sentence:
    scans = suspicion.old_journey(_not_ahead(a), order)[1]
    if not scans or a.condition == "label_only":
        return _without_event(a)
    event, days = scans[-1].event, _silent_days(a, scans)
    text = quotable(event.text, EVENT_SIGNS) or quotable(event.code, EVENT_SIGNS)
    facts: dict[str, Fact] = {"number": _number(a), "day": _day(event.at)}
    if text:
        facts["text"] = text
    if days:
        facts["days"] = days
    return say(f"last_event{'' if text else '_bare'}{'_silent' if days else ''}", **facts)


def _without_event(a: Assessment) -> Sentence:
    known = {"no_information": "not_known", "label_only": "label_only"}
    return say(known.get(a.condition, "number"), number=_number(a))


def _silent_days(a: Assessment, scans: Sequence[Scan]) -> int:
    """Days the carriers were seen to show nothing new; 0 where the newest scan is none that the silence counts from."""
    if scans[-1].event.at != a.last_movement_at or len(_not_ahead(a)) < len(a.scans):
        return 0
    return a.idle_days if a.idle_days is not None and a.idle_days >= _SILENT_FROM else 0


def _not_ahead(a: Assessment) -> list[Scan]:
    """The scans without those dated in the future, which `assess` sets aside and names in its reasons."""
    if not any(reason.id == "in_the_future" for reason in a.reasons):
        return list(a.scans)
    return [
        scan for scan in a.scans if a.last_movement_at is not None and scan.event.at <= a.last_movement_at
    ]


def _number(a: Assessment) -> str:
    return clean(a.number, 40)


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
