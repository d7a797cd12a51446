"""Answers of five carriers in the shape of fixtures/carriers, each of one parcel with seven scans of its own times."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parents[1] / "fixtures" / "carriers"
SCANS = 7
# Where an answer has its scans, and where a scan has its time and of what form.
_SCANS = {
    "cainiao": (("module", 0, "detailList"), "timeStr", "%Y-%m-%d %H:%M:%S"),
    "la_poste": ((0, "shipment", "event"), "date", "%Y-%m-%dT%H:%M:%S+02:00"),
    "usps": (("trackingEvents",), "eventTimestamp", "%Y-%m-%dT%H:%M:%S"),
    "4px": (("data", 0, "tracks"), "tkDateStr", "%Y-%m-%d %H:%M:%S"),
    "dhl": (("shipments", 0, "events"), "timestamp", "%Y-%m-%dT%H:%M:%S+02:00"),
}
CARRIERS = tuple(_SCANS)


def answers(carrier: str, count: int) -> list[tuple[str, bytes]]:
    """Numbers and answers, all different: no two have a scan at the same time."""
    whole = json.loads((_FOLDER / carrier / "moving.json").read_bytes())
    if carrier == "cainiao":
        whole["module"] = whole["module"][:1]
    return [_one(carrier, json.dumps(whole), n) for n in range(count)]


def cainiao_module(number: str, n: int) -> dict[str, Any]:
    """What Cainiao says of one number of many."""
    module: dict[str, Any] = json.loads(_one("cainiao", json.dumps(_cainiao()), n)[1])["module"][0]
    return module | {"mailNo": number, "copyRealMailNo": ""}


def _cainiao() -> dict[str, Any]:
    whole: dict[str, Any] = json.loads((_FOLDER / "cainiao" / "moving.json").read_bytes())
    return {"success": True, "module": whole["module"][:1]}


def _one(carrier: str, written: str, n: int) -> tuple[str, bytes]:
    whole = json.loads(written)
    path, name, form = _SCANS[carrier]
    *before, last = path
    holder = whole
    for step in before:
        holder = holder[step]
    kinds = holder[last]
    newest = datetime(2026, 8, 1, tzinfo=UTC) - timedelta(minutes=n)
    holder[last] = [
        {**kinds[at % len(kinds)], name: f"{newest - timedelta(hours=9 * at):{form}}"} for at in range(SCANS)
    ]
    if carrier == "usps":
        whole["statusCategory"] = "In Transit"
    if carrier == "4px":  # what the site says besides; a peer needs it
        for scan in holder[last]:
            scan |= {"tkDate": "2026-04-08T13:30:00.000+0000", "tkCategoryName": "", "spTkSummary": None}
    return _number(carrier, whole), json.dumps(whole, separators=(",", ":")).encode()


def _number(carrier: str, whole: Any) -> str:
    found: dict[str, Any] = {
        "cainiao": lambda: whole["module"][0]["mailNo"], "la_poste": lambda: whole[0]["shipment"]["idShip"],
        "usps": lambda: whole["trackingNumber"], "4px": lambda: whole["data"][0]["queryCode"],
        "dhl": lambda: whole["shipments"][0]["id"],
    }  # fmt: skip
    number: str = found[carrier]()
    return number
