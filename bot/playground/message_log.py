"""One conversation's messages, in order, with its threads."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator

from bot.playground.entities import Message

_BEFORE_ALL = ""
_AFTER_ALL = "~"


class MessageLog:
    """Messages by timestamp. Timestamps have a fixed width, so they sort as text."""

    def __init__(self) -> None:
        self._messages: dict[str, Message] = {}
        self._top_level: list[str] = []
        self._replies: dict[str, list[str]] = {}

    def __contains__(self, ts: str) -> bool:
        return ts in self._messages

    def __iter__(self) -> Iterator[Message]:
        return iter(self._messages.values())

    def get(self, ts: str) -> Message | None:
        """Return the message with that timestamp, if there is one."""
        return self._messages.get(ts)

    def put(self, message: Message) -> None:
        """Add a message, or replace the one with its timestamp."""
        if message.ts not in self._messages:
            if message.at_top_level:
                insort(self._top_level, message.ts)
            if message.thread_ts is not None:
                insort(self._replies.setdefault(message.thread_ts, []), message.ts)
        self._messages[message.ts] = message

    def remove(self, message: Message) -> None:
        """Forget a message; a thread's replies stay."""
        del self._messages[message.ts]
        if message.at_top_level:
            del self._top_level[bisect_left(self._top_level, message.ts)]
        if message.thread_ts is not None:
            replies = self._replies[message.thread_ts]
            del replies[bisect_left(replies, message.ts)]
            if not replies:
                del self._replies[message.thread_ts]

    def replies(self, root_ts: str, *, after: str = _BEFORE_ALL, before: str = _AFTER_ALL) -> list[Message]:
        """Return a thread's replies strictly between two timestamps, oldest first, without the root."""
        return self._between(self._replies.get(root_ts, []), after, before)

    def top_level(self, *, after: str = _BEFORE_ALL, before: str = _AFTER_ALL) -> list[Message]:
        """Return what the channel itself shows strictly between two timestamps, oldest first."""
        return self._between(self._top_level, after, before)

    def latest_ts(self) -> str | None:
        """Return the newest top-level timestamp, ephemeral messages included."""
        return self._top_level[-1] if self._top_level else None

    def _between(self, timestamps: list[str], after: str, before: str) -> list[Message]:
        start = bisect_right(timestamps, after)
        stop = bisect_left(timestamps, before)
        return [self._messages[ts] for ts in timestamps[start:stop]]
