"""One journey out of what several carriers saw under several numbers.

The same scan seen twice is one event; the order of events is that of their instants. docs/merging.md tells
the rules in words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.model import Parcel
from scrapers.base import Stage, Status, TrackingEvent

# Two carriers note one scan minutes apart; two real scans of one kind lie further apart.
_SAME_SCAN = timedelta(minutes=15)
# A zone that had to be assumed shifts a time by whole hours, at most by this much.
_WIDEST_SHIFT = timedelta(hours=14)

ORDER_OF_STAGES: tuple[Stage, ...] = (
    "", "label", "accepted", "origin", "export_customs", "line_haul", "arrived", "import_customs",
    "local_carrier", "local", "out_for_delivery", "pickup",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scan:
    """One event of the merged journey: who saw it, under which number, and how far along the parcel then was.

    `witnesses` are the other carriers that told of it, with the time each gave.
    """

    event: TrackingEvent
    carrier: str
    number: str
    stage: Stage
    witnesses: tuple[tuple[str, datetime], ...] = ()

    def goes_on_after(self, before: Scan) -> bool:
        """Whether, of this scan and one before it in the journey, one carrier told both in this order."""
        if self.carrier == before.carrier:
            return True
        then = dict([*before.witnesses, (before.carrier, before.event.at)])
        told = [*self.witnesses, (self.carrier, self.event.at)]
        return any(carrier in then and at > then[carrier] for carrier, at in told)


def merge(parcel: Parcel) -> tuple[Scan, ...]:
    """All scans of a parcel, oldest first, each once, with its stage."""
    seen = [(event, leg.carrier, leg.number) for leg in parcel.legs for event in leg.events]
    seen += [(event, "shop", parcel.number) for event in parcel.shop_events]
    seen.sort(key=lambda entry: entry[0].at)
    kept: list[tuple[TrackingEvent, str, str]] = []
    witnesses: dict[int, list[tuple[str, datetime]]] = {}
    for entry in seen:
        same = next((at for at in reversed(range(len(kept))) if _same(entry, kept[at])), None)
        if same is None:
            kept.append(entry)
        elif entry[1] != kept[same][1]:
            witnesses.setdefault(same, []).append((entry[1], entry[0].at))
    scans = _staged(kept)
    return tuple(
        replace(scan, witnesses=tuple(witnesses[at])) if at in witnesses else scan
        for at, scan in enumerate(scans)
    )


def _same(one: tuple[TrackingEvent, str, str], other: tuple[TrackingEvent, str, str]) -> bool:
    a, b = one[0], other[0]
    apart = abs(a.at - b.at)
    same_words = a.text.casefold() == b.text.casefold()
    if one[1:] == other[1:]:  # one carrier lists the same row twice, but never two scans in one second
        return apart == timedelta(0) and same_words and a.code == b.code
    same_meaning = (a.status.tag, a.status.subtag) == (b.status.tag, b.status.subtag) != ("Unknown", "")
    # A carrier's code may say of the same words that they mean something else: delivered, but to the sender.
    alike = same_meaning or (same_words and kind(a.status) == kind(b.status))
    if apart <= _SAME_SCAN:
        return alike
    whole_hours = (a.at.minute, a.at.second) == (b.at.minute, b.at.second)
    assumed = not (a.at_is_exact and b.at_is_exact)
    return assumed and whole_hours and apart <= _WIDEST_SHIFT and alike


def kind(status: Status) -> tuple[str, str]:
    """What a status means, as far as two words for it can differ: of trouble, which."""
    return status.tag, status.subtag if status.tag == "Exception" else ""


def _staged(seen: Iterable[tuple[TrackingEvent, str, str]]) -> tuple[Scan, ...]:
    """A stage known from the code or text is taken; otherwise the parcel is where it was, or further by its tag."""
    scans: list[Scan] = []
    stage: Stage = ""
    for event, carrier, number in seen:
        stage = event.status.stage or _implied(event, stage)
        scans.append(Scan(event, carrier, number, stage))
    return tuple(scans)


def _implied(event: TrackingEvent, before: Stage) -> Stage:
    tag, subtag = event.status.tag, event.status.subtag
    if tag in ("Pending", "InfoReceived"):
        return before or "label"
    if tag == "OutForDelivery" or tag == "AttemptFail":
        return "out_for_delivery"
    if tag == "AvailableForPickup":
        return "pickup"
    if subtag == "InTransit_004":
        return "arrived"
    if tag != "InTransit":
        return before
    reached = ORDER_OF_STAGES.index(before)
    if subtag == "InTransit_002":
        return "local_carrier" if reached >= ORDER_OF_STAGES.index("arrived") else "accepted"
    if subtag == "InTransit_003" and before in ("arrived", "import_customs", "local_carrier"):
        return "local"
    return before if reached >= ORDER_OF_STAGES.index("accepted") else "origin"
