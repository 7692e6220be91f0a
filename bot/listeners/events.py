"""Events: questions and reactions."""

from typing import Any

from bot.answering.questions import Questions
from bot.collecting.reviews import Outcome, ReviewPolicy, Reviews
from bot.slack.acknowledging import Acknowledging
from bot.slack.payloads import Asked, ReactionChange, emoji_name


class Events:
    """Each method takes Slack's event and the team's id."""

    def __init__(
        self,
        questions: Questions,
        reviews: Reviews,
        policy: ReviewPolicy,
        acknowledging: Acknowledging,
    ) -> None:
        self._questions = questions
        self._reviews = reviews
        self._policy = policy
        self._acknowledging = acknowledging

    def concerns_us(self, event: dict[str, Any]) -> bool:
        """Return whether an event leads to anything: the talk of others is not even kept."""
        if event["type"] == "message":
            is_said = event.get("subtype") in (None, "file_share")  # not an edit, or somebody who came or left
            return event.get("channel_type") == "im" and is_said and not event.get("bot_id")
        if event["type"] == "app_mention":
            return not event.get("bot_id")
        return self._policy.concerns(emoji_name(event["reaction"])) and event["item"].get("type") == "message"

    def mention(self, event: dict[str, Any], team_id: str) -> None:
        """Answer a question put by mentioning Timbre."""
        self._questions.answer(Asked.from_event(event, team_id=team_id, channel_is_private=None))

    def message(self, event: dict[str, Any], team_id: str) -> None:
        """Answer a direct message; in channels Timbre speaks when spoken to."""
        self._questions.answer(Asked.from_event(event, team_id=team_id, channel_is_private=True))

    def reaction(self, event: dict[str, Any], team_id: str) -> None:
        """Bring the pair behind a message in line with the reactions on it."""
        change = ReactionChange.from_event(event, team_id=team_id)
        outcome = self._reviews.sync(team_id=team_id, channel_id=change.channel_id, message_ts=change.message_ts)
        if outcome in (Outcome.APPROVED, Outcome.REJECTED, Outcome.WITHDRAWN):
            self._acknowledging.show(change.channel_id, change.message_ts, learnt=outcome is Outcome.APPROVED)
