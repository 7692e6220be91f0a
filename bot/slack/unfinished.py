"""Messages that are being written, and those that a process which died has left behind."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from slack_sdk import WebClient

from bot.locks import Locks
from bot.slack.posting import replies_after, with_key
from bot.slack.streaming import Spot

JUST_STARTED_SECONDS = 60.0


class Unfinished:
    """A message gets its key when it is complete, so one of the bot's own without one is being written, or was."""

    def __init__(self, client: WebClient, *, clock: Callable[[], float] = time.time) -> None:
        self._client = client
        self._locks = Locks()
        self._live: set[tuple[str, str]] = set()
        self._tried: set[str] = set()
        self._searched_before = clock() + JUST_STARTED_SECONDS
        self._bot_id = ""

    def may_be_there(self, spot: Spot, key: str) -> bool:
        """Return whether something may have been left behind, by this process or by one that died."""
        return key in self._tried or float(spot.after) < self._searched_before

    def trying(self, key: str) -> None:
        """Remember that something is about to be posted, until it is complete: Slack may not say whether it was."""
        self._tried.add(key)

    def writing(self, spot: Spot) -> AbstractContextManager[None]:
        """Hold the lock under which a message in a thread is begun or looked for."""
        return self._locks.of(spot.channel_id, spot.thread_ts)

    def follow(self, spot: Spot, ts: str) -> None:
        """Remember that a message is being written."""
        self._live.add((spot.channel_id, ts))

    def done(self, spot: Spot, ts: str, key: str | None = None) -> None:
        """Forget a message that is complete, and with `key` that it was tried: one that failed may begin again."""
        self.leave(spot, ts)
        self._tried.discard(key or "")

    def leave(self, spot: Spot, ts: str) -> None:
        """Remember that a message is being written no more, complete or not."""
        self._live.discard((spot.channel_id, ts))

    def left_behind(self, spot: Spot, *keys: str) -> str | None:
        """Return a message that was meant for `spot` and carries a key, or was never finished, and take it."""
        messages = replies_after(self._client, spot.channel_id, spot.thread_ts, spot.after)
        for key in keys:
            if (found := with_key(messages, key)) is not None:
                return found
        with self.writing(spot):
            for message in messages:
                place = (spot.channel_id, str(message["ts"]))
                if self._is_own(message) and not message.get("metadata") and place not in self._live:
                    self._live.add(place)
                    return place[1]
        return None

    def _is_own(self, message: dict[str, object]) -> bool:
        self._bot_id = self._bot_id or str(self._client.auth_test()["bot_id"])
        return message.get("bot_id") == self._bot_id
