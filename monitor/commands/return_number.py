"""The number of a return, filled into the page of its dispute; the button left to the user."""

from __future__ import annotations

import re

from monitor.commands import DONE, BadValue, out
from monitor.commands.dispute import no_form
from monitor.session import Session, say
from scrapers.marketplaces.profiles import WITH_FORMS

_NUMBER = re.compile(r"(?=.*\d)[A-Z0-9][A-Z0-9 -]{4,38}[A-Z0-9]")


def give(
    session: Session, order_id: str, number: str, *, line: str, dry_run: bool, wait: bool, as_json: bool
) -> int:
    """Plan, and unless it is a dry run, fill the number in and hand over. Nothing is recorded: only the user knows
    whether it was sent."""
    verdict = session.verdict(order_id)
    written = " ".join(number.upper().split())
    if not _NUMBER.fullmatch(written):
        raise BadValue(f"--return-number {number}: that is no tracking number; give it as on your receipt.")
    if verdict.parties[0].id not in WITH_FORMS:
        return no_form(verdict, as_json=as_json)
    if dry_run:
        return _print_plan(order_id, written, as_json=as_json)
    return _fill(session, order_id, written, line=line, wait=wait, as_json=as_json)


def _print_plan(order_id: str, number: str, *, as_json: bool) -> int:
    if as_json:
        out({"order_id": order_id, "form": "return", "number": number})
    else:
        say(
            f"Order {order_id}: the number {number} for the page of its dispute. Nothing was opened; without"
            " --dry-run it is filled in your browser, and you alone send it."
        )
    return DONE


def _fill(session: Session, order_id: str, number: str, *, line: str, wait: bool, as_json: bool) -> int:
    from monitor.commands.fill import fill
    from monitor.disputes import DisputeForm

    form = DisputeForm(order_id, received=True, reason="", text=number, line_id=line, kind="return")
    return fill(session, session.order(order_id), form, wait=wait, as_json=as_json)
