"""What `doctor` says about one thing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `detail` says what was found and, where it is not ok, what to do."""

    name: str
    ok: bool
    detail: str
