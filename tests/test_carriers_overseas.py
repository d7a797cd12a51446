"""What is particular about carriers of America, Australia and East Asia."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers import carriers, when
from scrapers.base import Access, Page, TrackingReport
from scrapers.shape import LayoutChanged

FIXTURES = Path(__file__).parent.parent / "fixtures" / "carriers"
TOKYO = when.zone("Asia/Tokyo")


def read(carrier: str, case: str) -> TrackingReport:
    expected = json.loads((FIXTURES / carrier / f"{case}.expected.json").read_text("utf-8"))
    body = next(p for p in (FIXTURES / carrier).glob(f"{case}.*") if not p.name.endswith(".expected.json"))
    page = Page("https://carrier.example/", expected["page"]["status"], "", body.read_bytes())
    return carriers.get(carrier).parse(page, expected["numbers"])[0]


@pytest.mark.parametrize(
    ("carrier", "case"),
    [
        ("ups", "delivered"),
        ("fedex", "delivered"),
        ("tnt", "delivered"),
        ("ninja_van", "delivered"),
        ("canada_post", "delivered"),
        ("australia_post", "pickup_on_page"),
        ("korea_ems", "delivered"),
    ],
)
def test_who_received_a_parcel_is_left_in_the_answer(carrier: str, case: str) -> None:
    assert any(b"EXAMPLE PERSON" in path.read_bytes() for path in (FIXTURES / carrier).glob(f"{case}.*"))
    report = read(carrier, case)
    assert report.events
    assert "EXAMPLE PERSON" not in repr(report)


@pytest.mark.parametrize(
    ("number", "country"),
    [("NLMYA70000011", "my"), ("NLIDAP7000000011", "id"), ("NVSGTEST700001", "sg"), ("ZX70000099", "my")],
)
def test_ninja_van_is_asked_in_the_country_a_number_names(number: str, country: str) -> None:
    (request,) = carriers.get("ninja_van").requests([number], Access())
    assert request.url.startswith(f"https://walrus.ninjavan.co/{country}/")


def test_canada_post_is_asked_at_its_official_service_only_with_a_key() -> None:
    (public,) = carriers.get("canada_post").requests(["LM700000018CA"], Access())
    (official,) = carriers.get("canada_post").requests(["LM700000018CA"], Access(key="user:secret"))
    assert public.url.startswith("https://www.canadapost-postescanada.ca/")
    assert public.headers["Authorization"] == "Basic Og==", "no user, no password"
    assert official.url.startswith("https://soa-gw.canadapost.ca/")
    assert official.headers["Authorization"] == "Basic dXNlcjpzZWNyZXQ="


def test_australia_post_takes_key_password_and_account_apart() -> None:
    (request,) = carriers.get("australia_post").requests(["A1", "B2"], Access(key="user:secret:1234567"))
    assert request.headers["Authorization"] == "Basic dXNlcjpzZWNyZXQ="
    assert request.headers["Account-Number"] == "1234567"
    assert request.url.endswith("tracking_ids=A1,B2")


def test_yamato_is_asked_as_its_form_asks() -> None:
    (request,) = carriers.get("yamato").requests(["700000000013"], Access())
    assert request.body is not None
    assert parse_qs(request.body.decode()) == {"number00": ["1"], "number01": ["700000000013"]}


def test_only_korea_posts_scans_in_korea_are_exact() -> None:
    assert [event.at_is_exact for event in read("korea_ems", "moving").events] == [True, True, False, False]
    assert [event.at_is_exact for event in read("korea_ems", "delivered").events] == [False, True, True, True]


def test_a_label_row_of_ups_without_a_clock_hides_no_other_scan() -> None:
    assert [event.code for event in read("ups", "moving").events] == ["OR", "IP", "DP"]


def tnt(change: Callable[[dict[str, Any]], None]) -> TrackingReport:
    """The report of the fixture of a used number after a change to its newest consignment."""
    answer = json.loads((FIXTURES / "tnt" / "moving.json").read_text("utf-8"))
    newest = answer["tracker.output"]["consignment"][0]
    change(newest)
    page = Page("https://carrier.example/", 200, "", json.dumps(answer).encode())
    return carriers.get("tnt").parse(page, [newest["consignmentNumber"]])[0]


def test_an_old_delivery_of_a_used_number_is_not_taken_for_the_new_parcel() -> None:
    scanned = tnt(lambda newest: None)
    assert (scanned.destination_country, scanned.events[-1].status.tag) == ("AT", "InTransit")
    unscanned = tnt(lambda newest: newest.update(events=[]))
    assert (unscanned.outcome, unscanned.events) == ("ok", ())
    unreadable = tnt(lambda newest: newest["events"][0].update(date="yesterday"))
    assert (unreadable.outcome, unreadable.events) == ("changed", ())


@pytest.mark.parametrize(
    ("flags", "tag"),
    [
        ({"isDeliveredAtReceiver": True}, "Delivered"),
        ({"isDeliveredAtReceiver": True, "isDeliveredAtBroker": True}, "InTransit"),
        ({"isDeliveredAtReceiver": False}, "Unknown"),
        ({}, "Unknown"),
    ],
)
def test_tnt_has_delivered_only_where_the_receiver_has_it(flags: dict[str, bool], tag: str) -> None:
    def deliver(newest: dict[str, Any]) -> None:
        newest["events"][0].update(legacyCode="OK", statusDescription="Shipment delivered in good condition")
        newest["status"] = flags

    assert tnt(deliver).events[-1].status.tag == tag


def test_an_order_returned_to_its_sender_is_not_delivered_whatever_its_rows_leave_out() -> None:
    order = json.loads((FIXTURES / "ninja_van" / "delivered.json").read_text("utf-8"))
    order["granular_status"] = "Returned to Sender"
    page = Page("https://carrier.example/", 200, "", json.dumps(order).encode())
    (report,) = carriers.get("ninja_van").parse(page, [order["tracking_id"]])
    assert report.events[-1].status.tag == "Unknown"


def test_canada_post_has_not_delivered_what_it_says_it_returned() -> None:
    answer = json.loads((FIXTURES / "canada_post" / "returning.json").read_text("utf-8"))
    answer["events"].insert(0, {**answer["events"][0], "cd": "1496", "descEn": "Item successfully delivered"})
    page = Page("https://carrier.example/", 200, "", json.dumps(answer).encode())
    (report,) = carriers.get("canada_post").parse(page, [answer["pin"]])
    assert [event.status.tag for event in report.events][-2:] == ["Exception", "Unknown"]


# --- dates that leave the year out ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "latest", "expected"),
    [
        ("12月31日 21:00", "2027-01-02T03:00:00+00:00", "2026-12-31T12:00:00+00:00"),
        ("01月01日 04:10", "2027-01-02T03:00:00+00:00", "2026-12-31T19:10:00+00:00"),
        ("01月01日 00:10", "2026-12-31T15:30:00+00:00", "2026-12-31T15:10:00+00:00"),
        ("01月01日 08:00", "2026-12-31T14:30:00+00:00", "2026-12-31T23:00:00+00:00"),
        ("08月11日 16:43", "2026-08-11T07:00:00+00:00", "2026-08-11T07:43:00+00:00"),
        ("02月29日 12:00", "2025-01-10T00:00:00+00:00", "2024-02-29T03:00:00+00:00"),
    ],
)
def test_a_date_without_a_year_is_of_the_last_year_it_can_be_of(
    written: str, latest: str, expected: str
) -> None:
    moment = when.without_year(written, "%m月%d日 %H:%M", TOKYO, datetime.fromisoformat(latest))
    assert moment.astimezone(UTC).isoformat() == expected


@pytest.mark.parametrize("written", ["", "13月01日 10:00", "02月30日 10:00", "02月29日 10:00", "tomorrow"])
def test_a_date_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(LayoutChanged, match="a time reads"):
        when.without_year(written, "%m月%d日 %H:%M", TOKYO, datetime(2026, 3, 1, tzinfo=UTC))


@given(
    moment=st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)).map(  # noqa: DTZ001 - the zone follows
        lambda naive: naive.replace(second=0, microsecond=0, tzinfo=TOKYO)
    ),
    later=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=300)),
)
def test_within_ten_months_the_year_left_out_is_found_again(moment: datetime, later: timedelta) -> None:
    written = moment.strftime("%m/%d %H:%M")
    assert when.without_year(written, "%m/%d %H:%M", TOKYO, moment + later) == moment
