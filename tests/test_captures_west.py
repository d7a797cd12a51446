"""Recorded answers and vendor samples of western Europe's carriers are read as a person reads them."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest
from captures import CAPTURES, Seen, assert_read, recorded, shapes, where_recorded

from scrapers import carriers
from scrapers.base import Page, TrackingReport

pytestmark = where_recorded

FOLDERS = ("bpost", "chronopost", "correos", "poste_italiane")


TABLE = [
    Seen("chronopost/karrio_TrackingResponse.xml", "89108749065090", "ok", 9, "2022-06-22T08:30:00+02:00", "Delivered", "Delivered_001"),
    Seen("chronopost/karrio_ErrorResponse.xml", "89108749065090", "unavailable"),
    # One event alone was recorded; the envelope around it is added below.
    Seen("correos/event_2018.json", "RB710000485ES", "ok", 1, "2018-03-19T19:00:16+01:00", "InTransit", "InTransit_001"),
    Seen("shapes/correos_unknown_number_2026.json", "RB710000485ES", "not_found"),
    Seen("poste_italiane/ha_redacted_active.json", "LX000000000JP", "ok", 3, "2025-12-31T16:53:20+00:00", "OutForDelivery", "OutForDelivery_001"),
    # The contract customers' XML service; the public page's JSON is read instead.
    Seen("bpost/karrio_TrackingResponse.xml", "323212345659900040669030", "blocked"),
    Seen("bpost/karrio_ErrorResponse.xml", "323212345659900040669030", "blocked"),
]  # fmt: skip


def page(seen: Seen) -> Page:
    """The answer as the carrier sends it, under the address that asks about this number."""
    body = (CAPTURES / seen.file).read_bytes()
    if seen.file == "correos/event_2018.json":
        envelope = {"codEnvio": seen.number, "error": {"codError": "0"}, "eventos": [json.loads(body)]}
        body = json.dumps([envelope]).encode()
    kind = "text/xml" if seen.file.endswith(".xml") else "application/json"
    return Page(f"https://carrier.example/shipments/{seen.number}", 200, kind, body)


def read(seen: Seen) -> TrackingReport:
    folder, name = seen.file.split("/")
    (report,) = carriers.get(name.split("_")[0] if folder == "shapes" else folder).parse(
        page(seen), [seen.number]
    )
    return report


def test_no_recorded_answer_is_left_out() -> None:
    assert {seen.file for seen in TABLE} == recorded(*FOLDERS) | shapes("correos")


@pytest.mark.parametrize("seen", TABLE, ids=lambda seen: seen.file)
def test_a_recorded_answer_is_read_as_a_person_reads_it(seen: Seen) -> None:
    assert_read(read(seen), seen)


def test_the_partner_s_number_is_told_and_the_receiver_s_name_is_not() -> None:
    delivered = TABLE[0]
    extras = ET.fromstring(page(delivered).body).iter("infoCompList")
    (receiver,) = (e.findtext("value") for e in extras if "name" in (e.findtext("name") or "").split())
    report = read(delivered)

    assert report.linked_numbers == ("XT8452370122486",)
    assert receiver
    assert not any(receiver in event.text + event.place for event in report.events)
