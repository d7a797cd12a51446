"""Letters: to the seller before a dispute, to the post office, and the facts for whoever decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from monitor.model import Case, Order
from monitor.rules.texts.matter import Matter, NotEnoughKnown, Outline, Writer, on
from monitor.rules.texts.tracking import standing
from monitor.rules.texts.wording import Sentence, say


def seller_message(m: Matter) -> Outline:
    """What the facts call for: where to return, when it is shipped, a working number, or where the parcel is."""
    if m.case("return_agreed"):
        body = [say("return_agreed", order=m.id), say("ask_return_address")]
        return Outline(say("subject_return", order=m.id), (say("hello"), *body, *m.words))
    if m.not_shipped:
        return _not_shipped(m)
    lines = [line for a in m.assessments for line in standing(a, m.order)] or [say("no_number")]
    body = [m.about("tracking_trouble"), *lines, *m.words, say(_question(m))]
    return Outline(say("subject_tracking", order=m.id), (say("hello"), *body))


def _not_shipped(m: Matter) -> Outline:
    body = [
        m.about("not_shipped"),
        say("ask_shipping"),
        *on("ship_by", m.shown("ship_by")),
        *on("paid", m.order.paid_on),
    ]
    return Outline(say("subject_not_shipped", order=m.id), (say("hello"), *body, *m.words))


def _question(m: Matter) -> str:
    conditions = {a.condition for a in m.missing}
    if m.assessments and not m.missing:
        return "ask_handed_over"
    if conditions <= {"no_information", "label_only", "suspicious"}:
        return "ask_number"
    if conditions & {"returning", "returned", "lost"}:
        return "ask_refund"
    if any(a.condition == "stalled" or a.late for a in m.missing):
        return "ask_carrier"
    return "ask_where"


def post_office(m: Matter) -> Outline:
    """The enquiry whose written answer the seller and the shop ask for."""
    if not m.assessments:
        raise NotEnoughKnown(f"order {m.id} has no tracking number to ask the post office about")
    lines = [line for a in (*m.missing, *m.delivered) for line in standing(a, m.order)]
    asked = say("post_ask" if m.missing else "post_ask_delivered")
    body = (say("dear"), say("post_parcel"), *lines, asked, say("post_why"), *m.words)
    return Outline(say("subject_post"), body)


def escalation(m: Matter) -> Outline:
    """The dated facts for the shop's own decision."""
    case = m.open_case
    if case is None:
        raise NotEnoughKnown(f"no open dispute of order {m.id} is known that the shop could decide")
    body = (
        say("facts", order=m.id), *_complaint(m, "not_received", "not_received_part"), m.asked_refund(),
        *_dates(m), *on("case_opened", case.opened_on),
    )  # fmt: skip
    return Outline(say("subject_facts", order=m.id), body)


def payer(way: Literal["paypal", "card"]) -> Writer:
    """The statement for PayPal or for the bank that issued the card."""

    def write(m: Matter) -> Outline:
        _can_be_asked(m, way)
        name = "ask_paypal" if way == "paypal" else "ask_chargeback"
        if m.figure is None and m.is_split and not m.own_words:
            ask = say(f"{name}_part")
        else:
            ask = say(name, amount=m.money(m.figure) if m.figure is not None else m.paid)
        body = (
            say("dear"), say("payment", amount=m.paid, order=m.id, shop=m.shop),
            *_complaint(m, "payer_not_received", "payer_not_received_part"), ask, *_dates(m), *_shop_case(m),
        )  # fmt: skip
        return Outline(say("subject_payment", order=m.id), body)

    return write


def _can_be_asked(m: Matter, way: Literal["paypal", "card"]) -> None:
    if not m.paid:
        raise NotEnoughKnown(
            f"what order {m.id} cost is not known: `parcelwarden edit {m.id} --amount` first"
        )
    granted = m.case("refunded")
    if granted and not m.own_words:
        raise NotEnoughKnown(
            f"the shop granted a refund of order {m.id}: say with --fact what is still missing"
        )
    if granted and granted.refund is not None and m.figure is None and not _is_whole(granted, m.order):
        given = m.money(granted.refund, granted.currency)
        raise NotEnoughKnown(
            f"the shop granted {given} of the {m.paid} of order {m.id}: say with --amount how much is still missing"
        )
    method = m.order.payment_method.casefold()
    if method and (way == "paypal") != ("paypal" in method):
        raise NotEnoughKnown(f"order {m.id} was {'not ' if way == 'paypal' else ''}paid with PayPal")


def _is_whole(granted: Case, order: Order) -> bool:
    """Whether the refund is all that was paid, which in another currency cannot be told."""
    same = (granted.currency or order.currency) == order.currency
    return same and granted.refund is not None and order.amount is not None and granted.refund >= order.amount


def _complaint(m: Matter, whole: str, part: str) -> Iterable[Sentence]:
    """What is wrong: the user's own words, else what did not come."""
    if m.own_words:
        return [say("reason"), *m.words]
    if m.order.received_on is not None or (m.assessments and not m.missing):
        raise NotEnoughKnown(f"order {m.id} counts as delivered: say with --fact what is wrong")
    return [say(part if m.is_split else whole)]


def _dates(m: Matter) -> Iterator[Sentence]:
    """The order's days and its parcels, oldest first."""
    order = m.order
    yield from on("placed", order.placed_on)
    if order.paid_on is not None and m.paid:
        yield say("paid_amount", amount=m.paid, day=order.paid_on.isoformat())
    else:
        yield from on("paid", order.paid_on)
    yield from on("shipped", order.shipped_on)
    yield from on("promised", m.shown("protection_end"))
    for a in m.assessments:
        yield from standing(a, order)
    if not m.assessments:
        yield say("no_number")
    yield from on("completed", order.completed_on)


def _shop_case(m: Matter) -> Iterator[Sentence]:
    case = m.open_case or m.case("closed")
    if case is not None:
        yield from on("case_opened", case.opened_on)
        yield say("case_closed" if case.state == "closed" else "case_open")
