"""Events: questions, reactions, and messages that change under them."""

from typing import Any

from bot.answering.hearing import Heard, Hearing
from bot.answering.questions import Questions
from bot.collecting.policy import ReviewPolicy
from bot.collecting.reviews import Reviews
from bot.collecting.votes import Act
from bot.listeners.kept import CHANGES, is_change_of_words, kept_of
from bot.slack.payloads import Asked, How, MessageChange, ReactionChange, emoji_name


class Events:
    """Each method takes what was kept of Slack's event, and the team's id."""

    def __init__(self, questions: Questions, reviews: Reviews, policy: ReviewPolicy, hearing: Hearing) -> None:
        self._questions = questions
        self._reviews = reviews
        self._policy = policy
        self._hearing = hearing

    def kept(self, event: dict[str, Any]) -> dict[str, Any] | None:
        """Return what is stored of an event, None where it leads to nothing: the talk of others is not kept."""
        return kept_of(event, region=self._policy.phone_region) if self._concerns_us(event) else None

    def mention(self, event: dict[str, Any], team_id: str) -> None:
        """Answer a question put by mentioning Timbre."""
        self._questions.answer(Asked.from_event(event, team_id=team_id, is_direct=event["channel"].startswith("D")))

    def message(self, event: dict[str, Any], team_id: str) -> None:
        """Answer a direct message or what follows on an answer in a channel, or follow a message that changed."""
        if event.get("subtype") in CHANGES:
            change = MessageChange.from_event(event, team_id=team_id)
            self._reviews.follow(
                team_id=team_id,
                channel_id=change.channel_id,
                message_ts=change.message_ts,
                thread_ts=change.thread_ts,
            )
            return
        is_direct = event.get("channel_type") == "im"
        how = How.PUT
        if not is_direct:
            how = How.FOLLOW_UP if _heard(event).is_reply else How.OVERHEARD
        self._questions.answer(Asked.from_event(event, team_id=team_id, is_direct=is_direct, how=how))

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
            if not is_said or event.get("bot_id") or not event.get("user"):
                return False
            return event.get("channel_type") == "im" or self._hearing.may_concern(_heard(event))
        if event["type"] == "app_mention":
            return not event.get("bot_id")
        if event["type"] == "app_home_opened":
            return event.get("tab") in ("home", "messages")
        return self._policy.concerns(emoji_name(event["reaction"])) and event["item"].get("type") == "message"


def _heard(event: dict[str, Any]) -> Heard:
    return Heard(event["channel"], event["ts"], event.get("thread_ts") or event["ts"], event.get("text") or "")
