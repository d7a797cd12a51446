"""A real PostgreSQL server of the test session's own, and a fresh database in it for whoever wants one."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
import pytest

from monitor.adapters.store import Server, Store

_DEBIAN = Path("/usr/lib/postgresql")


def binaries() -> Path | None:
    """The folder of the newest server on this machine."""
    if found := shutil.which("postgres"):
        return Path(found).parent
    there = sorted(_DEBIAN.glob("*/bin/postgres"), key=lambda p: int(p.parts[-3]))
    return there[-1].parent if there else None


@dataclass
class PostgresServer:
    """A running server. Its user may do anything; nothing listens but a socket in its own folder."""

    folder: Path
    tools: Path
    safe: bool = False  # whether what is committed outlives a kill of the whole machine
    _process: subprocess.Popen[bytes] | None = None
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, database: str, user: str = "postgres") -> str:
        return f"postgresql+psycopg://{user}@/{database}?host={self.folder}"

    def server(self, database: str, user: str = "postgres", password: str = "") -> Server:
        return Server(self.url(database, user).replace("+psycopg", ""), password)

    def start(self) -> None:
        fsync = [] if self.safe else ["-F", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.tools / "postgres", "-D", self.folder / "data", "-k", self.folder, "-c", "listen_addresses=", *fsync],
                stdout=subprocess.DEVNULL, stderr=log, **_as_user(),
            )  # fmt: skip
        while True:
            try:
                return psycopg.connect(self.server("postgres").url).close()
            except psycopg.OperationalError:
                assert self._process.poll() is None, (self.folder / "log").read_text()
                time.sleep(0.02)  # the server tells nobody when it is ready

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """End it at once, or with SIGINT when all that was committed is on the disk."""
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait()

    def kill(self) -> None:
        """End it and all its processes with -9."""
        assert self._process is not None
        # Stopped first: it would start anew what of its own is killed before it.
        self._process.send_signal(signal.SIGSTOP)
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for one in [*map(int, children), pid]:
            os.kill(one, signal.SIGKILL)
        self._process.wait()

    def run(self, statement: str, database: str = "postgres") -> None:
        with psycopg.connect(self.server(database).url, autocommit=True) as db:
            db.execute(statement.encode())

    def empty(self) -> Server:
        """One empty store, the same for each test: a database of its own takes four times as long."""
        asked = "SELECT tablename FROM pg_tables WHERE schemaname = 'parcelwarden' AND tablename <> 'schema_version'"
        with psycopg.connect(self.server("one_for_all").url, autocommit=True) as db:
            db.execute("SET search_path = parcelwarden; SET lock_timeout = '20s'")
            tables = ", ".join(row[0] for row in db.execute(asked))
            db.execute(f"TRUNCATE {tables} RESTART IDENTITY".encode())
        return self.server("one_for_all")

    def fresh(self, *, template: str = "template1") -> str:
        """The name of a new database."""
        name = f"fresh{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name


@contextmanager
def running(tools: Path, *, safe: bool = False) -> Iterator[PostgresServer]:
    """A server from nothing, with an empty store in the database `store`."""
    with tempfile.TemporaryDirectory(prefix="pg-") as place:  # a short path: it holds a socket
        folder = Path(place)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        subprocess.run(
            [tools / "initdb", "-D", folder / "data", "-A", "trust", "-U", "postgres", "-N", "-E", "UTF8", "--locale=C.UTF-8"],
            check=True, stdout=subprocess.DEVNULL, **_as_user(),
        )  # fmt: skip
        # The user `locked` needs a password.
        rules = folder / "data" / "pg_hba.conf"
        rules.write_text(f"local all locked scram-sha-256\n{rules.read_text()}")
        server = PostgresServer(folder, tools, safe)
        server.start()
        try:
            server.run("CREATE DATABASE store")
            Store(server.server("store")).close()
            server.run("CREATE DATABASE one_for_all TEMPLATE store")
            yield server
        finally:
            server.stop()


@pytest.fixture(params=["file", "server"])
def store_place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | Server:
    """Where a store may be made, on each of the databases."""
    if request.param == "file":
        return tmp_path / "data" / "parcels.sqlite3"
    postgres: PostgresServer = request.getfixturevalue("postgres")
    return postgres.empty()


def _as_user() -> dict[str, object]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": "/"}
