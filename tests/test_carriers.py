"""Every carrier keeps the contract, reads its fixture pairs as stated, and survives any answer."""

from __future__ import annotations

import copy
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from scrapers import carriers
from scrapers.base import Access, Carrier, Outcome, Page, TrackingReport

FIXTURES = Path(__file__).parent.parent / "fixtures" / "carriers"
OUTCOMES = get_args(Outcome)
# Carriers of which no not-found answer was ever recorded, so that none may be read as one.
NEVER_NOT_FOUND = {"an_post", "anjun", "belpost", "boxnow", "bpost", "china_post", "dpd", "elta", "evri", "jt_express", "kazpost", "landmark", "magyar_posta", "meest", "posti", "postnl", "royal_mail", "russian_post", "sameday", "spx", "swiss_post", "uniuni", "usps"}  # fmt: skip


def pairs() -> Iterator[tuple[str, Path, Path]]:
    for expected in sorted(FIXTURES.glob("*/*.expected.json")):
        case = expected.name.removesuffix(".expected.json")
        bodies = [p for p in expected.parent.glob(f"{case}.*") if p != expected]
        assert len(bodies) == 1, f"{expected} needs exactly one body beside it"
        yield expected.parent.name, bodies[0], expected


def params(found: Iterable[tuple[str, Path, Path]]) -> list[Any]:
    return [pytest.param(*pair, id=f"{pair[0]}-{pair[1].stem}") for pair in found]


PAIRS = params(pairs())
JSON_PAIRS = params(pair for pair in pairs() if pair[1].suffix in (".json", ".jsonp"))
XML_PAIRS = params(pair for pair in pairs() if pair[1].suffix == ".xml")


def page_of(body: Path, expected: dict[str, Any]) -> Page:
    sent = expected["page"]
    came = sent.get("received_at")
    return Page(
        sent.get("url", "https://carrier.example/"),
        sent["status"],
        sent["content_type"],
        body.read_bytes(),
        datetime.fromisoformat(came) if came else None,
    )


# --- the contract ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("carrier_id", carriers.ids())
def test_a_carrier_says_what_is_needed_to_use_it(carrier_id: str) -> None:
    carrier = carriers.get(carrier_id)
    module = __import__(carrier.read.__module__, fromlist=["CARRIER"])

    assert carrier.id == carrier_id, "the id is the file name"
    assert module.__doc__ is not None
    assert len(module.__doc__) > 80, "the module says where it reads from, its traps and when it was seen"
    assert carrier.name
    assert carrier.source
    assert re.fullmatch(r"20\d\d(-(0[1-9]|1[0-2]))?", carrier.source_date), "when it was last seen working"
    assert carrier.home.startswith("https://")
    assert carrier.track_url.startswith("https://")
    assert "{number}" in carrier.track_url
    assert carrier.numbers
    for pattern in carrier.numbers:
        re.compile(pattern)
    assert all(re.fullmatch("[A-Z]{2}", country) for country in carrier.countries)
    assert carrier.batch >= 1
    assert carrier.poll_floor.total_seconds() >= 3600


@pytest.mark.parametrize("carrier_id", carriers.ids())
def test_a_carrier_has_fixtures_of_the_three_states_that_matter(carrier_id: str) -> None:
    cases = {body.stem for owner, body, _ in pairs() if owner == carrier_id}
    needed = {"moving", "delivered"} | (set() if carrier_id in NEVER_NOT_FOUND else {"not_found"})
    assert needed <= cases
    assert len(cases) >= 3


@pytest.mark.parametrize("carrier_id", carriers.ids())
def test_questions_name_each_number_once_and_keep_to_the_batch(carrier_id: str) -> None:
    carrier = carriers.get(carrier_id)
    numbers = [f"RB70000000{digit}CN" for digit in range(min(carrier.batch, 9))] + (
        ["A/B?C"] if carrier.batch == 1 else []
    )
    asked = carrier.requests(numbers, Access(key="the-key", postcode="1000", language="en"))

    assert sorted(n for request in asked for n in request.numbers) == sorted(numbers)
    for request in asked:
        assert len(request.numbers) <= carrier.batch
        assert request.url.startswith(("https://", "http://api.track.yw56.com.cn/"))
        assert (request.body is not None) == (request.method == "POST")
        assert " " not in request.url
    assert not any("A/B?C" in request.url for request in asked), "numbers are escaped in addresses"


@pytest.mark.parametrize("carrier_id", carriers.ids())
def test_without_the_needed_key_nothing_is_asked(carrier_id: str) -> None:
    carrier = carriers.get(carrier_id)
    asked = carrier.requests(["RB700000001CN"], Access())
    assert bool(asked) == (carrier.reach in ("open", "user")), "the user's browser needs no key either"


# --- fixture pairs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("carrier_id", "body", "expected_file"), PAIRS)
def test_a_recorded_shape_is_read_as_stated(carrier_id: str, body: Path, expected_file: Path) -> None:
    expected = json.loads(expected_file.read_text(encoding="utf-8"))
    reports = carriers.get(carrier_id).parse(page_of(body, expected), expected["numbers"])
    assert [
        shown(report, like) for report, like in zip(reports, expected["reports"], strict=True)
    ] == expected["reports"]


def shown(report: TrackingReport, like: dict[str, Any]) -> dict[str, Any]:
    """A report as an expected file tells it: only what that file states."""
    newest = report.events[-1] if report.events else None
    told: dict[str, Any] = {
        "number": report.number,
        "outcome": report.outcome,
        "events": len(report.events),
        "linked_numbers": list(report.linked_numbers),
        "detail": report.detail,
        "origin_country": report.origin_country,
        "destination_country": report.destination_country,
        "ends_by_design": report.ends_by_design,
        "expected_at": report.expected_at and report.expected_at.astimezone(UTC).isoformat(),
        "at_is_exact": newest and newest.at_is_exact,
        "newest": newest
        and {
            "at": newest.at.astimezone(UTC).isoformat(),
            "tag": newest.status.tag,
            "subtag": newest.status.subtag,
            "text": newest.text,
        },
    }
    return {key: told[key] for key in like}


# --- any answer at all -------------------------------------------------------------------------------------------

STATUSES = st.sampled_from(
    [200, 201, 204, 301, 400, 401, 403, 404, 410, 418, 429, 451, 500, 502, 503, 0, -1, 999]
)
CONTENT_TYPES = st.sampled_from(["application/json", "text/html", "text/plain;charset=gbk", "", "x/y"])
ABSURD: tuple[Any, ...] = (
    None, "", 0, -1, 1, True, False, [], {}, "x", [None], ["x"], {"x": "y"}, 2**70, 1e308, 253402300800000, "\ud800",
    "0001-01-01 00:00:00", "1970-01-01T00:00:00", "9999-12-31 23:59:59", "2026-02-30 00:00:00", "2026-13-01T25:61:00Z",
    "0000-00-00", "GMT+99", "UTC/../../etc", "UTCEurope/Nowhere", "１２", "LP00000000000000", "delivered",
)  # fmt: skip


def check(carrier: Carrier, page: Page, numbers: list[str]) -> list[TrackingReport]:
    reports = carrier.parse(page, numbers)
    assert [report.number for report in reports] == numbers
    for report in reports:
        assert report.outcome in OUTCOMES
        assert report.detail or report.outcome == "ok", "every outcome but ok says why"
        assert not report.events or report.outcome == "ok"
        moments = [event.at for event in report.events]
        for moment in [*moments, *filter(None, [report.expected_at])]:
            assert moment.utcoffset() is not None
            assert 2000 <= moment.year <= 2100
            moment.astimezone(UTC)
        assert moments == sorted(moments)
        for event in report.events:
            (event.text + event.place + event.code).encode("utf-8")
        assert all(re.fullmatch(r"[A-Z0-9-]{6,40}", n) for n in report.linked_numbers)
    return reports


@pytest.mark.parametrize("carrier_id", carriers.ids())
@given(body=st.binary(max_size=400), status=STATUSES, content_type=CONTENT_TYPES)
@settings(max_examples=150)
def test_any_bytes_are_told_apart_from_an_answer(
    carrier_id: str, body: bytes, status: int, content_type: str
) -> None:
    page = Page("https://carrier.example/", status, content_type, body)
    for report in check(carriers.get(carrier_id), page, ["RB700000001CN", "RB700000002CN"]):
        assert report.outcome != "not_found"
        assert report.outcome != "ok"


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(ABSURD[6:]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("carrier_id", carriers.ids())
@given(value=json_values, status=STATUSES)
@settings(max_examples=100)
def test_foreign_json_is_never_taken_for_an_answer(carrier_id: str, value: Any, status: int) -> None:
    page = Page("https://carrier.example/", status, "application/json", json.dumps(value).encode())
    for report in check(carriers.get(carrier_id), page, ["RB700000001CN"]):
        assert report.outcome not in ("ok", "not_found")


def fixture_json(body: Path) -> Any:
    written = body.read_text(encoding="utf-8-sig")
    found = re.fullmatch(r"\w+\((.*)\);?\s*", written, re.DOTALL)
    return json.loads(found.group(1) if found else written)


def sent(value: Any, body: Path) -> bytes:
    written = json.dumps(value)
    return (f"searchCallback({written})" if body.suffix == ".jsonp" else written).encode()


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of everything inside a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inner in inside for place in [(*path, key), *places(inner, (*path, key))]]


def bones(value: Any) -> Any:
    """A JSON value without its texts, such as the number asked: all that tells a not-found where it is a bare code."""
    if isinstance(value, dict):
        return {key: bones(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [bones(inner) for inner in value]
    return "" if isinstance(value, str) else value


def mutate(value: Any, draw: st.DataObject, kinds: tuple[str, ...]) -> Any:
    """One change of a JSON value: something dropped, replaced, repeated or given another type."""
    found = places(value)
    if not found:
        return value
    *steps, last = draw.draw(st.sampled_from(found))
    changed = copy.deepcopy(value)
    parent = changed
    for step in steps:
        parent = parent[step]
    kind = draw.draw(st.sampled_from(kinds))
    if kind == "drop":
        del parent[last]
    elif kind == "repeat" and isinstance(parent, list):
        parent.append(copy.deepcopy(parent[last]))
    elif kind == "retype":
        parent[last] = str(parent[last]) if not isinstance(parent[last], str) else [parent[last]]
    else:
        parent[last] = draw.draw(st.sampled_from(ABSURD))
    return changed


@pytest.mark.parametrize(("carrier_id", "body", "expected_file"), JSON_PAIRS)
@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_answer_is_never_mistaken_for_not_found(
    carrier_id: str, body: Path, expected_file: Path, data: st.DataObject
) -> None:
    expected = json.loads(expected_file.read_text(encoding="utf-8"))
    value = fixture_json(body)
    for _ in range(data.draw(st.integers(1, 3))):
        value = mutate(value, data, ("drop", "replace", "repeat", "retype"))
    unknown = [fixture for fixture in body.parent.glob("not_found.json*") if fixture != body]
    assume(bones(value) not in map(bones, map(fixture_json, unknown)))  # it may have become just that
    page = Page("https://carrier.example/", expected["page"]["status"], "application/json", sent(value, body))
    for report, was in zip(
        check(carriers.get(carrier_id), page, expected["numbers"]), expected["reports"], strict=True
    ):
        if was["outcome"] != "not_found":
            assert report.outcome != "not_found"


@pytest.mark.parametrize(("carrier_id", "body", "expected_file"), XML_PAIRS)
@given(data=st.data())
@settings(max_examples=60)
def test_a_damaged_xml_answer_is_never_mistaken_for_not_found(
    carrier_id: str, body: Path, expected_file: Path, data: st.DataObject
) -> None:
    expected = json.loads(expected_file.read_text(encoding="utf-8"))
    root = ET.fromstring(body.read_text(encoding="utf-8"))
    for _ in range(data.draw(st.integers(1, 3))):
        holders = [element for element in root.iter() if len(element)]
        if not holders:
            break
        parent = data.draw(st.sampled_from(holders))
        child = data.draw(st.sampled_from(list(parent)))
        match data.draw(st.sampled_from(("drop", "repeat", "replace"))):
            case "drop":
                parent.remove(child)
            case "repeat":
                parent.append(copy.deepcopy(child))
            case _:
                child.text = data.draw(st.sampled_from(["", "x", "0", "9999-12-31T23:59:59", "delivered"]))
    page = Page("https://carrier.example/", expected["page"]["status"], "text/xml", ET.tostring(root))
    for report, was in zip(
        check(carriers.get(carrier_id), page, expected["numbers"]), expected["reports"], strict=True
    ):
        if was["outcome"] != "not_found":
            assert report.outcome != "not_found"


@pytest.mark.parametrize(("carrier_id", "body", "expected_file"), PAIRS)
@pytest.mark.parametrize("status", [401, 403, 429, 500, 502, 503, 520])
def test_a_refusal_or_fault_never_says_anything_about_a_parcel(
    carrier_id: str, body: Path, expected_file: Path, status: int
) -> None:
    expected = json.loads(expected_file.read_text(encoding="utf-8"))
    page = Page("https://carrier.example/", status, "application/json", body.read_bytes())
    for report in carriers.get(carrier_id).parse(page, expected["numbers"]):
        assert report.outcome in ("blocked", "unavailable")


@pytest.mark.parametrize(("carrier_id", "body", "expected_file"), JSON_PAIRS + XML_PAIRS)
@given(data=st.data())
@settings(max_examples=15)
def test_a_cut_off_answer_is_no_answer(
    carrier_id: str, body: Path, expected_file: Path, data: st.DataObject
) -> None:
    expected = json.loads(expected_file.read_text(encoding="utf-8"))
    whole = body.read_bytes().rstrip().removesuffix(b";")
    page = Page(
        "https://carrier.example/",
        200,
        "application/json",
        whole[: data.draw(st.integers(0, len(whole) - 1))],
    )
    for report in carriers.get(carrier_id).parse(page, expected["numbers"]):
        assert report.outcome in ("changed", "unavailable")


@pytest.mark.parametrize(("carrier_id", "body", "expected_file"), PAIRS)
def test_an_answer_about_another_number_is_not_taken_for_this_one(
    carrier_id: str, body: Path, expected_file: Path
) -> None:
    expected = json.loads(expected_file.read_text(encoding="utf-8"))
    for report in carriers.get(carrier_id).parse(page_of(body, expected), ["ZZ000000000ZZ"]):
        assert report.outcome in ("unavailable", "blocked", "changed")
        assert not report.events


def test_of_two_entries_about_one_number_the_later_scan_counts() -> None:
    module = json.loads((FIXTURES / "cainiao/moving.json").read_text(encoding="utf-8"))["module"][0]
    newer = copy.deepcopy(module)
    newer["detailList"].insert(0, {**module["detailList"][0], "timeStr": "2026-03-11 10:00:00"})
    empty = {"mailNo": module["mailNo"], "mailNoSource": "EXTERNAL", "detailList": []}
    for order in ([module, newer, empty], [empty, newer, module]):
        body = json.dumps({"success": True, "module": order}).encode()
        (report,) = carriers.get("cainiao").parse(
            Page("u", 200, "application/json", body), [module["mailNo"]]
        )
        assert report.events[-1].at == datetime(2026, 3, 11, 9, tzinfo=UTC)


def test_an_unknown_carrier_is_answered_with_those_there_are() -> None:
    with pytest.raises(carriers.UnknownCarrier, match="cainiao"):
        carriers.get("pigeon")
