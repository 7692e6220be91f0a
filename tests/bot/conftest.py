"""A real database and index in a folder of the test's own, and a model server without models."""

import logging
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.answering.models import Models
from bot.assembly.knowledge import Knowledge, models_of, open_knowledge
from bot.settings import Settings
from storage.database import Database, sqlite_url
from tests.bot.running import SEED, Channel
from tests.fakes import FakeModelServer
from tests.playground_server import RunningPlayground

TEAM = "T1"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Clock:
    """A clock that stands still until it is told to move on."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time

    def move_on(self, **by: float) -> None:
        self.time += timedelta(**by)


@pytest.fixture(autouse=True)
def _quiet_clients() -> None:
    for name in ("httpx", "httpx2", "openai", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def running_models() -> Iterator[FakeModelServer]:
    with FakeModelServer() as server:
        yield server


@pytest.fixture
def model_server(running_models: FakeModelServer) -> FakeModelServer:
    """A model server that has not been asked anything yet."""
    running_models.reset()
    return running_models


@pytest.fixture(scope="session")
def town() -> Iterator[RunningPlayground]:
    """A workspace with people in it, to which no bot is connected."""
    with RunningPlayground() as running:
        running.control("seed", **SEED)
        yield running


@pytest.fixture
def help_room(town: RunningPlayground) -> Channel:
    return Channel(town, "CHELP")


@pytest.fixture
def vault_room(town: RunningPlayground) -> Channel:
    return Channel(town, "CVAULT")


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a database with all tables and nothing in them."""
    folder = tmp_path_factory.mktemp("empty")
    database = Database(sqlite_url(folder))
    database.upgrade()
    database.close()
    return folder / "timbre.db"


def settings_of(data: Path, models: FakeModelServer) -> Settings:
    """Return settings that owe nothing to the environment's `.env`."""
    values: dict[str, Any] = {"_env_file": None, "data": data, "models_url": models.url, "min_pairs": 10}
    return Settings(**values)


@pytest.fixture
def settings(tmp_path: Path, empty_database: Path, model_server: FakeModelServer) -> Settings:
    """Settings of a new data folder, whose database has its tables already."""
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(empty_database, data / "timbre.db")
    return settings_of(data, model_server)


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    database = Database(settings.database)
    yield database
    database.close()


@pytest.fixture
def models(settings: Settings) -> Models:
    return models_of(settings)


@pytest.fixture
def knowledge(settings: Settings, database: Database, clock: Clock) -> Iterator[Knowledge]:
    """What the team knows: nothing yet."""
    knowledge = open_knowledge(settings, database, now=clock)
    yield knowledge
    knowledge.index.close()
