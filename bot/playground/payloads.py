"""Slack's JSON for people, conversations, messages and user groups."""

from bot.playground.entities import Channel, Json, Message, Person, Team, UserGroup
from bot.playground.workspace import Workspace


def team_payload(team: Team, *, origin: str) -> Json:
    """Return team.info's `team`."""
    return {
        "id": team.id,
        "name": team.name,
        "domain": team.domain,
        "url": f"{origin}/",
        "email_domain": "",
        "icon": {"image_default": True},
    }


def person_payload(workspace: Workspace, person: Person) -> Json:
    """Return a user object as users.info has it."""
    payload: Json = {
        "id": person.id,
        "team_id": workspace.team.id,
        "name": person.name,
        "deleted": False,
        "color": person.color.removeprefix("#"),
        "real_name": person.real_name,
        "tz": "Etc/UTC",
        "tz_label": "Coordinated Universal Time",
        "tz_offset": 0,
        "profile": _profile(workspace, person),
        "is_admin": person.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_bot": person.is_bot,
        "is_app_user": False,
        "is_email_confirmed": not person.is_bot,
        "who_can_share_contact_card": "EVERYONE",
        "updated": person.updated,
    }
    return payload


def _profile(workspace: Workspace, person: Person) -> Json:
    first, _, last = person.real_name.partition(" ")
    handle = "" if person.is_bot else person.name
    display_name = handle if person.display_name is None else person.display_name
    profile: Json = {
        "first_name": first,
        "last_name": last,
        "title": person.title,
        "phone": "",
        "skype": "",
        "real_name": person.real_name,
        "real_name_normalized": person.real_name,
        "display_name": display_name,
        "display_name_normalized": display_name,
        "status_text": "",
        "status_emoji": "",
        "status_expiration": 0,
        "avatar_hash": "",
        "team": workspace.team.id,
    }
    if person.is_bot:
        profile |= {"api_app_id": workspace.app.id, "bot_id": workspace.app.bot_id, "always_active": True}
    else:
        profile["email"] = f"{person.name}@{workspace.team.domain}.example"
    return profile


def user_group_payload(workspace: Workspace, group: UserGroup, *, with_users: bool) -> Json:
    """Return a user group as usergroups.list has it."""
    payload: Json = {
        "id": group.id,
        "team_id": workspace.team.id,
        "is_usergroup": True,
        "is_subteam": True,
        "name": group.name,
        "description": group.description,
        "handle": group.handle,
        "is_external": False,
        "date_create": group.created or group.updated,
        "date_update": group.updated,
        "date_delete": group.disabled,
        "auto_type": None,
        "auto_provision": False,
        "enterprise_subteam_id": "",
        "created_by": group.created_by or next(iter(group.members), ""),
        "updated_by": group.updated_by or next(iter(group.members), ""),
        "deleted_by": group.updated_by if group.disabled else None,
        "prefs": {"channels": [], "groups": []},
        "channel_count": 0,
        "user_count": len(group.members),
    }
    if with_users:
        payload["users"] = list(group.members)
    return payload


def channel_payload(workspace: Workspace, channel: Channel, viewer: str) -> Json:
    """Return a conversation object as conversations.info has it for `viewer`."""
    payload: Json = {
        "id": channel.id,
        "created": channel.created,
        "creator": channel.creator,
        "is_archived": channel.is_archived,
        "is_im": channel.kind == "im",
        "is_mpim": channel.kind == "mpim",
        "is_private": channel.is_private,
        "is_org_shared": False,
        "context_team_id": workspace.team.id,
        "updated": channel.created * 1000,
    }
    if channel.kind == "im":
        other = next((member for member in channel.members if member != viewer), viewer)
        return payload | {"user": other, "is_user_deleted": False, "priority": 0, "is_open": True}
    payload |= {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "group",
        "is_general": channel.name == "general",
        "is_shared": False,
        "is_ext_shared": False,
        "is_pending_ext_shared": False,
        "is_member": viewer in channel.members,
        "unlinked": 0,
        "shared_team_ids": [workspace.team.id],
        "pending_shared": [],
        "pending_connected_team_ids": [],
        "parent_conversation": None,
        "previous_names": [],
        "topic": {"value": channel.topic, "creator": channel.creator if channel.topic else "", "last_set": 0},
        "purpose": {"value": channel.purpose, "creator": channel.creator if channel.purpose else "", "last_set": 0},
        "num_members": len(channel.members),
    }
    if viewer in channel.members:
        payload["last_read"] = workspace.last_read(viewer, channel.id)
    return payload


def message_payload(workspace: Workspace, message: Message) -> Json:
    """Return a message as conversations.history has it, with thread counts on a thread's first message."""
    payload: Json = {"type": "message", "user": message.user_id, "text": message.text, "ts": message.ts}
    payload["team"] = workspace.team.id
    if message.subtype:
        payload["subtype"] = message.subtype
    if message.by_app:
        payload |= {"bot_id": workspace.app.bot_id, "app_id": workspace.app.id, "bot_profile": bot_profile(workspace)}
    for key in ("blocks", "attachments", "files"):
        if getattr(message, key):
            payload[key] = getattr(message, key)
    if message.edited_by and message.edited_ts:
        payload["edited"] = {"user": message.edited_by, "ts": message.edited_ts}
    if message.reactions:
        payload["reactions"] = [
            {"name": name, "users": list(users), "count": len(users)} for name, users in message.reactions.items()
        ]
    if message.broadcast and (root := workspace.log(message.channel_id).get(message.root_ts)):
        payload["root"] = message_payload(workspace, root)
    if message.subtype == "tombstone":
        payload["hidden"] = True
    if any(pin["ts"] == message.ts for pin in workspace.pins.get(message.channel_id, [])):
        payload["pinned_to"] = [message.channel_id]
    return payload | message.extra | _thread_fields(workspace, message)


def _thread_fields(workspace: Workspace, message: Message) -> Json:
    if message.thread_ts is not None:
        root = workspace.log(message.channel_id).get(message.thread_ts)
        fields: Json = {"thread_ts": message.thread_ts}
        if root is not None:
            fields["parent_user_id"] = root.user_id
        return fields
    replies = [reply for reply in workspace.log(message.channel_id).replies(message.ts) if reply.visible_to is None]
    if not replies:
        return {}
    users = list(dict.fromkeys(reply.user_id for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
        "reply_users": users[:5],
        "is_locked": False,
        "subscribed": False,
    }


def permalink(origin: str, message: Message) -> str:
    """Return a message's address, in the form of Slack's own."""
    address = f"{origin}/archives/{message.channel_id}/p{message.ts.replace('.', '')}"
    return f"{address}?thread_ts={message.thread_ts}&cid={message.channel_id}" if message.thread_ts else address


def pin_payload(workspace: Workspace, message: Message, pin: Json) -> Json:
    """Return a pinned message as pins.list has it."""
    return {"type": "message", "channel": message.channel_id, **pin, "message": message_payload(workspace, message)}


def bot_profile(workspace: Workspace) -> Json:
    """Return what Slack says of the app beside each of its messages."""
    return {
        "id": workspace.app.bot_id,
        "app_id": workspace.app.id,
        "user_id": workspace.app.bot_user_id,
        "name": workspace.bot.real_name,
        "icons": {},
        "deleted": False,
        "updated": workspace.bot.updated,
        "team_id": workspace.team.id,
    }
