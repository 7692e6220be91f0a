"""`timbre doctor` looks at everything and says of each thing how to mend it."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.assembly.knowledge import Knowledge
from bot.bootstrap import Bot
from bot.connecting import StartError
from bot.doctor import Finding, examine
from bot.processes import free_port
from bot.settings import Settings
from storage.adapters import move_live_voice
from storage.database import Database
from storage.knowledge import Chunk, NewDocument, put_document
from storage.vectors import VectorIndex
from storage.workspaces import register_workspace
from tests.bot.conftest import NOW, TEAM
from tests.bot.deciding import approve_answers, propose_voice
from tests.bot.running import for_playground
from tests.fakes import FakeModelServer
from tests.playground_server import RunningPlayground


@pytest.fixture
def sound(settings: Settings, town: RunningPlayground) -> Settings:
    """Settings with which nothing is wrong."""
    return for_playground(settings, town)


def finding(settings: Settings, what: str) -> Finding:
    (found,) = (finding for finding in examine(settings) if finding.what == what)
    return found


def test_where_all_is_well_everything_is_found(sound: Settings) -> None:
    findings = examine(sound)

    assert [(f.what, f.ok) for f in findings] == [
        ("data folder", True),
        ("house style", True),
        ("database", True),
        ("index", True),
        ("base model", True),
        ("model server", True),
        ("embedder", True),
        ("Slack", True),
    ]
    assert "serves base" in findings[5].found
    assert "all-MiniLM-L6-v2 at http" in findings[6].found
    assert "vectors have 512 numbers" in findings[6].found
    assert "connected to Tinhouse; #timbre-review is there; @reviewers review answers" in findings[7].found


@pytest.mark.parametrize(
    ("what", "wrong", "mend"),
    [
        ("house style", {"house_style": Path("/nowhere/style.md")}, "TIMBRE_HOUSE_STYLE"),
        ("database", {"database_url": "sqlite:////nowhere/at/all.db"}, "TIMBRE_DATABASE_URL"),
        ("base model", {"base_model": "/nowhere/model"}, "no base model folder at /nowhere/model: set TIMBRE_BASE_"),
        ("model server", {"base_model_name": "llama"}, "set TIMBRE_BASE_MODEL_NAME"),
        ("Slack", {"slack_bot_token": SecretStr("")}, "TIMBRE_SLACK_BOT_TOKEN is not set"),
        ("Slack", {"slack_app_token": SecretStr("")}, "TIMBRE_SLACK_APP_TOKEN is not set"),
        ("Slack", {"slack_bot_token": SecretStr("xoxb-wrong")}, "Slack refused TIMBRE_SLACK_BOT_TOKEN: invalid_auth"),
        ("Slack", {"slack_app_token": SecretStr("xapp-wrong")}, "Slack refused TIMBRE_SLACK_APP_TOKEN: invalid_auth"),
        ("Slack", {"review_channel": "nowhere"}, "make the channel and invite the bot"),
        ("Slack", {"reviewers": "nobody"}, "TIMBRE_REVIEWERS"),
    ],
)
def test_what_is_wrong_is_named_with_how_to_mend_it(
    sound: Settings, what: str, wrong: dict[str, Any], mend: str
) -> None:
    findings = examine(sound.model_copy(update=wrong))

    assert [f.what for f in findings if not f.ok] == [what]
    assert mend in next(f.found for f in findings if f.what == what)


def test_a_model_server_that_is_not_there_says_what_to_start(sound: Settings) -> None:
    url = f"http://127.0.0.1:{free_port()}/v1"

    found = finding(sound.model_copy(update={"models_url": url}), "model server")

    assert not found.ok
    assert found.found == (
        f"the model server can't be reached at {url.removesuffix('/v1')}; is `timbre serve` running?"
    )


def test_slack_that_cant_be_reached_is_named(sound: Settings) -> None:
    url = f"http://127.0.0.1:{free_port()}/api/"

    found = finding(sound.model_copy(update={"slack_api_url": url}), "Slack")

    assert not found.ok
    assert url in found.found


def test_a_database_without_its_tables_says_which_command_makes_them(sound: Settings) -> None:
    (sound.data / "timbre.db").unlink()

    found = finding(sound, "database")

    assert not found.ok
    assert "timbre db upgrade" in found.found


def test_an_index_that_a_running_bot_holds_is_fine(sound: Settings, knowledge: Knowledge) -> None:
    assert finding(sound, "index") == Finding("index", True, "in use by a running bot")


def test_a_live_voice_that_the_model_server_refuses_is_named_with_what_to_do(
    sound: Settings, database: Database, model_server: FakeModelServer
) -> None:
    approve_answers(database)
    ballot = propose_voice(sound, database)
    with database.writing() as session:
        register_workspace(session, team_id=TEAM, name="Tinhouse", now=NOW)
        assert move_live_voice(session, team_id=TEAM, adapter_id=ballot.adapter_id, expected_version=0, now=NOW)
    model_server.refuses.add("voice-1")

    found = finding(sound, "model server")

    assert not found.ok
    assert "voice-1 is in use but can't be loaded" in found.found
    assert "/timbre retrain" in found.found


def test_passages_that_are_being_embedded_anew_are_mentioned(sound: Settings, database: Database) -> None:
    with database.writing() as session:
        put_document(session, NewDocument(TEAM, "a", "Keys", None, ("By the stove.",)), now=NOW)
    index = VectorIndex(sound.data / "index", embedder=sound.embedding_model)
    assert finding(sound, "index").found == "in use by a running bot; 1 of 1 passages wait to be embedded"

    index.close()
    assert finding(sound.model_copy(update={"embedding_model": "mini"}), "index").found == (
        "free; a bot can open it; its vectors are all-MiniLM-L6-v2's, and the bot embeds everything anew with mini"
    )


def test_an_embedder_that_does_not_answer_is_named(sound: Settings, model_server: FakeModelServer) -> None:
    model_server.embedders_gone.add("other")

    found = finding(sound.model_copy(update={"embedding_model": "other"}), "embedder")

    assert (found.ok, found.found) == (False, "the model server does not hold other")


def test_looking_at_the_index_under_a_wrong_embedders_name_leaves_it_as_it_is(sound: Settings) -> None:
    folder = sound.data / "index"
    index = VectorIndex(folder, embedder=sound.embedding_model)
    index.upsert([Chunk(1, "T1", None, None, None, "Keys", "By the stove.", removed=False)], [[1.0, 0.0]])
    index.close()

    found = finding(sound.model_copy(update={"embedding_model": "another"}), "index")

    assert found.found.startswith("free; a bot can open it; its vectors are all-MiniLM-L6-v2's")
    index = VectorIndex(folder, embedder=sound.embedding_model)
    assert not index.is_empty
    index.close()


def test_nothing_that_is_found_shows_a_secret(sound: Settings) -> None:
    wrong = {
        "slack_bot_token": SecretStr("xoxb-wrong"),
        "database_url": "postgresql+psycopg://timbre:hush@127.0.0.1:1/x",
    }

    said = " ".join(f.found for f in examine(sound.model_copy(update=wrong)))

    assert "xoxb-wrong" not in said
    assert "hush" not in said


@pytest.mark.parametrize("token", ["slack_bot_token", "slack_app_token"])
def test_a_bot_whose_token_is_refused_says_which_and_lets_go_of_everything(sound: Settings, token: str) -> None:
    with pytest.raises(StartError, match=f"Slack refused TIMBRE_{token.upper()}: invalid_auth"):
        Bot(sound.model_copy(update={token: SecretStr("xoxb-wrong")})).start()

    assert finding(sound, "index").found == "free; a bot can open it"
