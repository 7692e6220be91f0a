"""What is kept of an event until it has been handled: what the handler needs, and no text as it was written."""

from typing import Any

from bot.collecting.redaction.redacting import redact_sources
from bot.slack.mrkdwn import escape
from bot.slack.payloads import ButtonClick, CommandCall, files_gone, files_of

CHANGES = ("message_changed", "message_deleted")
# What people say to each other, rather than what Slack says of edits, joins and the like.
SAID = (None, "file_share", "thread_broadcast")
# A message whose files are for Timbre to read. Slack knows no such type.
UPLOAD = "upload"
# What somebody typed or pressed that takes a while. These are types of ours, too.
COMMAND = "command"
SHARE = "share"
_QUESTION = ("type", "subtype", "channel", "channel_type", "user", "ts", "thread_ts", "event_ts")
_REACTION = ("type", "user", "reaction", "item", "event_ts")


def kept_of(event: dict[str, Any], *, region: str) -> dict[str, Any]:
    """Return what is stored of an event."""
    if event["type"] in ("reaction_added", "reaction_removed"):
        return _picked(event, _REACTION)
    if event["type"] == "app_home_opened":
        return _picked(event, ("type", "user", "tab", "channel", "event_ts"))
    if event["type"] == "file_deleted":
        return _picked(event, ("type", "file_id", "event_ts"))
    if event["type"] == "message" and event.get("subtype") in CHANGES:
        return _change(event)
    (text,) = redact_sources(event.get("text") or "", region=region)
    # Escaped, because it is read as Slack writes text.
    return {**_picked(event, _QUESTION), "text": escape(text.text)}


def kept_upload(event: dict[str, Any], *, region: str) -> dict[str, Any]:
    """Return what is stored of a message with files: besides what was said, their ids alone."""
    return {**kept_of(event, region=region), "type": UPLOAD, "files": list(files_of(event))}


def kept_command(call: CommandCall, *, response_url: str, region: str) -> dict[str, Any]:
    """Return what is stored of a slash command."""
    (text,) = redact_sources(" ".join(call.arguments), region=region)
    return {
        "type": COMMAND,
        "key": call.key,
        "channel": call.channel_id,
        "user": call.user_id,
        "name": call.name,
        "arguments": text.text.split(),
        "response_url": response_url,
    }


def kept_share(click: ButtonClick) -> dict[str, Any]:
    """Return what is stored of a click that shares an answer."""
    return {
        "type": SHARE,
        "answer_id": int(click.value),
        "channel": click.channel_id,
        "user": click.user_id,
        "response_url": click.response_url,
    }


def is_change_of_words(event: dict[str, Any]) -> bool:
    """Return whether a person's message was deleted, or says something else now: not that a link was unfurled."""
    before, after = event.get("previous_message") or {}, event.get("message") or {}
    if before.get("bot_id") or after.get("bot_id"):
        return False
    return is_deletion(event) or bool(before.get("text") != after.get("text"))


def is_deletion(event: dict[str, Any]) -> bool:
    """Return whether a message that changed is gone: what began a thread leaves a tombstone."""
    return event["subtype"] == "message_deleted" or (event.get("message") or {}).get("subtype") == "tombstone"


def _change(event: dict[str, Any]) -> dict[str, Any]:
    message = event.get("previous_message") or event.get("message") or {}
    ts = event.get("deleted_ts") or message.get("ts", "")
    thread_ts = message.get("thread_ts")
    return {
        **_picked(event, ("type", "subtype", "channel", "channel_type", "event_ts")),
        "files": list(files_gone(event)),
        "is_deleted": is_deletion(event),
        "message_ts": ts,
        "thread_ts": thread_ts if thread_ts and thread_ts != ts else None,
    }


def _picked(event: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: event[name] for name in names if name in event}
