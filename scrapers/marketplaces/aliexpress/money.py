"""Amounts as the shop writes them, to Decimal and an ISO 4217 currency."""

from __future__ import annotations

import re
from decimal import Decimal

# The longer sign first: "US $" before "$". A bare "$" or "¥" belongs to several currencies and names none.
_SIGNS = (
    ("US $", "USD"), ("US$", "USD"), ("R$", "BRL"), ("AU $", "AUD"), ("AU$", "AUD"), ("C$", "CAD"), ("CA$", "CAD"),
    ("MX$", "MXN"), ("NZ$", "NZD"), ("€", "EUR"), ("£", "GBP"), ("₽", "RUB"), ("руб", "RUB"), ("zł", "PLN"),
    ("₩", "KRW"), ("₺", "TRY"), ("₪", "ILS"), ("₴", "UAH"), ("Kč", "CZK"), ("円", "JPY"),
)  # fmt: skip
_CODES = frozenset({
    *(code for _, code in _SIGNS), "AED", "ARS", "BGN", "CHF", "CLP", "CNY", "COP", "DKK", "HUF", "IDR", "INR", "KZT",
    "MAD", "MYR", "NOK", "PEN", "PHP", "QAR", "RON", "RSD", "SAR", "SEK", "SGD", "THB", "UYU", "VND", "ZAR",
})  # fmt: skip
_NUMBER = re.compile(r"[0-9][0-9.,'’\u00a0\u202f ]*")
_CODE = re.compile(r"(?<![A-Z])[A-Z]{3}(?![A-Z])")


def from_parts(written: str) -> Decimal | None:
    """The amount in "R$1.231,93|1.231|93" (shown|whole|hundredths); None when it is not of that form."""
    parts = written.split("|")
    if len(parts) != 3:
        return None
    whole, cents = (re.sub(r"[^0-9]", "", part) for part in parts[1:])
    return Decimal(f"{whole}.{cents}" if cents else whole) if whole else None


def from_text(written: str) -> tuple[Decimal, str] | None:
    """The amount and currency in "1,99€" or "US $1,234.50"; the currency is "" where the sign is ambiguous."""
    match = _NUMBER.search(written)
    if not match:
        return None
    number = match.group().rstrip(" .,'’\u00a0\u202f")
    # One or two digits behind the last mark are hundredths, three are thousands.
    cents = re.search(r"[.,]([0-9]{1,2})$", number)
    whole = re.sub(r"[^0-9]", "", number[: cents.start()] if cents else number)
    return Decimal(f"{whole}.{cents.group(1)}" if cents else whole), currency(written)


def currency(written: str, *, known: bool = False) -> str:
    """The ISO code a price text names by sign or code, "" where it names none for sure.

    In a text that is more than a price only a `known` code is one: "MAX" is none.
    """
    for sign, code in _SIGNS:
        if sign in written:
            return code
    found = (code for code in _CODE.findall(written) if code in _CODES or not known)
    return next(found, "")
