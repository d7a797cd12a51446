"""Foreign words inside our own texts: one clean line of a bounded length that nobody is harmed by."""

from __future__ import annotations

import re
import unicodedata

# Carriers put links and the phone numbers of couriers into their texts; neither belongs into a letter.
_LINKS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+")
_PHONES = re.compile(r"(?<!\w)(?!\d{4}-\d\d-\d\d)\+?\(?\d(?:[ ().-]{0,2}\d){8,}(?!\w)")
_QUOTES = str.maketrans(dict.fromkeys('"“”„‟«»‹›″＂「」『』', "'"))
_LONGEST = 4000  # what is longer is no text of a carrier, and need not be read to its end


def clean(words: str, most: int) -> str:
    """One line of at most `most` characters: without control and direction marks, cut at a word with “…”."""
    visible = "".join(_visible(sign) for sign in unicodedata.normalize("NFC", words[:_LONGEST]))
    line = " ".join(visible.split())
    if len(line) <= most:
        return line
    cut = line[: most - 1]
    word = cut.rpartition(" ")[0]
    return (word if len(word) * 2 > most else cut).rstrip() + "…"


def quotable(words: str, most: int) -> str:
    """A carrier's words fit to stand between quotation marks: without marks, links or phone numbers of their own."""
    without = _PHONES.sub("…", _LINKS.sub("…", clean(words, _LONGEST)))
    return clean(without.translate(_QUOTES), most)


def own_words(fact: str, most: int = 200) -> str:
    """The user's own words as a sentence, "" where nothing is said."""
    line = clean(fact, most)
    if not any(sign.isalnum() for sign in line):
        return ""
    return line[0].upper() + line[1:] + ("" if line.endswith((".", "!", "?", "…")) else ".")


def _visible(sign: str) -> str:
    kind = unicodedata.category(sign)
    return " " if kind[0] in "CZ" else sign
