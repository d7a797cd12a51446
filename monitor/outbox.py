"""Handing warnings over: each stored row is offered to its channels until one after another took it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from monitor.adapters.store import Store, StoredNotice

if TYPE_CHECKING:
    from monitor.adapters.notify import Channel

TERMINAL = "terminal"


def deliver(store: Store, channels: Mapping[str, Channel], now: datetime, say: Callable[[str], None]) -> int:
    """Offer every due warning to its channel; returns how many were taken. A failing channel is said once."""
    from monitor.adapters.notify import Message

    handed = 0
    failing: set[str] = set()
    for due in store.due_deliveries(list(channels), now) if channels else []:
        if due.channel in failing:
            continue
        sent = channels[due.channel].send(Message(due.notice.title, due.notice.body))
        if sent.ok:
            store.taken(due.notice.id, due.channel, now)
            handed += 1
        else:
            store.failed(due.notice.id, due.channel, sent.detail, now)
            failing.add(due.channel)
            say(
                f"Warnings could not be shown by {due.channel}: {sent.detail} They stay stored and are tried again."
            )
    return handed


def shown_at_the_terminal(store: Store, notices: list[StoredNotice], now: datetime) -> None:
    """The user saw these printed: nothing more has to bring them."""
    for notice in notices:
        store.taken(notice.id, TERMINAL, now)
