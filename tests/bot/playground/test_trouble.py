"""Trouble on order, and what Slack's client makes of it."""

import time

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from tests.playground_server import RunningPlayground


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
