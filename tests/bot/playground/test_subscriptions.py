"""An app is sent what it subscribes to, and nothing else."""

import logging
from typing import Any

import pytest
from slack_bolt import App

from tests.bot.playground.conftest import connected
from tests.playground_server import IMPATIENT_S, RunningPlayground, wait_until


def names_sent(slack: RunningPlayground) -> list[str]:
    frames = slack.look("traffic", limit=1000)["frames"]
    return [frame["name"] for frame in frames if frame["direction"] == "to_bot" and "events_api" in frame["name"]]


def test_only_events_subscribed_to_are_sent(slack: RunningPlayground, bolt: App) -> None:
    heard: list[dict[str, Any]] = []
    bolt.event("app_mention")(lambda event: heard.append(event))
    slack.control("app", events=["app_mention", "message.im"])
    with connected(slack, bolt):
        slack.control("post", user="tom", channel="help", text="nothing for the bot")
        ts = slack.control("post", user="tom", channel="help", text="@timbre hello")["ts"]
        slack.control("react", user="tom", channel="help", ts=ts, name="eyes")
        slack.control("open_home", user="tom")
        slack.control("post", user="tom", channel="help", text="@timbre again")
        wait_until(lambda: len(heard) == 2, "both mentions are heard")
    assert names_sent(slack) == ["events_api app_mention"] * 2


def test_a_message_is_subscribed_to_by_the_kind_of_conversation(slack: RunningPlayground, bolt: App) -> None:
    heard: list[str] = []
    bolt.event("message")(lambda event: heard.append(event["channel_type"]))
    slack.control("app", events=["message.groups"])
    with connected(slack, bolt):
        for channel in ("help", "@timbre", "vault"):
            slack.control("post", user="maya", channel=channel, text="hello")
        wait_until(lambda: heard == ["group"], "the private message is heard")
    assert names_sent(slack) == ["events_api message"]


def test_everything_is_sent_again_once_nothing_is_chosen(slack: RunningPlayground, bolt: App) -> None:
    heard: list[str] = []
    bolt.event("message")(lambda event: heard.append(event["text"]))
    assert slack.control("app", events=[])["events"] == []
    assert slack.control("app", events=None)["events"] is None
    with connected(slack, bolt):
        slack.control("post", user="tom", channel="help", text="hello")
        wait_until(lambda: heard == ["hello"], "it is heard")


def test_a_seed_says_what_the_app_subscribes_to(slack: RunningPlayground) -> None:
    slack.control("seed", app={"events": ["app_mention"]})
    assert slack.control("app", scopes=None)["events"] == ["app_mention"]


def test_an_event_given_up_is_named_in_the_log(
    slack: RunningPlayground, bolt: App, caplog: pytest.LogCaptureFixture
) -> None:
    slack.control("app", ack_timeout=IMPATIENT_S, retry_delays=[])
    bolt.event("app_mention")(lambda: None)  # and none for messages: Bolt leaves those unacknowledged
    with caplog.at_level(logging.WARNING, logger="bot.playground"), connected(slack, bolt):
        slack.control("post", user="tom", channel="help", text="secret words")
        wait_until(lambda: "message.channels" in caplog.text, "the event is given up")
    assert "The bot acknowledged message.channels in none of 1 tries" in caplog.text
    given_up = [record.getMessage() for record in caplog.records if record.name.startswith("bot.playground")]
    assert not [line for line in given_up if "secret words" in line]
