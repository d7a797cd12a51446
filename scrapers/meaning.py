"""Which of a page's own words means what we mean: short labels compared by the letters they share.

Labels change, are inflected, and stand in compounds ("Sendungsverfolgung"), so whole words are no measure.
Groups of three letters are, weighted by how telling they are among all meanings of that language.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Phrases = Mapping[str, Mapping[str, Sequence[str]]]  # language -> meaning -> phrases

ENOUGH = 0.36  # below this likeness an option is not taken for the meaning
AHEAD = 0.08  # and it must be this much likelier than any other option
_WIDE = re.compile(r"[぀-ヿ㐀-鿿가-힯]")


@dataclass(frozen=True, slots=True)
class Choice:
    """The option that means what was wanted, and the one that came next. `index` is None where none is sure."""

    index: int | None
    likeness: float
    next_index: int | None
    next_likeness: float


def plain(text: str) -> str:
    """Text for comparison: lower case, no accents, only letters, digits and single blanks."""
    folded = text.casefold().replace("ı", "i")  # Turkish: its capital is folded to a dotted one
    bare = "".join(c for c in unicodedata.normalize("NFD", folded) if unicodedata.category(c) != "Mn")
    kept = "".join(c if c.isalnum() else " " for c in unicodedata.normalize("NFKC", bare))
    return " ".join(kept.split())


def grams(text: str) -> Counter[str]:
    """Groups of three letters of each word with its ends marked; of two where words are not parted by blanks."""
    found: Counter[str] = Counter()
    for word in plain(text).split():
        size = 2 if _WIDE.search(word) else 3
        marked = word if size == 2 else f" {word} "
        found.update(marked[i : i + size] for i in range(max(1, len(marked) - size + 1)))
    return found


class Meanings:
    """Knows what short texts mean, in several languages at once."""

    def __init__(self, phrases: Phrases) -> None:
        self._phrases = phrases
        self._known = {language: _Language(meanings) for language, meanings in phrases.items()}

    def phrases(self, meaning: str = "") -> list[str]:
        """The phrases of a meaning in every language; of every meaning without one."""
        several = [(name, known) for language in self._phrases.values() for name, known in language.items()]
        return [phrase for name, known in several if meaning in ("", name) for phrase in known]

    def likeness(self, text: str, meaning: str) -> float:
        """How like a text is to a meaning, 0 to 1, in the language where it is likest."""
        return max((known.likeness(text, meaning) for known in self._known.values()), default=0.0)

    def of(self, text: str) -> tuple[str, float]:
        """The meaning a text is likest to, "" where it is like none."""
        scored = [(known.likeness(text, m), m) for known in self._known.values() for m in known.meanings]
        best = max(scored, default=(0.0, ""))
        return (best[1], best[0]) if best[0] > 0 else ("", 0.0)

    def choose(self, options: Sequence[str], wanted: str) -> Choice:
        """The option that means `wanted`: like enough, ahead of every other, and like no other meaning more."""
        ranked = sorted(((self.likeness(o, wanted), -i) for i, o in enumerate(options)), reverse=True)
        (best, place), *others = ranked or [(0.0, 0)]
        follower, next_place = others[0] if others else (0.0, 0)
        next_index = -next_place if others else None
        sure = best >= ENOUGH and best - follower >= AHEAD and self.of(options[-place])[0] == wanted
        return Choice(-place if sure else None, best, next_index, follower)


class _Language:
    def __init__(self, meanings: Mapping[str, Sequence[str]]) -> None:
        self.meanings = tuple(meanings)
        counted = {m: [grams(phrase) for phrase in phrases] for m, phrases in meanings.items()}
        self._spread = Counter(gram for several in counted.values() for gram in set().union(*several))
        self._vectors = {m: [self._weighed(c) for c in several] for m, several in counted.items()}

    def likeness(self, text: str, meaning: str) -> float:
        vector = self._weighed(grams(text))
        return max((_cosine(vector, known) for known in self._vectors.get(meaning, ())), default=0.0)

    def _weighed(self, counted: Counter[str]) -> dict[str, float]:
        weights = {
            g: n * math.log(1 + len(self.meanings) / (1 + self._spread[g])) for g, n in counted.items()
        }
        length = math.sqrt(sum(w * w for w in weights.values())) or 1.0
        return {gram: weight / length for gram, weight in weights.items()}


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    return sum(weight * other.get(gram, 0.0) for gram, weight in one.items())


def says(text: str, labels: Iterable[str], *, room: int = 0) -> bool:
    """Whether a text is one of the labels, give or take `room` further words (characters where there are no blanks)."""
    words = plain(text).split()
    for label in labels:
        wanted = plain(label).split()
        if not wanted:
            continue
        if any(_WIDE.search(w) for w in wanted):
            whole, part = "".join(words), "".join(wanted)
            if part in whole and len(whole) <= len(part) + 2 * room:
                return True
        elif len(words) <= len(wanted) + room and any(
            words[i : i + len(wanted)] == wanted for i in range(len(words) - len(wanted) + 1)
        ):
            return True
    return False
