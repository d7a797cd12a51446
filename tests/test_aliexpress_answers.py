"""What the shop's page answers say about orders: own bodies in the shop's shape, and the recorded ones where they are."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.shop.answers import Answers, wrap
from fixtures.shop.variant import Variant
from fixtures.world import load
from scrapers.marketplaces.aliexpress import money, states
from scrapers.marketplaces.aliexpress.answers import ShopRefused, is_about_orders, read_answer
from scrapers.marketplaces.aliexpress.dates import coming_days, find_days, read_day, wall_clock
from scrapers.marketplaces.aliexpress.promises import promised
from scrapers.orders import OrderRecord
from scrapers.shape import LayoutChanged

OWN = Path(__file__).parent.parent / "fixtures" / "shop_answers"
RECORDED = Path(__file__).parent.parent.parent / "shared" / "captures" / "aliexpress"
recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded answers are not on this machine")


def own(name: str) -> Any:
    return json.loads((OWN / name).read_text(encoding="utf-8"))


def seen(name: str) -> list[OrderRecord]:
    return read_answer(json.loads((RECORDED / name).read_text(encoding="utf-8")))


def days(record: OrderRecord) -> list[tuple[str, str, str]]:
    return [(shown.kind, shown.day.isoformat(), shown.place) for shown in record.dates]


# The order list


def test_the_list_gives_orders_with_state_amount_and_lines() -> None:
    shipped, processing, completed = read_answer(own("order_list.json"))
    assert (shipped.order_id, shipped.order_state, shipped.placed_on) == (
        "6100200300400501", "shipped", date(2026, 10, 3),
    )  # fmt: skip
    assert (shipped.amount, shipped.currency) == (Decimal("1249.50"), "EUR")
    assert shipped.said_at == datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    assert processing.order_state == "processing"
    assert completed.order_state == "completed"
    assert [(line.line_id, line.quantity, line.sku_id) for line in completed.lines] == [
        ("6100200300400513", 2, "12000000000000723"),
        ("6100200300400514", 1, "12000000000000724"),
    ]
    assert completed.lines[1].tags == ("LOCAL_FREE_RETURN", "DELIVERY_GUARANTEE")


def test_a_dispute_that_waits_for_the_buyer_is_seen_in_the_list() -> None:
    completed = read_answer(own("order_list.json"))[2]
    assert [(case.state, case.words) for case in completed.cases] == [
        ("waiting_buyer", "Waiting for your response")
    ]


def test_blocks_are_found_by_tag_whatever_their_keys_are() -> None:
    answer = own("order_list.json")
    answer["data"]["data"] = {f"k{n}": block for n, block in enumerate(answer["data"]["data"].values())}
    assert len(read_answer(answer)) == 3


def test_an_empty_list_is_one_only_where_the_list_itself_is_there() -> None:
    answer = own("order_list.json")
    blocks = answer["data"]["data"]
    answer["data"]["data"] = {k: b for k, b in blocks.items() if b["tag"] == "pc_om_list_body"}
    assert read_answer(answer) == []
    answer["data"]["data"] = {}
    with pytest.raises(LayoutChanged):
        read_answer(answer)


# The page of one order


def test_the_order_page_gives_days_and_promises_in_the_shops_words() -> None:
    (order,) = read_answer(own("order_detail.json"))
    assert (order.placed_on, order.paid_on, order.shipped_on, order.completed_on) == (
        date(2026, 10, 3), date(2026, 10, 3), date(2026, 10, 6), None,
    )  # fmt: skip
    assert days(order) == [
        ("late_coupon", "2026-10-28", "order detail"),
        ("protection_end", "2026-11-28", "order detail"),
        ("expected", "2026-10-28", "order detail"),
    ]
    assert order.dates[1].sentence == "Refund if no delivery before Nov 28, 2026"
    assert (order.destination_country, order.payment_method) == ("DE", "PayPal")


def test_the_receiver_is_not_read() -> None:
    for name in ("order_detail.json", "tracking.json"):
        assert "SECRET" not in repr(read_answer(own(name)))


def test_the_refund_day_in_the_progress_bar_counts_where_no_sentence_shows_it() -> None:
    answer = own("order_detail.json")
    answer["data"]["data"] = {
        k: b for k, b in answer["data"]["data"].items() if b["tag"] != "detail_order_services"
    }
    (order,) = read_answer(answer)
    assert ("protection_end", "2026-11-28", "order detail") in days(order)
    assert "2026-10-30" not in {day for _, day, _ in days(order)}  # when the coupon can be collected


def test_the_windows_after_completion_are_counted_from_it() -> None:
    answer = own("order_detail.json")
    blocks = {b["tag"]: b["fields"] for b in answer["data"]["data"].values()}
    answer["data"]["global"]["orderStatus"] = 9
    blocks["detail_simple_order_info_component"]["orderEndTime"] = "Oct 30, 2026"
    blocks["detail_order_status_block"]["reminder"] = (
        "Order complete.You can apply for a return within 7 days of confirming receipt."
        "You can open a dispute within 90 days after order was placed."
    )
    (order,) = read_answer(answer)
    assert order.completed_on == date(2026, 10, 30)
    windows = {shown.kind: (shown.day, shown.sentence) for shown in order.dates}
    assert windows["completed_window"] == (
        date(2026, 11, 6),
        "You can apply for a return within 7 days of confirming receipt.",
    )
    assert windows["faulty_window"][0] == date(2027, 1, 1)
    assert windows["free_return"][0] == date(2026, 11, 14)


def test_the_day_a_cancelled_order_ended_is_not_a_completion() -> None:
    answer = own("order_detail.json")
    blocks = {b["tag"]: b["fields"] for b in answer["data"]["data"].values()}
    del answer["data"]["global"]["orderStatus"]
    blocks["detail_simple_order_info_component"]["orderEndTime"] = "Oct 5, 2026"
    blocks["detail_order_status_block"] |= {"title": "Canceled", "buttonVOList": []}
    (order,) = read_answer(answer)
    assert (order.order_state, order.completed_on) == ("cancelled", None)


def test_an_empty_skeleton_is_not_an_order() -> None:
    with pytest.raises(LayoutChanged):
        read_answer({"api": "mtop.aliexpress.trade.buyer.order.detail", "data": {"data": {}}})


# The tracking page


def test_the_tracking_page_gives_the_parcel_and_its_scans_oldest_first() -> None:
    (record,) = read_answer(own("tracking.json"), {"tradeOrderId": "6100200300400501"})
    assert record.order_id == "6100200300400501"
    assert record.lines == ()
    (parcel,) = record.parcels
    assert (parcel.number, parcel.other_numbers) == ("EX900000019DE", ("LP00900000000019",))
    assert parcel.carrier_name == "Example Express"
    assert [event.code for event in parcel.events][::4] == ["AE_ORDER_PLACED", "AE_GTMS_SC_ARRIVE"]
    assert parcel.delivered_at is None
    assert days(record) == [
        ("late_coupon", "2026-10-28", "tracking page"),
        ("protection_end", "2026-11-27", "tracking page"),
        ("expected", "2026-10-28", "tracking page"),
    ]


def test_where_both_clocks_agree_the_scan_is_exact_and_in_the_buyers_zone() -> None:
    (parcel,) = read_answer(own("tracking.json"))[0].parcels
    newest = parcel.events[-1]
    assert newest.at == datetime(2026, 10, 20, 5, 10, 17, tzinfo=UTC)
    assert newest.at.utcoffset() == timedelta(hours=2)
    assert all(event.at_is_exact for event in parcel.events)


def test_where_the_clocks_disagree_the_written_one_is_taken_and_marked() -> None:
    answer = own("tracking.json")
    scans = answer["data"]["module"]["trackingDetailLineList"][0]["detailList"]
    for number, scan in enumerate(scans):
        scan["time"] += 7_654_321 * (number + 3)
    (parcel,) = read_answer(answer)[0].parcels
    newest = parcel.events[-1]
    assert (newest.at, newest.at_is_exact) == (datetime(2026, 10, 20, 7, 10, tzinfo=UTC), False)
    assert [event.at for event in parcel.events] == sorted(event.at for event in parcel.events)


def test_without_its_address_the_tracking_page_names_the_goods() -> None:
    (record,) = read_answer(own("tracking.json"))
    assert record.order_id == ""
    assert [(line.product_id, line.sku_id) for line in record.lines] == [
        ("1005000000000711", "12000000000000721")
    ]


def test_a_signature_followed_by_a_return_is_no_delivery() -> None:
    answer = own("tracking.json")
    scans = answer["data"]["module"]["trackingDetailLineList"][0]["detailList"]
    signed = {**scans[0], "trackingDetailDesc": "Package delivered.", "trackingPrimaryCode": "AE_GTMS_SIGNED"}
    back = {**scans[0], "trackingDetailDesc": "Returned to sender", "trackingPrimaryCode": "AE_GTMS_RETURN"}
    scans[:0] = [signed]
    assert read_answer(answer)[0].parcels[0].delivered_at is not None
    scans[:0] = [back]
    assert read_answer(answer)[0].parcels[0].delivered_at is None


def test_no_parcel_without_a_number() -> None:
    answer = own("tracking.json")
    row = answer["data"]["module"]["trackingDetailLineList"][0]
    row["mailNo"], row["originMailNo"] = "", ""
    assert read_answer(answer)[0].parcels == ()


# Disputes


def test_the_refund_list_gives_cases_with_their_state() -> None:
    cases = [(r.order_id, r.cases[0].case_id, r.cases[0].state) for r in read_answer(own("refund_list.json"))]
    assert cases == [
        ("6100200300400503", "7200000000000001", "waiting_buyer"),
        ("6100200300400503", "7200000000000002", "closed"),
        ("6100200300400400", "7200000000000003", "return_agreed"),
    ]


def test_only_money_makes_a_finished_case_refunded() -> None:
    (record,) = read_answer(own("refund_case.json"))
    assert (record.cases[0].state, record.cases[0].refund, record.cases[0].currency) == (
        "refunded", Decimal("10.00"), "EUR",
    )  # fmt: skip
    answer = own("refund_case.json")
    del answer["data"]["module"]["reverseFinishInfo"]
    assert read_answer(answer)[0].cases[0].state == "closed"


# Refusals and foreign answers


@pytest.mark.parametrize(
    ("codes", "reason"),
    [
        (["FAIL_SYS_SESSION_EXPIRED::Session expired"], "login_lost"),
        (["FAIL_SYS_USER_VALIDATE", "RGV587_ERROR::SM::busy"], "bot_check"),
        (["FAIL_SYS_TRAFFIC_LIMIT::limit"], "limited"),
        (["FAIL_SYS_TOKEN_EXOIRED::token"], "unsigned"),
        (["FAIL_SYS_ILLEGAL_ACCESS::x"], "unsigned"),
        (["FAIL_BIZ_SOMETHING::x"], "failed"),
    ],
)
def test_a_refusal_is_raised_with_its_meaning(codes: list[str], reason: str) -> None:
    for api in ("mtop.aliexpress.trade.buyer.order.list", "mtop.ae.ld.querydetail"):
        with pytest.raises(ShopRefused) as refused:
            read_answer({"api": api, "ret": codes, "data": {}})
        assert refused.value.reason == reason


def test_an_answer_about_something_else_is_refused() -> None:
    assert is_about_orders("mtop.aliexpress.buyer.reverse.queryReverseOrderPageListForBuyer")
    assert not is_about_orders("mtop.aliexpress.trade.buyer.order.operation")
    with pytest.raises(LayoutChanged):
        read_answer({"api": "mtop.example.other", "ret": ["SUCCESS"], "data": {}})


# Words, days and money


@pytest.mark.parametrize(
    ("words", "state"),
    [
        ("Awaiting delivery", "shipped"), ("Esperando entrega", "shipped"), ("aguardando a entrega ", "shipped"),
        ("В обработке", "processing"), ("결제 대기", "to_pay"), ("完了", "completed"), ("Terminée", "completed"),
        ("Annulée", "cancelled"), ("Zamknięte", "closed"), ("Voltooid", "completed"), ("Da pagare", "to_pay"),
        ("배송 완료", None), ("Zugestellt", None), ("", None),
    ],
)  # fmt: skip
def test_state_words(words: str, state: str | None) -> None:
    assert states.order_state(words) == state


def test_the_shops_number_weighs_more_than_its_words_and_the_button_least() -> None:
    assert states.order_state("Completed", 8) == "shipped"
    assert states.order_state("something new", 77, ("CONFIRM_GOODS",)) == "shipped"
    assert states.order_state("something new", 77) is None


def test_no_word_means_two_states() -> None:
    listed = [
        (states.plain(word), state)
        for language in states._table()["order"].values()
        for state, words in language.items()
        for word in words
    ]
    assert len(dict(listed)) == len(set(listed))


@pytest.mark.parametrize(
    "written",
    [
        "Sep 4, 2026", "Sept. 4, 2026", "September 4th, 2026", "4. Sep. 2026", "04.09.2026", "4. September 2026",
        "4 de septiembre de 2026", "4 sept. 2026", "4 septembre 2026", "4 de set. de 2026", "4 set 2026",
        "4 settembre 2026", "4 september 2026", "4 wrz 2026", "4 września 2026", "4 сент. 2026 г.", "4 сентября 2026",
        "2026년 9월 4일", "9월 4, 2026", "2026年9月4日", "9月 4, 2026", "2026-09-04", "2026. 9. 4.", "Sep 04,2026, 12:00",
    ],
)  # fmt: skip
def test_one_day_in_every_language_of_the_shop(written: str) -> None:
    assert read_day(written) == date(2026, 9, 4)
    assert read_day(f"vor dem {written} ·") == date(2026, 9, 4)


@pytest.mark.parametrize(
    "written", ["4 Kasım 2026", "4 KASIM 2026", "4 kasim 2026", "NOVEMBER 4, 2026", "4 Kaſım 2026"]
)
def test_a_month_is_read_however_it_is_typed(written: str) -> None:
    """Turkish has two letters i; a keyboard without them, or a page in capitals, must not break the reading."""
    assert read_day(written) == date(2026, 11, 4)


@given(
    st.sampled_from(["kasım", "nisan", "mayıs", "haziran", "april", "sierpnia"]),
    st.text("iıIİsSſkK", max_size=3),
)
def test_no_spelling_of_a_month_breaks_the_reading(month: str, letters: str) -> None:
    for letter in letters:
        spelled = month.replace({"ı": "i", "İ": "i", "I": "i", "ſ": "s"}.get(letter, letter.lower()), letter)
        find_days(f"4 {spelled} 2026")
        coming_days(f"4 {spelled}", date(2026, 1, 1))


@pytest.mark.parametrize(
    ("written", "language", "day", "unsure"),
    [
        ("04/09/2026", "de", date(2026, 9, 4), False),
        ("04/09/2026", "en_US", date(2026, 4, 9), True),
        ("09/04/2026", "", date(2026, 4, 9), True),
        ("25/09/2026", "en", date(2026, 9, 25), False),
        ("09/25/2026", "en", date(2026, 9, 25), False),
        ("04.09.2026", "en", date(2026, 9, 4), False),
    ],
)
def test_numeric_days_are_read_as_the_language_has_it_else_the_earlier(
    written: str, language: str, day: date, unsure: bool
) -> None:
    (found,) = find_days(written, language)
    assert (found.day, found.unsure) == (day, unsure)


@pytest.mark.parametrize("written", ["", "31.02.2026", "Sep 2026", "8190000000000001", "Marlboro 4, 2026"])
def test_what_is_no_day(written: str) -> None:
    assert read_day(written) is None


def test_a_day_without_a_year_is_put_beside_what_is_known() -> None:
    near = datetime(2027, 1, 2, 12, 0, tzinfo=UTC)
    assert wall_clock("Thu | Dec. 31 18:39", near, UTC) == datetime(2026, 12, 31, 18, 39, tzinfo=UTC)
    assert wall_clock("sáb | 2 ene. 06:05", near, UTC) == datetime(2027, 1, 2, 6, 5, tzinfo=UTC)
    assert wall_clock("1월 2일 06:05", near, UTC) == datetime(2027, 1, 2, 6, 5, tzinfo=UTC)
    assert wall_clock("yesterday", near, UTC) is None


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Refund if no delivery before Sep 4, 2026", "protection_end"),
        ("Erstattung, wenn keine Lieferung vor dem 4. Sep. 2026 erfolgt", "protection_end"),
        ("Reembolso si no hay entrega antes del 4 de septiembre de 2026", "protection_end"),
        ("2026年9月4日までに配達されない場合は返金", "protection_end"),
        ("Apply for $1 coupon code if delayed by Sep 4, 2026", "late_coupon"),
        ("Gutschein bei Lieferung nach dem 4. Sep. 2026", "late_coupon"),
        ("Refund issued on Sep 4, 2026", None),
        ("Refund if package lost", None),
    ],
)
def test_what_a_sentence_promises(sentence: str, kind: str | None) -> None:
    assert [shown.kind for shown in promised([sentence], "order detail")] == ([kind] if kind else [])


def test_each_day_of_one_sentence_belongs_to_the_words_before_it() -> None:
    one = "Coupon if delayed by Aug 3, 2026. Refund if no delivery before Sep 4, 2026"
    assert [(s.kind, s.day.month) for s in promised([one], "order detail")] == [
        ("late_coupon", 8),
        ("protection_end", 9),
    ]


def test_a_day_that_may_be_swapped_is_said_with_its_place() -> None:
    (shown,) = promised(["Refund if no delivery before 04/09/2026"], "order detail")
    assert shown.day == date(2026, 4, 9)
    assert "may be swapped" in shown.place


@pytest.mark.parametrize(
    ("written", "amount"),
    [("R$1.231,93|1.231|93", "1231.93"), ("¥1,990|1,990|", "1990"), ("R$31,93", None), ("||", None)],
)
def test_amounts_in_parts(written: str, amount: str | None) -> None:
    assert money.from_parts(written) == (Decimal(amount) if amount else None)


@pytest.mark.parametrize(
    ("written", "amount", "currency"),
    [
        ("1,99€", "1.99", "EUR"), ("€ 1,99", "1.99", "EUR"), ("US $1,234.50", "1234.50", "USD"),
        ("R$ 1.234,50", "1234.50", "BRL"), ("$1.990", "1990", ""), ("CLP 1.990", "1990", "CLP"),
        ("1 234,5 zł", "1234.5", "PLN"),
    ],
)  # fmt: skip
def test_amounts_in_words(written: str, amount: str, currency: str) -> None:
    assert money.from_text(written) == (Decimal(amount), currency)


# Whatever comes


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)


def _places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(place for key, value in inner for place in _places(value, (*path, key)))]


@given(st.sampled_from(sorted(path.name for path in OWN.glob("*.json"))), st.data())
def test_a_damaged_answer_is_read_or_named_as_changed(name: str, data: st.DataObject) -> None:
    answer = own(name)
    for path in data.draw(st.lists(st.sampled_from(_places(answer)[1:]), min_size=1, max_size=3)):
        holder = answer
        try:
            for step in path[:-1]:
                holder = holder[step]
            holder[path[-1]] = data.draw(_JSON)
        except (KeyError, IndexError, TypeError):  # an earlier change has removed this place
            continue
    try:
        records = read_answer(answer)
    except (LayoutChanged, ShopRefused):
        return
    for record in records:
        for parcel in record.parcels:
            assert all(event.at.tzinfo is not None for event in parcel.events)


@given(_JSON)
def test_any_json_is_no_answer(data: Any) -> None:
    with pytest.raises(LayoutChanged):
        read_answer(data)


@given(st.text(max_size=200))
def test_any_text_is_a_day_or_none(written: str) -> None:
    for found in find_days(written):
        assert 2000 <= found.day.year <= 2099
    wall_clock(written, datetime(2026, 2, 28, tzinfo=UTC), UTC)
    money.from_text(written)
    money.from_parts(written)


# The pretend shop


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_pretend_shop_is_read_whole(language: str) -> None:
    now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    world, shop = load("demo", now), Answers(Variant(language=language), 1)
    pages = [wrap("mtop.aliexpress.trade.buyer.order.list", shop.order_list(world, page)) for page in (1, 2)]
    listed = {record.order_id: record for page in pages for record in read_answer(page)}
    assert len(listed) == len(world.orders)
    for order in world.orders:
        detail = wrap("mtop.aliexpress.trade.buyer.order.detail", shop.order_detail(world, order))
        (record,) = read_answer(detail)
        assert (record.order_state, record.placed_on, record.amount) == (
            order.state, order.placed_on, order.amount,
        )  # fmt: skip
        assert listed[order.order_id].order_state == order.state
        ends = [shown.day for shown in record.dates if shown.kind == "protection_end"]
        assert ends == ([order.protection_until] if order.protection_until else [])


# The recorded answers


@recorded
def test_recorded_list() -> None:
    orders = {order.order_id: order for order in seen("order-list-init.excerpt.json")}
    told = {i: (o.placed_on, o.order_state, o.amount, o.currency, len(o.lines)) for i, o in orders.items()}
    assert told == {
        "8212313961591322": (date(2026, 7, 15), "completed", Decimal("132.74"), "BRL", 1),
        "8211748238135282": (date(2026, 5, 18), "completed", Decimal("87.82"), "BRL", 2),
        "8214398062177351": (date(2026, 9, 1), "shipped", Decimal("31.93"), "BRL", 1),
    }


@recorded
def test_recorded_detail() -> None:
    (order,) = seen("order-detail.excerpt.json")
    assert (order.placed_on, order.paid_on, order.shipped_on, order.completed_on, order.order_state) == (
        date(2026, 7, 15), date(2026, 7, 15), date(2026, 7, 16), date(2026, 7, 28), "completed",
    )  # fmt: skip
    assert [(kind, day) for kind, day, _ in days(order)] == [
        ("late_coupon", "2026-08-03"), ("protection_end", "2026-09-04"), ("expected", "2026-08-03"),
        ("completed_window", "2026-08-04"), ("faulty_window", "2026-10-13"), ("free_return", "2026-08-12"),
    ]  # fmt: skip
    assert order.dates[1].sentence == "Refund if no delivery before Sep 4, 2026"
    assert "Exemplo" not in repr(order)


@recorded
def test_recorded_tracking() -> None:
    (record,) = seen("logistics-querydetail.excerpt.json")
    assert [(kind, day) for kind, day, _ in days(record)] == [
        ("late_coupon", "2026-08-03"), ("protection_end", "2026-09-03"),
    ]  # fmt: skip
    (parcel,) = record.parcels
    assert (parcel.number, parcel.other_numbers, parcel.carrier_name) == (
        "AA000000000BR", ("LP00000000000000",), "J&T Express",
    )  # fmt: skip
    assert len(parcel.events) == 21
    newest = parcel.events[-1]
    assert (newest.code, newest.status.tag) == ("AE_GTMS_SIGNED", "Delivered")
    assert (newest.at, newest.at_is_exact) == (datetime(2026, 7, 28, 18, 39, tzinfo=UTC), False)
    assert "Comprador" not in repr(record)


@recorded
def test_recorded_refunds() -> None:
    assert [
        (r.order_id, r.cases[0].state, r.cases[0].opened_on) for r in seen("refund-list.excerpt.json")
    ] == [
        ("8144543148947317", "closed", date(2022, 3, 23)),
        ("8142247025479021", "closed", date(2021, 12, 10)),
    ]
    assert seen("order-count.json") == []
