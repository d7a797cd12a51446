"""Keys of several parts reach the carriers' query services whole, whatever signs a password holds."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from scrapers import carriers
from scrapers.base import Access


def question(carrier: str, key: str) -> ET.Element:
    (request,) = carriers.get(carrier).requests(["RB700000001CN"], Access(key=key))
    assert request.body is not None
    return ET.fromstring(request.body)


@pytest.mark.parametrize("password", ["plain", "a:b", "<&>\"'", "пароль"])
def test_russian_post_is_told_login_and_password(password: str) -> None:
    asked = question("russian_post", f"buyer:{password}")
    told = {name: asked.findtext(f".//{{*}}{name}") for name in ("login", "password", "Barcode")}
    assert told == {"login": "buyer", "password": password, "Barcode": "RB700000001CN"}


@pytest.mark.parametrize("password", ["plain", "a:b", "<&>\"'"])
def test_meest_is_sent_a_signature_and_never_the_password(password: str) -> None:
    asked = question("meest", f"partner:{password}:0xAGENT")
    told = {field.tag: field.text or "" for field in asked}
    assert told["login"] == "partner"
    assert told["function"] == "SHIPMENTS_TRACK"
    assert told["where"] == "0xAGENT,RB700000001CN"
    assert password not in told.values()


def test_meest_s_signature_is_the_one_its_documentation_asks_for() -> None:
    # md5 of login, password, function, where and order, one after the other.
    asked = question("meest", "partner:secret:0xAGENT")
    assert asked.findtext("sign") == "af5a663703b0c000a583c60f0fd1aba5"
