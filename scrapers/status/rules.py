"""The rules that turn concepts into a status: rules.tsv and stages.tsv, read from the top, the first that fits decides.

Column `when`: concepts that must all be there; `a/b` is either of them; `!a` must not be there. What speaks against
every delivery is not repeated in the table: a rule for Delivered never fits where one of `AGAINST_DELIVERY` is.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast

from scrapers.base import Stage, Status

_FOLDER = Path(__file__).parent
AGAINST_DELIVERY = frozenset(
    {
        "attempt",
        "contacted",
        "customs",
        "data",
        "fail",
        "future",
        "label",
        "lost",
        "not",
        "papers",
        "pod",
        "return",
        "sender",
        "to_sender",
        "unknown_words",
        "waiting",
        "wrong",
    }
)


@dataclass(frozen=True, slots=True)
class _When:
    needs: tuple[frozenset[str], ...]
    objections: frozenset[str]

    def fits(self, concepts: frozenset[str]) -> bool:
        for either in self.needs:
            if either.isdisjoint(concepts):
                return False
        return self.objections.isdisjoint(concepts)


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of rules.tsv. `tag` "Unknown" is a rule that says: these words must not be taken for anything."""

    name: str
    when: _When
    tag: str
    subtag: str
    stage: Stage


def decide(concepts: frozenset[str]) -> Rule | None:
    """The first rule that fits."""
    return next((rule for rule in _rules("rules.tsv") if rule.when.fits(concepts)), None)


def stage(concepts: frozenset[str]) -> Stage:
    """How far along the way, for words that mean movement; "" where they do not say."""
    return next((rule.stage for rule in _rules("stages.tsv") if rule.when.fits(concepts)), "")


def status(rule: Rule, language: str, concepts: frozenset[str]) -> Status:
    """What a rule says, named with the language whose words it read."""
    where = rule.stage or (stage(concepts) if rule.tag in ("InTransit", "Exception") else "")
    return Status(rule.tag, rule.subtag, f"{language}: {rule.name}", where)


@cache
def _rules(name: str) -> tuple[Rule, ...]:
    with (_FOLDER / name).open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return tuple(
            Rule(
                row["rule"],
                _when(row["when"].split(), row.get("tag", "")),
                row.get("tag", ""),
                row.get("subtag", ""),
                cast("Stage", row["stage"]),
            )
            for row in rows
        )


def _when(conditions: Iterable[str], tag: str) -> _When:
    conditions = list(conditions)
    objections = frozenset(c[1:] for c in conditions if c.startswith("!"))
    return _When(
        tuple(frozenset(c.split("/")) for c in conditions if not c.startswith("!")),
        objections | AGAINST_DELIVERY if tag == "Delivered" else objections,
    )
