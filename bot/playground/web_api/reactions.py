"""reactions.* and pins.*: marks on messages."""

from bot.playground import messaging, pins
from bot.playground.entities import Json, Message
from bot.playground.errors import SlackError
from bot.playground.pages import numbered_page
from bot.playground.payloads import message_payload, permalink, pin_payload
from bot.playground.web_api.call import Call


def add(call: Call) -> Json:
    """reactions.add."""
    name = call.args.required("name", "invalid_name")
    messaging.react(call.workspace, _message(call), call.bot.id, name)
    return {}


def remove(call: Call) -> Json:
    """reactions.remove."""
    name = call.args.required("name", "invalid_name")
    messaging.unreact(call.workspace, _message(call), call.bot.id, name)
    return {}


def get(call: Call) -> Json:
    """reactions.get: the message, with who reacted."""
    message = _message(call)
    payload = message_payload(call.workspace, message) | {"permalink": permalink(call.origin, message)}
    return {"type": "message", "channel": message.channel_id, "message": payload}


def list_all(call: Call) -> Json:
    """reactions.list: the messages that `user`, by default the bot, has reacted to, as far as the bot may see them."""
    user_id = call.person().id if call.args.has("user") else call.bot.id
    found = [
        message
        for channel in call.workspace.channels.values()
        if call.bot.id in channel.members
        for message in call.workspace.log(channel.id)
        if any(user_id in users for users in message.reactions.values())
    ]
    found.sort(key=lambda message: message.ts, reverse=True)
    limit = call.args.integer("limit", 100, low=1, high=1000, error="invalid_limit")
    page, cursor = numbered_page(found, call.args.text("cursor"), limit)
    items = [
        {"type": "message", "channel": message.channel_id, "message": message_payload(call.workspace, message)}
        for message in page
    ]
    return {"items": items, "response_metadata": {"next_cursor": cursor}}


def pins_add(call: Call) -> Json:
    """pins.add."""
    pins.pin(call.workspace, _message(call), call.bot.id)
    return {}


def pins_remove(call: Call) -> Json:
    """pins.remove."""
    pins.unpin(call.workspace, _message(call), call.bot.id)
    return {}


def pins_list(call: Call) -> Json:
    """pins.list, the newest first."""
    channel = call.joined_channel()
    items = [pin_payload(call.workspace, message, by) for message, by in pins.pinned(call.workspace, channel.id)]
    return {"items": items}


def _message(call: Call) -> Message:
    channel = call.joined_channel()
    if not call.args.has("timestamp"):
        raise SlackError("no_item_specified")
    return call.message(channel, "timestamp")
