"""A control call that is not understood says what is wrong with it, and changes nothing."""

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.bot.playground.conftest import Room
from tests.playground_server import ControlError, RunningPlayground


def refusal(room: Room, call: str, **fields: Any) -> ControlError:
    with pytest.raises(ControlError) as caught:
        room.slack.control(call, **fields)
    return caught.value


@pytest.mark.parametrize(
    ("call", "fields", "hint"),
    [
        ("post", {"txt": "x"}, "/control/post knows no 'txt'. Did you mean 'text'?"),
        ("app", {"retry_delay": [1]}, "/control/app knows no 'retry_delay'. Did you mean 'retry_delays'?"),
        ("seed", {"persons": []}, "/control/seed knows no 'persons'. It knows app,"),
        (
            "seed",
            {"people": [{"name": "x", "realname": "X"}]},
            "people[0] knows no 'realname'. Did you mean 'real_name'?",
        ),
        ("seed", {"app": {"comands": []}}, "app knows no 'comands'. Did you mean 'commands'?"),
        ("trouble", {"api": [{"metod": "*"}]}, "An entry of 'api' knows no 'metod'. Did you mean 'method'?"),
        ("trouble", {"zebra": 1}, "/control/trouble knows no 'zebra'. It knows api,"),
    ],
)
def test_an_unknown_key_is_refused_with_the_one_most_like_it(
    room: Room, call: str, fields: dict[str, Any], hint: str
) -> None:
    error = refusal(room, call, **fields)
    assert error.error == "unknown_key"
    assert hint in str(error)


@pytest.mark.parametrize(
    ("fields", "hint"),
    [
        ({"api": [{"method": "chat.update"}]}, "An entry of 'api' needs 'answer'"),
        ({"api": [{"answer": "ratelimited"}]}, "An entry of 'api' needs 'method'"),
        ({"events": [{"calls": 2}]}, "An entry of 'events' needs 'trouble'"),
        ({"api": {"method": "*"}}, "api is a list of objects"),
        ({"delay_s": "long"}, "Not a description of trouble"),
        ({"disconnect": "softly"}, "disconnect is one of drop, refresh, warning"),
    ],
)
def test_trouble_that_is_ordered_wrongly_says_what_is_missing(room: Room, fields: dict[str, Any], hint: str) -> None:
    assert hint in str(refusal(room, "trouble", **fields))


def test_trouble_in_force_is_told_as_it_was_ordered(slack: RunningPlayground) -> None:
    slow = {"method": "auth.test", "answer": "delay", "delay_s": 2.0, "calls": 3, "rate": None}
    busy = {"method": "chat.update", "answer": "ratelimited", "retry_after": 7, "calls": 1, "rate": None}
    late = {"trouble": "delay", "delay_s": 5.0, "calls": None, "rate": 0.1}
    told = slack.control("trouble", api=[slow, busy], events=[late])  # null is as good as leaving a key out
    assert told["api"] == [slow, busy]
    assert told["events"] == [late]


@pytest.mark.parametrize("body", [b"user=maya&text=hello", b"{'user': 'maya'}", b"hello"])
def test_a_body_that_is_not_json_is_told_so(slack: RunningPlayground, body: bytes) -> None:
    request = urllib.request.Request(f"{slack.url}/control/post", data=body)
    with pytest.raises(urllib.error.HTTPError) as caught, urllib.request.urlopen(request):
        pass
    with caught.value as answer:
        said = json.load(answer)
    assert said["error"] == "invalid_json"
    assert "not JSON that can be read: Expecting" in said["hint"]


def test_a_shortcut_in_a_messages_menu_needs_a_message(room: Room) -> None:
    assert "'channel' is missing" in str(refusal(room, "shortcut", user="maya", callback_id="approve"))
    without_ts = refusal(room, "shortcut", user="maya", callback_id="approve", channel=room.id)
    assert "'ts' is missing" in str(without_ts)


def test_a_name_that_is_no_event_is_refused_and_one_never_sent_is_told(slack: RunningPlayground) -> None:
    for events, hint in ((["message"], "message.channels"), (["Reaction Added"], "looks like"), ("all", "a list")):
        with pytest.raises(ControlError, match=hint):
            slack.control("app", events=events)
    told = slack.control("app", events=["app_mention", "team_join", "reaction_aded"])
    assert told["never_sent"] == ["reaction_aded", "team_join"]
