"""How hosts are treated by many machines together: the same rules as in `politeness`, kept on the PostgreSQL server.

One clock counts there, the server's: machines whose own clocks differ would take each other's turns.
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import astuple, fields
from datetime import datetime
from typing import Any

import psycopg
from psycopg import errors
from psycopg.conninfo import make_conninfo

from monitor.adapters.politeness import Answer, HostLedger, HostState, LedgerUnusable, Rule, decide
from monitor.adapters.store.address import Server
from monitor.adapters.store.server_lines import client, given_up

# Seconds for which a server is waited for, and between two tries.
_PATIENCE, _PAUSE = 20.0, 0.5
_COLUMNS = [column.name for column in fields(HostState)]
_SCHEMA = "parcelwarden_hosts"
_MADE = f"SELECT to_regclass('{_SCHEMA}.hosts') IS NOT NULL"
# Who may make no schema may have been given it.
_SCHEMA_MADE = f"SELECT to_regnamespace('{_SCHEMA}') IS NOT NULL"
_TABLE = f"""
CREATE TABLE IF NOT EXISTS {_SCHEMA}.hosts (
    host text PRIMARY KEY,
    next_turn double precision NOT NULL,
    held_until double precision NOT NULL,
    reason text NOT NULL,
    faults integer NOT NULL,
    bot_checks integer NOT NULL,
    written_at double precision NOT NULL
)
"""
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM {_SCHEMA}.hosts WHERE host = %s"  # noqa: S608 - own names
_UPSERT = (
    f"INSERT INTO {_SCHEMA}.hosts (host, {', '.join(_COLUMNS)}) VALUES (%s, %s, %s, %s, %s, %s, %s)"  # noqa: S608
    f" ON CONFLICT (host) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _COLUMNS)}"
)
# Advisory locks are numbers all programs on a database share: these are "host" and the host's own.
_LOCK = "SELECT pg_advisory_xact_lock(1752133492, hashtext(%s))"
_MAKING = "SELECT pg_advisory_xact_lock(1752133492, 0)"
# Who stops in the middle of a decision, a machine put to sleep say, holds its host up for the others no longer than
# this, which is less than they wait.
_SETTINGS = {"idle_in_transaction_session_timeout": "10s", "lock_timeout": "15s"}


_Connection = psycopg.Connection[tuple[Any, ...]]


class SharedLedger(HostLedger):
    """The states of all hosts on a server. A connection is of one thread for one decision, and then of the next one's:
    there are as many as threads decided at the same time."""

    def __init__(self, server: Server, *, clock: Callable[[], datetime]) -> None:
        """`clock` is for what a host says in its own words; all else is by the server's."""
        self._server = server
        self._clock = clock
        self._idle: deque[_Connection] = deque()

    def close(self) -> None:
        """Lets go of the connections."""
        while self._idle:
            self._idle.pop().close()

    def _decide(self, host: str, rule: Rule[Answer]) -> Answer:
        try:
            return self._patiently(host, rule)
        except psycopg.Error as error:
            why = " ".join(str(error).split()) or type(error).__name__
            away = isinstance(error, psycopg.OperationalError)
            raise LedgerUnusable(
                f"The server, which keeps requests apart, {'does not answer' if away else 'cannot be used'} ({why});"
                " nothing is asked"
            ) from error

    def _patiently(self, host: str, rule: Rule[Answer]) -> Answer:
        """A server that is started anew is waited for: its absence says nothing about the host."""
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                return self._in_transaction(host, rule)
            except (psycopg.OperationalError, errors.IdleInTransactionSessionTimeout):
                if time.monotonic() > end:
                    raise
                time.sleep(_PAUSE)

    def _in_transaction(self, host: str, rule: Rule[Answer]) -> Answer:
        with self._connection() as db, db.transaction():
            db.execute(_LOCK, (host,))
            row = db.execute(_SELECT, (host,)).fetchone()
            stored = HostState(*row) if row else HostState()
            # Read after the lock: a time from before the wait would look like a clock set back.
            now = db.execute("SELECT extract(epoch FROM clock_timestamp())::double precision").fetchone()
            assert now is not None
            state, answer = decide(stored, now[0], rule)
            if state != stored:
                db.execute(_UPSERT, (host, *astuple(state)))
        return answer

    @contextlib.contextmanager
    def _connection(self) -> Iterator[_Connection]:
        """A connection for one decision, kept for the next one unless something went wrong with it."""
        try:
            db = self._idle.pop()
        except IndexError:
            db = self._connected()
        try:
            yield db
        except BaseException:
            db.close()
            raise
        self._idle.append(db)

    def _connected(self) -> _Connection:
        how = make_conninfo(self._server.url, options=given_up(**_SETTINGS), **client(self._server))
        # What is read is as it stands when the lock is held, whatever the database's own default is.
        db = psycopg.connect(how, autocommit=True)
        db.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        try:
            if db.execute(_MADE).fetchone() != (True,):
                with db.transaction():
                    db.execute(_MAKING)
                    if db.execute(_SCHEMA_MADE).fetchone() != (True,):
                        db.execute(f"CREATE SCHEMA {_SCHEMA}".encode())
                    db.execute(_TABLE)
        except BaseException:
            db.close()
            raise
        return db
