"""Opens the database: SQLite in the data folder by default, PostgreSQL by URL."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_MS = 15_000


class DatabaseError(RuntimeError):
    """The database can't be used; the message says what to do."""


class Database:
    """Short sessions on one engine. Never keep one open across a network or model call."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self._engine = create_engine(url, pool_pre_ping=not self.is_sqlite)
        if self.is_sqlite:
            event.listen(self._engine, "connect", _configure_sqlite)
            event.listen(self._engine, "begin", _begin_sqlite)
        # SQLite can't turn a reader into a writer when another has written since: writers take the lock at BEGIN.
        self._writing_engine = self._engine.execution_options(sqlite_begin="IMMEDIATE")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Yield a session that sees one state of the database and is rolled back at the end."""
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
            with self._writing_engine.connect() as connection:
                command.upgrade(_alembic_config(connection), "head")
                connection.commit()
        except DBAPIError as err:
            raise DatabaseError(f"the database {self.safe_url} can't be used: {err.orig}") from err

    def is_current(self) -> bool:
        """Return whether the tables are at the newest revision."""
        head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
        with self._engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() == head

    @property
    def safe_url(self) -> str:
        """The URL without its password."""
        return make_url(self.url).render_as_string(hide_password=True)

    def close(self) -> None:
        self._engine.dispose()


def _configure_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # BEGIN is ours to send, in `_begin_sqlite`
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}"):
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
    return f"sqlite:///{data_folder / 'timbre.db'}"


def row_count(result: Any) -> int:
    """Return how many rows an UPDATE or DELETE touched: SQLAlchemy types `execute` more widely than what it returns."""
    return int(result.rowcount)
