"""The console everything is printed on."""

from __future__ import annotations

from typing import Any

import rich.console
from rich.text import Text

from monitor.harmless import harmless
from monitor.status_table import ROOMY


class Console(rich.console.Console):
    """A console of rich on which text is only text: [name] is no markup unless asked for, and :name: no picture."""

    def __init__(self, *, markup: bool = False, **more: Any) -> None:
        super().__init__(markup=markup, emoji=False, **more)

    def render_str(self, text: str, **more: Any) -> Text:
        return super().render_str(harmless(text), **more)


def terminal() -> Console:
    """Where tables go: as wide as the terminal, and roomy where there is none."""
    console = Console(markup=True)
    return console if console.is_terminal else Console(markup=True, width=ROOMY)
