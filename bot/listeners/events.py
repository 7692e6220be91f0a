"""Events: questions, reactions, and messages that change under them."""

from typing import Any

from bot.answering.hearing import Heard, Hearing
from bot.answering.questions import Questions
from bot.answering.rewording import AskedMessages
from bot.collecting.exchanges import is_question
from bot.collecting.policy import ReviewPolicy
from bot.collecting.reviews import Reviews
from bot.collecting.votes import Act
from bot.knowledge.uploads import Upload, Uploads
from bot.listeners.kept import CHANGES, is_change_of_words, kept_of, kept_upload
from bot.slack.payloads import Asked, How, MessageChange, ReactionChange, emoji_name, files_gone, files_of


class Events:
    """Each method takes what was kept of Slack's event, and the team's id."""

    def __init__(
        self,
        questions: Questions,
        reviews: Reviews,
        policy: ReviewPolicy,
        hearing: Hearing,
        uploads: Uploads,
        asked: AskedMessages,
        *,
        bot_user_id: str,
    ) -> None:
        self._questions = questions
        self._reviews = reviews
        self._policy = policy
        self._hearing = hearing
        self._uploads = uploads
        self._asked = asked
        self._mention = f"<@{bot_user_id}"

    def kept(self, event: dict[str, Any]) -> dict[str, Any] | None:
        """Return what is stored of an event, None where it leads to nothing: the talk of others is not kept."""
        region = self._policy.phone_region
        if self._is_upload(event):
            return kept_upload(event, region=region)
        return kept_of(event, region=region) if self._concerns_us(event) else None

    def mention(self, event: dict[str, Any], team_id: str) -> None:
        """Answer a question put by mentioning Timbre."""
        self._questions.answer(Asked.from_event(event, team_id=team_id, is_direct=event["channel"].startswith("D")))

    def message(self, event: dict[str, Any], team_id: str) -> None:
        """Answer a direct message or what follows on an answer in a channel, or follow a message that changed."""
        if event.get("subtype") in CHANGES:
            self._follow(event, team_id)
            return
        is_direct = event.get("channel_type") == "im"
        how = How.PUT
        if not is_direct:
            how = How.FOLLOW_UP if _heard(event).is_reply else How.OVERHEARD
        self._questions.answer(Asked.from_event(event, team_id=team_id, is_direct=is_direct, how=how))

    def upload(self, event: dict[str, Any], team_id: str) -> None:
        """Read the files in a message for Timbre, and answer what was asked beside them."""
        is_direct = event["channel"].startswith("D")
        asked = Asked.from_event(event, team_id=team_id, is_direct=is_direct)
        where = (team_id, asked.channel_id, is_direct, asked.ts, asked.thread_ts, asked.user_id)
        is_admins = self._uploads.take(Upload(*where, tuple(event["files"]), has_text=bool(asked.text)))
        # "Here is the handbook" is no question, but whoever may not add files asked something with them.
        if is_question(asked.text) if is_admins else asked.text:
            self._questions.answer(asked)

    def file_deleted(self, event: dict[str, Any], team_id: str) -> None:
        """Forget a file that was deleted."""
        self._uploads.forget_file(event["file_id"], team_id=team_id)

    def reaction(self, event: dict[str, Any], team_id: str) -> None:
        """Bring the pair behind a message in line with the reactions on it."""
        change = ReactionChange.from_event(event, team_id=team_id)
        act = Act(change.message_ts, change.user_id, change.emoji, change.ts, is_added=change.is_added)
        self._reviews.sync(team_id=team_id, channel_id=change.channel_id, message_ts=change.message_ts, act=act)

    def _follow(self, event: dict[str, Any], team_id: str) -> None:
        change = MessageChange.from_event(event, team_id=team_id)
        if files := event.get("files"):
            self._uploads.forget_message(change.channel_id, change.message_ts, files, team_id=team_id)
        follow = self._asked.forget if event.get("is_deleted") else self._asked.follow
        follow(team_id=team_id, channel_id=change.channel_id, ts=change.message_ts)
        if event.get("channel_type") != "im":
            self._reviews.follow(
                team_id=team_id,
                channel_id=change.channel_id,
                message_ts=change.message_ts,
                thread_ts=change.thread_ts,
            )

    def _is_upload(self, event: dict[str, Any]) -> bool:
        if event["type"] not in ("message", "app_mention") or event.get("subtype") in CHANGES or event.get("bot_id"):
            return False
        is_for_us = event.get("channel_type") == "im" or self._mention in (event.get("text") or "")
        return is_for_us and bool(event.get("user")) and bool(files_of(event))

    def _concerns_us(self, event: dict[str, Any]) -> bool:
        if event["type"] == "file_deleted":
            return True
        if event["type"] == "message":
            if event.get("subtype") in CHANGES:
                return bool(files_gone(event)) or is_change_of_words(event)
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
