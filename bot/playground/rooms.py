"""Making and changing channels: each change is a message in the channel and an event for the bot."""

import re
from dataclasses import replace

from bot.playground import messaging
from bot.playground.changes import ChannelAltered, ChannelChanged
from bot.playground.entities import Channel, Person
from bot.playground.errors import SlackError
from bot.playground.ids import derived_id
from bot.playground.workspace import Workspace

_NAME = re.compile(r"[^\s.,/\\#@:;'\"<>&A-Z]{1,80}")

_CONVERTED = {
    "private": "made this channel *private*. Now, it can only be viewed or joined by invitation.",
    "public": "made this channel *public*. Any member in this workspace can see and join it.",
}


def create(workspace: Workspace, person: Person, name: str, *, is_private: bool) -> Channel:
    """Make a channel with its creator in it; raises SlackError `name_taken` or `invalid_name`."""
    _check_name(workspace, name)
    channel = workspace.save_channel(
        Channel(
            id=derived_id("C", workspace.team.id, name),
            name=name,
            kind="group" if is_private else "channel",
            members=(person.id,),
            creator=person.id,
            created=workspace.seconds(),
        )
    )
    _announce(workspace, channel, "created", person)
    text = f"<@{person.id}> has joined the channel"
    messaging.post(workspace, channel, person, text, subtype="channel_join")
    return channel


def rename(workspace: Workspace, channel: Channel, person: Person, name: str) -> Channel:
    """Give a channel another name; raises SlackError `name_taken` or `invalid_name`."""
    _refuse_direct(channel)
    _check_name(workspace, name)
    old, channel = channel.name, workspace.save_channel(replace(channel, name=name))
    _announce(workspace, channel, "rename", person)
    text = f'has renamed the channel from "{old}" to "{name}"'
    _tell(workspace, channel, person, "name", text, old_name=old, name=name)
    return channel


def archive(workspace: Workspace, channel: Channel, person: Person) -> Channel:
    """Close a channel: it can be read, and nothing more. Raises SlackError `already_archived`."""
    _refuse_direct(channel)
    if channel.is_archived:
        raise SlackError("already_archived", f"#{channel.name} is archived already.")
    _tell(workspace, channel, person, "archive", "archived the channel", members=list(channel.members))
    channel = workspace.save_channel(replace(channel, is_archived=True))
    _announce(workspace, channel, "archive", person)
    return channel


def unarchive(workspace: Workspace, channel: Channel, person: Person) -> Channel:
    """Open an archived channel again; raises SlackError `not_archived`."""
    _refuse_direct(channel)
    if not channel.is_archived:
        raise SlackError("not_archived", f"#{channel.name} is not archived.")
    channel = workspace.save_channel(replace(channel, is_archived=False))
    _tell(workspace, channel, person, "unarchive", "un-archived the channel", members=list(channel.members))
    _announce(workspace, channel, "unarchive", person)
    return channel


def set_private(workspace: Workspace, channel: Channel, person: Person, *, is_private: bool) -> Channel:
    """Show a channel to its members only, or to everybody; it keeps its id, and the bot hears of it by a message."""
    _refuse_direct(channel)
    if channel.is_private == is_private:
        return channel
    channel = workspace.save_channel(replace(channel, kind="group" if is_private else "channel"))
    word = "private" if is_private else "public"
    messaging.post(workspace, channel, person, _CONVERTED[word], subtype=f"channel_convert_to_{word}")
    workspace.announce(ChannelChanged(channel, was_public=is_private))
    return channel


def _tell(workspace: Workspace, channel: Channel, person: Person, what: str, text: str, **extra: object) -> None:
    family = "group" if channel.kind == "group" else "channel"
    messaging.post(workspace, channel, person, text, subtype=f"{family}_{what}", extra=extra)


def _announce(workspace: Workspace, channel: Channel, what: str, person: Person) -> None:
    workspace.announce(ChannelAltered(channel, what, person.id, workspace.timestamps.next()))
    workspace.announce(ChannelChanged(channel))


def _check_name(workspace: Workspace, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise SlackError(
            "invalid_name", "A channel's name has 1 to 80 characters: lower case, no spaces or full stops."
        )
    if any(channel.name == name for channel in workspace.channels.values() if not channel.is_direct):
        raise SlackError("name_taken", f"There is a channel called {name!r} already.")


def _refuse_direct(channel: Channel) -> None:
    if channel.is_direct:
        raise SlackError("method_not_supported_for_channel_type", "A direct conversation has no name and no end.")
