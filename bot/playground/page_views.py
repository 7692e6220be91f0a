"""The page's JSON: a workspace as one person sees it. `viewer` None is nobody in particular and sees everything."""

from bot.playground.entities import Channel, Json, Message, Person, UserGroup
from bot.playground.payloads import message_payload
from bot.playground.workspace import Workspace


def person_view(workspace: Workspace, person: Person) -> Json:
    """Return a person, with the handles of the user groups they are in."""
    view: Json = {
        "id": person.id,
        "name": person.name,
        "real_name": person.real_name,
        "title": person.title,
        "color": person.color,
        "is_admin": person.is_admin,
        "is_bot": person.is_bot,
        "user_groups": [group.handle for group in workspace.user_groups.values() if person.id in group.members],
    }
    if person.is_bot:
        view |= {"bot_id": workspace.app.bot_id, "app_id": workspace.app.id}
    return view


def user_group_view(group: UserGroup) -> Json:
    return {"id": group.id, "handle": group.handle, "name": group.name, "members": list(group.members)}


def channel_view(workspace: Workspace, channel: Channel, viewer: str | None) -> Json:
    """Return a conversation with what `viewer` has not read in it."""
    view: Json = {
        "id": channel.id,
        "name": channel.name,
        "kind": channel.kind,
        "is_private": channel.is_private,
        "is_member": viewer in channel.members,
        "topic": channel.topic,
        "purpose": channel.purpose,
        "members": list(channel.members),
        "latest": workspace.log(channel.id).latest_ts(),
        "last_read": workspace.last_read(viewer, channel.id) if viewer else None,
        "unread": 0,
        "mentions": 0,
    }
    if channel.kind == "im":
        view["with"] = next((member for member in channel.members if member != viewer), viewer)
    if viewer is not None and viewer in channel.members:
        unread = _unread(workspace, channel, viewer)
        view["unread"] = len(unread)
        view["mentions"] = sum(_names(workspace, message, viewer) for message in unread)
    return view


def _unread(workspace: Workspace, channel: Channel, viewer: str) -> list[Message]:
    after = workspace.last_read(viewer, channel.id)
    messages = workspace.log(channel.id).top_level(after=after)
    return [message for message in messages if message.user_id != viewer and _shown(message, viewer)]


def _names(workspace: Workspace, message: Message, viewer: str) -> bool:
    if f"<@{viewer}>" in message.text or workspace.channels[message.channel_id].is_direct:
        return True
    groups = (group.id for group in workspace.user_groups.values() if viewer in group.members)
    return any(f"<!subteam^{group_id}" in message.text for group_id in groups)


def message_view(workspace: Workspace, message: Message) -> Json:
    """Return Slack's message object plus what only the page needs."""
    view = message_payload(workspace, message) | {"channel": message.channel_id}
    if message.visible_to is not None:
        view["is_ephemeral"] = True
    if message.streaming:
        view["streaming"] = True
    return view


def _shown(message: Message, viewer: str | None) -> bool:
    return message.visible_to is None or viewer is None or message.visible_to == viewer


def message_page(
    workspace: Workspace, channel: Channel, viewer: str | None, *, thread_ts: str | None, before: str | None, limit: int
) -> tuple[list[Json], bool]:
    """Return the last `limit` messages of a channel or thread before a timestamp, and whether there are older."""
    log = workspace.log(channel.id)
    end = {"before": before} if before else {}
    if thread_ts is None:
        messages = log.top_level(**end)
    else:
        root = log.get(thread_ts)
        messages = [*([root] if root else []), *log.replies(thread_ts, **end)]
    shown = [message for message in messages if _shown(message, viewer)]
    return [message_view(workspace, message) for message in shown[-limit:]], len(shown) > limit
