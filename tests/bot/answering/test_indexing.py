"""The vector index follows SQL, and approved pairs get the passages they would have been answered from."""

import shutil
from dataclasses import replace

import pytest

from bot.answering.indexing import Differences, Indexing
from bot.answering.model_errors import ModelUnavailableError
from bot.answering.retrieval import Place, Retriever
from bot.assembly.knowledge import Knowledge, open_knowledge
from bot.settings import Settings
from storage.database import Database
from storage.knowledge import (
    NewDocument,
    chunks_to_index,
    count_chunks,
    mark_indexed,
    put_document,
    put_pair_chunk,
    remove_pair_chunk,
    standing_chunks,
)
from storage.pairs import Candidate, Pair, PairStatus, add_candidate, get_pair, set_status
from tests.bot.conftest import NOW, TEAM, Clock
from tests.fakes import FakeModelServer


def approved(database: Database, number: int, question: str, answer: str, *, private: bool = False) -> Pair:
    channel = "CVAULT" if private else "CHELP"
    candidate = Candidate(
        TEAM, channel, private, f"{number}.0", f"{number}.0", f"{number}.1", question, answer, "U1", "U2", "https://x"
    )
    with database.writing() as session:
        pair = add_candidate(session, candidate, now=NOW)
        put_pair_chunk(
            session,
            team_id=TEAM,
            pair_id=pair.id,
            channel_id=channel if private else None,
            title=question,
            text=answer,
            now=NOW,
        )
        return set_status(session, pair.id, PairStatus.APPROVED, now=NOW)


def document(database: Database, name: str, *texts: str, channel_id: str | None = None) -> None:
    with database.writing() as session:
        put_document(session, NewDocument(TEAM, name, name, channel_id, texts), now=NOW)


def context(database: Database, pair: Pair) -> list[str] | None:
    with database.reading() as session:
        found = get_pair(session, pair.id).context
    return None if found is None else [passage["text"] for passage in found]


def waiting(database: Database) -> tuple[int, int]:
    with database.reading() as session:
        return count_chunks(session, team_id=TEAM)


def found(knowledge: Knowledge, question: str) -> list[str]:
    return [hit.chunk.text for hit in knowledge.retriever.search(question, Place(TEAM), limit=5)]


def test_what_is_written_to_sql_is_found_once_the_index_followed(knowledge: Knowledge, database: Database) -> None:
    document(database, "Keys", *(f"Key number {number} opens shed {number}." for number in range(70)))

    assert knowledge.indexing.follow() == 70

    assert waiting(database) == (70, 0)
    assert found(knowledge, "Which shed does key number 33 open?")[0] == "Key number 33 opens shed 33."
    assert knowledge.indexing.follow() == 0


def test_what_is_removed_from_sql_leaves_the_index(knowledge: Knowledge, database: Database) -> None:
    pair = approved(database, 1, "Where is the kettle?", "On the top shelf.")
    knowledge.indexing.follow()
    with database.writing() as session:
        remove_pair_chunk(session, pair.id, now=NOW)

    assert found(knowledge, "Where is the kettle?") == []
    assert knowledge.indexing.follow() == 1
    assert knowledge.index.is_empty


def test_an_index_that_was_lost_is_rebuilt_from_sql(settings: Settings, database: Database, clock: Clock) -> None:
    knowledge = open_knowledge(settings, database, now=clock)
    document(database, "Keys", "The spare keys hang behind the stove.")
    knowledge.indexing.follow()
    knowledge.index.close()
    shutil.rmtree(settings.data / "index")

    knowledge = open_knowledge(settings, database, now=clock)
    knowledge.indexing.check()
    knowledge.indexing.catch_up()

    assert found(knowledge, "Where do the spare keys hang?") == ["The spare keys hang behind the stove."]
    assert waiting(database) == (1, 0)
    knowledge.index.close()


def test_a_full_index_is_left_as_it_is(knowledge: Knowledge, database: Database, model_server: FakeModelServer) -> None:
    document(database, "Keys", "The spare keys hang behind the stove.")
    knowledge.indexing.follow()

    knowledge.indexing.check()

    assert waiting(database) == (1, 0)


def test_what_is_removed_goes_while_the_model_server_is_down(
    knowledge: Knowledge, database: Database, model_server: FakeModelServer
) -> None:
    pair = approved(database, 1, "Where is the kettle?", "On the top shelf.")
    knowledge.indexing.follow()
    document(database, "Keys", *(f"Key number {number} opens shed {number}." for number in range(70)))
    with database.writing() as session:
        remove_pair_chunk(session, pair.id, now=NOW)
    model_server.is_down = True

    with pytest.raises(ModelUnavailableError):
        knowledge.indexing.follow()

    with database.reading() as session:
        assert not [chunk for chunk in chunks_to_index(session, limit=100) if chunk.removed]


def test_nothing_is_marked_as_indexed_while_the_model_server_is_down(
    knowledge: Knowledge, database: Database, model_server: FakeModelServer
) -> None:
    document(database, "Keys", "The spare keys hang behind the stove.")
    model_server.is_down = True

    with pytest.raises(ModelUnavailableError):
        knowledge.indexing.catch_up()
    assert waiting(database) == (1, 1)

    model_server.is_down = False
    knowledge.indexing.catch_up()
    assert waiting(database) == (1, 0)


def test_a_text_that_the_embedder_refuses_is_named_and_the_others_are_indexed(
    knowledge: Knowledge, database: Database, model_server: FakeModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    document(database, "Keys", *(f"Key number {number} opens shed {number}." for number in range(70)))
    refused = approved(database, 1, "Who has key 33?", "Sal has the xylophone.")
    other = approved(database, 2, "Who has key 34?", "Ivo has it.")
    model_server.cannot_embed = "xylophone"

    knowledge.indexing.catch_up()

    assert waiting(database) == (72, 0)
    assert knowledge.indexing.compare() == Differences(72, missing=1, extra=0, stale=0)
    (said,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert f"of pair {refused.id} is found by its words alone" in said
    assert "xylophone" not in said
    assert context(database, other)
    assert "Sal has the xylophone." in found(knowledge, "Sal")


def test_a_pair_whose_question_the_embedder_refuses_does_not_hold_up_the_passages_of_others(
    knowledge: Knowledge, database: Database, model_server: FakeModelServer
) -> None:
    document(database, "Keys", "The spare keys hang behind the stove.")
    refused = approved(database, 1, "Who has the xylophone?", "Sal has it.")
    other = approved(database, 2, "Where do the keys hang?", "Behind the stove, as ever.")
    model_server.cannot_embed = "xylophone"

    knowledge.indexing.catch_up()

    assert context(database, refused) == []
    assert "The spare keys hang behind the stove." in (context(database, other) or ())


def test_what_a_passage_said_before_is_not_found_when_the_embedder_refuses_what_it_says_now(
    knowledge: Knowledge, database: Database, model_server: FakeModelServer
) -> None:
    pair = approved(database, 1, "Where is the kettle?", "On the top shelf.")
    knowledge.indexing.follow()
    with database.writing() as session:
        said = {"title": pair.question, "text": "With the xylophone."}
        put_pair_chunk(session, team_id=TEAM, pair_id=pair.id, channel_id=None, **said, now=NOW)
    model_server.cannot_embed = "xylophone"

    knowledge.indexing.follow()

    assert knowledge.index.is_empty


def test_an_embedder_that_refuses_every_text_leaves_all_of_them_waiting(
    knowledge: Knowledge, database: Database, model_server: FakeModelServer
) -> None:
    document(database, "Keys", "The spare keys hang behind the stove.")
    model_server.cannot_embed = ""

    with pytest.raises(ModelUnavailableError):
        knowledge.indexing.follow()

    assert waiting(database) == (1, 1)


def test_a_pairs_context_never_holds_the_pair_itself(knowledge: Knowledge, database: Database) -> None:
    document(database, "Kitchen", "The kettle stands on the top shelf of the kitchen.")
    pair = approved(database, 1, "Where is the kettle?", "Top shelf, mind the steam!")
    other = approved(database, 2, "Where is the big kettle?", "The big kettle is in the shed.")

    knowledge.indexing.catch_up()

    assert set(context(database, pair) or ()) == {
        "The kettle stands on the top shelf of the kitchen.",
        "The big kettle is in the shed.",
    }
    assert "The big kettle is in the shed." not in (context(database, other) or ())


def test_a_public_pairs_context_holds_nothing_private(knowledge: Knowledge, database: Database) -> None:
    document(database, "Vault", "The kettle of the vault is made of gold.", channel_id="CVAULT")
    public = approved(database, 1, "Where is the kettle?", "On the shelf.")
    private = approved(database, 2, "Where is the golden kettle?", "In the vault.", private=True)

    knowledge.indexing.catch_up()

    assert context(database, public) == []
    assert "The kettle of the vault is made of gold." in (context(database, private) or ())


def test_a_context_waits_for_documents_that_are_not_indexed_yet(knowledge: Knowledge, database: Database) -> None:
    pair = approved(database, 1, "Where is the kettle?", "On the shelf.")
    knowledge.indexing.follow()
    document(database, "Kitchen", "The kettle stands on the top shelf.")

    assert knowledge.indexing.add_contexts() == 0
    assert context(database, pair) is None

    knowledge.indexing.catch_up()
    assert context(database, pair) == ["The kettle stands on the top shelf."]


def test_a_context_does_not_keep_an_answer_that_was_taken_back_meanwhile(
    knowledge: Knowledge, database: Database, clock: Clock
) -> None:
    pair = approved(database, 1, "Where is the kettle?", "On the shelf.")
    other = approved(database, 2, "Where is the big kettle?", "In the shed.")
    knowledge.indexing.follow()

    class TakingBack(Retriever):
        """Somebody takes an answer back while its passage is being looked up."""

        def search(self, *args, **kwargs):  # type: ignore[no-untyped-def]  # passed on as it comes
            hits = super().search(*args, **kwargs)
            with database.writing() as session:
                remove_pair_chunk(session, other.id, now=NOW)
                set_status(session, other.id, PairStatus.WITHDRAWN, now=NOW)
            return hits

    models = knowledge.models
    racing = TakingBack(database, knowledge.index, models.embed)
    indexing = Indexing(database, knowledge.index, models.embed, racing, passages=3, now=clock)

    indexing.add_contexts()
    assert context(database, pair) is None

    knowledge.indexing.catch_up()
    assert context(database, pair) == []


def test_an_index_that_follows_does_not_differ(knowledge: Knowledge, database: Database) -> None:
    document(database, "Keys", *(f"Key number {number} opens shed {number}." for number in range(70)))
    approved(database, 1, "Where is the kettle?", "On the top shelf.", private=True)
    knowledge.indexing.follow()

    assert knowledge.indexing.compare() == Differences(71, missing=0, extra=0, stale=0)


def test_what_is_missing_extra_and_stale_is_counted_and_mended_by_a_rebuild(
    knowledge: Knowledge, database: Database
) -> None:
    document(database, "Keys", "The spare keys hang behind the stove.", "The other keys are lost.")
    pair = approved(database, 1, "Where is the kettle?", "On the top shelf.")
    knowledge.indexing.follow()
    with database.reading() as session:
        lost, *_ = standing_chunks(session, after=0, limit=1)
    knowledge.index.remove([lost])
    knowledge.index.upsert([replace(lost, id=999)], [[1.0] * FakeModelServer.DIMENSIONS])
    with database.writing() as session:
        put_pair_chunk(
            session, team_id=TEAM, pair_id=pair.id, channel_id=None, title="Where is it?", text="Elsewhere.", now=NOW
        )
        mark_indexed(session, chunks_to_index(session, limit=1), now=NOW)  # as a restored backup may say

    assert knowledge.indexing.compare() == Differences(3, missing=1, extra=1, stale=1)
    assert knowledge.indexing.rebuild() == 3
    assert knowledge.indexing.compare() == Differences(3, missing=0, extra=0, stale=0)
    assert waiting(database) == (3, 0)


def test_what_waits_to_be_embedded_or_let_go_of_is_no_difference(knowledge: Knowledge, database: Database) -> None:
    document(database, "Keys", "The spare keys hang behind the stove.")
    changed = approved(database, 1, "Where is the kettle?", "On the top shelf.")
    removed = approved(database, 2, "Where is the pan?", "Under the sink.")
    knowledge.indexing.follow()
    document(database, "Oars", "The long oars lie in the shed.")
    with database.writing() as session:
        said = {"title": changed.question, "text": "In the shed."}
        put_pair_chunk(session, team_id=TEAM, pair_id=changed.id, channel_id=None, **said, now=NOW)
        remove_pair_chunk(session, removed.id, now=NOW)

    found = knowledge.indexing.compare()
    assert found == Differences(3, missing=0, extra=0, stale=0, waiting=3)
    assert found.total == 0
    knowledge.indexing.follow()
    assert knowledge.indexing.compare() == Differences(3, missing=0, extra=0, stale=0)


def test_a_pair_is_near_to_its_question_and_to_what_only_its_answer_says(
    knowledge: Knowledge, database: Database
) -> None:
    approved(database, 1, "Where is the kettle?", "On the top shelf beside the varnish, under two green towels.")
    knowledge.indexing.follow()

    def similarity(question: str) -> float:
        return knowledge.retriever.search(question, Place(TEAM), limit=1)[0].similarity

    assert similarity("Where is the kettle?") > 0.8
    assert similarity("two green towels") > 0.15
