"""Reads messages, threads and channels from Slack."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.slack.messages import SlackMessage, is_tombstone, reactions_of, read_message

CACHE_SECONDS = 30.0
PAGE = 200
MISSING = ("thread_not_found", "message_not_found")


class Conversations:
    """Looks into one workspace. A reaction's payload names no thread, so the message is fetched."""

    def __init__(self, client: WebClient, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._monotonic = monotonic
        self._private: dict[str, tuple[float, bool]] = {}
        self._members: dict[str, tuple[float, frozenset[str]]] = {}

    def message(self, channel_id: str, ts: str) -> SlackMessage | None:
        """Return a message or thread reply, None when it was deleted or can't be seen."""
        try:
            messages = self._client.conversations_replies(channel=channel_id, ts=ts, limit=1)["messages"]
        except SlackApiError as err:
            if err.response["error"] in MISSING:
                return None
            raise
        # Where a thread's first message was deleted, Slackbot says so in its place.
        found = [message for message in messages if message["ts"] == ts and not is_tombstone(message)]
        return self._complete(channel_id, read_message(found[0])) if found else None

    def thread(self, channel_id: str, thread_ts: str) -> list[SlackMessage]:
        """Return the messages of a thread that still stand, in order; none when there is no such thread."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            try:
                page = self._client.conversations_replies(channel=channel_id, ts=thread_ts, limit=PAGE, cursor=cursor)
            except SlackApiError as err:
                if err.response["error"] in MISSING:
                    return []
                raise
            found += page["messages"]
            cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                break
        # Every page begins with the thread's first message.
        standing = {message["ts"]: read_message(message) for message in found if not is_tombstone(message)}
        return [self._complete(channel_id, standing[ts]) for ts in sorted(standing)]

    def around(self, channel_id: str, ts: str, *, before: int, after_s: float) -> list[SlackMessage]:
        """Return a channel's top level in order: `ts`, so many messages before it, and those of `after_s` after it."""
        latest = f"{float(ts) + after_s:.6f}"
        later = self._client.conversations_history(channel=channel_id, oldest=ts, latest=latest, limit=PAGE)
        earlier = self._client.conversations_history(channel=channel_id, latest=ts, inclusive=True, limit=before + 1)
        payloads = {message["ts"]: message for message in (*earlier["messages"], *later["messages"])}
        messages = [read_message(payloads[at]) for at in sorted(payloads) if not is_tombstone(payloads[at])]
        return [self._complete(channel_id, message) for message in messages]

    def members(self, channel_id: str) -> frozenset[str]:
        """Return who is in a conversation, remembered for half a minute."""
        known = self._members.get(channel_id)
        if known is None or self._monotonic() - known[0] > CACHE_SECONDS:
            known = (self._monotonic(), self._read_members(channel_id))
            self._members[channel_id] = known
        return known[1]

    def _read_members(self, channel_id: str) -> frozenset[str]:
        found: set[str] = set()
        cursor = ""
        while True:
            page = self._client.conversations_members(channel=channel_id, limit=PAGE, cursor=cursor)
            found.update(page["members"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                return frozenset(found)

    def _complete(self, channel_id: str, message: SlackMessage) -> SlackMessage:
        """Return a message with everybody who reacted: beside a message Slack names only the first of many."""
        if message.has_all_reactors:
            return message
        answer = self._client.reactions_get(channel=channel_id, timestamp=message.ts, full=True)
        reactions = reactions_of(answer["message"].get("reactions", ()))
        return replace(message, reactions=reactions, has_all_reactors=True)

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
