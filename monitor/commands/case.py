"""`case`: the dispute of an order, shown or recorded by hand until the shop's pages and mails tell it."""

from __future__ import annotations

from typing import cast, get_args

from monitor import view
from monitor.commands import DONE, BadValue, out
from monitor.commands.orders import amount_of
from monitor.rules.verdict import Verdict
from monitor.session import Session, say
from monitor.terminal import Console
from scrapers.orders import BY_HAND, CaseRecord, CaseState, OrderRecord

STATES: tuple[str, ...] = get_args(CaseState)


def case(
    session: Session,
    order_id: str,
    *,
    state: str,
    number: str,
    line: str,
    offer: str,
    words: str,
    as_json: bool,
) -> int:
    """Record a state if one is given, then show the order's cases with what is to be done."""
    order = session.order(order_id)
    if not state and (number or line or offer or words):
        raise BadValue("Say with --state which state the shop shows; without it nothing is recorded.")
    if state:
        if state not in STATES:
            raise BadValue(f"--state {state}: there are {', '.join(STATES)}.")
        money, currency = amount_of("--offer", offer)
        known = number or next((case.case_id for case in order.cases), BY_HAND)
        recorded = CaseRecord(
            known,
            cast("CaseState", state),
            line_id=line,
            words=words,
            refund=money,
            currency=currency or order.currency,
            opened_on=session.clock().astimezone(session.zone).date() if state == "opened" else None,
        )
        record = OrderRecord(order.order_id, "manual", order.marketplace, cases=(recorded,))
        session.store.save([record], session.clock())
    verdict = session.verdict(order_id)
    if as_json:
        shown = view.show_json(verdict, [], [], session.zone)
        out(
            {
                "order_id": order.order_id,
                "cases": shown["cases"],
                "advice": shown["advice"],
                "deadlines": shown["deadlines"],
            }
        )
    else:
        _show(verdict)
    return DONE


def _show(verdict: Verdict) -> None:
    console, order = Console(soft_wrap=True), verdict.order
    if not order.cases:
        say(
            f"Order {order.order_id} has no case; `parcelwarden case {order.order_id} --state opened` records one."
        )
        return
    for one in order.cases:
        money = f", {one.refund} {one.currency}" if one.refund is not None else ""
        words = f" ({one.words})" if one.words else ""
        console.print(
            f"Case {one.case_id}: {one.state.replace('_', ' ')}{money}{words}, since {one.changed_at:%Y-%m-%d}"
        )
    by = f" (by {verdict.advice.by})" if verdict.advice.by else ""
    console.print(
        f"To do: {verdict.advice.action.replace('_', ' ')}{by}. {verdict.advice.text}", highlight=False
    )
    for reason in verdict.advice.why:
        if reason.id.startswith("offer"):
            console.print(f"- {reason}", highlight=False)
    if verdict.advice.avoid:
        console.print(verdict.advice.avoid, highlight=False)
