"""The dispute: draft from the facts, form filled in a headed browser, the button left to the user."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.commands import DONE, NEEDS_USER, BadValue, out
from monitor.model import Order
from monitor.rules.draft import TAKES_AMOUNT, Draft, DraftKind, draft
from monitor.rules.texts.claims import FREE_RETURN
from monitor.rules.verdict import Verdict
from monitor.session import Session, say
from monitor.terminal import Console
from scrapers.marketplaces.profiles import WITH_FORMS

if TYPE_CHECKING:
    from monitor.disputes import FormKind

SOLUTIONS = {"refund-only": "refund_only", "return-and-refund": "return_and_refund"}


@dataclass(frozen=True, slots=True)
class Situation:
    """What a situation asks of the form: its text, whether the goods came, and what is asked for by default."""

    text: DraftKind
    received: bool = True
    solution: str = "refund-only"
    form: FormKind = "dispute"

    @property
    def choices(self) -> tuple[str, ...]:
        """The solutions one may ask for."""
        if self.form != "dispute":
            return ()
        if self.text == "free-return":
            return ("return-and-refund",)
        return tuple(SOLUTIONS) if self.received else ("refund-only",)


SITUATIONS: dict[str, Situation] = {
    "not-received": Situation("not-received", received=False),
    "delivered-elsewhere": Situation("delivered-elsewhere", received=False),
    "quality": Situation("quality"),
    "not-as-described": Situation("not-as-described"),
    "not-working": Situation("not-working"),
    "damaged": Situation("damaged"),
    "wrong-item": Situation("wrong-item"),
    "incomplete": Situation("incomplete"),
    "empty-parcel": Situation("empty-parcel"),
    "counterfeit": Situation("counterfeit"),
    "free-return": Situation("free-return", solution="return-and-refund"),
    "evidence": Situation("escalation", form="evidence"),
    "disagree": Situation("offer-reject", form="disagree"),
}


@dataclass(frozen=True, slots=True)
class _Plan:
    """Everything that is to stand in the form. `amount` is the user's own figure, None for all that was paid."""

    situation: Situation
    text: Draft
    line: str
    solution: str
    amount: Decimal | None
    photos: tuple[Path, ...]


def dispute(
    session: Session,
    order_id: str,
    *,
    line: str,
    situation: str,
    solution: str,
    facts: Sequence[str],
    photos: Sequence[Path],
    amount: str,
    dry_run: bool,
    wait: bool,
    as_json: bool,
) -> int:
    """Plan, and unless it is a dry run, fill the form and hand over."""
    verdict, wanted = session.verdict(order_id), SITUATIONS[situation]
    if verdict.parties[0].id not in WITH_FORMS:
        return no_form(verdict, as_json=as_json)
    if solution and solution not in wanted.choices:
        can = " or ".join(wanted.choices) or "no solution to choose"
        raise BadValue(f"--solution {solution}: for {situation} there is {can}.")
    if situation == "free-return":
        _need_free_return(verdict.order, line)
    for photo in photos:
        if not photo.is_file():
            raise BadValue(f"--photo {photo}: there is no such file.")
    claimed = claim(verdict, amount) if amount else None
    text = draft(
        wanted.text,
        verdict.order,
        verdict.assessments,
        facts=facts,
        amount=claimed if wanted.text in TAKES_AMOUNT else None,
        language=session.config.general.language,
    )
    plan = _Plan(wanted, text, line, solution or wanted.solution, claimed, tuple(photos))
    if dry_run:
        _print_plan(verdict, plan, as_json=as_json)
        return DONE
    return _fill(session, verdict, plan, wait=wait, as_json=as_json)


def _need_free_return(order: Order, line: str) -> None:
    """The item named must have the tag; that some item of the order has it is the text's own condition."""
    named = [item for item in order.lines if item.line_id == line]
    if named and FREE_RETURN not in named[0].tags:
        raise BadValue(f"--line {line}: this item is not known to have a free return.")


def no_form(verdict: Verdict, *, as_json: bool) -> int:
    """A shop whose form is not known here: where to go, and that nothing was opened."""
    shop = verdict.parties[0]
    order_id = verdict.order.order_id
    where = ", ".join(part for part in (shop.way, shop.entry_of(order_id)) if part) or "its own order page"
    sentence = (
        f"The form of {shop.name} is not known here, so none was opened. Go to {where};"
        f" `parcelwarden draft {order_id} --kind not-received` gives the text."
    )
    if as_json:
        out(
            {
                "result": "no_form",
                "fields": [],
                "refusal": sentence,
                "blocked_requests": [],
                "screenshot": None,
            }
        )
    else:
        say(sentence)
    return NEEDS_USER


def claim(verdict: Verdict, amount: str) -> Decimal:
    """The amount to claim by the user's own figure, never more than was paid. Raises BadValue."""
    paid = verdict.order.amount
    figure, _, currency = amount.strip().partition(" ")
    try:
        wanted = Decimal(figure)
    except ArithmeticError:
        raise BadValue(f"--amount “{amount}”: write it as 12.34.") from None
    if currency and currency.strip().upper() != verdict.order.currency:
        raise BadValue(
            f"--amount {amount}: the order was paid in {verdict.order.currency or 'an unknown currency'}."
        )
    if not wanted.is_finite() or wanted <= 0 or (paid is not None and wanted > paid):
        limit = f"between 0 and the {paid} {verdict.order.currency} paid" if paid is not None else "above 0"
        raise BadValue(f"--amount {amount}: the claim must be {limit}.")
    return wanted


def _print_plan(verdict: Verdict, plan: _Plan, *, as_json: bool) -> None:
    order, wanted, text = verdict.order, plan.situation, plan.text
    amount = plan.amount if plan.amount is not None else order.amount
    opens = wanted.form == "dispute"
    if as_json:
        out({
            "order_id": order.order_id, "form": wanted.form, "line": plan.line,
            "received": wanted.received if opens else None, "reason": text.reason,
            "solution": SOLUTIONS[plan.solution] if opens else None,
            "amount": {"value": str(amount) if amount is not None else None, "currency": order.currency},
            "text": text.text, "photos": [str(p) for p in plan.photos], "evidence": list(text.evidence),
            "by": verdict.advice.by.isoformat() if verdict.advice.by else None,
        })  # fmt: skip
        return
    console = Console(soft_wrap=True)
    console.print(f"Order {order.order_id}: {verdict.advice.text}", highlight=False)
    if verdict.advice.by:
        console.print(f"Last safe day: {verdict.advice.by}")
    if opens:
        received, solution = "Yes" if wanted.received else "No", plan.solution.replace("-", " ")
        console.print(f"Received? {received}.  Solution: {solution}.", highlight=False)
        if text.reason:
            console.print(f"Reason: {text.reason.replace('_', ' ')}")
        console.print(
            f"Amount: {amount if amount is not None else 'all that was paid'} {order.currency}".rstrip()
        )
    elif wanted.form == "disagree":
        console.print("To tick in the case: I don't agree with the solution.", highlight=False)
    console.print("Text:")
    console.print(text.text, highlight=False, markup=False)
    for photo in plan.photos:
        console.print(f"Photo: {photo}", highlight=False)
    for item in text.evidence:
        console.print(f"Attach: {item}")
    console.print(
        "Nothing was opened. Without --dry-run the form is filled in your browser; you alone submit it."
    )


def _fill(session: Session, verdict: Verdict, plan: _Plan, *, wait: bool, as_json: bool) -> int:
    from monitor.commands.fill import fill
    from monitor.disputes import DisputeForm

    form = DisputeForm(
        order_id=verdict.order.order_id,
        line_id=plan.line,
        received=plan.situation.received,
        reason=plan.text.reason or "not_received_in_transit",
        solution=SOLUTIONS[plan.solution],
        text=plan.text.text,
        photos=plan.photos,
        amount=plan.amount,
        paid=verdict.order.amount,
        currency=verdict.order.currency,
        kind=plan.situation.form,
    )
    return fill(session, verdict.order, form, wait=wait, as_json=as_json)
