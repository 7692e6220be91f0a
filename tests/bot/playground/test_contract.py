"""Every method of the Web API, in each way that Slack takes arguments, against the shapes of Slack's answers."""

import json
import re
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from bot.playground.control.routes import ACTS, LOOKS
from bot.playground.scope_names import ALL_SCOPES, METHOD_SCOPES
from bot.playground.scopes import accepted_scopes
from bot.playground.web_api.dispatch import METHODS, OPEN_CONNECTION
from tests.bot.playground.conftest import Room
from tests.bot.playground.contract import EXAMPLES, Args, Scene, missing
from tests.bot.playground.test_events import EVENTS
from tests.playground_server import ControlError, RunningPlayground

NO_SCOPES = {"auth.test", "chat.getPermalink", "views.open", "views.publish", "views.push", "views.update"}


def test_every_method_has_an_example() -> None:
    assert set(EXAMPLES) == set(METHODS)


def test_every_method_event_and_control_call_is_documented() -> None:
    text = (Path(__file__).parents[3] / "docs" / "playground.md").read_text(encoding="utf-8")
    assert [method for method in [*METHODS, OPEN_CONNECTION] if f"`{method}`" not in text] == []
    assert [kind for kind in EVENTS if f"`{kind.rpartition('/')[2]}`" not in text and "/group_" not in kind] == []
    assert [call for call in [*ACTS, *LOOKS] if not re.search(rf"`/{call}`|/control/{call}\b", text)] == []


def test_every_method_wants_a_scope_or_is_known_to_want_none() -> None:
    assert {method for method in METHODS if not accepted_scopes(method)} == NO_SCOPES
    assert set(METHOD_SCOPES) <= set(METHODS)


@pytest.mark.parametrize("method", sorted(EXAMPLES))
def test_a_method_answers_in_slacks_shape(room: Room, method: str) -> None:
    example = EXAMPLES[method]
    answer = room.web.api_call(method, json=example.args(Scene(room))).data
    assert isinstance(answer, dict)
    assert answer["ok"] is True
    assert [key for key in example.keys.split() if missing(answer, key)] == []


@pytest.mark.parametrize("method", sorted(EXAMPLES))
def test_a_method_takes_a_form_and_a_query_as_well(room: Room, method: str) -> None:
    for way in ("form", "query"):
        answer = call_by(way, room, method, EXAMPLES[method].args(Scene(room)))
        assert answer["ok"] is True, (way, answer)


def call_by(way: str, room: Room, method: str, args: Args) -> dict[str, Any]:
    """Send lists and objects as JSON in text, as a form has to."""
    pairs = {key: value if isinstance(value, str) else json.dumps(value) for key, value in args.items()}
    sent = urlencode(pairs | {"token": "xoxb-playground"})
    url = f"{room.slack.api_url}{method}"
    if way == "form":
        request = urllib.request.Request(url, data=sent.encode())
    else:
        request = urllib.request.Request(f"{url}?{sent}", method="GET")
    with urllib.request.urlopen(request) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


class TestScopes:
    @pytest.fixture
    def scene(self, slack: RunningPlayground) -> Scene:
        (channel,) = (c for c in slack.look("state")["channels"] if c["name"] == "help")
        return Scene(Room(slack, channel["id"], "help"))

    @pytest.mark.parametrize("method", sorted(set(METHODS) - NO_SCOPES))
    def test_a_call_without_its_scope_says_what_is_needed(self, room: Room, method: str) -> None:
        args = EXAMPLES[method].args(Scene(room))
        room.slack.control("app", scopes=["commands"])
        try:
            answer = call_by("form", room, method, args)
        finally:
            room.slack.control("app", scopes=None)
        wanted = ",".join(accepted_scopes(method))
        assert answer == {"ok": False, "error": "missing_scope", "needed": wanted, "provided": "commands"}

    def test_each_answer_names_the_scopes_in_its_headers(self, scene: Scene) -> None:
        scene.room.slack.control("app", scopes=["reactions:read", "chat:write"])
        headers = scene.web.auth_test().headers
        assert (headers["x-oauth-scopes"], headers["x-accepted-oauth-scopes"]) == ("reactions:read,chat:write", "")
        posted = scene.web.chat_postMessage(channel=scene.room.id, text="Hi")
        assert posted.headers["x-accepted-oauth-scopes"] == "chat:write"
        assert scene.room.slack.control("app", scopes=None)["scopes"] == list(ALL_SCOPES)

    def test_a_conversation_wants_the_scope_of_its_kind(self, scene: Scene) -> None:
        direct = scene.direct()
        scene.room.slack.control("app", scopes=["channels:history", "channels:read"])
        assert scene.web.conversations_history(channel=scene.room.id)["ok"] is True
        assert call_by("form", scene.room, "conversations.history", {"channel": direct})["needed"] == "im:history"
        asked = {"types": "public_channel,private_channel"}
        assert call_by("form", scene.room, "conversations.list", asked)["needed"] == "groups:read"
        assert call_by("form", scene.room, "conversations.list", {})["ok"] is True

    def test_an_address_is_shown_only_with_the_scope_for_it(self, scene: Scene) -> None:
        scene.room.slack.control("app", scopes=["users:read"])
        assert "email" not in scene.web.users_info(user=scene.people["tom"])["user"]["profile"]

    def test_events_are_sent_only_with_their_scope(self, scene: Scene) -> None:
        slack = scene.room.slack
        slack.control("app", scopes=["reactions:read"])
        before = slack.playground.delivery.waiting
        ts = scene.said()
        assert slack.playground.delivery.waiting == before
        slack.control("react", user="maya", channel="help", ts=ts, name="eyes")
        assert slack.playground.delivery.waiting == before + 1

    def test_what_is_no_scope_is_refused(self, scene: Scene) -> None:
        with pytest.raises(ControlError, match="is not a scope"):
            scene.room.slack.control("app", scopes=["chat:write", "Read minds"])

    def test_scopes_outlive_a_restart(self, tmp_path: Path) -> None:
        for scopes in (["chat:write"], None):
            with RunningPlayground(data_file=tmp_path / "playground.sqlite") as slack:
                slack.control("app", scopes=scopes)
            with RunningPlayground(data_file=tmp_path / "playground.sqlite") as slack:
                granted = slack.web.auth_test().headers["x-oauth-scopes"]
            assert granted == ",".join(scopes or ALL_SCOPES)

    def test_the_app_level_call_is_the_only_one_beside_the_table(self) -> None:
        assert OPEN_CONNECTION not in METHODS
