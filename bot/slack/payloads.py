"""Slack's payloads as typed values. Nothing behind the listeners sees a `body`."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import uuid4

from bot.slack.asides import Aside
from bot.slack.mrkdwn import unescape

MENTION = re.compile(r"<@[A-Z0-9]+(?:\|[^>]*)?>")


def emoji_name(reaction: str) -> str:
    """Return a reaction's name without its skin tone, which comes as "+1::skin-tone-3"."""
    return reaction.partition("::")[0]


@dataclass(frozen=True)
class ReactionChange:
    """Somebody put a reaction on a message at `ts`, or took it off."""

    team_id: str
    channel_id: str
    message_ts: str
    user_id: str
    emoji: str
    is_added: bool
    ts: str

    @classmethod
    def from_event(cls, event: dict[str, Any], *, team_id: str) -> "ReactionChange":
        """Read a reaction that was added to a message or removed."""
        return cls(
            team_id=team_id,
            channel_id=event["item"]["channel"],
            message_ts=event["item"]["ts"],
            user_id=event.get("user", ""),
            emoji=emoji_name(event["reaction"]),
            is_added=event["type"] == "reaction_added",
            ts=event.get("event_ts", ""),
        )


@dataclass(frozen=True)
class MessageChange:
    """A message was edited or deleted. `thread_ts` is None where it was outside threads, or Slack did not say."""

    team_id: str
    channel_id: str
    message_ts: str
    thread_ts: str | None

    @classmethod
    def from_event(cls, event: dict[str, Any], *, team_id: str) -> "MessageChange":
        """Read a `message_changed` or `message_deleted` event, as `kept_of` left it."""
        return cls(team_id, event["channel"], event["message_ts"], event.get("thread_ts") or None)


class How(StrEnum):
    """How a question came to Timbre: it was put to it, followed on what it said, or was overheard in a channel."""

    PUT = "put"
    FOLLOW_UP = "follow_up"
    OVERHEARD = "overheard"


@dataclass(frozen=True)
class Asked:
    """A question for Timbre in Slack. `thread_ts` is where the answer goes.

    `is_direct`: only who asks reads the answer.
    """

    team_id: str
    channel_id: str
    is_direct: bool
    ts: str
    thread_ts: str
    user_id: str
    text: str
    how: How = How.PUT

    @classmethod
    def from_event(cls, event: dict[str, Any], *, team_id: str, is_direct: bool, how: How = How.PUT) -> "Asked":
        """Read a message or mention; mentions of people are taken out of its text."""
        text = question_in(event.get("text", ""))
        thread_ts = event.get("thread_ts") or event["ts"]  # outside threads it may also come empty
        return cls(team_id, event["channel"], is_direct, event["ts"], thread_ts, event["user"], text, how)


def question_in(text: str) -> str:
    """Return what is asked in a text as Slack writes it: without mentions of people."""
    return " ".join(unescape(MENTION.sub(" ", text)).split())


def files_of(message: dict[str, Any]) -> tuple[str, ...]:
    """Return the ids of the files in a message."""
    return tuple(file["id"] for file in message.get("files") or () if isinstance(file, dict) and file.get("id"))


def files_gone(change: dict[str, Any]) -> tuple[str, ...]:
    """Return the ids of the files that were in a message before it was changed or deleted."""
    left = files_of(change.get("message") or {})
    return tuple(file_id for file_id in files_of(change.get("previous_message") or {}) if file_id not in left)


@dataclass(frozen=True)
class CommandCall:
    """`/timbre NAME ARGUMENTS…`. `key`: another one each time something is typed."""

    team_id: str
    channel_id: str
    user_id: str
    name: str
    arguments: tuple[str, ...]
    key: str = field(default_factory=lambda: uuid4().hex)

    @classmethod
    def from_payload(cls, body: dict[str, Any]) -> "CommandCall":
        """Read a slash command; without a word it is `help`."""
        name, *arguments = body.get("text", "").split() or ["help"]
        return cls(body["team_id"], body["channel_id"], body["user_id"], name.lower(), tuple(arguments))

    @classmethod
    def from_kept(cls, kept: dict[str, Any], *, team_id: str) -> "CommandCall":
        """Read a slash command as `kept_command` left it."""
        return cls(team_id, kept["channel"], kept["user"], kept["name"], tuple(kept["arguments"]), kept["key"])


def aside_of(body: dict[str, Any]) -> Aside | None:
    """Return where somebody is told what became of what they did, None where nobody did anything.

    Of what they do in App Home or a modal there is no place: they are told directly.
    """
    user_id = body.get("user_id") or (body.get("user") or {}).get("id")
    channel_id = body.get("channel_id") or (body.get("channel") or {}).get("id") or ""
    return Aside(channel_id, user_id, body.get("response_url") or "") if user_id else None


@dataclass(frozen=True)
class ButtonClick:
    """Somebody pressed a button of a message."""

    team_id: str
    channel_id: str
    message_ts: str
    user_id: str
    value: str
    trigger_id: str
    thread_ts: str = ""
    response_url: str = ""

    @classmethod
    def from_payload(cls, body: dict[str, Any]) -> "ButtonClick":
        """Read the first action of a block_actions payload."""
        container = body["container"]
        return cls(
            team_id=body["team"]["id"],
            channel_id=container["channel_id"],
            message_ts=container["message_ts"],
            user_id=body["user"]["id"],
            value=body["actions"][0]["value"],
            trigger_id=body["trigger_id"],
            thread_ts=container.get("thread_ts") or "",
            response_url=body.get("response_url", ""),
        )


class Surface(StrEnum):
    """Where somebody pressed a button about a pair."""

    CARD = "card"
    QUEUE = "queue"
    HOME = "home"


@dataclass(frozen=True)
class ReviewClick:
    """Somebody pressed a button about a pair, or about a page of the queue. App Home has no `response_url`."""

    team_id: str
    user_id: str
    surface: Surface
    value: str
    trigger_id: str
    response_url: str

    @classmethod
    def from_payload(cls, body: dict[str, Any]) -> "ReviewClick":
        """Read the first action of a block_actions payload."""
        container = body["container"]
        surface = Surface.QUEUE if container.get("is_ephemeral") else Surface.CARD
        return cls(
            team_id=body["team"]["id"],
            user_id=body["user"]["id"],
            surface=Surface.HOME if container["type"] == "view" else surface,
            value=body["actions"][0]["value"],
            trigger_id=body["trigger_id"],
            response_url=body.get("response_url", ""),
        )


@dataclass(frozen=True)
class ShortcutCall:
    """Somebody chose a shortcut from a message's menu."""

    team_id: str
    user_id: str
    channel_id: str
    message_ts: str
    trigger_id: str

    @classmethod
    def from_payload(cls, body: dict[str, Any]) -> "ShortcutCall":
        """Read a message_action payload."""
        return cls(
            body["team"]["id"], body["user"]["id"], body["channel"]["id"], body["message_ts"], body["trigger_id"]
        )


@dataclass(frozen=True)
class Submission:
    """Somebody sent a modal off. `typed`: what stands in its inputs, by block."""

    team_id: str
    user_id: str
    metadata: str
    typed: dict[str, str]
    view_id: str

    @classmethod
    def from_payload(cls, body: dict[str, Any]) -> "Submission":
        """Read a view_submission payload."""
        view = body["view"]
        inputs = ((block_id, value) for block_id, held in view["state"]["values"].items() for value in held.values())
        typed = {block_id: (value.get("value") or "").strip() for block_id, value in inputs}
        return cls(body["team"]["id"], body["user"]["id"], view["private_metadata"], typed, view["id"])
