"""Traps of the cross-border carriers and aggregators that one fixture cannot show."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrapers import carriers
from scrapers.base import Access, Page, TrackingReport
from scrapers.status import classify

FIXTURES = Path(__file__).parent.parent / "fixtures" / "carriers"


def parse(carrier: str, body: bytes, number: str, url: str = "https://carrier.example/") -> TrackingReport:
    (report,) = carriers.get(carrier).parse(Page(url, 200, "", body), [number])
    return report


def fixture(name: str) -> Any:
    return json.loads((FIXTURES / name).read_text(encoding="utf-8"))


# --- EMS: a web page ---------------------------------------------------------------------------------------------

EMS = (FIXTURES / "ems" / "moving.html").read_text(encoding="utf-8")
NO_EMS = (FIXTURES / "ems" / "not_found.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("page", "number", "outcome"),
    [
        (NO_EMS, "EW700000441FR", "not_found"),
        (
            NO_EMS.replace("There were no results found.", "Maintenance, try later"),
            "EW700000441FR",
            "changed",
        ),
        (NO_EMS.replace("no-results-found", "message"), "EW700000441FR", "changed"),
        (NO_EMS.replace("</tbody>", "<tr><td>x</td><td>y</td></tr></tbody>"), "EW700000441FR", "changed"),
        (EMS.replace("Posted", ""), "EB700000415CN", "changed"),
        (EMS.replace("Apr 2, 2026, 9:05 AM", "Feb 30, 2026, 9:05 AM"), "EB700000415CN", "changed"),
        (re.sub(r"<tr class.*</tr>", "", EMS), "EB700000415CN", "changed"),
        # Were the rows turned round, the oldest would pass for the newest.
        (EMS.replace("Apr 2, 2026", "Apr 22, 2026"), "EB700000415CN", "changed"),
        # The form repeats what was asked; only the table proves whom the rows are about.
        (EMS.replace("table-EB700000415CN", "table-EB700000424CN"), "EB700000415CN", "unavailable"),
        ("<html><body><p>Checking the browser.</p></body></html>", "EB700000415CN", "changed"),
    ],
)
def test_only_the_table_of_a_number_says_anything_about_it(page: str, number: str, outcome: str) -> None:
    assert parse("ems", page.encode(), number).outcome == outcome


def test_clocks_of_two_countries_do_not_turn_the_journey_round() -> None:
    report = parse("ems", EMS.encode(), "EB700000415CN")
    assert [event.text for event in report.events] == [
        "Posted",
        "Departed from export office",
        "Arrived at import office",
    ]


@given(data=st.data())
@settings(max_examples=80)
def test_a_torn_page_is_never_an_unknown_number(data: st.DataObject) -> None:
    lines = EMS.splitlines()
    kept = data.draw(st.lists(st.sampled_from(range(len(lines))), unique=True).map(sorted))
    torn = "\n".join(lines[i] for i in kept)[: data.draw(st.integers(0, len(EMS)))]
    assert parse("ems", torn.encode(), "EB700000415CN").outcome != "not_found"


# --- UPU: an answer without a word -------------------------------------------------------------------------------

ASKED = "https://globaltracktrace.ptc.post/gtt.api/service.svc/rest/ItemTTWithTrans/RR700000340SE/EN"


@pytest.mark.parametrize(
    ("body", "url", "outcome"),
    [
        (b"", ASKED, "not_found"),
        (b"", ASKED.replace("340SE", "319SE"), "unavailable"),
        (b"", "https://globaltracktrace.ptc.post/", "unavailable"),
        (b" \n", ASKED, "changed"),
        (b"[]", ASKED, "unavailable"),
        (b"null", ASKED, "changed"),
    ],
)
def test_only_no_body_at_the_number_s_own_address_means_nothing_held(
    body: bytes, url: str, outcome: str
) -> None:
    assert parse("upu", body, "RR700000340SE", url).outcome == outcome


# --- YunExpress: one zone for many clocks ------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["GMT-11:00", "GMT-05:00", "GMT+00:00", "GMT+08:00", "GMT+12:00", "", "CET"])
def test_no_scan_without_a_zone_passes_the_newest_one(zone: str) -> None:
    answer = fixture("yunexpress/handed_over.json")
    answer["ResultList"][0]["TrackInfo"]["LastTrackEvent"]["GmtProcessTimezone"] = zone
    report = parse("yunexpress", json.dumps(answer).encode(), "YT2600000000000013")
    assert report.events[-1].text == "Delivered to local carrier"
    assert report.events[-1].at_is_exact == zone.startswith("GMT")
    assert not report.events[0].at_is_exact


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("TrackInfo", "TrackEventCount"), 1),
        (("TrackInfo", "LastTrackEvent"), None),
        (("TrackData", "ChildCount"), 1),
        (("TrackData", "ProcessGroupList"), [{"ProcessDetailList": []}]),
        (("TrackInfo", "WaybillNumber"), "YT2600000000000018"),
    ],
)
def test_an_echo_that_tells_anything_at_all_is_no_unknown_number(path: tuple[str, str], value: Any) -> None:
    answer = fixture("yunexpress/not_found.json")
    answer["ResultList"][0][path[0]][path[1]] = value
    report = parse("yunexpress", json.dumps(answer).encode(), "YT2600000000000019")
    assert report.outcome in ("unavailable", "changed")


# --- 17TRACK ---------------------------------------------------------------------------------------------------------


def seen_by_17track(words: str, sub_status: str = "InTransit_Other") -> TrackingReport:
    answer = fixture("17track/delivered.json")
    (event, _) = answer["data"]["accepted"][0]["track_info"]["tracking"]["providers"][0]["events"]
    event |= {"description": words, "sub_status": sub_status}
    return parse("17track", json.dumps(answer).encode(), "RB700000526CN")


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("Delivered, signed by A. NONYMOUS", "Delivered, signed by"),
        ("Signed for by: A Nonymous, Lund", "Signed for by"),
        ("Delivered. Recipient: A. Nonymous", "Delivered. Recipient:"),
        ("Received by: A. Nonymous", "Received by:"),
        ("Received by sorting center", "Received by sorting center"),
        ("Recipient not available", "Recipient not available"),
    ],
)
def test_who_signed_is_not_kept(words: str, kept: str) -> None:
    assert seen_by_17track(words).events[-1].text == kept


@pytest.mark.parametrize(
    ("words", "sub_status", "tag"),
    [
        ("Shipping label created, awaiting item", "InTransit_Other", "InfoReceived"),
        ("Available for pickup at the parcel shop", "Exception_Other", "AvailableForPickup"),
        ("Delivered to the sender", "Delivered_Other", "Exception"),
        ("Qwertz uiop", "Delivered_Other", "Unknown"),
        ("Qwertz uiop", "InTransit_CustomsProcessing", "InTransit"),
        ("Delivered", "Delivered_Other", "Delivered"),
    ],
)
def test_the_words_go_before_17track_s_own_verdict(words: str, sub_status: str, tag: str) -> None:
    assert seen_by_17track(words, sub_status).events[-1].status.tag == tag


# --- SPX and J&T: names in brackets --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "text", "subtag"),
    [
        ("[Hub A] Your parcel has been delivered [A. Nonymous] [ Receptionist]", "Your parcel has been delivered", "Delivered_001"),
        ("[Hub A] Your parcel has been delivered [A. Nonymous] [Neighbour]", "Your parcel has been delivered", "Delivered_005"),
        ("Your parcel has been delivered", "Your parcel has been delivered", "Delivered_001"),
    ],
)  # fmt: skip
def test_who_took_an_spx_parcel_is_heard_and_not_kept(message: str, text: str, subtag: str) -> None:
    answer = fixture("spx/delivered.json")
    answer["tracking_list"][0]["message"] = message
    newest = parse("spx", json.dumps(answer).encode(), "BR7000000000012").events[-1]
    assert (newest.text, newest.status.subtag) == (text, subtag)
    assert newest.place in ("Hub A", "")


def test_a_neighbour_is_told_apart_from_the_receiver_whatever_the_code() -> None:
    assert classify("Delivered to a neighbour", carrier="landmark", code="500").subtag == "Delivered_005"
    assert classify("Item delivered", carrier="landmark", code="500").subtag == "Delivered_001"


# --- Landmark: a login in three parts, an answer in XML ------------------------------------------------------------


def test_landmark_s_key_is_a_login_and_a_client_number() -> None:
    (request,) = carriers.get("landmark").requests(["LTN700000011N1"], Access(key="shop:p:w<&>d:218"))
    assert request.body is not None
    question = ET.fromstring(request.body)
    asked = {tag: question.findtext(tag) for tag in ("Login/Username", "Login/Password", "ClientID")}
    assert asked == {"Login/Username": "shop", "Login/Password": "p:w<&>d", "ClientID": "218"}


@pytest.mark.parametrize("trap", ["<!DOCTYPE x>", '<!DOCTYPE x [<!ENTITY a "LTN700000011N1">]>'])
def test_an_answer_that_defines_entities_is_not_read(trap: str) -> None:
    body = (FIXTURES / "landmark" / "moving.xml").read_text(encoding="utf-8")
    trapped = body.replace("?>", f"?>{trap}", 1)
    assert parse("landmark", trapped.encode(), "LTN700000011N1").outcome == "changed"


# --- Asendia -------------------------------------------------------------------------------------------------------


def test_asendia_s_key_is_customer_and_token() -> None:
    (request,) = carriers.get("asendia").requests(["ASENDIA700000011"], Access(key="C/7:to:ken"))
    assert request.url.endswith("/customers/C%2F7/tracking/ASENDIA700000011")
    assert request.headers["Authorization"] == "Bearer to:ken"


def test_anjun_s_page_is_believed_about_the_number_in_its_address_only() -> None:
    body = (FIXTURES / "anjun" / "page.json").read_bytes()
    address = "https://website-trackings.anjunexpress.com.br/tracking/get-tracking?trackingNumber="
    assert parse("anjun", body, "AJ260100000000013", address + "AJ260100000000013").outcome == "ok"
    assert parse("anjun", body, "AJ260100000000013", address + "AJ260100000000014").outcome == "unavailable"


def test_china_post_s_foreign_scans_are_marked() -> None:
    body = (FIXTURES / "china_post" / "delivered.json").read_bytes()
    report = parse("china_post", body, "LZ700000225CN")
    assert [event.at_is_exact for event in report.events] == [False, False]
    assert report.events[-1].at == datetime(2026, 3, 21, 6, 5, tzinfo=UTC)
    assert "签收人" not in "".join(event.text for event in report.events)


def test_cainiao_s_translation_does_not_overrule_its_code() -> None:
    scan = {
        "time": 1777708800000,
        "timeStr": "2026-05-02 16:00:00",
        "timeZone": "GMT+8",
        "actionCode": "COMMON_INTRANSIT",
    }
    module = {"mailNo": "LP00710000000110", "mailNoSource": "AE",
              "detailList": [{**scan, "desc": "Delivered", "standerdDesc": "Delivered"}]}  # fmt: skip
    body = json.dumps({"success": True, "module": [module]}).encode()
    page = Page("https://carrier.example/", 200, "application/json", body)
    (report,) = carriers.get("cainiao").parse(page, ["LP00710000000110"])
    assert [event.status.tag for event in report.events] == ["Unknown"]


@pytest.mark.parametrize(
    ("written", "exact"), [("2026-11-06T12:30:00+02:00", True), ("2026-11-06T12:30:00", False)]
)
def test_a_time_of_sameday_without_an_offset_is_marked(written: str, exact: bool) -> None:
    row = {"statusStateId": 7, "status": "In transit", "statusDate": written}
    body = json.dumps({"awbNumber": "1ONB12345678901", "isReturn": False, "awbHistory": [row]}).encode()
    page = Page("https://carrier.example/", 200, "application/json", body)
    (report,) = carriers.get("sameday").parse(page, ["1ONB12345678901"])
    assert [event.at_is_exact for event in report.events] == [exact]
