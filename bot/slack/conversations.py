"""Reads messages, threads and channels from Slack."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.slack.payloads import emoji_name

CACHE_SECONDS = 30.0


@dataclass(frozen=True)
class SlackMessage:
    """A message as Timbre needs it. `thread_ts` equals `ts` where it starts a thread or stands alone."""

    ts: str
    thread_ts: str
    user_id: str
    text: str
    is_from_bot: bool

    @property
    def is_reply(self) -> bool:
        return self.thread_ts != self.ts


class Conversations:
    """Looks into one workspace. A reaction's payload names no thread, so the message is fetched."""

    def __init__(self, client: WebClient, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._monotonic = monotonic
        self._private: dict[str, tuple[float, bool]] = {}

    def message(self, channel_id: str, ts: str) -> SlackMessage | None:
        """Return a message or thread reply, None when it was deleted or can't be seen."""
        try:
            messages = self._client.conversations_replies(channel=channel_id, ts=ts, limit=1)["messages"]
        except SlackApiError as err:
            if err.response["error"] in ("thread_not_found", "message_not_found"):
                return None
            raise
        # Where a thread's first message was deleted, Slackbot says so in its place.
        found = [message for message in messages if message["ts"] == ts and message.get("subtype") != "tombstone"]
        return _message(found[0]) if found else None

    def reactors(self, channel_id: str, ts: str) -> dict[str, list[str]]:
        """Return who put which reaction on a message, by its name without skin tone."""
        answer = self._client.reactions_get(channel=channel_id, timestamp=ts, full=True)
        by_emoji: dict[str, list[str]] = {}
        for reaction in answer["message"].get("reactions", ()):
            by_emoji.setdefault(emoji_name(reaction["name"]), []).extend(reaction["users"])
        return by_emoji

    def permalink(self, channel_id: str, ts: str) -> str:
        """Return the address of a message."""
        return str(self._client.chat_getPermalink(channel=channel_id, message_ts=ts)["permalink"])

    def is_private(self, channel_id: str) -> bool:
        """Return whether only members can read a conversation. Direct messages are private.

        Remembered for half a minute only: a public channel can be made private.
        """
        known = self._private.get(channel_id)
        if known is None or self._monotonic() - known[0] > CACHE_SECONDS:
            channel = self._client.conversations_info(channel=channel_id)["channel"]
            is_direct = channel.get("is_im") or channel.get("is_mpim")
            known = (self._monotonic(), bool(channel.get("is_private") or is_direct))
            self._private[channel_id] = known
        return known[1]

    def channel_id(self, name_or_id: str) -> str | None:
        """Return the id of a channel by its name, with or without #, or its id; None when the bot can't see it."""
        wanted = name_or_id.removeprefix("#")
        cursor = ""
        while True:
            page = self._client.conversations_list(
                types="public_channel,private_channel", exclude_archived=True, limit=200, cursor=cursor
            )
            for channel in page["channels"]:
                if wanted in (channel["id"], channel["name"]):
                    return str(channel["id"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return None


def _message(payload: dict[str, Any]) -> SlackMessage:
    return SlackMessage(
        ts=payload["ts"],
        thread_ts=payload.get("thread_ts", payload["ts"]),
        user_id=payload.get("user", ""),
        text=payload.get("text", ""),
        is_from_bot=bool(payload.get("bot_id")) or payload.get("subtype") == "bot_message",
    )
