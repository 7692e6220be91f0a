"""What a bot's token may do and hear, by the scopes it is granted."""

from collections.abc import Iterable

from bot.playground.entities import Channel, Json
from bot.playground.errors import SlackError
from bot.playground.scope_names import EVENT_SCOPES, FAMILIES, FAMILY_VERBS, METHOD_SCOPES


def family_scope(channel: Channel, verb: str) -> str:
    """Return the scope for doing something with one conversation."""
    return _family_scope(FAMILIES[channel.kind], verb)


def accepted_scopes(method: str) -> tuple[str, ...]:
    """Return the scopes of which a method wants one; none for a method that anybody may call."""
    if method in FAMILY_VERBS:
        return tuple(_family_scope(family, FAMILY_VERBS[method]) for family in FAMILIES.values())
    return (METHOD_SCOPES[method],) if method in METHOD_SCOPES else ()


def demand(granted: tuple[str, ...], accepted: Iterable[str]) -> None:
    """Raise SlackError `missing_scope` unless one of `accepted` is granted, or none is wanted."""
    wanted = tuple(accepted)
    if wanted and not set(wanted) & set(granted):
        raise SlackError("missing_scope", needed=",".join(wanted), provided=",".join(granted))


def hears(granted: tuple[str, ...], event: Json) -> bool:
    """Say whether a token with these scopes is sent an event."""
    scope = _event_scope(event)
    return scope is None or scope in granted


def _event_scope(event: Json) -> str | None:
    kind: str = event["type"]
    if kind == "message":
        return f"{FAMILIES[event['channel_type']]}:history"
    if kind in ("member_joined_channel", "member_left_channel"):
        return "groups:read" if event["channel_type"] == "G" else "channels:read"
    family, _, _ = kind.partition("_")
    families = {"channel": "channels:read", "group": "groups:read", "subteam": "usergroups:read"}
    return EVENT_SCOPES.get(kind) or families.get(family)


def _family_scope(family: str, verb: str) -> str:
    return "channels:manage" if (family, verb) == ("channels", "write") else f"{family}:{verb}"
