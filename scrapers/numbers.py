"""Who may own a tracking number: the patterns in the carriers' own files, and the check digits of known schemes.

A failing check digit lowers the certainty and is said in the reason; it never removes a candidate, for shops and
people mistype numbers and some economy lines print wrong digits.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from scrapers import carriers
from scrapers.base import Carrier

_BLANKS = re.compile(r"[\s\-\u00ad\u2010-\u2015\u200b-\u200f\ufeff]+")
_S10 = re.compile(r"[A-Z]{2}\d{9}[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A carrier that may own a number. `certainty` is between 0 and 1; `reason` is one sentence for the user."""

    carrier: str
    certainty: float
    reason: str


def normal(number: str) -> str:
    """A number as carriers print it: upper case, plain digits, without blanks, dashes and invisible characters."""
    return _BLANKS.sub("", unicodedata.normalize("NFKC", number)).upper()


def is_s10(number: str) -> bool:
    """Whether a normal number has the shape of the postal union's S10 (two letters, nine digits, a country)."""
    return _S10.fullmatch(number) is not None


def fits(carrier: Carrier, number: str) -> bool:
    """Whether a carrier may know a normal number: its own pattern, or any S10 number where it is a post writing S10."""
    if any(re.fullmatch(pattern, number) for pattern in carrier.numbers):
        return True
    at_home = (number[:-2] + country for country in carrier.countries) if is_s10(number) else ()
    return any(re.fullmatch(pattern, own) for own in at_home for pattern in carrier.numbers)


@lru_cache(maxsize=4096)
def _identify(number: str) -> tuple[Candidate, ...]:
    found: dict[str, Candidate] = {}
    for candidate in (*_by_carrier_files(number), *_by_scheme(number)):
        known = found.get(candidate.carrier)
        if known is None or candidate.certainty > known.certainty:
            found[candidate.carrier] = candidate
    best_first = sorted(found.values(), key=lambda c: (-c.certainty, c.carrier))
    return tuple(replace(c, reason=f"{c.reason[0].upper()}{c.reason[1:]}.") for c in best_first)


def identify(number: str) -> list[Candidate]:
    """Carriers that may own a number, best first; empty where nobody writes numbers like it. Never raises."""
    return list(_identify(normal(number)))


def find_numbers(text: str) -> list[str]:
    """Tracking numbers in a pasted text, in their order, each once. Plain digits count from ten on."""
    found = (normal(match.group()) for match in _WORD.finditer(text))
    return list(dict.fromkeys(number for number in found if _telling(number)))


# A run of letters and digits; S10 numbers are often printed in groups: "LX 123 456 785 CN".
_WORD = re.compile(
    r"(?<![A-Za-z0-9])"
    r"(?:[A-Za-z]{2}(?:[ \-]?\d{3}){3}[ \-]?[A-Za-z]{2}|[A-Za-z0-9]{8,34})"
    r"(?![A-Za-z0-9])"
)


def _telling(number: str) -> bool:
    digits = sum(character.isdigit() for character in number)
    if digits < 6 or (digits == len(number) and digits < 10):
        return False
    return bool(_identify(number))


# --- the carriers' own patterns ---------------------------------------------------------------------------


def _by_carrier_files(number: str) -> Iterator[Candidate]:
    for carrier in carriers.every():
        for rank, pattern in enumerate(carrier.numbers):
            if re.fullmatch(pattern, number):
                yield _own_pattern(carrier, rank, number)
                break


def _own_pattern(carrier: Carrier, rank: int, number: str) -> Candidate:
    """The first pattern of a file is the most telling; digits alone, or an S10 of another country, tell little."""
    if is_s10(number):
        return _s10(number, carrier.id, carrier.name, at_home=number[-2:] in carrier.countries)
    certainty, reason = max(0.9 - 0.1 * rank, 0.5), f"{carrier.name} writes numbers like this"
    if number.isdigit():
        certainty, reason = certainty - 0.35, f"{carrier.name} writes such numbers, and so do others"
    return _checked(Candidate(carrier.id, certainty, reason), number, carrier.id)


def _s10(number: str, carrier: str, name: str, *, at_home: bool) -> Candidate:
    country = number[-2:]
    if at_home:
        candidate = Candidate(carrier, 0.9, f"an S10 number of {country}, the country of {name}")
    else:
        candidate = Candidate(
            carrier, 0.45, f"an S10 number of {country}; {name} follows those of other countries"
        )
    return _verdict(candidate, "S10", passed=s10_check(number))


# --- schemes with a check digit, and carriers without a file ----------------------------------------------


@dataclass(frozen=True, slots=True)
class _Scheme:
    """A numbering scheme with a check digit, or a carrier's plain pattern where `check` is None."""

    carrier: str
    name: str
    pattern: str
    certainty: float
    check: Callable[[str], bool] | None = None


def s10_check(number: str) -> bool:
    """The check digit of an S10 number: weights 8 6 4 2 3 5 9 7, 11 minus the rest; 10 becomes 0, 11 becomes 5."""
    total = sum(
        int(digit) * weight for digit, weight in zip(number[2:10], (8, 6, 4, 2, 3, 5, 9, 7), strict=True)
    )
    expected = 11 - total % 11
    return int(number[10]) == {10: 0, 11: 5}.get(expected, expected)


def _modulo_10(digits: str) -> bool:
    """The check digit of GS1 and USPS labels: weights 3 and 1 in turn from the right."""
    total = sum(
        int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits[:-1]))
    )
    return int(digits[-1]) == -total % 10


def _ups(number: str) -> bool:
    """The check digit of a 1Z number: letters count from A = 2 on, modulo 10, every second place twice."""
    values = [int(c) if c.isdigit() else (ord(c) - 63) % 10 for c in number[2:17]]
    total = sum(value * (2 if place % 2 else 1) for place, value in enumerate(values))
    return number[17] == str(-total % 10)


def _modulo_7(number: str) -> bool:
    """The check digit of DHL Express and of Japanese waybills: the other digits modulo 7."""
    return int(number[:-1]) % 7 == int(number[-1])


def _fedex(number: str) -> bool:
    """The check digit of a FedEx Express number: weights 3 1 7, modulo 11, 10 becomes 0."""
    total = sum(int(digit) * weight for digit, weight in zip(number[:11], (3, 1, 7) * 4, strict=False))
    return total % 11 % 10 == int(number[11])


def _routed(number: str) -> bool:
    """A USPS number behind its postcode: 420, five digits, then the number itself."""
    return _modulo_10(number[8:])


def _sscc(number: str) -> bool:
    """A serial shipping container code behind the application identifier 00."""
    return _modulo_10(number[2:])


# Public descriptions of the label formats; a carrier with a file of its own is listed for its check digit only.
_SCHEMES = (
    _Scheme("ups", "UPS", r"1Z[A-Z0-9]{15}\d", 0.9, _ups),
    _Scheme("usps", "USPS", r"9[1-5]\d{20}", 0.8, _modulo_10),
    _Scheme("usps", "USPS", r"420\d{5}9[1-5]\d{20}", 0.8, _routed),
    _Scheme("dhl", "DHL", r"00340\d{15}", 0.8, _sscc),
    _Scheme("dhl", "DHL Express", r"\d{10}", 0.4, _modulo_7),
    _Scheme("fedex", "FedEx", r"\d{12}", 0.3, _fedex),
    _Scheme("canada_post", "Canada Post", r"\d{16}", 0.3, _modulo_10),
    _Scheme("sagawa", "Sagawa", r"\d{12}", 0.2, _modulo_7),
    _Scheme("yamato", "Yamato", r"\d{12}", 0.2, _modulo_7),
    _Scheme("yunexpress", "YunExpress", r"YT\d{16}", 0.85),
    _Scheme("gofo", "GOFO", r"GFUS\d{14}", 0.85),
    _Scheme("uniuni", "UniUni", r"UUS\d{16}", 0.85),
    _Scheme("inpost", "InPost", r"\d{24}", 0.5),
    _Scheme("packeta", "Packeta", r"Z\d{10}", 0.8),
    _Scheme("gls", "GLS", r"\d{11,12}", 0.2),
    _Scheme("dpd", "DPD", r"\d{14}", 0.2),
)

# The post of an S10 number's country, for the countries whose post has no file here yet.
_POSTS = {
    "AT": ("austrian_post", "Austrian Post"), "AU": ("australia_post", "Australia Post"), "BE": ("bpost", "bpost"),
    "BG": ("bulgarian_posts", "Bulgarian Posts"), "BY": ("belpost", "Belpost"), "CA": ("canada_post", "Canada Post"),
    "CH": ("swiss_post", "Swiss Post"), "CN": ("china_post", "China Post"), "CZ": ("ceska_posta", "Česká pošta"),
    "DE": ("dhl", "DHL"), "DK": ("postnord", "PostNord"), "EE": ("omniva", "Omniva"),
    "ES": ("correos", "Correos (Spain)"), "FI": ("posti", "Posti"), "FR": ("la_poste", "La Poste"),
    "GB": ("royal_mail", "Royal Mail"), "GR": ("elta", "ELTA"), "HK": ("hongkong_post", "Hongkong Post"),
    "HU": ("magyar_posta", "Magyar Posta"), "IE": ("an_post", "An Post"), "IL": ("israel_post", "Israel Post"),
    "IT": ("poste_italiane", "Poste Italiane"), "JP": ("japan_post", "Japan Post"), "KR": ("korea_ems", "Korea Post"),
    "KZ": ("kazpost", "Kazpost"), "LT": ("lietuvos_pastas", "Lietuvos paštas"),
    "LV": ("latvijas_pasts", "Latvijas Pasts"),
    "MY": ("pos_malaysia", "Pos Malaysia"), "NL": ("postnl", "PostNL"), "NO": ("posten_norge", "Posten"),
    "PL": ("poczta_polska", "Poczta Polska"), "PT": ("ctt", "CTT"), "RU": ("russian_post", "Russian Post"),
    "SE": ("postnord", "PostNord"), "SG": ("singapore_post", "Singapore Post"), "TR": ("ptt", "PTT"),
    "TW": ("chunghwa_post", "Chunghwa Post"), "UA": ("ukrposhta", "Ukrposhta"), "US": ("usps", "USPS"),
    "VN": ("vietnam_post", "Vietnam Post"),
}  # fmt: skip


def _by_scheme(number: str) -> Iterator[Candidate]:
    for scheme in _SCHEMES:
        if re.fullmatch(scheme.pattern, number):
            reason = f"{scheme.name} writes numbers like this"
            yield _checked(Candidate(scheme.carrier, scheme.certainty, reason), number, scheme.carrier)
    if is_s10(number) and number[-2:] in _POSTS:
        carrier, name = _POSTS[number[-2:]]
        yield _s10(number, carrier, name, at_home=True)


def _checked(candidate: Candidate, number: str, carrier: str) -> Candidate:
    """The candidate after the check digit of its carrier's scheme, where there is one."""
    for scheme in _SCHEMES:
        if scheme.carrier == carrier and scheme.check is not None and re.fullmatch(scheme.pattern, number):
            return _verdict(candidate, scheme.name, passed=scheme.check(number))
    return candidate


def _verdict(candidate: Candidate, scheme: str, *, passed: bool) -> Candidate:
    if passed:
        return replace(
            candidate,
            certainty=min(candidate.certainty + 0.08, 0.98),
            reason=f"{candidate.reason}; the {scheme} check digit is right",
        )
    return replace(
        candidate,
        certainty=candidate.certainty * 0.4,
        reason=f"{candidate.reason}; but the {scheme} check digit is WRONG: look for a typing mistake",
    )
