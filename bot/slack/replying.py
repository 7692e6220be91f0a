"""Replies in a thread: posted once, also where Slack does not say whether it did, and replaced where they can be."""

from contextlib import suppress
from typing import Any

from slack_sdk import WebClient

from bot.slack.posting import TROUBLE, Post, Poster, once, refused
from bot.slack.streaming import Spot


class Replies:
    """Posts at one spot. `once` repeats only what Slack did not do. Every method raises what a call may end in."""

    def __init__(self, client: WebClient, once: WebClient, spot: Spot) -> None:
        self._client = client
        self._poster = Poster(client)
        self._posting = Poster(once)
        self._spot = spot

    def post(self, post: Post, *, key: str | None = None) -> str:
        """Post and return the ts; what is not complete yet has no key."""
        spot = self._spot
        return self._posting.post(
            spot.channel_id, key=key, text=post.text, blocks=post.blocks, thread_ts=spot.thread_ts
        )

    def post_once(self, post: Post, *, key: str) -> str:
        """Post, and where Slack does not say whether it did, look for it before posting again."""
        return once(lambda: self.post(post, key=key), lambda: self.find(key))

    def find(self, key: str) -> str | None:
        """Return the ts of the reply that carries a key."""
        spot = self._spot
        return self._poster.find_reply(spot.channel_id, key=key, thread_ts=spot.thread_ts, after=spot.after)

    def show(self, ts: str, text: str, blocks: list[dict[str, Any]]) -> None:
        """Have a message say something for the time being."""
        self._poster.update(self._spot.channel_id, ts, text=text, blocks=blocks)

    def replace(self, ts: str, post: Post, *, key: str) -> str:
        """Have a message say what it is to say, and return its ts: another, where it can't be changed any more."""
        try:
            self._update(ts, post, key)
        except TROUBLE as err:
            if not refused(err):
                raise
            return self._post_instead(ts, post, key)
        return ts

    def stop_stream(self, ts: str) -> None:
        """End a stream that somebody else began, if it is one."""
        with suppress(*TROUBLE):
            self._client.chat_stopStream(channel=self._spot.channel_id, ts=ts)

    def _update(self, ts: str, post: Post, key: str) -> None:
        channel_id = self._spot.channel_id
        try:
            self._poster.update(channel_id, ts, text=post.text, blocks=post.blocks, key=key)
        except TROUBLE as err:
            if refused(err) != "streaming_state_conflict":
                raise
            self.stop_stream(ts)  # its end did not reach Slack
            self._poster.update(channel_id, ts, text=post.text, blocks=post.blocks, key=key)

    def _post_instead(self, ts: str, post: Post, key: str) -> str:
        """Post anew where a message can't be changed, because somebody deleted it, say."""
        posted = self.post_once(post, key=key)
        if posted != ts:
            with suppress(*TROUBLE):
                self._client.chat_delete(channel=self._spot.channel_id, ts=ts)
        return posted
