"""How a host is treated: one request at a time with a gap, left alone when it asks for that or is in trouble.

Kept on disk, in `politeness.sqlite3` in the data directory, because the daemon, a one-shot check and a second
terminal are separate processes, and a restart must not forget a bot check. What happens to a host is decided by
pure functions of `HostState` and the time; `HostLedger` only loads, decides and stores in one transaction.

The file may be deleted at any time: it holds host names and times, nothing about parcels.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import astuple, dataclass, fields, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Literal, TypeVar

Answer = TypeVar("Answer")
Reason = Literal["", "asked", "bot_check", "faults"]

MINUTE = 60.0
HOUR = 3600.0
LONGEST_HOLD = 24 * HOUR
COOL_DOWN = (30 * MINUTE, 6 * HOUR)  # after a bot check: first, longest; doubling
BREAKER_FAULTS = 5
BREAKER = (1 * MINUTE, 6 * HOUR)  # after the fifth fault in a row: first, longest; doubling
PROBE_LEASE = 2 * MINUTE  # a probe that never reports (killed process) blocks the host no longer than this
TURN_LEASE = 30.0  # the same for a turn whose request never ends; longer than any request may take
CLOCK_STEP = 1.0  # a smaller step back is a clock being trimmed, not set
_BUSY_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class HostState:
    """What is remembered about one host. Moments are epoch seconds, 0 for none; counts are of things in a row."""

    next_turn: float = 0.0
    held_until: float = 0.0
    reason: Reason = ""
    faults: int = 0
    bot_checks: int = 0
    written_at: float = 0.0


Rule = Callable[[HostState, float], tuple[HostState, Answer]]


@dataclass(frozen=True, slots=True)
class Hold:
    """A host is not to be asked before `until`, and why."""

    until: datetime
    reason: Reason


@dataclass(frozen=True, slots=True)
class Admission:
    """May the host be asked now? `hold` says why not; `is_probe` that this is the one look at a host in trouble."""

    hold: Hold | None = None
    is_probe: bool = False


def as_of(state: HostState, now: float) -> HostState:
    """The state as it stands now: after a clock set back, what was ahead stays as far ahead as it was."""
    step = state.written_at - now
    if step > CLOCK_STEP:
        state = replace(
            state, next_turn=state.next_turn - step, held_until=state.held_until - step, written_at=now
        )
    return replace(state, held_until=min(state.held_until, now + LONGEST_HOLD))


def decide(stored: HostState, now: float, rule: Rule[Answer]) -> tuple[HostState, Answer]:
    """What a rule makes of a stored state at a time: the state to store, and its answer."""
    state, answer = rule(as_of(stored, now), now)
    if state != stored:
        state = replace(state, written_at=max(state.written_at, now))
    return state, answer


def with_turn(state: HostState, gap: float, now: float) -> tuple[HostState, float]:
    """Takes the turn where it is free, until the request has ended: the state after it, and 0. Where somebody else
    has it, or has just had it: the seconds after which to ask again."""
    if state.next_turn > now:
        return state, state.next_turn - now
    return replace(state, next_turn=now + max(gap, TURN_LEASE)), 0.0


def after_request(state: HostState, gap: float, now: float) -> HostState:
    """The gap counts from the end of a request, so a slow host is not asked again the moment it has answered."""
    return replace(state, next_turn=now + gap)


def admitted(state: HostState, now: float) -> tuple[HostState, Admission]:
    """Lets a request through or names the hold; a host in trouble is given one probe at a time."""
    hold = hold_of(state, now)
    if hold is not None:
        return state, Admission(hold)
    if state.faults < BREAKER_FAULTS:
        return state, Admission()
    return replace(state, held_until=now + PROBE_LEASE, reason="faults"), Admission(is_probe=True)


def hold_of(state: HostState, now: float) -> Hold | None:
    """The hold in force, if any."""
    if state.held_until <= now:
        return None
    return Hold(datetime.fromtimestamp(state.held_until, UTC), state.reason)


def held(state: HostState, until: float, reason: Reason, now: float) -> HostState:
    """The state with a hold, at most a day long; a longer one already in force stays."""
    until = min(until, now + LONGEST_HOLD)
    if until <= max(state.held_until, now):
        return state
    return replace(state, held_until=until, reason=reason)


def after_answer(state: HostState) -> HostState:
    """The host answered, so it is not in trouble (what it answered is the reader's to judge)."""
    if state.reason == "faults":
        state = replace(state, held_until=0.0, reason="")
    return replace(state, faults=0)


def after_fault(state: HostState, now: float) -> HostState:
    """One more fault in a row; from the fifth on the host is left alone, twice as long each time."""
    faults = state.faults + 1
    state = replace(state, faults=faults)
    if faults < BREAKER_FAULTS:
        return state
    if state.reason == "faults":  # the lease of the probe that has just failed
        state = replace(state, held_until=0.0)
    return held(state, now + _doubling(BREAKER, faults - BREAKER_FAULTS), "faults", now)


def after_bot_check(state: HostState, now: float) -> HostState:
    """Left alone, twice as long after each bot check in a row. Nothing is done to get around one."""
    cool_down = _doubling(COOL_DOWN, state.bot_checks)
    return held(replace(state, bot_checks=state.bot_checks + 1), now + cool_down, "bot_check", now)


def after_good_answer(state: HostState) -> HostState:
    """A carrier's own answer was read: trouble and bot checks are over. A wait the host asked for stays."""
    return replace(after_answer(state), bot_checks=0)


def _doubling(span: tuple[float, float], times: int) -> float:
    first, longest = span
    return min(first * 2.0 ** min(times, 30), longest)


def retry_after(header: str, now: datetime) -> datetime | None:
    """The moment a Retry-After header names (RFC 9110, 10.2.3: seconds or a date), at most 24 h ahead.

    None for a header that is absent, garbled, negative or about the past.
    """
    written = header.strip()
    if re.fullmatch(r"[0-9]+", written):
        ahead = float(written[:10]) if len(written) <= 10 else LONGEST_HOLD
    else:
        try:
            named = parsedate_to_datetime(written)
        except (ValueError, TypeError, OverflowError, IndexError):
            return None
        ahead = (named if named.tzinfo else named.replace(tzinfo=UTC)).timestamp() - now.timestamp()
    if ahead <= 0:
        return None
    return datetime.fromtimestamp(now.timestamp() + min(ahead, LONGEST_HOLD), now.tzinfo)


class LedgerUnusable(Exception):
    """The file cannot be read or written; the message is one sentence for the user."""


class HostLedger:
    """The states of all hosts in one SQLite file, shared by threads and processes.

    A host is a "name:port". Every method opens the file, decides and stores in one transaction (`BEGIN IMMEDIATE`)
    and raises LedgerUnusable where the file cannot be used. A damaged file is set aside and begun anew.

    The clock is read inside the transaction: a time read before waiting for the file would be older than what
    others have written meanwhile, and look like a clock set back.
    """

    def __init__(self, path: Path, *, clock: Callable[[], datetime]) -> None:
        self._path = path
        self._clock = clock

    def close(self) -> None:
        """Nothing to let go of: the file is opened for each decision."""

    def reserve(self, host: str, gap: float) -> float:
        """Takes the turn at a host for one request, until `finished`: 0. Where it is not free, the seconds to wait."""
        return self._decide(host, lambda state, now: with_turn(state, gap, now))

    def finished(self, host: str, gap: float) -> None:
        """The request has ended, and the next turn comes `gap` seconds later."""
        self._change(host, lambda state, now: after_request(state, gap, now))

    def admit(self, host: str) -> Admission:
        """Asks leave for one request, right before it is sent."""
        return self._decide(host, admitted)

    def hold(self, host: str, until: datetime) -> None:
        """The host asked to be left alone until then; capped at a day."""
        self._change(host, lambda state, now: held(state, until.timestamp(), "asked", now))

    def held_until(self, host: str) -> Hold | None:
        """The hold in force, without asking leave."""
        return self._decide(host, lambda state, now: (state, hold_of(state, now)))

    def answered(self, host: str) -> None:
        """The host gave an answer of any kind."""
        self._change(host, lambda state, _: after_answer(state))

    def failed(self, host: str) -> None:
        """The host gave no answer, or a server error."""
        self._change(host, after_fault)

    def bot_check(self, host: str) -> None:
        """The host showed a bot check or refused us."""
        self._change(host, after_bot_check)

    def good(self, host: str) -> None:
        """The host's answer was the carrier's own."""
        self._change(host, lambda state, _: after_good_answer(state))

    def _change(self, host: str, change: Callable[[HostState, float], HostState]) -> None:
        self._decide(host, lambda state, now: (change(state, now), None))

    def _decide(self, host: str, rule: Rule[Answer]) -> Answer:
        try:
            try:
                return self._transaction(host, rule)
            except sqlite3.OperationalError:  # locked, full, not writable: the file itself is sound
                raise
            except sqlite3.DatabaseError:
                self._set_aside()
                return self._transaction(host, rule)
        except (sqlite3.Error, OSError) as error:
            why = (
                error.strerror if isinstance(error, OSError) else error
            )  # an OSError's own text names the path
            raise LedgerUnusable(
                f"{self._path.name}, which keeps requests apart, cannot be used ({why}); nothing is asked"
            ) from error

    def _transaction(self, host: str, rule: Rule[Answer]) -> Answer:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_new = not self._path.exists()
        with closing(sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            if is_new:  # chmod, since opening and closing the file ourselves would drop SQLite's locks on it
                self._path.chmod(0o600)
            db.execute(_TABLE)
            row = db.execute(f"SELECT {_COLUMNS} FROM hosts WHERE host = ?", (host,)).fetchone()  # noqa: S608 - own names
            stored = HostState(*row) if row else HostState()
            state, answer = decide(stored, self._clock().timestamp(), rule)
            if state != stored:
                db.execute(_UPSERT, (host, *astuple(state)))
            db.execute("COMMIT")
        return answer

    def _set_aside(self) -> None:
        # The journal goes first: SQLite would play a leftover one back into the new file.
        for name in (f"{self._path.name}-journal", self._path.name):
            path = self._path.with_name(name)
            if path.exists():
                path.replace(path.with_name(f"{name}.damaged"))


_COLUMNS = ", ".join(column.name for column in fields(HostState))
_TABLE = """
CREATE TABLE IF NOT EXISTS hosts (
    host TEXT PRIMARY KEY,
    next_turn REAL NOT NULL,
    held_until REAL NOT NULL,
    reason TEXT NOT NULL,
    faults INTEGER NOT NULL,
    bot_checks INTEGER NOT NULL,
    written_at REAL NOT NULL
)
"""
_UPSERT = f"INSERT OR REPLACE INTO hosts (host, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - own names
