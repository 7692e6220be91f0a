"""A message in a channel that goes on in its thread, posted once though the process dies in between."""

from collections.abc import Sequence

from slack_sdk import WebClient

from bot.slack.posting import Post, Poster, asking_once, once
from bot.slack.replying import Replies
from bot.slack.streaming import Spot


class Series:
    """Posts several messages as one. Every method raises what a call to Slack may end in."""

    def __init__(self, client: WebClient) -> None:
        self._client = client
        self._once = asking_once(client)
        self._poster = Poster(client)
        self._posting = Poster(self._once)

    def find(self, channel_id: str, *, key: str) -> str | None:
        """Return the ts of the first message of what was posted under a key, if it is among the latest there."""
        return self._poster.find(channel_id, key=key)

    def post(self, channel_id: str, posts: Sequence[Post], *, key: str, begun_at: str | None = None) -> str:
        """Post the first in a channel and the others in its thread; returns the first one's ts.

        `begun_at`: the ts of the first, where it stands already, so that some of the others may.
        """
        first, *others = posts
        ts = begun_at or self._begin(channel_id, first, key)
        replies = Replies(self._client, self._once, Spot("", channel_id, thread_ts=ts, after=ts, user_id=""))
        for number, post in enumerate(others, start=2):
            part = f"{key}:{number}"
            if begun_at is None or replies.find(part) is None:
                replies.post_once(post, key=part)
        return ts

    def _begin(self, channel_id: str, post: Post, key: str) -> str:
        return once(
            lambda: self._posting.post(channel_id, key=key, text=post.text, blocks=post.blocks),
            lambda: self.find(channel_id, key=key),
        )
