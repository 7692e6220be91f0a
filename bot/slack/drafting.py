"""A message that grows in a thread while it is written: a stream where Slack allows one, else one that is updated."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from slack_sdk import WebClient

from bot.slack.posting import TROUBLE, Post, asking_once, refused
from bot.slack.previews import preview
from bot.slack.replying import Replies
from bot.slack.streaming import STREAM_LIMIT, Spot, Stream
from bot.slack.thinking import Thinking
from bot.slack.unfinished import Unfinished

logger = logging.getLogger(__name__)

UPDATE_LIMIT = 2_900
SHOW_SECONDS = 0.7
UPDATE_SECONDS = 1.1


class Drafts:
    """Begins drafts."""

    def __init__(self, client: WebClient, *, clock: Callable[[], float] = time.time) -> None:
        self._client = client
        self._once = asking_once(client)
        self._unfinished = Unfinished(client, clock=clock)
        self._pace = Pace()

    def begin(self, spot: Spot, *, key: str) -> "Draft":
        """Begin a message, or go on with one that a process which died has left behind."""
        draft = Draft(
            spot,
            key,
            Stream(self._once, spot),
            Replies(self._client, self._once, spot),
            Thinking(self._client, spot),
            self._unfinished,
            self._pace,
        )
        if self._unfinished.may_be_there(spot, key):
            draft.go_on()
        return draft


@dataclass
class Pace:
    """Lets through about one update a second in each channel, which is what Slack allows."""

    monotonic: Callable[[], float] = time.monotonic
    _next: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def lets(self, channel_id: str) -> bool:
        """Return whether it is time, and count it."""
        with self._lock:
            now = self.monotonic()
            if now < self._next.get(channel_id, 0.0):
                return False
            self._next[channel_id] = now + UPDATE_SECONDS
            return True


class Draft:
    """One message. `show` never raises: whatever becomes of what is shown meanwhile, `finish` ends in a whole one."""

    def __init__(
        self,
        spot: Spot,
        key: str,
        stream: Stream,
        replies: Replies,
        thinking: Thinking,
        unfinished: Unfinished,
        pace: Pace,
    ) -> None:
        self.ts: str | None = None
        self._spot = spot
        self._key = key
        self._failure_key = f"failure:{spot.channel_id}:{spot.after}"
        self._stream = stream
        self._replies = replies
        self._thinking = thinking
        self._unfinished = unfinished
        self._pace = pace
        self._may_stream = True
        self._shown_at = 0.0
        self._is_resumed = False
        self._may_be_lost = False
        self._unread: BaseException | None = None

    def go_on(self) -> None:
        """Take what was left behind for this spot; a stream in it ends, so that it can be written anew."""
        self._is_resumed, self._may_be_lost = True, True
        try:
            self.ts = self._unfinished.left_behind(self._spot, self._key, self._failure_key)
            self._may_be_lost = False
        except TROUBLE as err:
            self._unread = err
        self._may_stream = self._may_stream and self.ts is None and not self._may_be_lost
        if self.ts is not None:
            self._replies.stop_stream(self.ts)

    def show(self, text: str) -> None:
        """Show what is written so far, as Markdown, or that it is begun; what comes too soon after the last is not."""
        if not text:
            self._thinking.show()
            return
        if time.monotonic() - self._shown_at < SHOW_SECONDS:
            return
        shown = preview(text)
        if not shown.strip() or len(shown) > STREAM_LIMIT or not shown.startswith(self._stream.sent):
            return
        try:
            self._append(shown) if self._may_stream else self._update(shown)
        except TROUBLE as err:
            logger.info("a draft in %s goes on without a stream: %s", self._spot.channel_id, type(err).__name__)
            self._may_stream = False
            # Only what is complete carries a key, so it would be found as what a dead process left.
            self._may_be_lost = self.ts is None and not refused(err)
        self._shown_at = time.monotonic()

    def finish(self, posts: Sequence[Post], *, plain: str | None = None) -> str:
        """Make the message what it is to be, the first of `posts`, the others below it; returns its ts.

        `plain`: what the first says, where that is the whole answer and has no markup. Raises what a call to Slack may
        end in.
        """
        first, *others = posts
        ts = self._finished(first, self._key, plain)
        for number, post in enumerate(others, start=2):
            self._post_below(post, f"{self._key}:{number}")
        self._unfinished.done(self._spot, ts, self._key)
        return ts

    def fail(self, post: Post) -> str:
        """Make the message say that it failed; returns its ts. Begun again, it is this message that goes on."""
        ts = self._finished(post, self._failure_key, None)
        self._unfinished.done(self._spot, ts)
        return ts

    def close(self) -> None:
        """Take back that an answer is on its way: what was posted has done so, an update has not.

        What is not finished is left for the next attempt.
        """
        self._thinking.clear()
        if self.ts is not None:
            self._unfinished.leave(self._spot, self.ts)

    def _append(self, shown: str) -> None:
        if self._stream.ts is not None:
            self._stream.show(shown)
            return
        self._unfinished.trying(self._key)
        with self._unfinished.writing(self._spot):
            self._stream.show(shown)
            self._begun(self._stream.ts)

    def _update(self, shown: str) -> None:
        if not self._pace.lets(self._spot.channel_id):
            return
        if self._may_be_lost:
            self.go_on()
        if self._may_be_lost:
            return
        blocks = [{"type": "markdown", "text": f"{shown[:UPDATE_LIMIT].rstrip()} …"}]
        if self.ts is not None:
            self._stream.end()
            self._replies.show(self.ts, "…", blocks)
            return
        self._unfinished.trying(self._key)
        with self._unfinished.writing(self._spot):
            self._begun(self._replies.post(Post("…", blocks)))

    def _begun(self, ts: str | None) -> None:
        self.ts = ts
        self._thinking.is_over()
        if ts:
            self._unfinished.follow(self._spot, ts)

    def _finished(self, post: Post, key: str, plain: str | None) -> str:
        if self._may_be_lost:
            self.go_on()
        if self._may_be_lost and self._unread is not None and not refused(self._unread):
            raise self._unread  # posted beside it, what was begun would stay for ever
        if self.ts is None:
            return self._post(post, key)
        whole = preview(plain, is_whole=True) if plain is not None else ""
        # The stream has said the text already.
        below = [block for block in post.blocks if block["type"] != "rich_text"]
        if self._stream.end(whole, blocks=below, key=key):
            return self.ts
        return self._replies.replace(self.ts, post, key=key)

    def _post_below(self, post: Post, key: str) -> None:
        if not (self._is_resumed and self._replies.find(key)):
            self._post(post, key)

    def _post(self, post: Post, key: str) -> str:
        self._unfinished.trying(self._key)
        ts = self._replies.post_once(post, key=key)
        self._thinking.is_over()
        return ts
