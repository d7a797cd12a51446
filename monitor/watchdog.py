"""Is the watch itself alive? Each job shows signs of life; one that shows none for too long is found out here.

Time is counted by a clock nobody can set. On Linux and macOS it stands still while the machine sleeps; where it does
not, and where the whole process was held up, the gap between two looks tells, and every job gets its time anew.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

# From how many times its due a look counts as held up, along with everything else.
_HELD_UP = 20


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: between two looks; after which a tick that did not come is called for, and after which the metronome
    counts as dead; and for how long a job under way may show no sign of life.

    Every step of `warn` ends by itself within 35 s, but to judge a large store takes longer on a small machine. The
    others may wait long for a carrier, a shop or a disk.
    """

    look: float = 1  # also the longest a Ctrl-C waits on Windows
    late: float = 45
    dead: float = 95
    under_way: Mapping[str, float] = field(
        default_factory=lambda: {"warn": 300, "ask": 3600, "keep": 3600, "errands": 3600}
    )


@dataclass(slots=True)
class _Job:
    seen: float
    under_way: bool = False


class Watchdog:
    """Watches those of the jobs that `patience.under_way` names; others may take what time they like.

    `fed` is called at signs of life as long as no job is overdue: for a watch over this one.
    """

    def __init__(
        self,
        patience: Patience,
        jobs: Iterable[str],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        fed: Callable[[], None] = lambda: None,
    ) -> None:
        self._patience, self._monotonic, self._fed = patience, monotonic, fed
        self._lock = threading.Lock()
        self._looked = monotonic()
        self._jobs = {name: _Job(self._looked) for name in jobs if name in patience.under_way}

    def lives(self, name: str) -> None:
        """The job began, or a step of it is done."""
        self._sign(name, under_way=True)

    def lives_in(self, name: str) -> Callable[[str], None]:
        """What this job calls after each of its steps."""
        return lambda _step: self.lives(name)

    def ended(self, name: str) -> None:
        self._sign(name, under_way=False)

    def late(self) -> list[str]:
        """The jobs whose tick did not come though nothing keeps them from it: a clock set back does that."""
        with self._lock:
            return [
                name for name in self._jobs if self._silent_for(name, self._patience.late, under_way=False)
            ]

    def overdue(self) -> str:
        """What is wrong, as a sentence; "" while all is well. To be called every `patience.look` seconds."""
        with self._lock:
            self._forgive()
            return self._wrong()

    def _sign(self, name: str, *, under_way: bool) -> None:
        with self._lock:
            if name not in self._jobs:
                return
            self._jobs[name] = _Job(self._monotonic(), under_way)
            well = not self._wrong()
        if well:
            self._fed()

    def _forgive(self) -> None:
        """After a sleep of the machine every job gets its time anew."""
        now, before = self._monotonic(), self._looked
        self._looked = now
        if now - before > _HELD_UP * self._patience.look:
            for job in self._jobs.values():
                job.seen = now

    def _wrong(self) -> str:
        for name in self._jobs:
            most = self._patience.under_way[name]
            if self._silent_for(name, most, under_way=True):
                return f"{name} has shown no sign of life for {most:g} seconds"
            if self._silent_for(name, self._patience.dead, under_way=False):
                return f"no tick of {name} has come for {self._patience.dead:g} seconds"
        return ""

    def _silent_for(self, name: str, seconds: float, *, under_way: bool) -> bool:
        job = self._jobs[name]
        return job.under_way is under_way and self._monotonic() - job.seen > seconds
