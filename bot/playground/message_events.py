"""Slack's events about what is said: messages, reactions, pins, files."""

from bot.playground import changes
from bot.playground.entities import Channel, Json
from bot.playground.payloads import message_payload, pin_payload
from bot.playground.workspace import Workspace


def heard(workspace: Workspace, channel: Channel) -> bool:
    """Say whether the bot hears of a conversation: only of those it is in."""
    return workspace.app.bot_user_id in channel.members


def _placed(channel: Channel) -> Json:
    return {"channel": channel.id, "channel_type": channel.kind}


def posted(workspace: Workspace, change: changes.MessagePosted) -> list[Json]:
    """Return `message`, and `app_mention` when it names the bot."""
    message = change.message
    channel = workspace.channels[message.channel_id]
    if message.visible_to is not None or not heard(workspace, channel):
        return []
    payload = message_payload(workspace, message)
    sent = [payload | _placed(channel) | {"event_ts": message.ts}]
    mention = f"<@{workspace.app.bot_user_id}"
    # Slack sends no app_mention in a direct conversation, nor for the app's own messages or a join.
    if mention in message.text and not (message.by_app or message.subtype or channel.kind == "im"):
        sent.append(payload | {"type": "app_mention", "channel": channel.id, "event_ts": message.ts})
    return sent


def edited(workspace: Workspace, change: changes.MessageEdited) -> list[Json]:
    """Return `message` of the subtype `message_changed`."""
    channel = workspace.channels[change.after.channel_id]
    if change.after.visible_to is not None or not heard(workspace, channel):
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


def deleted(workspace: Workspace, change: changes.MessageDeleted) -> list[Json]:
    """Return `message` of the subtype `message_deleted`."""
    channel = workspace.channels[change.message.channel_id]
    if change.message.visible_to is not None or not heard(workspace, channel):
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


def reaction(workspace: Workspace, change: changes.ReactionChanged) -> list[Json]:
    """Return `reaction_added` or `reaction_removed`."""
    message = change.message
    if not heard(workspace, workspace.channels[message.channel_id]):
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


def pin(workspace: Workspace, change: changes.PinChanged) -> list[Json]:
    """Return `pin_added` or `pin_removed`."""
    message = change.message
    if not heard(workspace, workspace.channels[message.channel_id]):
        return []
    pins = workspace.pins.get(message.channel_id, [])
    event: Json = {
        "type": "pin_added" if change.added else "pin_removed",
        "user": change.user_id,
        "channel_id": message.channel_id,
        "item": pin_payload(workspace, message, change.pin),
        "item_user": message.user_id,
        "pin_count": len(pins),
        "pinned_info": {
            "channel": message.channel_id,
            "pinned_by": change.pin["created_by"],
            "pinned_ts": change.pin["created"],
        },
        "event_ts": change.event_ts,
    }
    return [event if change.added else event | {"has_pins": bool(pins)}]


def file_shared(workspace: Workspace, change: changes.FileShared) -> list[Json]:
    """Return `file_shared`."""
    if not heard(workspace, change.channel):
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
