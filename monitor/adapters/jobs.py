"""Numbers waiting on the PostgreSQL server for whichever worker takes them, in the schema "procrastinate".

A queue for each carrier, and a lock of its name: one of its jobs is under way at a time, over all machines. The
engine repeats nothing. A job that fails, or whose worker is gone, ends; its numbers are planned anew when their lease
lapses.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.sync_psycopg_connector import wrap_exceptions
from psycopg import errors

from monitor.adapters.store.address import Server
from monitor.adapters.store.server_lines import client, given_up

# What they have to say of a server that is away is said by the worker, in a sentence.
for _name in ("procrastinate", "psycopg.pool"):
    logging.getLogger(_name).addHandler(logging.NullHandler())

ServerGone = ConnectorException
Ask = Callable[[str, list[str], datetime], Awaitable[None]]

_SCHEMA = "procrastinate"
# Deferred by one statement; a backlog the server was not told to look at is fetched fifty times slower.
_AT_ONCE = 2000
_ANALYZE_FROM = 100
# Advisory locks are numbers all programs on a database share: these are "jobs" and what is locked.
_PLANNING, _MAKING = "1785684595, 1", "1785684595, 2"


@dataclass(frozen=True, slots=True)
class Life:
    """Seconds between a worker's looks for the next job, which is not announced to it when the one before ends;
    between its signs of life; and without one until it is taken to be gone."""

    looks: float = 1
    beats: float = 10
    gone: float = 30


class Jobs:
    """The queues. `ask` is called with a carrier, numbers, and the lease under which they were planned."""

    def __init__(self, server: Server, ask: Ask, life: Life = Life()) -> None:
        settings = {"options": given_up(search_path=_SCHEMA), **client(server)}
        self._life = life
        self._connector = PsycopgConnector(conninfo=server.url, kwargs=settings, min_size=2, max_size=8)
        self._app = App(connector=self._connector)

        self._under_way: set[int] = set()
        self._own: set[int] = set()
        self._suspects: set[int] = set()

        @self._app.task(name="ask", pass_context=True)
        async def asked(context: JobContext, carrier: str, numbers: list[str], lease: str) -> None:
            with self._noted(context.job):
                await ask(carrier, numbers, datetime.fromisoformat(lease))

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Connected, with the tables made. Raises ServerGone."""
        async with self._app.open_async():
            with wrap_exceptions():
                await self._make_tables()
            yield

    async def _make_tables(self) -> None:
        async with self._connector.pool.connection() as db:
            await db.execute(f"SELECT pg_advisory_xact_lock({_MAKING})".encode())
            there = await db.execute(f"SELECT to_regnamespace('{_SCHEMA}') AS made".encode())
            if not _only(await there.fetchone()):  # who may make no schema may have been given it
                await db.execute(f"CREATE SCHEMA {_SCHEMA}".encode())
            found = await db.execute(f"SELECT to_regclass('{_SCHEMA}.procrastinate_jobs') AS made".encode())
            if not _only(await found.fetchone()):
                await db.execute(self._app.schema_manager.get_schema().encode())

    @contextlib.asynccontextmanager
    async def planning(self) -> AsyncIterator[bool]:
        """Whether this worker is the one to plan, for the length of the block. Raises ServerGone."""
        with wrap_exceptions():
            async with self._connector.pool.connection() as db:
                await db.set_autocommit(True)
                locked = await db.execute(f"SELECT pg_try_advisory_lock({_PLANNING}) AS mine".encode())
                mine = bool(_only(await locked.fetchone()))
                try:
                    yield mine
                finally:
                    if mine and not db.closed:
                        await db.execute(f"SELECT pg_advisory_unlock({_PLANNING})".encode())
                    await db.set_autocommit(False)

    async def waiting(self) -> dict[str, int]:
        """Carrier -> its jobs nobody has taken yet."""
        queues = await self._app.job_manager.list_queues_async(task="ask")
        return {queue["name"]: int(queue["todo"]) for queue in queues}

    async def put(self, planned: Sequence[tuple[str, list[str]]], lease: datetime) -> None:
        """Let these (carrier, numbers) be asked, each a job."""
        by_carrier: dict[str, list[dict[str, Any]]] = {}
        for carrier, numbers in planned:
            told = {"carrier": carrier, "numbers": numbers, "lease": lease.isoformat()}
            by_carrier.setdefault(carrier, []).append(told)
        for carrier, told_all in by_carrier.items():
            queue = self._app.configure_task("ask", queue=carrier, lock=carrier)
            for start in range(0, len(told_all), _AT_ONCE):
                await queue.batch_defer_async(*told_all[start : start + _AT_ONCE])
        if len(planned) >= _ANALYZE_FROM:
            await self._connector.execute_query_async(query="ANALYZE procrastinate_jobs")

    async def bury(self) -> int:
        """End jobs nobody is at any more, which would hold their carriers up; returns how many.

        Those of workers that are gone, and our own whose end the server did not take because it was away.
        """
        manager = self._app.job_manager
        stalled = await manager.get_stalled_jobs(seconds_since_heartbeat=self._life.gone)
        held = [
            job
            for worker in tuple(self._own)  # one that begins meanwhile is none of those gone
            for job in await manager.list_jobs_async(status="doing", worker_id=worker)
        ]
        left = {job.id for job in held if job.id is not None} - self._under_way
        # One that has just begun or ended is not known as such for a moment.
        gone = {job.id for job in stalled if job.id is not None} - self._under_way
        found = gone | (left & self._suspects)
        self._suspects = left - found
        return sum([await self._ended(job) for job in found])

    async def _ended(self, job: int) -> bool:
        """End a job; False where another worker was quicker."""
        try:
            await self._app.job_manager.finish_job_by_id_async(job, Status.FAILED, delete_job=True)
        except ServerGone as refused:
            if not isinstance(refused.__cause__, errors.RaiseException):
                raise
            return False
        return True

    @contextlib.contextmanager
    def _noted(self, job: Job) -> Iterator[None]:
        """A job is under way within the block."""
        if job.worker_id is not None:
            self._own.add(job.worker_id)
        if job.id is not None:
            self._under_way.add(job.id)
        try:
            yield
        finally:
            self._under_way.discard(job.id or 0)

    async def work(self, carriers: Sequence[str], at_once: int) -> None:
        """Work until cancelled; jobs under way are ended before. Raises ServerGone."""
        beating = asyncio.create_task(self._beat())
        try:
            await self._app.run_worker_async(
                queues=list(carriers),
                concurrency=at_once,
                delete_jobs="always",
                install_signal_handlers=False,
                fetch_job_polling_interval=self._life.looks,
                update_heartbeat_interval=self._life.beats,
                stalled_worker_timeout=self._life.gone,
            )
        finally:
            beating.cancel()

    async def _beat(self) -> None:
        """Signs of life as long as it works. The engine's own end for good with the first the server does not take, and
        then the jobs under way would be taken for those of a worker that is gone."""
        while True:
            await asyncio.sleep(self._life.beats)
            for worker in tuple(self._own):
                with contextlib.suppress(ServerGone):
                    await self._app.job_manager.update_heartbeat(worker)


def _only(row: Any) -> object:
    """The one value of a row, which the engine has as a dict."""
    return next(iter(row.values() if isinstance(row, dict) else row))
