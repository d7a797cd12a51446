"""The carriers' own codes: one file codes/<carrier>.tsv each, every row with its evidence.

Columns: code, tag, subtag, stage, weak ("weak" for a code that is only a hint), meaning, evidence.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast

from scrapers.base import Stage, Status

_FOLDER = Path(__file__).parent / "codes"
# Carriers that have no table, or not only one, of their own.
_TABLES = {
    "aliexpress": ("aliexpress", "cainiao"),
    "china_post": ("china_post", "upu"),
    "ems": ("china_post", "upu"),
}


@dataclass(frozen=True, slots=True)
class Known:
    """What a code means; a weak one only where the text says nothing."""

    status: Status
    weak: bool = False


def lookup(carrier: str | None, code: str | None) -> Known | None:
    """The meaning of a carrier's code; None for a code no table has. Any code with RETURN in it is a return."""
    if not code:
        return None
    plain = code.strip().upper()
    # The shop's tracking page writes Cainiao's codes as AE_LH_ARRIVE and AE_LH_ARRIVE_SUCCESS.
    bare = plain.removeprefix("AE_") if carrier in ("cainiao", "aliexpress") else plain
    tables = [_table(name) for name in _TABLES.get(carrier or "", (carrier or "",))]
    spellings = (bare, bare.removesuffix("_SUCCESS"))
    known = next((table[spelling] for table in tables for spelling in spellings if spelling in table), None)
    if known is None and "RETURN" in plain:
        return Known(Status("Exception", "Exception_010", f"code {_shown(code)} contains RETURN"))
    return known


def _shown(code: str) -> str:
    return code.strip()[:40]


@cache
def _table(carrier: str) -> dict[str, Known]:
    if not carrier.isidentifier() and not carrier.isalnum():  # a name, never a path
        return {}
    path = _FOLDER / f"{carrier}.tsv"
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {
            row["code"]: Known(
                Status(
                    row["tag"], row["subtag"], f"{carrier} code {row['code']}", cast("Stage", row["stage"])
                ),
                weak=row["weak"] == "weak",
            )
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        }
