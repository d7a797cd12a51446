"""One carrier text or code to a Status: the carrier's own code first, then the words."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from scrapers.base import UNKNOWN, Status
from scrapers.status import codes, rules, words

_BETTER_KNOWN_BY_TEXT = frozenset({"Exception", "AttemptFail", "AvailableForPickup", "OutForDelivery"})
_HANDING_OVER = frozenset({"delivered", "delivered_to", "delivery"})
_TO_A_NEIGHBOUR = "Delivered_005"
# The longest scan texts recorded have some 220 characters; what is far longer is no scan text but a page gone wrong.
_LONGEST = 1000
_READ_TO = _LONGEST + 1  # one more tells that it goes on


def classify(
    text: str, *, carrier: str | None = None, code: str | None = None, language: str | None = None
) -> Status:
    """What a carrier's text or code means, and the rule that decided.

    The carrier's code table goes first. A code that says Delivered is overruled by a text that clearly says
    otherwise (to the sender, at a pickup place, failed), never the other way round; a code marked weak only
    speaks where the text says nothing. A code containing RETURN is a return. Where nothing decides the tag is
    "Unknown". Of a text only the first thousand characters are read, and one that goes on behind them is never
    believed to say Delivered, for what takes it back may stand there. Never raises.
    """
    return _classify(text[:_READ_TO], carrier, code, language)


@lru_cache(maxsize=16384)
def _classify(text: str, carrier: str | None, code: str | None, language: str | None) -> Status:
    known = codes.lookup(carrier, code)
    if known is not None and not known.weak and known.status.tag != "Delivered":
        return known.status
    read, concepts = _read(text, language)
    if known is None:
        return read
    if known.weak:
        return _weak(known.status, read)
    if _objects(read, concepts):
        return replace(read, rule=f"{read.rule}, against {known.status.rule}")
    return known.status


def _read(text: str, language: str | None) -> tuple[Status, frozenset[str]]:
    whole = len(text) <= _LONGEST and not text.rstrip().endswith(("?", "？"))  # a question tells nothing
    for rank, reading in enumerate(words.readings(text[:_LONGEST], language)):
        rule = rules.decide(reading.concepts)
        # A delivery is only believed in the language that understands the text best, and where nothing was cut off.
        if rule is not None and ((rank == 0 and whole) or rule.tag != "Delivered"):
            return rules.status(rule, reading.language, reading.concepts), reading.concepts
    return UNKNOWN, frozenset()


def _weak(hint: Status, read: Status) -> Status:
    if read.tag == "Unknown":
        if hint.tag == "Delivered":
            return replace(UNKNOWN, rule=f"{hint.rule} is too weak to say Delivered alone")
        return hint
    if read.tag == "Delivered" and hint.tag not in ("Delivered", "Unknown"):
        return replace(UNKNOWN, rule=f"{read.rule}, but {hint.rule} says {hint.tag}")
    return read


def _objects(read: Status, concepts: frozenset[str]) -> bool:
    """Whether words stand against a code that says Delivered; mere movement does not, a hand-over elsewhere does."""
    if read.tag in _BETTER_KNOWN_BY_TEXT or read.subtag == _TO_A_NEIGHBOUR:
        return True
    return read.tag == "InTransit" and not _HANDING_OVER.isdisjoint(concepts)
