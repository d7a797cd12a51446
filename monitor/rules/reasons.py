"""Reasons as data, and the one table that words them."""

from __future__ import annotations

from dataclasses import dataclass

Fact = str | int

WORDING = {
    # what was seen
    "scan": "The newest scan is of {day}: “{text}” ({carrier}).",
    "silent": "No scan for {in_days} ({stage}: late from {late}, stalled from {stalled}).",
    "quiet_but_fine": "The last scan is {in_days} old, within what is usual at this stage ({stage}).",
    "holidays": "{days} of these days were public holidays in {country} ({name}) and do not count.",
    "history": "90 % of your earlier parcels on this route had moved on by day {days} at this stage ({count} of them).",
    "not_known": "{carrier} does not know this number.",
    "never_scanned": "The number exists at {carrier}, but no parcel was handed over yet.",
    "since_shipped": "It is {in_days} since the order was {event}.",
    "ends_by_design": "{carrier} says that tracking of this mail ends in the destination country: wait for no scan.",
    "ended_counts_again": "Silence counts again after {day}.",
    "no_carrier_asked": "No carrier could be asked so far: {detail}.",
    "look_is_old": "The last answer that said something is {in_days} old ({detail}); it showed: {was}.",
    "in_the_future": "A scan is dated {day}, which is still to come; it is not counted.",
    "not_understood": "Texts of the carrier not understood yet: {count}; nothing is concluded from them.",
    "no_number": "The order has no tracking number yet.",
    "delivered_after_return": "A delivery scan after the return began is taken as delivery to the sender.",
    "moved_after_delivery": "The parcel was scanned again after “delivered”, so that scan is not trusted.",
    "carrier_failed": "{carrier} could not be asked ({detail}); what it said before is kept.",
    # what does not fit
    "before_order": "Scans of {day} are older than the order of {placed}: the number was used before.",
    "other_country": "The carrier's destination is {theirs}, the order goes to {ours}.",
    "other_city": "It shows as delivered in {theirs}, and your city is {ours}.",
    "delivered_before_shipped": "It shows as delivered on {day}, before the order was shipped on {shipped}.",
    "shared_number": "The same number is on an order of another seller ({seller}).",
    "too_fast": "It is said to be delivered {hours} hours after it left the origin country.",
    # deadlines
    "deadline": "{name}: last safe day {day} ({certainty}, {left}).",
    "deadline_passed": "{name}: the last safe day {day} ({certainty}) is over.",
    "their_day": "{name}: {day} ({certainty}, {left}).",
    "auto_confirm": "The shop can complete the order by itself from {day} on, after how many days is not known; that"
    " starts a short window.",
    "put_off": "{name}: the shop moved it later, from {before} to {after} (seen on {seen}, {place}): do not wait on"
    " the strength of it.",
    "brought_forward": "{name}: the shop moved it earlier, from {before} to {after} (seen on {seen}, {place}).",
    "date_gone": "{name}: the {place} showed {before} and does not any more (seen on {seen}); it still counts here.",
    "no_deadline": "No protection date is known for this order.",
    "arrives_after": "The expected day {day} is after the last safe day {last}.",
    # states
    "processing": "The seller has not shipped yet.",
    "closes_soon": "The shop will mark the order as completed soon; after that only a short window is left.",
    "completed": "The shop counts the order as completed since {day}.",
    "case": "A dispute is open: {words}.",
    "case_ended": "A dispute is over: {words}.",
    "offer": "Offered: {offered} of {paid} paid ({share} %); accepting it gives up {lost}.",
    "offer_alone": "Offered: {offered}.",
    "offer_choice": "Accepting closes the case for good. Disagreeing keeps your claim: the shop decides, by the"
    " evidence in the case; a return may then be asked for, at your cost unless it is free.",
    "cancelled": "The order is {state}.",
    "has_it": "You said that you have it.",
    "shop_refused": "The shop did not take the dispute: “{sentence}”.",
    "news": "A message of the shop was not understood: “{words}”.",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: its id in WORDING and its facts."""

    id: str
    facts: tuple[tuple[str, Fact], ...] = ()

    def __str__(self) -> str:
        facts = dict(self.facts)
        days = facts.get("days")
        said = WORDING[self.id].format(**facts, in_days="1 day" if days == 1 else f"{days} days")
        return said.removesuffix(".") if said.endswith("?.") else said  # a fact may be a question


def because(reason: str, **facts: Fact) -> Reason:
    """A Reason from keyword facts."""
    return Reason(reason, tuple(facts.items()))
