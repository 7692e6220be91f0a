"""Who is in which conversation."""

from dataclasses import replace

from bot.playground import messaging
from bot.playground.changes import ChannelChanged, MemberChanged
from bot.playground.entities import Channel, Person
from bot.playground.errors import SlackError
from bot.playground.ids import derived_id
from bot.playground.workspace import Workspace


def join(workspace: Workspace, channel: Channel, person: Person, *, inviter: str | None = None) -> Channel:
    """Put somebody into a channel; joining twice changes nothing.

    Raises SlackError for a direct conversation or an archived one.
    """
    if channel.is_direct:
        raise SlackError("method_not_supported_for_channel_type", "Nobody can join a direct conversation.")
    if channel.is_archived:
        raise SlackError("is_archived", f"#{channel.name} is archived.")
    if person.id in channel.members:
        return channel
    channel = workspace.save_channel(replace(channel, members=(*channel.members, person.id)))
    workspace.announce(MemberChanged(channel, person.id, True, inviter, workspace.timestamps.next()))
    extra = {"inviter": inviter} if inviter else {}
    text = f"<@{person.id}> has joined the channel"
    messaging.post(workspace, channel, person, text, subtype="channel_join", by_app=person.is_bot, extra=extra)
    return channel


def leave(workspace: Workspace, channel: Channel, person: Person) -> Channel:
    """Take somebody out of a channel; raises SlackError `not_in_channel`, or for a direct conversation."""
    if channel.is_direct:
        raise SlackError("method_not_supported_for_channel_type", "Nobody can leave a direct conversation.")
    if person.id not in channel.members:
        raise SlackError("not_in_channel", f"{person.name} is not in #{channel.name}.")
    text = f"<@{person.id}> has left the channel"
    messaging.post(workspace, channel, person, text, subtype="channel_leave", by_app=person.is_bot)
    members = tuple(member for member in channel.members if member != person.id)
    channel = workspace.save_channel(replace(channel, members=members))
    workspace.announce(MemberChanged(channel, person.id, False, None, workspace.timestamps.next()))
    return channel


def open_direct(workspace: Workspace, *people: Person) -> Channel:
    """Return the direct conversation of exactly these people (two, or up to nine), made when there is none."""
    members = tuple(sorted({person.id for person in people}))
    kind, prefix = ("im", "D") if len(members) <= 2 else ("mpim", "C")
    channel_id = derived_id(prefix, workspace.team.id, "direct", *members)
    known = workspace.channels.get(channel_id)
    if known is not None:
        return known
    name = "" if kind == "im" else "mpdm-" + "--".join(workspace.people[member].name for member in members) + "-1"
    channel = workspace.save_channel(
        Channel(
            id=channel_id,
            name=name,
            kind="im" if kind == "im" else "mpim",
            members=members,
            creator=people[0].id,
            created=workspace.seconds(),
        )
    )
    workspace.announce(ChannelChanged(channel))
    return channel
