"""An order that cannot be judged, as by a day an older program took that nothing can be counted from: what to do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import chain

from monitor.model import Order
from scrapers.when import believable

# The option of `edit` for each day an order has itself, and for those shown for it.
_OWN = {"placed_on": "placed", "paid_on": "paid", "shipped_on": "shipped", "completed_on": "completed"}
_SHOWN = {
    "protection_end": "protection-until",
    "expected": "expected",
    "cancel_requested": "cancel-requested",
    "payer_asked": "paypal-opened",
}


def sentence(order: Order) -> str:
    """Names the order, what is wrong with it as far as that can be seen, and how it is put right."""
    day, option = next(_impossible(order), (None, ""))
    why = f"its day {day.isoformat()} cannot be" if day else "one of its days may be wrong"
    if option:
        mend = f"correct it with `parcelwarden edit {order.order_id} --{option} DATE`"
    else:
        mend = (
            f"correct it with `parcelwarden edit {order.order_id}` or read it anew with `parcelwarden sync`; else"
            " `remove` it and `add` it again"
        )
    return f"Order {order.order_id} is NOT watched, for {why}: {mend}."


def _impossible(order: Order) -> Iterator[tuple[date, str]]:
    """The days no order can have, each with the option that corrects it, "" for none."""
    own = ((getattr(order, name), option) for name, option in _OWN.items())
    # What the shop shows is not taken back by the user's word.
    shown = ((d.day, _SHOWN.get(d.kind, "") if d.source == "manual" else "") for d in order.dates)
    cases = ((case.opened_on, "") for case in order.cases)
    return ((day, option) for day, option in chain(own, shown, cases) if day and not believable(day))
