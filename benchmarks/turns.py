"""What is compared is measured in turns: a machine's speed changes from one minute to the next, by half and more."""

from __future__ import annotations

from collections.abc import Callable

TURNS = 3


def best(
    of: Callable[[list[float]], float], ours: Callable[[], float], *others: Callable[[], float | None]
) -> tuple[float, list[float | None]]:
    """The best (`of`: min or max) of a few turns of ours, and of each other; None where one has no figure."""
    rounds = [(ours(), [other() for other in others]) for _ in range(TURNS)]
    of_others = [
        [figure for figure in figures if figure is not None]
        for figures in zip(*(told for _, told in rounds), strict=True)
    ]
    return of([own for own, _ in rounds]), [of(figures) if figures else None for figures in of_others]
