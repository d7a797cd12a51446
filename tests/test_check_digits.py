"""Check digits, on numbers that carriers and public descriptions of their labels print: right as they are, wrong
with any other last digit."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers import check_digits

Scheme = Callable[[str], bool]

PRINTED: list[tuple[Scheme, str]] = [
    (check_digits.s10, "473124829"),
    (check_digits.s10, "410342249"),
    (check_digits.s10, "000717618"),  # the rest 3
    (check_digits.s10, "966331020"),  # the rest 1, so 0
    (check_digits.s10, "183928252"),  # TNT
    (check_digits.s10, "480253470"),
    (check_digits.gs1, "00340434161094042557"),
    (check_digits.gs1, "00340433836442636597"),
    (check_digits.gs1, "9400111201080805483016"),
    (check_digits.gs1, "9101026837331000039521"),
    (check_digits.gs1, "9361289878700317633795"),
    (check_digits.gs1, "7035114477138472"),
    (check_digits.gs1, "041441760228964"),
    (check_digits.gs1, "09133131530724"),
    (check_digits.gs1, "370438101268058536"),
    (check_digits.ups, "5R89390357567127"),
    (check_digits.ups, "879E930346834440"),
    (check_digits.ups, "999AA10123456784"),
    (check_digits.ups, "5915806855587736"),
    (check_digits.ups, "2479825491"),
    (check_digits.ups, "1506235620"),
    (check_digits.ups, "C11031500001879"),
    (check_digits.modulo_7, "3318810025"),
    (check_digits.modulo_7, "8487135506"),
    (check_digits.modulo_7, "73891051146"),
    (check_digits.modulo_7, "444413758703"),
    (check_digits.modulo_7, "405548424886"),
    (check_digits.modulo_7, "512547514334"),
    (check_digits.fedex_express, "986578788855"),
    (check_digits.fedex_express, "477179081230"),
    (check_digits.fedex_express, "799531274483"),
    (check_digits.identcode, "218025809066"),
    (check_digits.identcode, "201298452277"),
    (
        check_digits.gls,
        "123456789011",
    ),  # no printed number is known: 3+2+9+4+15+6+21+8+27+0+3, one more, 99 to 100
    (check_digits.iso_7064_mod_37_36, "01015026003653C"),
    (check_digits.iso_7064_mod_37_36, "A12425GABC1234002M"),
]


@pytest.mark.parametrize(("scheme", "printed"), PRINTED)
def test_printed_numbers_are_right_and_no_other_last_character_is(scheme: Scheme, printed: str) -> None:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if scheme is check_digits.iso_7064_mod_37_36 else ""
    right = [last for last in f"0123456789{letters}" if scheme(printed[:-1] + last)]
    assert right == [printed[-1]]


@pytest.mark.parametrize("scheme", [check_digits.s10, check_digits.gs1, check_digits.fedex_express])
@pytest.mark.parametrize("place", range(8))
def test_a_mistyped_digit_is_noticed(scheme: Scheme, place: int) -> None:
    printed = next(number for known, number in PRINTED if known is scheme)
    other = str((int(printed[place]) + 1) % 10)
    assert not scheme(printed[:place] + other + printed[place + 1 :])


@given(st.from_regex(r"[0-9]{11}", fullmatch=True))
def test_exactly_one_last_digit_is_right(start: str) -> None:
    for scheme in (
        check_digits.gs1,
        check_digits.gls,
        check_digits.ups,
        check_digits.identcode,
        check_digits.fedex_express,
    ):
        assert sum(scheme(f"{start}{last}") for last in range(10)) == 1
    assert sum(check_digits.s10(f"{start[:8]}{last}") for last in range(10)) == 1
    assert sum(check_digits.modulo_7(f"{start}{last}") for last in range(10)) == 1
