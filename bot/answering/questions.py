"""A question asked in Slack: what may be used to answer it there, and what people think of the answer."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from bot.answering.answered import Answered
from bot.answering.answerer import Answerer, Permitted
from bot.answering.delivering import Delivery
from bot.answering.guarding import Guard, NotForThemError
from bot.answering.hearing import Hearing
from bot.answering.history import NOTHING, ThreadHistory
from bot.answering.model_errors import PromptTooLongError
from bot.answering.notes import Notes
from bot.answering.places import Audience, Places, Scope
from bot.answering.reading import Show
from bot.slack.payloads import Asked, How
from storage.answers import Answer, AnswerKind, set_feedback
from storage.database import Database

TOO_LONG = "That is more than I can read at once. Please ask again in fewer words."
GREETING = "Ask me something, and I'll look in what this team has written down and approved."
CHANGED = "Who reads along here changed while I was answering. Please ask again."
ATTEMPTS = 3
OVERHEARD = 0.6
"""Cosine below which a passage is no answer to what nobody put to Timbre: there it had better say nothing."""

logger = logging.getLogger(__name__)


class Questions:
    """Answers where a question was asked, from what everybody who reads it there may know.

    `say_off(channel, user)` tells an asker alone that Timbre does not speak there, and `name_thread(channel, thread,
    question)` names a direct conversation's thread.
    """

    def __init__(
        self,
        database: Database,
        answerer: Answerer,
        delivery: Delivery,
        places: Places,
        notes: Notes,
        hearing: Hearing,
        history: ThreadHistory,
        say_off: Callable[[str, str], None],
        name_thread: Callable[[str, str, str], None],
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._answerer = answerer
        self._delivery = delivery
        self._places = places
        self._notes = notes
        self._hearing = hearing
        self._history = history
        self._say_off = say_off
        self._name_thread = name_thread
        self._now = now

    def answer(self, asked: Asked) -> None:
        """Answer once, however often it is called for one question; what is not for Timbre is left alone."""
        if asked.how is How.FOLLOW_UP and not self._hearing.is_follow_up(
            asked.channel_id, asked.thread_ts, asked.ts, by=asked.user_id
        ):
            return
        if not asked.is_direct and self._hearing.is_off(asked.channel_id):
            self._say_off(asked.channel_id, asked.user_id)
            return
        audience = audience_of(asked)
        write = self._overheard if asked.how is How.OVERHEARD else self._put
        self._delivery.deliver(
            asked, lambda show: write(asked, audience, show), lambda stored: self._may_stand(stored, audience)
        )
        if asked.is_direct and asked.text and asked.ts == asked.thread_ts:
            self._name_thread(asked.channel_id, asked.thread_ts, asked.text)

    def rate(self, answer_id: int, *, user_id: str, value: int) -> None:
        """Record a person's thumb, 1 or -1."""
        with self._database.writing() as session:
            set_feedback(session, answer_id, user_id=user_id, value=value, now=self._now())

    def _put(self, asked: Asked, audience: Audience, show: Show) -> Answered:
        return self.written(asked.text, audience, asker=asked.user_id, show=show, asked=asked)

    def _overheard(self, asked: Asked, audience: Audience, _show: Show) -> Answered | None:
        """Return a good answer to what nobody put to Timbre, None where there is none: then nothing is said."""
        try:
            answered = self.written(asked.text, audience, asker=asked.user_id, at_least=OVERHEARD)
        except Exception as err:  # noqa: BLE001 (nobody waits for an answer)
            logger.warning("overheard %s in %s, and failed: %s", asked.ts, asked.channel_id, type(err).__name__)
            return None
        is_answer = answered.kind in (AnswerKind.ANSWER, AnswerKind.VERIFIED)
        return answered if is_answer and answered.is_supported else None

    def written(
        self,
        text: str,
        audience: Audience,
        *,
        asker: str,
        show: Show = lambda _text: None,
        asked: Asked | None = None,
        at_least: float = 0.0,
    ) -> Answered:
        """Return an answer that everybody in an audience may read, at the moment it is returned.

        Nothing is shown before it is clear that they may. `asked`: where it was asked, so that what was said in the
        thread before is known. Raises the errors of `bot.answering.models`.
        """
        if not text:
            return _note(GREETING)
        for attempt in range(ATTEMPTS):
            try:
                scope = self._places.scope(audience, fresh=attempt > 0)
                answered = self._attempt(text, scope, show, asked, at_least, fresh=attempt > 0)
                return self._with_notes(answered, scope, asker)
            except NotForThemError:
                continue  # somebody came or left meanwhile
            except PromptTooLongError:
                return _note(TOO_LONG)
        return _note(CHANGED)

    def _attempt(
        self, text: str, scope: Scope, show: Show, asked: Asked | None, at_least: float, *, fresh: bool
    ) -> Answered:
        places, audience = self._places, scope.audience
        guard = Guard(show, lambda chunk_ids: places.still_allows(audience, chunk_ids))
        permitted = Permitted(scope.place, places.keeps_out(scope, fresh=fresh), guard.reads)
        earlier = NOTHING
        if asked is not None:
            earlier = self._history.before(asked, lambda chunk_ids: places.allows_all(scope, chunk_ids, fresh=fresh))
        return self._answerer.answer(text, permitted, earlier=earlier, show=guard.show, at_least=at_least)

    def _with_notes(self, answered: Answered, scope: Scope, asker: str) -> Answered:
        """Return an answer with what is said beside it. Raises `NotForThemError`, which is looked at last."""
        audience = scope.audience
        hint = self._notes.who_might_know(answered, team_id=audience.team_id, asker=asker)
        said = "\n".join(part for part in (answered.text, hint) if part)
        note = self._notes.beside(answered, scope)
        answered = replace(answered, text=said, note=note, is_private=not scope.is_public)
        if answered.kind is AnswerKind.UNKNOWN and not scope.is_certain:
            answered = replace(answered, kind=AnswerKind.NOTE)  # it might be known where Timbre could not look
        if not self._places.still_allows(audience, answered.read):
            raise NotForThemError
        return answered

    def _may_stand(self, stored: Answer, audience: Audience) -> bool:
        """Return whether an answer that was stored a while ago may still be posted."""
        return self._places.still_allows(audience, stored.read_chunks)


def audience_of(asked: Asked) -> Audience:
    """Return who will read the answer to a question."""
    return Audience(asked.team_id, asked.channel_id, only=asked.user_id if asked.is_direct else "")


def _note(text: str) -> Answered:
    return Answered(text, "", (), kind=AnswerKind.NOTE)
