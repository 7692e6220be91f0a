"""Every question asked in Slack ends in one answer, one refusal, or one failure with an id, in its thread."""

import logging
import uuid
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from datetime import datetime

from bot.answering.answered import Answered, Question, to_keep
from bot.answering.reading import Show
from bot.blocks import answer as blocks
from bot.blocks.markdown import is_plain
from bot.locks import Locks
from bot.slack.drafting import Draft, Drafts
from bot.slack.memberships import UnreadableError
from bot.slack.payloads import Asked
from bot.slack.posting import TROUBLE, Post, refused
from bot.slack.streaming import Spot
from storage.answers import Answer, AnswerKind, add_answer, answer_to, replace_answer, set_message
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

    def __init__(
        self, database: Database, drafts: Drafts, now: Callable[[], datetime], *, known_urls: Collection[str] = ()
    ) -> None:
        """`known_urls`: addresses that every answer may link to."""
        self._database = database
        self._drafts = drafts
        self._now = now
        self._known_urls = known_urls
        self._locks = Locks()

    def deliver(self, asked: Asked, write: Write, may_stand: MayStand) -> None:
        """Answer once: an answer that was stored but perhaps not posted, because of a crash, is posted now."""
        # Slack tells of one mention twice where Timbre is mentioned in a direct message.
        with self.alone(asked.channel_id, asked.ts):
            stored = self._stored(asked)
            if stored is not None and stored.message_ts is not None:
                return
            spot = Spot(asked.team_id, asked.channel_id, asked.thread_ts, asked.ts, asked.user_id)
            draft = self._drafts.begin(spot, key=f"answer:{asked.channel_id}:{asked.ts}")
            try:
                if stored is None:
                    self._answer(asked, draft, write)
                else:
                    self._bring(asked, draft, stored if may_stand(stored) else self._withdraw(stored))
            finally:
                draft.close()

    def alone(self, channel_id: str, ts: str) -> AbstractContextManager[None]:
        """Hold off an answer to a question, or wait until the one that is being written is stored."""
        return self._locks.of(channel_id, ts)

    def _answer(self, asked: Asked, draft: Draft, write: Write) -> None:
        try:
            answered = write(draft.show)
        except Exception as err:  # noqa: BLE001 (whatever it was, the person must not be left waiting)
            self._fail(asked, draft, err)
            return
        if answered is not None:
            self._bring(asked, draft, self._store(asked, answered))

    def _bring(self, asked: Asked, draft: Draft, stored: Answer) -> None:
        try:
            ts = self._post(draft, stored)
        except Exception as err:
            if isinstance(err, TROUBLE) and not refused(err):
                raise  # it may go better the next time
            ts = self._fail(asked, draft, err)
        with self._database.writing() as session:
            set_message(session, stored.id, message_ts=ts)

    def _stored(self, asked: Asked) -> Answer | None:
        with self._database.reading() as session:
            return answer_to(session, team_id=asked.team_id, channel_id=asked.channel_id, question_ts=asked.ts)

    def _withdraw(self, stored: Answer) -> Answer:
        with self._database.writing() as session:
            return replace_answer(session, stored.id, text=WITHDRAWN, kind=AnswerKind.NOTE)

    def _store(self, asked: Asked, answered: Answered) -> Answer:
        question = Question(
            asked.team_id, asked.channel_id, asked.ts, asked.user_id, asked.text, thread_ts=asked.thread_ts
        )
        with self._database.writing() as session:
            return add_answer(session, to_keep(answered, question), now=self._now())

    def _post(self, draft: Draft, stored: Answer) -> str:
        messages = blocks.messages(stored, known=self._known_urls)
        text = blocks.summary(stored.text)
        plain = stored.text if len(messages) == 1 and is_plain(stored.text) and not stored.note else None
        return draft.finish([Post(text, message) for message in messages], plain=plain)

    def _fail(self, asked: Asked, draft: Draft, err: Exception) -> str:
        # Always the same for one question: however often it fails, it is told once.
        error_id = uuid.uuid5(uuid.NAMESPACE_OID, f"{asked.team_id}:{asked.channel_id}:{asked.ts}").hex[:8]
        expected = isinstance(err, VoiceServerError | UnreadableError)
        logger.error(
            "question %s in %s failed, id %s: %s", asked.ts, asked.channel_id, error_id, err, exc_info=not expected
        )
        return draft.fail(Post(blocks.failure_text(error_id), blocks.failure(error_id)))
