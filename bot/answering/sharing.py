"""Answers that only the asker sees, and what becomes of one that they share with a channel."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from slack_sdk.errors import SlackApiError

from bot.answering.answered import Answered, Question, to_keep
from bot.answering.delivering import WITHDRAWN
from bot.answering.places import Audience, Places
from bot.answering.questions import Questions
from bot.blocks.answer import summary
from bot.blocks.asking import shared
from bot.locks import Locks
from bot.slack.posting import Post
from bot.slack.series import Series
from storage.answers import (
    PRIVATE,
    Answer,
    AnswerKind,
    NewAnswer,
    add_answer,
    answer_to,
    get_answer,
    replace_answer,
    set_message,
)
from storage.database import Database

SHARED = "share:"
NOT_THERE = ("not_in_channel", "channel_not_found", "is_archived")
KNOWN = (AnswerKind.ANSWER, AnswerKind.VERIFIED)


class ShareRefusedError(Exception):
    """An answer can't be shared; the message says why, and what to do."""


class Sharing:
    """What one person may read need not be for everybody in a channel: at the click it is looked at again."""

    def __init__(
        self,
        database: Database,
        questions: Questions,
        places: Places,
        series: Series,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._questions = questions
        self._places = places
        self._series = series
        self._now = now
        self._locks = Locks()

    def ask(self, text: str, *, team_id: str, channel_id: str, user_id: str, key: str) -> Answer:
        """Return an answer for one person, kept so that they can share it. Raises as `Questions.written` does.

        `key`: asked again with the same one, it is the same answer, as long as it may be read.
        """
        audience = Audience(team_id, channel_id, only=user_id)
        ts = f"{PRIVATE}{key}"
        with self._database.reading() as session:
            known = answer_to(session, team_id=team_id, channel_id=channel_id, question_ts=ts)
        if known is not None:
            return known if self._places.still_allows(audience, known.read_chunks) else self._withdraw(known)
        answered = self._questions.written(text, audience, asker=user_id)
        return self._store(answered, Question(team_id, channel_id, ts, user_id, text))

    def share(self, answer_id: int, *, by: str) -> bool:
        """Post a person's answer in the channel they asked in; returns whether it had to be made anew for it.

        Raises `ShareRefusedError`, and what `Questions.written` raises.
        """
        with self._locks.of(str(answer_id)):
            mine = self._own(answer_id, by)
            audience = Audience(mine.team_id, mine.channel_id)
            stored, is_new = self._for_everybody(mine, audience)
            self._post(stored, audience)
        return is_new

    def _own(self, answer_id: int, by: str) -> Answer:
        with self._database.reading() as session:
            mine = get_answer(session, answer_id)
        if mine is None or mine.asked_by != by or not mine.question_ts.startswith(PRIVATE) or not mine.question:
            raise ShareRefusedError("Only who asked can share an answer, while it is kept. Ask again.")
        return mine

    def _for_everybody(self, mine: Answer, audience: Audience) -> tuple[Answer, bool]:
        key = f"{SHARED}{mine.question_ts.removeprefix(PRIVATE)}"
        with self._database.reading() as session:
            known = answer_to(session, team_id=mine.team_id, channel_id=mine.channel_id, question_ts=key)
        if known is not None and known.message_ts is not None:
            raise ShareRefusedError("You have shared this answer already.")
        if known is not None and self._places.still_allows(audience, known.read_chunks):
            return known, False
        if known is None and mine.kind in KNOWN and self._places.still_allows(audience, mine.read_chunks):
            return self._copy(mine, key), False
        answered = self._questions.written(mine.question, audience, asker=mine.asked_by)
        if answered.kind not in KNOWN or known is not None:
            raise ShareRefusedError(
                "This answer rests on what not everybody here may read, and without that I don't know. "
                "It stays between us."
            )
        question = Question(mine.team_id, mine.channel_id, key, mine.asked_by, mine.question)
        return self._store(replace(answered, is_private=True), question), True  # until it is posted

    def _post(self, stored: Answer, audience: Audience) -> None:
        try:
            posts = [Post(summary(stored.text), message) for message in shared(stored)]
            begun_at = self._series.find(stored.channel_id, key=stored.question_ts)
            is_posted = begun_at is not None and len(posts) == 1
            # The last thing before it is out: who is there may have changed while the answer was made.
            if not is_posted and not self._places.still_allows(audience, stored.read_chunks):
                raise ShareRefusedError("Who reads along here has just changed. Please try again.")
            ts = self._series.post(stored.channel_id, posts, key=stored.question_ts, begun_at=begun_at)
        except SlackApiError as err:
            if err.response["error"] in NOT_THERE:
                raise ShareRefusedError("I am not in this conversation. Invite me first, then share.") from err
            raise
        is_private = self._places.is_private(stored.channel_id)
        with self._database.writing() as session:
            set_message(session, stored.id, message_ts=ts, thread_ts=ts, is_private=is_private)

    def _copy(self, mine: Answer, key: str) -> Answer:
        copied = NewAnswer(**{name: getattr(mine, name) for name in NewAnswer.__dataclass_fields__})
        with self._database.writing() as session:
            # What was asked in private is so until it is posted, which may be refused.
            return add_answer(session, replace(copied, question_ts=key, is_private=True), now=self._now())

    def _withdraw(self, known: Answer) -> Answer:
        with self._database.writing() as session:
            return replace_answer(session, known.id, text=WITHDRAWN, kind=AnswerKind.NOTE)

    def _store(self, answered: Answered, question: Question) -> Answer:
        with self._database.writing() as session:
            return add_answer(session, to_keep(answered, question), now=self._now())
