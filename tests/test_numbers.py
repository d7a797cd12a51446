"""Tracking numbers: whose they may be, how sure that is, and what the check digit says."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from scrapers import carriers, numbers


def owners(number: str) -> list[str]:
    return [candidate.carrier for candidate in numbers.identify(number)]


# --- whose ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("owner", "written"),
    [
        ("4px", "4PX3001234567890CN"),
        ("amazon", "TBA487064622000"),
        ("an_post", "RR123456785IE"),
        ("anjun", "AJ250101341570001"),
        ("asendia", "ASENDIA123456789"),
        ("australia_post", "RB123456785AU"),
        ("austrian_post", "RB123456785AT"),
        ("belpost", "RB123456785BY"),
        ("boxnow", "BN123456789"),
        ("bpost", "323210123456789012345678 RB123456785BE"),
        ("cainiao", "LP00123456789012 AP00123456789012 CNG00123456789012 AE010123456 RS0123456789Y AEFP0123456789RU2"),
        ("canada_post", "7035114477138472 RB123456785CA"),
        ("ceska_posta", "DR0123456789M"),
        ("chronopost", "XY123456785FR"),
        ("correios", "RB123456785BR"),
        ("correos", "RB123456785ES PR123456789012345A"),
        ("dhl", "3318810025 8487135506 73891051146 JJD000390012345678901 JJD1410302937991 JJD0099999999 JVGL0999999990 "
                "00340434161094042557 RB123456785DE GM2951173225174494 420902459261290336128704042634"),
        ("dpd", "01015026003653C"),
        ("elta_courier", "SE123456785GR"),
        ("evri", "H01ABC0123456789"),
        ("fedex", "986578788855 477179081230 041441760228964 9611020987654312345672 9622001560001234567100794808390594 "
                  "1001921334250001000300779017972697 000123450000000027 61299998820821171811 02931503799192766595 "
                  "9261292700768711948021 DT123456789012"),
        ("gofo", "GFUS01234567890123"),
        ("hermes_de", "H1001234567890123456"),
        ("hongkong_post", "RB123456785HK"),
        ("inpost", "630123456789012345678901"),
        ("jd_logistics", "JD0123456789012"),
        ("jt_china", "JT0123456789012"),
        ("jt_express", "888030556767025"),
        ("kazpost", "RB123456785KZ"),
        ("korea_ems", "EM123456785KR"),
        ("la_poste", "RB123456785FR 6A12345678901"),
        ("landmark", "LTN74207128N1"),
        ("lasership", "1LS7175100007361 LX12345678"),
        ("magyar_posta", "RB123456785HU PNTM1234567890123456789012"),
        ("meest", "CV123456785UA MYCV123456789UA"),
        ("ninja_van", "NVSG12345678AB NLMY0123456789"),
        ("nova_poshta", "20400123456789 59001234567890"),
        ("ontrac", "C11031500001879 D10011354453707"),
        ("orlen_paczka", "2100123456789"),
        ("packeta", "Z1234567890"),
        ("poczta_polska", "00159007731234567896 RR473124829PL PX0123456789"),
        ("poste_italiane", "RB123456785IT 5P12345678901"),
        ("posten_norge", "370438101268058536"),
        ("posti", "JJFI12345678901234567 RB123456785FI"),
        ("postnl", "3SABCD123456789 RB123456785NL"),
        ("postnord", "RB123456785SE RB123456785DK 12345678901SE"),
        ("purolator", "ABC123456789"),
        ("royal_mail", "RB123456785GB"),
        ("russian_post", "RB123456785RU"),
        ("sameday", "1ONB12345678901"),
        ("sf_express", "SF1234567890123"),
        ("spx", "SPXTH01234567890A BR2561249217932"),
        ("sunyou", "SYAE006809461 SY12345678901"),
        ("swiss_post", "995012345612345678 RB123456785CH"),
        ("tnt", "183928252"),
        ("ukrposhta", "RB123456785UA 0512345678901"),
        ("uniuni", "UUS0123456789012345"),
        ("ups", "1Z5R89390357567127 1Z879E930346834440 1Z999AA10123456784 K2479825491 K1506235620 J4603636537 "
                "MI1234567890123"),
        ("usps", "9400111201080805483016 9101026837331000039521 9361289878700317633795 420941099400111201080805483016 "
                 "4209410912349400111201080805483016 03071790000523483741 71969010756003077385 RB123456785US"),
        ("yanwen", "UK123456789YP YA123456789YW"),
        ("yto", "YT0123456789012"),
        ("yunexpress", "YT2412345678901234"),
    ],
)  # fmt: skip
def test_the_likeliest_owner(owner: str, written: str) -> None:
    for number in written.split():
        assert owners(number)[0] == owner, number


@pytest.mark.parametrize(
    ("number", "among"),
    [
        ("201298452277", {"dhl_de", "fedex", "gls"}),  # Identcode, and by chance right for others
        ("444413758703", {"yamato", "sagawa", "japan_post"}),
        ("512547514334", {"yamato", "sagawa", "japan_post"}),
        ("09133131530724", {"hermes_de", "dpd"}),
        ("12345678901", {"gls", "ppl"}),
        ("1234567890123", {"korea_post"}),
        ("RB123456785DE", {"dhl", "dhl_de"}),
        ("00340433836442636597", {"dhl", "dhl_de"}),
    ],
)
def test_the_first_of_a_shared_shape(number: str, among: set[str]) -> None:
    assert set(owners(number)[: len(among)]) == among


def test_a_chinese_s10_number_is_china_post_or_cainiao_and_never_dhl() -> None:
    assert set(owners("LX123456785CN")[:2]) == {"china_post", "cainiao"}
    assert "dhl" not in owners("LX123456785CN")


def test_economy_numbers_of_small_posts_are_cainiao_s_business() -> None:
    assert owners("UG123456785MV") == ["cainiao", "upu"]
    assert all(candidate.certainty < 0.5 for candidate in numbers.identify("UG123456785MV"))


def test_a_country_there_is_not_makes_no_s10_number() -> None:
    assert numbers.is_s10("LX123456785CN")
    assert not numbers.is_s10("UK123456789YP")
    assert owners("AA123456785QQ") == []


@pytest.mark.parametrize("carrier_id", sorted(set(carriers.ids()) - {"17track"}))
@given(data=st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.filter_too_much])
def test_every_carrier_claims_what_it_writes(carrier_id: str, data: st.DataObject) -> None:
    carrier = carriers.get(carrier_id)
    pattern = re.compile(data.draw(st.sampled_from(carrier.numbers)), re.ASCII)
    number = data.draw(st.from_regex(pattern, fullmatch=True))
    if carrier_id in (
        "cainiao",
        "chronopost",
        "ems",
        "meest",
        "upu",
    ):  # their patterns leave the country open
        assume(numbers.is_s10(number) or not re.fullmatch(r"[A-Z]{2}\d{9}[A-Z]{2}", number))
    assert carrier_id in owners(number)
    assert numbers.fits(carrier, number)


def test_a_carrier_s_file_is_enough_to_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    new = replace(
        carriers.get("sunyou"),
        id="new_post",
        name="New Post",
        numbers=(r"NP\d{9}X",),
        check_digit=lambda number: number.endswith("9X"),
    )
    monkeypatch.setattr(carriers, "every", lambda: [new])
    assert owners("NP123456789X") == ["new_post"]
    assert "New Post check digit is right" in numbers.identify("NP123456789X")[0].reason
    assert "WRONG" in numbers.identify("NP123456780X")[0].reason


def test_who_has_a_file_is_not_listed_besides() -> None:
    listed = [writer.carrier for writer in numbers.WITHOUT_FILE]
    assert len(listed) == len(set(listed))
    assert not set(listed) & set(carriers.ids())


# --- how sure ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("LX123456785CN", "LX123456784CN"),
        ("1Z5R89390357567127", "1Z5R89390357567128"),
        ("K1506235620", "K1506235621"),
        ("C11031500001879", "C11031500001878"),
        ("9400111201080805483016", "9400111201080805483017"),
        ("420941099400111201080805483016", "420941099400111201080805483018"),
        ("3318810025", "3318810026"),
        ("986578788855", "986578788856"),
        ("1001921334250001000300779017972697", "1001921334250001000300779017972698"),
        ("9611020987654312345672", "9611020987654312345673"),
        ("61299998820821171811", "61299998820821171812"),
        ("7035114477138472", "7035114477138471"),
        ("00340434161094042557", "00340434161094042558"),
        ("01015026003653C", "01015026003653D"),
        ("183928252", "183928253"),
    ],
)
def test_a_wrong_check_digit_lowers_and_warns_but_never_removes(right: str, wrong: str) -> None:
    good, bad = numbers.identify(right)[0], {c.carrier: c for c in numbers.identify(wrong)}
    assert "check digit is right" in good.reason
    assert "WRONG" in bad[good.carrier].reason
    assert bad[good.carrier].certainty < min(good.certainty, 0.5)


@pytest.mark.parametrize(
    "number",
    [
        "1Z5R89390357567127",
        "4PX3001234567890CN",
        "LX123456785CN",
        "YT2412345678901234",
        "UUS0123456789012345",
    ],
)
def test_what_nobody_else_writes_is_sure(number: str) -> None:
    assert numbers.identify(number)[0].certainty > 0.9


@pytest.mark.parametrize(
    "look_alike",
    [
        "8123456789012345", "3012345678901234", "1005001234567890",  # orders and items of the shop
        "4006381333931", "5901234123457",                            # product codes
        "20240115123000", "20240115",                                # a moment, a day
        "447911123456", "15551234567", "2125550123",                 # telephones
        "4111111111111111", "378282246310005",                       # cards
        "490154203237518", "1700000000", "1700000000000",            # a telephone's own number, seconds since 1970
    ],
)  # fmt: skip
def test_look_alikes_are_never_likely(look_alike: str) -> None:
    assert all(candidate.certainty < 0.5 for candidate in numbers.identify(look_alike))


@given(st.from_regex(r"[0-9]{1,16}", fullmatch=True))
def test_up_to_sixteen_plain_digits_are_never_likely(number: str) -> None:
    assert all(candidate.certainty < 0.5 for candidate in numbers.identify(number))


@pytest.mark.parametrize(
    ("number", "least"), [("9876543210", 3), ("98765432101", 3), ("987654321012", 8), ("98765432101234", 5)]
)
def test_plain_digits_have_several_candidates(number: str, least: int) -> None:
    assert len(numbers.identify(number)) >= least


def test_a_right_check_digit_beats_a_loose_pattern() -> None:
    fedex, *others = numbers.identify("986578788855")
    assert fedex.carrier == "fedex"
    assert all(other.certainty < fedex.certainty / 2 for other in others)


# --- as written ----------------------------------------------------------------------------------------------


def test_blanks_dashes_brackets_and_case_do_not_matter() -> None:
    assert numbers.normal(" lx 123-456 ７85\u00a0cn\u200b") == "LX123456785CN"
    assert numbers.normal("(00) 3 7043810 126805853 6") == "00370438101268058536"
    assert numbers.identify("lx 123 456 785 cn") == numbers.identify("LX123456785CN")


@pytest.mark.parametrize(
    "number", ["", " ", "abc", "12", "hello world", "-", "٣" * 12, "９" * 200, "LX12345678٥CN"]
)
def test_what_nobody_writes_has_no_owner(number: str) -> None:
    assert numbers.identify(number) == []


def test_a_post_follows_s10_numbers_of_other_countries() -> None:
    la_poste = carriers.get("la_poste")
    assert numbers.fits(la_poste, "LX123456785CN")
    assert not numbers.fits(carriers.get("sunyou"), "LX123456785CN")
    assert not numbers.fits(la_poste, "4PX3001234567890CN")


@given(st.text(max_size=60) | st.from_regex(r"[A-Z]{0,4}[0-9]{6,30}[A-Z]{0,2}", fullmatch=True))
def test_any_text_is_answered_in_order(text: str) -> None:
    found = numbers.identify(text)
    assert all(0 < candidate.certainty < 1 for candidate in found)
    assert found == sorted(found, key=lambda candidate: -candidate.certainty)
    assert len({candidate.carrier for candidate in found}) == len(found)
    assert all(candidate.reason.endswith(".") for candidate in found)
