"""A real Bolt app over a real Socket Mode connection."""

import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from slack_bolt import Ack, App, Respond, Say
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from tests.playground_server import IMPATIENT_S, RunningPlayground, wait_until

Start = Callable[[App], SocketModeHandler]


def test_a_mention_is_answered_in_its_thread(slack: RunningPlayground, bolt: App, start_bolt: Start) -> None:
    @bolt.event("app_mention")
    def answer(event: dict[str, Any], say: Say) -> None:
        say(text="In the blue tin.", thread_ts=event["ts"])

    start_bolt(bolt)
    ts = slack.control("post", user="tom", channel="#help", text="@timbre where are the keys?")["ts"]

    wait_until(lambda: len(slack.messages("help", thread_ts=ts)) == 2, "the bot has answered")
    question, reply = slack.messages("help", as_="tom", thread_ts=ts)
    assert question["text"] == f"<@{slack.playground.workspace(None).bot.id}> where are the keys?"
    assert reply["text"] == "In the blue tin."
    assert reply["bot_id"].startswith("B")
    assert question["reply_count"] == 1


def test_a_very_long_message_arrives_whole(slack: RunningPlayground, bolt: App, start_bolt: Start) -> None:
    seen: list[str] = []
    bolt.event("message")(lambda event: seen.append(event["text"]))
    start_bolt(bolt)
    text = "é😀x" * 13_000
    slack.control("post", user="tom", channel="help", text=text)
    wait_until(lambda: seen, "the message has come")
    assert seen == [text]


def test_a_mention_fires_message_and_app_mention(slack: RunningPlayground, bolt: App, start_bolt: Start) -> None:
    seen: list[tuple[str, str]] = []
    bolt.event("app_mention")(lambda event: seen.append(("app_mention", event["ts"])))
    bolt.event("message")(lambda event: seen.append(("message", event["ts"])))
    start_bolt(bolt)

    ts = slack.control("post", user="tom", channel="help", text="@timbre hello")["ts"]

    wait_until(lambda: len(seen) == 2, "both events have come")
    assert sorted(seen) == [("app_mention", ts), ("message", ts)]


def test_reactions_reach_the_bot_with_item_and_author(slack: RunningPlayground, bolt: App, start_bolt: Start) -> None:
    seen: list[dict[str, Any]] = []
    bolt.event("reaction_added")(lambda event: seen.append(event))
    bolt.event("reaction_removed")(lambda event: seen.append(event))
    start_bolt(bolt)
    posted = slack.control("post", user="tom", channel="help", text="Try the blue tin.")

    for act in ("react", "unreact"):
        slack.control(act, user="maya", channel="help", ts=posted["ts"], name="white_check_mark")

    wait_until(lambda: len(seen) == 2, "both events have come")
    added, removed = sorted(seen, key=lambda event: event["event_ts"])
    assert added["type"] == "reaction_added"
    assert added["reaction"] == "white_check_mark"
    assert added["item"] == {"type": "message", "channel": posted["channel"], "ts": posted["ts"]}
    assert added["item_user"] == posted["message"]["user"]
    assert removed["type"] == "reaction_removed"


def test_a_slash_command_is_answered_to_its_caller_only(slack: RunningPlayground, bolt: App, start_bolt: Start) -> None:
    @bolt.command("/timbre")
    def run(ack: Ack, respond: Respond, command: dict[str, Any]) -> None:
        ack()
        respond(f"You said {command['text']} in {command['channel_name']}")

    start_bolt(bolt)
    slack.control("command", user="tom", channel="help", command="/timbre", text="retrain now")

    wait_until(lambda: slack.texts("help", as_="tom"), "the bot has responded")
    (shown,) = slack.messages("help", as_="tom")
    assert shown["text"] == "You said retrain now in help"
    assert shown["is_ephemeral"] is True
    assert slack.texts("help", as_="maya") == []


def test_a_button_replaces_its_message(slack: RunningPlayground, bolt: App, web: WebClient, start_bolt: Start) -> None:
    clicks: list[dict[str, Any]] = []

    @bolt.action("approve")
    def approve(ack: Ack, body: dict[str, Any], respond: Respond) -> None:
        ack()
        clicks.append(body)
        respond(text="Approved.", replace_original=True)

    start_bolt(bolt)
    channel = slack.playground.workspace(None).channel("help").id
    button = {"type": "button", "action_id": "approve", "value": "7", "text": {"type": "plain_text", "text": "Approve"}}
    ts = web.chat_postMessage(channel=channel, text="?", blocks=[{"type": "actions", "elements": [button]}])["ts"]

    slack.control("click", user="maya", channel="help", ts=ts, action_id="approve")

    wait_until(lambda: slack.texts("help") == ["Approved."], "the message is replaced")
    (message,) = slack.messages("help")
    assert message["ts"] == ts
    assert "blocks" not in message
    assert clicks[0]["user"]["username"] == "maya"
    assert clicks[0]["actions"][0]["value"] == "7"
    assert clicks[0]["message"]["ts"] == ts
    assert clicks[0]["container"]["channel_id"] == channel


def test_a_slow_listener_gets_the_event_again(slack: RunningPlayground, bolt: App, start_bolt: Start) -> None:
    seen: list[tuple[str, list[str] | None]] = []
    slow = threading.Event()
    slack.control("app", ack_timeout=IMPATIENT_S)

    @bolt.middleware
    def note(body: dict[str, Any], request: Any, next: Callable[[], None]) -> None:  # noqa: A002  Bolt's name for it
        seen.append((body["event_id"], request.headers.get("x-slack-retry-num")))
        if not slow.is_set():
            slow.set()
            time.sleep(slack.playground.timings.ack_timeout + 0.3)
        next()

    bolt.event("message")(lambda event: None)
    start_bolt(bolt)
    slack.control("post", user="tom", channel="help", text="anybody?")

    wait_until(lambda: len(seen) >= 2, "the event has come again")
    assert seen[0][0] == seen[1][0]
    assert seen[1][1] == ["1"]


def test_one_app_serves_two_workspaces(slack: RunningPlayground, start_bolt: Start) -> None:
    second = {
        "team": {"name": "Harbour", "domain": "harbour"},
        "people": [{"name": "kai"}],
        "channels": [{"name": "pier", "members": ["kai", "timbre"]}],
    }
    harbour = slack.control("seed", **second)["team"]["id"]
    tokens = {slack.look("state")["team"]["id"]: "xoxb-playground", harbour: "xoxb-playground-harbour"}

    def authorize(team_id: str) -> AuthorizeResult:
        web = WebClient(token=tokens[team_id], base_url=slack.api_url)
        return AuthorizeResult.from_auth_test_response(auth_test_response=web.auth_test(), bot_token=tokens[team_id])

    app = App(client=WebClient(base_url=slack.api_url), authorize=authorize)

    @app.event("app_mention")
    def answer(event: dict[str, Any], body: dict[str, Any], say: Say) -> None:
        say(text=f"Aye, {body['team_id']}", thread_ts=event["ts"])

    start_bolt(app)
    slack.control("post", user="tom", channel="help", text="@timbre here?")
    slack.control("post", team="harbour", user="kai", channel="pier", text="@timbre there?")
    for team_id, channel in ((next(iter(tokens)), "help"), (harbour, "pier")):
        root = slack.look("messages", team=team_id, channel=channel)["messages"][0]["ts"]
        wait_until(partial(replies, slack, team_id, channel, root), "the bot has answered")
        assert replies(slack, team_id, channel, root) == [f"Aye, {team_id}"]


def replies(slack: RunningPlayground, team_id: str, channel: str, root: str) -> list[str]:
    found = slack.look("messages", team=team_id, channel=channel, thread_ts=root)["messages"]
    return [message["text"] for message in found[1:]]


def test_a_dropped_connection_is_opened_again_and_loses_nothing(
    slack: RunningPlayground, bolt: App, start_bolt: Start
) -> None:
    seen: list[str] = []
    bolt.event("message")(lambda event: seen.append(event["text"]))
    start_bolt(bolt)
    slack.control("post", user="tom", channel="help", text="before")
    wait_until(lambda: seen == ["before"], "the first message has come")

    slack.control("trouble", disconnect="drop")
    wait_until(lambda: slack.look("state")["connections"] == 0, "the connection is gone")
    slack.control("post", user="tom", channel="help", text="while nobody listens")

    wait_until(lambda: slack.look("state")["connections"] == 1, "Bolt has connected again", timeout=20)
    wait_until(lambda: "while nobody listens" in seen, "the message has come after all")
