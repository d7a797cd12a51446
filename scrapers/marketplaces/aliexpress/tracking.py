"""The shop's tracking page (mtop.ae.ld.querydetail).

The answer does not name its order, only the request does; without it the record carries the goods in the parcel, by
which the order can be found. Each scan has an epoch `time` and a `timeText` in the user's own zone and without a year.
Where the two agree for most scans, their distance is the user's zone and `time` holds; where they do not, the text is
what the buyer saw, so it is taken, marked as not exact. The receiver's name and address are left where they are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Any

from scrapers import countries, when
from scrapers.base import TrackingEvent
from scrapers.marketplaces.aliexpress.dates import wall_clock
from scrapers.marketplaces.aliexpress.promises import once, promised
from scrapers.orders import OrderLine, OrderRecord, ShopParcel, ShownDate
from scrapers.shape import maybe, need, rows, text
from scrapers.status import classify

PLACE = "tracking page"
_QUARTER = timedelta(minutes=15)  # no zone is finer
_NUMBER = re.compile(r"[A-Z0-9-]{6,40}")


def read_tracking(
    answer: object, order_id: str = "", zone: tzinfo | None = None, language: str = ""
) -> list[OrderRecord]:
    """One record with all parcels of the order; `order_id` and `zone` are what the request said, where it is known."""
    module = need(answer, "data.module", dict)
    tracked = rows(module, "trackingDetailLineList")
    parcels = tuple(parcel for row in tracked if (parcel := _parcel(row, zone)))
    return [
        OrderRecord(
            order_id,
            "page",
            destination_country=countries.code(text(module, "logisticsReceiverInfo.country")),
            lines=() if order_id else tuple(line for row in tracked for line in _goods(row)),
            parcels=parcels,
            dates=once(_dates(module, tracked, zone, language)),
            places=(PLACE,),
        )
    ]


def _parcel(row: dict[str, object], zone: tzinfo | None) -> ShopParcel | None:
    """None where no number is out yet: then there is no parcel anybody could follow."""
    numbers = [
        n for n in (text(row, "mailNo").upper(), text(row, "originMailNo").upper()) if _NUMBER.fullmatch(n)
    ]
    if not numbers:
        return None
    events = _events(rows(row, "detailList"), zone)
    return ShopParcel(
        numbers[0],
        other_numbers=tuple(n for n in dict.fromkeys(numbers) if n != numbers[0]),
        carrier_name=text(row, "logisticsCpInfo.cpName") or text(row, "logisticsCarrierName"),
        events=events,
        delivered_at=_delivered_at(events),
    )


def _goods(row: dict[str, object]) -> Iterator[OrderLine]:
    for item in maybe(row, "packageItemList", list) or []:
        count = text(item, "count")
        yield OrderLine(
            "",
            title=text(item, "itemTitle"),
            quantity=int(count) if count.isdecimal() and len(count) < 6 else 1,
            product_id=text(item, "itemId"),
            sku_id=text(item, "skuId"),
        )


def _events(listed: Sequence[dict[str, object]], zone: tzinfo | None) -> tuple[TrackingEvent, ...]:
    """Oldest first."""
    shift = _shift(listed)
    events: list[TrackingEvent] = []
    for row in listed:
        at, exact = _moment(row, shift, zone or UTC)
        # Where the clocks of the page disagree, its order is all there is to go by.
        if not exact and events and at > events[-1].at:
            at = events[-1].at
        words = text(row, "trackingDetailDesc") or text(row, "trackingName")
        code = text(row, "trackingPrimaryCode") or text(row, "trackingSecondCode")
        status = classify(words, carrier="aliexpress", code=code)
        events.append(TrackingEvent(at, exact, words, text(row, "detailedLocation")[:80], code, status))
    return tuple(reversed(events))


def _shift(listed: Sequence[dict[str, object]]) -> timedelta | None:
    """How far the buyer's clock is from UTC: what most scans agree on; 0 without any text, None when they disagree."""
    shown = [row for row in listed if text(row, "timeText")]
    if not shown:
        return timedelta()
    shifts = Counter(shift for row in shown if (shift := _row_shift(row)) is not None)
    best, agreeing = shifts.most_common(1)[0] if shifts else (None, 0)
    return best if agreeing * 2 > len(shown) else None


def _row_shift(row: dict[str, object]) -> timedelta | None:
    at = when.epoch_ms(need(row, "time", int))
    wall = wall_clock(text(row, "timeText"), at, UTC)
    if wall is None:
        return None
    quarters = round((wall - at) / _QUARTER)
    in_the_minute = abs(wall - at - quarters * _QUARTER) < timedelta(minutes=1)
    return quarters * _QUARTER if in_the_minute and -48 <= quarters <= 56 else None


def _moment(row: dict[str, object], shift: timedelta | None, zone: tzinfo) -> tuple[datetime, bool]:
    at = when.epoch_ms(need(row, "time", int))
    written = text(row, "timeText")
    if shift is not None:
        own = _row_shift(row)
        # An hour apart is summer time beginning or ending on the way.
        if not written or (own is not None and abs(own - shift) <= timedelta(hours=1)):
            return at.astimezone(timezone(shift)), True
        zone = timezone(shift)
    wall = wall_clock(written, at, zone)
    return (when.plausible(wall) if wall else at), False


def _delivered_at(events: Sequence[TrackingEvent]) -> datetime | None:
    """The moment of the delivery scan, unless a later scan says that something went wrong with it."""
    for event in reversed(events):
        if event.status.tag == "Delivered":
            return event.at
        if event.status.tag in ("Exception", "AttemptFail", "AvailableForPickup"):
            return None
    return None


def _dates(
    module: dict[str, Any], tracked: Sequence[dict[str, object]], zone: tzinfo | None, language: str
) -> Iterator[ShownDate]:
    promise = maybe(module, "fastDeliveryInfoDTO", dict) or {}
    listed = [line for line in maybe(promise, "fdContentList", list) or [] if isinstance(line, str)]
    yield from promised(listed or [text(promise, "fdContent")], PLACE, language)
    for row in tracked:
        end = maybe(row, "etaInfo.endEtaTime", int)
        # Once delivered, the same field holds the delivery.
        if end and text(row, "etaInfo.etaSceneCode").endswith("_ETA"):
            day = when.epoch_ms(end).astimezone(zone or UTC).date()
            yield ShownDate("expected", day, "page", PLACE, text(row, "etaInfo.etaTimeText"))
