"""The check digits of parcel numbers: schemes that carriers share, each a yes or no about a whole number.

They expect what the carrier's pattern promises: plain digits, or capitals and digits where that is said. The
examples are numbers the carriers or public descriptions of their labels print.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import cycle

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def s10(digits: str) -> bool:
    """The nine digits of a postal S10 number (47312482-9), and TNT's: weights 8 6 4 2 3 5 9 7, modulo 11.

    11 minus the rest; 10 becomes 0 and 11 becomes 5. Source: UPU standard S10.
    """
    expected = 11 - _weighted(digits, (8, 6, 4, 2, 3, 5, 9, 7)) % 11
    return int(digits[8]) == {10: 0, 11: 5}.get(expected, expected)


def gs1(digits: str) -> bool:
    """GS1's own, modulo 10 with weights 3 and 1 from the right (SSCC 0034043383644263659-7; USPS, Canada Post)."""
    return int(digits[-1]) == -_weighted(digits[-2::-1], cycle((3, 1))) % 10


def gls(digits: str) -> bool:
    """Twelve digits on GLS labels: as GS1's, but one more before the next ten is sought. Source: GLS Uni-Box."""
    return int(digits[-1]) == -(_weighted(digits[-2::-1], cycle((3, 1))) + 1) % 10


def ups(characters: str) -> bool:
    """What follows the 1Z (5R8939035756712-7) or a waybill's letter: modulo 10, every second place twice.

    Letters count as digits, A as 2, B as 3 and so on, nine being followed by nought.
    """
    values = [int(c) if c.isdigit() else (ord(c) - 63) % 10 for c in characters]
    total = sum(value * weight for value, weight in zip(values[:-1], cycle((1, 2)), strict=False))
    return values[-1] == -total % 10


def modulo_7(digits: str) -> bool:
    """All digits but the last, modulo 7: DHL Express waybills (331881002-5), Yamato, Sagawa, Japan Post."""
    return int(digits[:-1]) % 7 == int(digits[-1])


def fedex_express(digits: str) -> bool:
    """Twelve digits of FedEx (98657878885-5): weights 3 1 7, modulo 11; a rest of 10 becomes 0."""
    return int(digits[11]) == _weighted(digits[:11], cycle((3, 1, 7))) % 11 % 10


def identcode(digits: str) -> bool:
    """Twelve digits of Deutsche Post's Identcode (21802580906-6): weights 4 and 9, modulo 10."""
    return int(digits[-1]) == -_weighted(digits[:-1], cycle((4, 9))) % 10


def iso_7064_mod_37_36(characters: str) -> bool:
    """The last of these characters as ISO/IEC 7064 has it (DPD 01015026003653-C)."""
    rest = 36
    for character in characters[:-1]:
        rest = ((rest + _ALPHABET.index(character)) % 36 or 36) * 2 % 37
    return (rest + _ALPHABET.index(characters[-1])) % 36 == 1


def _weighted(digits: str, weights: Iterable[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))
