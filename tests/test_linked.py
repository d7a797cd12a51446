"""Numbers that carriers tell for the same parcel: which are kept, and without whose postcode."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers.linked import linked_numbers, without_zip


@pytest.mark.parametrize(
    ("routed", "number"),
    [
        ("420941099400111201080805483016", "9400111201080805483016"),
        ("4209410912349400111201080805483016", "9400111201080805483016"),
        ("4209410992001111201080805483016999", "92001111201080805483016999"),
        ("9400111201080805483016", "9400111201080805483016"),
        ("420941", "420941"),
        ("LX123456785CN", "LX123456785CN"),
    ],
)
def test_a_postcode_in_front_is_taken_off(routed: str, number: str) -> None:
    assert without_zip(routed) == number


def test_what_is_no_other_number_is_left_out() -> None:
    told = (
        "lx123456785cn",
        "",
        "LEFT AT DOOR",
        "LX123456785CN",
        "RS0123456789Y",
        "n/a",
        "12345",
        "４２０１２３",
    )
    assert linked_numbers("RS0123456789Y", *told) == ("LX123456785CN",)


def test_an_unknown_routing_barcode_is_not_kept_with_its_postcode() -> None:
    assert linked_numbers("YT2412345678901234", "420941091234567890123456789012") == ()


@given(st.text(max_size=50), st.lists(st.text(max_size=50)))
def test_any_text_gives_numbers_or_nothing(own: str, told: list[str]) -> None:
    for number in linked_numbers(own, *told):
        assert re.fullmatch(r"[A-Z0-9-]{6,40}", number)
        assert number != own.upper()
