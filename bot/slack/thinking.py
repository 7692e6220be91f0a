"""The line that says an answer is on its way."""

from contextlib import suppress

from slack_sdk import WebClient

from bot.slack.posting import TROUBLE
from bot.slack.streaming import Spot

THINKING = "is thinking…"


class Thinking:
    """A status in a thread, which a message posted there takes back. That it can't be shown stops nothing."""

    def __init__(self, client: WebClient, spot: Spot) -> None:
        self._client = client
        self._spot = spot
        self._is_shown = False

    def show(self) -> None:
        """Say that an answer is on its way."""
        with suppress(*TROUBLE):
            self._set(THINKING)
            self._is_shown = True

    def is_over(self) -> None:
        """Remember that something was posted."""
        self._is_shown = False

    def clear(self) -> None:
        """Take it back, where nothing that was posted has."""
        if self._is_shown:
            with suppress(*TROUBLE):
                self._set("")

    def _set(self, status: str) -> None:
        spot = self._spot
        self._client.assistant_threads_setStatus(channel_id=spot.channel_id, thread_ts=spot.thread_ts, status=status)
