"""The demo keeps to a folder of its own, and a real workspace is never put into it."""

from pathlib import Path

import pytest

from bot.bootstrap import Bot
from bot.connecting import StartError
from bot.demo.stage import Stage, StageError
from bot.processes import free_port
from bot.settings import Settings, load_settings
from storage.database import Database, sqlite_url
from storage.workspaces import register_workspace, workspaces
from tests.bot.conftest import NOW
from tests.bot.running import for_playground
from tests.playground_server import RunningPlayground


def stage(settings: Settings) -> Stage:
    return Stage(settings, port=free_port(), tell=lambda _: None)


def taken(settings: Settings, *, team_id: str, name: str) -> Database:
    """Return a database that serves a workspace."""
    database = Database(settings.database)
    database.upgrade()
    with database.writing() as session:
        register_workspace(session, team_id=team_id, name=name, now=NOW)
    return database


def test_the_demo_uses_neither_the_operators_database_nor_keys(elsewhere: Path) -> None:
    (elsewhere / "data").mkdir()
    (elsewhere / ".env").write_text(
        "TIMBRE_DATABASE_URL=sqlite:///real.db\nTIMBRE_SLACK_BOT_TOKEN=xoxb-real\nTIMBRE_SLACK_APP_TOKEN=xapp-real\n"
        "TIMBRE_MODELS_API_KEY=sk-real\n"
    )

    settings = stage(load_settings(data=Path("data"))).settings

    # Its processes read .env again, where what is empty in their environment would not count.
    environment = settings.as_environment()
    assert environment["TIMBRE_DATABASE_URL"] == sqlite_url(Path("data"))
    assert "real" not in " ".join(environment.values())
    assert not (elsewhere / "real.db").exists()


def test_the_demo_refuses_the_folder_of_a_real_workspace_and_leaves_it_as_it_is(elsewhere: Path) -> None:
    settings = load_settings(data=elsewhere)
    database = taken(settings, team_id="TREAL", name="Harbour")

    with pytest.raises(StageError, match=r"belongs to another workspace \(Harbour\): .*--data"):
        stage(settings)

    with database.reading() as session:
        assert workspaces(session) == {"TREAL": "Harbour"}
    database.close()


def test_a_bot_refuses_the_folder_of_another_workspace_and_leaves_it_as_it_is(
    settings: Settings, town: RunningPlayground
) -> None:
    database = taken(settings, team_id="TDEMO", name="Saltmarsh")

    with pytest.raises(StartError, match=r"^sqlite:///.*belongs to another workspace \(Saltmarsh\): .*--data"):
        Bot(for_playground(settings, town))

    with database.reading() as session:
        assert workspaces(session) == {"TDEMO": "Saltmarsh"}
    database.close()
