"""Who may own a tracking number: what the carriers' patterns tell about it, and what its check digit says.

A pattern tells as much as it fixes: twelve digits can be anything, while hardly anything begins with 1Z and ends in
the right check digit by chance. A failing check digit lowers the certainty and is said in the reason; it never
removes a candidate, for shops and people mistype numbers and some economy lines print wrong digits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from math import log10
from string import ascii_uppercase, digits

from scrapers import carriers, check_digits, countries
from scrapers.base import Carrier

_BLANKS = re.compile(r"[\s\-()\u00ad\u2010-\u2015\u200b-\u200f\ufeff]+")
_S10 = re.compile(r"[A-Z]{2}[0-9]{9}[A-Z]{2}")
_LONGEST = 60  # no carrier writes longer numbers; pasted pages are not worth the search


@dataclass(frozen=True, slots=True)
class Candidate:
    """A carrier that may own a number. `certainty` is between 0 and 1; `reason` is one sentence for the user."""

    carrier: str
    certainty: float
    reason: str


def normal(number: str) -> str:
    """A number as carriers print it: upper case, plain digits, without blanks, dashes, brackets, invisible signs."""
    return _BLANKS.sub("", unicodedata.normalize("NFKC", number)).upper()


def is_s10(number: str) -> bool:
    """Whether a normal number is shaped as the postal union's S10: two letters, nine digits, a country."""
    return _S10.fullmatch(number) is not None and number[-2:] in countries.CODES


def fits(carrier: Carrier, number: str) -> bool:
    """Whether a carrier may know a normal number: its own pattern, or any S10 number where it is a post writing S10."""
    own = [number, *(number[:-2] + country for country in carrier.countries)] if is_s10(number) else [number]
    return any(_compiled(pattern).fullmatch(form) for form in own for pattern in carrier.numbers)


def identify(number: str) -> list[Candidate]:
    """Carriers that may own a number, best first; empty where nobody writes numbers like it. Never raises."""
    plain = normal(number)
    return list(_identify(plain)) if len(plain) <= _LONGEST else []


@lru_cache(maxsize=4096)
def _identify(number: str) -> tuple[Candidate, ...]:
    found = [claim for writer in _writers() for claim in _claims(writer, number)]
    return tuple(claim.candidate() for claim in sorted(found, key=_Claim.order))


# --- what a pattern tells ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Writer:
    """Somebody who writes tracking numbers; see the fields of these names in `Carrier`."""

    carrier: str
    name: str
    patterns: tuple[str, ...]
    countries: tuple[str, ...] = ()
    check_digit: Callable[[str], bool | None] | None = None


@dataclass(frozen=True, slots=True)
class _Claim:
    """One writer's claim to a number. `told` is how many decimal digits of look-alikes its pattern rules out."""

    writer: _Writer
    number: str
    told: float
    check: bool | None

    @property
    def is_guest(self) -> bool:
        """An S10 number of another country: this carrier follows it, but did not give it out."""
        return is_s10(self.number) and self.number[-2:] not in self.writer.countries

    def order(self) -> tuple[float, float, str]:
        return -self.certainty(), -self.told, self.writer.carrier

    def certainty(self) -> float:
        """What is doubtful shrinks with every digit told; how doubtful a bare shape is was set by comparing.

        Letters among the digits leave even odds. Plain digits leave more doubt, and up to sixteen of them are never
        likelier than not, for they may as well be an order, a phone number, a card, a date or a product code.
        """
        told = self.told + (1 if self.check else 0)
        if self.is_guest:
            sure = 0.45
        elif not self.number.isdigit():
            sure = 1 - 0.55 * 10 ** (-0.55 * told)
        elif len(self.number) > 16:
            sure = 1 - 0.7 * 10 ** (-0.4 * told)
        else:
            sure = 0.48 * (1 - 0.7 * 10 ** (-0.4 * told))
        return min(sure, 0.97) * (0.4 if self.check is False else 1)

    def candidate(self) -> Candidate:
        name, country = self.writer.name, self.number[-2:]
        if self.is_guest:
            reason = f"An S10 number of {country}; {name} follows those of other countries"
        elif is_s10(self.number):
            reason = f"An S10 number of {country}, the country of {name}"
        elif self.number.isdigit():
            reason = f"{name} writes such numbers, and so do others"
        else:
            reason = f"{name} writes numbers like this"
        scheme = "S10" if is_s10(self.number) else name
        mistake = (
            "somebody else's, or a typing mistake" if self.number.isdigit() else "look for a typing mistake"
        )
        verdict = {
            None: "",
            True: f"; the {scheme} check digit is right",
            False: f"; but the {scheme} check digit is WRONG: {mistake}",
        }[self.check]
        return Candidate(self.writer.carrier, self.certainty(), f"{reason}{verdict}.")


def _claims(writer: _Writer, number: str) -> Iterator[_Claim]:
    fitting = [pattern for pattern in writer.patterns if _compiled(pattern).fullmatch(number)]
    told = max((_told(pattern, number) for pattern in fitting), default=0.0)
    if not fitting or (not told and _S10.fullmatch(number) and not is_s10(number)):
        return  # a pattern for all the world's S10 numbers says nothing of a country there is not
    if is_s10(number):
        check: bool | None = check_digits.s10(number[2:11])
        if number[-2:] in writer.countries:
            told = max(told, 2 * log10(len(ascii_uppercase)))
    else:
        check = writer.check_digit(number) if writer.check_digit else None
    yield _Claim(writer, number, told, check)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


def _told(pattern: str, number: str) -> float:
    """How many decimal digits of look-alikes a fitting pattern rules out.

    A character that could be no other letter or digit counts whole, one of five half; numbers of many lengths count
    against it.
    """
    shape = _compiled(pattern)
    told = -log10(_lengths(shape, number))
    for place, character in enumerate(number):
        alike = digits if character in digits else ascii_uppercase
        before, after = number[:place], number[place + 1 :]
        told += log10(len(alike) / sum(bool(shape.fullmatch(before + other + after)) for other in alike))
    return max(told, 0.0)


def _lengths(shape: re.Pattern[str], number: str) -> int:
    """In how many lengths the longest run of digits may come."""
    run = max(re.finditer(r"[0-9]+", number), key=lambda match: len(match.group()), default=None)
    if run is None:
        return 1
    longer = run.group() + run.group()[-1] * _LONGEST
    before, after = number[: run.start()], number[run.end() :]
    return sum(bool(shape.fullmatch(before + longer[:length] + after)) for length in range(1, _LONGEST))


# --- who writes numbers -----------------------------------------------------------------------------------


def _writers() -> Iterator[_Writer]:
    for carrier in carriers.every():
        yield _Writer(carrier.id, carrier.name, carrier.numbers, carrier.countries, carrier.check_digit)
    yield from WITHOUT_FILE


def _post(country: str, carrier: str, name: str, *patterns: str) -> _Writer:
    return _Writer(carrier, name, (rf"[A-Z]{{2}}\d{{9}}{country}", *patterns), (country,))


# Carriers and posts that nobody can ask here. One that gets a file of its own is struck from this list.
WITHOUT_FILE = (
    _Writer("amazon", "Amazon Logistics", (r"TB[ABCM]\d{12}",)),
    _Writer("cj_logistics", "CJ Logistics", (r"\d{12}",)),
    _Writer("gofo", "GOFO", (r"GF[A-Z]{2}\d{14}",)),
    _Writer("japan_post", "Japan Post", (r"[A-Z]{2}\d{9}JP", r"\d{12}"), ("JP",), check_digits.modulo_7),
    _Writer("jd_logistics", "JD Logistics", (r"JD[VX]?\d{11,13}",)),
    _Writer("jt_china", "J&T Express China", (r"JT\d{13}",)),
    _Writer("korea_post", "Korea Post (domestic)", (r"\d{13}",)),
    _Writer("lasership", "LaserShip", (r"1LS\d{12,15}", r"L[A-Z]\d{8}")),
    _Writer("ontrac", "OnTrac", (r"[CD]\d{14}",), (), check_digits.ups),
    _Writer(
        "posten_norge",
        "Posten and Bring",
        (r"(?:00)?370\d{15}", r"[A-Z]{2}\d{9}NO"),
        ("NO",),
        check_digits.gs1,
    ),
    _Writer("ppl", "PPL", (r"\d{11}",)),
    _Writer("purolator", "Purolator", (r"[A-Z]{3}\d{9}", r"\d{12}")),
    _Writer("sf_express", "SF Express", (r"SF\d{12,13}",)),
    _Writer("yto", "YTO Express", (r"YT\d{13}",)),
    _post("AE", "emirates_post", "Emirates Post"),
    _post("AR", "correo_argentino", "Correo Argentino"),
    _post("AT", "austrian_post", "Austrian Post"),
    _post("BG", "bulgarian_posts", "Bulgarian Posts"),
    _post("CL", "correos_chile", "Correos de Chile"),
    _post("CY", "cyprus_post", "Cyprus Post"),
    _post("CZ", "ceska_posta", "Česká pošta", r"[A-Z]{2}\d{10}[A-Z]"),
    _post("EE", "omniva", "Omniva"),
    _post("HK", "hongkong_post", "Hongkong Post"),
    _post("HR", "hrvatska_posta", "Hrvatska pošta"),
    _post("ID", "pos_indonesia", "Pos Indonesia"),
    _post("IL", "israel_post", "Israel Post"),
    _post("IN", "india_post", "India Post"),
    _post("LT", "lietuvos_pastas", "Lietuvos paštas"),
    _post("LU", "post_luxembourg", "POST Luxembourg"),
    _post("LV", "latvijas_pasts", "Latvijas Pasts"),
    _post("MX", "correos_mexico", "Correos de México"),
    _post("MY", "pos_malaysia", "Pos Malaysia"),
    _post("NZ", "nz_post", "NZ Post"),
    _post("PH", "phlpost", "PHLPost"),
    _post("PT", "ctt", "CTT"),
    _post("RO", "posta_romana", "Poșta Română"),
    _post("RS", "posta_srbije", "Pošta Srbije"),
    _post("SA", "saudi_post", "Saudi Post"),
    _post("SG", "singapore_post", "Singapore Post"),
    _post("SI", "posta_slovenije", "Pošta Slovenije"),
    _post("SK", "slovenska_posta", "Slovenská pošta"),
    _post("TH", "thailand_post", "Thailand Post"),
    _post("TR", "ptt", "PTT"),
    _post("TW", "chunghwa_post", "Chunghwa Post"),
    _post("UZ", "uzbekistan_post", "Uzbekistan Post"),
    _post("VN", "vietnam_post", "Vietnam Post"),
    _post("ZA", "sa_post_office", "South African Post Office"),
)
