"""The state of the watch as MQTT messages that Home Assistant discovers by itself: topic -> retained payload.

Own words, days and the last digits of orders only, as in every notice: a broker may be anybody's. So no topic holds an
order's number either, which other shops' signs (`#`, `/`) would spoil besides.
The topics and keys are those of Home Assistant's MQTT discovery (sensor and binary_sensor).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, tzinfo

from monitor import __version__
from monitor.rules.notices import short
from monitor.rules.verdict import Verdict

BASE = "parcelwarden"
AVAILABLE = f"{BASE}/available"
_DEVICE = {"identifiers": [BASE], "name": "Parcelwarden", "sw_version": __version__}

Messages = dict[str, str]


def topics(prefix: str) -> list[str]:
    """The filters of all topics that only we write; `prefix` is Home Assistant's own."""
    return [f"{prefix}/+/{BASE}/+/config", f"{BASE}/orders/+"]


def messages(verdicts: Sequence[Verdict], checked_at: datetime | None, prefix: str, zone: tzinfo) -> Messages:
    """Everything Home Assistant is to know now: five entities of the watch, and one for each watched order."""
    watched = [v for v in verdicts if v.order.watched]
    urgent = [v for v in watched if v.urgent]
    dated = [v for v in watched if v.days_left is not None and v.nearest is not None]
    first = min(dated, key=lambda v: v.days_left or 0, default=None)
    day = first.nearest.last_safe_day.isoformat() if first and first.nearest else None
    state = {
        "watched": len(watched),
        "need_you": len(urgent),
        "problem": "ON" if urgent else "OFF",
        "orders": [f"{short(v.order.order_id)}: {v.advice.action.replace('_', ' ')}" for v in urgent],
        "last_safe_day": day,
        "days_left": first.days_left if first else None,
        "checked_at": checked_at.astimezone(zone).isoformat(timespec="seconds") if checked_at else None,
    }
    told = {f"{BASE}/state": json.dumps(state)}
    told |= dict(_entity(prefix, f"{BASE}/state", *known) for known in _ENTITIES)
    for verdict in watched:
        told |= _of_order(verdict, prefix)
    return told


# Kind, key of the state, name, further keys of the discovery.
_ENTITIES: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    ("binary_sensor", "problem", "Parcels need you", {
        "device_class": "problem", "json_attributes_topic": f"{BASE}/state",
        "json_attributes_template": "{{ {'orders': value_json.orders} | tojson }}",
    }),
    ("sensor", "need_you", "Orders that need you", {"icon": "mdi:package-variant-closed-remove"}),
    ("sensor", "watched", "Orders watched", {"icon": "mdi:package-variant-closed"}),
    ("sensor", "last_safe_day", "Next last safe day", {"device_class": "date"}),
    ("sensor", "days_left", "Days left", {"unit_of_measurement": "d", "icon": "mdi:calendar-alert"}),
    ("sensor", "checked_at", "Last good check", {"device_class": "timestamp"}),
)  # fmt: skip


def _of_order(verdict: Verdict, prefix: str) -> Messages:
    order, near = verdict.order, verdict.nearest
    name = f"order-{hashlib.sha256(f'{order.marketplace}/{order.order_id}'.encode()).hexdigest()[:16]}"
    topic = f"{BASE}/orders/{name}"
    state = {
        "condition": ", ".join(a.condition.replace("_", " ") for a in verdict.assessments)
        or (order.order_state or "unknown").replace("_", " "),
        "action": verdict.advice.action.replace("_", " "),
        "last_safe_day": near.last_safe_day.isoformat() if near else None,
        "days_left": near.days_left if near else None,
        "certainty": near.certainty if near else None,
    }
    further = {"json_attributes_topic": topic, "icon": "mdi:package-variant"}
    config_topic, config = _entity(
        prefix, topic, "sensor", "condition", f"Order {short(order.order_id)}", further, name
    )
    return {config_topic: config, topic: json.dumps(state)}


def _entity(
    prefix: str, topic: str, kind: str, key: str, name: str, further: dict[str, str], unique: str = ""
) -> tuple[str, str]:
    """One entity's discovery topic and its config; None in the state is Home Assistant's "unknown"."""
    unique = unique or key
    config = {
        "name": name,
        "unique_id": f"{BASE}_{unique}",
        "state_topic": topic,
        "value_template": f"{{{{ value_json.{key} }}}}",
        "availability_topic": AVAILABLE,
        "device": _DEVICE,
        **further,
    }
    return f"{prefix}/{kind}/{BASE}/{unique}/config", json.dumps(config)
