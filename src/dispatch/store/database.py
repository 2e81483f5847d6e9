"""Database: one engine, its clock, its keys, and the two kinds of transaction.

SQLite by default: WAL and synchronous=FULL, so that a claim survives a power cut; every writing transaction begins
IMMEDIATE, so that two processes wait for each other instead of failing (https://www.sqlite.org/lang_transaction.html).
PostgreSQL by URL, with synchronous commit.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, select, text
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DBAPIError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as NoConnectionLeft
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from dispatch.errors import SettingsError, StoreError
from dispatch.store.column_types import Instant
from dispatch.store.schema import keys

#: the newest migration; `dispatch.store.migrations` brings older databases up to it
HEAD = "0008"
BUSY_SECONDS = 30
#: as many as [send] calls_in_flight allows lanes, and some for the threads that show, read events and keep watch;
#: they are opened as they are needed
MOST_CONNECTIONS = 72


class Database:
    """An open database, of the newest version."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._writing = engine.execution_options(dispatch_writing=True)
        # SQLite reads one state in every transaction; PostgreSQL only from this level on.
        self._reading = engine if self.is_sqlite else engine.execution_options(isolation_level="REPEATABLE READ")
        self._keys: dict[str, bytes] = {}
        # SQLite has one writer at a time; without this its threads would sleep in SQLite's own polling.
        self._turn: AbstractContextManager[Any] = threading.Lock() if self.is_sqlite else nullcontext()

    @classmethod
    def open(cls, url: str | URL) -> Self:
        """The database at an SQLAlchemy URL, made or migrated to the newest version.

        Raises SettingsError for an unusable URL, StoreError where it cannot be reached or is newer than this dispatch.
        """
        database = cls(_engine(url))
        try:
            database._bring_up_to_date()
        except StoreError:
            database.close()
            raise
        return database

    @classmethod
    def in_file(cls, file: Path) -> Self:
        """The SQLite database in a file, made where there is none."""
        file.parent.mkdir(parents=True, exist_ok=True)
        # Not by a text: a folder's name may hold "?" or "%".
        return cls.open(URL.create("sqlite", database=str(file)))

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file on this machine."""
        return self.engine.dialect.name == "sqlite"

    @property
    def file(self) -> Path | None:
        """The file that it is in; None for a server's."""
        return Path(self.engine.url.database) if self.is_sqlite and self.engine.url.database else None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that writes: commits at the end, rolls back on an error.

        Raises StoreError where the database is gone, full or locked for too long.
        """
        with self._faults_told(), self._turn, self._writing.begin() as connection:
            yield connection

    @contextmanager
    def writing_beside(self, other: Path | None, name: str) -> Iterator[Connection]:
        """A writing transaction of an SQLite database that also reads another file, as the schema `name`.

        None for an empty, passing database of that name. Nothing else is locked while it waits or works.
        """
        with self._faults_told(), self._turn, self.engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute(f"ATTACH DATABASE ? AS {name}", ("" if other is None else str(other),))
            try:
                with connection.begin():
                    yield connection
            finally:
                driver.execute(f"DETACH DATABASE {name}")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads, on one state of the data. Raises StoreError as `writing` does."""
        with self._faults_told(), self._reading.begin() as connection:
            yield connection

    @contextmanager
    def _faults_told(self) -> Iterator[None]:
        try:
            yield
        except (DBAPIError, NoConnectionLeft) as err:
            if not _is_fault(err):
                raise
            raise StoreError(
                f"The database cannot be used: {_first_line(err)}.",
                where=self.engine.url.render_as_string(hide_password=True),
                todo="Check that it can be reached, that the disk is not full and that no other program holds it.",
            ) from err

    def key(self, name: str) -> bytes:
        """A secret of this database: `token` signs links, `address-hash` hashes addresses."""
        if name not in self._keys:
            with self.reading() as connection:
                self._keys[name] = connection.execute(keys.select().where(keys.c.name == name)).one().secret
        return self._keys[name]

    def now(self) -> datetime:
        """The database's clock."""
        with self.reading() as connection:
            return clock(connection)

    def _bring_up_to_date(self) -> None:
        version = self.version()
        if version == HEAD:
            return
        from dispatch.store.migrate import is_known, migrate

        if version is not None and not is_known(version):
            raise StoreError(
                f"The database is of version {version}, which this dispatch does not know.",
                where=safe_url(self.engine.url),
                todo="Use the newer dispatch that made it, or name another database.",
            )
        with self.writing() as connection:
            migrate(connection)

    def version(self) -> str | None:
        """The migration that the database stands at; None for an empty one."""
        from sqlalchemy import inspect

        with self.reading() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            return None if found is None else str(found)


#: the database's clock as the text that Instant keeps
_CLOCK = {
    "sqlite": "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
    "postgresql": "to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')",
}
_RANDOM_ID = {
    "sqlite": "lower(hex(randomblob(16)))",
    "postgresql": "replace(gen_random_uuid()::text, '-', '')",
}


class DatabaseClock(FunctionElement[datetime]):
    """The database's clock, to stand in a statement; one clock for all machines that share it."""

    type = Instant()
    inherit_cache = True


@compiles(DatabaseClock)
def _compile_clock(element: DatabaseClock, compiler: SQLCompiler, **_: Any) -> str:
    return _CLOCK[compiler.dialect.name]


_ASK_CLOCK = select(DatabaseClock())


def clock(connection: Connection) -> datetime:
    """The database's clock now."""
    return connection.execute(_ASK_CLOCK).scalar_one()


def random_id_sql(connection: Connection) -> str:
    """SQL for a random identifier of 32 hex digits, made anew for each row."""
    return _RANDOM_ID[connection.dialect.name]


def safe_url(url: str | URL) -> str:
    """The URL without its password."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return "database_url"


#: idle_in_transaction_session_timeout (PostgreSQL documentation, appendix A), which psycopg counts as an internal error
_IDLE_TOO_LONG = "25P03"


def _is_fault(err: DBAPIError | NoConnectionLeft) -> bool:
    """Whether the database is at fault, and not a statement or a value.

    sqlite3 raises a plain DatabaseError for a file that is no database.
    """
    if isinstance(err, NoConnectionLeft):
        return True
    is_suspended = getattr(err.orig, "sqlstate", None) == _IDLE_TOO_LONG
    return is_suspended or isinstance(err, OperationalError | InterfaceError) or type(err) is DatabaseError


def _first_line(err: DBAPIError | NoConnectionLeft) -> str:
    if isinstance(err, NoConnectionLeft):
        return "all its connections have been busy for long"
    return str(err.orig).strip().splitlines()[0].rstrip(".") if err.orig else type(err).__name__


def _engine(url: str | URL) -> Engine:
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() not in _CLOCK:
            raise _unusable(url, f"{parsed.get_backend_name()} is not supported")
        engine = create_engine(parsed, **_engine_options(parsed.get_backend_name()))
    except (ArgumentError, NoSuchModuleError) as err:
        raise _unusable(url, str(err)) from err
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _unusable(url: str | URL, why: str) -> SettingsError:
    return SettingsError(
        f"The setting database_url is not usable: {why}.",
        where=safe_url(url),
        todo="Write sqlite:////path/to/file.db or postgresql://user:password@host/database.",
    )


def _engine_options(backend: str) -> dict[str, Any]:
    pool = {"pool_size": MOST_CONNECTIONS, "max_overflow": 0}
    if backend == "sqlite":
        return {**pool, "connect_args": {"timeout": BUSY_SECONDS, "check_same_thread": False}}
    limits = {
        "connect_timeout": 10,
        # A machine that is suspended or cut off amid a transaction must not hold up every other one.
        "options": f"-c idle_in_transaction_session_timeout={BUSY_SECONDS * 1000}",
        "tcp_user_timeout": BUSY_SECONDS * 1000,
    }
    return {**pool, "pool_pre_ping": True, "connect_args": limits}


def _prepare_sqlite(connection: sqlite3.Connection, record: object) -> None:
    # Transactions are begun by _begin_sqlite, not by the driver.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={BUSY_SECONDS * 1000}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        # In KiB, and taken only as far as it is used: with 2 MB, SQLite's own, a million rows are read again and again.
        "cache_size=-32768",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    is_writing = connection.get_execution_options().get("dispatch_writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")
