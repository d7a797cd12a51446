"""Verdicts as the user and scripts see them: JSON in the contract's words, and tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, tzinfo
from decimal import Decimal

from monitor.adapters.store import Refusal, StoredNotice
from monitor.model import Leg, Parcel
from monitor.outbox import TERMINAL
from monitor.rules.assess import Assessment
from monitor.rules.protection import Deadline
from monitor.rules.timeline import Scan
from monitor.rules.verdict import Verdict

Json = dict[str, object]


def status_json(verdicts: Iterable[Verdict], now: datetime, zone: tzinfo) -> Json:
    """`status --json`: every order with its parcels, deadlines and advice."""
    return {"generated_at": _instant(now, zone), "orders": [order_json(v, zone) for v in verdicts]}


def order_json(verdict: Verdict, zone: tzinfo) -> Json:
    """One order as in the contract."""
    order, advice = verdict.order, verdict.advice
    return {
        "marketplace": order.marketplace,
        "order_id": order.order_id,
        "title": order.title,
        "amount": {"value": _money(order.amount), "currency": order.currency},
        "placed_on": _day(order.placed_on),
        "order_state": order.order_state,
        "parcels": [_parcel(p, a, zone) for p, a in zip(order.parcels, verdict.assessments, strict=True)],
        "deadlines": [deadline_json(d) for d in verdict.deadlines],
        "advice": {
            "action": advice.action,
            "situation": advice.situation,
            "by": _day(advice.by),
            "why": [str(reason) for reason in advice.why],
            "text": advice.text,
            "avoid": advice.avoid,
            "also": list(advice.also),
            "entry": advice.entry,
        },
    }


def show_json(
    verdict: Verdict, notices: Sequence[StoredNotice], refusals: Sequence[Refusal], zone: tzinfo
) -> Json:
    """`show --json`: one order whole."""
    order = verdict.order
    whole = order_json(verdict, zone)
    whole |= {
        "seller": order.seller,
        "paid_on": _day(order.paid_on),
        "shipped_on": _day(order.shipped_on),
        "completed_on": _day(order.completed_on),
        "received_on": _day(order.received_on),
        "payment_method": order.payment_method,
        "destination_country": order.destination_country,
        "lines": [
            {"line_id": ln.line_id, "title": ln.title, "quantity": ln.quantity, "price": _money(ln.price),
             "currency": ln.currency, "tags": list(ln.tags)}
            for ln in order.lines
        ],
        "timeline": [
            {"number": a.number, "events": [_scan(scan, zone) for scan in a.scans]} for a in verdict.assessments
        ],
        "legs": [_leg(leg, zone) for parcel in order.parcels for leg in parcel.legs],
        "dates_shown": [
            {"kind": s.kind, "day": _day(s.day), "source": s.source, "place": s.place, "sentence": s.sentence,
             "seen_at": _instant(s.seen_at, zone)}
            for s in order.dates
        ],
        "parties": [
            {"name": p.name, "entry": p.entry_of(order.order_id), "way": p.way, "reasons": dict(p.reasons),
             "notes": list(p.notes)}
            for p in verdict.parties
        ],
        "cases": [
            {"case_id": c.case_id, "line_id": c.line_id, "state": c.state, "opened_on": _day(c.opened_on),
             "words": c.words, "refund": _money(c.refund), "currency": c.currency}
            for c in order.cases
        ],
        "notices": [notice_json(n, zone) for n in notices],
        "refusals": [
            {"at": _instant(r.at, zone), "form": r.form, "sentence": r.sentence, "screenshot": r.screenshot}
            for r in refusals
        ],
    }  # fmt: skip
    return whole


def notice_json(notice: StoredNotice, zone: tzinfo) -> Json:
    return {
        "order_id": notice.order_id,
        "kind": notice.kind,
        "deadline": _day(notice.deadline),
        "title": notice.title,
        "text": notice.body,
        "made_at": _instant(notice.made_at, zone),
        "acknowledged_at": _instant(notice.acknowledged_at, zone),
        "channels": list(notice.taken_by),
    }


def warning_json(notice: StoredNotice, today: date) -> Json:
    """One warning of `check --json`; one that no channel has taken is shown by this very document."""
    return {
        "order_id": notice.order_id,
        "kind": notice.kind,
        "deadline": _day(notice.deadline),
        "days_left": (notice.deadline - today).days if notice.deadline else None,
        "title": notice.title,
        "text": notice.body,
        "channels": list(notice.taken_by) or [TERMINAL],
    }


def _parcel(parcel: Parcel, a: Assessment, zone: tzinfo) -> Json:
    last = max(
        (leg for leg in parcel.legs if leg.last_attempt_at is not None),
        key=lambda leg: (leg.role == "owner", leg.last_good_at is not None, leg.last_attempt_at),
        default=None,
    )
    checked = max((leg.last_attempt_at for leg in parcel.legs if leg.last_attempt_at), default=None)
    return {
        "number": parcel.number,
        "carrier": parcel.carrier or (last.carrier if last else ""),
        "condition": a.condition,
        "late": a.late,
        "tag": a.tag,
        "subtag": a.subtag,
        "since": _instant(a.since, zone),
        "last_movement_at": _instant(a.last_movement_at, zone),
        "idle_days": a.idle_days,
        "last_checked_at": _instant(checked, zone),
        "last_outcome": last.last_outcome if last else None,
        "events": len(a.scans),
    }


def _scan(scan: Scan, zone: tzinfo) -> Json:
    event = scan.event
    return {
        "at": _instant(event.at, zone),
        "at_is_exact": event.at_is_exact,
        "text": event.text,
        "place": event.place,
        "code": event.code,
        "tag": event.status.tag,
        "subtag": event.status.subtag,
        "rule": event.status.rule,
        "carrier": scan.carrier,
        "number": scan.number,
    }


def _leg(leg: Leg, zone: tzinfo) -> Json:
    return {
        "carrier": leg.carrier,
        "number": leg.number,
        "role": leg.role,
        "last_attempt_at": _instant(leg.last_attempt_at, zone),
        "last_outcome": leg.last_outcome,
        "last_detail": leg.last_detail,
        "last_good_at": _instant(leg.last_good_at, zone),
        "next_check_at": _instant(leg.next_check_at, zone),
    }


def deadline_json(d: Deadline) -> Json:
    """One deadline as `status --json` and the API have it."""
    return {
        "kind": d.kind,
        "last_safe_day": _day(d.last_safe_day),
        "source": d.source,
        "confidence": d.confidence,
        "days_left": d.days_left,
        "yours": d.yours,
        "name": d.name,
        "sentence": d.sentence,
        "sources": [{"place": s.place, "day": _day(s.day), "sentence": s.sentence} for s in d.seen],
        "moves": [
            {
                "place": m.place,
                "before": _day(m.before),
                "after": _day(m.after),
                "seen_on": _day(m.seen_at.date()),
            }
            for m in d.moves
        ],
    }


def _instant(moment: datetime | None, zone: tzinfo) -> str | None:
    return moment.astimezone(zone).isoformat(timespec="seconds") if moment else None


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _money(amount: Decimal | None) -> str | None:
    return str(amount) if amount is not None else None
