"""chat.*: posting, updating, deleting."""

from typing import Any

from bot.playground import messaging
from bot.playground.blocks import MESSAGE, check_blocks
from bot.playground.entities import Channel, Json, Message
from bot.playground.errors import SlackError
from bot.playground.membership import open_direct
from bot.playground.payloads import message_payload, permalink
from bot.playground.statuses import clear_status
from bot.playground.web_api.call import Call

MAX_POSTED_TEXT = 40_000
MAX_UPDATED_TEXT = 4_000
MAX_ATTACHMENTS = 100


def post_message(call: Call) -> Json:
    """chat.postMessage: to a channel the bot is in, a public one, or a person (by user id)."""
    channel = _target(call)
    content = _content(call, MAX_POSTED_TEXT)
    message = messaging.post(
        call.workspace,
        channel,
        call.bot,
        content.pop("text"),
        thread_ts=call.args.ts("thread_ts", "invalid_thread_ts"),
        broadcast=call.args.flag("reply_broadcast") and call.args.has("thread_ts"),
        subtype="thread_broadcast" if call.args.flag("reply_broadcast") and call.args.has("thread_ts") else None,
        by_app=True,
        **content,
    )
    clear_status(call.workspace, channel.id, message.root_ts)
    return {"channel": channel.id, "ts": message.ts, "message": message_payload(call.workspace, message)}


def post_ephemeral(call: Call) -> Json:
    """chat.postEphemeral: to one member of a channel the bot is in."""
    channel = call.joined_channel()
    person = call.person()
    if person.id not in channel.members:
        raise SlackError("user_not_in_channel")
    content = _content(call, MAX_POSTED_TEXT)
    message = messaging.post(
        call.workspace,
        channel,
        call.bot,
        content.pop("text"),
        thread_ts=call.args.ts("thread_ts", "invalid_thread_ts"),
        by_app=True,
        visible_to=person.id,
        **content,
    )
    return {"message_ts": message.ts}


def update(call: Call) -> Json:
    """chat.update: the bot's own messages only. Text alone removes the blocks; without text, what is not sent stays."""
    channel = call.visible_channel()
    message = call.message(channel)
    if not message.by_app:
        raise SlackError("cant_update_message")
    if channel.is_archived:
        raise SlackError("is_inactive")
    if message.streaming:
        raise SlackError("streaming_state_conflict")
    content = _content(call, MAX_UPDATED_TEXT, known=message)
    sent = {key for key in content if call.args.values.get(key) is not None} | {"extra"}
    if call.args.has("text") or call.args.has("markdown_text"):
        sent |= {"text", "blocks"}
    content = {key: value for key, value in content.items() if key in sent}
    # Slack leaves its "(edited)" mark on a change of text, not on one of blocks.
    edited_by = None if content.get("blocks") else call.bot.id
    message = messaging.edit(call.workspace, message, edited_by=edited_by, **content)
    payload = message_payload(call.workspace, message)
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": payload}


def delete(call: Call) -> Json:
    """chat.delete: the bot's own messages only."""
    channel = call.visible_channel()
    message = call.message(channel)
    if not message.by_app:
        raise SlackError("cant_delete_message")
    messaging.delete(call.workspace, message)
    return {"channel": channel.id, "ts": message.ts}


def get_permalink(call: Call) -> Json:
    """chat.getPermalink: an address of the playground's own page."""
    channel = call.visible_channel()
    message = call.message(channel, "message_ts")
    return {"channel": channel.id, "permalink": permalink(call.origin, message)}


def _target(call: Call) -> Channel:
    ref = call.args.required("channel", "channel_not_found")
    person = call.workspace.people.get(ref)
    if person is not None:
        return open_direct(call.workspace, call.bot, person)
    if ref.startswith("#") or ref not in call.workspace.channels:
        call.args.values["channel"] = call.workspace.channel(ref).id
    return call.joined_channel()


def metadata_of(call: Call) -> Json | None:
    """Return a message's metadata as sent, None without; raises SlackError `invalid_metadata_format`."""
    metadata: Json | None = call.args.json("metadata", dict, "invalid_metadata_format")
    if metadata is None:
        return None
    if not (isinstance(metadata.get("event_type"), str) and isinstance(metadata.get("event_payload"), dict)):
        raise SlackError("invalid_metadata_format")
    return metadata


def _content(call: Call, max_text: int, *, known: Message | None = None) -> dict[str, Any]:
    """Return text, blocks, attachments and metadata as sent; raises SlackError `no_text`, `msg_too_long`…"""
    blocks = call.args.json("blocks", list, "invalid_blocks_format") or []
    attachments = call.args.json("attachments", list, "invalid_attachments") or []
    if not all(isinstance(attachment, dict) for attachment in attachments):
        raise SlackError("invalid_attachments")
    metadata = metadata_of(call)
    if call.args.has("markdown_text"):
        if blocks or call.args.has("text"):
            raise SlackError("markdown_text_conflict")
        blocks = [{"type": "markdown", "text": call.args.text("markdown_text")}]
    text = call.args.text("text")
    emptied = known is not None and "blocks" in call.args.values and known.text
    if not (text or blocks or attachments or emptied):
        raise SlackError("no_text")
    if len(text) > max_text:
        raise SlackError("msg_too_long")
    if len(attachments) > MAX_ATTACHMENTS:
        raise SlackError("too_many_attachments")
    check_blocks(blocks, MESSAGE)
    extra = dict(known.extra) if known else {}
    if metadata is not None:
        extra["metadata"] = metadata
    for key in ("username", "icon_emoji"):
        if call.args.has(key):
            extra[key] = call.args.text(key)
    identified = messaging.with_block_ids(blocks, call.workspace)
    return {"text": text, "blocks": identified, "attachments": attachments, "extra": extra}
