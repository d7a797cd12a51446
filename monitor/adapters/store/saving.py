"""Taking in what a source says about an order, without losing what another said before.

Sources are trusted unevenly: the newest page and the user may correct anything; a mail, or a page read before one
that is stored already, fills gaps and moves a state on, never back, and never takes a date away. A file that is
imported again is no newer word than what the shop's page has said since: a state it moves on, too, never back.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from monitor.adapters.store import columns as col
from monitor.adapters.store import due, looks, scans, taken_off
from monitor.adapters.store.connection import Connection, Row
from scrapers import numbers
from scrapers.orders import BY_HAND, IMPORTED, OWN_WORD, CaseRecord, OrderRecord, ShopParcel, ShownDate

_UNDER_WAY = ("processing", "shipped")
_ONWARD = ("to_pay", "processing", "shipped", "completed", "cancelled", "closed")
_PLAIN = ("title", "seller", "currency", "destination_country", "payment_method")
_DAYS = ("placed_on", "paid_on", "shipped_on", "completed_on")

# "opened" and "closed" without words are the list's "in progress" and "finished": they take nothing back that the case
# itself said.
_TOLD_BY_THE_SHOP = (
    "excluded.changed_at >= cases.changed_at"
    " AND NOT (excluded.state = 'opened' AND excluded.words = ''"
    " AND cases.state NOT IN ('opened', 'refunded', 'closed'))"
    " AND NOT (excluded.state = 'closed' AND excluded.words = '' AND cases.state IN ('refunded', 'closed'))"
)


def save(db: Connection, record: OrderRecord, now: datetime) -> list[str]:
    """Store one record; returns what changed, as field names ("added" for a new order), [] when nothing did."""
    row = db.execute(
        "SELECT * FROM orders WHERE marketplace = ? AND order_id = ?", (record.marketplace, record.order_id)
    ).fetchone()
    changed: list[str] = []
    if row is None:
        db.execute(
            "INSERT INTO orders (marketplace, order_id, added_at, received_on, archived_on) VALUES (?, ?, ?, ?, ?)",
            (
                record.marketplace,
                record.order_id,
                col.stamp(now),
                col.iso(record.received_on),
                col.iso(record.archived_on),
            ),
        )
        row = db.execute(
            "SELECT * FROM orders WHERE marketplace = ? AND order_id = ?",
            (record.marketplace, record.order_id),
        ).fetchone()
        changed.append("added")
    said = col.stamp(record.said_at or now)
    # The user's word is of now, though the clock of the page may be ahead of ours.
    by_hand = record.source == "manual"
    corrects = by_hand or (record.source == "page" and (row["said_at"] is None or said >= row["said_at"]))
    values = _new_values(row, record, now, corrects=corrects)
    if record.source == "page" and record.said_at is not None:
        db.execute(
            "UPDATE orders SET said_at = ? WHERE id = ? AND COALESCE(said_at, '') < ?",
            (col.stamp(record.said_at), row["id"], col.stamp(record.said_at)),
        )
    if values:
        names = ", ".join(f"{name} = ?" for name in values)
        db.execute(f"UPDATE orders SET {names} WHERE id = ?", (*values.values(), row["id"]))
        changed += values
    order = int(row["id"])
    changed += ["lines"] * _save_lines(db, order, record, corrects=corrects)
    changed += ["dates"] * _save_dates(db, order, record, now)
    taken_off.put(db, order, record.without, now)
    changed += ["parcels"] * (
        len(record.without) + sum(_save_parcel(db, order, parcel, record, now) for parcel in record.parcels)
    )
    changed += ["cases"] * sum(
        _save_case(db, order, case, record.said_at or now, by_hand=by_hand) for case in record.cases
    )
    due.touch(db, order)
    return list(dict.fromkeys(changed))


def _new_values(row: Row, record: OrderRecord, now: datetime, *, corrects: bool) -> dict[str, str | None]:
    offered: dict[str, str | None] = {name: getattr(record, name) or None for name in _PLAIN}
    offered |= {name: col.iso(getattr(record, name)) for name in _DAYS}
    offered["amount"] = str(record.amount) if record.amount is not None else None
    if not corrects:
        offered = {name: value for name, value in offered.items() if not row[name]}
    offered["order_state"] = _state(row, record, corrects=corrects)
    offered["news"] = record.news or None
    if record.closes_soon:
        announced, before = (record.said_at or now).date().isoformat(), row["closes_soon_on"]
        # A page says so as long as it is so; another mail is another announcement, and is told as one.
        if before is None or (record.source == "mail" and announced > before):
            offered["closes_soon_on"] = announced
    changed: dict[str, str | None] = {
        name: value for name, value in offered.items() if value is not None and value != row[name]
    }
    if corrects and _undoes_completion(row["completed_on"], record):
        changed["completed_on"] = None
    return changed


def _undoes_completion(completed_on: str | None, record: OrderRecord) -> bool:
    """Whether a page shows an order under way after the day it was thought completed, as by a mail that only asks how
    it went: its protection runs on, and must not be thought over."""
    under_way = record.order_state in _UNDER_WAY and record.completed_on is None
    if completed_on is None or record.source != "page" or record.said_at is None or not under_way:
        return False
    return record.said_at.date().isoformat() > completed_on


def _state(row: Row, record: OrderRecord, *, corrects: bool) -> str | None:
    before, after = row["order_state"], record.order_state
    of_old_file = record.source == "manual" and row["said_at"] is not None
    if after is None or before is None or (corrects and not of_old_file):
        return after
    return after if _ONWARD.index(after) > _ONWARD.index(before) else None


def _save_lines(db: Connection, order: int, record: OrderRecord, *, corrects: bool) -> bool:
    before = db.total_changes
    for line in record.lines:
        if not line.line_id:  # a tracking page names the goods, not the lines
            continue
        price = str(line.price) if line.price is not None else None
        offered = {
            "title": line.title, "quantity": line.quantity, "price": price, "currency": line.currency,
            "tags": " ".join(line.tags), "product_id": line.product_id, "sku_id": line.sku_id,
        }  # fmt: skip
        db.execute(
            "INSERT INTO lines (order_id, line_id) VALUES (?, ?) ON CONFLICT (order_id, line_id) DO NOTHING",
            (order, line.line_id),
        )
        row = db.execute(
            "SELECT * FROM lines WHERE order_id = ? AND line_id = ?", (order, line.line_id)
        ).fetchone()
        new = {k: v for k, v in offered.items() if v and v != row[k] and (corrects or not row[k])}
        if new:
            names = ", ".join(f"{name} = ?" for name in new)
            db.execute(
                f"UPDATE lines SET {names} WHERE order_id = ? AND line_id = ?",
                (*new.values(), order, line.line_id),
            )
    return db.total_changes > before


def _save_dates(db: Connection, order: int, record: OrderRecord, now: datetime) -> bool:
    """Days are stored when their place showed others before; the old ones stay as history."""
    before, seen = db.total_changes, col.stamp(record.said_at or now)
    shown: dict[tuple[str, str], list[ShownDate]] = {}
    for one in record.dates:
        shown.setdefault((one.kind, one.place), []).append(one)
    for (kind, place), days in shown.items():
        said = {one.day.isoformat() for one in days}
        if said == _standing(db, order, kind, place, seen):
            continue
        if place == IMPORTED and said <= _shown_elsewhere(db, order, kind, seen):
            continue  # an exported table brought back: as the user's own word it would hold where the shop moves on
        db.executemany(
            "INSERT INTO dates (order_id, kind, day, source, place, sentence, seen_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(order, kind, d.day.isoformat(), d.source, place, d.sentence, seen) for d in days],
        )
    # Only a page that tells its own time can say that what an earlier one showed is gone.
    if record.said_at is not None:
        for place in record.places:
            _mark_gone(db, order, place, {one.kind for one in record.dates}, seen)
    return db.total_changes > before


def _standing(db: Connection, order: int, kind: str, place: str, seen: str) -> set[str]:
    """The days a place showed at its last sighting until `seen`, none if they were gone by then.

    What the user says by hand stands against what a file of the user's said later, too.
    """
    here = "(place = :place OR source = 'manual')" if place == OWN_WORD else "place = :place"
    rows = db.execute(
        f"SELECT day FROM dates WHERE order_id = :order AND kind = :kind AND {here}"
        " AND (gone_at IS NULL OR gone_at > :seen) AND seen_at = (SELECT MAX(seen_at) FROM dates"
        f" WHERE order_id = :order AND kind = :kind AND {here} AND seen_at <= :seen)",
        {"order": order, "kind": kind, "place": place, "seen": seen},
    )
    return {row["day"] for row in rows}


def _shown_elsewhere(db: Connection, order: int, kind: str, seen: str) -> set[str]:
    """The days the shop shows, where the user has said none."""
    places = db.execute(
        "SELECT place, MIN(source) AS source FROM dates WHERE order_id = ? AND kind = ? GROUP BY place",
        (order, kind),
    ).fetchall()
    if any(row["source"] == "manual" for row in places):
        return set()
    return {day for row in places for day in _standing(db, order, kind, row["place"], seen)}


def _mark_gone(db: Connection, order: int, place: str, still: set[str], seen: str) -> None:
    """Mark the days that stood last at a place (and its variants in words), and of whose kind none stands there now."""
    standing = db.execute(
        "SELECT kind, place, MAX(seen_at) AS last FROM dates WHERE order_id = ? AND SUBSTR(place, 1, ?) = ?"
        " GROUP BY kind, place HAVING MAX(seen_at) < ?",
        (order, len(place), place, seen),
    ).fetchall()
    for row in standing:
        if row["kind"] not in still:
            db.execute(
                "UPDATE dates SET gone_at = ? WHERE order_id = ? AND kind = ? AND place = ? AND seen_at = ?"
                " AND gone_at IS NULL",
                (seen, order, row["kind"], row["place"], row["last"]),
            )


def _save_parcel(db: Connection, order: int, parcel: ShopParcel, record: OrderRecord, now: datetime) -> bool:
    before = db.total_changes
    named = [numbers.normal(n) for n in (parcel.number, *parcel.other_numbers) if n]
    off = taken_off.still_off(db, order, named, record, now)
    if named[0] in off:
        return False
    own = [number for number in named if number not in off]
    marks = ",".join("?" * len(own))
    known = db.execute(
        "SELECT p.id FROM parcels p LEFT JOIN legs l ON l.parcel_id = p.id LEFT JOIN looks k ON k.id = l.look_id"
        f" WHERE p.order_id = ? AND (p.number IN ({marks}) OR k.number IN ({marks})) ORDER BY p.id LIMIT 1",
        (order, *own, *own),
    ).fetchone()
    if known is None:
        db.execute("INSERT INTO parcels (order_id, number) VALUES (?, ?)", (order, own[0]))
        known = db.execute(
            "SELECT id FROM parcels WHERE order_id = ? AND number = ?", (order, own[0])
        ).fetchone()
    for column, value in (("carrier", parcel.carrier_id), ("shop_carrier_name", parcel.carrier_name)):
        if value:
            db.execute(
                f"UPDATE parcels SET {column} = ? WHERE id = ? AND {column} <> ?",
                (value, known["id"], value),
            )
    if parcel.events:
        if scans.put(db, {looks.ensure(db, "shop", own[0]): parcel.events}):
            db.execute(
                "UPDATE parcels SET shop_seen_at = ? WHERE id = ?",
                (col.stamp(record.said_at or now), known["id"]),
            )
        looks.link(db, int(known["id"]), "shop", own[0], "helper")
    for number in own[1:]:
        looks.link(db, int(known["id"]), "cainiao", number, "helper")
    return db.total_changes > before


def _save_case(db: Connection, order: int, case: CaseRecord, now: datetime, *, by_hand: bool) -> bool:
    before = db.total_changes
    named = db.execute(
        "SELECT COUNT(*) FROM cases WHERE order_id = ? AND case_id <> ''", (order,)
    ).fetchone()[0]
    if not case.case_id and named:  # the order list shows a state without its case; the case itself says more
        return False
    if case.case_id not in ("", BY_HAND):
        _name_case(db, order, case, now)
    if case.case_id:
        told = db.execute(
            "DELETE FROM cases WHERE order_id = ? AND case_id = '' RETURNING state", (order,)
        ).fetchall()
        if case.state == "closed" and any(row["state"] == "refunded" for row in told):
            # The order list said what came of it, the list of cases only that it is over.
            case = replace(case, state="refunded")
    db.execute(
        "INSERT INTO cases (order_id, case_id, line_id, state, opened_on, words, refund, currency, changed_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (order_id, case_id) DO UPDATE SET"
        " line_id = CASE excluded.line_id WHEN '' THEN cases.line_id ELSE excluded.line_id END, state = excluded.state,"
        " opened_on = COALESCE(excluded.opened_on, cases.opened_on), words = excluded.words,"
        " refund = COALESCE(excluded.refund, cases.refund),"
        " currency = CASE WHEN excluded.refund IS NULL THEN cases.currency ELSE excluded.currency END,"
        " changed_at = excluded.changed_at"
        f" WHERE {'TRUE' if by_hand else _TOLD_BY_THE_SHOP}"
        " AND (cases.state <> excluded.state OR cases.words <> excluded.words"
        " OR COALESCE(cases.refund, '') <> COALESCE(excluded.refund, cases.refund, ''))",
        (
            order, case.case_id, case.line_id, case.state, col.iso(case.opened_on), case.words,
            str(case.refund) if case.refund is not None else None, case.currency, col.stamp(now),
        ),
    )  # fmt: skip
    return db.total_changes > before


def _name_case(db: Connection, order: int, case: CaseRecord, now: datetime) -> None:
    """A dispute recorded by hand is the next the shop names of that item: left as another, it would never end."""
    by_hand = (order, BY_HAND, case.line_id, col.stamp(now))
    db.execute(
        "UPDATE cases SET case_id = ? WHERE order_id = ? AND case_id = ? AND line_id IN ('', ?) AND changed_at <= ?"
        " AND NOT EXISTS (SELECT 1 FROM cases WHERE order_id = ? AND case_id = ?)",
        (case.case_id, *by_hand, order, case.case_id),
    )
    db.execute(
        "DELETE FROM cases WHERE order_id = ? AND case_id = ? AND line_id IN ('', ?) AND changed_at <= ?",
        by_hand,
    )
