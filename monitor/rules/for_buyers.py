"""The table of advice as a page a shopper can read; run as a module it prints docs/decisions-for-buyers.md."""

from __future__ import annotations

import sys

from monitor.rules.advise import TABLE, Row
from monitor.rules.protection import NAMES

WHEN = {
    "has_it": "You have said that you have it",
    "archived": "You have put it away",
    "to_pay": "Not paid yet",
    "case_waits_for_you": "The dispute says “Waiting for your response”",
    "paypal_closes": "A PayPal dispute is about to run out",
    "return_agreed": "The dispute ended with a return",
    "refund_overdue": "A refund was granted, and its time is over",
    "case_refunded": "A refund was granted",
    "case_with_platform": "The shop is deciding",
    "seller_silent": "The seller has not answered in time",
    "case_with_seller": "The dispute is open, and the seller's turn",
    "case_over": "The dispute is closed, and nothing else is known",
    "cancelled": "The order was cancelled after you paid",
    "cancelled_unpaid": "The order was cancelled before you paid",
    "closed": "The shop closed the order without a reason",
    "cancel_unanswered": "You asked to cancel, and nobody answered in time",
    "cancel_asked": "You asked to cancel",
    "ship_by_over": "The seller has not shipped by the day it had to",
    "not_shipped": "A week after paying it is not shipped",
    "processing": "The seller is preparing it",
    "completed_not_here": "The shop counts it as completed, and no carrier shows a delivery",
    "completed_check": "The shop counts it as completed, and the short window runs",
    "completed_just_over": "The short window should be over, and no carrier shows a delivery",
    "completed_faulty": "The short window is over, the one for faulty goods is not",
    "completed_unknown": "Completed, and the shop's windows are not known",
    "completed_over_not_here": "All windows of a completed order are over, and it never came",
    "completed_over": "All windows of a completed order are over",
    "protection_over": "The protection ended more than a week ago, and it is not here",
    "everything_over": "The protection and the payer's time are over",
    "just_over": "The protection ended some days ago, and it is not here",
    "last_days": "The last safe day is today or tomorrow, and it is not here",
    "came_back": "Tracking shows it on its way back, or back",
    "lost": "The carrier says that it is lost, destroyed or seized",
    "delivered_elsewhere": "“Delivered”, but to another country, before shipping, or with scans older than the order",
    "closes_soon_not_here": "The shop is about to mark it as completed, and it is not here",
    "pickup": "It waits at a pickup point",
    "near_end": "Three days or less are left, and it is not here",
    "fake_number_near": "The number is not your parcel's, and two weeks or less are left",
    "fake_number": "The number is not your parcel's",
    "held": "Customs or the carrier hold it",
    "attempt_failed": "A delivery was tried and failed",
    "silent_and_soon": "Nothing moves, and a week or less is left",
    "never_tracked_asked": "It could not be tracked for a month, or two weeks or less are left",
    "never_tracked": "Ten days after shipping it cannot be tracked: no number, or no carrier has it",
    "stalled_here": "It stopped moving in your country",
    "stalled": "It stopped moving on the way",
    "soon": "A week or less is left",
    "ended_long_ago": "Economy mail whose tracking ended two weeks ago",
    "late_coupon": "The promised day is over",
    "delivered": "“Delivered”",
    "no_carrier_asked": "No carrier could be asked",
    "out_for_delivery": "Out for delivery",
    "on_its_way": "It moves, or is within its usual time",
}

_HEAD = """# What to do when: a page for buyers

This is the table the program decides by, made from its code. The first row that fits is its advice; `show` and
`status --why` name the reasons for your own order. Days are counted to the *last safe day*: the day before the shop's
"refund if no delivery before …". A dispute or a refund that is not about all of an order leaves the top to what the
rest of it needs, where the right to that ends first or the dispute only waits.

Never press "Confirm received" before you have looked at what came. Never close a dispute because somebody promises
money outside it: a closed dispute rarely opens again.

| when | do | until | how |
|---|---|---|---|
"""


def page() -> str:
    """The whole page, in Markdown."""
    return _HEAD + "".join(_line(row) for row in TABLE)


def _line(row: Row) -> str:
    how = f"{row.text} {row.avoid}".strip().format(shop="the shop").replace("|", "/")
    until = " or ".join(NAMES[kind].lower() for kind in row.by) or "–"
    return (
        f"| {WHEN[row.situation]} | {row.action.replace('_', ' ')} | {until} | {how[0].upper()}{how[1:]} |\n"
    )


if __name__ == "__main__":
    sys.stdout.write(page())
