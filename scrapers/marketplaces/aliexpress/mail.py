"""The shop's mails about orders.

Only the address that writes about orders is believed, directly or through Apple's relay, and not where the
mailbox's own check says it is forged. A mail never says that a parcel was delivered and never why an order was
closed: both are only news to look at. A subject not known is news too. Seen: German mails of 2023-2026, one English
closing.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, Literal, cast
from urllib.parse import unquote

from scrapers.marketplaces.aliexpress import money, states
from scrapers.marketplaces.aliexpress.dates import find_days, read_day
from scrapers.marketplaces.aliexpress.mime import Letter, Unreadable, open_letter
from scrapers.marketplaces.aliexpress.promises import once, shown
from scrapers.orders import OrderRecord, OrderState, ShopParcel, ShownDate

Kind = Literal[
    "confirmed", "ready_to_ship", "shipped", "in_transit", "customs", "arrived", "delivery_update", "handed_over",
    "out_for_delivery", "delivered", "closes_soon", "completed", "closed", "late_coupon",
    "unknown",     # of the shop, about an order, and not understood
    "doubtful",    # about an order, but not provably of the shop
    "not_shop",    # nothing to do with orders
    "unreadable",
]  # fmt: skip
Genuine = Literal["yes", "no", "unverified"]


@dataclass(frozen=True, slots=True)
class MailReading:
    """What one mail says. `genuine` is the mailbox's own check of the sender: "unverified" where there is none,
    "no" where it failed or the sender is somebody else; `sentence` says in one sentence what the mail is."""

    records: tuple[OrderRecord, ...]
    kind: Kind
    genuine: Genuine
    sentence: str


_SENTENCES: dict[Kind, str] = {
    "confirmed": "The shop confirmed the order.",
    "ready_to_ship": "The seller is about to ship the order.",
    "shipped": "The order was shipped.",
    "in_transit": "The parcel is on its way.",
    "customs": "The parcel is at or through customs.",
    "arrived": "The parcel has reached your country.",
    "delivery_update": "There is news of the parcel.",
    "handed_over": "The parcel was handed to the carrier.",
    "out_for_delivery": "The parcel is out for delivery.",
    "delivered": "The shop says the parcel was delivered: make sure that you have it.",
    "closes_soon": "The shop will soon mark the order as completed: open a dispute before that if it has not come.",
    "completed": "The shop has completed the order.",
    "closed": "The shop closed the order and gives no reason: look at the order page.",
    "late_coupon": "The shop offers a coupon for late delivery.",
    "unknown": "The shop wrote about the order in words this program does not know: please look at the mail.",
    "doubtful": "A mail that is not provably from the shop names this order: look at the order page, not at its links.",
    "not_shop": "The mail is not about an order of this shop.",
}
_NEWS = ("delivered", "closed", "late_coupon", "unknown", "doubtful")
_STATES: dict[Kind, OrderState] = {
    "confirmed": "processing", "ready_to_ship": "processing", "shipped": "shipped", "in_transit": "shipped",
    "customs": "shipped", "arrived": "shipped", "delivery_update": "shipped", "handed_over": "shipped",
    "out_for_delivery": "shipped", "delivered": "shipped", "completed": "completed", "closed": "closed",
}  # fmt: skip

_DIRECT = "transaction@notice.aliexpress.com"
_RELAYED = re.compile(r"transaction_at_notice_aliexpress_com_[a-z0-9_]+@privaterelay\.appleid\.com")
_ORDER_LINK = re.compile(
    r"[?&](?:tradeOrderId|o_ids|orderId)=([0-9]{6,24}(?:,[0-9]{6,24}){0,50})(?![0-9])", re.IGNORECASE
)
_PARCEL_LINK = re.compile(r"[?&]trackingNumber=([A-Z0-9-]{6,40})", re.IGNORECASE)
_PARCEL_NUMBER = re.compile(r"(?=[A-Z0-9-]*\d{6})[A-Z0-9][A-Z0-9-]{6,38}[A-Z0-9]", re.IGNORECASE)


def read_mail(raw: bytes) -> MailReading:
    """What one raw mail says about orders. Never raises; a mail that is not about orders has no records."""
    try:
        letter = open_letter(raw)
    except Unreadable as error:
        return MailReading((), "unreadable", "unverified", f"The mail cannot be read: {error}.")
    letter = replace(letter, subject=unicodedata.normalize("NFKC", letter.subject))
    genuine = _genuine(letter)
    order_ids = _order_ids(letter)
    if genuine == "no":
        kind: Kind = "doubtful" if order_ids and _speaks_of_the_shop(letter) else "not_shop"
        records = [_news(order_id, letter, kind) for order_id in order_ids] if kind == "doubtful" else []
        return MailReading(tuple(records), kind, genuine, _SENTENCES[kind])
    parcels = _parcels(letter, order_ids)
    kind = _kind(letter)
    if kind == "unknown" and not parcels:
        return MailReading((), "not_shop", genuine, _SENTENCES["not_shop"])
    records = [_record(order_id, letter, kind, numbers) for order_id, numbers in parcels.items()]
    return MailReading(tuple(records), kind, genuine, _SENTENCES[kind])


def _genuine(letter: Letter) -> Genuine:
    if letter.sender != _DIRECT and not _RELAYED.fullmatch(letter.sender):
        return "no"
    domain = letter.sender.partition("@")[2]
    verdicts = re.sub(r'"[^"]*"|\([^()]*\)', "", letter.verdicts).lower().split(";")[1:]
    dmarc = [verdict for verdict in verdicts if re.match(r"\s*dmarc\s*=", verdict)]
    if dmarc:
        passed = all(re.match(r"\s*dmarc\s*=\s*pass\b", verdict) for verdict in dmarc)
        about_it = all(
            re.search(rf"header\.from\s*=\s*{re.escape(domain)}(?![\w.-])", verdict) for verdict in dmarc
        )
        return "yes" if passed and about_it else "no"
    signed = re.compile(
        rf"\s*dkim\s*=\s*pass\b.*header\.[di]\s*=\s*@?{re.escape(domain)}(?![\w.-])", re.DOTALL
    )
    return "yes" if any(signed.match(verdict) for verdict in verdicts) else "unverified"


def _speaks_of_the_shop(letter: Letter) -> bool:
    return any("aliexpress" in words.casefold() for words in (letter.sender, letter.subject, letter.text))


def _kind(letter: Letter) -> Kind:
    body = " ".join(letter.text.casefold().split())
    if states.closes_soon(body):
        return "closes_soon"
    kind = _subjects().get(_said(letter.subject), "unknown")
    if kind == "out_for_delivery" and any(words in body for words in _table()["bodies"]["handed_over"]):
        return "handed_over"
    return kind


def _said(subject: str) -> str:
    """The subject without what comes before its message, its numbers as # and n."""
    said = _patterns()["reply"].sub("", " ".join(subject.casefold().split()))
    said = re.sub(r"(?<![a-z0-9])[a-z]{0,4}\d{6,}[a-z0-9]*", "#", said)
    said = re.sub(r"\d+", "n", said)
    return _patterns()["front"].sub("", said).strip(" .!?:…")


def _order_ids(letter: Letter) -> list[str]:
    """The ids the subject, the links and the text name, in this order."""
    named = list(_after_order_word(letter.subject, 40))
    links = _with_inner_links(letter)
    for listed in _ORDER_LINK.findall(links):
        named += listed.split(",")
    in_text = [found for found in dict.fromkeys(_after_order_word(letter.text, 12)) if found not in named]
    return list(dict.fromkeys([*named, *_without_running_number(in_text, named)]))


def _after_order_word(words: str, reach: int) -> Iterator[str]:
    for match in _patterns()["order"].finditer(words):
        following = words[match.end() : match.end() + reach + 25]
        number = re.match(rf"(\D{{0,{reach}}}?)(?<![A-Za-z\d])([0-9]{{13,20}})(?!\d)", following)
        if number and not _patterns()["parcel"].search(number.group(1)):
            yield number.group(2)


def _without_running_number(listed: list[str], named: list[str]) -> list[str]:
    """In a list of several orders "19999999999990001" is order 9999999999990001 as the first of them."""
    bare = [order_id.removeprefix(str(place)) for place, order_id in enumerate(listed, start=1)]
    return bare if any(order_id in named for order_id in bare) else listed


def _parcels(letter: Letter, order_ids: list[str]) -> dict[str, list[str]]:
    """Every order with the numbers of its parcels; "" holds those whose order is to be found by the number.

    One parcel may hold several orders; of several parcels each is of the order that stands in one link with it.
    """
    numbers = _parcel_numbers(letter, order_ids)
    if len(order_ids) < 2 or len(numbers) < 2:
        return dict.fromkeys(order_ids or [""] * bool(numbers), numbers)
    links = _with_inner_links(letter).upper().splitlines()
    found = {
        order_id: [n for n in numbers if any(order_id in _ids_in(link) and n in link for link in links)]
        for order_id in order_ids
    }
    if left := [number for number in numbers if not any(number in listed for listed in found.values())]:
        found[""] = left
    return found


def _ids_in(link: str) -> list[str]:
    return [order_id for listed in _ORDER_LINK.findall(link) for order_id in listed.split(",")]


def _parcel_numbers(letter: Letter, order_ids: list[str]) -> list[str]:
    found = [number.upper() for number in _PARCEL_LINK.findall(_with_inner_links(letter))]
    for pattern, words in ((_patterns()["parcel"], letter.subject), (_patterns()["tracking"], letter.text)):
        for match in pattern.finditer(words):
            number = re.match(r"\W{0,4}(\S{6,60})", words[match.end() : match.end() + 70])
            if number and (shape := _PARCEL_NUMBER.match(number.group(1))):
                found.append(shape.group().upper())
    return [number for number in dict.fromkeys(found) if number not in order_ids]


def _with_inner_links(letter: Letter) -> str:
    """All link addresses, and those wrapped into a click counter's address."""
    written = "\n".join([*letter.links, *re.findall(r"https?://[^\s<>\"]{1,2000}", letter.text)])
    return f"{written}\n{unquote(unquote(written))}"


def _record(order_id: str, letter: Letter, kind: Kind, numbers: list[str]) -> OrderRecord:
    day = _sent_on(letter)
    record = _details(order_id, letter) if order_id else OrderRecord("", "mail")
    return replace(
        record,
        placed_on=_placed_on(record.placed_on, day, kind),
        shipped_on=day if kind == "shipped" else None,
        completed_on=day if kind == "completed" else None,
        order_state=_STATES.get(kind),
        parcels=tuple(ShopParcel(number) for number in numbers),
        dates=once(_dates(letter, kind, day)),
        closes_soon=kind == "closes_soon",
        news=_news_text(letter, kind),
        said_at=letter.sent,
    )


def _placed_on(written: date | None, day: date | None, kind: Kind) -> date | None:
    """The day written, unless the mail is older than that: a day read wrongly would put every deadline off."""
    if written and not (day and written > day + timedelta(days=1)):
        return written
    return day if kind == "confirmed" else None


def _news(order_id: str, letter: Letter, kind: Kind) -> OrderRecord:
    return OrderRecord(order_id, "mail", news=_news_text(letter, kind), said_at=letter.sent)


def _news_text(letter: Letter, kind: Kind) -> str:
    if kind not in _NEWS:
        return ""
    return (
        f"{_SENTENCES[kind]} Its subject: {letter.subject[:120]}" if kind == "unknown" else _SENTENCES[kind]
    )


def _sent_on(letter: Letter) -> date | None:
    """The day of the mail in the sender's zone or in UTC, whichever is earlier: windows are counted from it."""
    return min(letter.sent.date(), letter.sent.astimezone(UTC).date()) if letter.sent else None


def _dates(letter: Letter, kind: Kind, day: date | None) -> Iterator[ShownDate]:
    place = f"mail of {day}" if day else "mail"
    lines = _lines(letter)
    for label, following in pairwise(lines):
        if label.casefold().strip(" :") in _table()["labels"]["estimate"]:
            # Mails write these day first in every language.
            for found in find_days(following, "de")[:1]:
                yield shown("expected", found, "mail", place, f"{label} {following}")
    if kind == "completed" and day:
        for line in lines:
            for pattern in _table()["bodies"]["dispute_days"]:
                left = re.search(pattern, line, re.IGNORECASE)
                if left:
                    yield ShownDate(
                        "completed_window", day + timedelta(days=int(left.group(1))), "mail", place, line
                    )


def _details(order_id: str, letter: Letter) -> OrderRecord:
    """What the order's own lines in the mail say: when it was placed, the store, the item and the total."""
    record = OrderRecord(order_id, "mail")
    lines = _lines(letter)
    for index, line in enumerate(lines):
        heading = _patterns()["heading"].fullmatch(line)
        if line == order_id and index and _is_label(lines[index - 1], "number"):
            record = _placed(record, lines[max(0, index - 9) : index])
        elif heading and heading.group(1).endswith(order_id) and index + 1 < len(lines):
            record = replace(record, title=lines[index + 1][:300])
        else:
            continue
        return _with_total(record, lines[index + 1 : index + 7])
    return record


def _placed(record: OrderRecord, before: list[str]) -> OrderRecord:
    for index in range(len(before) - 1, -1, -1):
        if any(before[index].casefold().startswith(label) for label in _table()["labels"]["placed"]):
            store, title = [*before[index + 1 : index + 3], "", ""][:2]
            return replace(
                record, placed_on=read_day(before[index], "de"), seller=store[:200], title=title[:300]
            )
    return record


def _with_total(record: OrderRecord, after: Iterable[str]) -> OrderRecord:
    after = list(after)
    for index, line in enumerate(after):
        for label in _table()["labels"]["total"]:
            if line.casefold().startswith(label):
                shown_total = line[len(label) :].strip(" :") or "".join(after[index + 1 : index + 2])
                total = money.from_text(shown_total)
                return replace(record, amount=total[0], currency=total[1]) if total else record
    return record


def _is_label(line: str, label: str) -> bool:
    return line.casefold().strip(" .:") in _table()["labels"][label]


def _lines(letter: Letter) -> list[str]:
    return [" ".join(line.split()) for line in letter.text.splitlines() if line.strip()]


@cache
def _subjects() -> dict[str, Kind]:
    return {
        words: cast("Kind", kind)
        for kind, languages in _table()["subjects"].items()
        for listed in languages.values()
        for words in listed
    }


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    words = _table()["words"]
    order, parcel = _any_of(words["order"]), _any_of(words["parcel"])
    return {
        "order": re.compile(rf"(?<![^\W\d_]){order}", re.IGNORECASE),
        "parcel": re.compile(rf"(?<![^\W\d_]){parcel}", re.IGNORECASE),
        "tracking": re.compile(_any_of(_table()["labels"]["tracking"]), re.IGNORECASE),
        "reply": re.compile(rf"^(?:{_any_of(words['reply'])}\s*:\s*)+"),
        "front": re.compile(rf"^(?:[^\W\d_]{{2,6}} )?(?:{order}|{parcel}) #\s*[:,–-]?\s*"),
        "heading": re.compile(rf"{order}\s*[:#.]?\s*([0-9]{{13,24}})", re.IGNORECASE),
    }


def _any_of(words: Iterable[str]) -> str:
    return f"(?:{'|'.join(sorted(map(re.escape, words), key=len, reverse=True))})"


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath("mail.toml").read_text(encoding="utf-8"))
