"""Figures: how long parcels take, how long they are silent, how carriers answer, money at stake and money back.

A figure is a table: what is drawn stands beside its words, so nobody needs the drawing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from math import ceil
from statistics import median

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.rules.history import route_of
from monitor.rules.verdict import Verdict
from monitor.web.frame import Frame
from monitor.web.speech import Speech

SPAN = 100  # the width a bar may have
_COUNTED = timedelta(days=14)
_SILENT = ((0, 2), (3, 5), (6, 9), (10, 14), (15, 29), (30, 9999))


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a row, in SPAN units. `kind` is its class: "good", "bad", "range"."""

    start: float
    length: float
    kind: str = "good"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a figure: its label, what is drawn (`mark`: a single point), and the same in words."""

    label: str
    bars: tuple[Bar, ...]
    words: str
    mark: float | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    explained: str
    rows: tuple[Row, ...]


def routes(frame: Frame) -> list[Route]:
    def figures(_request: Request) -> Response:
        with frame.store() as store:
            verdicts = frame.judged(store).verdicts
            answers = store.answers_since(frame.now() - _COUNTED)
            times = store.answer_times(frame.now() - _COUNTED)
        spoken = frame.speech
        shown = [
            _figure(spoken, "Money at stake", "Paid for orders still watched, by the week their last safe day is in.",
                    stake_by_week(verdicts, spoken)),
            _figure(spoken, "Money back", "Refunds the shop agreed to, by month.", money_back(verdicts, spoken)),
            _figure(spoken, "Days in transit", "From shipping to the delivery scan, by route and month of shipping:"
                    " the quickest to the slowest, the point is the middle one.", in_transit(verdicts, spoken)),
            _figure(spoken, "Silences", "Parcels on their way, by days since their last scan.",
                    silences(verdicts, spoken)),
            _figure(spoken, "How carriers answer", "Of the questions of the last 14 days, those that got an answer.",
                    how_they_answer(answers, spoken)),
            _figure(spoken, "How fast carriers answer", "Seconds until an answer was there, of the last 14 days:"
                    " the bar ends at the middle one, nine of ten came before the point.", how_fast(times, spoken)),
        ]  # fmt: skip
        return frame.page("figures.html", figures=shown, span=SPAN)

    return [Route("/figures", figures)]


def _figure(spoken: Speech, name: str, explained: str, rows: Iterable[Row]) -> Figure:
    say = spoken.catalogue.gettext
    return Figure(say(name), say(explained), tuple(rows))


def stake_by_week(verdicts: Sequence[Verdict], spoken: Speech) -> list[Row]:
    """Money per currency and week of the last safe day; what has none comes last."""
    sums: defaultdict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for v in verdicts:
        if v.order.watched and v.order.amount is not None:
            day = v.nearest.last_safe_day if v.nearest else date.max
            week = day if day == date.max else day - timedelta(days=day.weekday())
            sums[v.order.currency, week] += v.order.amount

    def label(week: date) -> str:
        say = spoken.catalogue.gettext
        return (
            say("no date known") if week == date.max else say("week of %(day)s") % {"day": spoken.day(week)}
        )

    return _of_money(sums, label, spoken)


def money_back(verdicts: Sequence[Verdict], spoken: Speech) -> list[Row]:
    sums: defaultdict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for v in verdicts:
        for case in v.order.cases:
            if case.state == "refunded" and case.refund is not None:
                sums[case.currency, case.changed_at.date().replace(day=1)] += case.refund
    return _of_money(sums, spoken.month, spoken)


def in_transit(verdicts: Sequence[Verdict], spoken: Speech) -> list[Row]:
    days: defaultdict[tuple[str, date], list[int]] = defaultdict(list)
    for v in verdicts:
        for parcel, a in zip(v.order.parcels, v.assessments, strict=True):
            delivered = next((s.event.at.date() for s in a.scans if s.event.status.tag == "Delivered"), None)
            shipped = v.order.shipped_on or (a.scans[0].event.at.date() if a.scans else None)
            if a.condition == "delivered" and delivered and shipped and delivered >= shipped:
                origin, goal = route_of(parcel, v.order)
                days[f"{origin or '?'} → {goal or '?'}", shipped.replace(day=1)].append(
                    (delivered - shipped).days
                )
    longest = max((max(found) for found in days.values()), default=1) or 1
    rows = []
    for (route, month), found in sorted(days.items()):
        middle, low, high = median(found), min(found), max(found)
        words = spoken.catalogue.gettext("%(middle)d days (%(low)d to %(high)d; parcels: %(num)d)") % {
            "middle": round(middle), "low": low, "high": high, "num": len(found)
        }  # fmt: skip
        bar = Bar(SPAN * low / longest, SPAN * (high - low) / longest, "range")
        rows.append(Row(f"{route}, {spoken.month(month)}", (bar,), words, SPAN * middle / longest))
    return rows


def silences(verdicts: Sequence[Verdict], spoken: Speech) -> list[Row]:
    idle = [
        a.idle_days for v in verdicts if v.order.watched for a in v.assessments
        if a.idle_days is not None and a.condition not in ("delivered", "returned")
    ]  # fmt: skip
    counts = Counter(next(span for span in _SILENT if span[0] <= days <= span[1]) for days in idle)
    if not counts:
        return []
    most, say = max(counts.values()), spoken.catalogue
    rows = []
    for low, high in _SILENT:
        span = say.gettext("%(low)d days and more") if high > 999 else say.gettext("%(low)d to %(high)d days")
        count = counts[low, high]
        words = say.ngettext("%(num)d parcel", "%(num)d parcels", count) % {"num": count}
        kind = "bad" if low >= 10 else "good"
        rows.append(Row(span % {"low": low, "high": high}, (Bar(0, SPAN * count / most, kind),), words))
    return rows


def how_they_answer(answers: Mapping[str, Counter[str]], spoken: Speech) -> list[Row]:
    rows = []
    for carrier, outcomes in answers.items():
        good, total = outcomes["ok"] + outcomes["not_found"], outcomes.total()
        share = SPAN * good / total
        words = spoken.catalogue.gettext("%(good)d of %(total)d") % {"good": good, "total": total}
        rows.append(Row(carrier, (Bar(0, share), Bar(share, SPAN - share, "bad")), words))
    return rows


def how_fast(times: Mapping[str, Sequence[float]], spoken: Speech) -> list[Row]:
    """Per carrier the median of its answer times and the ninth of ten; the slowest last."""
    found = sorted(
        (median(seconds), _ninth_of_ten(seconds), carrier, len(seconds)) for carrier, seconds in times.items()
    )
    longest = max((ninth for _, ninth, _, _ in found), default=0) or 1
    rows = []
    for middle, ninth, carrier, count in found:
        words = spoken.catalogue.gettext("%(middle)s s (nine of ten: %(ninth)s s; answers: %(num)d)") % {
            "middle": spoken.decimal(middle), "ninth": spoken.decimal(ninth), "num": count
        }  # fmt: skip
        rows.append(Row(carrier, (Bar(0, SPAN * middle / longest),), words, SPAN * ninth / longest))
    return rows


def _ninth_of_ten(values: Sequence[float]) -> float:
    """The smallest value that nine of ten do not exceed."""
    return sorted(values)[ceil(0.9 * len(values)) - 1]


def _of_money(
    sums: Mapping[tuple[str, date], Decimal], label: Callable[[date], str], spoken: Speech
) -> list[Row]:
    most: dict[str, Decimal] = {}
    for (currency, _), amount in sums.items():
        most[currency] = max(most.get(currency, Decimal(0)), amount)
    return [
        Row(
            label(when),
            (Bar(0, float(SPAN * amount / (most[currency] or 1))),),
            spoken.money(amount, currency),
        )
        for (currency, when), amount in sorted(sums.items(), key=lambda entry: entry[0])
    ]
