"""Orders in and out: add, import, edit, received, archive, remove, ack, snooze."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from monitor.commands import DONE, FAILED, BadValue, counted, out
from monitor.model import Order, order_number
from monitor.order_rows import BadRow, country_of, is_to_come, numbers_in
from monitor.rules import telling
from monitor.session import Session, progress, progress_over, say
from monitor.terminal import Console
from scrapers import carriers, numbers
from scrapers.orders import OWN_WORD, DateKind, OrderRecord, ShopParcel, ShownDate
from scrapers.when import believable

# Days that `edit` takes, and what they are the days of.
_DATES: dict[str, DateKind] = {
    "protection_until": "protection_end",
    "expected": "expected",
    "cancel_requested": "cancel_requested",
    "paypal_opened": "payer_asked",
}
# Records saved in one transaction, and problems told at a terminal.
_AT_ONCE = 500
_SAID = 20
# Seconds between two such transactions: who waits for SQLite's lock looks only ten times a second whether it is free.
_LET_OTHERS_IN = 0.15


def import_files(session: Session, paths: Sequence[Path], *, as_json: bool) -> int:
    """Read files, store the good records, name the bad ones; interrupted, it may be given the same files again."""
    from monitor.importing import read_files

    today = session.clock().astimezone(session.zone).date()
    read = read_files(paths, today=today, known=session.store.known_orders())
    problems = read.problems
    changed: dict[str, list[str]] = {}
    for first in range(0, len(read.records), _AT_ONCE):  # so that nobody waits long for the store meanwhile
        if first:
            progress(f"{first} of {len(read.records)} orders saved")
            time.sleep(_LET_OTHERS_IN)
        saved = session.store.save(read.records[first : first + _AT_ONCE], session.clock())
        for order, what in saved.items():
            changed.setdefault(order, []).extend(what)
    progress_over()
    added = [order for order, what in changed.items() if "added" in what]
    updated = [order for order, what in changed.items() if what and "added" not in what]
    if as_json:
        named = [{"where": p.where, "reason": p.reason} for p in problems]
        out(
            {
                "added": added,
                "changed": updated,
                "unchanged": len(changed) - len(added) - len(updated),
                "problems": named,
            }
        )
    else:
        same = len(changed) - len(added) - len(updated)
        Console().print(f"{counted(len(added), 'order')} added, {len(updated)} changed, {same} unchanged.")
        for problem in problems[:_SAID]:
            say(f"{problem.where}: {problem.reason}")
        if len(problems) > _SAID:
            say(f"And {len(problems) - _SAID} more like these; `--json` lists them all.")
        if added:
            say("Next: `parcelwarden check` asks the carriers.")
    return FAILED if problems else DONE


def add(
    session: Session,
    order_id: str,
    *,
    tracking: Sequence[str],
    placed: str,
    carrier: str = "",
    amount: str = "",
    title: str = "",
    protection_until: str = "",
    shipped: str = "",
    seller: str = "",
    country: str = "",
    marketplace: str = "",
    payment: str = "",
    as_json: bool = False,
) -> int:
    """Add an order by hand, or correct one that is there."""
    order_id = order_number(order_id)
    if not re.fullmatch(r"[0-9A-Za-z-]{4,40}", order_id):
        raise BadValue(f"“{order_id}” is no order number: give the digits the shop shows.")
    shop = _marketplace(marketplace)
    if shop == "aliexpress" and not re.fullmatch(r"[0-9]{6,24}", order_id):
        raise BadValue(
            f"“{order_id}” is no order number of AliExpress, which has 6 to 24 digits; name another --marketplace."
        )
    money, currency = amount_of("--amount", amount)
    today = session.clock().astimezone(session.zone).date()
    placed_on = _day_so_far("--placed", placed, today)
    ends = _later_day("--protection-until", protection_until, placed_on)
    there = session.store.order(order_id)
    home = "" if there and there.destination_country else session.config.general.home_country
    record = OrderRecord(
        order_id=order_id,
        source="manual",
        marketplace=shop,
        title=title,
        seller=seller,
        amount=money,
        currency=currency,
        placed_on=placed_on,
        shipped_on=_later_day("--shipped", shipped, placed_on, today),
        destination_country=_country(country) or home,
        payment_method=payment,
        parcels=tuple(ShopParcel(number, carrier_id=_carrier(carrier)) for number in _numbers(tracking)),
        dates=(ShownDate("protection_end", ends, "manual", OWN_WORD),) if ends else (),
        own_word=True,
    )
    changed = session.store.save([record], session.clock())[order_id]
    if as_json:
        out({"order_id": order_id, "changed": changed})
    else:
        words = (
            "added" if "added" in changed else f"changed: {', '.join(changed)}" if changed else "unchanged"
        )
        Console(soft_wrap=True).print(f"Order {order_id} {words}. Next: `parcelwarden check {order_id}`.")
    if money is not None and not currency and not (there and there.currency):
        _ask_for_currency(order_id, money)
    return DONE


def edit(
    session: Session,
    order_id: str,
    *,
    tracking: Sequence[str],
    without_tracking: Sequence[str],
    **values: str,
) -> int:
    """Correct single facts of a stored order; `values` by option name, "" where nothing is said."""
    order = session.order(order_id)
    named, off = _numbers(tracking), _numbers_of(order, without_tracking)
    if both := [number for number in named if number in off]:
        raise BadValue(f"--without-tracking {both[0]}: --tracking names it, too.")
    money, currency = amount_of("--amount", values["amount"])
    today = session.clock().astimezone(session.zone).date()
    placed_on = _day_so_far("--placed", values["placed"], today)
    since = placed_on or order.placed_on
    record = OrderRecord(
        order_id=order.order_id,
        source="manual",
        marketplace=order.marketplace,
        amount=money,
        currency=currency,
        title=values["title"],
        seller=values["seller"],
        destination_country=_country(values["country"]),
        payment_method=values["payment"],
        placed_on=placed_on,
        paid_on=_later_day("--paid", values["paid"], since, today),
        shipped_on=_later_day("--shipped", values["shipped"], since, today),
        completed_on=_later_day("--completed", values["completed"], since, today),
        dates=tuple(
            ShownDate(kind, day, "manual", OWN_WORD)
            for name, kind in _DATES.items()
            if (day := _later_day(f"--{name.replace('_', '-')}", values[name], since, _latest(name, today)))
        ),
        parcels=tuple(ShopParcel(number) for number in named),
        own_word=True,
        without=off,
    )
    changed = session.store.save([record], session.clock())[order.order_id]
    Console().print(f"Order {order_id}: {', '.join(changed) if changed else 'nothing to change'}.")
    for number in off:
        Console(soft_wrap=True).print(
            f"{number} is off this order: its scans count no more and nobody is asked about it here. The shop itself"
            f" brings it back if it names it again, and you with `parcelwarden edit {order_id} --tracking {number}`.",
            highlight=False,
        )
    if money is not None and not currency and not order.currency:
        _ask_for_currency(order_id, money)
    return DONE


def _ask_for_currency(order_id: str, money: Decimal) -> None:
    say(
        f"Of which currency? A dispute's text would ask for “{money}” alone:"
        f' `parcelwarden edit {order_id} --amount "{money} USD"` says it.'
    )


def received(session: Session, order_id: str) -> int:
    """The user has it and it is right: the watch ends, by nobody else's word."""
    order = session.order(order_id)
    session.store.set_day(order, "received_on", session.clock().astimezone(session.zone).date())
    Console().print(
        f"Order {order_id}: good. It is not watched any more; `parcelwarden received --undo {order_id}` takes it back."
    )
    return DONE


def received_undo(session: Session, order_id: str) -> int:
    session.store.set_day(session.order(order_id), "received_on", None)
    Console().print(f"Order {order_id} is watched again.")
    return DONE


def archive(session: Session, order_id: str, *, undo: bool) -> int:
    """Put an order away without saying anything about it, or bring it back."""
    order = session.order(order_id)
    session.store.set_day(
        order, "archived_on", None if undo else session.clock().astimezone(session.zone).date()
    )
    Console().print(f"Order {order_id} is {'watched again' if undo else 'put away; nothing of it is lost'}.")
    return DONE


def remove(session: Session, order_id: str) -> int:
    """Forget an order for good."""
    session.store.remove(session.order(order_id))
    Console().print(f"Order {order_id} is forgotten.")
    return DONE


def acknowledge(session: Session, order_id: str) -> int:
    """A warning seen: of one order, or of all."""
    seen = session.store.acknowledge(session.order(order_id) if order_id else None, session.clock())
    Console().print(f"{counted(seen, 'warning')} marked as seen.")
    return DONE


def snooze(session: Session, order_id: str, days: int) -> int:
    """Put the warnings of one order off."""
    now, verdict = session.clock(), session.verdict(order_id)
    last = next((d.last_safe_day for d in verdict.deadlines if d.yours and d.days_left >= 0), None)
    until = telling.snooze_until(days, last, now, session.zone)
    if until <= now:
        say(f"Today is the last safe day of {order_id}: nothing is put off.")
        return FAILED
    session.store.snooze(verdict.order, until)
    shown = f"{until.astimezone(session.zone):%Y-%m-%d %H:%M}"
    limit = "; no longer, for then comes the last safe day" if until < now + timedelta(days=days) else ""
    Console(soft_wrap=True).print(
        f"Warnings of {order_id} are put off until {shown}{limit}.", highlight=False
    )
    return DONE


def _day(option: str, text: str) -> date | None:
    if not text:
        return None
    with contextlib.suppress(ValueError):
        day = date.fromisoformat(text)
        if believable(day):
            return day
    raise BadValue(f"{option} {text}: that is no day; write it as YYYY-MM-DD, e.g. 2026-11-03.")


def _day_so_far(option: str, text: str, today: date) -> date | None:
    """A day on which something happened: from one that is yet to come, by a slip, all would be counted too late."""
    day = _day(option, text)
    if day and is_to_come(day, today):
        raise BadValue(f"{option} {text}: that day is still to come; is the year right?")
    return day


def _later_day(option: str, text: str, placed_on: date | None, today: date | None = None) -> date | None:
    """A day not before that of the order; with `today`, not to come either."""
    day = _day_so_far(option, text, today) if today else _day(option, text)
    if day and placed_on and day < placed_on:
        raise BadValue(f"{option} {text}: that lies before the day of the order, {placed_on}.")
    return day


def _latest(name: str, today: date) -> date | None:
    """Until when a day of `_DATES` can be: what the shop promises lies ahead, what you did does not."""
    return None if name in ("protection_until", "expected") else today


def amount_of(option: str, text: str) -> tuple[Decimal | None, str]:
    """Money and currency of an option's value, (None, "") for an empty one. Raises BadValue."""
    if not text:
        return None, ""
    match = re.fullmatch(r"\s*(\d{1,9}(?:\.\d{1,3})?)\s*([A-Za-z]{3})?\s*", text)
    if not match:
        raise BadValue(
            f"{option} “{text}”: write it as 12.34 USD, with a point and the currency's three letters."
        )
    return Decimal(match.group(1)), (match.group(2) or "").upper()


def _marketplace(name: str) -> str:
    shop = name.strip().casefold() or "aliexpress"
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,39}", shop):
        raise BadValue(f"--marketplace “{name}”: write the shop's short name, e.g. ebay.")
    return shop


def _carrier(name: str) -> str:
    if name and name not in carriers.ids():
        raise BadValue(f"--carrier {name}: not known; there are {', '.join(carriers.ids())}.")
    return name


def _country(name: str) -> str:
    try:
        return country_of(name.strip())
    except BadRow:
        raise BadValue(f"--country “{name}”: write two letters, e.g. DE.") from None


def _numbers_of(order: Order, given: Sequence[str]) -> tuple[str, ...]:
    """The numbers given, each once, of those a parcel of the order is seen under."""
    there = {number: None for p in order.parcels for number in (p.number, *(leg.number for leg in p.legs))}
    wanted = tuple(dict.fromkeys(map(numbers.normal, given)))
    for number in wanted:
        if number not in there:
            known = f"it has {', '.join(there)}" if there else "it has none"
            raise BadValue(f"--without-tracking {number}: not a number of order {order.order_id}; {known}.")
    return wanted


def _numbers(given: Sequence[str]) -> list[str]:
    """The numbers of all options, each once; there is at least one option, but it may be empty: no number yet."""
    try:
        return list(dict.fromkeys(number for text in given for number in numbers_in(text)))
    except BadRow as error:
        raise BadValue(f"--tracking: {error}.") from None
