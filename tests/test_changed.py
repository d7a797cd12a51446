"""An answer nobody can read costs no more than itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import NOW

from monitor.adapters.changed import ChangedAnswers
from scrapers.base import Page


@pytest.mark.parametrize(
    "body", [rb'{"a": "half a smile \ud83d"}', rb'{"\ud83d": 1}', b"<p>\xed\xa0\xbd", b"\0"]
)
def test_the_bones_of_any_answer_are_kept(body: bytes, tmp_path: Path) -> None:
    kept = ChangedAnswers(tmp_path)
    page = Page("https://carrier.example", 200, "application/json", body)
    kept.keep("cainiao", page, "it holds half a character", NOW)
    assert "half a character" in kept.listed()["cainiao"].read_text("utf-8")
