"""Texts for the user to check and send, filled from what the store knows; never a claim the data does not bear.

English, since seller and shop read it. Wording is this project's own, after the situations of the buyers' rules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from monitor.model import Order
from monitor.rules.assess import Assessment

DraftKind = Literal["seller-message", "post-office", "not-received", "delivered-elsewhere"]
ReasonId = Literal[
    "not_received_no_tracking",
    "not_received_in_transit",
    "not_received_returned_lost",
    "not_received_wrong_address",
]


@dataclass(frozen=True, slots=True)
class Draft:
    """One text with what goes beside it: the reason to choose in the form, and the evidence to attach."""

    kind: DraftKind
    subject: str
    text: str
    reason: ReasonId | None = None
    evidence: tuple[str, ...] = ()


class NotEnoughKnown(Exception):
    """The store does not bear this text; the message says what is missing."""


def draft(kind: DraftKind, order: Order, assessments: Sequence[Assessment]) -> Draft:
    """The text of this kind. Raises NotEnoughKnown where it would claim what the data does not show."""
    return _KINDS[kind](order, assessments)


def reason_for(assessments: Sequence[Assessment]) -> ReasonId:
    """The reason of a "not received" dispute that fits what the carriers show."""
    conditions = {a.condition for a in assessments}
    if conditions & {"returning", "returned", "lost"}:
        return "not_received_returned_lost"
    if "delivered" in conditions or ("suspicious" in conditions and any(_delivered(a) for a in assessments)):
        return "not_received_wrong_address"
    if not assessments or conditions <= {"no_information", "label_only", "suspicious", "unchecked"}:
        return "not_received_no_tracking"
    return "not_received_in_transit"


def _seller_message(order: Order, assessments: Sequence[Assessment]) -> Draft:
    lines = ["Hello,", f"I have problems with tracking my order {order.order_id}{_of(order)}."]
    lines += [_status(a) for a in assessments]
    if not assessments:
        lines.append("It has no tracking number yet.")
    lines.append("Please check with the carrier and send me a working number, or refund me.")
    return Draft("seller-message", f"Tracking of order {order.order_id}", "\n".join(lines))


def _post_office(order: Order, assessments: Sequence[Assessment]) -> Draft:
    if not assessments:
        raise NotEnoughKnown(f"order {order.order_id} has no tracking number to ask the post office about")
    lines = ["Dear Sir or Madam,", "I am waiting for a parcel from abroad:"]
    lines += [_status(a) for a in assessments]
    lines.append(
        "Please tell me in writing whether it is at your office, was delivered (where, when, to whom) or returned."
    )
    lines.append("I need your statement for the seller.")
    return Draft("post-office", "Enquiry about a parcel", "\n".join(lines))


def _not_received(order: Order, assessments: Sequence[Assessment]) -> Draft:
    lines = [f"I did not receive this item. Order {order.order_id}{_of(order)}."]
    lines += [_status(a) for a in assessments]
    if not assessments:
        lines.append("The seller gave no tracking number.")
    lines.append(f"I ask for a full refund{_money(order)}.")
    return Draft(
        "not-received", f"Dispute of order {order.order_id}", "\n".join(lines), reason_for(assessments),
        ("a screenshot of the carrier's tracking page with number and date",
         "a written answer of your post office, if you have one",
         "the seller's answer to your message, if there is one"),
    )  # fmt: skip


def _delivered_elsewhere(order: Order, assessments: Sequence[Assessment]) -> Draft:
    shown = [a for a in assessments if _delivered(a)]
    if not shown:
        raise NotEnoughKnown(f"no carrier shows order {order.order_id} as delivered; use --kind not-received")
    lines = [f"I did not receive this item. Order {order.order_id}{_of(order)}."]
    for a in shown:
        scan = next(s for s in reversed(a.scans) if s.event.status.tag == "Delivered")
        where = f" in {scan.event.place}" if scan.event.place else ""
        lines.append(f"Tracking {a.number} shows a delivery on {scan.event.at.date().isoformat()}{where}.")
        lines.append("It was not delivered to me.")
    lines.append(f"I ask for a full refund{_money(order)}.")
    return Draft(
        "delivered-elsewhere", f"Dispute of order {order.order_id}", "\n".join(lines), "not_received_wrong_address",
        ("a written statement of your post office about where it was delivered",
         "a screenshot of the carrier's page with place and date"),
    )  # fmt: skip


_KINDS: dict[DraftKind, Callable[[Order, Sequence[Assessment]], Draft]] = {
    "seller-message": _seller_message,
    "post-office": _post_office,
    "not-received": _not_received,
    "delivered-elsewhere": _delivered_elsewhere,
}
KINDS: tuple[DraftKind, ...] = tuple(_KINDS)


def _delivered(a: Assessment) -> bool:
    return any(scan.event.status.tag == "Delivered" for scan in a.scans)


def _of(order: Order) -> str:
    return f" of {order.placed_on.isoformat()}" if order.placed_on else ""


def _money(order: Order) -> str:
    return f" of {order.amount} {order.currency}".rstrip() if order.amount is not None else ""


def _status(a: Assessment) -> str:
    """What the carriers show of one number: only what they do show."""
    moved = [scan for scan in a.scans if scan.event.at == a.last_movement_at]
    if moved:
        event = moved[-1].event
        idle = f", no scan for {a.idle_days} days since" if a.idle_days else ""
        return (
            f"Tracking number {a.number}: last event “{event.text}” on {event.at.date().isoformat()}{idle}."
        )
    if a.condition == "no_information":
        return f"Tracking number {a.number}: the carrier does not know this number."
    if a.condition == "label_only":
        return f"Tracking number {a.number}: only announced, never handed over to the carrier."
    return f"Tracking number {a.number}."
