"""Events: questions and reactions."""

from collections.abc import Callable
from typing import Any

from bot.answering.questions import Questions
from bot.collecting.reviews import Outcome, ReviewPolicy, Reviews
from bot.slack.acknowledging import Acknowledging
from bot.slack.payloads import Asked, ReactionChange


class Events:
    """Each method takes Slack's event and the team's id."""

    def __init__(
        self,
        questions: Questions,
        reviews: Reviews,
        policy: ReviewPolicy,
        acknowledging: Acknowledging,
        is_private: Callable[[str], bool],
    ) -> None:
        self._questions = questions
        self._reviews = reviews
        self._policy = policy
        self._acknowledging = acknowledging
        self._is_private = is_private

    def mention(self, event: dict[str, Any], team_id: str) -> None:
        """Answer a question put by mentioning Timbre."""
        if event.get("bot_id"):
            return
        is_private = self._is_private(event["channel"])
        self._questions.answer(Asked.from_event(event, team_id=team_id, channel_is_private=is_private))

    def message(self, event: dict[str, Any], team_id: str) -> None:
        """Answer a direct message; in channels Timbre speaks when spoken to."""
        if event.get("channel_type") != "im" or event.get("bot_id") or event.get("subtype"):
            return
        self._questions.answer(Asked.from_event(event, team_id=team_id, channel_is_private=True))

    def reaction(self, event: dict[str, Any], team_id: str) -> None:
        """Bring the pair behind a message in line with the reactions on it."""
        change = ReactionChange.from_event(event, team_id=team_id)
        if change is None or not self._policy.concerns(change.emoji):
            return
        outcome = self._reviews.sync(team_id=team_id, channel_id=change.channel_id, message_ts=change.message_ts)
        if outcome in (Outcome.APPROVED, Outcome.REJECTED, Outcome.WITHDRAWN):
            self._acknowledging.show(change.channel_id, change.message_ts, learnt=outcome is Outcome.APPROVED)
