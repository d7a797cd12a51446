"""Last-day alarms left with the push server beforehand, so that a machine that is off still warns.

They are renewed when what they say changes and taken back when the order is settled or its day moves, as far as the
server can. The machine tells the same by itself at the same time: twice rather than never.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.adapters.message import HoldsAhead, Message, Sent
from monitor.adapters.store import Store
from monitor.config import Config
from monitor.rules.ahead import Alarm, last_days
from monitor.rules.verdict import Verdict

_EVERY = timedelta(minutes=10)


class Ahead:
    """Keeps one push server's held alarms as they should be, looking every ten minutes."""

    def __init__(self) -> None:
        self._looked_at: datetime | None = None
        self.trouble = ""

    def keep(
        self, store: Store, channel: HoldsAhead, verdicts: Sequence[Verdict], config: Config, now: datetime
    ) -> str:
        """Bring the server up to date; what went wrong, a sentence told once, "" for nothing new."""
        if self._looked_at and abs(now - self._looked_at) < _EVERY:
            return ""
        self._looked_at = now
        before, self.trouble = self.trouble, _update(store, channel, verdicts, config, now)
        return self.trouble if self.trouble != before else ""


def _update(
    store: Store, channel: HoldsAhead, verdicts: Sequence[Verdict], config: Config, now: datetime
) -> str:
    """The first thing that goes wrong ends it; the next look goes on from there."""
    wanted = {a.id: a for a in last_days(verdicts, config.policy, now, config.zone, channel.longest)}
    held = {alarm.id: alarm for alarm in store.held_ahead()}
    for alarm in held.values():
        if alarm.at <= now:  # delivered
            store.drop_ahead(alarm)
        elif alarm.id not in wanted and not _is_beyond(alarm, channel, now):
            if not (sent := channel.take_back(alarm.id)).ok:
                return f"An alarm left with {channel.name} could not be taken back: {sent.detail}"
            store.drop_ahead(alarm)
    for alarm in wanted.values():
        if held.get(alarm.id) != alarm:
            if not (sent := _leave(channel, alarm)).ok:
                return f"An alarm could not be left with {channel.name} for a day this machine is off: {sent.detail}"
            store.put_ahead(alarm)
    return ""


def _is_beyond(alarm: Alarm, channel: HoldsAhead, now: datetime) -> bool:
    """Not wanted only because the clock was set back: it stays."""
    return alarm.at > now + channel.longest


def _leave(channel: HoldsAhead, alarm: Alarm) -> Sent:
    return channel.send_at(alarm.id, Message(alarm.title, alarm.body), alarm.at)
