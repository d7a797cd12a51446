"""How long reading a carrier's text takes, and what the word lists weigh: python benchmarks/status_speed.py

Cold is the first text of a process, with the word lists read from disk; warm is a text not seen before, made of words
seen before; cached is the same text again.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.table import Row
from scrapers.status import classify

_PHRASES = Path(__file__).parents[1] / "tests" / "status_phrases.tsv"


def main(arguments: list[str]) -> int:
    with _PHRASES.open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    if arguments == ["memory"]:
        print(f"word lists and caches: {megabytes(texts):.0f} MB after {len(texts)} texts in every language")
        return 0
    print(f"cold: {seconds(texts[:1]) * 1e3:.0f} milliseconds for the first text")
    seconds([f"{text} 1" for text in texts])
    warm = min(seconds([f"{text} {number}" for text in texts]) for number in range(2, 6))
    again = [f"{text} 2" for text in texts]
    seconds(again)
    cached = min(seconds(again) for _ in range(5))
    print(f"warm: {warm / len(texts) * 1e6:.0f} microseconds a text")
    print(f"cached: {cached / len(texts) * 1e6:.2f} microseconds a text")
    # Counting memory slows everything down: in a process of its own.
    return subprocess.run([sys.executable, __file__, "memory"], check=False).returncode


def rows() -> Iterator[Row]:
    """The lines of `python -m benchmarks`: a text never seen, of words seen before; and one seen a moment ago."""
    with _PHRASES.open(encoding="utf-8", newline="") as file:
        known = [row["text"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    seconds([f"{text} 1" for text in known])
    warm = min(seconds([f"{text} {number}" for text in known]) for number in range(2, 6)) / len(known)
    again = known[:2000]
    seconds(again)
    cached = min(seconds(again) for _ in range(20)) / len(again)
    note = "no peer on PyPI reads texts of 20 languages; the issue measured 17 us of a program in node, not on npm"
    yield Row("one text classified, not seen before", "CPU us", warm * 1e6, bound=150, note=note)
    yield Row("one text classified again", "CPU us", cached * 1e6, bound=2)


def seconds(texts: list[str]) -> float:
    started = time.process_time()
    for text in texts:
        classify(text)
    return time.process_time() - started


def megabytes(texts: list[str]) -> float:
    tracemalloc.start()
    seconds(texts)
    return tracemalloc.get_traced_memory()[0] / 1e6


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
