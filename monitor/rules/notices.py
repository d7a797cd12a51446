"""What to tell the user, and under which identity, so that nothing rings twice and nothing is lost.

A deadline's alarm is (order, kind, deadline date, step of the ladder): a moved date rings again, an unchanged
one never twice. A condition's alarm is (order, kind, parcel, the day it began).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from monitor.model import Condition, Order
from monitor.rules.advise import Advice
from monitor.rules.assess import Assessment
from monitor.rules.expected import too_late
from monitor.rules.moved import Move
from monitor.rules.policy import Policy
from monitor.rules.protection import SHOP_ZONE, Deadline
from scrapers.marketplaces.profiles import DeadlineKind

# Conditions to tell at once, and how to name them; the rest waits for the ladder.
_AT_ONCE: dict[Condition, str] = {
    "returning": "goes back to the sender",
    "returned": "went back to the sender",
    "lost": "is lost",
    "held": "is held",
    "suspicious": "does not fit your order",
    "attempt_failed": "could not be delivered",
    "ready_for_pickup": "waits to be collected",
    "stalled": "stopped moving",
}
_LADDERS: tuple[DeadlineKind, ...] = (
    "protection_end", "completed_window", "case_answer", "return_posting", "paypal_escalate",
)  # fmt: skip
# Days until which a dispute can be opened.
_DISPUTED: tuple[DeadlineKind, ...] = ("protection_end", "completed_window", "faulty_window", "faulty_strict")
# Rights few orders need: told once, when few days are left.
_ONCE: tuple[DeadlineKind, ...] = ("faulty_window", "faulty_strict", "free_return")
_FEW = 3
# Days of somebody else's: told when they are there and the advice is about them.
_THEIRS: dict[DeadlineKind, tuple[str, ...]] = {
    "late_coupon": ("late_coupon",),
    "ship_by": ("ship_by_over",),
    "cancel_answer": ("cancel_unanswered",),
    "refund_arrival": ("case_refunded", "cancelled", "refund_overdue"),
}
_PAYER: tuple[DeadlineKind, ...] = ("paypal_dispute", "card_chargeback")
# A window that was over long before we saw the order is not news.
_JUST_OVER = 7
OVER = -1

_TO_DO = {
    "wait": "Nothing to do yet.",
    "check_post_office": "Ask your post office.",
    "ask_seller": "Write to the seller.",
    "contact_carrier": "Ask the carrier.",
    "collect_parcel": "Collect it.",
    "cancel_order": "Cancel the order.",
    "claim_late_coupon": "Collect the coupon.",
    "prepare_dispute": "Prepare the dispute.",
    "open_dispute": "Open the dispute now.",
    "add_evidence": "Add evidence.",
    "answer_case": "Answer in the dispute.",
    "send_return": "Send the return.",
    "follow_refund": "Follow the refund.",
    "claim_from_payer": "Ask PayPal or your bank.",
    "nothing": "Nothing to do.",
}
# Where waiting is not all, by the situation: with a right that runs out "nothing to do" would be read as "all is well".
_WHILE_WAITING = {
    "case_with_seller": "The dispute is with the seller.",
    "cancel_asked": "The seller has yet to answer.",
    "processing": "The seller has yet to ship.",
    "completed_check": "Look at what came, and open the dispute if it is wrong.",
    "completed_faulty": "Faulty or wrong goods can still be claimed.",
    "completed_unknown": "Look at what came, and at the shop soon if it is wrong.",
    "delivered": "If it is not here or not right, open the dispute.",
    "no_carrier_asked": "No carrier answers: look at its own page.",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell. `deadline` and `days_left` are those of the right at stake, None where none is known.

    `key` is its identity within the order; `step` that of the ladder, None for what has none. Title and body hold
    only our own words, days and the last digits of the order: never a carrier's text, a name or an address.
    """

    kind: str
    key: str
    deadline: date | None
    days_left: int | None
    title: str
    body: str
    step: int | None = None


def due(
    order: Order,
    assessments: Sequence[Assessment],
    deadlines: Sequence[Deadline],
    advice: Advice,
    policy: Policy,
) -> list[Notice]:
    """Every notice that is due now by the state of things; the store keeps those it has had already apart."""
    if not order.watched or order.order_state == "to_pay":
        return []
    ladders = [n for d in deadlines for n in _ladder(order, d, advice, policy)]
    if order.order_state == "cancelled":  # its money is all that is left to watch
        return ladders
    return [
        *_conditions(order, assessments, deadlines, advice),
        *_shop_news(order, assessments, deadlines, advice),
        *_moved(order, deadlines, advice),
        *_retry(order, deadlines, advice),
        *ladders,
    ]


def _ladder(order: Order, d: Deadline, advice: Advice, policy: Policy) -> Iterable[Notice]:
    if not _rings(order, d, advice):
        return
    if d.days_left < 0:
        if d.kind not in _ONCE and (d.days_left >= -_JUST_OVER or _passed_on_watch(order, d)):
            yield _deadline_notice(order, d, OVER, f"{d.name}: {_over(order, d)}", advice)
        return
    ladder = (_FEW,) if d.kind in _ONCE else policy.ladder
    steps = [step for step in sorted(ladder) if step >= d.days_left]
    if steps:
        today = "today is the last safe day" if d.yours else "today"
        left = today if d.days_left == 0 else f"{_days(d.days_left)} left"
        yield _deadline_notice(order, d, steps[0], f"{d.name}: {left}", advice)


def _passed_on_watch(order: Order, d: Deadline) -> bool:
    """The day went by while we were to watch it: told however late, for the machine may have been off."""
    return order.added_at is not None and order.added_at.date() <= d.last_safe_day


def _over(order: Order, d: Deadline) -> str:
    if d.kind == "completed_window" and not _completed(order):  # counted from the delivery
        return "may be over, if the shop has completed the order"
    return "the last safe day is over" if d.yours else "the day is over"


def _completed(order: Order) -> bool:
    return order.completed_on is not None or order.order_state == "completed"


def _rings(order: Order, d: Deadline, advice: Advice) -> bool:
    if d.kind in _THEIRS:
        # Money on its way is followed beside whatever else an order needs.
        told = {advice.situation, *(advice.also if d.kind == "refund_arrival" else ())}
        return d.days_left <= 0 and not told.isdisjoint(_THEIRS[d.kind])
    if d.kind in _PAYER:
        return advice.action == "claim_from_payer"
    # A completed order has its short window; a protection end shown for it is still a right until it is over.
    if d.kind == "protection_end" and _completed(order) and d.days_left < 0:
        return False
    return d.kind in _LADDERS or d.kind in _ONCE


def _deadline_notice(order: Order, d: Deadline, step: int, title: str, advice: Advice) -> Notice:
    what = "last safe day " if d.yours else ""
    to_do = _TO_DO["follow_refund"] if d.kind == "refund_arrival" else _to_do(advice)
    body = f"Order {short(order.order_id)}: {what}{d.last_safe_day.isoformat()}, {d.certainty}. {to_do}"
    key = f"{d.kind}/{d.last_safe_day.isoformat()}/{step}"
    return Notice(d.kind, key, d.last_safe_day, d.days_left, title, body, step)


def _conditions(
    order: Order, assessments: Sequence[Assessment], deadlines: Sequence[Deadline], advice: Advice
) -> Iterable[Notice]:
    completed_long_ago = advice.situation in ("completed_over", "everything_over")
    for a in assessments:
        words = _AT_ONCE.get(a.condition)
        if words is None or completed_long_ago:
            continue
        since = a.since.date().isoformat() if a.since else ""
        yield _news(order, a.condition, f"{a.number}/{since}", f"Your parcel {words}", deadlines, advice)
    if advice.situation in ("never_tracked", "never_tracked_asked"):
        title = "No carrier has your parcel" if assessments else "Your order has no tracking number"
        yield _news(order, "untracked", "", title, deadlines, advice)


def _shop_news(
    order: Order, assessments: Sequence[Assessment], deadlines: Sequence[Deadline], advice: Advice
) -> Iterable[Notice]:
    if order.closes_soon_on and order.completed_on is None:
        day = order.closes_soon_on.isoformat()
        yield _news(order, "closes_soon", day, "The shop completes an order soon", deadlines, advice)
    if order.order_state == "closed":
        yield _news(order, "closed", "", "The shop closed an order", deadlines, advice)
    protection = next((d for d in deadlines if d.kind == "protection_end"), None)
    late = too_late(order, assessments, protection)
    if late and protection and order.completed_on is None:
        subject = f"{late.isoformat()}/{protection.last_safe_day.isoformat()}"
        yield _news(order, "arrives_after", subject, "A parcel is expected too late", deadlines, advice)
    if order.news:
        yield _news(order, "news", order.news, "A message of the shop needs your eye", deadlines, advice)


def _retry(order: Order, deadlines: Sequence[Deadline], advice: Advice) -> Iterable[Notice]:
    """A dispute the shop did not take is to be tried again on every day after, the last safe day included.

    Of the calendars that count the shop's is the furthest behind: by it a try is never thought to be of today.
    """
    right = next((d for d in deadlines if d.kind in _DISPUTED and d.days_left >= 0), None)
    refused = order.dispute_refused_at
    if right is None or refused is None or any(case.changed_at >= refused for case in order.cases):
        return
    today = right.last_safe_day - timedelta(days=right.days_left)
    if refused.astimezone(SHOP_ZONE).date() < today:
        told = _news(
            order, "retry_dispute", today.isoformat(), "Try the dispute again today", deadlines, advice
        )
        yield replace(told, body=" ".join(filter(None, (told.body, _opens(deadlines, right)))))


def _opens(deadlines: Sequence[Deadline], right: Deadline) -> str:
    """What the refusal said of a later day. The shop may take it earlier, so this puts no try off."""
    opens = next((d for d in deadlines if d.kind == "opens_on" and d.seen and d.days_left > 0), None)
    if opens is None:
        return ""
    day = f"The shop named {opens.last_safe_day.isoformat()} as the first day"
    if opens.last_safe_day > right.last_safe_day:
        return f"{day}, after your last safe day: keep its refusal and write to its chat."
    return f"{day}."


def _moved(order: Order, deadlines: Sequence[Deadline], advice: Advice) -> Iterable[Notice]:
    """A date of the shop's that changed is told at once: sellers put dates off to let the right run out."""
    for d in deadlines:
        if d.moves and d.yours and d.days_left >= 0 and not _completed(order):
            newest = d.moves[-1]
            subject = (
                f"{d.kind}/{newest.before.isoformat()}/{newest.after.isoformat() if newest.after else 'gone'}"
            )
            yield _news(order, "moved", subject, _what_moved(newest), deadlines, advice)


def _what_moved(move: Move) -> str:
    if move.after is None:
        return f"The shop does not show {move.before.isoformat()} any more"
    way = "later" if move.later else "earlier"
    return f"The shop moved a date {way}, from {move.before.isoformat()} to {move.after.isoformat()}"


def _news(
    order: Order, kind: str, subject: str, title: str, deadlines: Sequence[Deadline], advice: Advice
) -> Notice:
    right = next((d for d in deadlines if d.kind in _LADDERS and d.days_left >= 0), None)
    until = f" Last safe day {right.last_safe_day.isoformat()}." if right else ""
    body = f"Order {short(order.order_id)}.{until} {_to_do(advice)}"
    return Notice(
        kind,
        f"{kind}/{subject}",
        right.last_safe_day if right else None,
        right.days_left if right else None,
        title,
        body,
    )


def _to_do(advice: Advice) -> str:
    return _WHILE_WAITING.get(advice.situation) or _TO_DO[advice.action]


def short(order_id: str) -> str:
    """The end of an order's number, by which its buyer knows it. Its last four digits are the same in all of theirs."""
    return f"..{order_id[-8:]}"


def _days(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"
