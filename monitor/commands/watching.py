"""Watching: check, status, show."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from monitor import status_table
from monitor.adapters.store import StoredNotice, StoreTrouble, StoreUnfit
from monitor.commands import ATTENTION, DONE, INCOMPLETE, counted, out
from monitor.rules.notices import short
from monitor.rules.protection import today
from monitor.rules.verdict import Verdict, most_urgent_first
from monitor.session import Session, progress, progress_over, say

if TYPE_CHECKING:
    from monitor.poll import Asked

NO_ORDERS = (
    "No orders yet. Bring some in: `parcelwarden import FILE` or `parcelwarden add`;"
    " `parcelwarden demo` shows it all on made-up ones."
)


def check(
    session: Session,
    orders: Sequence[str],
    *,
    everything: bool,
    as_json: bool,
    exit_code: bool,
    quiet: bool = False,
) -> int:
    """Ask who is due, judge all, store and hand over the warnings, print what changed (`quiet`: if it did).

    Raises StoreTrouble, where the store can be read or was backed up after the warnings that are due went out.
    """
    try:
        return _check(
            session, orders, everything=everything, as_json=as_json, exit_code=exit_code, quiet=quiet
        )
    except StoreUnfit:
        raise
    except StoreTrouble:
        _tell_from_memory(session, as_json=as_json)
        raise


def _check(
    session: Session, orders: Sequence[str], *, everything: bool, as_json: bool, exit_code: bool, quiet: bool
) -> int:
    from monitor import outbox
    from monitor.poll import Asked, poll  # `status` and `show` ask nobody
    from monitor.warning import warn

    session.mend_store()
    store = session.store
    wanted = [session.order(order_id).order_id for order_id in orders]
    before, unjudged = session.judgement()
    started = session.clock()
    asked = Asked()
    try:
        with session.asker() as asker:
            ready = partial(session.tick, store)  # an answer that could not be stored is not asked for
            asked = poll(store, asker, only=wanted, everything=everything, say=progress, first=ready)
    except KeyboardInterrupt:
        say("Interrupted: what was learned until now is stored and judged.")
        raise
    finally:  # also after an interruption
        progress_over()
        verdicts = warn(session, store, whole=True).verdicts
    untold = store.untold()
    told = [n for n in store.told_since(started) if n.made_at >= started]
    warnings = sorted([*untold, *told], key=lambda n: n.id)
    if as_json:
        from monitor import view

        now = session.clock()
        document = view.status_json(most_urgent_first(verdicts), now, session.zone)
        document["warnings"] = [view.warning_json(n, today(now, session.zone)) for n in warnings]
        document["troubles"] = dict(asked.troubles)
        out(document)
    else:
        _print_changes(before, verdicts, asked, quiet=quiet)
        _print_warnings(warnings)
    if not quiet:  # what a timer's `--due` prints nobody may ever see
        outbox.shown_at_the_terminal(store, untold, session.clock())
    if not verdicts and not unjudged and not quiet:
        say(NO_ORDERS)
    for carrier, why in asked.troubles.items():
        say(f"{carrier} could not be asked: {why}")
    session.complain_of(unjudged)
    if exit_code and (unjudged or any(v.urgent for v in verdicts)):
        return ATTENTION
    return INCOMPLETE if asked.incomplete else DONE


def _tell_from_memory(session: Session, *, as_json: bool) -> None:
    """What is due, while the store cannot be written; a daemon that runs tells it by itself."""
    from monitor.daemon import running
    from monitor.outage import warn_from_memory

    started = session.clock()
    stand_in = None if running(session.data_dir) else session.outage.stand_in(started)
    if stand_in is None:
        return
    warn_from_memory(session, stand_in)
    if not as_json:
        _print_warnings([*stand_in.untold(), *stand_in.told_since(started)])


def _print_warnings(notices: Sequence[StoredNotice]) -> None:
    from rich.markup import escape

    from monitor.terminal import Console

    console = Console(markup=True, soft_wrap=True)
    for notice in notices:
        # Elsewhere an order goes by its last digits; here its number is what the next command wants.
        body = (
            notice.body.replace(short(notice.order_id), notice.order_id) if notice.order_id else notice.body
        )
        console.print(f"[bold red]![/] {escape(f'{notice.title}. {body}')}", highlight=False)


def status(session: Session, *, everything: bool, as_json: bool, exit_code: bool, why: bool = False) -> int:
    """The table, the urgent orders first."""
    judgement = session.judgement()
    unjudged = [order for order in judgement.unjudged if everything or order.watched]
    ranked = most_urgent_first([v for v in judgement.verdicts if everything or v.order.watched])
    session.complain_of(unjudged)
    if as_json:
        from monitor import view

        out(view.status_json(ranked, session.clock(), session.zone))
    elif not ranked and not unjudged:
        say(NO_ORDERS)
    elif ranked:
        status_table.show(ranked, session.store.last_good_check(), session.clock())
        if why:
            from monitor import tables
            from monitor.terminal import terminal

            tables.reasons(terminal(), ranked)
    return ATTENTION if exit_code and (unjudged or any(v.urgent for v in ranked)) else DONE


def show(session: Session, order_id: str, *, as_json: bool) -> int:
    """One order whole."""
    from monitor import tables
    from monitor.terminal import terminal

    verdict = session.verdict(order_id)
    order = verdict.order
    notices, refusals = session.store.notices(order), session.store.refusals(order)
    if as_json:
        from monitor import view

        out(view.show_json(verdict, notices, refusals, session.zone))
    else:
        tables.show(terminal(), verdict, notices, refusals, session.zone)
    return DONE


def _print_changes(before: Sequence[Verdict], after: Sequence[Verdict], asked: Asked, *, quiet: bool) -> None:
    from monitor.terminal import Console

    console = Console()
    was = {(v.order.order_id, a.number): a.condition for v in before for a in v.assessments}
    changes = 0
    for v in after:
        for a in v.assessments:
            old = was.get((v.order.order_id, a.number))
            if old != a.condition:
                changes += 1
                action = v.advice.action.replace("_", " ")
                old_words = (old or "new").replace("_", " ")
                console.print(
                    f"{v.order.order_id} {a.number}: {old_words} -> {a.condition.replace('_', ' ')}; {action}"
                )
    total = asked.outcomes.total()
    if changes or not quiet:
        console.print(f"{counted(total, 'number')} asked, {counted(changes, 'change')}.")
