"""A small company in a playground, with a scripted bot that answers in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler

from bot.playground.delivery import Timings
from bot.playground.playground import Tokens
from tests.bot.playground_page.scripted_bot import scripted_bot
from tests.playground_server import RunningPlayground, wait_until

SEED: dict[str, Any] = {
    "team": {"name": "Lanternhouse", "domain": "lanternhouse"},
    "app": {
        "name": "timbre",
        "real_name": "Timbre",
        "commands": [{"command": "/timbre", "description": "Ask, train", "usage_hint": "[ask|retrain|help]"}],
        "shortcuts": [
            {"callback_id": "approve_answer", "name": "Approve this answer"},
            {"callback_id": "open_form", "name": "Open a form", "type": "global"},
        ],
        "guide": {"channel": "help-desk", "question": "Where are the spare keys?"},
    },
    "people": [
        {"name": "ada", "real_name": "Ada Quill", "title": "Manager", "is_admin": True},
        {"name": "ben", "real_name": "Ben Tolliver", "title": "Shipwright"},
        {"name": "cleo", "real_name": "Cleo Marsh", "title": "Office"},
        {"name": "finn", "real_name": "Finn Odell", "title": "Apprentice"},
    ],
    "user_groups": [{"handle": "reviewers", "name": "Reviewers", "members": ["ben", "cleo"]}],
    "channels": [
        {"name": "help-desk", "topic": "Ask anything", "members": ["ada", "ben", "cleo", "finn", "timbre"]},
        {"name": "sales", "members": ["ada", "timbre"]},
        {"name": "vault", "is_private": True, "members": ["ada", "timbre"]},
        {"name": "timbre-review", "members": ["ada", "ben", "cleo", "timbre"]},
    ],
    "messages": [
        {"key": "q", "channel": "help-desk", "user": "finn", "text": "Where are the spare keys?"},
        {"key": "a", "thread": "q", "channel": "help-desk", "user": "cleo", "text": "Ahoy! In the *blue* tin."},
    ],
}

# The bot's listeners run in this process, beside the browser: a busy machine must not make them late.
PATIENT = Timings(ack_timeout=10.0, trigger_lifetime=10.0)


@contextmanager
def staffed_playground() -> Iterator[RunningPlayground]:
    """Run the playground and the bot for as long as the block lasts."""
    with RunningPlayground(timings=PATIENT) as running:
        running.control("seed", **SEED)
        handler = SocketModeHandler(scripted_bot(App(client=running.web)), Tokens().app, ping_interval=1)
        handler.connect()  # type: ignore[no-untyped-call]  # Bolt leaves its annotation out
        wait_until(lambda: running.playground.delivery.links, "the bot is connected")
        yield running
        handler.client.auto_reconnect_enabled = False
        running.control("trouble", disconnect="drop")
        # Bolt's client closes its end by itself, and stumbles over one that is closed at the same moment.
        wait_until(lambda: not handler.client.is_connected(), "the bot has noticed the end of its connection")
        handler.close()  # type: ignore[no-untyped-call]  # Bolt leaves its annotation out
