"""Recorded answers and vendor samples of Canada Post and Australia Post are read as a person reads them."""

from __future__ import annotations

import pytest
from captures import CAPTURES, Seen, assert_read, recorded, where_recorded

from scrapers import carriers
from scrapers.base import Page, TrackingReport

FOLDERS = ("australia_post", "canada_post")
pytestmark = where_recorded


TABLE = [
    Seen("australia_post/karrio2023_ErrorResponseJSON.json", "7XX1000634011427", "blocked"),
    Seen("australia_post/karrio2023_TrackingErrorResponseJSON.json", "7XX1000634011427", "unavailable"),
    # One of the two equal "Departed facility" rows is kept.
    Seen("australia_post/karrio2023_TrackingResponseJSON.json", "7XX1000634011427", "ok", 6, "2014-05-30T14:43:09+10:00", "Delivered", "Delivered_001", "ALEXANDRIA NSW"),
    Seen("australia_post/karrio2023_TrackingResponseJSON.json", "7XX1000", "not_found"),
    Seen("australia_post/karrio_ErrorResponse.json", "ET123456789AU", "unavailable"),
    Seen("australia_post/karrio_TrackingErrorResponse.json", "7XX1000", "not_found"),
    Seen("australia_post/karrio_TrackingResponse.json", "ET123456789AU", "ok", 8, "2021-02-03T08:08:00+11:00", "InTransit", "InTransit_001"),
    Seen("australia_post/karrio_TrackingResponse.json", "LX123456789US", "ok", 9, "2021-01-21T11:04:27+11:00", "Delivered", "Delivered_001", "KEW VIC"),
    Seen("australia_post/karrio_TrackingResponse.json", "00123456789000123400", "ok", 10, "2021-02-02T07:38:56+11:00", "Delivered", "Delivered_001", "NZ"),
    Seen("canada_post/activeshipping_tracking_details_en_error.xml", "1371134583769999", "not_found"),
    # Delivered twice: first to a wrong address. The two images of signatures are no scans.
    Seen("canada_post/activeshipping_tracking_details_fr.xml", "1371134583769923", "ok", 8, "2011-02-03T11:59:59-05:00", "Delivered", "Delivered_001", "SAINTE-FOY, QC"),
    Seen("canada_post/karrio_UnknownTrackingNumberResponse.xml", "1371134583769999", "not_found"),
    # "MST" in September is Calgary's summer time.
    Seen("canada_post/shipit_canada_post_delivered.xml", "2001698038081172", "ok", 7, "2015-09-23T11:59:59-06:00", "Delivered", "Delivered_001", "CALGARY, AB"),
    # The newest of March is in Regina, which has no summer time.
    Seen("canada_post/shipit_canada_post_departed.xml", "2116634025912396", "ok", 6, "2016-03-08T10:35:55-06:00", "InTransit", "InTransit_007", "REGINA, SK"),
    Seen("canada_post/shipit_canada_post_en_route.xml", "7316971138510136", "ok", 4, "2015-10-01T06:04:27-04:00", "InTransit", "InTransit_001", "RICHMOND HILL, ON"),
]  # fmt: skip


def test_no_recorded_answer_is_left_out() -> None:
    assert {seen.file for seen in TABLE} == recorded(*FOLDERS)


@pytest.mark.parametrize("seen", TABLE, ids=lambda seen: f"{seen.file}-{seen.number}")
def test_a_recorded_answer_is_read_as_a_person_reads_it(seen: Seen) -> None:
    assert_read(read(seen.file, seen.number), seen)


@pytest.mark.parametrize("file", sorted({seen.file for seen in TABLE if seen.events}))
def test_every_scan_of_a_recorded_answer_is_understood(file: str) -> None:
    for seen in TABLE:
        if seen.file == file and seen.events:
            unread = [event.text for event in read(file, seen.number).events if event.status.tag == "Unknown"]
            assert not unread


def test_what_is_exact_and_what_is_not() -> None:
    calgary = read("canada_post/shipit_canada_post_delivered.xml", "2001698038081172").events
    assert [event.at_is_exact for event in calgary] == [False, True, True, True, True, True, False]
    abroad = read("australia_post/karrio_TrackingResponse.json", "LX123456789US").events
    assert [event.at_is_exact for event in abroad][:2] == [False, False], (
        "Chicago's clock under Sydney's label"
    )
    assert abroad[-1].at_is_exact


def read(file: str, number: str) -> TrackingReport:
    """The report as it would be if the carrier had been asked about this very number."""
    page = Page(
        f"https://carrier.example/vis/track/pin/{number}/detail", 200, "", (CAPTURES / file).read_bytes()
    )
    return carriers.get(file.split("/")[0]).parse(page, [number])[0]
