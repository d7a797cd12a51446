"""Days as the shop's pages and mails write them, in the languages of the shop.

"Sep 4, 2026", "4. Sept. 2026", "4 de septiembre de 2026", "4 wrz 2026", "9월 4, 2026", "2026年9月4日", "04.09.2026".
With slashes or dashes English does not tell the day from the month; then the earlier day is taken, since a day
too early warns and a day too late loses money, and the reading is marked unsure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from scrapers.when import believable

_NAMES = (
    # en, de, es, fr, pt, it, nl, pl, ru, tr, ar, he; no spelling means two months
    "jan|january|januar|jän|jänner|ene|enero|janv|janvier|janeiro|gen|gennaio|januari|sty|styczeń|stycznia"
    "|янв|январь|января"
    "|oca|ocak|يناير|ינו|ינואר|בינואר",
    "feb|february|februar|febrero|févr|fevr|fév|fev|février|fevrier|fevereiro|febbraio|februari|lut|luty|lutego"
    "|фев|февр|февраль|февраля"
    "|şub|şubat|فبراير|פבר|פברואר|בפברואר",
    "mar|march|märz|mär|mrz|maerz|marzo|mars|março|marco|mrt|maart|marzec|marca|мар|март|марта"
    "|mart|مارس|מרץ|במרץ|מרס",
    "apr|april|abr|abril|avr|avril|aprile|kwi|kwiecień|kwietnia|апр|апрель|апреля"
    "|nis|nisan|أبريل|ابريل|אפר|אפריל|באפריל",
    "may|mai|mayo|maio|mag|maggio|mei|maj|maja|май|мая|mayıs|مايو|מאי|במאי",
    "jun|june|juni|junio|juin|junho|giu|giugno|cze|czerwiec|czerwca|июн|июнь|июня|haz|haziran|يونيو|יונ|יוני|ביוני",
    "jul|july|juli|julio|juil|juillet|julho|lug|luglio|lip|lipiec|lipca|июл|июль|июля"
    "|tem|temmuz|يوليو|יול|יולי|ביולי",
    "aug|august|ago|agosto|août|aout|augustus|sie|sierpień|sierpnia|авг|август|августа"
    "|ağu|ağustos|أغسطس|אוג|אוגוסט|באוגוסט",
    "sep|sept|september|septiembre|setiembre|septembre|set|setembro|sett|settembre|wrz|wrzesień|września"
    "|сен|сент|сентябрь|сентября"
    "|eyl|eylül|سبتمبر|ספט|ספטמבר|בספטמבר",
    "oct|october|okt|oktober|octubre|octobre|out|outubro|ott|ottobre|paź|październik|października"
    "|окт|октябрь|октября"
    "|eki|ekim|أكتوبر|اكتوبر|אוק|אוקטובר|באוקטובר",
    "nov|november|noviembre|novembre|novembro|lis|listopad|listopada|ноя|нояб|ноябрь|ноября"
    "|kas|kasım|نوفمبر|נוב|נובמבר|בנובמבר",
    "dec|december|dez|dezember|dic|diciembre|déc|décembre|decembre|dezembro|dicembre|gru|grudzień|grudnia"
    "|дек|декабрь|декабря"
    "|ara|aralık|ديسمبر|דצמ|דצמבר|בדצמבר",
)


def _folded(name: str) -> str:
    """A month's name in any case, also Turkish: "KASIM" is "kasım" there and "kasim" everywhere else."""
    return name.casefold().replace("i\u0307", "i").replace("ı", "i")


_MONTHS = {_folded(name): number for number, names in enumerate(_NAMES, start=1) for name in names.split("|")}

# A pattern that minds no case takes ı for i by itself, but not İ.
_NAMED = "|".join(sorted((re.escape(name).replace("i", "[iİ]") for name in _MONTHS), key=len, reverse=True))
_MONTH = rf"(?:(?<![^\W_])(?:{_NAMED})(?![^\W\d_])|(?<!\d)\d{{1,2}}\s?[월月])"
_DAY = r"(?<!\d)\d{1,2}"
_YEAR = r"20\d\d(?!\d)"
_DAY_MONTH = rf"(?P<day>{_DAY})(?:st|nd|rd|th|er|\.|º|ª)?\s{{0,3}}(?:de |of )?(?P<month>{_MONTH})"
_MONTH_DAY = rf"(?P<month>{_MONTH})\.?\s{{0,3}}(?P<day>\d{{1,2}})(?!\d)(?:st|nd|rd|th|일|日)?"

_WHOLE = (
    re.compile(
        r"(?<!\d)(?P<year>20\d\d)\s?[년年./-]\s?(?P<month>\d{1,2})\s?[월月./-]\s?(?P<day>\d{1,2})(?!\d)"
    ),
    re.compile(rf"{_DAY_MONTH}\.?,?\s{{0,3}}(?:del? |of )?(?P<year>{_YEAR})", re.IGNORECASE),
    re.compile(rf"{_MONTH_DAY}\s?,?\s{{0,3}}(?P<year>{_YEAR})", re.IGNORECASE),
)
_NUMERIC = re.compile(
    rf"(?<![\d./-])(?P<first>\d{{1,2}})(?P<mark>[./-])(?P<second>\d{{1,2}})(?P=mark)(?P<year>{_YEAR})"
)
# Some names are words as well: "bis Sie 15 Tage warten" and "you may 3 times" name no day.
_COUNTS = r"(?!\s?(?:days?|times?|tagen?|mal|stunden?|hours?)(?!\w))"
_YEARLESS = (re.compile(_DAY_MONTH, re.IGNORECASE), re.compile(_MONTH_DAY + _COUNTS, re.IGNORECASE))
_CLOCK = re.compile(
    r"(?<!\d)(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::\d\d)?\s?(?P<half>[ap]\.?m\b)?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Found:
    """A day in a text, with its place there. `unsure`: day and month may be swapped, the earlier day is taken."""

    day: date
    unsure: bool
    start: int
    end: int


def find_days(text: str, language: str = "") -> list[Found]:
    """All days in a text, in their order. `language` ("de", "en_US") decides numeric forms; "" is not known."""
    taken: list[Found] = []
    for found in sorted([*_whole(text), *_numeric(text, language)], key=lambda found: found.start):
        if not taken or found.start >= taken[-1].end:
            taken.append(found)
    return taken


def read_day(text: str, language: str = "") -> date | None:
    """The first day in a text, None where there is none."""
    found = find_days(text, language)
    return found[0].day if found else None


def coming_days(text: str, said_on: date) -> list[Found]:
    """All days a text names without a year, each in the year in which it comes next after `said_on`."""
    found = []
    for pattern in _YEARLESS:
        for match in pattern.finditer(text):
            month, number = _month(match["month"]), int(match["day"])
            days = (_valid(year, month, number) for year in (said_on.year, said_on.year + 1))
            day = next((day for day in days if day is not None and day >= said_on), None)
            if day:
                found.append(Found(day, unsure=False, start=match.start(), end=match.end()))
        if found:
            break
    return found


def wall_clock(text: str, near: datetime, zone: tzinfo) -> datetime | None:
    """A day and time without a year ("Tue | Jul. 28 18:39") in the zone given, in the year that brings it nearest."""
    clock = _CLOCK.search(text)
    match = next((m for pattern in _YEARLESS if (m := pattern.search(text))), None)
    if clock is None or match is None:
        return None
    hour = int(clock["hour"])
    if clock["half"]:
        hour = hour % 12 + (12 if clock["half"].lower().startswith("p") else 0)
    month, day = _month(match["month"]), int(match["day"])
    candidates = []
    for year in (near.year - 1, near.year, near.year + 1):
        try:
            candidates.append(datetime(year, month, day, hour, int(clock["minute"]), tzinfo=zone))
        except ValueError:  # 29 February outside a leap year, or no time at all
            continue
    return min(candidates, key=lambda moment: abs(moment - near), default=None)


def _whole(text: str) -> Iterator[Found]:
    for pattern in _WHOLE:
        for match in pattern.finditer(text):
            day = _valid(int(match["year"]), _month(match["month"]), int(match["day"]))
            if day:
                yield Found(day, unsure=False, start=match.start(), end=match.end())


def _numeric(text: str, language: str) -> Iterator[Found]:
    # A dot is the day-first form everywhere; so are slashes outside English.
    day_first_known = language[:2].lower() not in ("", "en")
    for match in _NUMERIC.finditer(text):
        year, first, second = int(match["year"]), int(match["first"]), int(match["second"])
        day_first, month_first = _valid(year, second, first), _valid(year, first, second)
        certain = day_first_known or match["mark"] == "."
        day = (
            day_first if certain and day_first else min(filter(None, (day_first, month_first)), default=None)
        )
        if day:
            unsure = not certain and None not in (day_first, month_first) and day_first != month_first
            yield Found(day, unsure, match.start(), match.end())


def _month(written: str) -> int:
    return _MONTHS.get(_folded(written)) or int(re.sub(r"\D", "", written))


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found if believable(found) else None
