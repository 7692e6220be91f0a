"""Every question asked in Slack ends in one answer, one refusal, or one failure with an id, in its thread."""

import logging
import uuid
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from bot.answering.answerer import Answered, Show, Source
from bot.blocks import answer as blocks
from bot.locks import Locks
from bot.slack.memberships import UnreadableError
from bot.slack.payloads import Asked
from bot.slack.posting import Poster
from storage.answers import Answer, AnswerKind, NewAnswer, add_answer, answer_to, replace_answer, set_message
from storage.database import Database
from training.voices import VoiceServerError

logger = logging.getLogger(__name__)

Write = Callable[[Show], Answered | None]
"""Writes an answer, and shows what is written so far while it does. Whatever it raises becomes a
failure; where it returns None, nothing is said."""
MayStand = Callable[[Answer], bool]
"""Says whether an answer that was stored a while ago may still be read by everybody who would read it."""
WITHDRAWN = "Not everybody here may read any more what I had found. Please ask again."


class Delivery:
    """Brings answers to the threads of their questions, each once, whatever dies in between."""

    def __init__(self, database: Database, poster: Poster, now: Callable[[], datetime]) -> None:
        self._database = database
        self._poster = poster
        self._now = now
        self._locks = Locks()

    def deliver(self, asked: Asked, write: Write, may_stand: MayStand) -> None:
        """Answer once: an answer that was stored but perhaps not posted, because of a crash, is posted now."""
        # Slack tells of one mention twice where Timbre is mentioned in a direct message.
        with self._locks.of(asked.channel_id, asked.ts):
            self._deliver(asked, write, may_stand)

    def _deliver(self, asked: Asked, write: Write, may_stand: MayStand) -> None:
        stored = self._stored(asked)
        if stored is None:
            try:
                answered = write(lambda _text: None)
            except Exception as err:  # noqa: BLE001 (whatever it was, the person must not be left waiting)
                self._fail(asked, err)
                return
            if answered is None:
                return
            self._post(asked, self._store(asked, answered), posted_ts=None)
        elif stored.message_ts is None:
            posted_ts = self._poster.find_reply(
                asked.channel_id, key=_key(stored), thread_ts=asked.thread_ts, after=asked.ts
            )
            if posted_ts is None and not may_stand(stored):
                stored = self._withdraw(stored)
            self._post(asked, stored, posted_ts=posted_ts)

    def _stored(self, asked: Asked) -> Answer | None:
        with self._database.reading() as session:
            return answer_to(session, team_id=asked.team_id, channel_id=asked.channel_id, question_ts=asked.ts)

    def _withdraw(self, stored: Answer) -> Answer:
        with self._database.writing() as session:
            return replace_answer(session, stored.id, text=WITHDRAWN, kind=AnswerKind.NOTE)

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
            kind=answered.kind,
            thread_ts=asked.thread_ts,
            read_chunks=answered.read,
            verified_pair_id=answered.verified,
            note=answered.note,
        )
        with self._database.writing() as session:
            return add_answer(session, answer, now=self._now())

    def _post(self, asked: Asked, stored: Answer, *, posted_ts: str | None) -> None:
        ts = posted_ts or self._poster.post(
            asked.channel_id,
            key=_key(stored),
            text=blocks.summary(stored.text),
            blocks=blocks.answer(stored.text, _sources(stored), answer_id=stored.id, note=stored.note),
            thread_ts=asked.thread_ts,
        )
        with self._database.writing() as session:
            set_message(session, stored.id, message_ts=ts)

    def _fail(self, asked: Asked, err: Exception) -> None:
        error_id = uuid.uuid4().hex[:8]
        expected = isinstance(err, VoiceServerError | UnreadableError)
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
