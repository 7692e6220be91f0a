"""Every test that asks for `database` runs twice: on SQLite, and on a real PostgreSQL where the machine has one."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine, create_engine, text

from storage.database import Database, sqlite_url
from storage.tables import Base
from tests.postgres import find_binaries, postgres_server

NUMBERS = count()


@dataclass(frozen=True)
class PostgresCluster:
    """Makes databases on one server. `url`: its first database, where nothing of ours is stored."""

    url: URL
    engine: Engine

    def create(self) -> URL:
        """Return the URL of a new, empty database."""
        name = f"timbre_{next(NUMBERS)}"
        with self.engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        return self.url.set(database=name)

    def drop(self, url: URL) -> None:
        with self.engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {url.database} WITH (FORCE)"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresCluster]:
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("there is no initdb on this machine; install postgresql to run this test on it too")
    with postgres_server(binaries) as url:
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        yield PostgresCluster(url, engine)
        engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the newest tables, to copy: quicker than migrating for every test."""
    folder = tmp_path_factory.mktemp("template")
    database = Database(sqlite_url(folder))
    database.upgrade()
    database.close()
    return folder / "timbre.db"


@pytest.fixture(scope="session")
def postgres_database(postgres: PostgresCluster) -> Iterator[Database]:
    """A database with the newest tables. To make one for every test takes ten times as long as to empty this one."""
    database = Database(postgres.create().render_as_string(hide_password=False))
    database.upgrade()
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path)
        return
    postgres: PostgresCluster = request.getfixturevalue("postgres")
    url = postgres.create()
    yield url.render_as_string(hide_password=False)
    postgres.drop(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with the newest tables and nothing in them."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "timbre.db")
        database = Database(sqlite_url(tmp_path))
        yield database
        database.close()
        return
    shared: Database = request.getfixturevalue("postgres_database")
    yield shared
    with shared.writing() as session:
        # What the audit's guards refuse, too, which only a superuser may.
        session.execute(text("SET LOCAL session_replication_role = replica"))
        for table in reversed(Base.metadata.sorted_tables):
            session.execute(table.delete())
