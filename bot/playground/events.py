"""Slack's events: which of a workspace's changes the bot is told about, and in what words.

As in Slack, the bot hears of conversations it is in, and of its own messages too: a bot has to ignore itself.
"""

from collections.abc import Callable
from typing import Any

from bot.playground import changes
from bot.playground.entities import Channel, Json, Message
from bot.playground.ids import fresh_id
from bot.playground.payloads import channel_payload, message_payload, user_group_payload
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


def _heard(workspace: Workspace, channel: Channel) -> bool:
    return workspace.app.bot_user_id in channel.members


def _placed(channel: Channel) -> Json:
    return {"channel": channel.id, "channel_type": channel.kind}


def _posted(workspace: Workspace, change: changes.MessagePosted) -> list[Json]:
    message = change.message
    channel = workspace.channels[message.channel_id]
    if message.visible_to is not None or not _heard(workspace, channel):
        return []
    payload = message_payload(workspace, message)
    if message.broadcast:
        payload["root"] = _root(workspace, message)
    sent = [payload | _placed(channel) | {"event_ts": message.ts}]
    mention = f"<@{workspace.app.bot_user_id}"
    # Slack sends no app_mention in a direct conversation, nor for the app's own messages or a join.
    if mention in message.text and not (message.by_app or message.subtype or channel.kind == "im"):
        sent.append(payload | {"type": "app_mention", "channel": channel.id, "event_ts": message.ts})
    return sent


def _root(workspace: Workspace, message: Message) -> Json | None:
    root = workspace.log(message.channel_id).get(message.root_ts)
    return message_payload(workspace, root) if root else None


def _edited(workspace: Workspace, change: changes.MessageEdited) -> list[Json]:
    channel = workspace.channels[change.after.channel_id]
    if change.after.visible_to is not None or not _heard(workspace, channel):
        return []
    event_ts = change.after.edited_ts or workspace.timestamps.next()
    return [
        {
            "type": "message",
            "subtype": "message_changed",
            "message": message_payload(workspace, change.after),
            "previous_message": message_payload(workspace, change.before),
            **_placed(channel),
            "hidden": True,
            "ts": event_ts,
            "event_ts": event_ts,
        }
    ]


def _deleted(workspace: Workspace, change: changes.MessageDeleted) -> list[Json]:
    channel = workspace.channels[change.message.channel_id]
    if change.message.visible_to is not None or not _heard(workspace, channel):
        return []
    return [
        {
            "type": "message",
            "subtype": "message_deleted",
            "previous_message": message_payload(workspace, change.message),
            **_placed(channel),
            "hidden": True,
            "deleted_ts": change.message.ts,
            "ts": change.deleted_ts,
            "event_ts": change.deleted_ts,
        }
    ]


def _reaction(workspace: Workspace, change: changes.ReactionChanged) -> list[Json]:
    message = change.message
    if not _heard(workspace, workspace.channels[message.channel_id]):
        return []
    # There is no thread_ts here: Slack sends none either.
    return [
        {
            "type": "reaction_added" if change.added else "reaction_removed",
            "user": change.user_id,
            "reaction": change.name,
            "item": {"type": "message", "channel": message.channel_id, "ts": message.ts},
            "item_user": message.user_id,
            "event_ts": change.event_ts,
        }
    ]


def _member(workspace: Workspace, change: changes.MemberChanged) -> list[Json]:
    if not _heard(workspace, change.channel) and change.user_id != workspace.app.bot_user_id:
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
    return [event]


def _channel(workspace: Workspace, change: changes.ChannelChanged) -> list[Json]:
    channel = change.channel
    if change.only_for is not None or channel.kind != "im" or not _heard(workspace, channel):
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


def _file(workspace: Workspace, change: changes.FileShared) -> list[Json]:
    if not _heard(workspace, change.channel):
        return []
    return [
        {
            "type": "file_shared",
            "file_id": change.file_id,
            "user_id": change.user_id,
            "file": {"id": change.file_id},
            "channel_id": change.channel.id,
            "event_ts": change.event_ts,
        }
    ]


def _user_group(workspace: Workspace, change: changes.UserGroupChanged) -> list[Json]:
    payload = user_group_payload(workspace, change.user_group, with_users=True)
    return [{"type": "subteam_updated", "subteam": payload, "event_ts": workspace.timestamps.next()}]


_EVENTS: dict[type, Callable[[Workspace, Any], list[Json]]] = {
    changes.MessagePosted: _posted,
    changes.MessageEdited: _edited,
    changes.MessageDeleted: _deleted,
    changes.ReactionChanged: _reaction,
    changes.MemberChanged: _member,
    changes.ChannelChanged: _channel,
    changes.HomeOpened: _home,
    changes.FileShared: _file,
    changes.UserGroupChanged: _user_group,
}
