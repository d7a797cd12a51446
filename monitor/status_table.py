"""The table of `status`. Where each line has room, the columns are made here: rich takes longer to lay out a few
hundred orders than everything else takes that is done for them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from rich.cells import cell_len

from monitor.harmless import harmless
from monitor.rules.assess import Assessment
from monitor.rules.protection import Deadline
from monitor.rules.verdict import Verdict

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

COLOUR = {
    "delivered": "green", "moving": "green", "out_for_delivery": "green", "ready_for_pickup": "yellow",
    "label_only": "yellow", "no_information": "yellow", "stalled": "red", "held": "red", "attempt_failed": "red",
    "returning": "red", "returned": "red", "lost": "red", "suspicious": "red", "tracking_ended": "cyan",
    "unchecked": "magenta",
}  # fmt: skip
_COLUMNS = {
    "order": True, "what": False, "parcel": True, "condition": False, "idle": True, "last safe day": True,
    "left": True, "to do": False,
}  # fmt: skip
# From how many columns on these have room in the table; `show` has them always.
_ROOM = {"parcel": 110, "idle": 90}
# What may be folded between two words; what it is (“what”) is cut, the rest stands whole: it is for copying.
_FOLDED = ("condition", "to do")
_LEAST_TITLE = 10
# Signs in a line where there is no terminal.
ROOMY = 140
_GAP = "  "


class Cell(NamedTuple):
    """What stands in one place of the table, and in which style of rich."""

    text: str
    style: str = ""


class Row(NamedTuple):
    """One row's cells, and the style all of it is shown in."""

    cells: Sequence[Cell]
    style: str = ""


def show(verdicts: Sequence[Verdict], checked_at: datetime | None, now: datetime) -> None:
    """Print the table, the orders as they come, and below it how old our own knowledge is."""
    rows = [Row([Cell(name) for name in _COLUMNS], "bold")]
    rows += [row for verdict in verdicts for row in _rows(verdict)]
    filled = _filled(rows, ROOMY)
    if _unstyled() and filled is not None:
        lines = ["".join(cells) for cells in filled]
        sys.stdout.write("\n".join([*lines, _self_watch(checked_at, now), ""]))
        sys.stdout.flush()
    else:
        _show_styled(rows, _self_watch(checked_at, now))


def _unstyled() -> bool:
    """Whether rich, too, would show it without any style: it goes to no terminal, and nobody says that it did."""
    return not sys.stdout.isatty() and not any(map(os.environ.get, ("FORCE_COLOR", "TTY_COMPATIBLE")))


def _filled(rows: Sequence[Row], width: int) -> list[list[str]] | None:
    """The cells' texts filled up to the widest of their column; None where a line would be wider than `width` or a
    cell has lines of its own."""
    texts = [[harmless(cell.text) for cell in row.cells] for row in rows]
    wide = [max(map(cell_len, column)) for column in zip(*texts, strict=True)]
    if sum(wide) + len(_GAP) * (len(wide) - 1) > width:
        return None
    if any("\n" in text or "\t" in text for row in texts for text in row):
        return None
    gaps = [_GAP] * (len(wide) - 1) + [""]
    return [
        [text + " " * (most - cell_len(text)) + gap for text, most, gap in zip(row, wide, gaps, strict=True)]
        for row in texts
    ]


def _show_styled(rows: Sequence[Row], below: str) -> None:
    from monitor.terminal import terminal

    console = terminal()
    shown = [at for at, name in enumerate(_COLUMNS) if console.width >= _ROOM.get(name, 0)]
    columns = [Row([row.cells[at] for at in shown], row.style) for row in rows]
    filled = _filled(columns, console.width)
    if filled is not None:
        console.print(_styled(columns, filled), soft_wrap=True)
    elif widths := _widths(columns, console.width):
        console.print(_folded(columns, widths))
    else:
        for line in _one_below_the_other(rows[1:], console.width):
            console.print(line)
    console.print(below, style="dim")


def _styled(rows: Sequence[Row], filled: Sequence[Sequence[str]]) -> Text:
    from rich.text import Span, Text

    spans, at = [], 0
    for row, texts in zip(rows, filled, strict=True):
        spans.append(Span(at, at + sum(map(len, texts)), row.style))
        for cell, text in zip(row.cells, texts, strict=True):
            spans.append(Span(at, at + len(text.rstrip()), cell.style))
            at += len(text)
        at += 1
    lines = "\n".join("".join(texts) for texts in filled)
    return Text(lines, spans=[span for span in spans if span.style])


def _widths(rows: Sequence[Row], width: int) -> list[int]:
    """How wide each column is where the lines do not fit: what it is gives way first, then words are folded. Empty
    where not even that is enough."""
    names = [cell.text for cell in rows[0].cells]
    texts = [[harmless(row.cells[at].text) for row in rows] for at in range(len(names))]
    whole = [max(map(cell_len, column)) for column in texts]
    words = [max(cell_len(word) for text in column for word in text.split() or [""]) for column in texts]
    least = [words[at] if name in _FOLDED else whole[at] for at, name in enumerate(names)]
    title = names.index("what")
    least[title] = min(whole[title], _LEAST_TITLE)
    room = width - len(_GAP) * (len(names) - 1) - sum(least)
    if room < 0:
        return []
    for at in (names.index("to do"), title, names.index("condition")):
        more = min(room, whole[at] - least[at])
        least[at], room = least[at] + more, room - more
    return least


def _folded(rows: Sequence[Row], widths: Sequence[int]) -> Table:
    """For a terminal the lines do not fit into."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    head, *rest = rows
    for name, width in zip((cell.text for cell in head.cells), widths, strict=True):
        title = name == "what"
        table.add_column(
            name, no_wrap=_COLUMNS[name] or title, overflow="ellipsis" if title else "fold", width=width
        )
    for row in rest:
        table.add_row(*(Text(harmless(cell.text), cell.style) for cell in row.cells), style=row.style)
    return table


def _one_below_the_other(rows: Sequence[Row], width: int) -> Iterator[Text]:
    """For a terminal too narrow for columns: each order in lines of its own."""
    from rich.text import Text

    for row in rows:
        order, what, parcel, condition, idle, day, left, to_do = (
            Text(harmless(cell.text), cell.style) for cell in row.cells
        )
        if order:
            head = Text.assemble(order, _GAP, what, style=row.style)
            head.truncate(max(width, len(order)), overflow="ellipsis")
            yield head
        about = Text(", ").join(
            part for part in (condition, Text(f"{idle} idle") if idle else Text("")) if part
        )
        if parcel or about:
            yield Text.assemble(_GAP, parcel, ": " if parcel and about else "", about)
        if order:
            when = Text(f"{day}, {left} left: ") if day else Text("")
            yield Text.assemble(_GAP, when, to_do, style=row.style)


def _rows(verdict: Verdict) -> list[Row]:
    order, nothing = verdict.order, Cell("")
    style = "bold" if verdict.urgent else ""
    lead = [Cell(order.order_id), Cell(cut(order.title, 30))]
    tail = [*_when(verdict.nearest), Cell(verdict.advice.action.replace("_", " "))]
    if not verdict.assessments:
        return [Row([*lead, nothing, Cell(order.order_state or ""), nothing, *tail], style)]
    first, *others = map(_parcel, verdict.assessments)
    below = [Row([nothing, nothing, *cells, nothing, nothing, nothing]) for cells in others]
    return [Row([*lead, *first, *tail], style), *below]


def _parcel(a: Assessment) -> list[Cell]:
    condition = a.condition.replace("_", " ") + (", late" if a.late else "")
    idle = f"{a.idle_days} d" if a.idle_days is not None else ""
    return [Cell(a.number), Cell(condition, COLOUR[a.condition]), Cell(idle)]


def _when(d: Deadline | None) -> list[Cell]:
    if d is None:
        return [Cell(""), Cell("")]
    mark = "~" if d.source == "estimated" else ""
    return [Cell(f"{mark}{d.last_safe_day}"), Cell(f"{d.days_left} d")]


def cut(text: str, width: int) -> str:
    """The text, with an ellipsis in place of what is beyond so many cells of a terminal; some signs take two."""
    if cell_len(text) <= width:
        return text
    end = 0
    while cell_len(text[: end + 1]) < width:
        end += 1
    return f"{text[:end]}…"


def _self_watch(checked_at: datetime | None, now: datetime) -> str:
    if checked_at is None:
        return "No carrier has answered yet: run `parcelwarden check`. ~ = estimated."
    hours = int((now - checked_at).total_seconds() // 3600)
    return f"Last good answer of a carrier: {'less than an hour' if hours < 1 else f'{hours} h'} ago. ~ = estimated."
