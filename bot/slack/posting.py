"""Posts in Slack once, even when the process dies between posting and remembering."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from slack_sdk import WebClient

MARKER = "timbre_post"


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
        self, channel_id: str, *, key: str, text: str, blocks: list[dict[str, Any]], thread_ts: str | None = None
    ) -> str:
        """Post and return the message's ts."""
        answer = self._client.chat_postMessage(
            channel=channel_id,
            text=text,
            blocks=blocks,
            thread_ts=thread_ts,
            unfurl_links=False,
            unfurl_media=False,
            metadata={"event_type": MARKER, "event_payload": {"key": key}},
        )
        return str(answer["ts"])

    def whisper(self, channel_id: str, user_id: str, text: str) -> None:
        """Say something that one person alone sees, and only while they look."""
        self._client.chat_postEphemeral(channel=channel_id, user=user_id, text=text)

    def find(self, channel_id: str, *, key: str) -> str | None:
        """Return the ts of the message posted with `key`, if it is among the latest ones in the channel."""
        page = self._client.conversations_history(channel=channel_id, limit=100, include_all_metadata=True)
        return _with_key(page["messages"], key)

    def find_reply(self, channel_id: str, *, key: str, thread_ts: str, after: str) -> str | None:
        """Return the ts of the reply posted with `key` in a thread, if it is among the first ones after `after`."""
        # From `after` on, because a thread is read from its start: in a long one the reply would be pages away.
        page = self._client.conversations_replies(
            channel=channel_id, ts=thread_ts, oldest=after, limit=200, include_all_metadata=True
        )
        return _with_key(page["messages"], key)

    def update(self, channel_id: str, ts: str, *, text: str, blocks: list[dict[str, Any]]) -> None:
        """Replace what a message says."""
        self._client.chat_update(channel=channel_id, ts=ts, text=text, blocks=blocks)


def _with_key(messages: Iterable[dict[str, Any]], key: str) -> str | None:
    for message in messages:
        payload = (message.get("metadata") or {}).get("event_payload") or {}
        if payload.get("key") == key:
            return str(message["ts"])
    return None
