"""A whole bot, connected to a playground in the same process."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from bot.bootstrap import Bot
from bot.playground.playground import Tokens
from bot.settings import Settings
from storage.clock import utc_now
from tests.playground_server import RunningPlayground, wait_until

SEED: dict[str, Any] = {
    "team": {"name": "Tinhouse", "domain": "tinhouse"},
    "app": {
        "name": "timbre",
        "commands": [{"command": "/timbre", "description": "Ask", "usage_hint": "[help]", "should_escape": True}],
        "shortcuts": [{"callback_id": "teach_answer", "name": "Teach Timbre this answer"}],
    },
    "people": [
        {"id": "UADA", "name": "ada", "real_name": "Ada", "is_admin": True},
        {"id": "UBEN", "name": "ben", "real_name": "Ben"},
        {"id": "UCLEO", "name": "cleo", "real_name": "Cleo"},
        {"id": "UTOM", "name": "tom", "real_name": "Tom"},
        {"id": "UMIA", "name": "mia", "real_name": "Mia"},
    ],
    "user_groups": [{"handle": "reviewers", "name": "Reviewers", "members": ["ben", "cleo"]}],
    "channels": [
        {"id": "CREVIEW", "name": "timbre-review", "members": ["ada", "ben", "cleo", "timbre"]},
        {"id": "CHELP", "name": "help", "members": ["ada", "ben", "cleo", "tom", "mia", "timbre"]},
        {"id": "CVAULT", "name": "vault", "is_private": True, "members": ["ada", "ben", "tom", "mia", "timbre"]},
    ],
}
YES, NO = "white_check_mark", "x"


def for_playground(settings: Settings, slack: RunningPlayground, **other: Any) -> Settings:
    """Return settings with which a bot connects to a playground."""
    tokens = Tokens()
    update = {
        "slack_api_url": slack.api_url,
        "slack_bot_token": SecretStr(tokens.bot),
        "slack_app_token": SecretStr(tokens.app),
    }
    return settings.model_copy(update=update | other)


@contextmanager
def running_bot(
    settings: Settings, slack: RunningPlayground, *, now: Callable[[], datetime] = utc_now
) -> Iterator[Bot]:
    """Run a bot from its connection to its end."""
    bot = Bot(settings, now=now)
    connected = len(slack.playground.delivery.links)
    bot.start()
    wait_until(lambda: len(slack.playground.delivery.links) > connected, "the bot is connected")
    try:
        yield bot
    finally:
        stop(bot, slack)


def stop(bot: Bot, slack: RunningPlayground) -> None:
    """Stop a bot at once: its client would wait for three seconds for a word of the server's."""
    stopped = threading.Event()

    def drop() -> None:
        while not stopped.wait(0.05):
            slack.control("trouble", disconnect="drop")

    dropping = threading.Thread(target=drop)
    dropping.start()
    try:
        bot.stop()
    finally:
        stopped.set()
        dropping.join()


@dataclass(frozen=True)
class Channel:
    """A conversation, as people act in it."""

    slack: RunningPlayground
    id: str

    def say(self, user: str, text: str, *, thread_ts: str | None = None) -> str:
        """Post and return the ts."""
        place = {"thread_ts": thread_ts} if thread_ts else {}
        ts: str = self.slack.control("post", user=user, channel=self.id, text=text, **place)["ts"]
        return ts

    def answered(self, question: str, answer: str, *, asker: str = "UTOM", answerer: str = "UMIA") -> str:
        """Have a question asked and answered; returns the answer's ts."""
        return self.say(answerer, answer, thread_ts=self.say(asker, question))

    def react(self, user: str, ts: str, name: str = YES) -> None:
        self.slack.control("react", user=user, channel=self.id, ts=ts, name=name)

    def unreact(self, user: str, ts: str, name: str = YES) -> None:
        self.slack.control("unreact", user=user, channel=self.id, ts=ts, name=name)

    def thread(self, ts: str, *, as_: str = "UADA") -> list[dict[str, Any]]:
        """Return the replies in a thread."""
        return self.slack.messages(self.id, as_=as_, thread_ts=ts)[1:]

    def replies_to(self, ts: str, *, count: int = 1, as_: str = "UADA") -> list[dict[str, Any]]:
        """Wait for so many replies of the bot, and return them."""

        def said() -> list[dict[str, Any]]:
            # One that is still being written carries no key.
            return [
                message for message in self.thread(ts, as_=as_) if message.get("bot_id") and message.get("metadata")
            ]

        wait_until(lambda: len(said()) >= count, f"the bot has replied {count} times")
        return said()

    def ask(self, user: str, text: str) -> dict[str, Any]:
        """Mention the bot, and return its reply."""
        return self.replies_to(self.say(user, f"@timbre {text}"), as_=user)[0]


def said_in(message: dict[str, Any]) -> str:
    """Return everything a message's blocks say."""
    found: list[str] = []
    _texts(message.get("blocks", []), found.append)
    return "\n".join(found)


def _texts(value: Any, keep: Callable[[str], None]) -> None:
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            keep(value["text"])
        for inner in value.values():
            _texts(inner, keep)
    elif isinstance(value, list):
        for inner in value:
            _texts(inner, keep)
