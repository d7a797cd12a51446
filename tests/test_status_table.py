"""The table of `status`: the lines made without rich's columns show what those would."""

from __future__ import annotations

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import RenderableType

from monitor import status_table, terminal
from monitor.status_table import ROOMY, Cell, Row
from monitor.terminal import Console

TITLES = [
    "Lamp", "", "[bold]no markup[/] :smile:", "\\[x] \\", "手机壳 苹果 适用于", "Чехол", "é composed e\u0301",
    "\N{FAMILY} family", "escaped \x1b[31mred", "turned \u202eround", "   spaced   ", "x" * 31,
]  # fmt: skip


def row(title: str, number: int) -> Row:
    cells = [
        Cell(f"81900{number:011d}"), Cell(title), Cell(f"LP{number:014d}"), Cell("stalled, late", "red"), Cell("9 d"),
        Cell("~2026-12-01"), Cell("-2 d"), Cell("prepare dispute"),
    ]  # fmt: skip
    return Row(cells, "bold" if number % 2 else "")


ROWS = [Row([Cell(name) for name in status_table._COLUMNS], "bold"), *map(row, TITLES, range(len(TITLES)))]


def seen(shown: RenderableType) -> list[list[tuple[str, str]]]:
    """Line by line, the signs and in which style each stands; a blank has none."""
    console = Console(
        width=ROOMY, file=io.StringIO(), force_terminal=True, color_system="standard", markup=True
    )
    options = console.options.update(overflow="ignore", no_wrap=True)
    lines = console.render_lines(shown, options, pad=False)
    return [
        [(sign, str(part.style or "none") if sign != " " else "") for part in line for sign in part.text]
        for line in lines
    ]


def test_lines_that_fit_show_what_the_columns_of_rich_would() -> None:
    filled = status_table._filled(ROWS, ROOMY)
    assert filled is not None
    assert seen(status_table._styled(ROWS, filled)) == seen(
        status_table._folded(ROWS, status_table._widths(ROWS, ROOMY))
    )


@pytest.mark.parametrize(("title", "width"), [("line\nfeed", ROOMY), ("tab\tstop", ROOMY), ("x" * 30, 110)])
def test_what_does_not_fit_into_lines_is_left_to_rich(title: str, width: int) -> None:
    assert status_table._filled([row("Lamp", 1)], width) is not None
    assert status_table._filled([row(title, 1)], width) is None


def printed(width: int, rows: list[Row], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a terminal of this width shows."""
    file = io.StringIO()
    monkeypatch.setattr(
        terminal, "terminal", lambda: Console(width=width, file=file, force_terminal=True, markup=True)
    )
    status_table._show_styled(rows, "below")
    return re.sub(r"\x1b\[[\d;]*m", "", file.getvalue()).splitlines()


@pytest.mark.parametrize("width", [20, 40, 60, 72, 80, 89, 90, 100, 109, 110, 120, 139])
@pytest.mark.parametrize("title", ["Lamp", "x" * 30, "手" * 15])
def test_on_a_narrow_terminal_order_day_and_what_to_do_are_whole(
    width: int, title: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads = Row([Cell(name) for name in status_table._COLUMNS], "bold")
    lines = printed(width, [heads, row(title, 1)], monkeypatch)
    assert all(cell_len(line) <= width for line in lines)
    together = " ".join(" ".join(lines).split())
    for shown in ("8190000000000001", "2026-12-01", "-2 d", "stalled"):
        assert shown in together
    for word in ("prepare", "dispute"):
        assert any(word in line.split() for line in lines)


def test_a_title_is_cut_by_the_room_its_signs_take() -> None:
    assert status_table.cut("手机壳 苹果", 8) == "手机壳 …"
    assert status_table.cut("手机壳", 6) == "手机壳"
