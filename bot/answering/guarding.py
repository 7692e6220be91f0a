"""Shows an answer while it is written only as long as everybody who reads along may read what it rests on."""

import time
from collections.abc import Callable, Collection

from bot.answering.reading import Show

LOOK_AGAIN_S = 5.0
"""While an answer is written: who reads along may change, and asking Slack at every word would be too much."""


class NotForThemError(Exception):
    """Not everybody who would read an answer may read what it rests on."""


class Guard:
    """`allows` says of passages whether they may be used right now."""

    def __init__(
        self,
        show: Show,
        allows: Callable[[Collection[int]], bool],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._show = show
        self._allows = allows
        self._monotonic = monotonic
        self._read: tuple[int, ...] = ()
        self._looked_at: float | None = None

    def reads(self, chunk_ids: tuple[int, ...]) -> None:
        """Take what the answer will rest on."""
        self._read = chunk_ids

    def show(self, text: str) -> None:
        """Show what is written so far. Raises `NotForThemError` where somebody may not read it."""
        now = self._monotonic()
        if text and (self._looked_at is None or now - self._looked_at >= LOOK_AGAIN_S):
            if not self._allows(self._read):
                raise NotForThemError
            self._looked_at = now
        self._show(text)
