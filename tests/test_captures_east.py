"""Meest's recorded answers, kept outside the project, are read as a person reads them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from scrapers import carriers
from scrapers.base import Page

CAPTURES = Path(__file__).resolve().parents[2] / "shared" / "captures" / "carriers" / "meest"
pytestmark = pytest.mark.skipif(not CAPTURES.is_dir(), reason="the recorded answers are not on this machine")


class Seen(NamedTuple):
    """What a person reads in a file about one number. `newest` is ISO 8601, `tag` with its subtag."""

    file: str
    number: str
    outcome: str
    events: int = 0
    newest: str = ""
    tag: str = ""
    subtag: str = ""


TABLE = [
    # One scan is dated two years before the others; the newest is the delivery all the same.
    Seen("romabilka_tracked_by_number.xml", "001-0255371", "ok", 8, "2016-06-30T16:25:43+03:00", "Delivered", "Delivered_001"),
    # "Connection Error" is Meest's own trouble and says nothing about a number.
    Seen("romabilka_bad_request.xml", "001-0255371", "unavailable"),
]  # fmt: skip


def test_no_recorded_answer_is_left_out() -> None:
    assert {seen.file for seen in TABLE} == {path.name for path in CAPTURES.iterdir()}


@pytest.mark.parametrize("seen", TABLE, ids=lambda seen: seen.file)
def test_a_recorded_answer_is_read_as_a_person_reads_it(seen: Seen) -> None:
    page = Page("https://carrier.example/", 200, "application/xml", (CAPTURES / seen.file).read_bytes())
    (report,) = carriers.get("meest").parse(page, [seen.number])

    assert (report.number, report.outcome, len(report.events)) == (seen.number, seen.outcome, seen.events)
    assert report.destination_country == ("UA" if seen.events else "")
    if seen.newest:
        newest = report.events[-1]
        assert newest.at.astimezone(UTC) == datetime.fromisoformat(seen.newest).astimezone(UTC)
        assert (newest.status.tag, newest.status.subtag) == (seen.tag, seen.subtag)
        assert newest.at_is_exact
