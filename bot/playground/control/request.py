"""One control call: who acts, where, with what."""

from dataclasses import dataclass
from typing import Any

from bot.playground.arguments import Arguments
from bot.playground.entities import Channel, Json, Message, Person
from bot.playground.errors import SlackError
from bot.playground.interactions import Interactions
from bot.playground.membership import open_direct
from bot.playground.playground import Playground
from bot.playground.workspace import Workspace


@dataclass(frozen=True)
class ControlRequest:
    """Reads people, channels and messages by id or name, as somebody at a screen may see them."""

    playground: Playground
    args: Arguments

    @property
    def workspace(self) -> Workspace:
        return self.playground.workspace(self.args.text("team") or None)

    @property
    def actor(self) -> Person:
        """Who acts; raises SlackError `user_not_found`. Nobody can act as the bot: that is what its token is for."""
        person = self.workspace.person(self.args.required("user"))
        if person.is_bot:
            raise SlackError("cannot_act_as_bot", "The bot acts through the Web API. Choose a person.")
        return person

    @property
    def viewer(self) -> Person | None:
        """Whose eyes to look with, if anybody's."""
        return self.workspace.person(self.args.text("as")) if self.args.has("as") else None

    @property
    def interactions(self) -> Interactions:
        return Interactions(self.playground, self.workspace, self.actor)

    def channel(self, person: Person | None, name: str = "channel") -> Channel:
        """Return a conversation that `person` (None: anybody) may see; "@name" is the direct one with them."""
        ref = self.args.required(name)
        if ref.startswith("@") and person is not None:
            return open_direct(self.workspace, person, self.workspace.person(ref))
        channel = self.workspace.channel(ref)
        if person is not None and not self.workspace.may_see(person.id, channel):
            raise SlackError("channel_not_found", f"{person.name} is not in a channel called {ref!r}.")
        return channel

    def joined_channel(self, person: Person) -> Channel:
        """Return a conversation that `person` is in; raises SlackError `not_in_channel`."""
        channel = self.channel(person)
        if person.id not in channel.members:
            raise SlackError("not_in_channel", f"{person.name} has to join #{channel.name} first.")
        return channel

    def message(self, person: Person, channel: Channel) -> Message:
        """Return the message at `ts`, as far as `person` may see it."""
        message = self.workspace.message(channel.id, self.args.required_ts("ts", "message_not_found"))
        if message.visible_to not in (None, person.id):
            raise SlackError("message_not_found", "This message is for somebody else's eyes.")
        return message

    def object(self, name: str) -> dict[str, Any]:
        """Return an argument that is an object, empty when absent."""
        value: Json | None = self.args.json(name, dict)
        return value or {}
