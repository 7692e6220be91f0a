"""Slack's events: which of a workspace's changes the bot is told about, and in what words.

As in Slack, the bot hears of conversations it is in, and of its own messages too: a bot has to ignore itself.
"""

from collections.abc import Callable
from typing import Any

from bot.playground import changes, message_events
from bot.playground.entities import Json
from bot.playground.ids import fresh_id
from bot.playground.message_events import heard
from bot.playground.payloads import (
    channel_payload,
    person_payload,
    user_group_payload,
)
from bot.playground.workspace import Workspace


def slack_events(workspace: Workspace, change: changes.Change) -> list[Json]:
    """Return the inner events that Slack would send the bot for a change, in Slack's order; often none."""
    to_events = _EVENTS.get(type(change))
    return to_events(workspace, change) if to_events else []


def event_callback(workspace: Workspace, event: Json) -> Json:
    """Return the outer payload of an event: what Socket Mode's envelope holds, and what HTTP mode posts."""
    return {
        "token": "playground",
        "team_id": workspace.team.id,
        "context_team_id": workspace.team.id,
        "api_app_id": workspace.app.id,
        "event": event,
        "type": "event_callback",
        "event_id": fresh_id("Ev"),
        "event_time": workspace.seconds(),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": workspace.team.id,
                "user_id": workspace.app.bot_user_id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
    }


def _member(workspace: Workspace, change: changes.MemberChanged) -> list[Json]:
    if not heard(workspace, change.channel) and change.user_id != workspace.app.bot_user_id:
        return []
    event: Json = {
        "type": "member_joined_channel" if change.joined else "member_left_channel",
        "user": change.user_id,
        "channel": change.channel.id,
        "channel_type": "G" if change.channel.is_private else "C",
        "team": workspace.team.id,
        "event_ts": change.event_ts,
    }
    if change.inviter:
        event["inviter"] = change.inviter
    if not change.joined and change.user_id == workspace.app.bot_user_id:
        gone: Json = {"type": "group_left" if change.channel.is_private else "channel_left"}
        return [event, gone | {"channel": change.channel.id, "event_ts": change.event_ts}]
    return [event]


def _altered(workspace: Workspace, change: changes.ChannelAltered) -> list[Json]:
    channel = change.channel
    if channel.is_private and (change.what == "created" or not heard(workspace, channel)):
        return []
    event: Json = {"type": f"{'group' if channel.is_private else 'channel'}_{change.what}", "event_ts": change.event_ts}
    if change.what in ("created", "rename"):
        payload = channel_payload(workspace, channel, workspace.app.bot_user_id)
        renamed = ("id", "is_channel", "is_mpim", "name", "name_normalized", "created")
        keys = renamed if change.what == "rename" else tuple(payload)
        return [event | {"channel": {key: payload[key] for key in keys}}]
    return [event | {"channel": channel.id, "user": change.user_id}]


def _channel(workspace: Workspace, change: changes.ChannelChanged) -> list[Json]:
    channel = change.channel
    if change.only_for is not None or channel.kind != "im" or not heard(workspace, channel):
        return []
    payload = channel_payload(workspace, channel, workspace.app.bot_user_id)
    return [
        {"type": "im_created", "user": payload["user"], "channel": payload, "event_ts": workspace.timestamps.next()}
    ]


def _home(_workspace: Workspace, change: changes.HomeOpened) -> list[Json]:
    event: Json = {
        "type": "app_home_opened",
        "user": change.user_id,
        "channel": change.channel_id,
        "tab": change.tab,
        "event_ts": change.event_ts,
    }
    if change.view is not None:
        event["view"] = change.view
    return [event]


def _person(workspace: Workspace, change: changes.PersonChanged) -> list[Json]:
    user = person_payload(workspace, change.person)
    if "users:read.email" not in workspace.app.granted:
        del user["profile"]["email"]
    event_ts = workspace.timestamps.next()
    return [{"type": "user_change", "user": user, "cache_ts": workspace.seconds(), "event_ts": event_ts}]


def _user_group(workspace: Workspace, change: changes.UserGroupChanged) -> list[Json]:
    group, before = change.user_group, change.before
    payload = user_group_payload(workspace, group, with_users=True)
    kind = "subteam_created" if before is None else "subteam_updated"
    events: list[Json] = [{"type": kind, "subteam": payload, "event_ts": workspace.timestamps.next()}]
    if before is not None and set(before.members) != set(group.members):
        added = [member for member in group.members if member not in before.members]
        removed = [member for member in before.members if member not in group.members]
        events.append(
            {
                "type": "subteam_members_changed",
                "subteam_id": group.id,
                "team_id": workspace.team.id,
                "date_previous_update": before.updated,
                "date_update": group.updated,
                "added_users": added,
                "added_users_count": len(added),
                "removed_users": removed,
                "removed_users_count": len(removed),
                "event_ts": workspace.timestamps.next(),
            }
        )
    return events


_EVENTS: dict[type, Callable[[Workspace, Any], list[Json]]] = {
    changes.MessagePosted: message_events.posted,
    changes.MessageEdited: message_events.edited,
    changes.MessageDeleted: message_events.deleted,
    changes.ReactionChanged: message_events.reaction,
    changes.MemberChanged: _member,
    changes.ChannelAltered: _altered,
    changes.ChannelChanged: _channel,
    changes.HomeOpened: _home,
    changes.FileShared: message_events.file_shared,
    changes.PersonChanged: _person,
    changes.PinChanged: message_events.pin,
    changes.UserGroupChanged: _user_group,
}
