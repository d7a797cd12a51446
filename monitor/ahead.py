"""Last-day alarms left with the push server beforehand, so that a machine that is off still warns.

They are renewed when what they say changes and taken back when the order is settled or its day moves, as far as the
server can. The machine tells the same by itself at the same time: twice rather than never.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.adapters.message import HoldsAhead, Message
from monitor.adapters.store import Store
from monitor.config import Config
from monitor.rules.ahead import Alarm, last_days
from monitor.rules.verdict import Verdict

_EVERY = timedelta(minutes=10)


class Ahead:
    """Keeps one push server's held alarms as they should be, looking every ten minutes."""

    def __init__(self) -> None:
        self._looked_at: datetime | None = None
        self._trouble = ""

    def is_time(self, now: datetime) -> bool:
        """Whether the server is to be looked at again."""
        return self._looked_at is None or abs(now - self._looked_at) >= _EVERY

    def keep(
        self, store: Store, channel: HoldsAhead, verdicts: Sequence[Verdict], config: Config, now: datetime
    ) -> str:
        """Bring the server up to date; what went wrong, a sentence told once, "" for nothing new."""
        if not self.is_time(now):
            return ""
        self._looked_at = now
        before, self._trouble = self._trouble, _update(store, channel, verdicts, config, now)
        return self._trouble if self._trouble != before else ""


def _update(
    store: Store, channel: HoldsAhead, verdicts: Sequence[Verdict], config: Config, now: datetime
) -> str:
    """Leave what is wanted, the earliest first, then take back what is not; the first trouble of either kind."""
    wanted = sorted(
        last_days(verdicts, config.policy, now, config.zone, channel.longest, channel.place),
        key=lambda alarm: alarm.at,
    )
    held = {alarm.id: alarm for alarm in store.held_ahead()}
    not_left = _leave(store, channel, [alarm for alarm in wanted if held.get(alarm.id) != alarm])
    gone = held.keys() - {alarm.id for alarm in wanted}
    return not_left or _take_back(store, channel, [held[ident] for ident in sorted(gone)], now)


def _leave(store: Store, channel: HoldsAhead, alarms: Sequence[Alarm]) -> str:
    """What a server does not take ends it: the later ones may be too far ahead for it, or it is down."""
    for alarm in alarms:
        sent = channel.send_at(alarm.id, Message(alarm.title, alarm.body), alarm.at)
        if not sent.ok:
            return (
                f"An alarm could not be left with {channel.name} for a day this machine is off: {sent.detail}"
            )
        store.put_ahead(alarm)
    return ""


def _take_back(store: Store, channel: HoldsAhead, alarms: Sequence[Alarm], now: datetime) -> str:
    for alarm in alarms:
        if alarm.at > now + channel.longest:  # not wanted only because the clock was set back: it stays
            continue
        if alarm.at > now and not (sent := channel.take_back(alarm.id)).ok:
            return f"An alarm left with {channel.name} could not be taken back: {sent.detail}"
        store.drop_ahead(alarm)
    return ""
