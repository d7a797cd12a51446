"""Decide what is to be told, and tell it: one round, the same for daemon, one-shot and demo; waits for no carrier."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor import outbox
from monitor.adapters.log_file import LOG
from monitor.adapters.message import HoldsAhead
from monitor.adapters.store import Store
from monitor.judging import decide, decide_changed
from monitor.rules.notices import Notice
from monitor.rules.verdict import Verdict
from monitor.session import Session, complain
from scrapers import carriers

_SILENCE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Warned:
    """How many warnings some channel took; the verdicts on all orders where they were wanted, else none."""

    verdicts: list[Verdict]
    handed: int


def warn(
    session: Session,
    store: Store,
    *,
    remark: str = "",
    step: outbox.Step = lambda _: None,
    whole: bool = False,
) -> Warned:
    """One round. `remark` is added to every message; `step` is called with the name of each step done.

    With `whole` all orders are judged, else those whose verdict can have changed.
    """
    now, channels = session.clock(), session.channels()
    session.tick(store)
    push = channels.get("ntfy")
    holds = push if isinstance(push, HoldsAhead) and session.ahead.is_time(now) else None
    verdicts: list[Verdict] = []
    if whole or holds:
        verdicts = decide(store, session.config, list(channels), now)
        judged = len(verdicts)
    else:
        judged = decide_changed(store, session.config, list(channels), now, step)
    store.offer_untold(list(channels))
    if silent := _silence(store, now, session):
        store.tell(silent, list(channels), now)
    outbox.tell_of_failing(store, list(channels), now, session.zone)
    step("after_insert")
    habits = session.config.notify.habits
    handed = outbox.deliver(
        store, channels, now, complain, habits=habits, zone=session.zone, remark=remark, step=step
    )
    if holds and (trouble := session.ahead.keep(store, holds, verdicts, session.config, now)):
        complain(trouble)
    step("after_ahead")
    LOG.log(
        logging.INFO if handed else logging.DEBUG,
        f"{judged} orders judged, {handed} warnings handed over.",
    )
    return Warned(verdicts, handed)


def _silence(store: Store, now: datetime, session: Session) -> Notice | None:
    """Nobody has answered for a day: the watch itself is in trouble, which is told once a day."""
    last = store.answered_by(now)
    if last is None or now - last <= _SILENCE:
        return None
    # One that is switched off, or answers only a person, is not waited for.
    asked = [c.id for c in carriers.every() if c.reach != "user" and session.config.carrier(c.id).enabled]
    if not store.expects_answers(asked):
        return None
    hours = int((now - last).total_seconds() // 3600)
    day = now.astimezone(session.zone).date().isoformat()
    body = f"The last good check was {hours} h ago. Look at parcelwarden check and the network."
    return Notice(
        "no_good_check", f"no_good_check/{day}", None, None, "No carrier has answered for a day", body
    )
