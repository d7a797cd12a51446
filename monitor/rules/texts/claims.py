"""The texts of a dispute form, and of what follows in the dispute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from monitor.rules.assess import Assessment
from monitor.rules.texts.matter import Matter, NotEnoughKnown, Outline, ReasonId, Writer
from monitor.rules.texts.tracking import delivery, standing
from monitor.rules.texts.wording import Sentence, say

FREE_RETURN = "LOCAL_FREE_RETURN"  # the shop's own tag of an item that may go back free of charge


def reason_for(assessments: Sequence[Assessment]) -> ReasonId:
    """The reason of a "not received" dispute that fits what the carriers show of the parcels not delivered."""
    missing = [a for a in assessments if delivery(a) is None]
    if assessments and not missing:
        return "not_received_wrong_address"
    conditions = {a.condition for a in missing}
    if conditions & {"returning", "returned", "lost"}:
        return "not_received_returned_lost"
    found = conditions - {"unchecked"}  # that nobody could be asked is no finding
    if found <= {"no_information", "label_only", "suspicious"} and (found or not conditions):
        return "not_received_no_tracking"
    return "not_received_in_transit"


def not_received(m: Matter) -> Outline:
    """The order, or the part of it that no carrier shows as delivered, did not come."""
    _not_confirmed(m)
    body = [say("not_received_part" if m.is_split else "not_received"), m.asked_refund(), m.about("order")]
    shown = m.missing or m.delivered
    for a in shown:
        body += standing(a, m.order)
    if not m.assessments:
        body.append(say("no_number"))
    elif not m.missing:
        body.append(say("not_to_me"))
    return Outline(_dispute(m), (*body, *m.words), reason_for(m.assessments))


def delivered_elsewhere(m: Matter) -> Outline:
    """A carrier shows a delivery, but not to the buyer."""
    _not_confirmed(m)
    if not m.delivered:
        raise NotEnoughKnown(f"no carrier shows order {m.id} as delivered; use --kind not-received")
    body = [say("not_received_part" if m.is_split else "not_received"), m.asked_refund(), m.about("order")]
    for a in m.delivered:
        body += standing(a, m.order)
    return Outline(_dispute(m), (*body, say("not_to_me"), *m.words), "not_received_wrong_address")


def received(statement: str, reason: ReasonId, *, needs_words: str = "") -> Writer:
    """A text about goods that came and are wrong. `needs_words` is an example of what only the user can say."""

    def write(m: Matter) -> Outline:
        if needs_words and not m.own_words:
            raise NotEnoughKnown(
                f'only you know what is wrong: add --fact "{needs_words}" (repeat it for more)'
            )
        return Outline(
            _dispute(m), (say(statement), *m.words[:1], _refund(m), *m.words[1:], m.about("order")), reason
        )

    return write


def free_return(m: Matter) -> Outline:
    """Nothing is wrong with it, it is not wanted: only where the shop grants the return, and with no other claim."""
    if not any(FREE_RETURN in line.tags for line in m.order.lines):
        raise NotEnoughKnown(f"no item of order {m.id} is known to have a free return; its order page tells")
    return Outline(_dispute(m), (say("free_return"), *m.words, m.about("order")), "no_longer_wanted")


def return_sent(m: Matter) -> Outline:
    if not m.own_words:
        raise NotEnoughKnown(
            'say how you sent it: add --fact "return tracking number …, posted on …, with …"'
        )
    agreed = [say("return_agreed", order=m.id)] if m.case("return_agreed") else [m.about("order")]
    refund = [say("refund", amount=m.money(m.figure))] if m.figure is not None else []
    body = (say("return_sent"), *m.words, *agreed, say("ask_return_refund"), *refund)
    return Outline(say("subject_return", order=m.id), body)


def accept_offer(m: Matter) -> Outline:
    """Accepting in writing: one amount, only through the shop, nothing withdrawn before."""
    offer = _offered(m)
    if offer is None and m.figure is None:
        raise NotEnoughKnown("the amount offered is not known: add --amount with the refund you accept")
    own = m.money(m.figure) if m.figure is not None else ""
    if offer is not None and m.figure is not None and not (offer.is_comparable and m.figure == offer.amount):
        raise NotEnoughKnown(f"the dispute shows an offer of {offer.words}, not of {own}")
    body = (
        say("accept", amount=offer.words if offer else own), say("accept_only", shop=m.shop), say("no_closing_before"),
        m.about("order"), *m.words,
    )  # fmt: skip
    return Outline(say("subject_offer", order=m.id), body)


def reject_offer(m: Matter) -> Outline:
    """Declining an offer, with a figure of one's own."""
    offer = _offered(m)
    wanted = m.figure if m.figure is not None else m.order.amount
    if wanted is None:
        raise NotEnoughKnown("what you ask for instead is not known: add --amount")
    if offer is not None and offer.is_comparable and wanted <= offer.amount:
        raise NotEnoughKnown(
            f"{m.money(wanted)} is no more than the {offer.words} the dispute shows as offered"
        )
    declined = say("reject_shown", offer=offer.words) if offer is not None else say("reject")
    here = [say("answer_in_dispute")] if m.open_case else []
    body = (declined, say("counter", amount=m.money(wanted)), *m.words, *here, m.about("order"))
    return Outline(say("subject_offer", order=m.id), body)


def close_request(m: Matter) -> Outline:
    """A polite no to "please close the dispute"."""
    if m.open_case or m.case("return_agreed"):
        subject, body = _dispute(m), (say("no_closing"), say("propose_in_dispute"))
    else:
        subject = say("subject_order", order=m.id)
        body = (say("no_side_way"), say("propose_in_shop", shop=m.shop))
    return Outline(subject, (say("thanks"), *body, *m.words, m.about("order")))


def _refund(m: Matter) -> Sentence:
    """The refund for goods that came: parcels still on their way do not make it a part."""
    if m.figure is not None and m.figure != m.order.amount:
        return say("refund", amount=m.money(m.figure))
    return say("full_refund", amount=m.paid) if m.paid else say("full_refund_bare")


def _not_confirmed(m: Matter) -> None:
    if m.order.received_on is not None:
        raise NotEnoughKnown(
            f"you said that you have order {m.id}; if not, `parcelwarden received {m.id} --undo` first"
        )


@dataclass(frozen=True, slots=True)
class _Offer:
    """A refund the dispute shows; comparable with the user's figures where it is in the currency of the order."""

    amount: Decimal
    words: str
    is_comparable: bool


def _offered(m: Matter) -> _Offer | None:
    """The refund the dispute shows while it waits for the buyer. Without such a dispute only the user's words tell."""
    case = m.case("waiting_buyer")
    if case is None and not m.own_words:
        raise NotEnoughKnown(
            f"no dispute of order {m.id} is known to wait for your answer: say what was offered with --fact"
        )
    if case is None or case.refund is None:
        return None
    currency = case.currency or m.order.currency
    return _Offer(case.refund, m.money(case.refund, currency), currency == m.order.currency)


def _dispute(m: Matter) -> Sentence:
    return say("subject_dispute", order=m.id)
