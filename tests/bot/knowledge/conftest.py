"""A database, and what ingests into it from files and from a web server of the test's own."""

from collections.abc import Iterator

import pytest

from bot.knowledge.converter import Converter
from bot.knowledge.fetching import Fetcher
from bot.knowledge.ingesting import Ingesting
from storage.database import Database
from tests.bot.conftest import TEAM, Clock
from tests.bot.knowledge.web import Web


@pytest.fixture(scope="session")
def converter() -> Iterator[Converter]:
    with Converter(seconds=30) as converter:
        yield converter


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    fetcher = Fetcher(allow_private=True, seconds=3, most_bytes=1_000_000)
    yield fetcher
    fetcher.close()


@pytest.fixture
def ingesting(database: Database, converter: Converter, fetcher: Fetcher, clock: Clock) -> Ingesting:
    return Ingesting(database, converter, fetcher, team_id=TEAM, now=clock)


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as web:
        yield web
