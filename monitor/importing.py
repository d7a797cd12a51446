"""Files the user hands over, read to order records: template rows (.csv, .json), shop mails (.eml, .mbox), and what
the browser saved from the order pages (.har, or one answer as .json).

Whatever is wrong with a file is told as a Problem and never raised; what is good in it is kept.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from monitor.browser_log import exchanges
from monitor.matching import orders_of
from monitor.order_rows import EXPORT_ONLY, FIELDS, REQUIRED, BadRow, read_row, unknown_field
from monitor.spreadsheet import decoded, rows
from scrapers.marketplaces.aliexpress.answers import ShopRefused, read_answer
from scrapers.marketplaces.aliexpress.mail import MailReading, read_mail
from scrapers.marketplaces.aliexpress.mime import MOST_BYTES
from scrapers.orders import OrderRecord
from scrapers.shape import LayoutChanged, maybe

_MOST_FILE = 50_000_000
_Seen = dict[tuple[str, str], tuple[OrderRecord, str]]  # the first row of each order and where it stands
_JSONP = re.compile(r"\s*[\w.$]+\s*\((.*)\)\s*;?\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be taken: where it stands ("orders.csv line 7") and why, in one clause."""

    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Hint:
    """What a mail says that may be forged: shown with an order there is, never one of its own."""

    where: str
    record: OrderRecord


@dataclass(frozen=True, slots=True)
class Imported:
    """What was found, one record per source and order, and what could not be taken."""

    records: tuple[OrderRecord, ...] = ()
    problems: tuple[Problem, ...] = ()
    hints: tuple[Hint, ...] = ()


def read_files(paths: Iterable[Path], *, today: date, known: Sequence[OrderRecord] = ()) -> Imported:
    """All files of one import, older words first, with every record that names no order given to its order.

    `known` are the orders there are already, with placed_on, lines and parcels.
    """
    parts = [read_file(path, today=today) for path in paths]
    records = sorted((record for part in parts for record in part.records), key=_said_at)
    attached, lost = attach(records, known)
    hints = [hint for part in parts for hint in part.hints]
    shown, strange = known_only(hints, {record.order_id for record in (*known, *attached)})
    problems = (problem for part in parts for problem in part.problems)
    return Imported((*attached, *shown), (*problems, *lost, *strange))


def known_only(hints: Iterable[Hint], known: Collection[str]) -> tuple[list[OrderRecord], list[Problem]]:
    """The hints about orders there are, and for every other the sentence that nothing was taken from it."""
    shown, strange = [], []
    for hint in hints:
        if hint.record.order_id in known:
            shown.append(hint.record)
        else:
            reason = "a mail that is not provably from the shop names an order unknown here; nothing was taken from it"
            strange.append(Problem(hint.where, reason))
    return shown, strange


def read_file(path: Path, *, today: date) -> Imported:
    """What one file holds; records of a tracking page may still name no order (see attach)."""
    readers: dict[str, Callable[[str, bytes, date], Iterator[OrderRecord | Problem | Hint]]] = {
        ".csv": _csv, ".json": _json, ".har": _json, ".eml": _eml,
    }  # fmt: skip
    kind = path.suffix.casefold()
    try:
        if kind == ".mbox":
            return _collected(_mbox(path))
        if path.is_dir():
            return _refused(path, "a folder cannot be read; name the files in it, e.g. with *.eml")
        if kind not in readers:
            return _refused(
                path, f"a {kind or 'nameless'} file is not known here; there are .csv .json .eml .mbox .har"
            )
        if path.stat().st_size > _MOST_FILE:
            return _refused(path, f"the file is larger than {_MOST_FILE // 1_000_000} MB")
        raw = path.read_bytes()
    except OSError as error:
        return _refused(path, f"the file cannot be read ({error.strerror or type(error).__name__})")
    return _collected(readers[kind](path.name, raw, today))


def attach(
    records: Sequence[OrderRecord], known: Sequence[OrderRecord] = ()
) -> tuple[tuple[OrderRecord, ...], tuple[Problem, ...]]:
    """Gives each record without an order id to its order, found among the others and `known`.

    A parcel number decides, else the goods in the parcel together with the time of its first scan. Where no order or
    several orders fit, the record is left out and named: a delivery shown for the wrong order costs money.
    """
    orders = [record for record in (*known, *records) if record.order_id]
    found: list[OrderRecord] = []
    problems = []
    for record in records:
        if record.order_id:
            found.append(record)
            continue
        order_ids = orders_of(record, orders)
        found += [replace(record, order_id=order_id, lines=()) for order_id in order_ids]
        if not order_ids:
            numbers = " ".join(parcel.number for parcel in record.parcels)
            reason = (
                "it does not say which order it is of; import the order list or the page of the order with it"
            )
            problems.append(Problem(f"tracking {numbers}".strip(), reason))
    return tuple(found), tuple(problems)


def _said_at(record: OrderRecord) -> datetime:
    return record.said_at or datetime.min.replace(tzinfo=UTC)


def _refused(path: Path, reason: str) -> Imported:
    return Imported(problems=(Problem(path.name, reason),))


def _collected(found: Iterable[OrderRecord | Problem | Hint]) -> Imported:
    listed = list(found)
    return Imported(
        tuple(one for one in listed if isinstance(one, OrderRecord)),
        tuple(one for one in listed if isinstance(one, Problem)),
        tuple(one for one in listed if isinstance(one, Hint)),
    )


# Template rows


def _csv(name: str, raw: bytes, today: date) -> Iterator[OrderRecord | Problem]:
    written, doubt = decoded(raw)
    if doubt:
        yield Problem(name, doubt)
    columns: list[str] = []
    seen: _Seen = {}
    for line, cells in rows(written):
        where = f"{name} line {line}"
        if cells is None:
            yield Problem(where, "the row cannot be taken apart; is a quotation mark left open?")
        elif not columns:
            columns = ["_".join(cell.casefold().split()) for cell in cells]
            yield from _header_problems(where, columns)
            if not set(REQUIRED) <= set(columns):
                return
        elif any(cell.strip() for cell in cells[len(columns) :]):
            yield Problem(where, f"the row has {len(cells)} cells for {len(columns)} columns")
        else:
            yield from _row(where, dict(zip(columns, cells, strict=False)), today, seen)
    if not columns:
        yield Problem(name, "the file is empty")


def _header_problems(where: str, columns: list[str]) -> Iterator[Problem]:
    for column in dict.fromkeys(columns):
        if column and column not in (*FIELDS, *EXPORT_ONLY):
            yield Problem(where, unknown_field(column))
        if column and columns.count(column) > 1:
            yield Problem(where, f"the column {column[:40]!r} is there twice; the last one counts")
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        yield Problem(where, f"no column {' and no column '.join(missing)}; nothing was taken")


def _row(where: str, row: Mapping[str, object], today: date, seen: _Seen) -> Iterator[OrderRecord | Problem]:
    try:
        record = read_row(row, today)
    except BadRow as error:
        yield Problem(where, str(error))
        return
    first, first_where = seen.setdefault((record.marketplace, record.order_id), (record, where))
    if first is record:
        yield record
    elif first != record:
        yield Problem(
            where, f"order {record.order_id} is also at {first_where} with other data; that one is kept"
        )


# Answers of the shop's pages, and rows as JSON


def _json(name: str, raw: bytes, today: date) -> Iterator[OrderRecord | Problem]:
    try:
        data = _loads(decoded(raw)[0])
    except (ValueError, RecursionError):
        yield Problem(name, "the file is not readable JSON")
        return
    entries = maybe(data, "log.entries", list)
    if entries is not None:
        yield from _har(name, entries)
        return
    listed = data if isinstance(data, list) else [data]
    seen: _Seen = {}
    unknown: set[str] = set()
    for place, item in enumerate(listed, start=1):
        where = f"{name} item {place}" if isinstance(data, list) else name
        if not isinstance(item, dict):
            yield Problem(where, "an order or an answer of the shop was expected here")
        elif "api" in item:
            yield from _answer(where, item, {})
        elif "order_id" not in item and "placed_on" not in item:
            yield Problem(where, "this is neither an order of the template nor an answer of the shop")
        else:
            for field in sorted(item.keys() - unknown - set(FIELDS)):
                unknown.add(field)
                yield Problem(where, unknown_field(field))
            yield from _row(where, item, today, seen)


def _har(name: str, entries: list[object]) -> Iterator[OrderRecord | Problem]:
    found = list(exchanges(entries))
    for exchange in found:
        where = f"{name} entry {exchange.place} ({exchange.api})"
        try:
            answer = _loads(exchange.body)
        except (ValueError, RecursionError):
            yield Problem(where, "the answer was not kept in the file or is not readable JSON")
            continue
        for one in _answer(where, answer, exchange.asked):
            if isinstance(one, OrderRecord) and one.said_at is None:
                yield replace(one, said_at=exchange.at)
            else:
                yield one
    if not found:
        yield Problem(name, "no answer about orders is in it; open the order pages while the browser records")


def _answer(where: str, answer: object, asked: Mapping[str, object]) -> Iterator[OrderRecord | Problem]:
    try:
        yield from read_answer(answer, asked)
    except LayoutChanged as changed:
        yield Problem(where, f"the answer is unlike anything known here: {changed}")
    except ShopRefused as refused:
        yield Problem(where, str(refused))


def _loads(written: str) -> object:
    """JSON, also inside `callback(...)`; raises ValueError or RecursionError."""
    wrapped = _JSONP.fullmatch(written)
    data: object = json.loads(
        wrapped.group(1) if wrapped else written, parse_float=Decimal, parse_constant=_no_number
    )
    return data


def _no_number(written: str) -> float:
    raise ValueError(f"{written} is no number")


# Mails


def _eml(name: str, raw: bytes, _today: date) -> Iterator[OrderRecord | Problem | Hint]:
    reading = read_mail(raw)
    yield from _weighed(name, reading)
    if not reading.records:
        yield Problem(name, reading.sentence.rstrip("."))


def _weighed(where: str, reading: MailReading) -> Iterator[OrderRecord | Hint]:
    """What a mail says, as a mere hint where its sender is not provably the shop."""
    for record in reading.records:
        yield Hint(where, record) if reading.kind == "doubtful" else record


def _mbox(path: Path) -> Iterator[OrderRecord | Problem | Hint]:
    """A mailbox holds all sorts of mail: what does not speak of the shop is passed over without a word."""
    for place, raw in enumerate(_messages(path), start=1):
        if b"aliexpress" not in raw.lower():
            continue
        where, reading = f"{path.name} mail {place}", read_mail(raw)
        yield from _weighed(where, reading)
        if reading.kind == "unreadable":
            yield Problem(where, reading.sentence.rstrip("."))


def _messages(path: Path) -> Iterator[bytes]:
    """The mails of a mailbox file one by one; of one that is too large only so much that it counts as too large."""
    lines: list[bytes] = []
    size, blank = 0, True
    with path.open("rb") as mailbox:
        while line := mailbox.readline(MOST_BYTES):
            if blank and line.startswith(b"From "):
                if lines:
                    yield b"".join(lines)
                lines, size = [], 0
            elif size <= MOST_BYTES:
                lines.append(line)
                size += len(line)
            blank = not line.strip()
    if lines:
        yield b"".join(lines)
