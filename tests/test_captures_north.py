"""Recorded answers of northern and western carriers, kept outside the project, are read as a person reads them."""

from __future__ import annotations

import pytest
from captures import CAPTURES, Seen, assert_read, recorded, where_recorded

from scrapers import carriers
from scrapers.base import Page

pytestmark = where_recorded

OWNERS = {
    "royal_mail": "royal_mail",
    "dhl_parcel_de": "dhl_de",
    "dpd": "dpd",
    "gls": "gls",
    "hermes": "hermes_de",
}


TABLE = [
    # Sent on to the right office after a sorting mistake.
    Seen("royal_mail/karrio2023_TrackingResponseJSON.json", "FQ087430672GB", "ok", 1, "2016-10-20T10:04:00+01:00", "Exception", "Exception_005"),
    Seen("royal_mail/karrio2023_TrackingErrorResponseJSON.json", "FQ087430672GB", "unavailable", status=400),
    # The business interfaces of DHL Paket and DPD speak XML with a contract's login; the public pages are read instead.
    Seen("dhl_parcel_de/karrio2023_TrackingResponse.xml", "00340434161094042557", "blocked"),
    Seen("dhl_parcel_de/karrio_TrackingResponseXML.xml", "00340434161094015902", "blocked"),
    Seen("dhl_parcel_de/karrio2023_ErrorResponse.xml", "00340434161094032954", "blocked"),
    Seen("dhl_parcel_de/karrio_TrackingErrorResponseXML.xml", "00340434161094032954", "blocked"),
    Seen("dhl_parcel_de/karrio2023_HTMLErrorResponse.xml", "00340434161094032954", "blocked", status=401),
    Seen("dpd/karrio_TrackingResponse.xml", "01597100000011", "blocked"),
    Seen("dpd/karrio_ErrorResponse.xml", "01597100000011", "blocked"),
    # The customers' interfaces of GLS and Hermes have shapes of their own: nothing is claimed from them.
    Seen("gls/karrio_TrackingResponse.json", "36301917596", "changed"),
    Seen("gls/karrio_ErrorResponse.json", "36301917596", "changed"),
    Seen("hermes/karrio_TrackingResponse.json", "H1234567890123456789", "changed"),
    Seen("hermes/karrio_TrackingErrorResponse.json", "H1234567890123456789", "changed"),
]  # fmt: skip


def test_no_recorded_answer_is_left_out() -> None:
    assert {seen.file for seen in TABLE} == recorded(*OWNERS)


@pytest.mark.parametrize("seen", TABLE, ids=lambda seen: seen.file)
def test_a_recorded_answer_is_read_as_a_person_reads_it(seen: Seen) -> None:
    body = (CAPTURES / seen.file).read_bytes()
    carrier = carriers.get(OWNERS[seen.file.split("/")[0]])
    (report,) = carrier.parse(
        Page("https://carrier.example/", seen.status, "application/json", body), [seen.number]
    )

    assert_read(report, seen)


def test_a_name_under_a_delivery_stays_out_of_what_is_kept() -> None:
    body = (CAPTURES / "royal_mail/karrio2023_TrackingResponseJSON.json").read_bytes()
    page = Page("https://carrier.example/", 200, "application/json", body)
    (report,) = carriers.get("royal_mail").parse(page, ["FQ087430672GB"])
    assert "Name" not in repr(report)
