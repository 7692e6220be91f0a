"""A Slack in this process: the playground's own workspace and Web API, called directly instead of over sockets.

Real `Conversations` reads from it, so what it answers is what a bot would get; what changes in it becomes Slack's
events, which wait in `events` until somebody delivers them.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.playground import messaging
from bot.playground.arguments import Arguments
from bot.playground.changes import Change
from bot.playground.delivery import Timings
from bot.playground.entities import Channel, Message, Person
from bot.playground.errors import SlackError
from bot.playground.events import event_callback, slack_events
from bot.playground.playground import Playground, Tokens
from bot.playground.store import MemoryStore
from bot.playground.web_api.call import Call
from bot.playground.web_api.dispatch import METHODS
from bot.playground.workspace import Workspace
from bot.slack.conversations import Conversations

CHANNEL = "CHELP"


class SmallSlack:
    """One channel with people and the bot in it."""

    def __init__(self, people: tuple[str, ...], now: Callable[[], datetime]) -> None:
        self.events: list[dict[str, Any]] = []
        self.is_down = False
        self._playground = Playground(store=MemoryStore(), now=now, tokens=Tokens(), timings=Timings())
        made = self._playground.add_workspace("Tinhouse", "tinhouse")
        self._workspace = Workspace(made.team, made.app, store=MemoryStore(), now=now, announce=self._announce)
        self._workspace.save_person(made.bot)
        for name in people:
            self._workspace.save_person(Person(name, name.lower(), name.title()))
        members = (*people, made.app.bot_user_id)
        self._channel = self._workspace.save_channel(Channel(CHANNEL, "help", "channel", members=members))
        self.team_id = made.team.id
        self.conversations = Conversations(cast("WebClient", _Client(self)))

    def say(self, user_id: str, text: str, thread_ts: str | None = None) -> str:
        """Post and return the ts."""
        author = self._workspace.person(user_id)
        return messaging.post(self._workspace, self._channel, author, text, thread_ts=thread_ts).ts

    def edit(self, ts: str, text: str) -> None:
        message = self.message(ts)
        messaging.edit(self._workspace, message, edited_by=message.user_id, text=text)

    def delete(self, ts: str) -> None:
        messaging.delete(self._workspace, self.message(ts))

    def react(self, user_id: str, ts: str, name: str) -> None:
        messaging.react(self._workspace, self.message(ts), user_id, name)

    def unreact(self, user_id: str, ts: str, name: str) -> None:
        messaging.unreact(self._workspace, self.message(ts), user_id, name)

    def message(self, ts: str) -> Message:
        """Return a message as it stands. Raises SlackError when there is none."""
        return self._workspace.message(CHANNEL, ts)

    def call(self, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Answer a Web API call. Raises `SlackApiError` for a refusal, and for everything while it is down."""
        values = {name: value for name, value in arguments.items() if value is not None}
        try:
            if self.is_down:
                raise SlackError("fatal_error")
            return METHODS[method](Call(method, self._playground, self._workspace, Arguments(values), "http://slack"))
        except SlackError as err:
            refusal = {"ok": False, "error": err.code}
            raise SlackApiError(err.code, refusal) from err  # type: ignore[no-untyped-call]  # untyped in slack_sdk

    def _announce(self, workspace: Workspace, change: Change) -> None:
        self.events += [event_callback(workspace, event) for event in slack_events(workspace, change)]


class _Client:
    """What `WebClient` is, as far as `Conversations` calls it: each method is Slack's of that name."""

    def __init__(self, slack: SmallSlack) -> None:
        self._slack = slack

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        return lambda **arguments: self._slack.call(name.replace("_", "."), arguments)
