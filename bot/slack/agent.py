"""The pane in which people talk with Timbre alone: what it offers there, and what its threads are called."""

import logging
from collections.abc import Sequence

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.slack.mrkdwn import shorten

logger = logging.getLogger(__name__)

MOST_PROMPTS = 4
TITLE_LIMIT = 60


class AgentPane:
    """An app without Slack's agent view is refused all of this, and answers all the same."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def suggest(self, channel_id: str, questions: Sequence[str]) -> None:
        """Offer questions to ask."""
        prompts = [
            {"title": shorten(question, TITLE_LIMIT), "message": question} for question in questions[:MOST_PROMPTS]
        ]
        try:
            # With a `thread_ts`, even an empty one, Slack does nothing for an app with an agent view, and says nothing.
            self._client.assistant_threads_setSuggestedPrompts(
                channel_id=channel_id, title="Ask me, for example", prompts=prompts
            )
        except SlackApiError as err:
            logger.info("no prompts in %s: %s", channel_id, err.response["error"])

    def name(self, channel_id: str, thread_ts: str, question: str) -> None:
        """Name a thread after its question."""
        try:
            self._client.assistant_threads_setTitle(
                channel_id=channel_id, thread_ts=thread_ts, title=shorten(question, TITLE_LIMIT)
            )
        except SlackApiError as err:
            logger.info("no title in %s: %s", channel_id, err.response["error"])
