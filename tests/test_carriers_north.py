"""What sets single northern carriers apart: whom an answer without a number is about, and what is asked with what."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scrapers import carriers
from scrapers.base import Access, Page, asks_about

FIXTURES = Path(__file__).parent.parent / "fixtures" / "carriers"


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("https://carrier.example/api/tracking/ab12345678", True),
        ("https://carrier.example/api/tracking/AB12345678?lang=en", True),
        ("https://carrier.example/status?id=AB12345678&jsonp=callback", True),
        ("https://carrier.example/status?id=%41B12345678", True),
        ("https://carrier.example/api/tracking/AB123456789", False),
        ("https://carrier.example/api/tracking/XAB12345678", False),
        ("https://carrier.example/AB12345678.json", False),
        ("https://AB12345678.example/", False),
        ("https://carrier.example/#/AB12345678", False),
        ("https://[carrier.example/AB12345678", False),
        ("", False),
    ],
)
def test_an_address_names_a_number_only_whole(url: str, named: bool) -> None:
    assert asks_about(Page(url, 200, "", b""), "AB12345678") is named


@pytest.mark.parametrize("carrier_id", ["gls", "hermes_de", "inpost", "orlen_paczka"])
def test_an_unknown_number_that_the_answer_does_not_repeat_must_stand_in_the_address(carrier_id: str) -> None:
    expected = json.loads((FIXTURES / carrier_id / "not_found.expected.json").read_text(encoding="utf-8"))
    (body,) = (path for path in (FIXTURES / carrier_id).glob("not_found.*") if ".expected" not in path.name)
    sent, number = expected["page"], expected["numbers"][0]
    carrier = carriers.get(carrier_id)

    def outcome(url: str) -> str:
        return carrier.parse(Page(url, sent["status"], sent["content_type"], body.read_bytes()), [number])[
            0
        ].outcome

    assert outcome(sent["url"]) == "not_found"
    assert outcome(sent["url"].replace(number, number[:-1] + "9")) == "unavailable"
    assert outcome("https://carrier.example/") == "unavailable"
    assert outcome(carrier.requests([number], Access())[0].url) == "not_found"


@pytest.mark.parametrize(
    ("asked", "outcome"), [("710000000110", "ok"), ("71000000011", "ok"), ("710000000120", "unavailable")]
)
def test_gls_answers_the_printed_number_with_its_first_eleven_digits(asked: str, outcome: str) -> None:
    body = (FIXTURES / "gls/moving.json").read_bytes()
    (report,) = carriers.get("gls").parse(
        Page("https://carrier.example/", 200, "application/json", body), [asked]
    )
    assert (report.number, report.outcome) == (asked, outcome)


@pytest.mark.parametrize(
    ("flags", "tag"),
    [
        ({}, "Delivered"),
        ({"retourFlag": True}, "Exception"),
        ({"progressBar": {"statusInfo": "DELIVEREDPS"}}, "AvailableForPickup"),
    ],
)
def test_gls_flags_speak_for_a_delivery_with_a_note_behind_it(flags: dict[str, object], tag: str) -> None:
    at = {"time": "10:00:00", "address": {"countryName": "Germany"}}
    notes = {"date": "2026-05-03", "evtDscr": "The parcel data have been archived.", **at}
    delivery = {"date": "2026-05-02", "evtDscr": "The parcel has been delivered.", **at}
    body = json.dumps({"tuStatus": [{"tuNo": "71000000011", "history": [notes, delivery], **flags}]})
    page = Page("https://carrier.example/", 200, "application/json", body.encode())
    (report,) = carriers.get("gls").parse(page, ["71000000011"])
    assert report.events[0].status.tag == tag


def test_gls_gets_the_postcode_only_where_the_user_gave_one() -> None:
    requests = carriers.get("gls").requests
    (overview,) = requests(["71000000011"], Access())
    (details,) = requests(["71000000011"], Access(postcode="1010 AB"))
    assert "rstt029?match=71000000011" in overview.url
    assert details.url.endswith("rstt028/71000000011?caller=witt002&postalCode=1010%20AB")


def test_royal_mail_gets_client_id_and_secret_apart() -> None:
    (request,) = carriers.get("royal_mail").requests(["LX710000110GB"], Access(key="the-client:the:secret"))
    assert request.headers["X-IBM-Client-Id"] == "the-client"
    assert request.headers["X-IBM-Client-Secret"] == "the:secret"


@pytest.mark.parametrize("carrier_id", ["an_post", "dhl_de", "dpd", "poczta_polska"])
def test_what_only_the_users_browser_may_ask_carries_no_key(carrier_id: str) -> None:
    (request,) = carriers.get(carrier_id).requests(["LX710000211DE"], Access(key="a-key"))
    assert set(request.headers) <= {"Accept", "Content-Type"}
    assert b"a-key" not in request.url.encode() + (request.body or b"")


def test_a_shortened_page_of_evri_never_says_more_than_the_whole() -> None:
    whole = (FIXTURES / "evri/delivered.html").read_bytes()
    carrier = carriers.get("evri")
    for length in range(0, len(whole), 7):
        page = Page("https://globaleco.app/track", 200, "text/html", whole[:length])
        (report,) = carrier.parse(page, ["H00XYZ7100000022"])
        assert report.outcome in ("ok", "changed", "unavailable")
        assert all(event.at.tzinfo for event in report.events)
        assert {event.text for event in report.events} <= {
            "Delivered",
            "Out for delivery",
            "At the local depot",
        }
