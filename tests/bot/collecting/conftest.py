"""A running bot for a whole module; a test keeps to answers of its own."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.playground.delivery import Timings
from storage.database import Database
from tests.bot.collecting.office import Office
from tests.bot.collecting.review_desk import Desk
from tests.bot.conftest import Clock, settings_of
from tests.bot.running import SEED, for_playground, running_bot
from tests.fakes import FakeModelServer
from tests.playground_server import RunningPlayground

# The bot runs in this process, beside the playground: a busy machine must not make it late.
PATIENT = Timings(ack_timeout=10.0, trigger_lifetime=10.0)


@pytest.fixture(scope="module")
def busy_office(
    running_models: FakeModelServer, tmp_path_factory: pytest.TempPathFactory, empty_database: Path
) -> Iterator[Office]:
    data = tmp_path_factory.mktemp("data")
    shutil.copy(empty_database, data / "timbre.db")
    with RunningPlayground(timings=PATIENT) as slack:
        slack.control("seed", **SEED)
        settings = for_playground(settings_of(data, running_models), slack)
        database = Database(settings.database)
        with running_bot(settings, slack):
            yield Office(slack, database, slack.web.auth_test()["team_id"])
        database.close()


@pytest.fixture
def office(busy_office: Office, model_server: FakeModelServer) -> Office:
    """The office, with models that answer."""
    return busy_office


@pytest.fixture
def desk(database: Database, town: RunningPlayground, clock: Clock) -> Desk:
    return Desk(database, town, clock)
