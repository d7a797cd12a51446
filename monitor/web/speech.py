"""The page's languages: the words of its frame from gettext catalogues, days and money as a language writes them.

The catalogues (languages/*.po) are read as they are; nothing has to be compiled. What a catalogue lacks stays English.
"""

from __future__ import annotations

import gettext
import io
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal


@dataclass(frozen=True)
class Speech:
    """One language: its catalogue, and how it writes."""

    code: str
    catalogue: gettext.NullTranslations

    @property
    def locale(self) -> Locale:
        return Locale.parse(self.code)

    @property
    def direction(self) -> str:
        """ "ltr" or "rtl"."""
        return self.locale.text_direction

    def words(self, name: str | None) -> str:
        """A name of ours ("open_dispute") as words of the language."""
        return self.catalogue.gettext(name.replace("_", " ")) if name else ""

    def day(self, day: date | None) -> str:
        return format_date(day, "d MMM y", locale=self.code) if day else ""

    def month(self, day: date) -> str:
        return format_date(day, "LLL y", locale=self.code)

    def month_alone(self, day: date) -> str:
        return format_date(day, "LLL", locale=self.code)

    def moment(self, at: datetime | None) -> str:
        """A moment of the user's zone."""
        return (
            format_datetime(at, "d MMM y HH:mm", locale=self.code) if at else self.catalogue.gettext("never")
        )

    def decimal(self, number: float) -> str:
        """A number with one decimal place."""
        return format_decimal(number, "0.0", locale=self.code)

    def money(self, amount: Decimal | None, currency: str) -> str:
        if amount is None:
            return ""
        return format_currency(amount, currency, locale=self.code) if currency else str(amount)


def codes() -> tuple[str, ...]:
    """The languages the page can be read in."""
    there = files(__package__).joinpath("languages").iterdir()
    return ("en", *sorted(f.name.removesuffix(".po") for f in there if f.name.endswith(".po")))


@cache
def speech(code: str) -> Speech:
    """The language of a code, English for one there is no catalogue of."""
    if code == "en" or code not in codes():
        return Speech("en", gettext.NullTranslations())
    written = files(__package__).joinpath("languages", f"{code}.po").read_bytes()
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(written), code))
    compiled.seek(0)
    return Speech(code, gettext.GNUTranslations(compiled))
