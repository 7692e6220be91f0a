"""A stream of Slack's: a message in a thread that is added to while it is written."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk import WebClient
from slack_sdk.web.chat_stream import ChatStream

from bot.slack.posting import TROUBLE, keyed

logger = logging.getLogger(__name__)

STREAM_LIMIT = 11_000
"""Slack takes 12,000 characters of Markdown in one message; what is beyond is seen when the answer is done."""


@dataclass(frozen=True)
class Spot:
    """Where an answer goes, and to whom. `after`: the ts of what it answers."""

    team_id: str
    channel_id: str
    thread_ts: str
    after: str
    user_id: str


class Stream:
    """One stream. `sent`: what has been shown in it, also once it is over."""

    def __init__(self, client: WebClient, spot: Spot) -> None:
        self.sent = ""
        self._client = client
        self._spot = spot
        self._open: ChatStream | None = None

    @property
    def ts(self) -> str | None:
        """The ts of its message while it is open."""
        return self._open.ts if self._open else None

    def show(self, text: str) -> None:
        """Add what is new in a text that begins with what was sent. Raises what a call to Slack may end in."""
        if self._open is None:
            stream = self._begun()
            stream.append(markdown_text=text)
            self._open = stream
        else:
            self._open.append(markdown_text=text[len(self.sent) :])
        self.sent = text

    def end(self, whole: str = "", *, blocks: Sequence[dict[str, Any]] = (), key: str = "") -> bool:
        """End it, and complete the message where it can be `whole`: with blocks below and a key.

        Returns whether the message is complete with that.
        """
        stream, self._open = self._open, None
        if stream is None:
            return False
        fits = bool(whole) and whole.startswith(self.sent) and len(whole) <= STREAM_LIMIT
        try:
            if fits:
                stream.stop(markdown_text=whole[len(self.sent) :], blocks=list(blocks) or None, metadata=keyed(key))
            else:
                stream.stop()
        except TROUBLE as err:
            logger.info("a stream in %s could not be ended: %s", self._spot.channel_id, type(err).__name__)
            return False
        return fits

    def _begun(self) -> ChatStream:
        return self._client.chat_stream(
            channel=self._spot.channel_id,
            thread_ts=self._spot.thread_ts,
            recipient_team_id=self._spot.team_id,
            recipient_user_id=self._spot.user_id,
            buffer_size=1,
            unfurl_links=False,
            unfurl_media=False,
        )
