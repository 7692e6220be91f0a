"""Trouble on order, and what Slack's client makes of it."""

import json
import time
from collections import Counter
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from websockets.sync.client import connect

from bot.playground.playground import Tokens
from tests.playground_server import ControlError, RunningPlayground


def outcome(web: WebClient) -> str:
    try:
        web.auth_test()
    except SlackApiError as err:
        status = err.response.status_code
        return str(err.response["error"]) if status in (200, 429) else str(status)
    return "ok"


def test_a_call_is_rate_limited_as_often_as_asked(slack: RunningPlayground, web: WebClient) -> None:
    slack.control("trouble", api=[{"method": "auth.test", "answer": "ratelimited", "calls": 2, "retry_after": 7}])
    with pytest.raises(SlackApiError) as caught:
        web.auth_test()
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "7"
    assert [outcome(web) for _ in range(2)] == ["ratelimited", "ok"]


@pytest.mark.parametrize(("answer", "error"), [("http_500", "500"), ("fatal_error", "fatal_error")])
def test_a_call_fails_as_asked(slack: RunningPlayground, web: WebClient, answer: str, error: str) -> None:
    slack.control("trouble", api=[{"method": "auth.*", "answer": answer}])
    assert [outcome(web) for _ in range(2)] == [error, "ok"]


def test_a_failed_call_changes_nothing(slack: RunningPlayground, web: WebClient) -> None:
    slack.control("trouble", api=[{"method": "*", "answer": "fatal_error"}])
    with pytest.raises(SlackApiError):
        web.chat_postMessage(channel=slack.playground.workspace(None).channel("help").id, text="lost")
    assert slack.texts("help") == []


def test_a_share_of_calls_fails_the_same_way_for_the_same_seed(slack: RunningPlayground, web: WebClient) -> None:
    runs = []
    for _ in range(2):
        slack.control("trouble", clear=True, api=[{"method": "*", "answer": "fatal_error", "rate": 0.4, "seed": 3}])
        runs.append([outcome(web) for _ in range(20)])
    assert runs[0] == runs[1]
    assert 0 < runs[0].count("fatal_error") < 20


def test_answers_are_delayed(slack: RunningPlayground, web: WebClient) -> None:
    slack.control("trouble", delay_s=0.3)
    started = time.monotonic()
    web.auth_test()
    assert time.monotonic() - started >= 0.3
    assert slack.control("trouble", clear=True) == {"ok": True, "api": [], "events": [], "delay_s": 0.0}


def test_a_call_can_be_carried_out_and_its_answer_lost(slack: RunningPlayground, web: WebClient) -> None:
    rule = {"method": "chat.postMessage", "answer": "http_503", "carried_out": True}
    slack.control("trouble", api=[rule])
    with pytest.raises(SlackApiError) as caught:
        web.chat_postMessage(channel=slack.playground.workspace(None).channel("help").id, text="there all the same")
    assert caught.value.response.status_code == 503
    assert slack.texts("help") == ["there all the same"]


def test_only_the_next_calls_are_late(slack: RunningPlayground, web: WebClient) -> None:
    slack.control("trouble", api=[{"method": "auth.test", "answer": "delay", "delay_s": 0.5, "calls": 1}])
    waits = []
    for _ in range(2):
        started = time.monotonic()
        assert outcome(web) == "ok"
        waits.append(time.monotonic() - started)
    assert waits[0] >= 0.5 > waits[1]


def test_a_share_of_events_is_doubled_the_same_way_for_the_same_seed(slack: RunningPlayground) -> None:
    runs = []
    for _ in range(2):
        slack.control("trouble", clear=True, events=[{"trouble": "duplicate", "rate": 0.4, "seed": 3}])
        runs.append(copies(slack, 12))
    assert runs[0] == runs[1]
    assert set(runs[0]) == {1, 2}


def copies(slack: RunningPlayground, count: int) -> list[int]:
    """Post so many messages, and return how often each arrived at its first try."""
    url = WebClient(base_url=slack.api_url).apps_connections_open(app_token=Tokens().app)["url"]
    seen: Counter[str] = Counter()
    with connect(url) as socket:
        socket.recv()
        for number in range(count):
            slack.control("post", user="tom", channel="help", text=str(number))
        slack.control("command", user="tom", channel="help", command="/timbre")
        while (frame := json.loads(socket.recv(timeout=5)))["type"] == "events_api":
            socket.send(json.dumps({"envelope_id": frame["envelope_id"]}))
            seen[frame["payload"]["event"]["text"]] += frame["retry_attempt"] == 0
    return [seen[str(number)] for number in range(count)]


@pytest.mark.parametrize(
    "wish",
    [
        {"api": [{"answer": "fatal_error"}]},
        {"api": [{"method": "*", "answer": "http_200"}]},
        {"api": [{"method": "*", "answer": "fatal_error", "rate": 2}]},
        {"events": [{"trouble": "eat"}]},
        {"events": [{"trouble": "delay", "delay_s": 61}]},
        {"delay_s": -1},
    ],
)
def test_a_wish_that_makes_no_sense_is_refused_whole(slack: RunningPlayground, wish: dict[str, Any]) -> None:
    fine = {"method": "*", "answer": "fatal_error"}
    with pytest.raises(ControlError, match="invalid_arguments"):
        slack.control("trouble", **{**wish, "api": [fine, *wish.get("api", [])]})
    assert slack.control("trouble") == {"ok": True, "api": [], "events": [], "delay_s": 0.0}
