"""Timbre acknowledges an approval with a quiet reaction, not with chatter."""

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

LEARNT = "seedling"


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
            # Already as it should be, or the message is gone: nothing left to say.
            if err.response["error"] not in ("already_reacted", "no_reaction", "message_not_found"):
                raise
