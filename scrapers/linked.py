"""Other numbers of the same parcel, as carriers tell them: which may be kept, and without whose postcode.

A parcel changes its number where another carrier takes over. The field for that number holds anything at times
(a name, a note, the number asked), and a USPS routing barcode carries the receiver's postcode.
"""

from __future__ import annotations

import re

# What still looks like a routing barcode after `without_zip` may hold a postcode, so it is no number to keep.
_NUMBER = re.compile(r"(?!420\d{27})[A-Z0-9-]{6,40}")
# 420, the ZIP code of five or nine digits, then the parcel's own number. Source: USPS Publication 199.
_ROUTED = re.compile(r"420(?:\d{9}(?=9[1-5]\d{20}$)|\d{5}(?=9[1-5](?:\d{20}|\d{24})$))")


def without_zip(number: str) -> str:
    """A USPS number without the 420 and the receiver's ZIP code that its routing barcode puts in front."""
    return _ROUTED.sub("", number, count=1)


def linked_numbers(own: str, *told: str) -> tuple[str, ...]:
    """The numbers told that are other names of the parcel asked about as `own`: upper case, each once."""
    if not any(told):  # mostly
        return ()
    found = (without_zip(number.strip().upper()) for number in told if number)
    return tuple(dict.fromkeys(n for n in found if n != own.upper() and _NUMBER.fullmatch(n)))
