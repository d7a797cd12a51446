"""Handing warnings over: each stored row is offered to its channels until one after another took it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, tzinfo
from itertools import groupby
from math import inf

from monitor.adapters.log_file import LOG
from monitor.adapters.message import Channel, Message, Sent
from monitor.adapters.store import Due, Store, StoredNotice
from monitor.rules import clock, telling
from monitor.rules.notices import Notice, short
from monitor.rules.protection import today
from monitor.rules.telling import Habits, Pending

TERMINAL = "terminal"
NEAREST = "desktop"
# Refusals running after which a channel counts as failing: about four minutes.
_PATIENCE = 4
_FEW = 3

Step = Callable[[str], None]


def deliver(
    store: Store,
    channels: Mapping[str, Channel],
    now: datetime,
    say: Callable[[str], None],
    *,
    habits: Habits,
    zone: tzinfo,
    remark: str = "",
    step: Step = lambda _: None,
) -> int:
    """Offer every ripe warning to its channel, several as one message; returns how many were taken.

    A failing channel is said once, and what it would have shown first goes to the others at once. Nothing is sent that
    could not be marked as sent: a full disk would make it come again every half minute. `step` is called with the name
    of each step done: a test may end there.
    """
    handed = 0
    failing: set[str] = set()
    able = dict(channels)
    # The day it is, and the one it may be where something speaks against the clock.
    days = [today(moment, zone) for moment in clock.moments(now, store.clock_doubt())]
    while able:
        for channel, ripe in _ripe(store, able, habits, now, zone, days):
            if channel in failing:
                continue
            message = _message(ripe, days, remark)
            sent = _offer(store, channel, channels[channel], ripe, message, now, step)
            if sent.ok:
                handed += len(ripe)
            else:
                failing.add(channel)
                say(
                    f"Warnings could not be shown by {channel}: {sent.detail} They stay stored and are tried again."
                )
        if NEAREST not in failing or NEAREST not in able:
            break
        able = {name: one for name, one in channels.items() if name not in failing}
    return handed


def _offer(
    store: Store,
    name: str,
    channel: Channel,
    ripe: Sequence[Due],
    message: Message,
    now: datetime,
    step: Step,
) -> Sent:
    """One message, and what came of it stored for each of its warnings."""
    numbers = [due.notice.id for due in ripe]
    store.offered(numbers, name, now)
    step("before_send")
    try:
        sent = channel.send(message)
    except Exception as fault:  # noqa: BLE001 - one channel that breaks its word must not silence the others
        LOG.warning(f"{name}: it arose here", exc_info=True)
        sent = Sent(ok=False, detail=f"An unexpected fault ({type(fault).__name__}).")
    step("after_send")
    if sent.ok:
        store.taken(numbers, name, now)
    else:
        store.failed(numbers, name, sent.detail, now)
    step("after_mark")
    return sent


def tell_of_failing(store: Store, channels: Sequence[str], now: datetime, zone: tzinfo) -> None:
    """A channel that keeps failing is a warning on the others, once a day."""
    for failing in store.failing(_PATIENCE):
        others = [name for name in channels if name != failing]
        if failing in channels and others:
            store.tell(_about_channel(failing, today(now, zone).isoformat()), others, now)


def _about_channel(name: str, day: str) -> Notice:
    body = f"Warnings do not get through by {name}. parcelwarden notify test says why."
    return Notice(
        "channel_failing", f"channel_failing/{name}/{day}", None, None, f"{name} does not work", body
    )


def shown_at_the_terminal(store: Store, notices: list[StoredNotice], now: datetime) -> None:
    """The user saw these printed: nothing more has to bring them."""
    store.taken([notice.id for notice in notices], TERMINAL, now)


def _ripe(
    store: Store,
    channels: Mapping[str, Channel],
    habits: Habits,
    now: datetime,
    zone: tzinfo,
    days: Sequence[date],
) -> list[tuple[str, list[Due]]]:
    """Each channel with what it gets as one message now, the nearest channel first."""
    due = store.due_deliveries(list(channels)) if channels else []
    nearest = {d.notice.id for d in due if d.channel == NEAREST and not d.tries}

    def goes(d: Due) -> bool:
        alone = d.channel == NEAREST or not (d.notice.id in nearest or NEAREST in d.notice.taken_by)
        return any(telling.ripe(_pending(d, day, alone=alone), habits, now, zone) for day in days)

    chosen = sorted(filter(goes, due), key=lambda d: (d.channel != NEAREST, d.channel))
    return [
        (name, message)
        for name, group in groupby(chosen, key=lambda d: d.channel)
        for message in _messages(list(group), days)
    ]


def _messages(due: list[Due], days: Sequence[date]) -> list[list[Due]]:
    """A message for each order, or one for all where they are many: after a long sleep nobody reads forty.

    An order on its last safe day always has its own.
    """
    by_order: dict[str, list[Due]] = {}
    for d in due:
        by_order.setdefault(d.notice.order_id, []).append(d)
    last = [d.notice.order_id for d in due if d.notice.step is not None and d.notice.deadline in days]
    last_days = [by_order.pop(order) for order in dict.fromkeys(last)]
    others = list(by_order.values())
    return last_days + (others if len(others) <= _FEW else [[d for order in others for d in order]])


def _pending(due: Due, day: date, *, alone: bool) -> Pending:
    notice = due.notice
    return Pending(
        kind=notice.kind,
        step=notice.step,
        days_left=_days_left(notice, day),
        made_at=notice.made_at,
        stands=notice.stands,
        taken_at=due.taken_at,
        next_try_at=due.next_try_at,
        snoozed_until=notice.snoozed_until,
        alone=alone,
    )


def _message(due: Sequence[Due], days: Sequence[date], remark: str) -> Message:
    """All that one channel gets at once, what is nearest to its last safe day, by any of `days`, first."""

    def nearness(notice: StoredNotice) -> tuple[bool, int, float]:
        left = min((n for day in days if (n := _days_left(notice, day)) is not None and n >= 0), default=-1)
        # Of one day judged at two times (a doubted clock) the step nearer to it first, and last that it is over.
        return (left < 0, left, inf if notice.step is None or notice.step < 0 else notice.step)

    notices = sorted((d.notice for d in due), key=nearness)
    lines = [(short(n.order_id) if n.order_id else "", n.title, n.body) for n in notices]
    title, body = telling.merged(lines)
    orders = {notice.order_id for notice in notices}
    return Message(title, f"{body} {remark}" if remark else body, orders.pop() if len(orders) == 1 else "")


def _days_left(notice: StoredNotice, day: date) -> int | None:
    return (notice.deadline - day).days if notice.deadline else None
