"""The table of speed and size: python -m benchmarks [SCRIPT ...], from the project's folder; see README.md here."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator

from benchmarks.table import Row, lines

SCRIPTS = ("parse_rates", "status_speed", "cold_start", "cycle", "store_size", "page", "dispute_form")


def main(wanted: list[str]) -> int:
    unknown = [name for name in wanted if name not in SCRIPTS]
    if unknown:
        print(f"{', '.join(unknown)}: there are {', '.join(SCRIPTS)}", file=sys.stderr)
        return 2
    table: list[Row] = []
    for name in wanted or SCRIPTS:
        print(f"{name} ...", file=sys.stderr)
        rows: Iterator[Row] = importlib.import_module(f"benchmarks.{name}").rows()
        table += rows
    print("\n".join(lines(table)))
    return int(any(row.met() is False for row in table))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
