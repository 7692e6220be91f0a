"""The voice in use answers, also after the model server was restarted, and only as it was approved."""

import logging
import re
from pathlib import Path

import pytest

from bot.answering.answered import Answered
from bot.answering.answerer import Permitted
from bot.answering.retrieval import Place
from bot.assembly.knowledge import Knowledge, answerer_of
from bot.settings import Settings
from storage import outbox
from storage.adapters import Adapter, get_adapter, move_live_voice
from storage.knowledge import NewDocument, put_document, put_pair_chunk
from storage.pairs import approved_pairs
from tests.bot.conftest import NOW, TEAM
from tests.bot.deciding import approve_answers, propose_voice
from tests.fakes import FakeModelServer
from training.checkpoints import WEIGHTS

KEYS = "The spare keys hang behind the stove."


@pytest.fixture
def voice(knowledge: Knowledge, settings: Settings) -> Adapter:
    """The voice in use, which the model server does not hold, for a team that wrote down where the keys hang."""
    approve_answers(knowledge.database)
    ballot = propose_voice(settings, knowledge.database)
    with knowledge.database.writing() as session:
        put_document(session, NewDocument(TEAM, "keys", "Keys", None, (KEYS,)), now=NOW)
        assert move_live_voice(session, team_id=TEAM, adapter_id=ballot.adapter_id, expected_version=0, now=NOW)
        adapter = get_adapter(session, ballot.adapter_id)
    knowledge.indexing.follow()
    return adapter


def ask(knowledge: Knowledge) -> Answered:
    return knowledge.answerer.answer("Where do the spare keys hang?", Permitted(Place(TEAM)))


def test_a_live_voice_that_the_model_server_forgot_is_loaded_again(
    knowledge: Knowledge, model_server: FakeModelServer, voice: Adapter
) -> None:
    answered = ask(knowledge)

    assert model_server.loaded == {voice.name: str(Path(voice.path).absolute())}
    assert (answered.model, answered.text) == (voice.name, f"{KEYS} [1] ({voice.name})")


def notices(knowledge: Knowledge) -> list[outbox.Notice]:
    with knowledge.database.reading() as session:
        return [notice for notice in outbox.due(session, now=NOW) if notice.kind == "refused"]


def test_a_live_voice_whose_files_are_not_those_approved_is_not_loaded_again(
    knowledge: Knowledge, model_server: FakeModelServer, voice: Adapter
) -> None:
    (Path(voice.path) / WEIGHTS).write_bytes(b"others")

    answered = ask(knowledge)

    assert model_server.loaded == {}
    assert (answered.model, answered.text) == ("base", f"{KEYS} [1] (base)")
    (notice,) = notices(knowledge)
    assert "sha256 differs" in notice.payload["reason"]


def test_where_the_live_voice_is_of_another_base_the_base_model_answers_and_it_is_told_once(
    knowledge: Knowledge, model_server: FakeModelServer, voice: Adapter, caplog: pytest.LogCaptureFixture
) -> None:
    model_server.refuses.add(voice.name)

    assert [ask(knowledge).model for _ in range(2)] == ["base", "base"]

    (notice,) = notices(knowledge)
    assert notice.payload == {
        "adapter": voice.name,
        "reason": f"the model server refused {voice.name}: it was trained on another base",
    }
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == [
        f"{voice.name} can't be used and the base model answers: {notice.payload['reason']}"
    ]


def test_a_live_voice_that_is_refused_answers_again_when_it_can_be_loaded(
    knowledge: Knowledge, model_server: FakeModelServer, voice: Adapter
) -> None:
    model_server.refuses.add(voice.name)
    assert ask(knowledge).model == "base"
    model_server.refuses.clear()

    assert ask(knowledge).model == voice.name


def examples_shown(model_server: FakeModelServer) -> list[str]:
    """The questions of the approved answers that a model was shown."""
    return re.findall(r"^> Question: (.*)$", model_server.asked[-1]["messages"][0]["content"], re.MULTILINE)


def test_another_model_than_the_voice_is_shown_how_the_team_writes_as_far_as_readers_may_read_it(
    knowledge: Knowledge, settings: Settings, model_server: FakeModelServer, voice: Adapter
) -> None:
    model_server.loaded["other"] = ""
    with knowledge.database.writing() as session:
        for pair in approved_pairs(session, team_id=TEAM):
            channel_id = "CVAULT" if "rudder" in pair.question else None
            said = {"title": pair.question, "text": pair.answer}
            put_pair_chunk(session, team_id=TEAM, pair_id=pair.id, channel_id=channel_id, **said, now=NOW)
    other = settings.model_copy(update={"answer_model": "other", "answer_examples": 2})
    answerer = answerer_of(other, knowledge.database, knowledge.retriever, knowledge.models)
    question = "Where do the spare keys hang?"

    answered = answerer.answer(question, Permitted(Place(TEAM)))
    assert answered.model == "other"
    assert examples_shown(model_server) == ["Where can I find our cutlass?", "Where can I find our pennant?"]
    # Whoever may not read an example may not read what was written after it.
    assert len(answered.read) == other.passages + 2

    answerer.answer(question, Permitted(Place(TEAM), lambda chunk: "cutlass" in chunk.title))
    assert examples_shown(model_server) == ["Where can I find our pennant?", "Where can I find our hammock?"]

    ask(knowledge)
    assert model_server.asked[-1]["model"] == voice.name
    assert examples_shown(model_server) == []
