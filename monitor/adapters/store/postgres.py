"""A store in a schema of its own on a PostgreSQL server. A connection that broke is made anew at the next use.

One writer at a time, as on SQLite: what is decided in a transaction from what it reads stays true until it commits.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import psycopg
from psycopg import errors
from psycopg.abc import AdaptContext
from psycopg.adapt import Dumper
from psycopg.conninfo import make_conninfo
from psycopg.types.string import StrDumper

from monitor.adapters.store import copying, migrations
from monitor.adapters.store.address import Server
from monitor.adapters.store.connection import Connection, Values
from monitor.adapters.store.database import InMemory
from monitor.adapters.store.postgres_words import schema, statement
from monitor.adapters.store.server_lines import SERVER, client
from monitor.adapters.store.trouble import StoreTrouble, StoreUnfit

SCHEMA = "parcelwarden"
# With those of the hosts' turns and the workers' queues.
SCHEMAS = (SCHEMA, "parcelwarden_hosts", "procrastinate")
# Advisory locks are numbers all programs on a database share: these are "parc" and what is locked.
_OURS, _WRITING, _RUNNING = 0x70617263, 1, 2
_LOCK = f"pg_advisory_xact_lock({_OURS}, {_WRITING})"
# Each statement sees what was committed before it, and so what was before the lock was got: whatever the database's
# own default is.
_BEGIN_WRITE = f"BEGIN ISOLATION LEVEL READ COMMITTED; SELECT {_LOCK}"
_BEGIN_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
# As long as SQLite waits for its lock.
_SETTINGS = {"search_path": SCHEMA, "lock_timeout": "10s", "TimeZone": "UTC", **SERVER}
_WRITES = ("INSERT", "UPDATE", "DELETE")


class PostgresDatabase:
    """The newest schema on a server, made or brought up to date. Raises StoreTrouble wherever it cannot be used."""

    def __init__(self, server: Server, *, half: bool = False) -> None:
        """`half`: a copy that is not complete may be opened, to complete it."""
        self.place = server
        with self._worded():
            self._raw = self._connect()
            try:
                self._migrate(half=half)
            except BaseException:
                self._raw.close()
                raise

    def close(self) -> None:
        """Close the connection; committed work stays."""
        self._raw.close()

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that writes: all of it or nothing, and one at a time over all machines."""
        with self._worded():
            self._begin(_BEGIN_WRITE)
            try:
                yield _Words(self._raw)
            except BaseException:
                with contextlib.suppress(psycopg.Error):  # the first error is the one to tell
                    self._raw.execute("ROLLBACK")
                raise
            self._raw.execute("COMMIT")

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view; nothing is written."""
        with self._worded():
            self._begin(_BEGIN_READ)
            try:
                yield _Words(self._raw)
            finally:
                with contextlib.suppress(psycopg.Error):
                    self._raw.execute("ROLLBACK")

    def copy_in_memory(self) -> InMemory:
        """All of it in SQLite, for the time when the server is away."""
        copy = InMemory(None, self.place)
        with self.read() as db, copy.write() as target:
            for table in copying.TABLES:
                copying.pour(db, target, table)
        return copy

    def damage(self) -> str:
        """ "": a server checks its own pages."""
        return ""

    def size(self) -> int:
        """Bytes on the server's disk, indexes and all."""
        with self.read() as db:
            asked = (
                "SELECT COALESCE(SUM(pg_total_relation_size(oid)), 0) FROM pg_class"
                " WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'"
            )
            return int(db.execute(asked).fetchone()[0])

    def mark(self) -> object:
        """Something that changes with every commit."""
        with self.read() as db:
            return str(db.execute("SELECT CAST(pg_current_snapshot() AS text)").fetchone()[0])

    def half(self) -> bool:
        """Whether a copy into this store is not complete."""
        with self.read() as db:
            return self._schema(db) < 0

    def set_half(self, db: Connection, *, half: bool) -> None:
        """A copy into this store begins, or is complete: then new rows are numbered past those that came."""
        _set_schema(db, migrations.newest_schema() * (-1 if half else 1))
        if half:
            return
        _number_past(db)
        for table in copying.TABLES:
            db.execute(f"ANALYZE {table.name}")

    def _connect(self) -> psycopg.Connection[Any]:
        how = make_conninfo(self.place.url, application_name="parcelwarden", **client(self.place))
        raw = psycopg.connect(how, autocommit=True)
        kept = raw.info.parameter_status("server_encoding")
        if kept != "UTF8":
            raw.close()
            raise StoreUnfit(
                f"{self.place} keeps text as {kept}, which loses letters: `createdb -E UTF8 -T template0` makes a"
                " database that takes all of them."
            )
        raw.adapters.register_dumper(str, _Text)
        raw.adapters.register_dumper(bool, _Flag)
        settings = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in _SETTINGS.items())
        try:
            raw.execute(f"SELECT {settings}".encode())
        except BaseException:
            raw.close()
            raise
        return raw

    def _begin(self, words: str) -> None:
        """Nothing was done yet, so a connection that is found broken here may be replaced."""
        if not self._raw.closed:
            try:
                self._raw.execute(words.encode())
            except psycopg.OperationalError:
                if not self._raw.closed:
                    self._raw.execute("ROLLBACK")  # another held the lock too long
                    raise
            else:
                return
        self._raw = self._connect()
        self._raw.execute(words.encode())

    def _migrate(self, *, half: bool) -> None:
        with self.read() as db:
            at = self._fitting(db, half=half)
        if at == migrations.newest_schema():
            return
        with self.write() as db:
            if not at:
                if not db.execute("SELECT to_regnamespace(?) IS NOT NULL", (SCHEMA,)).fetchone()[0]:
                    db.execute(f"CREATE SCHEMA {SCHEMA}")  # asks for the right to even where it is there
                db.execute("CREATE TABLE IF NOT EXISTS schema_version (number bigint NOT NULL)")
            at = self._fitting(db, half=half)  # another process may have been quicker
            for _, script in migrations.steps()[at:]:
                for one in migrations.statements(script):
                    db.execute(schema(one))
            _number_past(db)
            if at != migrations.newest_schema():
                _set_schema(db, migrations.newest_schema())

    def _fitting(self, db: Connection, *, half: bool) -> int:
        tables = db.execute(
            "SELECT COUNT(*) FROM pg_tables WHERE schemaname = ? AND tablename <> 'schema_version'", (SCHEMA,)
        ).fetchone()[0]
        return migrations.fitting(self.place, self._schema(db), others=bool(tables), half=half)

    def _schema(self, db: Connection) -> int:
        if db.execute("SELECT to_regclass(?)", (f"{SCHEMA}.schema_version",)).fetchone()[0] is None:
            return 0
        row = db.execute("SELECT number FROM schema_version").fetchone()
        return int(row["number"]) if row else 0

    @contextlib.contextmanager
    def _worded(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            raise worded(error, self.place) from error


@contextlib.contextmanager
def holding(server: Server) -> Iterator[Callable[[], bool]]:
    """See `only_run`."""
    database = PostgresDatabase(server)

    def held() -> bool:
        with database.read() as db:
            mine = (
                "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()"
                f" AND classid = {_OURS} AND objid = {_RUNNING}"
            )
            return bool(
                db.execute(mine).fetchone()[0]
                or db.execute(f"SELECT pg_try_advisory_lock({_OURS}, {_RUNNING})").fetchone()[0]
            )

    try:
        yield held
    finally:
        database.close()


class _Words:
    """A connection in the dialect of `connection`."""

    def __init__(self, raw: psycopg.Connection[Any]) -> None:
        self._raw = raw
        self.total_changes = 0

    def execute(self, text: str, values: Values = (), /) -> psycopg.RawCursor[Any]:
        words, names = statement(text)
        cursor = psycopg.RawCursor(self._raw, row_factory=_rows)
        cursor.execute(words, [values[name] for name in names] if isinstance(values, Mapping) else values)
        if (cursor.statusmessage or "").startswith(_WRITES):
            self.total_changes += cursor.rowcount
        return cursor

    def executemany(self, text: str, values: Iterable[Sequence[object]], /) -> psycopg.RawCursor[Any]:
        cursor = psycopg.RawCursor(self._raw, row_factory=_rows)
        cursor.executemany(statement(text)[0], values)
        self.total_changes += max(cursor.rowcount, 0)
        return cursor


class _Row:
    """Values by name or place, as sqlite3.Row has them."""

    __slots__ = ("_names", "_values")

    def __init__(self, names: Mapping[str, int], values: Sequence[Any]) -> None:
        self._names, self._values = names, values

    def __getitem__(self, key: str | int) -> Any:
        return self._values[self._names[key] if isinstance(key, str) else key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def keys(self) -> list[str]:
        return list(self._names)


def _rows(cursor: Any) -> Callable[[Sequence[Any]], _Row]:
    names = {column.name: at for at, column in enumerate(cursor.description or ())}
    return lambda values: _Row(names, values)


class _Text(StrDumper):
    """Text of a known type, without the one sign PostgreSQL cannot hold."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", "\ufffd") if "\0" in obj else obj)


class _Flag(Dumper):
    """A bool is kept as 1 or 0, as SQLite keeps it."""

    oid = 20

    def __init__(self, cls: type, context: AdaptContext | None = None) -> None:
        super().__init__(cls, context)

    def dump(self, obj: bool) -> bytes:  # noqa: FBT001 - psycopg's own signature
        return b"1" if obj else b"0"


def _number_past(db: Connection) -> None:
    """New rows are numbered past those that are there."""
    for name in copying.NUMBERED:
        past = "COALESCE(MAX(id), 0) + 1"
        db.execute(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), {past}, false) FROM {name}")


def _set_schema(db: Connection, number: int) -> None:
    db.execute("DELETE FROM schema_version")
    db.execute("INSERT INTO schema_version (number) VALUES (?)", (number,))


def worded(error: BaseException, place: Server) -> StoreTrouble:
    """The sentence for the user on what a server, or the way to it, has against us."""
    said = " ".join(str(error).split()) or type(error).__name__
    if "password authentication failed" in said or "no password supplied" in said:
        return StoreTrouble(
            f"The server of {place} does not take the password: `parcelwarden secret store` changes it."
        )
    if isinstance(error, errors.LockNotAvailable):
        return StoreTrouble(
            f"The store {place} is locked by another program; nothing was changed. Try again in a moment."
        )
    if isinstance(error, errors.DiskFull):
        return StoreTrouble(
            f"The disk of the server of {place} is full; what was stored before is safe. Free some space there."
        )
    if isinstance(error, errors.InsufficientPrivilege):
        return StoreTrouble(
            f"The user of {place} has not the rights for its store ({said}): the schemas {', '.join(SCHEMAS)} must be"
            " the user's, or the user be allowed to create them (GRANT CREATE ON DATABASE … TO …)."
        )
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return StoreTrouble(
            f"The server of {place} takes no writes: it is a standby, or set to be read only."
        )
    if isinstance(error, (errors.InvalidCatalogName, errors.UndefinedTable)) or (
        "database" in said and "does not exist" in said
    ):
        return StoreUnfit(f"There is no such database: {place} ({said}). `createdb` makes one.")
    if isinstance(error, psycopg.OperationalError):
        return StoreTrouble(
            f"The server of {place} does not answer ({said}); what was stored before is safe. It is tried again at"
            " the next use."
        )
    return StoreTrouble(f"The store {place} cannot be used ({said}).")
