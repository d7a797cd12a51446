"""Cancelling an order that is not shipped: its form filled in a headed browser, the button left to the user."""

from __future__ import annotations

from monitor.commands import DONE, BadValue, out
from monitor.commands.dispute import no_form
from monitor.model import Order
from monitor.session import Session, say
from monitor.terminal import Console
from scrapers.marketplaces.profiles import WITH_FORMS

# "Other reasons" and reproaches invite questions; this one is granted without any.
_REASON = "no_longer_wanted"


def cancel(session: Session, order_id: str, *, dry_run: bool, wait: bool, as_json: bool) -> int:
    """Plan, and unless it is a dry run, fill the cancel form and hand over. Nothing is recorded: only the user knows
    whether it was sent."""
    verdict = session.verdict(order_id)
    order = verdict.order
    if verdict.parties[0].id not in WITH_FORMS:
        return no_form(verdict, as_json=as_json)
    if order.order_state not in (None, "processing"):
        raise BadValue(
            f"Order {order.order_id} is {order.order_state.replace('_', ' ')}:"
            " only one not yet shipped can be cancelled."
        )
    if dry_run:
        _print_plan(order, as_json=as_json)
        return DONE
    return _fill(session, order, wait=wait, as_json=as_json)


def _print_plan(order: Order, *, as_json: bool) -> None:
    if as_json:
        out({"order_id": order.order_id, "form": "cancel", "reason": _REASON})
        return
    console = Console(soft_wrap=True)
    console.print(
        f"Order {order.order_id}: its cancel form.  Reason: I no longer need this product.", highlight=False
    )
    console.print(
        "Nothing was opened. Without --dry-run the form is filled in your browser; you alone submit it."
    )


def _fill(session: Session, order: Order, *, wait: bool, as_json: bool) -> int:
    from monitor.commands.fill import fill
    from monitor.disputes import DisputeForm

    form = DisputeForm(order.order_id, received=False, reason=_REASON, text="", kind="cancel")
    code = fill(session, order, form, wait=wait, as_json=as_json)
    if code == DONE and wait:
        say(
            f"If you sent it: `parcelwarden edit {order.order_id} --cancel-requested "
            f"{session.clock().astimezone(session.zone):%Y-%m-%d}` watches for the answer."
        )
    return code
