"""HTTP mode: a Bolt app behind its own request URL, with Slack's signatures."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from slack_bolt import Ack, App, Respond, Say
from slack_bolt.app.app import SlackAppDevelopmentServer

from bot.playground.playground import Tokens
from tests.playground_server import ControlError, RunningPlayground, wait_until


@contextmanager
def listening(app: App, *, port: int = 0) -> Iterator[str]:
    """The app behind Bolt's own development server; yields its address."""
    server = SlackAppDevelopmentServer(port=port, path="/slack/events", app=app)._server
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/slack/events"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@pytest.fixture
def bolt(slack: RunningPlayground) -> App:
    return App(client=slack.web, signing_secret=Tokens().signing_secret)


def test_events_commands_and_clicks_come_signed_by_http(slack: RunningPlayground, bolt: App) -> None:
    @bolt.event("app_mention")
    def answer(event: dict[str, Any], say: Say) -> None:
        button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
        say(text="Here", thread_ts=event["ts"], blocks=[{"type": "actions", "elements": [button]}])

    @bolt.action("go")
    def go(ack: Ack, respond: Respond) -> None:
        ack()
        respond(text="Gone", replace_original=True)

    bolt.command("/timbre")(lambda ack: ack("By HTTP."))

    with listening(bolt) as url:
        assert slack.control("app", request_url=url)["connections"] == 1
        root = slack.control("post", user="tom", channel="help", text="@timbre hello")["ts"]
        wait_until(lambda: len(slack.messages("help", thread_ts=root)) == 2, "the bot has answered")
        ts = slack.messages("help", thread_ts=root)[1]["ts"]
        slack.control("click", user="tom", channel="help", ts=ts, action_id="go")
        wait_until(lambda: slack.texts("help", thread_ts=root)[1] == "Gone", "the button has worked")
        slack.control("command", user="tom", channel="help", command="/timbre", text="", wait=True)
        assert slack.texts("help", as_="tom")[-1] == "By HTTP."
        assert slack.control("app")["connections"] == 0


def test_an_app_with_another_secret_refuses_what_comes(slack: RunningPlayground) -> None:
    app = App(client=slack.web, signing_secret="another")
    with listening(app) as url, pytest.raises(ControlError, match="url_verification_failed"):
        slack.control("app", request_url=url)


def test_an_address_where_nobody_listens_is_refused(slack: RunningPlayground) -> None:
    with pytest.raises(ControlError, match=r"url_verification_failed.*could not be reached\. Start the bot first"):
        slack.control("app", request_url="http://127.0.0.1:1/slack/events")
    with pytest.raises(ControlError, match="invalid_arguments"):
        slack.control("app", request_url="file:///etc/passwd")


def test_an_event_answered_with_an_error_comes_again(slack: RunningPlayground, bolt: App) -> None:
    tries: list[list[str] | None] = []

    @bolt.middleware
    def fail_once(request: Any, next: Any, body: dict[str, Any]) -> None:  # noqa: A002  Bolt's name for it
        if body.get("type") == "event_callback":
            tries.append(request.headers.get("x-slack-retry-num"))
            if len(tries) == 1:
                return
        next()

    bolt.event("message")(lambda: None)
    with listening(bolt) as url:
        slack.control("app", request_url=url)
        slack.control("post", user="tom", channel="help", text="hello")
        wait_until(lambda: len(tries) == 2, "the event has come again")
        assert tries == [None, ["1"]]
