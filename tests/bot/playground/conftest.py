from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from bot.playground.playground import Tokens
from tests.playground_server import RunningPlayground, wait_until

SEED: dict[str, Any] = {
    "team": {"name": "Lanternhouse", "domain": "lanternhouse"},
    "app": {
        "name": "timbre",
        "commands": [{"command": "/timbre", "description": "Ask", "usage_hint": "[help]"}],
        "shortcuts": [{"callback_id": "approve", "name": "Approve"}],
    },
    "people": [
        {"name": "maya", "real_name": "Maya Ito", "is_admin": True},
        {"name": "tom", "real_name": "Tom Reed"},
        {"name": "ines", "real_name": "Inés Vega"},
    ],
    "user_groups": [{"handle": "reviewers", "name": "Reviewers", "members": ["maya"]}],
    "channels": [
        {"name": "help", "members": ["maya", "tom", "timbre"]},
        {"name": "vault", "is_private": True, "members": ["maya", "timbre"]},
        {"name": "board", "is_private": True, "members": ["maya"]},
        {"name": "random", "members": ["tom"]},
    ],
}


@pytest.fixture
def slack() -> Iterator[RunningPlayground]:
    """Three people, a bot in #help and #vault, and channels it is not in: #random and #board (private)."""
    with RunningPlayground() as running:
        running.control("seed", **SEED)
        yield running


@pytest.fixture
def web(slack: RunningPlayground) -> WebClient:
    """The bot's client."""
    return slack.web


@pytest.fixture
def start_bolt(slack: RunningPlayground) -> Iterator[Callable[[App], SocketModeHandler]]:
    """Connects a Bolt app over Socket Mode and returns once it is heard."""
    with ExitStack() as stack:

        def start(app: App) -> SocketModeHandler:
            handler = SocketModeHandler(app, Tokens().app)
            connected = len(slack.playground.delivery.links)
            handler.connect()
            stack.callback(handler.close)  # type: ignore[no-untyped-call]  # Bolt leaves its annotation out
            wait_until(lambda: len(slack.playground.delivery.links) > connected, "the Bolt app is connected")
            return handler

        yield start


@pytest.fixture
def bolt(slack: RunningPlayground) -> App:
    """A Bolt app that talks to the playground; add listeners, then `start_bolt`."""
    return App(client=slack.web)
