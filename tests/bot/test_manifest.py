"""The app that people make from the manifest is one that this bot works with."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.blocks.teaching import TEACH
from bot.demo.seed import EVENTS as DEMO_EVENTS
from bot.playground.scope_names import ALL_SCOPES
from storage.database import Database
from storage.pairs import PairStatus
from tests.bot.collecting.conftest import PATIENT
from tests.bot.collecting.office import Office
from tests.bot.conftest import settings_of
from tests.bot.running import SEED, Channel, for_playground, running_bot, said_in
from tests.fakes import FakeModelServer
from tests.playground_server import RunningPlayground, wait_until

MANIFEST: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[2] / "docs" / "slack-manifest.yaml").read_text(encoding="utf-8")
)
SCOPES: list[str] = MANIFEST["oauth_config"]["scopes"]["bot"]
EVENTS: list[str] = MANIFEST["settings"]["event_subscriptions"]["bot_events"]


@pytest.fixture
def office(
    tmp_path_factory: pytest.TempPathFactory, empty_database: Path, model_server: FakeModelServer
) -> Iterator[Office]:
    """An office whose app was made from the manifest."""
    data = tmp_path_factory.mktemp("data")
    (data / "timbre.db").write_bytes(empty_database.read_bytes())
    with RunningPlayground(timings=PATIENT) as slack:
        slack.control("seed", **SEED)
        slack.web.conversations_open(users=["UTOM", "UMIA"])
        slack.control("app", scopes=[scope for scope in SCOPES if scope in ALL_SCOPES], events=EVENTS)
        settings = for_playground(settings_of(data, model_server), slack)
        database = Database(settings.database)
        with running_bot(settings, slack):
            yield Office(slack, database, slack.web.auth_test()["team_id"])
        database.close()


def refused_calls(office: Office) -> list[str]:
    """Return the calls that a scope was missing for."""
    frames = office.slack.look("traffic", limit=1000)["frames"]
    return [frame["name"] for frame in frames if (frame.get("answer") or {}).get("error") == "missing_scope"]


def test_its_scopes_are_enough_for_everything_that_collecting_does(office: Office) -> None:
    approved = office.approve("Who locks the gate?", "Mia locks the gate.")
    private = office.nominate("Who holds the till?", "Mia holds the till.", channel="CVAULT")
    ts = office.nominate("Who lights the stove?", "Mia lights the stove.")
    office.click("UBEN", office.card(ts), "Approve")
    office.comes_to(ts, PairStatus.APPROVED)
    office.slack.control("edit", user="UMIA", channel="CHELP", ts=approved, text="Tom locks the gate.")
    office.card_says(approved, "Changed since it was approved")
    assert "Mia holds the till." in said_in(office.command("UBEN", "review"))
    taught = office.help.answered("Who sets the mooring?", "Mia sets the mooring.")
    office.submit("UBEN", office.shortcut("UBEN", taught), question="Who sets it?", answer="Mia does.")
    office.comes_to(taught, PairStatus.APPROVED)
    assert "for a review" in said_in(office.home("UBEN"))
    assert "Did you mean @mia?" in office.command("UADA", "forget @mai")["text"]
    office.vault.slack.control("delete", user="UMIA", channel="CVAULT", ts=private)
    office.comes_to(private, PairStatus.ERASED, "CVAULT")
    assert office.command("UADA", "forget @mia")["text"].startswith("I erased 3 answers")

    assert refused_calls(office) == []


def test_several_people_who_write_directly_are_answered_and_can_ask_on(office: Office) -> None:
    office.approve("Who locks the gate?", "Mia locks the gate.")
    wait_until(lambda: "Mia locks" in said_in(office.command("UTOM", "ask Who locks the gate?")), "it is in the index")
    channels = office.slack.playground.workspace(None).channels.values()
    group = Channel(office.slack, next(channel.id for channel in channels if channel.kind == "mpim"))

    root = group.say("UTOM", "@timbre Who locks the gate?")
    (answer,) = group.replies_to(root, as_="UMIA")
    group.say("UMIA", "Really, who locks the gate?", thread_ts=root)
    follow_up = group.replies_to(root, count=2, as_="UMIA")[1]

    assert "Mia locks the gate." in said_in(answer)
    assert "Mia locks the gate." in said_in(follow_up)
    assert refused_calls(office) == []


def test_it_asks_for_each_event_that_has_a_route() -> None:
    heard = {name.partition(".")[0] for name in EVENTS}

    handled = {"app_mention", "message", "reaction_added", "reaction_removed", "app_home_opened", "file_deleted"}
    assert heard == handled | {"member_joined_channel", "member_left_channel", "user_change", "team_join"}
    assert {name.partition(".")[2] for name in EVENTS if name.startswith("message.")} == {
        "im",
        "mpim",
        "channels",
        "groups",
    }


def test_the_demo_hears_what_it_subscribes_to() -> None:
    assert set(DEMO_EVENTS) == set(EVENTS)


def test_its_command_shortcut_and_home_are_those_the_bot_answers() -> None:
    features = MANIFEST["features"]

    assert [shortcut["callback_id"] for shortcut in features["shortcuts"]] == [TEACH]
    assert all(len(shortcut["name"]) <= 24 for shortcut in features["shortcuts"])
    assert [(one["command"], one["should_escape"]) for one in features["slash_commands"]] == [("/timbre", True)]
    assert features["app_home"]["home_tab_enabled"]
