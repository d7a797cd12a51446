"""Who is due: the numbers to be asked about now, and the orders to be judged anew. Found by index, in parts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.adapters.store import columns as col
from monitor.adapters.store.connection import Connection, parts, placeholders
from monitor.rules import clock
from monitor.rules.history import History

# What is due or under a lease so far ahead needs no clock to be doubted.
_SOON = timedelta(hours=1)
_WATCHED = "o.received_on IS NULL AND o.archived_on IS NULL"
# A look of a parcel whose order is watched; those of settled orders wait in the index until a decision parks them.
_WANTED = (
    "EXISTS (SELECT 1 FROM legs l JOIN parcels p ON p.id = l.parcel_id JOIN orders o ON o.id = p.order_id"
    f" WHERE l.look_id = k.id AND {_WATCHED})"
)


@dataclass(frozen=True, slots=True)
class Judging:
    """When all orders were last judged, by what (a hash), and what their finished parcels taught."""

    basis: str
    at: datetime
    history: History


def due(db: Connection, most: Mapping[str, int], now: datetime, newest: int) -> dict[str, list[str]]:
    """Carrier -> the numbers to ask it about, longest due first, at most so many (`most`); of no look past `newest`."""
    found: dict[str, list[str]] = {}
    for carrier in _asked_for(db, list(most), now):
        # Read as it stands, which is as the index has it; a number of several watched orders comes several times.
        rows = db.execute(
            "SELECT k.number FROM looks k CROSS JOIN legs l CROSS JOIN parcels p CROSS JOIN orders o"
            " WHERE k.carrier = ? AND k.due_at <= ? AND k.id <= ? AND l.look_id = k.id AND p.id = l.parcel_id"
            f" AND o.id = p.order_id AND {_WATCHED} ORDER BY k.due_at LIMIT ?",
            (carrier, col.stamp(now), newest, most[carrier]),
        ).fetchall()
        if rows:
            found[carrier] = list(dict.fromkeys([number for (number,) in rows]))
    return found or _of_a_clock_ahead(db, most, now, newest)


def _asked_for(db: Connection, carriers: Sequence[str], now: datetime) -> list[str]:
    """Those of the carriers with anything due, in the order given."""
    return [
        carrier
        for carrier in carriers
        if db.execute(
            "SELECT 1 FROM looks WHERE carrier = ? AND due_at <= ? LIMIT 1", (carrier, col.stamp(now))
        ).fetchone()
    ]


def _of_a_clock_ahead(
    db: Connection, most: Mapping[str, int], now: datetime, newest: int
) -> dict[str, list[str]]:
    """The same: numbers asked about by a clock that ran ahead: an appointment it made is none."""
    rows = db.execute(
        "SELECT k.carrier, k.number FROM looks k WHERE k.last_attempt_at > ? AND k.due_at > ? AND k.id <= ?"
        f" AND {_WANTED} LIMIT ?",
        (col.stamp(now + clock.NOTABLE), col.stamp(now + _SOON), newest, max(most.values(), default=0)),
    ).fetchall()
    found: dict[str, list[str]] = {}
    for carrier, number in rows:
        if carrier in most:
            found.setdefault(carrier, []).append(number)
    return found


def newest_look(db: Connection) -> int:
    """The highest row id of a look, 0 where there is none."""
    return int(db.execute("SELECT COALESCE(MAX(id), 0) AS newest FROM looks").fetchone()["newest"])


def touched(db: Connection, after: int, most: int) -> list[int]:
    """Orders (row ids past `after`) of which something was written since they were last judged."""
    rows = db.execute(
        "SELECT id FROM orders WHERE touched <> judged AND id > ? ORDER BY id LIMIT ?", (after, most)
    )
    return [int(row["id"]) for row in rows]


def lacking_legs(db: Connection, after: int, most: int) -> list[int]:
    """Orders (row ids past `after`) whose parcels may lack legs."""
    rows = db.execute(
        "SELECT id FROM orders WHERE legs_known = 0 AND id > ? ORDER BY id LIMIT ?", (after, most)
    )
    return [int(row["id"]) for row in rows]


def lack_legs(db: Connection, orders: Sequence[int]) -> None:
    """The parcels of these orders may lack legs."""
    db.executemany("UPDATE orders SET legs_known = 0 WHERE id = ?", [(order,) for order in orders])


def legs_known(db: Connection, marks: Iterable[tuple[int, int]]) -> None:
    """Orders lack no legs as they were when so often touched; what was written meanwhile may change that."""
    db.executemany("UPDATE orders SET legs_known = 1 WHERE id = ? AND touched = ?", list(marks))


def every(db: Connection, after: int, most: int) -> list[int]:
    """All orders, by row ids past `after`."""
    return [
        int(row["id"])
        for row in db.execute("SELECT id FROM orders WHERE id > ? ORDER BY id LIMIT ?", (after, most))
    ]


def there(db: Connection, orders: Sequence[int]) -> set[int]:
    """Those of the orders that are there."""
    found: set[int] = set()
    for some in parts(orders):
        rows = db.execute(f"SELECT id FROM orders WHERE id IN ({placeholders(some)})", some)
        found |= {int(row["id"]) for row in rows}
    return found


def named(db: Connection, order_ids: Sequence[str]) -> list[int]:
    """The row ids of the orders with these ids of the shop."""
    found: set[int] = set()
    for order_id in order_ids:
        rows = db.execute("SELECT id FROM orders WHERE order_id = ?", (order_id,))
        found |= {int(row["id"]) for row in rows}
    return sorted(found)


def expects_answers(db: Connection, carriers: Sequence[str]) -> bool:
    """Whether one of these carriers was asked about any number of a watched order and is to be again."""
    return any(
        db.execute(
            "SELECT 1 FROM looks k WHERE k.next_check_at IS NOT NULL AND k.due_at IS NOT NULL"
            f" AND k.carrier IN ({placeholders(some)}) AND {_WANTED} LIMIT 1",
            some,
        ).fetchone()
        for some in parts(carriers)
    )


def marks(db: Connection, orders: Sequence[int]) -> dict[int, int]:
    """Order -> how often it was touched; read in the same view as the order itself."""
    return {
        order: int(db.execute("SELECT touched FROM orders WHERE id = ?", (order,)).fetchone()["touched"])
        for order in orders
    }


def judged(db: Connection, marks: Iterable[tuple[int, int]]) -> None:
    """Orders were judged as they were when so often touched: what was written meanwhile is judged next time."""
    db.executemany("UPDATE orders SET judged = ? WHERE id = ?", [(mark, order) for order, mark in marks])


def touch(db: Connection, order: int) -> None:
    """Something of an order was written, which those with the same numbers may see too."""
    db.execute(
        "UPDATE orders SET touched = touched + 1, legs_known = 0 WHERE id = ? OR id IN"
        " (SELECT b.order_id FROM parcels a JOIN parcels b ON b.number = a.number WHERE a.order_id = ?)",
        (order, order),
    )


def park(db: Connection, orders: Sequence[int]) -> None:
    """The looks of settled orders are not to be asked any more, unless a watched order needs them too."""
    db.executemany(
        "UPDATE looks SET due_at = NULL WHERE due_at IS NOT NULL AND id IN (SELECT l.look_id FROM legs l"
        " JOIN parcels p ON p.id = l.parcel_id WHERE p.order_id = ?) AND NOT EXISTS (SELECT 1 FROM legs l"
        " JOIN parcels p ON p.id = l.parcel_id JOIN orders o ON o.id = p.order_id"
        f" WHERE l.look_id = looks.id AND {_WATCHED})",
        [(order,) for order in orders],
    )


def looks_of(db: Connection, order: int) -> list[int]:
    rows = db.execute(
        "SELECT l.look_id FROM legs l JOIN parcels p ON p.id = l.parcel_id WHERE p.order_id = ?", (order,)
    )
    return [int(row["look_id"]) for row in rows]


def owners(db: Connection, looks: Sequence[int]) -> list[int]:
    """The watched orders with a parcel that is seen by one of these looks."""
    found: dict[int, None] = {}
    for some in parts(looks):
        rows = db.execute(
            "SELECT DISTINCT p.order_id FROM legs l JOIN parcels p ON p.id = l.parcel_id"
            f" JOIN orders o ON o.id = p.order_id WHERE l.look_id IN ({placeholders(some)}) AND {_WATCHED}"
            " ORDER BY p.order_id",
            some,
        )
        found |= dict.fromkeys(int(row["order_id"]) for row in rows)
    return list(found)


def judging(db: Connection) -> Judging | None:
    """The last judgement of all orders, None where there was none or it counts no more."""
    row = db.execute("SELECT basis, at, learned FROM judging WHERE basis <> ''").fetchone()
    if row is None:
        return None
    learned = {
        ((a, b), stage): {int(d): n for d, n in days.items()}
        for a, b, stage, days in json.loads(row["learned"])
    }
    return Judging(row["basis"], datetime.fromisoformat(row["at"]), History(learned))


def put_judging(db: Connection, done: Judging) -> None:
    learned = json.dumps([[*route, stage, days] for (route, stage), days in done.history.gaps.items()])
    db.execute(
        "INSERT INTO judging (id, basis, at, learned) VALUES (1, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
        " basis = excluded.basis, at = excluded.at, learned = excluded.learned",
        (done.basis, col.stamp(done.at), learned),
    )


def judge_all_again(db: Connection) -> None:
    """Something was written that any order may depend on."""
    db.execute("UPDATE judging SET basis = ''")
