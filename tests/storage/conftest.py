"""Every test that asks for `database` runs twice: on SQLite, and on a real PostgreSQL where the machine has one."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import URL, Engine, create_engine, text

from storage.database import Database, sqlite_url
from tests.postgres import find_binaries, postgres_server

NUMBERS = count()


@dataclass(frozen=True)
class PostgresCluster:
    """Makes databases on one server. `url`: its first database, where nothing of ours is stored."""

    url: URL
    engine: Engine

    def create(self, *, template: str = "template0") -> URL:
        """Return the URL of a new database with all that `template` has."""
        name = f"timbre_{next(NUMBERS)}"
        with self.engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
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
def postgres_template(postgres: PostgresCluster) -> str:
    url = postgres.create()
    database = Database(url.render_as_string(hide_password=False))
    database.upgrade()
    database.close()
    assert url.database is not None
    return url.database


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
    """A database of the test's own with the newest tables."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "timbre.db")
        database = Database(sqlite_url(tmp_path))
        yield database
        database.close()
        return
    postgres: PostgresCluster = request.getfixturevalue("postgres")
    url = postgres.create(template=request.getfixturevalue("postgres_template"))
    database = Database(url.render_as_string(hide_password=False))
    yield database
    database.close()
    postgres.drop(url)


@pytest.fixture
def team_id() -> str:
    """A team nobody else has: what another test left behind can't be found by it."""
    return f"T{uuid4().hex[:10].upper()}"
