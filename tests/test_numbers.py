"""Tracking numbers: whose they may be, and what the check digit says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers import carriers, numbers


def owners(number: str) -> list[str]:
    return [candidate.carrier for candidate in numbers.identify(number)]


@pytest.mark.parametrize(
    ("number", "owner"),
    [
        ("LP00123456789012", "cainiao"),
        ("AE010123456", "cainiao"),
        ("RS0123456789Y", "cainiao"),
        ("4PX3001234567890CN", "4px"),
        ("1Z5R89390357567127", "ups"),
        ("9400111201080805483016", "usps"),
        ("420941099400111201080805483016", "usps"),
        ("RB123456785US", "usps"),
        ("RB123456785BR", "correios"),
        ("RB123456785FR", "la_poste"),
        ("RB123456785UA", "ukrposhta"),
        ("RB123456785GB", "royal_mail"),
        ("RB123456785DE", "dhl"),
        ("JJD000390012345678901", "dhl"),
        ("00340434161094042557", "dhl"),
        ("20400123456789", "nova_poshta"),
        ("YT2412345678901234", "yunexpress"),
        ("GFUS01234567890123", "gofo"),
        ("UUS0123456789012345", "uniuni"),
        ("630123456789012345678901", "inpost"),
        ("Z1234567890", "packeta"),
    ],
)
def test_the_likeliest_owner(number: str, owner: str) -> None:
    assert owners(number)[0] == owner


def test_a_chinese_s10_number_is_china_post_or_cainiao_and_never_dhl() -> None:
    assert set(owners("LX123456785CN")[:2]) == {"china_post", "cainiao"}
    assert "dhl" not in owners("LX123456785CN")


def test_economy_numbers_of_small_posts_are_cainiao_s_business() -> None:
    assert owners("UG123456785MV") == ["cainiao", "upu"]


def test_a_carrier_s_file_is_enough_to_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    new = replace(carriers.get("sunyou"), id="new_post", name="New Post", numbers=(r"NP\d{9}X",))
    monkeypatch.setattr(carriers, "every", lambda: [new])
    assert owners("NP123456789X") == ["new_post"]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("LX123456785CN", "LX123456784CN"),
        ("1Z5R89390357567127", "1Z5R89390357567128"),
        ("9400111201080805483016", "9400111201080805483017"),
        ("3318810025", "3318810026"),
        ("986578788855", "986578788856"),
        ("00340434161094042557", "00340434161094042558"),
    ],
)
def test_a_wrong_check_digit_lowers_and_warns_but_never_removes(right: str, wrong: str) -> None:
    good, bad = numbers.identify(right)[0], {c.carrier: c for c in numbers.identify(wrong)}
    assert "check digit is right" in good.reason
    assert "WRONG" in bad[good.carrier].reason
    assert bad[good.carrier].certainty < good.certainty


@pytest.mark.parametrize(
    ("number", "passes"),
    [("LX123456785CN", True), ("RR473124829PL", True), ("RA000000000BR", False), ("EE876543217CN", False)],
)
def test_the_s10_check_digit(number: str, passes: bool) -> None:
    assert numbers.s10_check(number) is passes


def test_blanks_dashes_and_case_do_not_matter() -> None:
    assert numbers.normal(" lx 123-456 ７85\u00a0cn\u200b") == "LX123456785CN"
    assert numbers.identify("lx 123 456 785 cn") == numbers.identify("LX123456785CN")


@pytest.mark.parametrize("number", ["", " ", "abc", "12", "hello world", "-"])
def test_what_nobody_writes_has_no_owner(number: str) -> None:
    assert numbers.identify(number) == []


def test_digits_alone_are_never_sure() -> None:
    for number in ("3318810025", "986578788855", "630123456789012345678901", "59001234567890"):
        assert all(candidate.certainty < 0.9 for candidate in numbers.identify(number))


def test_a_post_follows_s10_numbers_of_other_countries() -> None:
    la_poste = carriers.get("la_poste")
    assert numbers.fits(la_poste, "LX123456785CN")
    assert not numbers.fits(carriers.get("sunyou"), "LX123456785CN")
    assert not numbers.fits(la_poste, "4PX3001234567890CN")


def test_numbers_in_a_pasted_text() -> None:
    pasted = (
        "Your order was shipped with LX 123 456 785 CN; see https://shop.example/t?no=LP00123456789012&x=1, "
        "call 555-0100, also 4PX3001234567890CN (and LX123456785CN again)."
    )
    assert numbers.find_numbers(pasted) == ["LX123456785CN", "LP00123456789012", "4PX3001234567890CN"]


@given(st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    for candidate in numbers.identify(text):
        assert 0 < candidate.certainty <= 1
        assert candidate.reason.endswith(".")
    assert all(numbers.identify(found) for found in numbers.find_numbers(text))


@given(st.from_regex(r"[A-Z]{2}[0-9]{8}", fullmatch=True))
def test_exactly_one_check_digit_is_right(start: str) -> None:
    assert sum(numbers.s10_check(f"{start}{digit}CN") for digit in range(10)) == 1
