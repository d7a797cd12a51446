"""What programs read of the orders as JSON, in the words of `status --json` and `show --json`; nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo

from monitor import view
from monitor.adapters.store import Store
from monitor.rules.verdict import Verdict, most_urgent_first
from monitor.session import Session
from scrapers.carriers import every

Json = dict[str, object]


def orders(verdicts: Sequence[Verdict], now: datetime, zone: tzinfo) -> Json:
    """Orders, the urgent ones first."""
    return view.status_json(most_urgent_first(list(verdicts)), now, zone)


def order(store: Store, verdict: Verdict, zone: tzinfo) -> Json:
    """One order whole."""
    return view.show_json(verdict, store.notices(verdict.order), store.refusals(verdict.order), zone)


def deadlines(verdicts: Sequence[Verdict], now: datetime, zone: tzinfo) -> Json:
    """Every deadline of watched orders, the nearest first; those that are over stand at the beginning."""
    listed = [
        (d, {"marketplace": v.order.marketplace, "order_id": v.order.order_id, "title": v.order.title})
        for v in verdicts
        if v.order.watched
        for d in v.deadlines
    ]
    listed.sort(key=lambda one: (one[0].last_safe_day, one[1]["order_id"], one[0].kind))
    return {
        "generated_at": now.astimezone(zone).isoformat(timespec="seconds"),
        "deadlines": [{**whose, **view.deadline_json(d)} for d, whose in listed],
    }


def carriers(session: Session, store: Store, now: datetime) -> Json:
    """Each carrier: how it is reached, when it was asked and answered last, and its texts not understood."""
    asked, unread, zone = store.carriers_health(), store.not_understood(), session.zone

    def moment(at: datetime | None) -> str | None:
        return at.astimezone(zone).isoformat(timespec="seconds") if at else None

    listed = []
    for carrier in every():
        health = asked.get(carrier.id)
        listed.append({
            "id": carrier.id, "name": carrier.name, "reach": carrier.reach,
            "enabled": session.config.carrier(carrier.id).enabled,
            "last_attempt_at": moment(health.last_attempt_at) if health else None,
            "last_good_at": moment(health.last_good_at) if health else None,
            "outcomes": dict(health.outcomes) if health else {},
            "not_understood": unread.get(carrier.id, []),
        })  # fmt: skip
    return {"generated_at": moment(now), "carriers": listed}
