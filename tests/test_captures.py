"""Recorded answers and vendor samples, kept outside the project, are read as a person reads them."""

from __future__ import annotations

import json

import pytest
from captures import CAPTURES, Seen, assert_read, recorded, shapes, where_recorded

from scrapers import carriers
from scrapers.base import Page, TrackingReport

pytestmark = where_recorded

# Folders of recorded answers and the carrier whose they are.
OWNERS = {
    "cainiao": "cainiao", "4px": "4px", "sunyou": "sunyou", "yanwen": "yanwen", "dhl": "dhl", "dhl_universal": "dhl",
    "la_poste": "la_poste", "correios": "correios", "nova_poshta": "nova_poshta", "ukrposhta": "ukrposhta", "usps": "usps",
}  # fmt: skip


TABLE = [
    Seen("cainiao/AE010698498_customs_with_headers_2023-01.json", "AE010698498", "ok", 19, "2023-01-29T08:31:00+00:00", "InTransit", "InTransit_005"),
    Seen("cainiao/AP00839881455575_linked_numbers.json", "AP00839881455575", "ok"),
    Seen("cainiao/UG251542831MV_economy_BD_2026.json", "UG251542831MV", "ok", 3, "2026-08-26T17:53:11+06:00", "InTransit", "InTransit_004"),
    Seen("cainiao/UZ0556033196Y_no_events_2023-11.json", "UZ0556033196Y", "ok"),
    Seen("cainiao/ha_cainiao_real_delivered_BE_2026.json", "RC000000001EE", "ok", 7, "2026-02-06T15:25:17+08:00", "Delivered", "Delivered_001"),
    Seen("cainiao/unknown_number.json", "LP00000000000", "not_found"),
    # The last row names no zone: its 02:18 is read as China's, so the 00:18 of UTC+02:00 is the later one.
    Seen("4px/4PX3001291278502CN_in_transit_2024.json", "4PX3001291278502CN", "ok", 9, "2024-09-06T00:18:00+02:00", "InTransit", "InTransit_004"),
    Seen("shapes/4px_unknown_number_2026.json", "4PX0000000000000CN", "not_found"),
    Seen("sunyou/SYAE006809461_delivered_trimmed.jsonp", "SYAE006809461", "ok", 2, "2021-07-20T11:30:00+08:00", "Delivered", "Delivered_001"),
    Seen("shapes/sunyou_unknown_number.jsonp", "SY999999999", "not_found"),
    Seen("yanwen/karrio2023_TrackingResponseJSON.json", "00340434281410767138", "ok", 1, "2019-08-15T18:52:19+08:00", "InTransit", "InTransit_002"),
    # A refusal of the question, not of the number.
    Seen("dhl/romabilka_invalid_input.json", "7777777770", "unavailable", status=400),
    # Both samples say "DELIVERED" under statusCode pre-transit, pending customs: nothing can be claimed.
    Seen("dhl/romabilka_tracked_by_number_1.json", "7777777770", "ok", 1, "2018-03-02T07:53:47+00:00", "Unknown"),
    Seen("dhl_universal/karrio_TrackingResponseJSON.json", "7777777770", "ok", 1, "2018-03-02T07:53:47+01:00", "Unknown"),
    Seen("dhl_universal/karrio_TrackingErrorResponseJSON.json", "8264715546", "not_found", status=404),
    Seen("la_poste/karrio_TrackingResponse.json", "EW112720413FR", "ok", 9, "2023-03-09T09:38:00+01:00", "Delivered", "Delivered_001"),
    # "Not a valid number" is a refusal: La Poste did not look.
    Seen("la_poste/karrio_ErrorResponse.json", "WBZQ03ENZJ6BBBTEELZWITJTAGYKA19WR6OOJ6MIVZARY3OVPSX4A495YOMXBLKC", "unavailable", status=400),
    Seen("correios/AM101610575BR_delivered_doc_2025.json", "AM101610575BR", "ok", 2, "2025-03-03T23:30:03-03:00", "Delivered", "Delivered_001"),
    Seen("nova_poshta/romabilka_tracked_by_number.json", "59000777777777", "ok", 1, "2022-03-08T15:16:00+02:00", "Delivered", "Delivered_001"),
    Seen("nova_poshta/romabilka_invalid_number.json", "445", "not_found"),
    Seen("ukrposhta/romabilka_tracked_by_number.json", "0500128254873", "ok", 1, "2019-02-07T16:36:00+02:00", "Delivered", "Delivered_001"),
    # Handed over, but to the sender.
    Seen("ukrposhta/romabilka_tracked_by_number.json", "0500128254610", "ok", 4, "2019-02-14T14:13:00+02:00", "Exception", "Exception_011"),
    Seen("ukrposhta/romabilka_tracked_by_number.json", "RA067022881UA", "not_found"),
    Seen("ukrposhta/romabilka_tracked_by_number.json", "0500000000000", "unavailable"),
    Seen("usps/karrio_TrackingResponse.json", "9400109104250532908587", "ok", 12, "2024-11-22T13:58:00-05:00", "Delivered", "Delivered_001"),
    Seen("usps/karrio_ErrorResponse.json", "9400109104250532908587", "unavailable", status=400),
    # The retired XML Web Tools are not asked any more, so their answers are not read.
    Seen("usps/activeshipping_tracking_response.xml", "9102901000462189604217", "blocked"),
    Seen("usps/activeshipping_tracking_response_not_available.xml", "9574211957289221353248", "blocked"),
    Seen("usps/shipit_usps_pre_shipment.xml", "9274890109527000983902", "blocked"),
]  # fmt: skip


def owner(file: str) -> str:
    folder, name = file.split("/")
    return OWNERS[folder] if folder != "shapes" else name.split("_")[0]


def answer(file: str) -> bytes:
    """The body as the carrier sends it; two files wrap it or hold one entry of it."""
    written = (CAPTURES / file).read_bytes()
    if file.startswith("cainiao/"):
        value = json.loads(written)
        value = value.get("body", value)
        return json.dumps(value if "success" in value else {"success": True, "module": [value]}).encode()
    return written


def test_no_recorded_answer_is_left_out() -> None:
    assert {seen.file for seen in TABLE} == recorded(*OWNERS) | shapes("sunyou", "4px")


@pytest.mark.parametrize("seen", TABLE, ids=lambda seen: f"{seen.file}-{seen.number}")
def test_a_recorded_answer_is_read_as_a_person_reads_it(seen: Seen) -> None:
    page = Page("https://carrier.example/", seen.status, "application/json", answer(seen.file))
    (report,) = carriers.get(owner(seen.file)).parse(page, [seen.number])

    assert_read(report, seen)


def test_numbers_and_endings_that_the_recorded_answers_tell() -> None:
    linked = _read("cainiao/AP00839881455575_linked_numbers.json", "AP00839881455575")
    assert linked.linked_numbers == ("CNG00839881455575",)
    assert _read("cainiao/UG251542831MV_economy_BD_2026.json", "UG251542831MV").ends_by_design
    assert _read("yanwen/karrio2023_TrackingResponseJSON.json", "00340434281410767138").ends_by_design
    assert _read("4px/4PX3001291278502CN_in_transit_2024.json", "4PX3001291278502CN").linked_numbers == (
        "06215215333330",
    )
    assert _read("sunyou/SYAE006809461_delivered_trimmed.jsonp", "SYAE006809461").linked_numbers == (
        "SU014952148MI",
    )


def _read(file: str, number: str) -> TrackingReport:
    page = Page("https://carrier.example/", 200, "application/json", answer(file))
    return carriers.get(owner(file)).parse(page, [number])[0]
