"""What the shop's mails say about orders, and what a mail that only claims to be one may not say."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrapers.marketplaces.aliexpress.mail import MailReading, read_mail

OWN = Path(__file__).parent.parent / "fixtures" / "mail"
RECORDED = Path(__file__).parent.parent.parent / "shared" / "captures" / "aliexpress" / "mail"
recorded = pytest.mark.skipif(not RECORDED.is_dir(), reason="the recorded mails are not on this machine")

SHOP = "AliExpress <transaction@notice.aliexpress.com>"


def own(name: str) -> MailReading:
    return read_mail((OWN / f"{name}.eml").read_bytes())


def mail(subject: str, body: str = "", sender: str = SHOP, head: str = "") -> MailReading:
    lines = (
        f"{head}From: {sender}",
        f"Subject: {subject}",
        "Date: Mon, 05 Oct 2026 12:00:00 +0000",
        "",
        body,
    )
    return read_mail("\n".join(lines).encode())


def test_a_confirmation_of_two_orders_names_both_without_their_running_numbers() -> None:
    reading = own("confirmed_two_orders")
    assert (reading.kind, reading.genuine) == ("confirmed", "yes")
    assert [
        (r.order_id, r.title, r.amount, r.currency, r.placed_on, r.order_state) for r in reading.records
    ] == [
        (
            "6100200300400601",
            "Beispiel-Angelrolle...",
            Decimal("12.30"),
            "EUR",
            date(2026, 10, 3),
            "processing",
        ),
        (
            "6100200300400602",
            "Beispiel-Angelschnur...",
            Decimal("4.05"),
            "EUR",
            date(2026, 10, 3),
            "processing",
        ),
    ]


def test_a_shipping_mail_gives_the_order_its_details_and_its_parcel() -> None:
    (record,) = own("shipped").records
    assert (record.order_id, record.order_state) == ("6100200300400603", "shipped")
    assert (record.seller, record.title) == ("Example Lamp Store", "Example desk lamp")
    assert (record.placed_on, record.shipped_on) == (date(2026, 9, 30), date(2026, 10, 4))
    assert (record.amount, record.currency) == (Decimal("8.99"), "USD")
    assert [parcel.number for parcel in record.parcels] == ["EX900000028DE"]


def test_the_order_of_a_parcel_mail_is_in_its_link_even_behind_a_click_counter() -> None:
    reading = own("customs_es")
    assert reading.kind == "customs"
    assert [(r.order_id, r.parcels[0].number) for r in reading.records] == [
        ("6100200300400604", "EX900000037ES")
    ]


def test_of_two_orders_and_two_parcels_each_order_has_its_own() -> None:
    """A delivery of the one must not be shown for the other."""
    page = "https://www.aliexpress.com/p/tracking/index.html"
    links = (
        f"{page}?tradeOrderId=6100200300400601&trackingNumber=EX900000028DE",
        f"{page}?trackingNumber=EX900000037ES&o_ids=6100200300400602,6100200300400603",
        f"{page}?trackingNumber=EX900000045FR",
    )
    reading = mail("Your 3 packages have delivery updates", "\n".join(links))
    assert [(r.order_id, [parcel.number for parcel in r.parcels]) for r in reading.records] == [
        ("6100200300400601", ["EX900000028DE"]),
        ("6100200300400602", ["EX900000037ES"]),
        ("6100200300400603", ["EX900000037ES"]),
        ("", ["EX900000045FR"]),
    ]


def test_handed_over_is_not_out_for_delivery() -> None:
    assert own("handed_over").kind == "handed_over"
    assert mail("Bestellung 6100200300400605: Wird zugestellt").kind == "out_for_delivery"


def test_the_mail_before_the_shop_completes_the_order_raises_the_alarm() -> None:
    reading = own("closes_soon")
    (record,) = reading.records
    assert (reading.kind, record.order_id, record.closes_soon) == ("closes_soon", "6100200300400606", True)
    assert record.order_state is None
    assert "SECRET" not in repr(reading)


def test_that_alarm_is_raised_whatever_the_subject_is() -> None:
    reading = mail("Order 6100200300400606: news", "Your order will be marked as\ncompleted soon.")
    assert reading.records[0].closes_soon


@pytest.mark.parametrize("body", [
    "Your order will soon be marked as completed. If you have not received it, apply for a refund.",
    "The order will be automatically completed soon.",
    "Ihre Bestellung wird in Kürze automatisch als abgeschlossen markiert.",
    "Bevor die Bestellung als abgeschlossen markiert wird, prüfen Sie das Paket.",
    "Tu pedido se marcará como completado en breve. Si no lo has recibido, solicita un reembolso.",
    "Tu pedido se marcará pronto como completado.",
    "En breve se marcará tu pedido como completado.",
])  # fmt: skip
def test_that_alarm_is_raised_in_three_languages(body: str) -> None:
    assert mail("Order 6100200300400606: something new", body).kind == "closes_soon"


@pytest.mark.parametrize("body", [
    "Your order is completed. You have 15 days to open a dispute.",
    "Su pedido se ha completado. Tienes 15 días para abrir una disputa.",
    "Die Bestellung ist abgeschlossen.",
    "Your payment was completed. We will ship soon.",
])  # fmt: skip
def test_that_alarm_is_not_raised_by_what_is_complete(body: str) -> None:
    assert mail("Order 6100200300400606: how did it go?", body).kind == "completed"


@pytest.mark.parametrize(("subject", "kind"), [
    ("Pedido 6100200300400606: esperando confirmación", "closes_soon"),
    ("Pedido 6100200300400606: pedido confirmado", "confirmed"),
    ("Pedido 6100200300400606: ha sido enviado", "shipped"),
    ("Paquete LP00611200340019: salió de la región de origen", "in_transit"),
    ("Paquete LP00611200340019: en aduanas", "customs"),
    ("El paquete LP00611200340019 ha pasado la aduana", "customs"),
    ("Paquete LP00611200340019 entregado", "delivered"),
    ("Tus 2 paquetes tienen actualizaciones de entrega", "delivery_update"),
    ("Order 6100200300400606: awaiting confirmation", "closes_soon"),
    ("Order 6100200300400606: package in transit", "in_transit"),
    ("Your order 6100200300400606 has been shipped", "shipped"),
    ("Your order 6100200300400606 is closed", "closed"),
    ("Bestellung 6100200300400606: Paket im Transit", "in_transit"),
    ("Bestellung 6100200300400606: Vom Kurier abgeholt", "in_transit"),
    ("Packstück LP00611200340019: in Ihrem Land", "arrived"),
    ("Pedido 6100200300400606: no se ha podido enviar", "unknown"),
    ("Pedido 6100200300400606: reembolso solicitado", "unknown"),
    ("Order 6100200300400606: seller responded to your dispute", "unknown"),
])  # fmt: skip
def test_subjects_of_three_languages(subject: str, kind: str) -> None:
    assert mail(subject, "https://www.aliexpress.com/p/order?orderId=6100200300400606").kind == kind


def test_a_completed_order_shows_the_days_left_for_a_dispute() -> None:
    (record,) = own("completed").records
    assert (record.order_state, record.completed_on) == ("completed", date(2026, 10, 15))
    assert [(s.kind, s.day, s.place) for s in record.dates] == [
        ("completed_window", date(2026, 10, 30), "mail of 2026-10-15")
    ]


def test_a_closing_gives_no_reason_and_is_not_taken_for_a_refund() -> None:
    (record,) = own("closed").records
    assert (record.order_state, record.cases) == ("closed", ())
    assert "gives no reason" in record.news


def test_a_mail_never_delivers_a_parcel() -> None:
    reading = own("delivered")
    (record,) = reading.records
    assert (reading.kind, record.order_state) == ("delivered", "shipped")
    assert all(parcel.delivered_at is None and not parcel.events for parcel in record.parcels)
    assert "make sure" in record.news


def test_an_unknown_subject_about_an_order_is_news_to_look_at() -> None:
    reading = own("unknown_news")
    (record,) = reading.records
    assert (reading.kind, record.order_state, record.order_id) == ("unknown", None, "6100200300400610")
    assert "please look" in record.news


@pytest.mark.parametrize(
    "subject",
    ["Order 6100200300400613: package could not be delivered", "Order 6100200300400613: not shipped"],
)
def test_a_subject_is_compared_whole(subject: str) -> None:
    assert mail(subject).kind == "unknown"


@pytest.mark.parametrize("name", ["forged", "failed_check"])
def test_a_mail_that_is_not_of_the_shop_is_only_news(name: str) -> None:
    reading = own(name)
    (record,) = reading.records
    assert (reading.kind, reading.genuine) == ("doubtful", "no")
    assert (record.order_state, record.dates, record.parcels, record.closes_soon) == (None, (), (), False)
    assert record.news


@pytest.mark.parametrize(
    "sender",
    [
        "AliExpress <transaction@notice.aliexpress.com.example.net>",
        "AliExpress <xtransaction@notice.aliexpress.com>",
        '"transaction@notice.aliexpress.com" <someone@example.net>',
        "=?utf-8?q?transaction=40notice=2Ealiexpress=2Ecom?= <someone@example.net>",
        "transaction@notice.aliexpress.com, someone@example.net",
        "transaction@notice.a1iexpress.com",
        "transaction@notice.aliexpress.com@example.net",
        "x_transaction_at_notice_aliexpress_com_ab12@privaterelay.appleid.com",
        "transaction_at_notice_aliexpress_com_ab12@privaterelay.appleid.com.example.net",
        "deals@deals.aliexpress.com",
        "",
    ],
)
def test_other_senders_change_nothing(sender: str) -> None:
    reading = mail("Your order 6100200300400614 is closed", "AliExpress", sender=sender)
    assert reading.genuine == "no"
    assert all(record.order_state is None for record in reading.records)


def test_two_from_lines_are_nobody() -> None:
    assert mail("Your order 6100200300400614 is closed", head="From: a@example.net\n").genuine == "no"


@pytest.mark.parametrize(
    ("verdicts", "genuine"),
    [
        ("mx.example; dmarc=pass header.from=notice.aliexpress.com", "yes"),
        ("mx.example; dkim=pass header.d=notice.aliexpress.com; spf=fail", "yes"),
        ("mx.example; dmarc=fail header.from=notice.aliexpress.com", "no"),
        ("mx.example; dmarc=pass header.from=example.net", "no"),
        ("mx.example; dmarc=pass header.from=notice.aliexpress.com.example.net", "no"),
        ("mx.example; dkim=pass header.d=example.net", "unverified"),
        ('mx.example; spf=pass smtp.mailfrom="; dmarc=pass header.from=notice.aliexpress.com"', "unverified"),
        ("mx.example; spf=none (; dmarc=pass header.from=notice.aliexpress.com)", "unverified"),
        ("mx.example; none", "unverified"),
    ],
)
def test_what_the_mailbox_found_out_about_the_sender(verdicts: str, genuine: str) -> None:
    head = f"Authentication-Results: {verdicts}\n"
    assert mail("Your order 6100200300400614 is closed", head=head).genuine == genuine


def test_only_the_topmost_verdict_counts() -> None:
    head = (
        "Authentication-Results: mx.example; dmarc=fail header.from=notice.aliexpress.com\n"
        "Authentication-Results: mx.example; dmarc=pass header.from=notice.aliexpress.com\n"
    )
    assert mail("Your order 6100200300400614 is closed", head=head).genuine == "no"


@pytest.mark.parametrize(
    ("sender", "subject"),
    [
        (SHOP, "A survey for you"),
        ("friend@example.org", "Lunch on 6100200300400614?"),
        ("bank@example.org", "Order 6100200300400614 was received"),
    ],
)
def test_mails_about_other_things_give_nothing(sender: str, subject: str) -> None:
    reading = mail(subject, "hello", sender=sender)
    assert (reading.kind, reading.records) == ("not_shop", ())


def test_a_day_placed_that_is_later_than_the_mail_is_not_believed() -> None:
    body = "Placed on Jan 01,2027, 12:00\nStore\nThing\nOrder ID\n6100200300400615\n"
    (record,) = mail("Order 6100200300400615: order shipped", body).records
    assert record.placed_on is None


def test_a_number_of_a_parcel_is_not_taken_for_an_order() -> None:
    reading = mail("Packstück 00340999999999990010 hat die Abflugregion verlassen")
    assert [(r.order_id, [p.number for p in r.parcels]) for r in reading.records] == [
        ("", ["00340999999999990010"])
    ]


# Hostile mails


@given(st.binary(max_size=2000))
def test_any_bytes_are_a_reading(raw: bytes) -> None:
    assert read_mail(raw).sentence


_WORDS = st.sampled_from(
    [
        "From: AliExpress <transaction@notice.aliexpress.com>", "From:", "From: =?utf-8?q?=FF?= <@>", "Subject: =?x?b?",
        "Subject: Order 6100200300400616: delivered", "Date: Mon, 99 Foo", "Date: Mon, 05 Oct 9999 12:00:00 +9999",
        "Content-Type: multipart/mixed; boundary=b", "Content-Type: text/html; charset=punycode", "--b", "--b--", "",
        "Content-Type: text/plain; charset=zip", "Content-Transfer-Encoding: base64", "Content-Type: message/rfc822",
        "Content-Type: ;;;", "Content-Type: text/plain; charset*=x'y'%FF", "<?xml version='1.0'?><a href='?orderId=1'>",
        "<html><p><a href=\"https://x/?tradeOrderId=6100200300400616\">\0</a>", "=FF=", "AAAA", "\x00\x80",
    ]
)  # fmt: skip


@given(st.lists(_WORDS, max_size=15))
def test_any_heap_of_mail_parts_is_a_reading(lines: list[str]) -> None:
    reading = read_mail("\r\n".join(lines).encode("utf-8"))
    for record in reading.records:
        assert all(parcel.delivered_at is None for parcel in record.parcels)
        assert record.said_at is None or record.said_at.tzinfo is not None


def test_bombs_are_turned_away() -> None:
    assert read_mail(b"From: x\n\n" + b"a" * 10_000_001).kind == "unreadable"
    head = f"From: {SHOP}\n".encode()
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(2000))
    assert read_mail(head + deep).kind == "unreadable"
    many = b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nhi\n" * 200
    assert read_mail(head + many).kind == "unreadable"


# The recorded mails


@recorded
@pytest.mark.parametrize(
    ("name", "kind", "order_ids", "state", "numbers"),
    [
        ("126", "confirmed", ["9999999999990001", "9999999999990002"], "processing", []),
        ("129", "shipped", ["9999999999990005"], "shipped", []),
        ("131", "in_transit", ["9999999999990006"], "shipped", []),
        (
            "133",
            "delivery_update",
            ["9999999999990007", "9999999999990008"],
            "shipped",
            ["H9999702885602351723"],
        ),
        ("134", "in_transit", ["9999999999990011"], "shipped", ["00340999999999990010"]),
        ("135", "customs", ["9999999999990011"], "shipped", ["00340999999999990010"]),
        ("139", "completed", ["9999999999990021"], "completed", []),
        ("140", "closes_soon", ["9999999999990008"], None, []),
        ("142", "closed", ["9999999999990022"], "closed", []),
    ],
)
def test_recorded(name: str, kind: str, order_ids: list[str], state: str | None, numbers: list[str]) -> None:
    (path,) = RECORDED.glob(f"{name}_*.eml")
    reading = read_mail(path.read_bytes())
    assert (reading.kind, [record.order_id for record in reading.records]) == (kind, order_ids)
    for record in reading.records:
        assert record.order_state == state
        assert [parcel.number for parcel in record.parcels] == numbers
        assert record.closes_soon is (name == "140")
    assert "Muster" not in repr(reading)


@recorded
def test_recorded_days() -> None:
    (completed,) = read_mail(next(RECORDED.glob("139_*")).read_bytes()).records
    assert [(s.kind, s.day) for s in completed.dates] == [("completed_window", date(2024, 1, 7))]
    (moving,) = read_mail(next(RECORDED.glob("131_*")).read_bytes()).records
    assert [(s.kind, s.day) for s in moving.dates] == [("expected", date(2024, 8, 30))]
    (closing,) = read_mail(next(RECORDED.glob("140_*")).read_bytes()).records
    assert closing.said_at == datetime(2025, 3, 8, 15, 37, 28, tzinfo=UTC)
