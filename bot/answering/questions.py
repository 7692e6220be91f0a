"""Every question asked in Slack ends in one answer, one refusal, or one failure with an id."""

import logging
import uuid
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from bot.answering.answerer import Answered, Answerer, Source
from bot.answering.models import PromptTooLongError
from bot.answering.retrieval import Place
from bot.blocks import answer as blocks
from bot.locks import Locks
from bot.slack.payloads import Asked
from bot.slack.posting import Poster
from storage.answers import Answer, NewAnswer, add_answer, answer_to, set_feedback, set_message
from storage.database import Database
from training.voices import VoiceServerError

TOO_LONG = "That is more than I can read at once. Please ask again in fewer words."

logger = logging.getLogger(__name__)

GREETING = "Ask me something, and I'll look in what this team has written down and approved."


class Questions:
    """Answers in the thread of the question."""

    def __init__(
        self,
        database: Database,
        answerer: Answerer,
        poster: Poster,
        is_private: Callable[[str], bool],
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._answerer = answerer
        self._poster = poster
        self._is_private = is_private
        self._now = now
        self._locks = Locks()

    def answer(self, asked: Asked) -> None:
        """Answer once: an answer that was stored but perhaps not posted, because of a crash, is posted now."""
        # Slack tells of one mention twice where Timbre is mentioned in a direct message.
        with self._locks.of(asked.channel_id, asked.ts):
            self._answer(asked)

    def _answer(self, asked: Asked) -> None:
        stored = self._stored(asked)
        if stored is None:
            try:
                answered = self._answered(asked)
            except Exception as err:  # noqa: BLE001 (whatever it was, the person must not be left waiting)
                self._fail(asked, err)
                return
            self._post(asked, self._store(asked, answered), posted_ts=None)
        elif stored.message_ts is None:
            posted_ts = self._poster.find_reply(
                asked.channel_id, key=_key(stored), thread_ts=asked.thread_ts, after=asked.ts
            )
            self._post(asked, stored, posted_ts=posted_ts)

    def rate(self, answer_id: int, *, user_id: str, value: int) -> None:
        """Record a person's thumb, 1 or -1."""
        with self._database.writing() as session:
            set_feedback(session, answer_id, user_id=user_id, value=value, now=self._now())

    def _answered(self, asked: Asked) -> Answered:
        if not asked.text:
            return Answered(GREETING, "", (), 0)
        try:
            return self._answerer.answer(asked.text, self._place_of(asked))
        except PromptTooLongError:
            return Answered(TOO_LONG, "", (), 0)

    def _place_of(self, asked: Asked) -> Place:
        """Return what may be used in an answer there: everybody's knowledge, and in a private channel its own."""
        is_private = asked.channel_is_private
        if is_private is None:
            is_private = self._is_private(asked.channel_id)
        return Place(asked.team_id, (asked.channel_id,) if is_private else ())

    def _stored(self, asked: Asked) -> Answer | None:
        with self._database.reading() as session:
            return answer_to(session, team_id=asked.team_id, channel_id=asked.channel_id, question_ts=asked.ts)

    def _store(self, asked: Asked, answered: Answered) -> Answer:
        answer = NewAnswer(
            team_id=asked.team_id,
            channel_id=asked.channel_id,
            question_ts=asked.ts,
            message_ts=None,
            asked_by=asked.user_id,
            question=asked.text,
            text=answered.text,
            model=answered.model,
            sources=tuple(asdict(source) for source in answered.sources),
            latency_ms=answered.latency_ms,
            prompt_tokens=answered.prompt_tokens,
            completion_tokens=answered.completion_tokens,
        )
        with self._database.writing() as session:
            return add_answer(session, answer, now=self._now())

    def _post(self, asked: Asked, stored: Answer, *, posted_ts: str | None) -> None:
        ts = posted_ts or self._poster.post(
            asked.channel_id,
            key=_key(stored),
            text=blocks.summary(stored.text),
            blocks=blocks.answer(stored.text, _sources(stored), answer_id=stored.id),
            thread_ts=asked.thread_ts,
        )
        with self._database.writing() as session:
            set_message(session, stored.id, message_ts=ts)

    def _fail(self, asked: Asked, err: Exception) -> None:
        error_id = uuid.uuid4().hex[:8]
        expected = isinstance(err, VoiceServerError)
        logger.error(
            "question %s in %s failed, id %s: %s", asked.ts, asked.channel_id, error_id, err, exc_info=not expected
        )
        self._poster.post(
            asked.channel_id,
            key=f"failure:{error_id}",
            text=blocks.failure_text(error_id),
            blocks=blocks.failure(error_id),
            thread_ts=asked.thread_ts,
        )


def _key(stored: Answer) -> str:
    return f"answer:{stored.id}"


def _sources(stored: Answer) -> list[Source]:
    return [Source(**source) for source in stored.sources]
