"""Which events an app is sent, by the names that one subscribes to them under."""

import re

from bot.playground.entities import Json
from bot.playground.errors import SlackError
from bot.playground.scope_names import EVENT_SCOPES, FAMILIES

EVENT_NAMES = frozenset(
    {*EVENT_SCOPES, "app_home_opened", "member_joined_channel", "member_left_channel"}
    | {f"message.{family}" for family in FAMILIES.values()}
    | {f"channel_{act}" for act in ("created", "rename", "archive", "unarchive", "left")}
    | {f"group_{act}" for act in ("rename", "archive", "unarchive", "left")}
    | {f"subteam_{act}" for act in ("created", "updated", "members_changed")}
)
"""Every event that the playground sends."""

_NAME = re.compile(r"[a-z_]+(?:\.[a-z_]+)?")


def event_name(event: Json) -> str:
    """Return what one subscribes to for an event: reaction_added, or message.channels for a message in a channel."""
    kind: str = event["type"]
    return f"message.{FAMILIES[event['channel_type']]}" if kind == "message" else kind


def subscribed(names: tuple[str, ...] | None, event: Json) -> bool:
    """Say whether an app that subscribes to `names`, None for everything, is sent an event."""
    return names is None or event_name(event) in names


def checked_names(names: object) -> tuple[str, ...]:
    """Return a list's event names, each once; raises SlackError for what cannot be one."""
    if not isinstance(names, list):
        raise SlackError("invalid_arguments", "events is a list of names, such as message.channels.")
    for name in names:
        if name == "message":
            raise SlackError("invalid_arguments", "Subscribe to message.channels, .groups, .im or .mpim.")
        if not (isinstance(name, str) and _NAME.fullmatch(name)):
            raise SlackError("invalid_arguments", f"{name!r} is not an event; one looks like reaction_added.")
    return tuple(dict.fromkeys(str(name) for name in names))
