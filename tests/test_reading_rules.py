"""Which pages a reading opens, and the order list read from its page."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.model import Order, Parcel
from monitor.replies import is_wanted, read_reply
from monitor.rules.reading import pages_to_read
from scrapers.base import Page
from scrapers.forms import Pressable, Sight
from scrapers.marketplaces.aliexpress import dispute, page_text, pages
from scrapers.orders import OrderRecord

TODAY = date(2026, 11, 24)
ORDER = Order(1, "aliexpress", "8190000000000001", placed_on=date(2026, 11, 1), order_state="shipped")
DETAIL, BOTH = ["detail"], ["detail", "tracking"]


@pytest.mark.parametrize(
    ("changed", "is_news", "expected"),
    [
        ({}, False, BOTH),
        ({"order_state": "processing"}, False, DETAIL),
        ({"order_state": None}, False, DETAIL),
        ({"order_state": "to_pay"}, False, []),
        ({"order_state": "cancelled"}, False, []),
        ({"order_state": "cancelled"}, True, DETAIL),
        ({"order_state": "closed"}, True, DETAIL),
        ({"order_state": "completed"}, False, BOTH),
        ({"order_state": "completed", "parcels": (Parcel(1, "LP00000000000001"),)}, False, DETAIL),
        ({"order_state": "completed", "completed_on": date(2026, 11, 20)}, False, []),
        ({"order_state": "completed", "completed_on": date(2026, 11, 20)}, True, BOTH),
        ({"order_state": "completed", "placed_on": date(2026, 5, 7)}, True, []),
        ({"order_state": "completed", "placed_on": date(2026, 5, 8)}, False, BOTH),
        ({"received_on": TODAY}, True, []),
        ({"archived_on": TODAY}, True, []),
        ({"marketplace": "ebay"}, True, []),
    ],
)
def test_the_pages_worth_opening(changed: dict[str, object], is_news: bool, expected: list[str]) -> None:
    order = replace(ORDER, **changed)  # type: ignore[arg-type]
    wanted = pages_to_read([order], {order.order_id}, {order.order_id} if is_news else set(), TODAY)
    assert [page.view for page in wanted] == expected
    assert all(page.listed for page in wanted)


def test_the_oldest_orders_come_first() -> None:
    older = replace(ORDER, order_id="8190000000000002", placed_on=date(2026, 9, 1))
    wanted = pages_to_read([ORDER, older], set(), set(), TODAY)
    assert [page.order_id for page in wanted] == [older.order_id] * 2 + [ORDER.order_id] * 2


def card(order_id: str, status: str, day: str) -> str:
    return (
        f'<div class="order-item"><div data-pl="order_item_header_status"><span>{status}</span></div>'
        f'<div data-pl="order_item_header_info"><div>{day}</div><div>Ref. Number: 1</div></div>'
        f'<a data-pl="order_item_header_detail" href="/p/order/detail.html?orderId={order_id}">Details</a></div>'
    )


@pytest.mark.parametrize("label", ["Date: ", "Order date: ", "주문일자:: "])
def test_cards_are_told_by_marks_and_addresses_not_by_labels(label: str) -> None:
    html = f'<html lang="en">{card("8190000000000001", "Completed ", label + "Nov 3, 2026")}'
    (record,) = pages.read_cards(html)
    assert (record.order_id, record.order_state, record.placed_on) == (
        "8190000000000001", "completed", date(2026, 11, 3)
    )  # fmt: skip


def test_a_difference_between_page_and_answer_is_counted_without_ids() -> None:
    one, two = OrderRecord("8190000000000001", "page"), OrderRecord("8190000000000002", "page")
    assert pages.differences([one], [one]) == ""
    said = pages.differences(
        [replace(one, order_state="completed"), two], [replace(one, order_state="shipped")]
    )
    assert "1 only on the page" in said
    assert "1 with another state" in said
    assert "8190000000000001" not in said
    assert pages.differences([one], [replace(one, order_state="shipped")]) == "", (
        "what is not shown does not differ"
    )


@given(st.text(max_size=300))
def test_any_page_has_cards_or_none(html: str) -> None:
    for written in (html, card(html[:30], html, html)):
        assert all(record.order_id.isdecimal() for record in pages.read_cards(written))


@given(st.binary(max_size=200), st.text(max_size=50))
def test_any_answer_is_a_reply(body: bytes, posted: str) -> None:
    url = "https://acs.aliexpress.com/h5/mtop.aliexpress.trade.buyer.order.list/1.0/?data=%7B%7D"
    reply = read_reply(Page(url, 200, "application/json", body), posted)
    assert reply is not None
    assert reply.changed or reply.refused or reply.records == ()


def test_only_answers_about_orders_are_listened_to() -> None:
    assert is_wanted("https://acs.aliexpress.com/h5/mtop.ae.ld.querydetail/1.0/?x=1")
    assert not is_wanted("https://acs.aliexpress.com/h5/mtop.aliexpress.cart.add/1.0/")
    assert not is_wanted("https://www.aliexpress.com/p/order/index.html")


@pytest.mark.parametrize(
    ("words", "tag", "may"),
    [("View orders", "button", True), ("Weitere Bestellungen", "button", True), ("View orders", "a", False),
     ("Confirm received", "button", False), ("Remove", "button", False), ("View orders and pay", "button", False)],
)  # fmt: skip
def test_only_the_lists_own_button_is_an_opener(words: str, tag: str, may: bool) -> None:
    sight = Sight("https://www.aliexpress.com/p/order/index.html", pressables=(Pressable(words, tag),))
    assert bool(pages.more_buttons(sight)) == may
    assert pages.words(lambda: "").is_opener(words, (), "returns") is False


def test_the_real_shop_lists_disputes_on_its_other_host() -> None:
    assert pages.refunds("https://www.aliexpress.com").startswith("https://m.aliexpress.com/")
    assert dispute.bounds().is_page(pages.refunds("https://de.aliexpress.com"))
    assert pages.refunds("http://127.0.0.1:8000").startswith("/")


def _page(*lines: str, head: str = "") -> str:
    return f'<html lang="en"><body><div class="order-status"><h1>{head}</h1></div>' + "".join(
        f"<div><p>{line}</p></div>" for line in lines
    )


def test_what_stands_on_a_page_is_a_source_of_its_own() -> None:
    page = _page(
        "Refund if no delivery before <b>Dec 3, 2026</b> · Refund if package lost",
        "The order will be marked as completed soon.",
        "Order placed on: Oct 3, 2026",
        head="Awaiting delivery",
    )
    shown = page_text.read_order(page, "1", "detail")
    assert [(one.kind, one.day) for one in shown.dates] == [("protection_end", date(2026, 12, 3))]
    assert shown.closes_soon
    assert page_text.order_state(page) == "shipped"


def test_the_earlier_day_of_page_and_answer_is_told() -> None:
    shown = page_text.read_order(_page("Refund if no delivery before Dec 3, 2026"), "1", "detail")
    same = OrderRecord("1", "page", order_state="shipped", dates=shown.dates)
    later = replace(same, dates=(replace(shown.dates[0], day=date(2026, 12, 9)),))
    assert pages.order_differences(shown, "shipped", set(), [same]) == ""
    assert pages.order_differences(shown, "shipped", set(), [later]) == "another day of protection"
    assert pages.order_differences(shown, "completed", {"LP1"}, [same]) == "another state, another parcel"
    assert pages.order_differences(OrderRecord("1", "page"), None, set(), [same]) == "", "what is not shown"


@pytest.mark.parametrize(("sentence", "day"), [
    ("Please respond before Dec 1, 2026", date(2026, 12, 1)),
    ("You have 3 days left to respond", date(2026, 11, 27)),
    ("You have 2 days 5 hours left to respond", date(2026, 11, 26)),
    ("Time left to respond: 2d 03h 10m", date(2026, 11, 26)),
    ("Please respond within 18 hours", date(2026, 11, 24)),
    ("Noch 48 Stunden für Ihre Antwort", date(2026, 11, 26)),
    ("Осталось 20 часов на ответ", date(2026, 11, 24)),
    ("Bitte bis zum 1. Dez. 2026 antworten", date(2026, 12, 1)),
    ("Noch 3 Tage für Ihre Antwort", date(2026, 11, 27)),
    ("2026년 12월 1일까지 응답해 주세요", date(2026, 12, 1)),
    ("Responda até 1 de dez de 2026", date(2026, 12, 1)),
    ("You opened the dispute on Nov 1, 2026 and wait for a response", None),
    ("Delivery takes 3 days", None),
])  # fmt: skip
def test_until_when_a_dispute_is_to_be_answered(sentence: str, day: date | None) -> None:
    found = list(page_text.answer_by([sentence], date(2026, 11, 24), "7"))
    assert [(one.kind, one.day) for one in found] == ([("case_answer", day)] if day else [])


def test_the_list_names_its_own_button() -> None:
    unknown = Pressable("Показати ще")
    assert pages.more_buttons(Sight("", pressables=(unknown,))) == []
    assert pages.more_buttons(Sight("", pressables=(unknown,)), "Показати ще") == [0]
    assert pages.more_buttons(Sight("", pressables=(Pressable(""),)), "") == []
