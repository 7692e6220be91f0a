"""One Web API call: who calls, in which workspace, with what."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.playground.arguments import Arguments
from bot.playground.entities import Channel, Json, Message, Person
from bot.playground.errors import SlackError
from bot.playground.playground import Playground
from bot.playground.scope_names import FAMILY_VERBS
from bot.playground.scopes import demand, family_scope
from bot.playground.workspace import Workspace


@dataclass(frozen=True)
class Call:
    """Everything a method needs. The caller is always the workspace's bot."""

    method: str
    playground: Playground
    workspace: Workspace
    args: Arguments
    origin: str  # scheme, host and port as the bot wrote them

    @property
    def bot(self) -> Person:
        return self.workspace.bot

    def visible_channel(self, name: str = "channel") -> Channel:
        """Return the conversation an argument names, when the bot may see it; raises SlackError `channel_not_found`."""
        ref = self.args.required(name, "channel_not_found")
        channel = self.workspace.channels.get(ref)
        if channel is None or not self.workspace.may_see(self.bot.id, channel):
            raise SlackError("channel_not_found")
        if self.method in FAMILY_VERBS:
            demand(self.workspace.app.granted, [family_scope(channel, FAMILY_VERBS[self.method])])
        return channel

    def joined_channel(self, name: str = "channel") -> Channel:
        """Return the conversation an argument names, when the bot is in it; raises `not_in_channel` when not."""
        channel = self.visible_channel(name)
        if self.bot.id not in channel.members:
            raise SlackError("not_in_channel")
        return channel

    def message(self, channel: Channel, name: str = "ts") -> Message:
        """Return the message an argument names; raises SlackError `message_not_found`."""
        message = self.workspace.message(channel.id, self.args.required_ts(name, "message_not_found"))
        if message.visible_to is not None:
            raise SlackError("message_not_found")
        return message

    def person(self, name: str = "user") -> Person:
        """Return the person whose id an argument holds; raises SlackError `user_not_found`."""
        person = self.workspace.people.get(self.args.required(name, "user_not_found"))
        if person is None:
            raise SlackError("user_not_found")
        return person


Method = Callable[[Call], Json]
