"""All orders judged, kept as long as the store does not change, for a quarter of an hour at most.

A day begins on a quarter of an hour everywhere on earth, and no rule counts in less than days.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from monitor.adapters.store import Store, StoredNotice
from monitor.model import Order
from monitor.rules.verdict import Verdict, judge_all, most_urgent_first
from monitor.session import Session

_SLOT = 15 * 60  # seconds


@dataclass(frozen=True)
class Judged:
    """Every order, the most urgent first, and those that cannot be judged.

    `own` are standing warnings about the program itself.
    """

    verdicts: tuple[Verdict, ...]
    unjudged: tuple[Order, ...]
    checked_at: datetime | None
    own: tuple[StoredNotice, ...]

    @cached_property
    def by_id(self) -> Mapping[str, Verdict]:
        return {verdict.order.order_id: verdict for verdict in reversed(self.verdicts)}


class Judging:
    """Judges for several threads; what holds costs one look at whether the store was written."""

    def __init__(self, session: Session) -> None:
        self._session, self._turn = session, threading.Lock()
        self._mark: object = None
        self._kept: Judged | None = None

    def of_now(self, store: Store) -> Judged:
        """Raises StoreTrouble, ConfigError."""
        session = self._session
        now, config = session.clock(), session.config
        with self._turn:
            mark = (store.mark(), int(now.timestamp() // _SLOT), config)
            if self._kept is None or mark != self._mark:
                verdicts, unjudged = judge_all(store.orders(), config.policy, now, session.zone)
                self._kept = Judged(
                    tuple(most_urgent_first(verdicts)),
                    tuple(unjudged),
                    store.last_good_check(),
                    tuple(store.own_notices()),
                )
                self._mark = mark
            return self._kept
