"""Where requests may go."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.adapters.reach import Origin, may_connect, origin, redirect_refusal, site


@pytest.mark.parametrize(
    ("address", "public", "loopback"),
    [
        ("8.8.8.8", True, False),
        ("2606:4700::1111", True, False),
        ("127.0.0.1", False, True),
        ("127.8.9.1", False, True),
        ("::1", False, True),
        ("0.0.0.0", False, False),
        ("10.1.2.3", False, False),
        ("172.16.0.1", False, False),
        ("192.168.1.1", False, False),
        ("169.254.169.254", False, False),
        ("100.64.0.1", False, False),
        ("224.0.0.1", False, False),
        ("255.255.255.255", False, False),
        ("fe80::1%eth0", False, False),
        ("fd00::1", False, False),
        ("ff02::1", False, False),
        ("::ffff:127.0.0.1", False, True),
        ("::ffff:10.0.0.1", False, False),
        ("64:ff9b::7f00:1", False, True),
        ("64:ff9b::808:808", True, False),
        ("2002:7f00:1::", False, True),
        ("2002:a00:1::", False, False),
        ("carrier.example", False, False),
        ("", False, False),
    ],
)
def test_only_public_addresses_or_for_loopback_requests_loopback_may_be_connected_to(
    address: str, public: bool, loopback: bool
) -> None:
    assert may_connect(address, on_loopback=False) is public
    assert may_connect(address, on_loopback=True) is loopback


@given(st.ip_addresses().map(str))
def test_no_address_is_both_outside_and_this_machine(address: str) -> None:
    assert not (may_connect(address, on_loopback=False) and may_connect(address, on_loopback=True))
    if ipaddress.ip_address(address).is_private and ":" not in address:
        assert not may_connect(address, on_loopback=False)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("carrier.example", "carrier.example"),
        ("www.carrier.example", "carrier.example"),
        ("a.b.carrier.example", "carrier.example"),
        ("track.post.co.uk", "post.co.uk"),
        ("track.post.com.cn", "post.com.cn"),
        ("www.dhl.de", "dhl.de"),
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "localhost"),
    ],
)
def test_site_is_the_registrable_part(host: str, expected: str) -> None:
    assert site(host) == expected


@pytest.mark.parametrize(
    ("source", "target", "refusal"),
    [
        ("https://carrier.example", "https://www.carrier.example", ""),
        ("http://carrier.example", "https://carrier.example", ""),
        ("https://carrier.example:8443", "https://carrier.example", ""),
        ("http://127.0.0.1:8001", "http://127.0.0.1:8002", ""),
        ("http://localhost:8001", "http://[::1]:8002", ""),
        ("https://carrier.example", "http://carrier.example", "out of https"),
        ("https://carrier.example", "https://carrier.example.evil.example", "to another site"),
        ("https://a.co.uk", "https://b.co.uk", "to another site"),
        ("http://1.1.1.1", "http://1.1.1.2", "to another site"),
        ("http://carrier.example", "http://127.0.0.1", "across the border of this machine"),
        ("http://carrier.example", "http://localhost", "across the border of this machine"),
        ("http://127.0.0.1:8001", "http://carrier.example", "across the border of this machine"),
    ],
)
def test_redirects_stay_on_the_site(source: str, target: str, refusal: str) -> None:
    assert redirect_refusal(_origin(source), _origin(target)) == refusal


@pytest.mark.parametrize(
    ("scheme", "host", "says"),
    [
        ("file", "etc", "file is not http or https"),
        ("", "carrier.example", "an address without a scheme is not http or https"),
        ("https", "", "the address names no host"),
    ],
)
def test_what_is_no_web_address_is_refused_in_words(scheme: str, host: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        origin(scheme, host, None)


def test_an_origin_is_named_with_its_port_only_where_that_says_something() -> None:
    assert origin("https", "Carrier.Example.", None) == Origin("https", "carrier.example", 443)
    assert origin("https", "carrier.example", None).label == "carrier.example"
    assert origin("https", "carrier.example", None).key == "carrier.example:443"
    assert origin("http", "127.0.0.1", 8123).label == "127.0.0.1:8123"


def _origin(address: str) -> Origin:
    scheme, _, rest = address.partition("://")
    host, _, port = rest.partition(":") if not rest.startswith("[") else rest[1:].partition("]:")
    return origin(scheme, host, int(port) if port else None)
