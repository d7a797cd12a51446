"""A product page before buying (mtop.aliexpress.pdp.pc.query): what it says of the seller, the item and the shipping.

Parts stand under names in capitals and not every page has every part. Their names and fields were seen 2026-04 to
2026-09, the tracking mark of a shipping method in older answers too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit

from bs4 import BeautifulSoup

from scrapers.forms import Bounds
from scrapers.shape import LayoutChanged, maybe, need, rows, text

API = "mtop.aliexpress.pdp.pc.query"

_PAGE = re.compile(r"/item/(?:[\w-]{1,200}/)?\d{6,20}\.html")
_DESCRIPTION = "#product-description, #nav-description, [class*='description--']"
# Ways to be paid or talked to beside the shop, as sellers write them; plain "PayPal" is the shop's own too.
_BESIDE = (
    "whatsapp", "telegram", "wechat", "western union", "moneygram", "paypal.me", "bank transfer", "wire transfer",
    "pay outside", "payment outside", "outside aliexpress", "friends and family", "bitcoin", "usdt",
    "überweisung", "außerhalb von aliexpress", "transferencia bancaria", "fuera de aliexpress",
    "virement bancaire", "hors aliexpress", "bonifico", "transferência bancária", "przelew bankowy",
    "банковский перевод", "вне aliexpress",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShippingMethod:
    """One way the item can be sent. `tracked` is None where the page does not say."""

    name: str
    tracked: bool | None


@dataclass(frozen=True, slots=True)
class Offer:
    """What a product page shows. `feedback` is the seller's share of good ratings in percent, `rating` the item's
    stars of five; None where the page does not say. `description_read` False: its text was not seen."""

    feedback: Decimal | None
    feedback_count: int | None
    rating: Decimal | None
    rating_count: int | None
    shipping: tuple[ShippingMethod, ...]
    beside: tuple[str, ...]
    description_read: bool


def is_product_page(url: str, bounds: Bounds) -> bool:
    """Whether an address is the page of one product of this shop."""
    return bounds.is_own(url) and bool(_PAGE.fullmatch(urlsplit(url).path))


def read_offer(answer: object, html: str) -> Offer:
    """The offer from the page's own answer and, for the description, the page. Raises LayoutChanged."""
    result = need(answer, "data.result", dict)
    if not any(part in result for part in ("SHOP_CARD_PC", "PC_RATING", "SHIPPING")):
        raise LayoutChanged("the product page names neither seller nor rating nor shipping")
    words = _description(html)
    return Offer(
        feedback=_number(result, "SHOP_CARD_PC.sellerPositiveRate", most=100),
        feedback_count=_count(result, "SHOP_CARD_PC.sellerTotalNum"),
        rating=_number(result, "PC_RATING.rating", most=5),
        rating_count=_count(result, "PC_RATING.totalValidNum"),
        shipping=tuple(_methods(result)),
        beside=tuple(way for way in _BESIDE if _says(words, way)),
        description_read=bool(words),
    )


def _methods(result: dict[str, object]) -> Iterator[ShippingMethod]:
    for name in ("originalLayoutResultList", "deliveryLayoutInfo"):
        for row in rows(result, f"SHIPPING.{name}") if maybe(result, f"SHIPPING.{name}", list) else []:
            method = text(row, "bizData.company") or text(row, "bizData.deliveryProviderName")
            tracked = maybe(row, "bizData.tracking", bool)
            if method or tracked is not None:
                yield ShippingMethod(method[:80], tracked)
        if maybe(result, f"SHIPPING.{name}", list):
            return


def _description(html: str) -> str:
    soup = BeautifulSoup(html, "lxml")
    found = soup.select(_DESCRIPTION)
    return " ".join(" ".join(part.get_text(" ").split()) for part in found).casefold()


def _says(words: str, way: str) -> bool:
    return bool(re.search(rf"(?<![^\W_]){re.escape(way)}(?![^\W_])", words))


def _number(result: dict[str, object], path: str, *, most: int) -> Decimal | None:
    """A share or a number of stars, as text or number; "4,8" and "98.5%" are understood."""
    written = text(result, path)
    number = maybe(result, path, float)
    if number is not None:
        written = f"{number:.6g}"
    found = re.fullmatch(r"(\d{1,3}(?:[.,]\d{1,6})?)\s*%?", written)
    value = Decimal(found.group(1).replace(",", ".")) if found else None
    return value if value is not None and 0 < value <= most else None


def _count(result: dict[str, object], path: str) -> int | None:
    written = text(result, path)
    return int(written) if written.isdecimal() and len(written) < 12 else None
