"""The signs before buying, each with its threshold and where it comes from. No sign says that a seller is safe."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from scrapers.marketplaces.aliexpress.product import Offer

Result = Literal["warning", "no_warning", "not_shown"]

LEAST_FEEDBACK, GOOD_FEEDBACK = Decimal(95), Decimal(98)
LEAST_RATING = Decimal("4.7")
_THUMB = "buyers' rule of thumb, no rule of the shop"
_PROTECTION = (
    "buyer protection needs a tracking that can be shown, and covers only what is paid through the shop"
)


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign: what was found, against which threshold, and whose threshold that is."""

    name: str
    result: Result
    found: str
    threshold: str
    source: str


def signs(offer: Offer) -> list[Sign]:
    """Every sign of an offer, the same ones in the same order for each."""
    return [_feedback(offer), _rating(offer), _tracking(offer), _payment(offer)]


def _feedback(offer: Offer) -> Sign:
    threshold = f"warns under {LEAST_FEEDBACK} %; {GOOD_FEEDBACK} % and more counts as reliable"
    if offer.feedback is None:
        return Sign("seller's good ratings", "not_shown", "", threshold, _THUMB)
    found = f"{offer.feedback} %{_of(offer.feedback_count)}"
    return Sign("seller's good ratings", _warns(offer.feedback < LEAST_FEEDBACK), found, threshold, _THUMB)


def _rating(offer: Offer) -> Sign:
    threshold = f"warns under {LEAST_RATING} of 5"
    if offer.rating is None:
        return Sign("item's rating", "not_shown", "", threshold, _THUMB)
    found = f"{offer.rating} of 5{_of(offer.rating_count)}"
    return Sign("item's rating", _warns(offer.rating < LEAST_RATING), found, threshold, _THUMB)


def _tracking(offer: Offer) -> Sign:
    threshold = "warns where no shipping method is tracked"
    known = [method for method in offer.shipping if method.tracked is not None]
    tracked = [method.name or "a method without a name" for method in known if method.tracked]
    if tracked:
        return Sign(
            "tracked shipping", "no_warning", f"tracked: {', '.join(tracked)}", threshold, _PROTECTION
        )
    if not known or len(known) < len(offer.shipping):
        return Sign("tracked shipping", "not_shown", "", threshold, _PROTECTION)
    return Sign("tracked shipping", "warning", "none of the methods is tracked", threshold, _PROTECTION)


def _payment(offer: Offer) -> Sign:
    threshold = "warns where the description names a way to pay or talk beside the shop"
    if offer.beside:
        return Sign("payment beside the shop", "warning", ", ".join(offer.beside), threshold, _PROTECTION)
    result: Result = "no_warning" if offer.description_read else "not_shown"
    found = "nothing of the kind in the description" if offer.description_read else ""
    return Sign("payment beside the shop", result, found, threshold, _PROTECTION)


def summary(found: list[Sign]) -> str:
    """One sentence; never that an offer is safe."""
    return " ".join(_parts(found))


def _parts(found: list[Sign]) -> Iterator[str]:
    warning = [sign for sign in found if sign.result == "warning"]
    missing = sum(sign.result == "not_shown" for sign in found)
    if warning:
        yield f"{len(warning)} of {len(found)} signs warn: {', '.join(sign.name for sign in warning)}."
    else:
        yield "None of the signs that could be read warns; that proves nothing about this seller."
    if missing:
        yield f"{missing} could not be read from the page."


def _warns(failed: bool) -> Result:  # noqa: FBT001 - the one thing it turns into words
    return "warning" if failed else "no_warning"


def _of(count: int | None) -> str:
    return f" of {count} ratings" if count is not None else ""
