"""Orders as the rules want them: whole, with parcels, legs, scans, dates and cases, in a handful of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import TypeVar, cast

from monitor.adapters.store import columns as col
from monitor.adapters.store import scans
from monitor.adapters.store.connection import Connection, Row
from monitor.model import Case, DateSeen, Leg, Line, Order, Parcel, Role
from scrapers.base import Outcome, TrackingEvent
from scrapers.orders import CaseState, DateKind, OrderLine, OrderState, Source

K = TypeVar("K")
V = TypeVar("V")


def load(db: Connection, ids: Sequence[int] | None = None) -> list[Order]:
    """Orders by their row ids, or all; newest placed first."""
    rows = _in(db, "SELECT * FROM orders WHERE id {0}", ids)
    wanted = [int(row["id"]) for row in rows]
    lines = _grouped(
        (int(r["order_id"]), _line(r))
        for r in _in(db, "SELECT * FROM lines WHERE order_id {0} ORDER BY order_id, line_id", wanted)
    )
    dates = _grouped(
        (int(r["order_id"]), _date(r))
        for r in _in(db, "SELECT * FROM dates WHERE order_id {0} ORDER BY id", wanted)
    )
    cases = _grouped(
        (int(r["order_id"]), _case(r))
        for r in _in(db, "SELECT * FROM cases WHERE order_id {0} ORDER BY order_id, case_id", wanted)
    )
    parcels = _parcels(db, wanted)
    refused = _refused(db, wanted)
    orders = [
        replace(
            _order(r, lines[r["id"]], dates[r["id"]], cases[r["id"]], parcels[r["id"]]),
            dispute_refused_at=refused.get(int(r["id"])),
        )
        for r in rows
    ]
    return sorted(orders, key=lambda o: (o.placed_on is not None, o.placed_on, o.order_id), reverse=True)


def _parcels(db: Connection, orders: Sequence[int]) -> dict[int, list[Parcel]]:
    rows = _in(db, "SELECT * FROM parcels WHERE order_id {0} ORDER BY id", orders)
    ids = [int(row["id"]) for row in rows]
    legs = _in(
        db,
        "SELECT l.parcel_id, l.role, k.* FROM legs l JOIN looks k ON k.id = l.look_id WHERE l.parcel_id {0}"
        " ORDER BY l.role DESC, k.id",
        ids,
    )
    events = scans.by_look(db, sorted({int(row["id"]) for row in legs}))
    by_parcel = _grouped((int(row["parcel_id"]), row) for row in legs)
    sellers = _other_sellers(db, sorted({row["number"] for row in rows}))
    found: dict[int, list[Parcel]] = defaultdict(list)
    for row in rows:
        own = by_parcel[int(row["id"])]
        shop = [r for r in own if r["carrier"] == "shop"]
        parcel = Parcel(
            id=int(row["id"]),
            number=row["number"],
            carrier=row["carrier"],
            shop_carrier_name=row["shop_carrier_name"],
            legs=tuple(_leg(r, events.get(int(r["id"]), ())) for r in own if r["carrier"] != "shop"),
            shop_events=tuple(e for r in shop for e in events.get(int(r["id"]), ())),
            shop_seen_at=col.instant(row["shop_seen_at"]),
            other_sellers=tuple(s for o, s in sellers.get(row["number"], ()) if o != row["order_id"]),
        )
        found[int(row["order_id"])].append(parcel)
    return found


def _refused(db: Connection, orders: Sequence[int]) -> dict[int, datetime]:
    """When the shop last refused a dispute, by order."""
    rows = _in(
        db,
        "SELECT order_id, MAX(at) AS at FROM refusals WHERE form = 'dispute' AND order_id {0} GROUP BY order_id",
        orders,
    )
    return {int(row["order_id"]): datetime.fromisoformat(row["at"]) for row in rows}


def _other_sellers(db: Connection, numbers: Sequence[str]) -> dict[str, list[tuple[int, str]]]:
    """Those of the numbers that stand on orders of more than one seller."""
    query = (
        "SELECT p.number, o.id, o.seller FROM parcels p JOIN orders o ON o.id = p.order_id WHERE p.number {0}"
    )
    found = _grouped((row["number"], (int(row["id"]), row["seller"])) for row in _in(db, query, numbers))
    return {n: sold for n, sold in found.items() if len({seller for _, seller in sold if seller}) > 1}


def _in(db: Connection, query: str, ids: Sequence[int] | Sequence[str] | None) -> list[Row]:
    if ids is None:
        return db.execute(query.format("IS NOT NULL")).fetchall()
    found: list[Row] = []
    for start in range(0, len(ids), 500):  # SQLite takes a limited number of values a statement
        some = ids[start : start + 500]
        found += db.execute(query.format(f"IN ({','.join('?' * len(some))})"), some).fetchall()
    return found


def _grouped(pairs: Iterable[tuple[K, V]]) -> defaultdict[K, list[V]]:
    groups: defaultdict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups


def _order(
    row: Row, lines: list[Line], dates: list[DateSeen], cases: list[Case], parcels: list[Parcel]
) -> Order:
    return Order(
        id=int(row["id"]),
        marketplace=row["marketplace"],
        order_id=row["order_id"],
        title=row["title"],
        seller=row["seller"],
        amount=col.money(row["amount"]),
        currency=row["currency"],
        placed_on=col.day(row["placed_on"]),
        paid_on=col.day(row["paid_on"]),
        shipped_on=col.day(row["shipped_on"]),
        completed_on=col.day(row["completed_on"]),
        order_state=cast("OrderState | None", row["order_state"]),
        destination_country=row["destination_country"],
        payment_method=row["payment_method"],
        received_on=col.day(row["received_on"]),
        archived_on=col.day(row["archived_on"]),
        closes_soon_on=col.day(row["closes_soon_on"]),
        news=row["news"],
        lines=tuple(lines),
        parcels=tuple(parcels),
        dates=tuple(dates),
        cases=tuple(cases),
        added_at=col.instant(row["added_at"]),
    )


def _leg(row: Row, events: tuple[TrackingEvent, ...]) -> Leg:
    return Leg(
        carrier=row["carrier"],
        number=row["number"],
        role=cast("Role", row["role"]),
        last_attempt_at=col.instant(row["last_attempt_at"]),
        last_outcome=cast("Outcome | None", row["last_outcome"]),
        last_detail=row["last_detail"],
        last_good_at=col.instant(row["last_good_at"]),
        last_good_outcome=cast("Outcome | None", row["last_good_outcome"]),
        next_check_at=col.instant(row["next_check_at"]),
        failures=int(row["failures"]),
        events=events,
        origin_country=row["origin_country"],
        destination_country=row["destination_country"],
        ends_by_design=bool(row["ends_by_design"]),
        expected_at=col.instant(row["expected_at"]),
    )


def _line(row: Row) -> Line:
    tags = tuple(row["tags"].split())
    return Line(
        row["line_id"], row["title"], int(row["quantity"]), col.money(row["price"]), row["currency"], tags
    )


def _date(row: Row) -> DateSeen:
    return DateSeen(
        cast("DateKind", row["kind"]),
        date.fromisoformat(row["day"]),
        cast("Source", row["source"]),
        row["place"],
        row["sentence"],
        datetime.fromisoformat(row["seen_at"]),
        col.instant(row["gone_at"]),
    )


def _case(row: Row) -> Case:
    return Case(
        case_id=row["case_id"],
        line_id=row["line_id"],
        state=cast("CaseState", row["state"]),
        opened_on=col.day(row["opened_on"]),
        words=row["words"],
        refund=col.money(row["refund"]),
        currency=row["currency"],
        changed_at=datetime.fromisoformat(row["changed_at"]),
    )


def goods(db: Connection, order: int) -> tuple[OrderLine, ...]:
    """What an order's lines are, by the shop's ids."""
    rows = db.execute("SELECT * FROM lines WHERE order_id = ? ORDER BY line_id", (order,))
    return tuple(
        OrderLine(r["line_id"], r["title"], product_id=r["product_id"], sku_id=r["sku_id"]) for r in rows
    )
