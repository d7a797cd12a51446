"""All rows of a store into another, in parts: what came over stays there when the copy is cut off.

A part is committed whole, so the highest key in the target says how far a table is. The source is read in one view.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Protocol

from monitor.adapters.store.connection import Backend, Connection
from monitor.adapters.store.trouble import StoreTrouble, StoreUnfit

# Keys a part; a key may stand for some dozens of rows.
_PART = 2_000


@dataclass(frozen=True, slots=True)
class Table:
    """One table. Rows with the same `key`, which is never NULL, go over together."""

    name: str
    key: str


# Whom others point to first.
TABLES = (
    Table("texts", "id"), Table("meanings", "id"), Table("orders", "id"), Table("lines", "order_id"),
    Table("dates", "id"), Table("parcels", "id"), Table("taken_off", "order_id"), Table("looks", "id"),
    Table("legs", "parcel_id"),
    Table("scans", "look_id"), Table("labels", "text"), Table("answers", "id"), Table("attempts", "look_id"),
    Table("cases", "order_id"), Table("notices", "id"), Table("deliveries", "notice_id"),
    Table("refusals", "order_id"), Table("shops", "marketplace"), Table("mailboxes", "mailbox"),
    Table("calendar", "uid"), Table("errands", "name"), Table("ahead", "id"), Table("clock", "id"),
    Table("clock_events", "at"), Table("clock_witnesses", "host"), Table("judging", "id"),
)  # fmt: skip
# Those whose rows get their number from the database.
NUMBERED = ("texts", "meanings", "orders", "dates", "parcels", "looks", "answers", "notices")


class Target(Backend, Protocol):
    """A store that can be marked as not complete, for as long as a copy into it is."""

    def half(self) -> bool: ...
    def set_half(self, db: Connection, *, half: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows, and a checksum over the text of all of them, whatever their order."""

    rows: int
    checksum: str


@dataclass(frozen=True, slots=True)
class Copied:
    """One table: what the source has, what the target has now, and how many rows this copy brought."""

    table: str
    source: Tally
    target: Tally
    brought: int

    @property
    def same(self) -> bool:
        return self.source == self.target


def copy(source: Backend, target: Target, told: Callable[[str, int], None]) -> list[Copied]:
    """Make the target hold what the source holds; tells (table, rows so far) after each part.

    A target that holds just that already is only compared; one whose copy was cut off is completed. Raises StoreUnfit,
    with nothing changed, for a target that holds anything else, and StoreTrouble for one that is different in the
    end: it stays marked as not complete, and so is not used.
    """
    with source.read() as db:
        if not target.half():
            if not _empty(target):
                return _compared_only(db, target)
            with target.write() as into:
                target.set_half(into, half=True)
        else:
            _see_that_it_is_ours(db, target)
        brought = {table.name: _carry(db, target, table, told) for table in TABLES}
        found = _compared(db, target, brought)
        if wrong := [one.table for one in found if not one.same]:
            raise StoreTrouble(
                f"The copy in {target.place} differs from {source.place} in {', '.join(wrong)}: it is not used. Empty"
                " it and copy anew."
            )
        with target.write() as into:
            target.set_half(into, half=False)
    return found


def pour(
    db: Connection, into: Connection, table: Table, after: object = None, *, parts: int | None = None
) -> int:
    """Rows of a table past a key into another database, all or so many parts; returns how many."""
    poured = 0
    for number, rows in enumerate(_parts(db, table, after), start=1):
        names = list(rows[0].keys())
        into.executemany(
            f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
            [tuple(row) for row in rows],
        )
        poured += len(rows)
        if number == parts:
            break
    return poured


def tally(db: Connection, table: Table, upto: object = None) -> Tally:
    """Rows and checksum of a table, or of its rows up to a key."""
    rows, total = 0, 0
    for part in _parts(db, table, upto=upto):
        rows += len(part)
        total += sum(_of_row(row) for row in part)
    return Tally(rows, f"{total % 2**128:032x}")


def _of_row(row: Any) -> int:
    """A number for the row as text: names in their order with what each holds, told apart by type."""
    said = "\n".join(f"{name}={_said(row[name])}" for name in sorted(row.keys()))
    return int.from_bytes(blake2b(said.encode("utf-8", "surrogatepass"), digest_size=16).digest(), "big")


def _said(value: object) -> str:
    # The one sign that PostgreSQL cannot hold is kept there as the sign for an unknown one.
    return repr(value.replace("\0", "\ufffd")) if isinstance(value, str) else repr(value)


def _carry(db: Connection, target: Target, table: Table, told: Callable[[str, int], None]) -> int:
    brought = 0
    while True:
        with target.write() as into:  # how far it is, is asked within: two copies at once do not double a row
            poured = pour(db, into, table, _last(into, table), parts=1)
        if not poured:
            return brought
        brought += poured
        told(table.name, brought)


def _see_that_it_is_ours(db: Connection, target: Target) -> None:
    with target.read() as there:
        for table in TABLES:
            last = _last(there, table)
            if last is not None and tally(there, table) != tally(db, table, upto=last):
                raise StoreUnfit(
                    f"{target.place} holds a copy that was cut off, and of something else ({table.name} differs): empty"
                    " it and copy anew."
                )


def _compared_only(db: Connection, target: Target) -> list[Copied]:
    found = _compared(db, target, {})
    if wrong := [one.table for one in found if not one.same]:
        raise StoreUnfit(
            f"{target.place} holds other data ({', '.join(wrong)}); it was not touched. Choose an empty place."
        )
    return found


def _compared(db: Connection, target: Target, brought: dict[str, int]) -> list[Copied]:
    with target.read() as there:
        return [
            Copied(table.name, tally(db, table), tally(there, table), brought.get(table.name, 0))
            for table in TABLES
        ]


def _empty(target: Target) -> bool:
    with target.read() as there:
        return all(_last(there, table) is None for table in TABLES)


def _last(db: Connection, table: Table) -> Any:
    return db.execute(f"SELECT MAX({table.key}) FROM {table.name}").fetchone()[0]


def _parts(
    db: Connection, table: Table, after: object = None, upto: object = None
) -> Iterator[Sequence[Any]]:
    """The rows past a key and up to another in parts, by key."""
    name, key = table.name, table.key
    while True:
        bounds = [(f"{key} > ?", after)] * (after is not None) + [(f"{key} <= ?", upto)] * (upto is not None)
        where = " AND ".join(["1 = 1", *(condition for condition, _ in bounds)])
        last = db.execute(
            f"SELECT MAX(part.of_it) FROM (SELECT DISTINCT {key} AS of_it FROM {name} WHERE {where}"
            f" ORDER BY of_it LIMIT {_PART}) AS part",
            tuple(value for _, value in bounds),
        ).fetchone()[0]
        if last is None:
            return
        past = "" if after is None else f"{key} > ? AND"
        yield db.execute(
            f"SELECT * FROM {name} WHERE {past} {key} <= ?", (last,) if after is None else (after, last)
        ).fetchall()
        after = last
