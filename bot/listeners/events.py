"""Events: questions, reactions, and messages that change under them."""

from typing import Any

from bot.answering.questions import Questions
from bot.collecting.policy import ReviewPolicy
from bot.collecting.reviews import Reviews
from bot.collecting.votes import Act
from bot.listeners.kept import CHANGES, is_change_of_words, kept_of
from bot.slack.payloads import Asked, MessageChange, ReactionChange, emoji_name


class Events:
    """Each method takes what was kept of Slack's event, and the team's id."""

    def __init__(self, questions: Questions, reviews: Reviews, policy: ReviewPolicy) -> None:
        self._questions = questions
        self._reviews = reviews
        self._policy = policy

    def kept(self, event: dict[str, Any]) -> dict[str, Any] | None:
        """Return what is stored of an event, None where it leads to nothing: the talk of others is not kept."""
        return kept_of(event, region=self._policy.phone_region) if self._concerns_us(event) else None

    def mention(self, event: dict[str, Any], team_id: str) -> None:
        """Answer a question put by mentioning Timbre."""
        self._questions.answer(Asked.from_event(event, team_id=team_id, is_direct=event["channel"].startswith("D")))

    def message(self, event: dict[str, Any], team_id: str) -> None:
        """Answer a direct message, or follow one that changed; in channels Timbre speaks when spoken to."""
        if event.get("subtype") in CHANGES:
            change = MessageChange.from_event(event, team_id=team_id)
            self._reviews.follow(
                team_id=team_id,
                channel_id=change.channel_id,
                message_ts=change.message_ts,
                thread_ts=change.thread_ts,
            )
            return
        self._questions.answer(Asked.from_event(event, team_id=team_id, is_direct=True))

    def reaction(self, event: dict[str, Any], team_id: str) -> None:
        """Bring the pair behind a message in line with the reactions on it."""
        change = ReactionChange.from_event(event, team_id=team_id)
        act = Act(change.message_ts, change.user_id, change.emoji, change.ts) if change.is_added else None
        self._reviews.sync(team_id=team_id, channel_id=change.channel_id, message_ts=change.message_ts, act=act)

    def _concerns_us(self, event: dict[str, Any]) -> bool:
        if event["type"] == "message":
            if event.get("subtype") in CHANGES:
                return event.get("channel_type") != "im" and is_change_of_words(event)
            is_said = event.get("subtype") in (None, "file_share")  # not somebody who came or left
            return event.get("channel_type") == "im" and is_said and not event.get("bot_id")
        if event["type"] == "app_mention":
            return not event.get("bot_id")
        if event["type"] == "app_home_opened":
            return event.get("tab") == "home"
        return self._policy.concerns(emoji_name(event["reaction"])) and event["item"].get("type") == "message"
