"""The first page: what needs the user now, what is on its way, what is done; searched, filtered, sorted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from urllib.parse import quote

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.rules import unjudged
from monitor.rules.verdict import Verdict
from monitor.web.frame import Frame, order_address
from monitor.web.strip import WIDTH, months

GROUPS = ("Needs you now", "On the way", "Done")
_MOST_DONE = 30  # of what is over the newest are enough, until it is searched or asked for
_LAST = date.max

SORTS: dict[str, Callable[[Verdict], object]] = {
    "urgency": lambda _: 0,  # they come in this order
    "last safe day": lambda v: v.nearest.last_safe_day if v.nearest else _LAST,
    "silence": lambda v: -max((a.idle_days or 0 for a in v.assessments), default=0),
    "newest": lambda v: -(v.order.placed_on or date.min).toordinal(),
    "amount": lambda v: -(v.order.amount or Decimal(0)),
}

# Where the next step of an advice is done on these pages: the address' part of an order, or the kind of a draft.
_STEPS = {
    "prepare_dispute": ("Prepare the dispute", "dispute"),
    "open_dispute": ("Prepare the dispute", "dispute"),
    "cancel_order": ("Prepare the cancellation", "dispute"),
    "answer_case": ("Answer in the dispute", "case"),
    "add_evidence": ("Make the evidence", "evidence"),
}
_LETTERS = {
    "ask_seller": ("Write to the seller", "seller-message"),
    "check_post_office": ("Ask the post office", "post-office"),
    "contact_carrier": ("Ask the post office", "post-office"),
}


WORDS = (*GROUPS, *SORTS, *(words for words, _ in (*_STEPS.values(), *_LETTERS.values())))


class _Cards:
    """The orders as drawn, each kept until its verdict, the day or the language changes."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._kept: dict[str, tuple[Verdict, object, Markup]] = {}

    def of(self, verdict: Verdict) -> Markup:
        frame, order_id = self._frame, verdict.order.order_id
        drawn_for = (frame.today(), frame.speech, frame.session.config)
        before = self._kept.get(order_id)
        if before and before[1] == drawn_for and before[0] == verdict:
            return before[2]
        drawn = frame.part(
            "card.html",
            v=verdict,
            step=step(verdict),
            strip=frame.strip(verdict),
            width=WIDTH,
            spoken=frame.speech,
        )
        self._kept[order_id] = (verdict, drawn_for, drawn)
        return drawn


def routes(frame: Frame) -> list[Route]:
    cards = _Cards(frame)

    def overview(request: Request) -> Response:
        asked = request.query_params
        wanted = asked.get("q", "").strip()[:100]
        sort = asked.get("sort", "") if asked.get("sort") in SORTS else "urgency"
        only = asked.get("only", "") if asked.get("only") in GROUPS else ""
        with frame.store() as store:
            judged = frame.judged(store)
        shown = [v for v in judged.verdicts if wanted.casefold() in _searched(v)]
        shown.sort(key=SORTS[sort])  # type: ignore[arg-type]  # each key sorts by one comparable kind
        groups = {name: [v for v in shown if _group(v) == name] for name in GROUPS if only in ("", name)}
        counts = {name: len(found) for name, found in groups.items()}
        if "Done" in groups and not (wanted or only):
            groups["Done"] = groups["Done"][:_MOST_DONE]
        return frame.page(
            "overview.html",
            groups=groups, counts=counts, wanted=wanted, sort=sort, only=only, sorts=tuple(SORTS), names=GROUPS,
            card=cards.of, checked_at=judged.checked_at, own=judged.own,
            any_at_all=bool(judged.verdicts or judged.unjudged),
            unjudged=[unjudged.sentence(order) for order in judged.unjudged if order.watched],
            stake=at_stake(judged.verdicts), months=_months(frame),
        )  # fmt: skip

    return [Route("/", overview)]


def step(verdict: Verdict) -> tuple[str, str]:
    """What the button of the next step says, and where it leads; ("", "") where there is none."""
    action, order_id = verdict.advice.action, verdict.order.order_id
    if action in _LETTERS:
        words, kind = _LETTERS[action]
        return words, f"/drafts/{quote(order_id, safe='')}?kind={kind}"
    if action in _STEPS:
        words, part = _STEPS[action]
        return words, order_address(order_id, part)
    return "", ""


def at_stake(verdicts: Iterable[Verdict]) -> list[tuple[str, Decimal]]:
    """What was paid for orders that are still watched, per currency."""
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for v in verdicts:
        if v.order.watched and v.order.amount is not None:
            sums[v.order.currency] += v.order.amount
    return sorted(sums.items(), key=lambda entry: -entry[1])


def _group(verdict: Verdict) -> str:
    return GROUPS[0] if verdict.urgent else GROUPS[1] if verdict.order.watched else GROUPS[2]


def _months(frame: Frame) -> object:
    return months(frame.now().date())


def _searched(verdict: Verdict) -> str:
    order = verdict.order
    numbers: Sequence[str] = [leg.number for parcel in order.parcels for leg in parcel.legs]
    own = [parcel.number for parcel in order.parcels]
    return " ".join([order.order_id, order.title, order.seller, *own, *numbers]).casefold()
