from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Thread
from typing import Any
from uuid import uuid4

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
        "shortcuts": [
            {"callback_id": "approve", "name": "Approve"},
            {"callback_id": "greet", "name": "Greet", "type": "global"},
        ],
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
        yield lambda app: stack.enter_context(connected(slack, app))


@contextmanager
def connected(slack: RunningPlayground, app: App) -> Iterator[SocketModeHandler]:
    """A Bolt app with a Socket Mode connection."""
    handler = SocketModeHandler(app, Tokens().app, ping_interval=1)
    before = len(slack.playground.delivery.links)
    handler.connect()  # type: ignore[no-untyped-call]  # Bolt leaves its annotation out
    try:
        wait_until(lambda: len(slack.playground.delivery.links) > before, "the Bolt app is connected")
        yield handler
    finally:
        _disconnect(handler, slack)


@pytest.fixture
def bolt(slack: RunningPlayground) -> App:
    """A Bolt app that talks to the playground; add listeners, then `start_bolt`."""
    return App(client=slack.web)


def _disconnect(handler: SocketModeHandler, slack: RunningPlayground) -> None:
    # Bolt's client looks up only every few seconds: the server's closing and empty messages make it notice at once.
    handler.client.auto_reconnect_enabled = False
    slack.control("trouble", disconnect="drop")
    wait_until(lambda: not handler.client.is_connected(), "Bolt has noticed the end of its connection")
    closing = Thread(target=handler.close)
    closing.start()
    while closing.is_alive():
        handler.client.message_queue.put(None)
        closing.join(0.02)


@dataclass(frozen=True)
class Room:
    """A channel of a test's own, with Maya (an admin), Tom and the bot in it."""

    slack: RunningPlayground
    id: str
    name: str

    @property
    def web(self) -> WebClient:
        return self.slack.web

    def say(self, text: str, *, user: str = "tom", **fields: Any) -> str:
        """Post as a person and return the ts."""
        ts: str = self.slack.control("post", user=user, channel=self.id, text=text, **fields)["ts"]
        return ts


@pytest.fixture(scope="module")
def module_slack() -> Iterator[RunningPlayground]:
    """One playground for a whole module, for tests that keep to a room of their own."""
    with RunningPlayground() as running:
        running.control("seed", **SEED)
        yield running


@pytest.fixture
def room(module_slack: RunningPlayground) -> Room:
    name = f"room-{uuid4().hex[:8]}"
    channel = {"name": name, "members": ["maya", "tom", "timbre"]}
    ids = module_slack.control("seed", channels=[channel])["channels"]
    return Room(module_slack, ids[name], name)
