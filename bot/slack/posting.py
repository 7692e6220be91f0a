"""Posts in Slack once, even when the process dies between posting and remembering."""

import re
from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

PASSING = frozenset({"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"})
_WORD = re.compile(r"[a-z_]+")
MARKER = "timbre_post"
TROUBLE = (SlackClientError, OSError, HTTPException)
"""What a call to Slack may end in."""


@dataclass(frozen=True)
class Post:
    """A message to be posted."""

    text: str
    blocks: list[dict[str, Any]]


class Poster:
    """Posts messages that carry a key, by which one that was posted before a crash is found again."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def post(
        self,
        channel_id: str,
        *,
        key: str | None,
        text: str,
        blocks: list[dict[str, Any]],
        thread_ts: str | None = None,
    ) -> str:
        """Post and return the message's ts. What is not complete yet has no key."""
        answer = self._client.chat_postMessage(
            channel=channel_id,
            text=text,
            blocks=blocks,
            thread_ts=thread_ts,
            unfurl_links=False,
            unfurl_media=False,
            metadata=keyed(key) if key else None,
        )
        return str(answer["ts"])

    def whisper(self, channel_id: str, user_id: str, text: str) -> None:
        """Say something that one person alone sees, and only while they look."""
        self._client.chat_postEphemeral(channel=channel_id, user=user_id, text=text)

    def find(self, channel_id: str, *, key: str) -> str | None:
        """Return the ts of the message posted with `key`, if it is among the latest ones in the channel."""
        page = self._client.conversations_history(channel=channel_id, limit=100, include_all_metadata=True)
        return with_key(page["messages"], key)

    def find_reply(self, channel_id: str, *, key: str, thread_ts: str, after: str) -> str | None:
        """Return the ts of the reply posted with `key` in a thread, if it is among the first ones after `after`."""
        return with_key(replies_after(self._client, channel_id, thread_ts, after), key)

    def update(
        self, channel_id: str, ts: str, *, text: str, blocks: list[dict[str, Any]], key: str | None = None
    ) -> None:
        """Replace what a message says; with `key`, also the key it carries."""
        metadata = keyed(key) if key else None
        self._client.chat_update(channel=channel_id, ts=ts, text=text, blocks=blocks, metadata=metadata)


def once(post: Callable[[], str], find: Callable[[], str | None]) -> str:
    """Return the ts of what `post` posts; where Slack does not say whether it did, it is looked for before again."""
    try:
        return post()
    except TROUBLE as err:
        if refused(err):
            raise
        return find() or post()


def keyed(key: str) -> dict[str, Any]:
    """Return the metadata of a message that carries `key`."""
    return {"event_type": MARKER, "event_payload": {"key": key}}


def replies_after(client: WebClient, channel_id: str, thread_ts: str, after: str) -> list[dict[str, Any]]:
    """Return the first replies in a thread that came after `after`."""
    # From `after` on, because a thread is read from its start: in a long one the reply would be pages away.
    page = client.conversations_replies(
        channel=channel_id, ts=thread_ts, oldest=after, limit=200, include_all_metadata=True
    )
    return [message for message in page["messages"] if message["ts"] != thread_ts]


def with_key(messages: Iterable[dict[str, Any]], key: str) -> str | None:
    """Return the ts of the message that carries `key`."""
    for message in messages:
        payload = (message.get("metadata") or {}).get("event_payload") or {}
        if payload.get("key") == key:
            return str(message["ts"])
    return None


def asking_once(client: WebClient) -> WebClient:
    """Return a client that repeats only what Slack did not do: a message made twice would stay twice."""
    once = copy(client)
    once.retry_handlers = [RateLimitErrorRetryHandler(max_retry_count=3)]
    return once


def refused(err: BaseException) -> str:
    """Return Slack's word for why it won't do what it was asked; empty where it may have, or may another time."""
    if isinstance(err, SlackApiError):
        word = str(err.response.get("error") or "")
        # What is no word of Slack's came from something in between.
        return word if _WORD.fullmatch(word) and word not in PASSING else ""
    return ""
