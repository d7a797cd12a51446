"""Sentences by id, and the languages that word them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

Fact = str | int


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: its id in the language files and its facts."""

    id: str
    facts: tuple[tuple[str, Fact], ...] = ()


def say(sentence: str, **facts: Fact) -> Sentence:
    """A Sentence from keyword facts."""
    return Sentence(sentence, tuple(facts.items()))


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its own name for itself, and its wording by id."""

    code: str
    name: str
    sentences: Mapping[str, str]
    evidence: Mapping[str, str]
    notes: Mapping[str, str]

    def word(self, sentence: Sentence) -> str:
        return self.sentences[sentence.id].format(**dict(sentence.facts))

    def note(self, sentence: Sentence) -> str:
        return self.notes[sentence.id].format(**dict(sentence.facts))


@cache
def language(code: str) -> Language:
    """The language of a code in LANGUAGES."""
    read = tomllib.loads(files(__package__).joinpath("languages", f"{code}.toml").read_text("utf-8"))
    return Language(code, read["name"], read["sentences"], read["evidence"], read["notes"])


@cache
def evidence_for(subject: str) -> tuple[str, ...]:
    """The ids of what proves a reason, or what goes with a kind of text; the most convincing first."""
    table: dict[str, list[str]] = tomllib.loads(
        files(__package__).joinpath("evidence.toml").read_text("utf-8")
    )
    return tuple(table.get(subject, ()))


LANGUAGES = tuple(
    sorted(
        f.name.removesuffix(".toml")
        for f in files(__package__).joinpath("languages").iterdir()
        if f.name.endswith(".toml")
    )
)
