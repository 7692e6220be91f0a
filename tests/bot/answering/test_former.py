"""Another embedder is set, or goes by the same name: until every passage is embedded anew, something answers."""

import logging
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from chromadb.errors import ChromaError
from sqlalchemy.exc import DBAPIError

from bot.answering.former import FormerIndex
from bot.answering.indexing import PROBED_EVERY, Differences
from bot.answering.model_errors import ModelUnavailableError
from bot.answering.models import Models
from bot.answering.retrieval import Place, Retriever
from bot.assembly.knowledge import Knowledge, models_of, open_knowledge
from bot.settings import Settings
from storage.database import Database
from storage.knowledge import NewDocument, put_document, remove_document
from tests.bot.conftest import NOW, TEAM, Clock
from tests.fakes import FakeModelServer

KEYS = "The spare keys hang behind the stove."
OARS = "The long oars lie in the shed."
NOWHERE = "http://127.0.0.1:9/v1"


def know(database: Database, name: str, text: str, *, channel_id: str | None = None) -> None:
    with database.writing() as session:
        put_document(session, NewDocument(TEAM, name, name, channel_id, (text,)), now=NOW)


@contextmanager
def refusing(file: Path, what: str) -> Iterator[None]:
    """Have a database's file refuse a kind of change, as a full disk would."""
    _change(file, f"CREATE TRIGGER refused BEFORE {what} BEGIN SELECT RAISE(ABORT, 'the disk is full'); END")
    yield
    _change(file, "DROP TRIGGER refused")


def _change(file: Path, statement: str) -> None:
    """Run a statement in another process: Chroma has an SQLite of its own, and two in one undo each other's locks."""
    run = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=15).execute(sys.argv[2])"
    subprocess.run([sys.executable, "-c", run, str(file), statement], check=True)


def found(knowledge: Knowledge, question: str) -> list[str]:
    return [hit.chunk.text for hit in knowledge.retriever.search(question, Place(TEAM), limit=1)]


@pytest.fixture
def changed(settings: Settings, database: Database, clock: Clock) -> Iterator[Knowledge]:
    """What the team knew by the embedder before, opened with another one; nothing is embedded anew yet."""
    before = open_knowledge(settings, database, now=clock)
    before.indexing.check()
    know(database, "Keys", KEYS)
    know(database, "Oars", OARS)
    before.indexing.catch_up()
    before.index.close()
    other = settings.model_copy(update={"embedding_model": "other"})
    knowledge = open_knowledge(other, database, now=clock)
    knowledge.indexing.check()
    yield knowledge
    knowledge.index.close()


def test_the_former_index_answers_until_the_new_one_is_complete(
    changed: Knowledge, model_server: FakeModelServer
) -> None:
    model_server.embedded_by.clear()
    assert found(changed, "Where do the spare keys hang?") == [KEYS]
    assert model_server.embedded_by == ["all-MiniLM-L6-v2"]

    assert changed.indexing.follow() == 2

    model_server.embedded_by.clear()
    assert found(changed, "Where do the spare keys hang?") == [KEYS]
    assert model_server.embedded_by == ["other"]
    assert changed.index.former is None


def test_a_question_that_is_asked_while_the_new_index_takes_over_is_looked_up_in_that(
    changed: Knowledge, database: Database
) -> None:
    def embed_meanwhile(embedder: str, texts: Sequence[str]) -> list[list[float]]:
        vectors = changed.models.embed_by(embedder, texts)
        changed.indexing.follow()
        return vectors

    former = FormerIndex(database, changed.index, embed_meanwhile, changed.models.embed)
    retriever = Retriever(database, changed.index, changed.models.embed, former)

    dense = retriever.candidates("Where do the spare keys hang?", Place(TEAM)).dense

    assert changed.index.former is None
    assert len(dense) == 2


def test_where_the_former_embedder_is_gone_words_find_and_the_new_one_ranks(
    changed: Knowledge, model_server: FakeModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    model_server.embedders_gone.add("all-MiniLM-L6-v2")

    with caplog.at_level(logging.WARNING, "bot"):
        hits = [changed.retriever.search("Where do the spare keys hang?", Place(TEAM), limit=1) for _ in range(2)]

    assert [hit.chunk.text for hit in hits[0]] == [KEYS]
    assert hits[0][0].similarity > 0.4  # so it is not taken for something unknown
    assert [record.getMessage() for record in caplog.records] == [
        "all-MiniLM-L6-v2 can't embed questions any more (the model server does not hold all-MiniLM-L6-v2): until "
        "every passage is embedded anew, they are found by their words alone"
    ]


def test_what_is_forgotten_meanwhile_is_not_found_and_what_is_new_is_by_its_words(
    changed: Knowledge, database: Database, model_server: FakeModelServer
) -> None:
    with database.writing() as session:
        remove_document(session, team_id=TEAM, source="Keys", now=NOW)
    know(database, "Varnish", "Varnish dries for three days.")

    assert found(changed, "Where do the spare keys hang?") != [KEYS]
    assert "Varnish dries for three days." in found(changed, "varnish days")


def test_a_change_that_was_interrupted_goes_on(
    changed: Knowledge, settings: Settings, database: Database, model_server: FakeModelServer, clock: Clock
) -> None:
    model_server.is_down = True
    with pytest.raises(ModelUnavailableError):
        changed.indexing.follow()
    model_server.is_down = False
    changed.index.close()

    again = open_knowledge(settings.model_copy(update={"embedding_model": "other"}), database, now=clock)
    again.indexing.check()
    assert again.index.former == "all-MiniLM-L6-v2"
    assert again.indexing.follow() == 2
    assert again.indexing.compare().total == 0
    again.index.close()


def test_texts_are_embedded_at_the_url_for_embeddings(settings: Settings, model_server: FakeModelServer) -> None:
    apart = settings.model_copy(update={"models_url": "http://127.0.0.1:9/v1", "embedding_url": model_server.url})
    models: Models = models_of(apart)

    assert len(models.embed(["hello"])[0]) == model_server.DIMENSIONS
    assert models.embed_by("former", ["hello"]) == models.embed(["hello"])


def test_a_former_embedder_is_asked_where_the_models_are_when_it_is_not_at_the_new_url(
    settings: Settings, model_server: FakeModelServer
) -> None:
    apart = settings.model_copy(update={"embedding_url": "http://127.0.0.1:9/v1", "model_timeout_s": 0.5})

    assert len(models_of(apart).embed_by("former", ["hello"])[0]) == model_server.DIMENSIONS


@pytest.fixture
def moved(knowledge: Knowledge, database: Database, clock: Clock) -> Knowledge:
    """What the team knows, an hour after it was indexed."""
    know(database, "Keys", KEYS)
    know(database, "Oars", OARS)
    knowledge.indexing.catch_up()
    clock.move_on(hours=1)
    return knowledge


def embedded_anew(knowledge: Knowledge, model_server: FakeModelServer) -> int:
    """Return how many passages wait after the embedder was looked at."""
    knowledge.indexing.check_embedder()
    model_server.embedded_by.clear()
    return knowledge.indexing.follow()


@pytest.mark.parametrize(("salt", "dimensions"), [("other", FakeModelServer.DIMENSIONS), ("", 128), ("other", 128)])
def test_another_embedder_by_the_same_name_has_everything_embedded_anew(
    moved: Knowledge, model_server: FakeModelServer, caplog: pytest.LogCaptureFixture, salt: str, dimensions: int
) -> None:
    model_server.salt, model_server.dimensions = salt, dimensions

    with caplog.at_level(logging.WARNING, "bot"):
        moved.indexing.catch_up()
        moved.indexing.catch_up()

    assert ["makes other vectors" in record.getMessage() for record in caplog.records] == [True]
    assert moved.indexing.compare().total == 0
    assert moved.index.is_whole
    (hit, *_) = moved.retriever.search("Where do the spare keys hang?", Place(TEAM), limit=1)
    assert (hit.chunk.text, hit.similarity > 0.4) == (KEYS, True)


def test_the_same_embedder_at_another_address_embeds_nothing_anew(
    settings: Settings, database: Database, clock: Clock, moved: Knowledge, model_server: FakeModelServer
) -> None:
    moved.index.close()
    elsewhere = settings.model_copy(update={"models_url": NOWHERE, "embedding_url": model_server.url})

    again = open_knowledge(elsewhere, database, now=clock)

    again.indexing.check()
    assert embedded_anew(again, model_server) == 0
    assert found(again, "Where do the spare keys hang?") == [KEYS]
    again.index.close()


def test_the_embedder_is_looked_at_once_an_hour(moved: Knowledge, model_server: FakeModelServer, clock: Clock) -> None:
    moved.indexing.catch_up()
    model_server.salt = "other"
    clock.move_on(minutes=59)
    assert embedded_anew(moved, model_server) == 0
    clock.move_on(minutes=1)
    assert timedelta(hours=1) == PROBED_EVERY
    assert embedded_anew(moved, model_server) == 2


def test_an_embedder_that_is_away_is_looked_at_when_it_is_back(moved: Knowledge, model_server: FakeModelServer) -> None:
    model_server.is_down, model_server.salt = True, "other"
    with pytest.raises(ModelUnavailableError):
        moved.indexing.catch_up()
    model_server.is_down = False

    assert embedded_anew(moved, model_server) == 2


def test_words_find_what_is_not_embedded_anew_yet_over_a_restart_too(
    settings: Settings, database: Database, clock: Clock, moved: Knowledge, model_server: FakeModelServer
) -> None:
    model_server.salt = "other"
    moved.indexing.check_embedder()

    assert found(moved, "Where do the spare keys hang?") == [KEYS]
    moved.index.close()
    again = open_knowledge(settings, database, now=clock)
    again.indexing.check()
    (hit, *_) = again.retriever.search("Where do the spare keys hang?", Place(TEAM), limit=1)
    assert (hit.chunk.text, hit.similarity > 0.4) == (KEYS, True)
    assert [again.index.is_whole, again.indexing.follow(), again.index.is_whole] == [False, 2, True]
    again.index.close()


def test_an_embedder_that_refuses_a_text_by_now_is_taken_for_the_same(
    moved: Knowledge, model_server: FakeModelServer
) -> None:
    model_server.cannot_embed = "spare keys"

    assert embedded_anew(moved, model_server) == 0


def test_no_index_is_whole_whose_new_beginning_the_database_refused(
    settings: Settings, moved: Knowledge, model_server: FakeModelServer
) -> None:
    model_server.salt = "other"

    with refusing(settings.data / "timbre.db", "UPDATE ON chunks"), pytest.raises(DBAPIError):
        moved.indexing.catch_up()

    assert [moved.index.is_whole, moved.indexing.follow(), moved.index.is_whole] == [False, 2, True]
    assert moved.indexing.compare() == Differences(2, missing=0, extra=0, stale=0)
    (hit, *_) = moved.retriever.search("Where do the spare keys hang?", Place(TEAM), limit=1)
    assert (hit.chunk.text, hit.similarity > 0.4) == (KEYS, True)


@pytest.mark.parametrize("is_restarted", [False, True])
def test_vectors_that_could_not_be_let_go_of_are_when_that_is_tried_again(
    settings: Settings,
    database: Database,
    clock: Clock,
    moved: Knowledge,
    model_server: FakeModelServer,
    is_restarted: bool,
) -> None:
    know(database, "Vault", "The vault's kettle is made of gold.", channel_id="CVAULT")
    moved.indexing.catch_up()
    clock.move_on(hours=1)
    model_server.salt, model_server.dimensions = "other", 128
    file = settings.data / "index" / "chroma.sqlite3"

    with refusing(file, "DELETE ON collections WHEN old.name LIKE '%everybody%'"), pytest.raises(ChromaError):
        moved.indexing.catch_up()
    assert not moved.index.is_whole
    knowledge = moved
    if is_restarted:
        moved.index.close()
        knowledge = open_knowledge(settings, database, now=clock)
        knowledge.indexing.check()
    knowledge.indexing.catch_up()

    assert knowledge.index.is_whole
    assert knowledge.indexing.compare() == Differences(3, missing=0, extra=0, stale=0)
    (hit, *_) = knowledge.retriever.search("Where do the spare keys hang?", Place(TEAM), limit=1)
    assert (hit.chunk.text, hit.similarity > 0.4) == (KEYS, True)
    knowledge.index.close()


def test_a_rebuild_that_the_database_refuses_is_taken_again(settings: Settings, moved: Knowledge) -> None:
    with refusing(settings.data / "timbre.db", "UPDATE ON chunks"), pytest.raises(DBAPIError):
        moved.indexing.rebuild()

    assert moved.indexing.follow() == 2

    assert moved.index.is_whole
    assert moved.indexing.compare() == Differences(2, missing=0, extra=0, stale=0)
