"""A message that grows in a thread while it is written: a stream where Slack allows one, else one that is updated."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from slack_sdk import WebClient
from slack_sdk.web.chat_stream import ChatStream

from bot.locks import Locks
from bot.slack.posting import (
    TROUBLE,
    Post,
    Poster,
    asking_once,
    keyed,
    refused,
    replies_after,
    with_key,
)
from bot.slack.previews import preview

logger = logging.getLogger(__name__)

STREAM_LIMIT = 11_000
"""Slack takes 12,000 characters of Markdown in one message; what is beyond is seen when the answer is done."""
UPDATE_LIMIT = 2_900
STREAM_SECONDS = 0.7
UPDATE_SECONDS = 1.1
JUST_STARTED_SECONDS = 60.0
THINKING = "is thinking…"


@dataclass(frozen=True)
class Spot:
    """Where an answer goes, and to whom. `after`: the ts of what it answers."""

    team_id: str
    channel_id: str
    thread_ts: str
    after: str
    user_id: str


class Drafts:
    """Begins drafts, and knows those that are being written."""

    def __init__(self, client: WebClient, *, clock: Callable[[], float] = time.time) -> None:
        self.client = client
        self.once = asking_once(client)
        self.poster = Poster(client)
        self.posting = Poster(self.once)
        self.pace = Pace()
        self._clock = clock
        self._locks = Locks()
        self._live: set[tuple[str, str]] = set()
        self._begun: set[str] = set()
        self._searched_before = clock() + JUST_STARTED_SECONDS
        self._bot_id = ""

    def begin(self, spot: Spot, *, key: str) -> "Draft":
        """Begin a message, or go on with one that a process which died has left behind."""
        draft = Draft(self, spot, key)
        if key in self._begun or float(spot.after) < self._searched_before:
            draft.go_on()
        self._begun.add(key)
        return draft

    def left_behind(self, spot: Spot, key: str) -> str | None:
        """Return a message of this bot's that was meant for `spot` and never finished, and take it."""
        messages = replies_after(self.client, spot.channel_id, spot.thread_ts, spot.after)
        if (found := with_key(messages, key)) is not None:
            return found
        # A message gets its key when it is complete, so one that has none was cut off by the end of a process.
        with self.writing(spot):
            for message in messages:
                ts = str(message["ts"])
                if self._is_own(message) and not message.get("metadata") and (spot.channel_id, ts) not in self._live:
                    self._live.add((spot.channel_id, ts))
                    return ts
        return None

    def writing(self, spot: Spot) -> threading.Lock:
        """Return the lock under which a stream in a thread is started or looked for."""
        return self._locks.of(spot.channel_id, spot.thread_ts)

    def follow(self, spot: Spot, ts: str) -> None:
        """Remember that a message is being written."""
        self._live.add((spot.channel_id, ts))

    def done(self, spot: Spot, ts: str, key: str) -> None:
        """Forget a message that is complete."""
        self._live.discard((spot.channel_id, ts))
        self._begun.discard(key)

    def _is_own(self, message: dict[str, object]) -> bool:
        self._bot_id = self._bot_id or str(self.client.auth_test()["bot_id"])
        return message.get("bot_id") == self._bot_id


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

    def __init__(self, drafts: Drafts, spot: Spot, key: str) -> None:
        self.ts: str | None = None
        self._drafts = drafts
        self._spot = spot
        self._key = key
        self._stream: ChatStream | None = None
        self._is_streamed = True
        self._sent = ""
        self._shown_at = 0.0
        self._has_status = False
        self._is_resumed = False
        self._may_be_lost = False

    def go_on(self) -> None:
        """Take what was left behind for this spot; a stream in it ends, so that it can be written anew."""
        self._is_resumed, self._may_be_lost = True, False
        with suppress(*TROUBLE):
            self.ts = self._drafts.left_behind(self._spot, self._key)
            if self.ts is not None:
                self._drafts.client.chat_stopStream(channel=self._spot.channel_id, ts=self.ts)

    def _think(self) -> None:
        with suppress(*TROUBLE):
            self._status(THINKING)
            self._has_status = True

    def show(self, text: str) -> None:
        """Show what is written so far, as Markdown, or that it is begun; what comes too soon after the last is not."""
        if not text:
            self._think()
            return
        if time.monotonic() - self._shown_at < STREAM_SECONDS:
            return
        shown = preview(text)
        if not shown.strip() or len(shown) > STREAM_LIMIT or not shown.startswith(self._sent):
            return
        try:
            if self._is_streamed and (self.ts is None or self._stream is not None):
                self._append(shown)
            else:
                self._update(shown)
        except TROUBLE as err:
            logger.info("a draft in %s goes on without a stream: %s", self._spot.channel_id, type(err).__name__)
            self._is_streamed = False
            # Only what is complete carries a key, so it would be found as what a dead process left.
            self._may_be_lost = self.ts is None and not refused(err)
        self._shown_at = time.monotonic()

    def finish(self, posts: Sequence[Post], *, key: str | None = None, plain: str | None = None) -> str:
        """Make the message what it is to be, the first of `posts`, the others below it; returns its ts.

        `key`: what it carries, if not what it was begun with. `plain`: what the first says, where that is the whole
        answer and has no markup. Raises what a call to Slack may end in.
        """
        first, *others = posts
        key = key or self._key
        ts = self._settled(first, key, plain)
        for number, post in enumerate(others, start=2):
            self._posted_below(post, f"{key}:{number}")
        self._drafts.done(self._spot, ts, self._key)
        return ts

    def close(self) -> None:
        """Take back that an answer is on its way: what was posted has done so, an update has not."""
        if self._has_status:
            with suppress(*TROUBLE):
                self._status("")

    def _append(self, shown: str) -> None:
        if self._stream is not None:
            self._stream.append(markdown_text=shown[len(self._sent) :])
        else:
            with self._drafts.writing(self._spot):
                stream = self._begun_stream()
                stream.append(markdown_text=shown)
                self._stream, self.ts = stream, stream.ts
                self._has_status = False
                if self.ts:
                    self._drafts.follow(self._spot, self.ts)
        self._sent = shown

    def _begun_stream(self) -> ChatStream:
        return self._drafts.once.chat_stream(
            channel=self._spot.channel_id,
            thread_ts=self._spot.thread_ts,
            recipient_team_id=self._spot.team_id,
            recipient_user_id=self._spot.user_id,
            buffer_size=1,
            unfurl_links=False,
            unfurl_media=False,
        )

    def _update(self, shown: str) -> None:
        if not self._drafts.pace.lets(self._spot.channel_id):
            return
        if self._may_be_lost:
            self.go_on()
        text = f"{shown[:UPDATE_LIMIT].rstrip()} …"
        blocks = [{"type": "markdown", "text": text}]
        if self.ts is None:
            with self._drafts.writing(self._spot):
                self.ts = self._post(Post("…", blocks), None)
                self._drafts.follow(self._spot, self.ts)
            self._has_status = False
        else:
            self._stop(None)
            self._drafts.poster.update(self._spot.channel_id, self.ts, text="…", blocks=blocks)

    def _settled(self, post: Post, key: str, plain: str | None) -> str:
        if self._may_be_lost:
            self.go_on()
        if self.ts is None:
            return self._posted_once(post, key)
        is_whole = self._stop(post, plain=plain, key=key)
        if is_whole and plain is not None:
            return self.ts
        try:
            self._replace(self.ts, post, key)
        except TROUBLE as err:
            if not refused(err):
                raise
            return self._replaced(self.ts, post, key)
        return self.ts

    def _stop(self, post: Post | None, *, plain: str | None = None, key: str | None = None) -> bool:
        """End the stream, if there is one; returns whether the message is complete with that."""
        stream, self._stream, self._is_streamed = self._stream, None, False
        if stream is None:
            return False
        whole = preview(plain, is_whole=True) if plain is not None else ""
        fits = bool(whole) and whole.startswith(self._sent) and len(whole) <= STREAM_LIMIT
        ending = [block for block in post.blocks if block["type"] != "rich_text"] if post and fits else None
        try:
            stream.stop(
                markdown_text=whole[len(self._sent) :] if fits else None,
                blocks=ending or None,
                metadata=keyed(key) if key and fits else None,
            )
        except TROUBLE as err:
            logger.info("a stream in %s could not be ended: %s", self._spot.channel_id, type(err).__name__)
            return False
        return fits

    def _replace(self, ts: str, post: Post, key: str) -> None:
        try:
            self._drafts.poster.update(self._spot.channel_id, ts, text=post.text, blocks=post.blocks, key=key)
        except TROUBLE as err:
            if refused(err) != "streaming_state_conflict":
                raise
            # Its end did not reach Slack.
            with suppress(*TROUBLE):
                self._drafts.client.chat_stopStream(channel=self._spot.channel_id, ts=ts)
            self._drafts.poster.update(self._spot.channel_id, ts, text=post.text, blocks=post.blocks, key=key)

    def _posted_below(self, post: Post, key: str) -> None:
        spot = self._spot
        if self._is_resumed and self._drafts.poster.find_reply(
            spot.channel_id, key=key, thread_ts=spot.thread_ts, after=spot.after
        ):
            return
        self._posted_once(post, key)

    def _replaced(self, ts: str, post: Post, key: str) -> str:
        """Post anew where a message can't be changed, because somebody deleted it, say."""
        posted = self._posted_once(post, key)
        if posted != ts:
            with suppress(*TROUBLE):
                self._drafts.client.chat_delete(channel=self._spot.channel_id, ts=ts)
        return posted

    def _posted_once(self, post: Post, key: str) -> str:
        """Post, and where Slack does not say whether it did, look for it before posting again."""
        spot = self._spot
        try:
            ts = self._post(post, key)
        except TROUBLE as err:
            if refused(err):
                raise
            found = self._drafts.poster.find_reply(spot.channel_id, key=key, thread_ts=spot.thread_ts, after=spot.after)
            ts = found or self._post(post, key)
        self._has_status = False
        return ts

    def _post(self, post: Post, key: str | None) -> str:
        return self._drafts.posting.post(
            self._spot.channel_id, key=key, text=post.text, blocks=post.blocks, thread_ts=self._spot.thread_ts
        )

    def _status(self, status: str) -> None:
        self._drafts.client.assistant_threads_setStatus(
            channel_id=self._spot.channel_id, thread_ts=self._spot.thread_ts, status=status
        )
