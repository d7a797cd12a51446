"""Deadlines as an iCalendar file (RFC 5545): all-day entries with alarms, told again under a higher SEQUENCE."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, timedelta

from icalendar import Alarm, Calendar, Event, vDuration

from monitor.harmless import harmless
from monitor.rules.agenda import Told

# An alarm at midnight wakes people, or is swept away unseen.
_MORNING = timedelta(hours=9)
# How often a subscribed calendar may ask again (RFC 7986).
_EVERY = timedelta(hours=1)


def calendar(entries: Iterable[Told]) -> bytes:
    """The file; without a change of the entries it is the same, byte by byte."""
    whole = Calendar()
    whole.add("prodid", "-//parcelwarden//deadlines//EN")
    whole.add("version", "2.0")
    whole.add("method", "PUBLISH")
    whole.add("x-wr-calname", "Parcels: deadlines")
    whole.add("refresh-interval", _EVERY, parameters={"VALUE": "DURATION"})
    whole.add("x-published-ttl", vDuration(_EVERY))  # Outlook's word for the same
    for told in entries:
        whole.add_component(_event(told))
    written: bytes = whole.to_ical()
    return written


def _event(told: Told) -> Event:
    entry = told.entry
    changed = told.changed_at.astimezone(UTC).replace(microsecond=0)
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", told.sequence)
    event.add("dtstamp", changed)
    event.add("last-modified", changed)
    event.add("dtstart", entry.day)
    event.add("dtend", entry.day + timedelta(days=1))
    # RFC 5545 has no control signs: some calendars would refuse the whole file for one in a title.
    event.add("summary", harmless(entry.summary))
    event.add("description", harmless(entry.description))
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT")  # a deadline does not make its owner busy
    event.add("class", "PRIVATE")
    for days in () if entry.cancelled else entry.alarms:
        event.add_component(_alarm(days, entry.summary))
    return event


def _alarm(days: int, summary: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", harmless(summary))
    alarm.add("trigger", _MORNING - timedelta(days=days))
    return alarm
