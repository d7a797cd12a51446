"""Recorded answers of carriers, kept outside the project: where they lie and what a person reads in them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from scrapers.base import TrackingReport

CAPTURES = Path(__file__).resolve().parents[2] / "shared" / "captures" / "carriers"
where_recorded = pytest.mark.skipif(
    not CAPTURES.is_dir(), reason="the recorded answers are not on this machine"
)


class Seen(NamedTuple):
    """What a person reads in a file about one number. `newest` is ISO 8601, `tag` with its subtag."""

    file: str
    number: str
    outcome: str
    events: int = 0
    newest: str = ""
    tag: str = ""
    subtag: str = ""
    place: str = ""
    status: int = 200


def recorded(*folders: str) -> set[str]:
    """The files of these folders, as a table names them."""
    return {f"{folder}/{path.name}" for folder in folders for path in (CAPTURES / folder).iterdir()}


def shapes(*beginnings: str) -> set[str]:
    """The recorded not-found shapes whose names begin so."""
    return {file for file in recorded("shapes") if file.removeprefix("shapes/").startswith(beginnings)}


def assert_read(report: TrackingReport, seen: Seen) -> None:
    assert (report.number, report.outcome, len(report.events)) == (seen.number, seen.outcome, seen.events)
    if seen.newest:
        newest = report.events[-1]
        assert newest.at.astimezone(UTC) == datetime.fromisoformat(seen.newest).astimezone(UTC)
        assert (newest.status.tag, newest.status.subtag) == (seen.tag, seen.subtag)
    if seen.place:
        assert report.events[-1].place == seen.place
