"""Importing files: what is good is taken, what is not is named by file, line and reason."""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.importing import Imported, attach, read_file, read_files
from monitor.order_rows import FIELDS, BadRow, read_row
from scrapers.orders import OrderLine, OrderRecord, ShopParcel

OWN = Path(__file__).parent.parent / "fixtures"
RECORDED = Path(__file__).parent.parent.parent / "shared" / "captures" / "aliexpress"
TODAY = date(2026, 11, 24)
HEAD = "order_id,title,amount,placed_on,tracking,protection_until,order_state"
ROW = "6100200300400701,Example lamp,12.34 USD,2026-10-01,EX900000046DE LP00900000000046,2026-12-01,shipped"


def imported(tmp_path: Path, name: str, content: str | bytes) -> Imported:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_file(path, today=TODAY)


def told(result: Imported) -> list[str]:
    return [str(problem) for problem in result.problems]


# Template rows


def test_a_csv_row_with_everything(tmp_path: Path) -> None:
    result = imported(
        tmp_path,
        "orders.csv",
        ",".join(FIELDS)
        + "\naliexpress,6100200300400701,Example lamp,12.34,usd,2026-10-01,2026-10-01,2026-10-03,,Shipped,"
        "2026-12-01,ex900000046de LP00900000000046,cainiao,Example Store,Germany,PayPal,2026-10-20\n",
    )
    (order,) = result.records
    assert result.problems == ()
    assert (order.order_id, order.source, order.order_state) == ("6100200300400701", "manual", "shipped")
    assert (order.amount, order.currency, order.destination_country) == (Decimal("12.34"), "USD", "DE")
    assert (order.placed_on, order.shipped_on, order.completed_on) == (
        date(2026, 10, 1), date(2026, 10, 3), None,
    )  # fmt: skip
    assert [(p.number, p.carrier_id) for p in order.parcels] == [
        ("EX900000046DE", "cainiao"),
        ("LP00900000000046", "cainiao"),
    ]
    assert [(shown.kind, shown.day, shown.source, shown.place) for shown in order.dates] == [
        ("protection_end", date(2026, 12, 1), "manual", "import"),
        ("expected", date(2026, 10, 20), "manual", "import"),
    ]


@pytest.mark.parametrize(
    "content",
    [
        f"{HEAD}\n{ROW}\n",
        f"\ufeff{HEAD}\r\n{ROW}\r\n\r\n",
        f"\n\n{HEAD}\n\n{ROW}",
        f"{HEAD}\n{ROW}\n".replace(",", ";"),
        f"{HEAD}\n{ROW}\n".replace(",", "\t"),
        f"{HEAD.upper().replace('_', ' ')}\n{ROW}\n{ROW}\n",
    ],
)
@pytest.mark.parametrize("code", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_however_a_spreadsheet_saves_it(tmp_path: Path, content: str, code: str) -> None:
    result = imported(tmp_path, "orders.csv", content.encode(code))
    assert told(result) == []
    assert [(r.order_id, len(r.parcels)) for r in result.records] == [("6100200300400701", 2)]


def test_another_code_is_read_and_said(tmp_path: Path) -> None:
    content = f"{HEAD}\n{ROW.replace('lamp', 'Größe')}\n".encode("cp1252")
    result = imported(tmp_path, "orders.csv", content)
    assert result.records[0].title == "Example Größe"
    assert "Windows-1252" in told(result)[0]


def test_a_bad_row_is_named_and_the_good_ones_stay(tmp_path: Path) -> None:
    bad = "6100200300400702,Bad,1,31.02.2026,,,"
    result = imported(tmp_path, "orders.csv", f"{HEAD}\n{ROW}\n\n{bad}\n{ROW.replace('0701', '0703')}\n")
    assert [r.order_id for r in result.records] == ["6100200300400701", "6100200300400703"]
    assert told(result) == ["orders.csv line 4: placed_on reads '31.02.2026', expected YYYY-MM-DD"]


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("order_id", "", "order_id is missing"),
        ("order_id", "12345", "order_id reads '12345', expected 6 to 24 digits"),
        ("order_id", "6100200300400701x", "expected 6 to 24 digits"),
        ("order_id", "6,1002E+15", "a spreadsheet has shortened it"),
        ("order_id", "６１００２００", "expected 6 to 24 digits"),
        ("placed_on", "", "placed_on is missing"),
        ("placed_on", "2026-02-31", "placed_on reads '2026-02-31', expected YYYY-MM-DD"),
        ("placed_on", "20260201", "expected YYYY-MM-DD"),
        ("placed_on", "2026-12-24", "still to come"),
        ("placed_on", "0026-10-01", "expected YYYY-MM-DD"),
        ("amount", "12,34", "amount reads '12,34', expected 12.34 or 12.34 USD"),
        ("amount", "-5", "expected 12.34"),
        ("amount", "1 EUR", "amount is in EUR and currency says USD"),
        ("currency", "Dollar", "expected three letters"),
        ("order_state", "on its way", "expected one of to_pay, processing"),
        ("tracking", "EX900000046DE <b>", "tracking holds"),
        ("tracking", "pending", "tracking holds 'PENDING'"),
        ("tracking", "------", "tracking holds '------'"),
        ("completed_on", "2027-10-20", "completed_on reads '2027-10-20', which is still to come"),
        ("shipped_on", "2026-09-01", "shipped_on (2026-09-01) lies before placed_on (2026-10-01)"),
        ("protection_until", "tomorrow", "protection_until reads 'tomorrow'"),
        ("protection_until", "2026-09-30", "lies before placed_on"),
        ("expected_on", "2026-09-30", "lies before placed_on"),
        ("destination_country", "Atlantis", "expected two letters"),
        ("title", True, "title is not a text"),
        ("title", ["a"], "title is not a text"),
        ("tracking", {"a": 1}, "tracking is not a text"),
    ],
)
def test_why_a_row_is_not_taken(field: str, value: object, reason: str) -> None:
    row = {"order_id": "6100200300400701", "placed_on": "2026-10-01", "currency": "USD", field: value}
    with pytest.raises(BadRow) as bad:
        read_row(row, TODAY)
    assert reason in str(bad.value)


def test_only_two_fields_are_needed() -> None:
    order = read_row({"order_id": 6100200300400701, "placed_on": "2026-10-01", "title": None}, TODAY)
    assert (order.order_id, order.title, order.amount, order.parcels, order.dates) == (
        "6100200300400701", "", None, (), (),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-12-01", date(2026, 12, 1)),
        ("2026-12-01T23:59:59", date(2026, 12, 1)),
        ("2026-12-01T00:00:00+00:00", date(2026, 11, 30)),
        ("2026-12-01T23:59:00-08:00", date(2026, 12, 1)),
    ],
)
def test_a_protection_with_a_zone_counts_by_the_earliest_day_on_earth(written: str, day: date) -> None:
    order = read_row(
        {"order_id": "610020", "placed_on": "2026-10-01T12:00", "protection_until": written}, TODAY
    )
    assert (order.dates[0].day, order.dates[0].sentence) == (day, written)


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        ("", []),
        ("RB 123 456 785 CN", ["RB123456785CN"]),
        ("RB123456785 CN", ["RB123456785CN"]),
        ("00340 43416 12345 67890", ["00340434161234567890"]),
        ("00340434 161234 567890", ["00340434161234567890"]),
        ("lp00000000000001;LP00000000000002", ["LP00000000000001", "LP00000000000002"]),
        (" ".join(f"LP{n:014}" for n in range(40)), [f"LP{n:014}" for n in range(40)]),
    ],
)
def test_numbers_in_a_cell_are_taken_whole_and_all_of_them(written: str, numbers: list[str]) -> None:
    order = read_row({"order_id": "610020", "placed_on": "2026-10-01", "tracking": written}, TODAY)
    assert [parcel.number for parcel in order.parcels] == numbers


def test_another_marketplace_is_taken_as_it_is() -> None:
    order = read_row({"marketplace": "Etsy", "order_id": "A-17", "placed_on": "2026-10-01"}, TODAY)
    assert (order.marketplace, order.order_id) == ("etsy", "A-17")


def test_a_formula_is_only_text(tmp_path: Path) -> None:
    formula = '"=HYPERLINK(""http://example.net"",""x"")"'
    result = imported(tmp_path, "orders.csv", f"order_id,title,placed_on\n610020030,{formula},2026-10-01\n")
    assert result.records[0].title == '=HYPERLINK("http://example.net","x")'


def test_the_same_order_twice(tmp_path: Path) -> None:
    result = imported(tmp_path, "orders.csv", f"{HEAD}\n{ROW}\n{ROW}\n{ROW.replace('lamp', 'other')}\n")
    assert [r.title for r in result.records] == ["Example lamp"]
    assert told(result) == [
        "orders.csv line 4: order 6100200300400701 is also at orders.csv line 2 with other data; that one is kept"
    ]


def test_columns_that_are_not_known_or_missing(tmp_path: Path) -> None:
    result = imported(
        tmp_path, "orders.csv", "order_id,placed_on,trackin,colour\n610020030,2026-10-01,x,y\n" * 2
    )
    assert len(result.records) == 1
    first, second = told(result)[:2]
    assert "'trackin' is not a field of the template and was left out; did you mean 'tracking'?" in first
    assert "'colour'" in second
    missing = imported(tmp_path, "orders.csv", "order_id,title\n610020030,x\n")
    assert (missing.records, told(missing)) == (
        (),
        ["orders.csv line 1: no column placed_on; nothing was taken"],
    )


def test_a_row_with_too_many_cells_is_not_guessed_at(tmp_path: Path) -> None:
    result = imported(tmp_path, "orders.csv", f"{HEAD}\n{ROW.replace('12.34 USD', '12,34')}\n")
    assert (result.records, told(result)) == ((), ["orders.csv line 2: the row has 8 cells for 7 columns"])


def test_an_open_quotation_mark_does_not_swallow_the_orders_below(tmp_path: Path) -> None:
    rows = "\n".join(ROW.replace("0701", f"{n:04}") for n in range(1000, 1030))
    broken = ROW.replace("Example lamp", '"Example lamp')
    result = imported(tmp_path, "orders.csv", f"{HEAD}\n{broken}\n{rows}\n")
    assert len(result.records) == 30
    assert told(result) == [
        "orders.csv line 2: the row cannot be taken apart; is a quotation mark left open?"
    ]


def test_a_title_may_hold_a_line_break_and_a_mark(tmp_path: Path) -> None:
    rows = (
        ROW.replace("Example lamp", '"Example\nlamp"')
        + "\n"
        + ROW.replace("0701", "0702").replace("lamp", '5" lamp')
    )
    result = imported(tmp_path, "orders.csv", f"{HEAD}\n{rows}\nbad,,,,,,\n")
    assert [r.title for r in result.records] == ["Example lamp", 'Example 5" lamp']
    assert told(result)[0].startswith("orders.csv line 5: ")


def test_rows_as_json(tmp_path: Path) -> None:
    rows = [
        {"order_id": "6100200300400701", "placed_on": "2026-10-01", "amount": 12.30, "currency": "EUR",
         "tracking": ["EX900000046DE", "LP00900000000046"]},
        {"order_id": 6100200300400702, "placed_on": "2026-10-01", "tracking": "EX900000055DE", "colour": "red"},
        {"order_id": "6100200300400703"},
        "nonsense",
        {"something": "else", "colour": 1},
    ]  # fmt: skip
    result = imported(tmp_path, "orders.json", json.dumps(rows))
    assert [(r.order_id, r.amount, len(r.parcels)) for r in result.records] == [
        ("6100200300400701", Decimal("12.3"), 2),
        ("6100200300400702", None, 1),
    ]
    assert [text.partition(":")[0] for text in told(result)] == [
        f"orders.json item {n}" for n in (2, 3, 4, 5)
    ]


@pytest.mark.parametrize("content", ["{", "[NaN]", "[" * 100_000, '{"order_id": ' + "9" * 5000 + "}", ""])
def test_json_that_is_none(tmp_path: Path, content: str) -> None:
    assert told(imported(tmp_path, "orders.json", content)) == ["orders.json: the file is not readable JSON"]


# Files


def test_files_that_cannot_be_read_are_one_problem_each(tmp_path: Path) -> None:
    assert "cannot be read" in told(read_file(tmp_path / "nothing.csv", today=TODAY))[0]
    (tmp_path / "folder.csv").mkdir()
    assert "cannot be read" in told(read_file(tmp_path / "folder.csv", today=TODAY))[0]
    assert "is not known here" in told(imported(tmp_path, "orders.xlsx", b"PK"))[0]
    assert told(imported(tmp_path, "orders.csv", b"")) == ["orders.csv: the file is empty"]
    huge = tmp_path / "huge.csv"
    with huge.open("wb") as file:
        file.truncate(50_000_001)
    assert told(read_file(huge, today=TODAY)) == ["huge.csv: the file is larger than 50 MB"]


@given(st.binary(max_size=300), st.sampled_from([".csv", ".json", ".har", ".eml", ".mbox"]))
def test_any_content_ends_in_records_and_problems(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, kind: str
) -> None:
    result = imported(tmp_path_factory.getbasetemp(), f"any{kind}", content)
    assert all(problem.reason for problem in result.problems)


@given(
    st.lists(st.lists(st.sampled_from([*FIELDS, "x", '"', "\n", "2026-10-01", "610020030", ";"])), max_size=4)
)
def test_any_table_ends_in_records_and_problems(
    tmp_path_factory: pytest.TempPathFactory, table: list[list[str]]
) -> None:
    content = "order_id,placed_on\n" + "\n".join(",".join(row) for row in table)
    imported(tmp_path_factory.getbasetemp(), "any.csv", content)


# Mails


def test_a_mail_file(tmp_path: Path) -> None:
    result = read_file(OWN / "mail" / "closes_soon.eml", today=TODAY)
    assert [(r.order_id, r.closes_soon) for r in result.records] == [("6100200300400606", True)]
    other = imported(tmp_path, "lunch.eml", "From: friend@example.org\nSubject: Lunch\n\nhi\n")
    assert told(other) == ["lunch.eml: The mail is not about an order of this shop"]


def test_a_mailbox_holds_all_sorts_of_mail(tmp_path: Path) -> None:
    lunch = b"From: friend@example.org\nSubject: Lunch\n\nhi\nFrom here on\n"
    mails = [(OWN / "mail" / f"{name}.eml").read_bytes() for name in ("closed", "shipped", "forged")]
    content = b"".join(b"From someone Mon Oct  5 12:00:00 2026\n" + raw + b"\n" for raw in [lunch, *mails])
    result = imported(tmp_path, "all.mbox", content)
    assert [(r.order_id, r.order_state) for r in result.records] == [
        ("6100200300400608", "closed"),
        ("6100200300400603", "shipped"),
    ]
    assert result.problems == ()
    assert [hint.record.order_id for hint in result.hints] == ["6100200300400611"]


def test_a_mail_that_may_be_forged_makes_no_order_and_is_shown_with_one_there_is() -> None:
    forged = OWN / "mail" / "forged.eml"
    alone = read_files([forged], today=TODAY)
    assert alone.records == ()
    assert told(alone) == [
        "forged.eml: a mail that is not provably from the shop names an order unknown here; nothing was taken from it"
    ]
    known = OrderRecord("6100200300400611", "page", order_state="shipped")
    (shown,) = read_files([forged], today=TODAY, known=[known]).records
    assert (shown.order_state, shown.dates, shown.parcels) == (None, (), ())
    assert "not provably from the shop" in shown.news


def test_a_huge_mail_in_a_mailbox_is_named_and_the_next_one_read(tmp_path: Path) -> None:
    closed = (OWN / "mail" / "closed.eml").read_bytes()
    huge = b"From: AliExpress <transaction@notice.aliexpress.com>\n\n" + b"a" * 11_000_000 + b"\n"
    result = imported(tmp_path, "all.mbox", b"From x\n" + huge + b"\nFrom x\n" + closed)
    assert [r.order_id for r in result.records] == ["6100200300400608"]
    assert told(result) == ["all.mbox mail 1: The mail cannot be read: the mail is larger than 10 MB"]


def test_of_several_mails_the_older_words_come_first() -> None:
    names = ("closed", "shipped", "closes_soon")
    result = read_files([OWN / "mail" / f"{name}.eml" for name in names], today=TODAY)
    assert [r.order_id[-3:] for r in result.records] == ["603", "606", "608"]


# What the browser saved


def entry(
    name: str, api: str, asked: dict[str, str], *, posted: bool = False, packed: bool = False
) -> object:
    body = f"mtopjsonp3({(OWN / 'shop_answers' / name).read_text(encoding='utf-8')})"
    form = urlencode({"jsv": "2.5.1", "data": json.dumps(asked)})
    content = (
        {"text": base64.b64encode(body.encode()).decode(), "encoding": "base64"} if packed else {"text": body}
    )
    return {
        "startedDateTime": "2026-11-24T10:00:00.000Z",
        "request": {
            "url": f"https://acs.aliexpress.com/h5/{api}/1.0/" + ("" if posted else f"?{form}"),
            "headers": [{"name": "cookie", "value": "SECRET"}],
            **({"postData": {"text": form}} if posted else {}),
        },
        "response": {"content": content},
    }


@pytest.mark.parametrize("posted", [False, True])
@pytest.mark.parametrize("packed", [False, True])
def test_a_browser_log_says_which_order_was_asked_for(tmp_path: Path, posted: bool, packed: bool) -> None:
    asked = {"tradeOrderId": "6100200300400799", "timeZone": "GMT+0200", "_lang": "en_US"}
    entries = [
        {"request": {"url": "https://www.aliexpress.com/p/order/index.html"}},
        "nonsense",
        entry("tracking.json", "mtop.ae.ld.querydetail", asked, posted=posted, packed=packed),
        entry("order_list.json", "mtop.aliexpress.trade.buyer.order.operation", {}),
        {"request": {"url": "https://x/h5/mtop.aliexpress.trade.buyer.order.list/1.0/"}, "response": {}},
    ]
    result = imported(tmp_path, "shop.har", json.dumps({"log": {"entries": entries}}))
    (record,) = result.records
    assert (record.order_id, record.parcels[0].number) == ("6100200300400799", "EX900000019DE")
    assert record.said_at == datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
    (problem,) = told(result)
    assert problem.startswith("shop.har entry 5 (mtop.aliexpress.trade.buyer.order.list): ")
    assert "SECRET" not in repr(result)


def test_a_browser_log_without_orders_says_what_to_do(tmp_path: Path) -> None:
    assert "open the order pages" in told(imported(tmp_path, "shop.har", '{"log": {"entries": []}}'))[0]


def test_a_saved_answer_that_is_a_refusal_is_named(tmp_path: Path) -> None:
    refusal = {"api": "mtop.ae.ld.querydetail", "ret": ["FAIL_SYS_SESSION_EXPIRED::x"], "data": {}}
    assert told(imported(tmp_path, "a.json", json.dumps(refusal))) == [
        "a.json: the login to the shop has ended: log in again"
    ]


# Records that name no order


def tracked(first_scan: str = "tracking.json") -> Imported:
    return read_file(OWN / "shop_answers" / first_scan, today=TODAY)


def order(
    order_id: str, placed_on: date | None, sku: str = "12000000000000721", **more: object
) -> OrderRecord:
    line = OrderLine("1", product_id="1005000000000711", sku_id=sku)
    return OrderRecord(order_id, "page", placed_on=placed_on, lines=(line,), **more)  # type: ignore[arg-type]  # per test


def test_a_tracking_page_finds_its_order_by_the_goods() -> None:
    names = ("tracking.json", "order_list.json")
    result = read_files([OWN / "shop_answers" / name for name in names], today=TODAY)
    with_parcel = [r for r in result.records if r.parcels]
    assert [(r.order_id, r.lines) for r in with_parcel] == [("6100200300400501", ())]
    assert result.problems == ()


@pytest.mark.parametrize(
    ("known", "found"),
    [
        ([order("1000001", date(2026, 10, 3))], ["1000001"]),
        ([order("1000001", date(2026, 10, 3)), order("1000002", date(2026, 10, 3), sku="9")], ["1000001"]),
        ([order("1000001", date(2026, 10, 3)), order("1000002", date(2026, 10, 2))], []),  # bought twice
        ([order("1000001", date(2026, 10, 20))], []),  # placed after the first scan
        ([order("1000001", date(2026, 5, 1))], []),  # long before
        ([order("1000001", None)], []),
        ([order("1000001", date(2026, 10, 3), sku="9")], []),
        ([order("1000001", date(2026, 10, 3)), order("1000002", date(2026, 10, 2), parcels=(ShopParcel("EX900000019DE"),))],
         ["1000002"]),
        ([], []),
    ],
)  # fmt: skip
def test_no_parcel_is_given_to_an_order_it_may_not_be_of(known: list[OrderRecord], found: list[str]) -> None:
    records, problems = attach(tracked().records, known)
    assert [record.order_id for record in records] == found
    assert len(problems) == (0 if found else 1)


def test_a_parcel_mail_goes_to_every_order_in_the_parcel() -> None:
    news = OrderRecord("", "mail", parcels=(ShopParcel("EX900000019DE"),))
    known = [
        OrderRecord(i, "page", parcels=(ShopParcel("LP00", other_numbers=("EX900000019DE",)),))
        for i in ("1", "2")
    ]
    records, _ = attach([news], known)
    assert [record.order_id for record in records] == ["1", "2"]


def test_a_parcel_mail_is_of_no_order_at_another_shop() -> None:
    """It would come back as an order of the mail's shop under the other one's number."""
    news = OrderRecord("", "mail", parcels=(ShopParcel("EX900000019DE"),))
    known = [OrderRecord("12-345", "manual", marketplace="ebay", parcels=(ShopParcel("EX900000019DE"),))]
    records, problems = attach([news], known)
    assert (records, len(problems)) == ((), 1)


# The recorded files together


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded answers are not on this machine")
def test_the_recorded_files_together() -> None:
    result = read_files([*sorted(RECORDED.glob("*.json")), *sorted(RECORDED.glob("mail/*.eml"))], today=TODAY)
    assert result.problems == ()
    orders: dict[str, list[OrderRecord]] = defaultdict(list)
    for record in result.records:
        orders[record.order_id].append(record)
    assert {"8212313961591322", "8211748238135282", "8214398062177351"} < set(orders)
    completed = orders["8212313961591322"]
    ends = sorted((s.day, s.place) for r in completed for s in r.dates if s.kind == "protection_end")
    assert ends == [(date(2026, 9, 3), "tracking page"), (date(2026, 9, 4), "order detail")]
    assert [p.number for r in completed for p in r.parcels] == ["AA000000000BR"]
    assert sum(len(r.cases) for records in orders.values() for r in records) == 2
    assert [i for i, records in orders.items() if any(r.closes_soon for r in records)] == ["9999999999990008"]


def test_an_order_number_copied_in_groups_is_taken(tmp_path: Path) -> None:
    result = imported(
        tmp_path, "orders.csv", f"{HEAD}\n{ROW.replace('6100200300400701', '6100 2003 0040 0701')}\n"
    )
    assert [r.order_id for r in result.records] == ["6100200300400701"]
