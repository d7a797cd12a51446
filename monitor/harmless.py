"""Text that others wrote, with no sign left that acts where it is printed.

A title or a carrier's text can hold escape sequences that move the cursor, colour, retitle or clear the screen, and
marks that turn the direction of writing around (Unicode Standard Annex 9), so that a line reads as it is not.
"""

from __future__ import annotations

import re

# Control signs but tab and line feed, marks that turn the direction, separators that end a line somewhere.
_ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def harmless(text: str) -> str:
    """The text with a sign of replacement for each sign that would act on the terminal."""
    return _ACTING.sub("\N{REPLACEMENT CHARACTER}", text)


def harmless_json(text: str) -> str:
    """JSON that says the same, with such signs written as escapes."""
    # A tab or line feed inside a string is an escape already; what stands between the values stays.
    return _ACTING.sub(lambda sign: f"\\u{ord(sign[0]):04x}", text)
