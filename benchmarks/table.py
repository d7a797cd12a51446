"""A line of the table that `python -m benchmarks` prints: what we take, what a peer and the limit take beside us."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement. Figures of one row have one `unit`; None where there is none, and `note` says why.

    `peer` is the best program found that does the same, measured in the same run on the same answers; `limit` what
    the bare work takes, written by hand in the row's script. A bound holds for the quotient ours / peer or
    ours / limit, or for our own figure; with `more_is_better` it is the least, else the most.
    """

    what: str
    unit: str
    ours: float
    peer: float | None = None
    limit: float | None = None
    of_peer: float | None = None
    of_limit: float | None = None
    bound: float | None = None
    more_is_better: bool = False
    note: str = ""

    def met(self) -> bool | None:
        """Whether every bound that can be judged holds; None where none can."""
        held = [self._holds(figure, bound) for figure, bound in self._judged()]
        return all(held) if held else None

    def _judged(self) -> list[tuple[float, float]]:
        pairs = [
            (self.ours / self.peer if self.peer else None, self.of_peer),
            (self.ours / self.limit if self.limit else None, self.of_limit),
            (self.ours, self.bound),
        ]
        return [(figure, bound) for figure, bound in pairs if figure is not None and bound is not None]

    def _holds(self, figure: float, bound: float) -> bool:
        return figure >= bound if self.more_is_better else figure <= bound

    def reach(self) -> str:
        """The bounds in words."""
        sign = ">=" if self.more_is_better else "<="
        bounds = [(self.of_peer, "x peer"), (self.of_limit, "x limit"), (self.bound, f" {self.unit}")]
        return ", ".join(f"{sign} {bound:g}{of}" for bound, of in bounds if bound is not None)

    def cells(self) -> list[str]:
        """The row as a line of a Markdown table."""
        quotients = [
            f"{self.ours / other:.2f}x {name}"
            for name, other in (("peer", self.peer), ("limit", self.limit))
            if other
        ]
        met = {True: "yes", False: "**no**", None: "-"}[self.met()]
        figures = [_figure(figure) for figure in (self.ours, self.peer, self.limit)]
        return [
            f"{self.what}, {self.unit}",
            *figures,
            "; ".join(quotients) or "-",
            self.reach() or "-",
            met,
            self.note,
        ]


HEAD = ["what", "ours", "peer", "limit", "ratio", "reach", "met", "note"]


def lines(rows: list[Row]) -> list[str]:
    """The Markdown table of some rows."""
    table = [HEAD, ["---"] * len(HEAD), *(row.cells() for row in rows)]
    return ["| " + " | ".join(cells) + " |" for cells in table]


def _figure(figure: float | None) -> str:
    if figure is None:
        return "-"
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"
