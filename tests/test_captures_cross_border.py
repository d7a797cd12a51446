"""Recorded answers and vendor samples of cross-border carriers and aggregators are read as a person reads them."""

from __future__ import annotations

import pytest
from captures import CAPTURES, Seen, assert_read, recorded, where_recorded

from scrapers import carriers
from scrapers.base import Page, TrackingReport

pytestmark = where_recorded

FOLDERS = ("17track", "anjun", "asendia", "china_post", "jt_express", "landmark", "spx")


TABLE = [
    # The account API, the retired anonymous call and a webhook of v1: none of them is asked, so none is read.
    Seen("17track/pyseventeentrack_authentication_failure_response.json", "1234567890987654321", "changed"),
    Seen("17track/pyseventeentrack_packages_response.json", "1234567890987654321", "changed"),
    Seen("17track/pyseventeentrack_packages_response_with_unknown_state.json", "1234567890987654321", "changed"),
    Seen("17track/restapi_ups_delivered_2019.json", "1Z81W1R70310597371", "changed"),
    Seen("17track/webhook_v1_usps_label_created_2021.json", "9214490221582737950192", "changed"),
    Seen("anjun/AJ250101341570001_delivered_doc_2025.json", "AJ250101341570001", "ok", 8, "2025-01-21T09:22:13-03:00", "Delivered", "Delivered_001"),
    Seen("asendia/karrio_TrackingResponse.json", "ASENDIA123456789", "ok", 3, "2024-04-15T11:00:00+00:00", "Delivered", "Delivered_001"),
    Seen("asendia/karrio_ErrorResponse.json", "INVALID123", "not_found", status=404),
    Seen("asendia/karrio_ErrorResponse.json", "ASENDIA123456789", "unavailable", status=404),
    Seen("china_post/LZ290346175CN_ems_partner_api_2025.json", "LZ290346175CN", "ok", 14, "2025-08-11T18:24:00+08:00", "InTransit", "InTransit_003"),
    # "Recebimento por terc": somebody else took it.
    Seen("jt_express/888030556767025_delivered_BR_doc_2026.json", "888030556767025", "ok", 3, "2026-01-17T12:55:57-03:00", "Delivered", "Delivered_005"),
    Seen("landmark/karrio_DELIVERED_TRACKING_RESPONSE_XML.xml", "LTN49100231N3", "ok", 5, "2025-09-27T14:05:00+02:00", "Delivered", "Delivered_001"),
    Seen("landmark/karrio_DELIVERY_FAILED_TRACKING_RESPONSE_XML.xml", "LTN49678120N4", "ok", 5, "2025-10-03T18:00:00+02:00", "AttemptFail", "AttemptFail_001"),
    Seen("landmark/karrio_EARLY_STAGE_TRACKING_RESPONSE_XML.xml", "LTN38570299N1", "ok", 5, "2025-10-01T12:00:00+02:00", "InfoReceived", "InfoReceived_001"),
    Seen("landmark/karrio_ERROR_RESPONSE_XML.xml", "LTN123121", "blocked"),
    Seen("landmark/karrio_IN_TRANSIT_TRACKING_RESPONSE_XML.xml", "LTN48392101N1", "ok", 4, "2025-10-01T17:45:00+02:00", "InTransit", "InTransit_001"),
    Seen("landmark/karrio_MIDNIGHT_TIME_SORTING_RESPONSE_XML.xml", "LE223553042BE", "ok", 16, "2025-11-03T07:14:00+01:00", "Delivered", "Delivered_001"),
    # A delivery stands in it, but scans at the border carry later times: with clocks like these nothing is proven.
    Seen("landmark/karrio_MULTI_LEG_DELIVERED_TRACKING_RESPONSE_XML.xml", "LTN450000001N1", "ok", 7, "2025-02-21T07:56:00+01:00", "InTransit", "InTransit_001"),
    Seen("landmark/karrio_OUT_FOR_DELIVERY_TRACKING_RESPONSE_XML.xml", "LTN49831232N2", "ok", 5, "2025-10-02T08:15:00+02:00", "OutForDelivery", "OutForDelivery_001"),
    Seen("landmark/karrio_TO_BE_ROUTED_TRACKING_RESPONSE_XML.xml", "LTN433006705N1", "ok", 1, "2026-01-28T03:40:52+01:00", "InfoReceived", "InfoReceived_001"),
    Seen("landmark/karrio_TRACKING_RESPONSE_XML.xml", "LTN123121", "ok", 2, "2025-10-01T15:02:00+02:00", "InTransit", "InTransit_006"),
    Seen("spx/BR2561249217932_delivered_doc_2025.json", "BR2561249217932", "ok", 8, "2025-06-05T16:16:09+00:00", "Delivered", "Delivered_001"),
]  # fmt: skip


def read(seen: Seen) -> TrackingReport:
    page = Page("https://carrier.example/", seen.status, "", (CAPTURES / seen.file).read_bytes())
    (report,) = carriers.get(seen.file.split("/")[0]).parse(page, [seen.number])
    return report


def test_no_recorded_answer_is_left_out() -> None:
    assert {seen.file for seen in TABLE} == recorded(*FOLDERS)


@pytest.mark.parametrize("seen", TABLE, ids=lambda seen: f"{seen.file}-{seen.number}")
def test_a_recorded_answer_is_read_as_a_person_reads_it(seen: Seen) -> None:
    assert_read(read(seen), seen)


@pytest.mark.parametrize("name", ["Fulano", "Receptionist", "M****A", "L****s", "terc", "0800"])
def test_nobody_s_name_or_telephone_number_is_kept(name: str) -> None:
    for seen in TABLE:
        assert not any(name in event.text + event.place for event in read(seen).events)


def test_numbers_that_the_recorded_answers_link() -> None:
    by_number = {seen.number: read(seen).linked_numbers for seen in TABLE}
    assert by_number["LE223553042BE"] == ("LTN408798880N1",)
    assert by_number["LTN433006705N1"] == ("H00TCC0028567558",)
    assert by_number["AJ250101341570001"] == ()
