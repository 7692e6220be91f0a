"""The voice in use answers, also after the model server was restarted, and only as it was approved."""

from pathlib import Path

import pytest

from bot.answering.answerer import Answered
from bot.answering.retrieval import Place
from bot.bootstrap import Knowledge
from bot.settings import Settings
from storage.adapters import Adapter, get_adapter, move_live_voice
from storage.knowledge import NewDocument, put_document
from tests.bot.conftest import NOW, TEAM
from tests.bot.deciding import approve_answers, propose_voice
from tests.fakes import FakeModelServer
from training.checkpoints import WEIGHTS
from training.refusals import VoiceNotLoaded

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
    return knowledge.answerer.answer("Where do the spare keys hang?", Place(TEAM))


def test_a_live_voice_that_the_model_server_forgot_is_loaded_again(
    knowledge: Knowledge, model_server: FakeModelServer, voice: Adapter
) -> None:
    answered = ask(knowledge)

    assert model_server.loaded == {voice.name: str(Path(voice.path).absolute())}
    assert (answered.model, answered.text) == (voice.name, f"{KEYS} [1] ({voice.name})")


def test_a_live_voice_whose_files_are_not_those_approved_is_not_loaded_again(
    knowledge: Knowledge, model_server: FakeModelServer, voice: Adapter
) -> None:
    (Path(voice.path) / WEIGHTS).write_bytes(b"others")

    with pytest.raises(VoiceNotLoaded, match="sha256 differs"):
        ask(knowledge)

    assert model_server.loaded == {}
