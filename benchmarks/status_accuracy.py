"""How well carriers' words are read, on a table of labelled texts: python benchmarks/status_accuracy.py [FILE] [-v]

FILE is tab-separated with the columns phrase, language and tag; by default ../shared/facts/phrases.tsv. Texts only:
codes are not used. A fifth of the texts, chosen by hash, was not read while the rules were written; its figure says
what to expect of texts nobody has seen. With -v every wrong text is printed, that fifth excepted.
"""

from __future__ import annotations

import csv
import hashlib
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from scrapers.status import classify

_DEFAULT = Path(__file__).parents[2] / "shared" / "facts" / "phrases.tsv"
_UNREAD_FROM = 205  # of 256


def unread(phrase: str) -> bool:
    return hashlib.sha256(phrase.lower().encode()).digest()[0] >= _UNREAD_FROM


def main(arguments: list[str]) -> int:
    verbose = "-v" in arguments
    path = next((Path(argument) for argument in arguments if argument != "-v"), _DEFAULT)
    if not path.is_file():
        print(f"There is no table of labelled texts at {path}.", file=sys.stderr)
        return 1
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    started = time.perf_counter()
    tags = [classify(row["phrase"]).tag for row in rows]
    spent = time.perf_counter() - started
    report("all", rows, tags)
    for language in sorted({row["language"] for row in rows}):
        of = [place for place, row in enumerate(rows) if row["language"] == language]
        report(language, [rows[p] for p in of], [tags[p] for p in of])
    kept = [place for place, row in enumerate(rows) if unread(row["phrase"])]
    report("unread fifth", [rows[p] for p in kept], [tags[p] for p in kept])
    wrong = [(row, tag) for row, tag in zip(rows, tags, strict=True) if row["tag"] != tag]
    listed("said Delivered, but is not", [row["phrase"] for row, tag in wrong if tag == "Delivered"])
    missed = [(row, tag) for row, tag in wrong if row["tag"] == "Delivered" and not unread(row["phrase"])]
    listed("Delivered, not recognised", [f"{row['phrase']} -> {tag}" for row, tag in missed])
    if verbose:
        shown = [f"{row['tag']} -> {tag}: {row['phrase']}" for row, tag in wrong if not unread(row["phrase"])]
        listed("wrong", shown)
    print(f"{spent / len(rows) * 1e6:.0f} microseconds a text, tables loaded on the way")
    return 0


def report(name: str, rows: list[dict[str, str]], tags: list[str]) -> None:
    pairs = Counter((row["tag"], tag) for row, tag in zip(rows, tags, strict=True))
    right = sum(count for (label, tag), count in pairs.items() if label == tag)
    false = sum(count for (label, tag), count in pairs.items() if tag == "Delivered" != label)
    missed = sum(count for (label, tag), count in pairs.items() if label == "Delivered" != tag)
    unknown = sum(count for (_, tag), count in pairs.items() if tag == "Unknown")
    print(
        f"{name:13} {right:5} of {len(rows):5} right ({right / len(rows):6.1%})"
        f"  false Delivered {false:2}  missed Delivered {missed:2}  Unknown {unknown:3}"
    )


def listed(title: str, lines: list[str]) -> None:
    print(f"{title}: {len(lines)}")
    for line in lines:
        print(f"  {line}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
