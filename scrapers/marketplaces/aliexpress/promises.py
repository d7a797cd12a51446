"""Days the shop promises in its own sentences: the end of protection, the coupon for a late parcel, estimates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from scrapers.marketplaces.aliexpress.dates import Found, find_days
from scrapers.marketplaces.aliexpress.states import promises_coupon, promises_refund
from scrapers.orders import UNSURE_DAY, DateKind, ShownDate, Source

_PARTS = re.compile(r"\s*[·•|\n]\s*")
_DAY_COMES_FIRST = re.compile(
    r"[\u3040-\u30ff\uac00-\ud7af]"
)  # Japanese and Korean say the day, then what it is


def promised(sentences: Iterable[str], place: str, language: str = "") -> Iterator[ShownDate]:
    """The protection ends and coupon days in service sentences; a sentence that is neither gives nothing."""
    for sentence in sentences:
        for part in _PARTS.split(sentence):
            for words, found in _with_their_words(part, language):
                if promises_coupon(words):
                    yield shown("late_coupon", found, "page", place, words)
                elif promises_refund(words):
                    yield shown("protection_end", found, "page", place, words)


def estimates(sentence: str, place: str, language: str = "") -> Iterator[ShownDate]:
    """The shop's own delivery estimate in a line that is known to be one; the last day of a span."""
    found = find_days(sentence, language)
    if found:
        yield shown("expected", max(found, key=lambda day: day.day), "page", place, sentence.strip())


def shown(kind: DateKind, found: Found, source: Source, place: str, sentence: str) -> ShownDate:
    """A day as it stood in a sentence; that day and month may be swapped is said with its place."""
    doubt = f" ({UNSURE_DAY}: the earlier day is taken)" if found.unsure else ""
    return ShownDate(kind, found.day, source, f"{place}{doubt}", sentence.strip())


def once(dates: Iterable[ShownDate]) -> tuple[ShownDate, ...]:
    """Every kind and day of one place once, in the words met first; different days of one kind all stay."""
    kept: dict[tuple[str, object], ShownDate] = {}
    for shown_date in dates:
        kept.setdefault((shown_date.kind, shown_date.day), shown_date)
    return tuple(kept.values())


def _with_their_words(part: str, language: str) -> Iterator[tuple[str, Found]]:
    """Each day of a line with the words that belong to it; with one day that is the whole line."""
    found = find_days(part, language)
    if len(found) == 1:
        yield part, found[0]
        return
    first = _DAY_COMES_FIRST.search(part) is not None
    for index, day in enumerate(found):
        if first:
            end = found[index + 1].start if index + 1 < len(found) else len(part)
            yield part[day.start : end], day
        else:
            start = found[index - 1].end if index else 0
            yield part[start : day.end], day
