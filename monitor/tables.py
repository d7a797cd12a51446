"""The same verdicts for a person at a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from rich.markup import escape

from monitor.adapters.store import Refusal, StoredNotice
from monitor.rules.advise import moved_reason
from monitor.rules.assess import Assessment
from monitor.rules.protection import Deadline
from monitor.rules.verdict import Verdict
from monitor.status_table import COLOUR, cut
from monitor.terminal import Console


def reasons(console: Console, verdicts: Sequence[Verdict]) -> None:
    """Why each advice is given, an order a paragraph."""
    for v in verdicts:
        action = v.advice.action.replace("_", " ")
        console.print(
            f"\n[bold]{escape(v.order.order_id)}[/] {escape(cut(v.order.title, 50))}: [bold]{action}[/]"
        )
        console.print(f"  {escape(v.advice.text)}")
        for reason in v.advice.why:
            console.print(f"  - {escape(str(reason))}", highlight=False)


def show(
    console: Console, v: Verdict, notices: Sequence[StoredNotice], refusals: Sequence[Refusal], zone: tzinfo
) -> None:
    """One order whole."""
    order = v.order
    money = f"{order.amount} {order.currency}".rstrip() if order.amount is not None else ""
    about = " ".join(filter(None, (f"({order.marketplace})", ", ".join(filter(None, (order.title, money))))))
    console.print(f"[bold]Order {escape(order.order_id)}[/] {escape(about)}")
    days = {"placed": order.placed_on, "paid": order.paid_on, "shipped": order.shipped_on,
            "completed": order.completed_on, "received": order.received_on}  # fmt: skip
    console.print(
        f"  {order.order_state or 'state unknown'}: " + ", ".join(f"{k} {d}" for k, d in days.items() if d)
    )
    for line in order.lines:
        console.print(f"  item {escape(line.line_id)}: {line.quantity} x {escape(line.title)}")
    _advice(console, v)
    console.print("\n[bold]Deadlines[/]")
    for d in v.deadlines:
        _deadline(console, d)
    _parties(console, v)
    for a in v.assessments:
        _timeline(console, a, zone)
    _asked(console, v, zone)
    for case in order.cases:
        console.print(f"\n[bold]Case {escape(case.case_id)}[/]: {case.state} {escape(case.words)}")
    for refusal in refusals:
        day = refusal.at.astimezone(zone).date()
        console.print(f"\n[bold]Refused[/] on {day}: {escape(refusal.sentence)} {escape(refusal.screenshot)}")
    if notices:
        console.print("\n[bold]Warnings[/]")
    for n in notices:
        taken = f"shown by {', '.join(n.taken_by)}" if n.taken_by else "not shown yet"
        console.print(f"  {n.made_at.astimezone(zone):%Y-%m-%d %H:%M} {escape(n.title)} ({taken})")


def _advice(console: Console, v: Verdict) -> None:
    by = f" (by {v.advice.by})" if v.advice.by else ""
    console.print(f"\n[bold]To do: {v.advice.action.replace('_', ' ')}[/]{by}. {escape(v.advice.text)}")
    if v.advice.avoid:
        console.print(f"  {escape(v.advice.avoid)}")
    for reason in v.advice.why:
        console.print(f"  - {escape(str(reason))}", highlight=False)


def _deadline(console: Console, d: Deadline) -> None:
    day = f"last safe day [bold]{d.last_safe_day}[/]" if d.yours else f"[bold]{d.last_safe_day}[/]"
    console.print(f"  {d.name}: {day} ({d.certainty}, {d.confidence} confidence, {_left(d)})")
    for move in d.moves:
        console.print(f"    {escape(str(moved_reason(d.name, move)))}", highlight=False)
    for shown in d.seen:
        words = f": {shown.sentence}" if shown.sentence not in ("", str(shown.day)) else ""
        console.print(f"    {escape(f'{shown.place} says {shown.day}{words}')}", highlight=False)
    if not d.seen or d.source == "estimated":
        console.print(f"    {escape(d.sentence)}", highlight=False)


def _left(d: Deadline) -> str:
    if d.kind == "opens_on" and d.days_left <= 0:
        return "that day has come"  # with it something begins, and nothing is over
    days = "1 day" if abs(d.days_left) == 1 else f"{abs(d.days_left)} days"
    return f"{days} left" if d.days_left >= 0 else f"over for {days}"


def _parties(console: Console, v: Verdict) -> None:
    """Where to ask, and what holds there."""
    console.print("\n[bold]Where to ask[/]")
    for party in v.parties:
        where = ", ".join(part for part in (party.way, party.entry_of(v.order.order_id)) if part)
        console.print(f"  {escape(party.name)}: {escape(where) or 'nothing is known of its rules'}")
        for note in party.notes:
            console.print(f"    {escape(note)}", highlight=False)


def _timeline(console: Console, a: Assessment, zone: tzinfo) -> None:
    late = ", late" if a.late else ""
    console.print(
        f"\n[bold]Parcel {escape(a.number)}[/]: [{COLOUR[a.condition]}]{a.condition.replace('_', ' ')}{late}[/]"
    )
    for scan in reversed(a.scans):
        event = scan.event
        about = "" if event.at_is_exact else "~"
        place = f" [{event.place}]" if event.place else ""
        line = f"  {about}{event.at.astimezone(zone):%Y-%m-%d %H:%M} {event.text}{place}"
        tag = f"({scan.carrier}: {event.status.tag} {event.status.subtag})".replace(" )", ")")
        console.print(escape(f"{line} {tag}"), highlight=False)


def _asked(console: Console, v: Verdict, zone: tzinfo) -> None:
    if any(parcel.legs for parcel in v.order.parcels):
        console.print("\n[bold]Asked[/]")
    for parcel in v.order.parcels:
        for leg in parcel.legs:
            when = (
                f"{leg.last_attempt_at.astimezone(zone):%Y-%m-%d %H:%M}" if leg.last_attempt_at else "never"
            )
            console.print(
                f"  {leg.carrier} about {escape(leg.number)}: {when} {leg.last_outcome or ''} {escape(leg.last_detail)}"
            )
