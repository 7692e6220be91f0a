"""Timbre acknowledges an approval with a quiet reaction, not with chatter."""

import logging

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

logger = logging.getLogger(__name__)

LEARNT = "seedling"
# Already as it should be, or the message is gone: nothing left to say.
SETTLED = ("already_reacted", "no_reaction", "message_not_found")


class Acknowledging:
    """Keeps Timbre's own reaction on an answer in step with whether it was learnt."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def show(self, channel_id: str, message_ts: str, *, learnt: bool) -> None:
        """Put the reaction on, or take it off."""
        change = self._client.reactions_add if learnt else self._client.reactions_remove
        try:
            change(channel=channel_id, timestamp=message_ts, name=LEARNT)
        except SlackApiError as err:
            # The pair is decided either way: a courtesy that fails must not have the event handled again.
            if err.response["error"] not in SETTLED:
                logger.warning("no reaction on %s in %s: %s", message_ts, channel_id, err.response["error"])
