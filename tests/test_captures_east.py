"""Meest's recorded answers, kept outside the project, are read as a person reads them."""

from __future__ import annotations

import pytest
from captures import CAPTURES, Seen, assert_read, recorded, where_recorded

from scrapers import carriers
from scrapers.base import Page

pytestmark = where_recorded


TABLE = [
    # One scan is dated two years before the others; the newest is the delivery all the same.
    Seen("meest/romabilka_tracked_by_number.xml", "001-0255371", "ok", 8, "2016-06-30T16:25:43+03:00", "Delivered", "Delivered_001"),
    # "Connection Error" is Meest's own trouble and says nothing about a number.
    Seen("meest/romabilka_bad_request.xml", "001-0255371", "unavailable"),
]  # fmt: skip


def test_no_recorded_answer_is_left_out() -> None:
    assert {seen.file for seen in TABLE} == recorded("meest")


@pytest.mark.parametrize("seen", TABLE, ids=lambda seen: seen.file)
def test_a_recorded_answer_is_read_as_a_person_reads_it(seen: Seen) -> None:
    page = Page("https://carrier.example/", 200, "application/xml", (CAPTURES / seen.file).read_bytes())
    (report,) = carriers.get("meest").parse(page, [seen.number])

    assert_read(report, seen)
    assert report.destination_country == ("UA" if seen.events else "")
    assert all(event.at_is_exact for event in report.events[-1:])
