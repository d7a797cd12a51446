"""The words every manager of services has here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from monitor.service_units import Programs


class ServiceFailed(Exception):
    """The system did not do it; the message is one sentence: what, and what to do."""


@dataclass(frozen=True, slots=True)
class State:
    """What the system says. `active` is its word on the daemon ("active (running)"), `next_check` on when the second
    look comes; "" where it says nothing. `remarks` are sentences for the user."""

    installed: bool
    timer: bool
    active: str = ""
    next_check: str = ""
    remarks: tuple[str, ...] = ()


class Manager(Protocol):
    """`name` is what the user knows it by."""

    name: str

    def units(self, commands: Programs) -> dict[str, str]:
        """What would be installed: place -> text."""

    def install(self, units: Mapping[str, str]) -> None:
        """Put the units there, in place of those from before, and start them. Raises ServiceFailed, NotWritten."""

    def uninstall(self) -> bool:
        """Stop and take away what is there; False where nothing was. Raises ServiceFailed."""

    def state(self) -> State: ...
