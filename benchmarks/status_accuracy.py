"""How well carriers' words are read, on tables of labelled texts: python benchmarks/status_accuracy.py [FILE …] [-v]

A FILE is tab-separated with the columns language, tag and phrase (or text), and may name the carrier; by default
../shared/facts/phrases.tsv and tests/status_phrases.tsv. Texts only: codes are not used. With -v every wrong text is
printed. The rules were written with both tables in sight: of texts nobody has seen expect a little less. What a
language's own words contribute is shown by leaving them out: nothing may then be called Delivered that is not, for
that is what happens to the languages nobody has written down yet.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter, defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from scrapers.status import classify, rules, words

_ROOT = Path(__file__).parents[1]
_TABLES = (_ROOT.parent / "shared" / "facts" / "phrases.tsv", _ROOT / "tests" / "status_phrases.tsv")
_FEW = 5  # a carrier with fewer texts says nothing


def main(arguments: list[str]) -> int:
    verbose = "-v" in arguments
    named = [Path(argument) for argument in arguments if argument != "-v"]
    paths = [path for path in named or _TABLES if path.is_file()]
    if not paths:
        print("There is no table of labelled texts.", file=sys.stderr)
        return 1
    for path in paths:
        print(f"\n{path.name}")
        table(read(path), verbose=verbose)
    return 0


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [{**row, "phrase": row.get("phrase") or row["text"]} for row in rows]


def table(rows: list[dict[str, str]], *, verbose: bool) -> None:
    tags = [classify(row["phrase"]).tag for row in rows]
    report("all", rows, tags)
    for language in sorted({row["language"] for row in rows}):
        of = [place for place, row in enumerate(rows) if row["language"] == language]
        report(language, [rows[p] for p in of], [tags[p] for p in of])
    carriers(rows, tags)
    print("read without the words of their own language:")
    for language in sorted({row["language"] for row in rows}):
        of_it = [row for row in rows if row["language"] == language]
        report(language, of_it, [tag_without(language, row["phrase"]) for row in of_it])
    wrong = [(row, tag) for row, tag in zip(rows, tags, strict=True) if row["tag"] != tag]
    listed("said Delivered, but is not", [row["phrase"] for row, tag in wrong if tag == "Delivered"])
    missed = [(row, tag) for row, tag in wrong if row["tag"] == "Delivered"]
    listed("Delivered, not recognised", [f"{row['phrase']} -> {tag}" for row, tag in missed])
    if verbose:
        shown = [f"{row['tag']} -> {tag}: {row['phrase']}" for row, tag in wrong]
        listed("wrong", shown)


def carriers(rows: list[dict[str, str]], tags: list[str]) -> None:
    """Each carrier by the texts that no other carrier of the table has: what the others could not have taught."""
    said_by: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        said_by[words.fold(row["phrase"])].add(row.get("carrier") or "")
    own: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        if row.get("carrier") and len(said_by[words.fold(row["phrase"])]) == 1:
            own[row["carrier"]].append(place)
    if own:
        print("texts of one carrier alone:")
    for carrier, of in sorted(own.items()):
        if len(of) >= _FEW:
            report(carrier[:13], [rows[p] for p in of], [tags[p] for p in of])


def tag_without(language: str, text: str) -> str:
    """The tag of a text for a reader who has never heard its language."""
    readings = [
        words.lexicon(name, bare=name == "vi" and text.isascii()).read(words.plain(text))
        for name in words.languages()
        if name != language
    ]
    readings.sort(key=lambda reading: reading.depth, reverse=True)
    for rank, reading in enumerate(reading for reading in readings if reading.understood):
        rule = rules.decide(reading.concepts)
        if rule is not None and (rank == 0 or rule.tag != "Delivered"):
            return rule.tag
    return "Unknown"


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
