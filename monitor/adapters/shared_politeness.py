"""How hosts are treated by many machines together: the same rules as in `politeness`, kept on the PostgreSQL server.

One clock counts there, the server's: machines whose own clocks differ would take each other's turns.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import astuple, fields
from datetime import datetime
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from monitor.adapters.politeness import Answer, HostLedger, HostState, LedgerUnusable, Rule, decide
from monitor.adapters.store.address import Server

# Seconds for which a server is waited for, and between two tries.
_PATIENCE, _PAUSE = 20.0, 0.5
_COLUMNS = [column.name for column in fields(HostState)]
_SCHEMA = "parcelwarden_hosts"
_TABLE = f"""
CREATE SCHEMA IF NOT EXISTS {_SCHEMA};
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


class SharedLedger(HostLedger):
    """The states of all hosts on a server; a connection for each thread, made anew where it broke."""

    def __init__(self, server: Server, *, clock: Callable[[], datetime]) -> None:
        """`clock` is for what a host says in its own words; all else is by the server's."""
        self._server = server
        self._clock = clock
        self._mine = threading.local()
        self._all: list[psycopg.Connection[tuple[Any, ...]]] = []

    def close(self) -> None:
        """Lets go of the connections of all threads."""
        for db in self._all:
            db.close()

    def _decide(self, host: str, rule: Rule[Answer]) -> Answer:
        try:
            return self._patiently(host, rule)
        except psycopg.Error as error:
            self._drop()
            why = " ".join(str(error).split()) or type(error).__name__
            raise LedgerUnusable(
                f"The server, which keeps requests apart, does not answer ({why}); nothing is asked"
            ) from error

    def _patiently(self, host: str, rule: Rule[Answer]) -> Answer:
        """A server that is started anew is waited for: its absence says nothing about the host."""
        tries = 0
        while True:
            try:
                return self._in_transaction(host, rule)
            except psycopg.OperationalError:
                self._drop()
                tries += 1
                if tries * _PAUSE > _PATIENCE:
                    raise
                time.sleep(_PAUSE)

    def _in_transaction(self, host: str, rule: Rule[Answer]) -> Answer:
        db = self._connection()
        with db.transaction():
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

    def _drop(self) -> None:
        if db := getattr(self._mine, "db", None):
            db.close()
            self._all.remove(db)
        self._mine.db = None

    def _connection(self) -> psycopg.Connection[tuple[Any, ...]]:
        db: psycopg.Connection[tuple[Any, ...]] | None = getattr(self._mine, "db", None)
        if db is None or db.closed:
            secret = {"password": self._server.password} if self._server.password else {}
            db = psycopg.connect(
                make_conninfo(self._server.url, connect_timeout=10, **secret), autocommit=True
            )
            with db.transaction():
                db.execute(_MAKING)
                db.execute(_TABLE)
            self._mine.db = db
            self._all.append(db)
        return db
