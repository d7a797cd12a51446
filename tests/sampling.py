"""Long tables of pages for a real browser: every row with EVERY_PAGE=1, else a few of them, always the same."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

Row = TypeVar("Row")


def sampled(rows: Sequence[Row], one_in: int) -> list[Row]:
    """All rows with EVERY_PAGE=1, else the first of every three times `one_in`, so that a test run stays short."""
    return list(rows) if os.environ.get("EVERY_PAGE") == "1" else list(rows[:: 3 * one_in])
