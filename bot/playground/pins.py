"""Pinned messages."""

from bot.playground import messaging
from bot.playground.changes import PinChanged
from bot.playground.entities import Json, Message
from bot.playground.errors import SlackError
from bot.playground.workspace import Workspace


def pin(workspace: Workspace, message: Message, user_id: str) -> None:
    """Pin a message; raises SlackError `already_pinned` or `is_archived`."""
    messaging.refuse_archived(workspace.channels[message.channel_id])
    pins = workspace.pins.get(message.channel_id, [])
    if _pin_of(message, pins) is not None:
        raise SlackError("already_pinned", "This message is pinned already.")
    new = {"ts": message.ts, "created": workspace.seconds(), "created_by": user_id}
    workspace.save_pins(message.channel_id, [*pins, new])
    _announce(workspace, message, new, user_id, added=True)


def unpin(workspace: Workspace, message: Message, user_id: str) -> None:
    """Take a pin off; raises SlackError `no_pin`."""
    pins = workspace.pins.get(message.channel_id, [])
    old = _pin_of(message, pins)
    if old is None:
        raise SlackError("no_pin", "This message is not pinned.")
    workspace.save_pins(message.channel_id, [other for other in pins if other is not old])
    _announce(workspace, message, old, user_id, added=False)


def pinned(workspace: Workspace, channel_id: str) -> list[tuple[Message, Json]]:
    """Return a channel's pinned messages that are still there, each with Slack's marks, the newest pin first."""
    log = workspace.log(channel_id)
    found = [(log.get(entry["ts"]), marks(entry)) for entry in reversed(workspace.pins.get(channel_id, []))]
    return [(message, by) for message, by in found if message is not None]


def marks(entry: Json) -> Json:
    """Return when something was pinned, and by whom."""
    return {"created": entry["created"], "created_by": entry["created_by"]}


def _pin_of(message: Message, pins: list[Json]) -> Json | None:
    return next((entry for entry in pins if entry["ts"] == message.ts), None)


def _announce(workspace: Workspace, message: Message, entry: Json, user_id: str, *, added: bool) -> None:
    workspace.announce(PinChanged(message, marks(entry), user_id, added, workspace.timestamps.next()))
