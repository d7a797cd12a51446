"""Answers read in a second, by carrier: from bytes to scans with status, zone and place.

The peers read the same bytes into scans of their own. The limit is orjson and, by hand, a tuple a scan with its time
in its zone, its words, code and place, taken for granted as they stand: no status, nothing checked. CPU time, the best
of several rounds over answers that all differ.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

from benchmarks import peers, turns
from benchmarks.answers import CARRIERS, SCANS, answers
from benchmarks.table import Row
from scrapers import carriers
from scrapers.base import Page

COUNT = 300
ROUNDS = 15
_TIMED = f"""
import json, sys, time
bodies = [body.encode() for body in json.load(sys.stdin)]
def rate(read):
    taken = []
    for _ in range({ROUNDS}):
        started = time.process_time()
        for body in bodies:
            read(body)
        taken.append(time.process_time() - started)
    print(len(bodies) / min(taken))
"""
_KARRIO = (
    _TIMED
    + """
import types
import karrio.lib as lib
settings = types.SimpleNamespace(carrier_id="x", carrier_name="x", language="en", tracking_url="{}", service=None)
"""
)
_PEERS = {
    "la_poste": ("karrio", _KARRIO + """
from karrio.providers.laposte.tracking import parse_tracking_response as read
def one(body):
    details, _ = read(lib.Deserializable(body.decode(), lib.to_dict), settings)
    assert len(details[0].events) == 7
rate(one)
"""),
    "usps": ("karrio", _KARRIO + """
from karrio.providers.usps.tracking import parse_tracking_response as read
def one(body):
    details, _ = read(lib.Deserializable([("1", lib.to_dict(body.decode()))]), settings)
    assert len(details[0].events) == 7
rate(one)
"""),
    "dhl": ("karrio", _KARRIO + """
from karrio.providers.dhl_universal.tracking import parse_tracking_response as read
def one(body):
    details, _ = read(lib.Deserializable([lib.to_dict(body.decode())]), settings)
    assert len(details[0].events) == 7
rate(one)
"""),
    "4px": ("track4px", _TIMED + """
from track4px import Track4PX
from track4px.classes import api
class Answered:
    def __init__(self, *_): pass
    def add_json_payload(self, _): pass
    def execute(self): return json.loads(now)
api.HTTPRequest = Answered
def one(body):
    global now
    now = body
    assert len(Track4PX().tracking("x", wrap=True).events) == 7
rate(one)
"""),
}  # fmt: skip
_LIMIT = (
    _TIMED
    + """
import functools, orjson
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo
@functools.cache
def zone(name):
    if not name or "/" in name:
        return ZoneInfo((name or "Asia/Shanghai").removeprefix("UTC"))
    hours = name.removeprefix("GMT").removeprefix("UTC").partition(":")[0]
    return timezone(timedelta(hours=int(hours or 0)))
iso = datetime.fromisoformat
"""
)
_BY_HAND = {
    "cainiao": "(iso(s['timeStr']).replace(tzinfo=zone(s['timeZone'])), s['desc'], s['actionCode'], s['standerdDesc'])"
    " for s in orjson.loads(body)['module'][0]['detailList']",
    "la_poste": "(iso(s['date']), s['label'], s['code']) for s in orjson.loads(body)[0]['shipment']['event']",
    "usps": "(iso(s['eventTimestamp']).replace(tzinfo=zone(s['GMTOffset'])), s['eventType'], s['eventCode'],"
    " s['eventCity']) for s in orjson.loads(body)['trackingEvents']",
    "4px": "(iso(s['tkDateStr']).replace(tzinfo=zone(s['tkTimezone'])), s['tkDesc'], s['tkCode'], s['tkLocation'])"
    " for s in orjson.loads(body)['data'][0]['tracks']",
    "dhl": "(iso(s['timestamp']), s['description'], s['statusCode'], s['location']['address']['addressLocality'])"
    " for s in orjson.loads(body)['shipments'][0]['events']",
}


def rows() -> Iterator[Row]:
    for carrier in CARRIERS:
        told = answers(carrier, COUNT)
        bodies = [body.decode() for _, body in told]
        by_hand = f"{_LIMIT}rate(lambda body: [{_BY_HAND[carrier]}])"
        name, script = _PEERS.get(carrier, ("", ""))
        ours, (limit, peer) = turns.best(
            max,
            partial(_ours, carrier, told),
            partial(peers.ask, "orjson", by_hand, bodies),
            partial(peers.ask, name, script, bodies) if name else lambda: None,
        )
        note = f"peer {name}" if name else "no peer on PyPI or npm reads Cainiao's tracking answers"
        yield Row(
            f"{carrier} answers read", "per second", ours, peer, limit, of_peer=1, of_limit=0.3, more_is_better=True,
            note=note,
        )  # fmt: skip


def _ours(carrier: str, told: list[tuple[str, bytes]]) -> float:
    read = carriers.get(carrier)
    pages = [(Page(read.home, 200, "application/json", body), [number]) for number, body in told]
    taken = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for page, numbers in pages:
            report = read.parse(page, numbers)[0]
            assert len(report.events) == SCANS, report
        taken.append(time.process_time() - started)
    return len(pages) / min(taken)
