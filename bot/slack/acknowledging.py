"""Timbre acknowledges what became of an answer with a quiet reaction, not with chatter."""

import logging

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from storage.pairs import Origin, Pair, PairStatus

logger = logging.getLogger(__name__)

MARKS = {PairStatus.APPROVED: "seedling", PairStatus.CANDIDATE: "inbox_tray"}
"""Learnt, and waiting for reviewers."""
# Already as it should be, or the message is gone: nothing left to say.
SETTLED = ("already_reacted", "no_reaction", "message_not_found")


class Acknowledging:
    """Keeps Timbre's own reaction on an answer's first message in step with where its pair stands."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def show(self, pair: Pair) -> None:
        """Put the reaction on that says where a pair stands, and take the other off."""
        if pair.origin in (Origin.FILE, Origin.EXPORT, Origin.CORRECTION):  # nobody is waiting there for a word
            return
        for status, emoji in MARKS.items():
            self._react(pair, emoji, put=status is pair.status)

    def _react(self, pair: Pair, emoji: str, *, put: bool) -> None:
        change = self._client.reactions_add if put else self._client.reactions_remove
        try:
            change(channel=pair.channel_id, timestamp=pair.answer_ts, name=emoji)
        except SlackApiError as err:
            # The pair is decided either way: a courtesy that fails must not have the event handled again.
            if err.response["error"] not in SETTLED:
                logger.warning("no reaction on %s in %s: %s", pair.answer_ts, pair.channel_id, err.response["error"])
