"""The table of `status`. Where each line has room, the columns are made here: rich takes longer to lay out a few
hundred orders than everything else takes that is done for them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
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
# From this many columns on the parcel's number has room in the table; `show` has it always.
_WIDE = 110
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
    if console.width < _WIDE:
        shown = [at for at, name in enumerate(_COLUMNS) if name != "parcel"]
        rows = [Row([row.cells[at] for at in shown], row.style) for row in rows]
    filled = _filled(rows, console.width)
    if filled is not None:
        console.print(_styled(rows, filled), soft_wrap=True)
    else:
        console.print(_folded(rows))
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


def _folded(rows: Sequence[Row]) -> Table:
    """For a terminal the lines do not fit into. Numbers are for copying, so they are never broken; what it is gives
    way first."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    head, *rest = rows
    for name in (cell.text for cell in head.cells):
        table.add_column(
            name, no_wrap=_COLUMNS[name] or name == "what", overflow="ellipsis" if name == "what" else "fold"
        )
    for row in rest:
        table.add_row(*(Text(harmless(cell.text), cell.style) for cell in row.cells), style=row.style)
    return table


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
    """The text, with an ellipsis in place of what is beyond so many signs."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _self_watch(checked_at: datetime | None, now: datetime) -> str:
    if checked_at is None:
        return "No carrier has answered yet: run `parcelwarden check`."
    hours = int((now - checked_at).total_seconds() // 3600)
    return f"Last good answer of a carrier: {'less than an hour' if hours < 1 else f'{hours} h'} ago. ~ = estimated."
