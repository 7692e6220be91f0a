"""A message of Slack's as Timbre needs it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.slack.payloads import emoji_name

# Subtypes under which a person still says something; the others tell of joins, topics, pins.
_SAID = (None, "thread_broadcast", "file_share", "me_message", "bot_message")


@dataclass(frozen=True)
class SlackMessage:
    """A message. `thread_ts` equals `ts` where it starts a thread or stands alone.

    `reactions`: who reacted, by emoji name without skin tone. `is_notice`: Slack's own line of a join or a topic.
    """

    ts: str
    thread_ts: str
    user_id: str
    text: str
    is_from_bot: bool = False
    is_notice: bool = False
    edited_ts: str | None = None
    file_names: tuple[str, ...] = ()
    reactions: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    has_all_reactors: bool = True
    """False where Slack counted more reactions than it named people."""

    @property
    def is_reply(self) -> bool:
        return self.thread_ts != self.ts

    @property
    def is_said(self) -> bool:
        """Whether a person wrote it."""
        return not self.is_from_bot and not self.is_notice and bool(self.user_id)


def is_tombstone(payload: Mapping[str, Any]) -> bool:
    """Return whether Slackbot stands in the place of a thread's first message that was deleted."""
    return payload.get("subtype") == "tombstone"


def read_message(payload: Mapping[str, Any]) -> SlackMessage:
    """Read a message as `conversations.replies`, an event or an export has it. Raises `KeyError` without `ts`."""
    listed = payload.get("reactions") or ()
    return SlackMessage(
        ts=payload["ts"],
        thread_ts=payload.get("thread_ts") or payload["ts"],
        user_id=payload.get("user") or "",
        text=payload.get("text") or "",
        is_from_bot=bool(payload.get("bot_id")) or payload.get("subtype") == "bot_message",
        is_notice=payload.get("subtype") not in _SAID,
        edited_ts=(payload.get("edited") or {}).get("ts"),
        file_names=tuple(str(file.get("name") or "file") for file in payload.get("files") or ()),
        reactions=reactions_of(listed),
        has_all_reactors=all(len(one.get("users", ())) >= one.get("count", 0) for one in listed),
    )


def reactions_of(listed: Any) -> dict[str, tuple[str, ...]]:
    """Return who reacted by emoji name; several skin tones of one emoji are one."""
    by_emoji: dict[str, tuple[str, ...]] = {}
    for reaction in listed:
        name = emoji_name(reaction["name"])
        by_emoji[name] = tuple(dict.fromkeys((*by_emoji.get(name, ()), *reaction.get("users", ()))))
    return by_emoji
