"""What to do now: the table of situations, the most urgent first.

Each row follows the decision table of AliExpress's rules as buyers and the shop's own texts describe them
(facts collected 2026-11, rows D3). The first row that applies is the advice; the others that apply are listed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from monitor.model import Action, Case, Condition, Order
from monitor.rules.assess import Assessment
from monitor.rules.expected import too_late
from monitor.rules.moved import Move, latest
from monitor.rules.policy import Policy
from monitor.rules.protection import Deadline, today
from monitor.rules.reasons import Reason, because
from scrapers.marketplaces.profiles import WITH_FORMS, DeadlineKind, Profile

NEAR = 3  # days: from here on the draft and the evidence are made ready
SOON = 7  # days: from here on ask the post office first
SELLER_TIME = 20  # days a seller gets to answer about a number that never moved
UNSURE = 30  # days by which an estimated end may be too early: texts say 60 to 90 days from shipping
LONGER = 8  # days by which a counted window after the completion may be too short: texts name 7 days and 15
GRACE = 7  # days after the protection end in which the page has still taken disputes of completed orders


@dataclass(frozen=True)
class Facts:
    """Everything a row may look at, for one order on one day. Each fact is found once: some fifty rows ask for it."""

    order: Order
    assessments: tuple[Assessment, ...]
    deadlines: tuple[Deadline, ...]
    today: date
    policy: Policy

    @functools.cached_property
    def shop(self) -> Profile:
        return self.policy.profiles.shop(self.order.marketplace)

    def deadline(self, kind: DeadlineKind) -> Deadline | None:
        return self._nearest.get(kind)

    @functools.cached_property
    def _nearest(self) -> dict[DeadlineKind, Deadline]:
        """The nearest deadline of each kind."""
        return {deadline.kind: deadline for deadline in reversed(self.deadlines)}

    @functools.cached_property
    def missing(self) -> tuple[Assessment, ...]:
        """Parcels that are not shown as delivered."""
        return tuple(a for a in self.assessments if a.condition != "delivered")

    @functools.cached_property
    def all_delivered(self) -> bool:
        return bool(self.assessments) and not self.missing

    @functools.cached_property
    def completed(self) -> bool:
        return self.order.order_state == "completed" or self.order.completed_on is not None

    @functools.cached_property
    def processing(self) -> bool:
        """Not shipped by the shop's word, which a scan of a carrier overrules."""
        scanned = any(a.last_movement_at is not None for a in self.assessments)
        return self.order.order_state == "processing" and not self.completed and not scanned

    @functools.cached_property
    def open(self) -> bool:
        """Shipped, not completed, not cancelled: the time in which "not received" is claimed by the protection."""
        settled = self.order.order_state in ("to_pay", "cancelled", "closed")
        return not self.completed and not settled and not self.processing

    @functools.cached_property
    def right(self) -> Deadline | None:
        """The deadline of the claim "not received": the protection, once completed the short window before it."""
        protection, window = self.deadline("protection_end"), self.deadline("completed_window")
        if not self.completed:
            return protection
        still = [d for d in (window, protection) if d is not None and d.days_left >= 0]
        return still[0] if still else window or protection

    @functools.cached_property
    def left(self) -> int | None:
        """Days left of that right, None where no date is known."""
        return self.right.days_left if self.right else None

    def within(self, days: int) -> bool:
        return self.left is not None and 0 <= self.left <= days

    def any(self, *conditions: Condition) -> bool:
        return any(a.condition in conditions for a in self.assessments)

    @functools.cached_property
    def waited(self) -> int:
        """Days since the order was shipped, else paid, else placed."""
        start = self.order.shipped_on or self.order.paid_on or self.order.placed_on
        return (self.today - start).days if start else 0

    @functools.cached_property
    def untracked(self) -> bool:
        """On its way by the shop's word, with nothing from any carrier: no number, unknown, or a mere label."""
        return not self.assessments or self.any("no_information", "label_only")

    def case(self, *states: str) -> bool:
        return any(case.state in states for case in self.order.cases)

    @functools.cached_property
    def rest(self) -> bool:
        """Something was bought that no dispute or refund is about; where that is unknown, only a refund is doubted."""
        cases = [case for case in self.order.cases if case.state != "closed"]
        if not cases or self.order.order_state in ("to_pay", "cancelled", "closed"):
            return False
        items, about = {line.line_id for line in self.order.lines}, {case.line_id for case in cases}
        if len(items) > 1 and about <= items:
            return about != items
        one_piece = len(self.order.lines) == 1 and self.order.lines[0].quantity == 1
        if one_piece or any(case.state != "refunded" for case in cases):
            return False
        paid = self.order.amount
        known = [c.refund for c in cases if c.refund is not None and c.currency in ("", self.order.currency)]
        if paid is None or len(known) < len(cases):
            return len(items) > 1 or len(self.order.parcels) > 1
        return sum(known) < paid

    @functools.cached_property
    def payer_left(self) -> bool:
        """PayPal or the card may still be asked; where the way of paying is unknown, the shorter is assumed."""
        known = [d for d in self.deadlines if d.kind in _PAYER]
        if known:
            return any(d.days_left >= 0 for d in known)
        paid = self.order.paid_on or self.order.placed_on
        windows = [w for p in self.policy.profiles.by_id.values() for w in p.windows if w.kind in _PAYER]
        shortest = min((window.days for window in windows), default=0)
        return paid is not None and (self.today - paid).days <= shortest


Test = Callable[[Facts], bool]


@dataclass(frozen=True, slots=True)
class Row:
    """One situation: when it applies, what to do, by which deadline, in what words, and what not to do.

    Of the deadlines in `by` the first counts that is a right not over yet, else the first there is.

    {shop} in the words is the order's shop.
    """

    situation: str
    action: Action
    applies: Test
    by: tuple[DeadlineKind, ...]
    text: str
    avoid: str = ""


@dataclass(frozen=True, slots=True)
class Advice:
    """The row that won, with its reasons; `also` are the situations that apply besides.

    `entry` is the page where the shop, or who paid, is asked; "" where nothing is to be done or none is known.
    """

    action: Action
    situation: str
    by: date | None
    why: tuple[Reason, ...]
    text: str
    avoid: str = ""
    also: tuple[str, ...] = ()
    entry: str = ""


def _not_here(f: Facts) -> bool:
    return f.open and not f.all_delivered


def _suspicious_delivered(f: Facts) -> bool:
    return any(
        a.condition == "suspicious" and any(s.event.status.tag == "Delivered" for s in a.scans)
        for a in f.assessments
    )


_NOT_RECEIVED: tuple[DeadlineKind, ...] = ("completed_window", "protection_end")
_PAYER: tuple[DeadlineKind, ...] = ("paypal_dispute", "card_chargeback")
_STAY_OPEN = "Do not press “Confirm received”, and close no dispute for a promise."
# Of a dispute or a refund, which may be about one item only.
_OF_A_CASE = frozenset({
    "case_waits_for_you", "return_agreed", "case_with_platform", "seller_silent", "refund_overdue", "case_refunded",
    "case_with_seller",
})  # fmt: skip

TABLE: tuple[Row, ...] = (
    # -- over and done ---------------------------------------------------------------------------------------
    Row("has_it", "nothing", lambda f: f.order.received_on is not None, (), "You have it: nothing to do."),
    Row("archived", "nothing", lambda f: f.order.archived_on is not None, (), "Put away by you."),
    Row("to_pay", "nothing", lambda f: f.order.order_state == "to_pay", (), "Not paid yet: nothing to watch."),
    # -- a case is open --------------------------------------------------------------------------------------
    Row("case_waits_for_you", "answer_case", lambda f: f.case("waiting_buyer"), ("case_answer",),
        "The dispute waits for your answer: accept, or disagree and add photos or videos. Silence can lose it.",
        "Do not accept less than you want only because the timer runs."),
    Row("paypal_closes", "claim_from_payer", lambda f: _left(f, "paypal_escalate", SOON), ("paypal_escalate",),
        "Your PayPal dispute is about to be closed for good: escalate it to a claim, or have your money first."),
    Row("return_agreed", "send_return", lambda f: f.case("return_agreed"), ("return_posting",),
        "Send the item back with tracking in time and enter the number in the dispute.",
        "Do not post it without a tracking number."),
    Row("case_with_platform", "add_evidence", lambda f: f.case("platform_review"), ("platform_decision",),
        "{shop} decides. Add what is still missing: the carrier's statement, clearer photos.", _STAY_OPEN),
    Row("seller_silent", "add_evidence", lambda f: f.case("opened", "waiting_seller") and _over(f, "seller_answer"),
        ("platform_decision", "seller_answer"),
        "The seller's time to answer is over. Open the dispute and see what came of it; as long as it is not granted,"
        " add what evidence is missing.", _STAY_OPEN),
    Row("refund_overdue", "follow_refund", lambda f: _refunded(f) and _over(f, "refund_arrival"), ("refund_arrival",),
        "The money should have arrived. Look at the statement around the purchase date too; is it not there, ask {shop}"
        " for the proof of the refund and then your bank."),
    Row("case_refunded", "follow_refund", lambda f: f.case("refunded"), ("refund_arrival",),
        "The refund is granted. It can take weeks; look at the purchase date of the statement too."),
    Row("case_with_seller", "wait", lambda f: f.case("opened", "waiting_seller"),
        ("seller_answer", "platform_decision"), "The dispute is with the seller.", _STAY_OPEN),
    Row("case_over", "nothing", lambda f: f.case("closed") and not f.assessments and f.right is None, (),
        "Its dispute is closed, and nothing else is known of the order."),
    # -- never shipped, cancelled, closed --------------------------------------------------------------------
    Row("cancelled", "follow_refund", lambda f: f.order.order_state == "cancelled" and _paid(f), ("refund_arrival",),
        "The order is cancelled: see that the money comes back, which can take weeks."),
    Row("cancelled_unpaid", "nothing", lambda f: f.order.order_state == "cancelled", (), "Cancelled before payment."),
    Row("closed", "follow_refund", lambda f: f.order.order_state == "closed", (),
        "The shop closed the order and gives no reason: open its page and see whether you were refunded; if not, and it"
        " is not here, open the dispute as long as the protection runs."),
    Row("cancel_unanswered", "cancel_order", lambda f: f.processing and _over(f, "cancel_answer"), ("cancel_answer",),
        "You asked to cancel, and the seller's time to answer is over: see whether the order is cancelled; if not, ask"
        " for it again."),
    Row("cancel_asked", "wait", lambda f: f.processing and _left(f, "cancel_answer"), ("cancel_answer",),
        "You asked to cancel; the seller has yet to answer."),
    Row("ship_by_over", "cancel_order", lambda f: f.processing and _over(f, "ship_by"), ("ship_by",),
        "The seller did not ship in time: cancel the order (“I no longer need this product”) if the shop did not.",
        "Do not let the seller talk you into waiting outside the order."),
    Row("not_shipped", "ask_seller", lambda f: f.processing and f.waited >= f.policy.not_shipped_days, ("ship_by",),
        "Still not shipped: ask the seller once when it will be."),
    Row("processing", "wait", lambda f: f.processing, ("ship_by",),
        "The seller prepares it; it can still be cancelled."),
    # -- the shop counts it as completed ---------------------------------------------------------------------
    Row("completed_not_here", "open_dispute", lambda f: f.completed and _unproven(f) and f.within(999), _NOT_RECEIVED,
        "The shop completed the order although no carrier shows a delivery. If you do not have it, open the dispute"
        " now: only a short window is left.", _STAY_OPEN),
    Row("completed_check", "wait", lambda f: f.completed and f.within(999), _NOT_RECEIVED,
        "Check what you got. If something is wrong or missing, open the dispute before the window ends."),
    Row("completed_just_over", "open_dispute", lambda f: f.completed and _unproven(f) and _maybe_open(f),
        ("completed_window",), "The short window after the completion should be over, but some orders get 15 days. If"
        " you do not have it, try to open the dispute all the same, today.", _STAY_OPEN),
    Row("completed_over_not_here", "claim_from_payer",
        lambda f: f.completed and _unproven(f) and f.right is not None and f.payer_left,
        ("paypal_dispute", "card_chargeback"),
        "The shop's windows are over. If it never came, PayPal or the bank that issued the card can still be asked."),
    Row("completed_faulty", "wait", lambda f: f.completed and _left(f, "faulty_window"), ("faulty_window",),
        "Only faulty or wrong goods can still be claimed."),
    Row("completed_unknown", "wait", lambda f: f.completed and f.right is None and f.deadline("faulty_window") is None,
        (), "What {shop} still grants after the completion is not known here: if something is wrong, look there soon."),
    Row("completed_over", "nothing", lambda f: f.completed, (), "All windows of this order are over."),
    # -- open at once ----------------------------------------------------------------------------------------
    Row("protection_over", "claim_from_payer", lambda f: _not_here(f) and _past(f, GRACE) and f.payer_left,
        ("paypal_dispute", "card_chargeback"),
        "The protection is over. Ask {shop}'s chat, then PayPal or the bank that issued the card."),
    Row("everything_over", "nothing", lambda f: _not_here(f) and _past(f, GRACE), (),
        "All windows known to us are over."),
    Row("just_over", "open_dispute", lambda f: _not_here(f) and _over(f, "protection_end"),
        ("protection_end", "auto_confirm"),
        "The last safe day is over. Try to open the dispute all the same, today: the page may still take it."),
    Row("last_days", "open_dispute", lambda f: _not_here(f) and f.within(1), ("protection_end",),
        "The last safe day is today or tomorrow. Open the dispute “not received” now; if the page refuses, keep the"
        " refusal and try again, today and tomorrow.", _STAY_OPEN),
    Row("came_back", "open_dispute", lambda f: f.open and f.any("returning", "returned"), ("protection_end",),
        "The parcel goes back to the sender: open the dispute at once (“tracked as returned”).", _STAY_OPEN),
    Row("lost", "open_dispute", lambda f: f.open and f.any("lost"), ("protection_end",),
        "The carrier gives the parcel up as lost: open the dispute at once.", _STAY_OPEN),
    Row("delivered_elsewhere", "open_dispute", lambda f: f.open and _suspicious_delivered(f), ("protection_end",),
        "It shows as delivered, but the scans do not fit your order. If you do not have it, ask the post for a"
        " written statement and open the dispute at once.", _STAY_OPEN),
    Row("closes_soon_not_here", "open_dispute", lambda f: _not_here(f) and f.order.closes_soon_on is not None,
        ("protection_end",), "The shop is about to complete the order. It is not here: open the dispute before that.",
        _STAY_OPEN),
    Row("pickup", "collect_parcel", lambda f: f.open and f.any("ready_for_pickup"), ("protection_end",),
        "It waits to be collected; it goes back when its storage ends."),
    # -- the date is near ------------------------------------------------------------------------------------
    Row("near_end", "prepare_dispute", lambda f: _not_here(f) and f.within(NEAR), ("protection_end",),
        "The protection ends in a few days. Have the dispute ready and try to open it every day; if the page says"
        " “in transit”, keep the refusal and try again.", _STAY_OPEN),
    Row("fake_number_near", "prepare_dispute", lambda f: f.open and f.any("suspicious") and f.within(14),
        ("protection_end",), "The number does not belong to your order. Prepare the dispute “not received”.",
        _STAY_OPEN),
    Row("fake_number", "ask_seller", lambda f: f.open and f.any("suspicious"), ("protection_end",),
        "The number does not belong to your order: ask the seller for the right one, and keep the answer."),
    Row("held", "contact_carrier", lambda f: f.open and f.any("held"), ("protection_end",),
        "It is held: ask the carrier or customs what they need from you (papers, duty, address)."),
    Row("attempt_failed", "contact_carrier", lambda f: f.open and f.any("attempt_failed"), ("protection_end",),
        "A delivery failed: look for a notice and arrange a new delivery or the pickup."),
    Row("silent_and_soon", "prepare_dispute",
        lambda f: f.open and f.within(SOON) and (f.any("stalled") or _untracked(f)), ("protection_end",),
        "Nothing moves and the protection ends within a week: prepare the dispute.", _STAY_OPEN),
    Row("never_tracked_asked", "prepare_dispute",
        lambda f: f.open and _untracked(f) and (f.waited >= f.policy.untracked_days + SELLER_TIME or f.within(14)),
        ("protection_end",),
        "It could never be tracked. If the seller has no working number either, prepare the dispute “no tracking"
        " information” and open it as soon as the page takes it.", _STAY_OPEN),
    Row("never_tracked", "ask_seller", lambda f: f.open and _untracked(f), ("protection_end",),
        "After all these days it cannot be tracked: ask the seller once for a working number."),
    Row("stalled_here", "check_post_office", lambda f: f.open and _stalled(f, here=True), ("protection_end",),
        "It stopped moving in your country: ask your post office with the number."),
    Row("stalled", "ask_seller", lambda f: f.open and _stalled(f, here=False), ("protection_end",),
        "It stopped moving on the way: write to the seller (“I have problems with tracking my order”)."),
    Row("soon", "check_post_office", lambda f: _not_here(f) and f.within(SOON), ("protection_end",),
        "The protection ends within a week. Ask your post office first; the dispute comes next.", _STAY_OPEN),
    Row("ended_long_ago", "check_post_office", lambda f: f.open and _ended_long_ago(f), ("protection_end",),
        "Its tracking ended by design a while ago: ask your post office whether it is there."),
    Row("late_coupon", "claim_late_coupon", lambda f: _not_here(f) and _over(f, "late_coupon", today_too=True),
        ("late_coupon",), "The promised day is over: collect the coupon for late delivery. The protection runs on."),
    # -- nothing to do but watch -----------------------------------------------------------------------------
    Row("delivered", "wait", lambda f: f.open and f.all_delivered,
        ("completed_window", "protection_end", "auto_confirm"),
        "It shows as delivered. If you have it and it is right, say so (received); if not, open the dispute in time.",
        "Do not press “Confirm received” before you have looked."),
    Row("no_carrier_asked", "wait", lambda f: f.open and f.any("unchecked"), ("protection_end",),
        "No carrier could be asked lately; look at the tracking page yourself. The deadlines run all the same."),
    Row("out_for_delivery", "wait", lambda f: f.open and f.any("out_for_delivery"), ("protection_end",),
        "It is out for delivery."),
    Row("on_its_way", "wait", lambda f: f.open, ("protection_end",), "It is on its way: nothing to do."),
)  # fmt: skip


def advise(
    order: Order,
    assessments: Sequence[Assessment],
    deadlines: Sequence[Deadline],
    policy: Policy,
    now: datetime,
    zone: tzinfo,
) -> Advice:
    """The advice for one order. Pure; there is always a row that applies."""
    shop = policy.profiles.shop(order.marketplace)
    day = today(now, zone, ZoneInfo(shop.zone) if shop.zone else zone)
    facts = Facts(order, tuple(assessments), tuple(deadlines), day, policy)
    at, first = next((at, row) for at, row in enumerate(TABLE) if row.applies(facts))
    others = [row for row in TABLE[at + 1 :] if row.action != "wait" and row.applies(facts)]
    of_a_part = ""
    if first.situation in _OF_A_CASE and facts.rest:
        of_a_part = " The rest of the order has no dispute or refund of its own and is watched on."
        if facts.right and facts.within(999):
            of_a_part += f" Its last safe day is {facts.right.last_safe_day.isoformat()}."
        if rest := _more_pressing(facts, first, at):
            others = [first, *(row for row in others if row is not rest)]
            first, of_a_part = rest, " This is about what has no dispute or refund of its own yet."
    by = _by(facts, first)
    also = tuple(row.situation for row in others if row.action != "wait")
    entry, text = _where(facts, first)
    return Advice(
        first.action, first.situation, by, _why(facts, first), text + of_a_part, first.avoid, also, entry
    )


def _more_pressing(f: Facts, of_a_case: Row, at: int) -> Row | None:
    """What to do about the rest of the order, where its right ends first or in the dispute there is only waiting."""
    rest = next(
        (
            row
            for row in TABLE[at + 1 :]
            if row.situation not in _OF_A_CASE and row.action != "nothing" and row.applies(f)
        ),
        None,
    )
    if rest is None:
        return None
    mine, its = _by(f, of_a_case), _by(f, rest)
    if of_a_case.action not in ("wait", "follow_refund"):
        return rest if mine and its and f.today <= its < mine else None
    soon = its is not None and 0 <= (its - f.today).days <= SOON
    return rest if soon or rest.action != "wait" else None


def _by(f: Facts, row: Row) -> date | None:
    dated = [d for kind in row.by if (d := f.deadline(kind)) is not None]
    left = [d for d in dated if d.yours and d.days_left >= 0]
    return next((d.last_safe_day for d in (*left, *dated)), None)


# What is done on the shop's own pages.
_AT_THE_SHOP: frozenset[Action] = frozenset({
    "cancel_order", "claim_late_coupon", "prepare_dispute", "open_dispute", "add_evidence", "answer_case",
    "send_return", "follow_refund",
})  # fmt: skip
_CLAIMED: frozenset[Action] = frozenset({"prepare_dispute", "open_dispute"})


def _where(f: Facts, row: Row) -> tuple[str, str]:
    """The page to go to and the row's words, with the way there for shops whose forms are not known here."""
    text = row.text.format(shop=f.shop.name)
    if row.action == "claim_from_payer":
        payers = f.policy.profiles.parties(f.order.marketplace, f.order.payment_method)[1:]
        ways = [f" {_capital(p.name)}: {_way(p, f.order)}." for p in payers]
        return (payers[0].entry_of(f.order.order_id) if payers else "", text + "".join(ways))
    if row.action not in _AT_THE_SHOP:
        return "", text
    if f.shop.id not in WITH_FORMS and (way := _way(f.shop, f.order)):
        claim = f.shop.reasons.get("not_received") if row.action in _CLAIMED else None
        text += f" {_capital(f.shop.name)}: {way}." + (f" The reason to choose: “{claim}”." if claim else "")
    return f.shop.entry_of(f.order.order_id), text


def _way(profile: Profile, order: Order) -> str:
    entry = profile.entry_of(order.order_id)
    return f"{profile.way} ({entry})" if profile.way and entry else profile.way or entry


def _capital(name: str) -> str:
    """A name at the head of a sentence; a brand that writes itself small keeps its spelling."""
    return name if any(sign.isupper() for sign in name) else name[:1].upper() + name[1:]


def _why(f: Facts, row: Row) -> tuple[Reason, ...]:
    reasons: list[Reason] = []
    if f.order.received_on:
        return (because("has_it"),)
    if f.order.closes_soon_on:
        reasons.append(because("closes_soon"))
    if f.order.completed_on:
        reasons.append(because("completed", day=f.order.completed_on.isoformat()))
    for case in f.order.cases:
        ended = case.state in ("refunded", "closed")
        words = case.words or case.state.replace("_", " ")
        reasons.append(because("case_ended" if ended else "case", words=words))
        reasons += _offer(f.order, case)
    if f.order.order_state in ("cancelled", "closed"):
        reasons.append(because("cancelled", state=f.order.order_state))
    if f.order.order_state == "processing":
        reasons.append(because("processing"))
    elif not f.assessments and f.open:
        reasons.append(because("no_number"))
    for assessment in f.assessments:
        reasons += assessment.reasons
    reasons += _date_reasons(f, row)
    if f.order.news:
        reasons.append(because("news", words=f.order.news))
    return tuple(dict.fromkeys(reasons))


def _offer(order: Order, case: Case) -> list[Reason]:
    """The numbers of an offer that waits for an answer, and what each answer closes for good."""
    if case.state != "waiting_buyer" or case.refund is None:
        return []
    currency = case.currency or order.currency
    if not order.amount or currency != order.currency:
        return [because("offer_alone", offered=f"{case.refund} {currency}"), because("offer_choice")]
    offer = because(
        "offer",
        offered=f"{case.refund} {currency}",
        paid=f"{order.amount} {order.currency}",
        share=int(case.refund * 100 / order.amount),
        lost=f"{max(order.amount - case.refund, Decimal(0))} {currency}",
    )
    return [offer, because("offer_choice")]


def _date_reasons(f: Facts, row: Row) -> list[Reason]:
    reasons = [_deadline_reason(d) for d in f.deadlines if d.kind in row.by]
    reasons += [
        moved_reason(d.name, move)
        for d in f.deadlines
        if d.kind in row.by and d.yours
        for move in latest(d.moves)
        if move.after is not None or not f.completed  # the page of a completed order promises no delivery
    ]
    if not reasons and f.right is None and f.open:
        reasons.append(because("no_deadline"))
    late = too_late(f.order, f.assessments, f.right)
    if late and f.right:
        reasons.append(because("arrives_after", day=late.isoformat(), last=f.right.last_safe_day.isoformat()))
    return reasons


def moved_reason(name: str, move: Move) -> Reason:
    """What the shop changed about a date, and whether that put it off."""
    before, seen = move.before.isoformat(), move.seen_at.date().isoformat()
    if move.after is None:
        return because("date_gone", name=name, place=move.place, before=before, seen=seen)
    reason = "put_off" if move.later else "brought_forward"
    return because(
        reason, name=name, place=move.place, before=before, after=move.after.isoformat(), seen=seen
    )


def _deadline_reason(d: Deadline) -> Reason:
    day = d.last_safe_day.isoformat()
    if d.kind == "auto_confirm":
        return because("auto_confirm", day=day)
    if not d.yours:
        left = "over" if d.days_left < 0 else _days_left(d)
        return because("their_day", name=d.name, day=day, certainty=d.certainty, left=left)
    if d.days_left < 0:
        return because("deadline_passed", name=d.name, day=day, certainty=d.certainty)
    return because("deadline", name=d.name, day=day, certainty=d.certainty, left=_days_left(d))


def _days_left(d: Deadline) -> str:
    return "today" if d.days_left == 0 else f"{d.days_left} day{'s' if d.days_left > 1 else ''} left"


def _paid(f: Facts) -> bool:
    """As far as is known: what nobody paid for is not shipped."""
    order = f.order
    return any(fact is not None for fact in (order.paid_on, order.amount, order.shipped_on)) or bool(
        order.parcels
    )


def _refunded(f: Facts) -> bool:
    return f.case("refunded") or (f.order.order_state == "cancelled" and _paid(f))


def _left(f: Facts, kind: DeadlineKind, most: int = 10_000) -> bool:
    deadline = f.deadline(kind)
    return deadline is not None and 0 <= deadline.days_left <= most


def _over(f: Facts, kind: DeadlineKind, *, today_too: bool = False) -> bool:
    deadline = f.deadline(kind)
    return deadline is not None and deadline.days_left < (1 if today_too else 0)


def _past(f: Facts, days: int) -> bool:
    """The protection ended more than `days` days ago; a date only estimated may be too early by a month."""
    unsure = UNSURE if f.right is not None and f.right.source == "estimated" else 0
    return f.left is not None and f.left < -(days + unsure)


def _maybe_open(f: Facts) -> bool:
    """The short window is over, but it was only counted, by the shorter of two rules."""
    window = f.right if f.right and f.right.kind == "completed_window" else None
    return window is not None and window.source == "estimated" and -LONGER <= window.days_left < 0


def _unproven(f: Facts) -> bool:
    """Completed, and what the carriers say is against a delivery. Without any answer nothing is claimed."""
    return any(a.condition not in ("delivered", "unchecked", "tracking_ended") for a in f.assessments)


def _untracked(f: Facts) -> bool:
    return f.untracked and f.waited >= f.policy.untracked_days


def _stalled(f: Facts, *, here: bool) -> bool:
    return any(a.condition == "stalled" and a.destination_reached is here for a in f.assessments)


def _ended_long_ago(f: Facts) -> bool:
    silent = f.policy.ended_counts_again
    return any(a.condition == "tracking_ended" and (a.idle_days or 0) >= silent for a in f.assessments)
