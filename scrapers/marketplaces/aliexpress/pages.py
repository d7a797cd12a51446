"""The buyer pages by their addresses, and the order list as its page shows it: a second source beside the answers.

Cards of the list are told by `data-pl` marks and the address of the details link, never by words that change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from urllib.parse import parse_qs, urlsplit

from bs4 import BeautifulSoup, Tag

from scrapers.forms import Sight, Words
from scrapers.marketplaces.aliexpress import dispute, states
from scrapers.marketplaces.aliexpress.dates import read_day
from scrapers.marketplaces.aliexpress.orders import is_id
from scrapers.marketplaces.aliexpress.refunds import ListedCase
from scrapers.meaning import plain
from scrapers.orders import OrderRecord

LIST = "/p/order/index.html"
LIST_API = "mtop.aliexpress.trade.buyer.order.list"
DETAIL_API = "mtop.aliexpress.trade.buyer.order.detail"
TRACKING_API = "mtop.ae.ld.querydetail"
CASE_API = "mtop.aliexpress.buyer.reverse.reverseorderlinerenderforbuyer"
REFUNDS_API = "mtop.aliexpress.buyer.reverse.queryreverseorderpagelistforbuyer"

# "View orders" (en seen) below the list; the rest are translations in the shop's manner.
_MORE = (
    "View orders", "View more orders", "Weitere Bestellungen", "Bestellungen anzeigen", "Ver pedidos",
    "Ver más pedidos", "Voir les commandes", "Voir plus de commandes", "Visualizza ordini", "Ver mais pedidos",
    "Bestellingen bekijken", "Zobacz zamówienia", "Посмотреть заказы", "주문 보기", "注文を見る",
)  # fmt: skip


def detail(order_id: str) -> str:
    """Where one order is shown."""
    return f"/p/order/detail.html?orderId={order_id}"


def tracking(order_id: str) -> str:
    """Where the parcels of one order are shown."""
    return f"/p/tracking/index.html?_addShare=no&_login=yes&tradeOrderId={order_id}"


def refunds(base_url: str = dispute.HOME) -> str:
    """Where all disputes are listed; the real shop has the page on its other host only."""
    path = "/p/refund-dispute/list.html"
    real = (urlsplit(base_url).hostname or "").endswith("aliexpress.com")
    return f"https://m.aliexpress.com{path}" if real else path


def case(one: ListedCase, base_url: str = dispute.HOME) -> str:
    """Where one case is shown; the real shop has that page, too, on a host of its own."""
    query = f"tradeOrderLineId={one.line_id}&reverseOrderLineId={one.case_line_id}"
    return f"{dispute.bounds(base_url).sites['trade']}/issue/fastissue/Detail.htm?{query}"


def more_buttons(sight: Sight, named: str = "") -> list[int]:
    """The pressables that load older orders, last on the page first. `named`: how the list's own answer calls it."""
    found = [i for i, p in enumerate(sight.pressables) if p.tag == "button" and is_more(p.text, named)]
    return found[::-1]


def is_more(words: str, named: str = "") -> bool:
    """Whether a button with these words loads older orders."""
    return bool(plain(words)) and plain(words) in {plain(known) for known in (*_MORE, named)}


def words(named: Callable[[], str]) -> Words:
    """What a hand has to know that may only load older orders."""

    def is_opener(said: str, _around: Sequence[str], opener: str) -> bool:
        return opener == "more" and is_more(said, named())

    return Words(dispute.WORDS.marks, dispute.is_never, is_opener)


def read_cards(html: str) -> list[OrderRecord]:
    """The orders the list page shows: id, state and day placed, where they can be told."""
    soup = BeautifulSoup(html if "<" in html else "", "lxml")  # a bare word is no page
    language = (soup.html.get("lang") if soup.html else "") or ""
    found = (_card(card, str(language)[:2]) for card in soup.select(".order-item"))
    return [record for record in found if record]


def _card(card: Tag, language: str) -> OrderRecord | None:
    link = card.select_one('a[data-pl="order_item_header_detail"]')
    try:
        query = parse_qs(urlsplit(str(link.get("href", ""))).query) if link else {}
    except ValueError:
        return None
    order_id = query.get("orderId", [""])[0]
    if not is_id(order_id):
        return None
    status = card.select_one('[data-pl="order_item_header_status"]')
    day = card.select_one('[data-pl="order_item_header_info"] > div')
    written = re.sub(r"^[^:：]*[:：]+", "", day.get_text()).strip() if day else ""
    return OrderRecord(
        order_id,
        "page",
        order_state=states.order_state(status.get_text() if status else ""),
        placed_on=read_day(written, language),
    )


def differences(shown: Sequence[OrderRecord], answered: Sequence[OrderRecord]) -> str:
    """How the list page and its answers differ, in one sentence without ids; "" where they agree."""
    on_page = {record.order_id: record for record in shown}
    told = {record.order_id: record for record in answered}
    both = on_page.keys() & told.keys()
    counted = (
        (len(on_page.keys() - told.keys()), "only on the page"),
        (len(told.keys() - on_page.keys()), "only in the answer"),
        (sum(_differ(on_page[i].order_state, told[i].order_state) for i in both), "with another state"),
        (sum(_differ(on_page[i].placed_on, told[i].placed_on) for i in both), "with another day"),
    )
    parts = [f"{count} {where}" for count, where in counted if count]
    return f"The order list and its answer differ ({', '.join(parts)})." if parts else ""


def order_differences(
    shown: OrderRecord, state: str | None, numbers: set[str], answered: Sequence[OrderRecord]
) -> str:
    """How the page of one order and its answer differ, as a clause; "" where they agree. What the page does not show
    is no difference."""
    told_days = {day.day for record in answered for day in record.dates if day.kind == "protection_end"}
    shown_days = {day.day for day in shown.dates if day.kind == "protection_end"}
    told_state = next((record.order_state for record in answered if record.order_state), None)
    told_numbers = {
        n for record in answered for parcel in record.parcels for n in (parcel.number, *parcel.other_numbers)
    }
    parts = (
        ("another day of protection", bool(shown_days - told_days)),
        ("another state", _differ(state, told_state)),
        ("another parcel", bool(numbers - told_numbers)),
        (
            "it is about to be completed",
            shown.closes_soon and not any(record.closes_soon for record in answered),
        ),
    )
    return ", ".join(words for words, differs in parts if differs)


def _differ(one: object, other: object) -> bool:
    return one is not None and other is not None and one != other
