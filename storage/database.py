"""Opens the database: SQLite in the data folder by default, PostgreSQL by URL."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, Insert, create_engine, event, inspect, make_url, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_MS = 15_000
UPGRADE_TIMEOUT_MS = 300_000
UPGRADE_LOCK = 7_146_273  # any number, as long as nothing else in the database locks it

Row = TypeVar("Row", bound=DeclarativeBase)


class DatabaseError(RuntimeError):
    """The database can't be used; the message says what to do."""


class Database:
    """Short sessions on one engine. Never keep one open across a network or model call."""

    def __init__(self, url: str) -> None:
        """Connect at first use. Raises `DatabaseError` when `url` names no database that could be used."""
        self.url = url
        self._engine = _engine(url)
        self.is_sqlite = self._engine.dialect.name == "sqlite"
        if self.is_sqlite:
            event.listen(self._engine, "connect", _configure_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)
        # SQLite can't turn a reader into a writer when another has written since: writers take the lock at BEGIN.
        self._writing_engine = self._engine.execution_options(sqlite_begin="IMMEDIATE")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session that is rolled back at the end.

        On SQLite it sees one state of the database; on PostgreSQL each statement sees what is committed by then.
        """
        with Session(self._engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Yield a session that commits at the end, or rolls back when an exception leaves the block."""
        with Session(self._writing_engine, expire_on_commit=False) as session, session.begin():
            yield session

    def upgrade(self) -> None:
        """Bring the tables to the newest revision. Raises `DatabaseError` when the database can't be opened."""
        try:
            with self._writing_engine.connect() as connection, self._patiently(connection), connection.begin():
                if not self.is_sqlite:
                    # Processes that start together upgrade one after another; on SQLite BEGIN IMMEDIATE sees to that.
                    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": UPGRADE_LOCK})
                command.upgrade(_alembic_config(connection), "head")
        except DBAPIError as err:
            raise self._unusable(err) from err

    def empty_log(self) -> None:
        """Empty SQLite's write-ahead log, in which what was erased stands on; while it is read, it stays as it is."""
        if not self.is_sqlite:
            return
        connection = self._engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()

    def is_current(self) -> bool:
        """Return whether the tables are at the newest revision. Raises `DatabaseError` when it can't be opened."""
        head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
        try:
            with self._engine.connect() as connection:
                return MigrationContext.configure(connection).get_current_revision() == head
        except DBAPIError as err:
            raise self._unusable(err) from err

    def has_table(self, name: str) -> bool:
        """Return whether there is a table of that name. Raises `DatabaseError` when the database can't be opened."""
        try:
            with self._engine.connect() as connection:
                return inspect(connection).has_table(name)
        except DBAPIError as err:
            raise self._unusable(err) from err

    @property
    def safe_url(self) -> str:
        """The URL without its password."""
        return make_url(self.url).render_as_string(hide_password=True)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _patiently(self, connection: Connection) -> Iterator[None]:
        """Let SQLite wait for as long as another process may need for an upgrade."""
        sqlite_connection = connection.connection.driver_connection
        if not isinstance(sqlite_connection, sqlite3.Connection):
            yield
            return
        sqlite_connection.execute(f"PRAGMA busy_timeout={UPGRADE_TIMEOUT_MS}")
        try:
            yield
        finally:
            sqlite_connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")

    def _unusable(self, err: DBAPIError) -> DatabaseError:
        wanted = "that the folder exists and can be written to" if self.is_sqlite else "that the server runs"
        return DatabaseError(
            f"the database {self.safe_url} can't be used: {' '.join(str(err.orig).split())}; "
            f"check {wanted} and that TIMBRE_DATABASE_URL is right"
        )


def _engine(url: str) -> Engine:
    try:
        is_sqlite = make_url(url).get_backend_name() == "sqlite"
        # Errors are logged, and what a statement was given can be what people said.
        return create_engine(url, pool_pre_ping=not is_sqlite, hide_parameters=True)
    except ModuleNotFoundError as err:
        raise DatabaseError(f"the database needs {err.name}; install it with: pip install 'timbre[postgres]'") from err
    except ArgumentError as err:  # the URL is not repeated: it may hold a password
        raise DatabaseError(
            "the database URL is not one Timbre knows; write sqlite:///PATH or postgresql+psycopg://USER@HOST/NAME"
        ) from err


def _configure_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # BEGIN is ours to send, in `_begin_sqlite`
    cursor = connection.cursor()
    # The timeout first: switching to WAL may have to wait for another process that does the same. FULL, because an
    # event is acknowledged as soon as it is committed: it must outlast a power cut, and a commit takes some ms only.
    # What is deleted is overwritten: not every SQLite is built to do that.
    settings = (f"busy_timeout={BUSY_TIMEOUT_MS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
    for pragma in (*settings, "secure_delete=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('sqlite_begin', 'DEFERRED')}")


def _alembic_config(connection: Connection) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def sqlite_url(data_folder: Path) -> str:
    """Return the URL of the default database."""
    # Rendered, not joined: a folder's name may hold what means something in a URL.
    return URL.create("sqlite", database=str(data_folder / "timbre.db")).render_as_string()


def add_if_new(session: Session, row_type: type[Row], key: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Insert a row of `key` and `values`; returns False, changing nothing, when one with that unique key exists.

    Looking first would not do: on PostgreSQL two transactions can both see nothing, and the second insert would fail.
    """
    statement: Insert
    if session.get_bind().dialect.name == "postgresql":
        statement = postgresql.insert(row_type).values(**key, **values).on_conflict_do_nothing(index_elements=[*key])
    else:
        statement = sqlite.insert(row_type).values(**key, **values).on_conflict_do_nothing(index_elements=[*key])
    return session.execute(statement.returning(*inspect(row_type).primary_key)).first() is not None


def find_or_add(
    session: Session, row_type: type[Row], key: Mapping[str, Any], values: Mapping[str, Any]
) -> tuple[Row, bool]:
    """Return the row with this unique key, and whether it was made now, of `key` and `values`.

    On PostgreSQL it is locked until the transaction ends; on SQLite there is one writer at a time.
    """
    query = select(row_type).filter_by(**key).with_for_update().execution_options(populate_existing=True)
    row = session.scalar(query)
    if row is not None:
        return row, False
    added = add_if_new(session, row_type, key, values)
    return session.scalars(query).one(), added


def row_count(result: Any) -> int:
    """Return how many rows an UPDATE or DELETE touched: SQLAlchemy types `execute` more widely than what it returns."""
    return int(result.rowcount)
