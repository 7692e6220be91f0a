"""A question asked in Slack: what may be used to answer it there, and what people think of the answer."""

from collections.abc import Callable
from datetime import datetime

from bot.answering.answerer import Answered, Answerer, Show
from bot.answering.delivering import Delivery
from bot.answering.models import PromptTooLongError
from bot.answering.retrieval import Place
from bot.slack.payloads import Asked
from storage.answers import set_feedback
from storage.database import Database

TOO_LONG = "That is more than I can read at once. Please ask again in fewer words."
GREETING = "Ask me something, and I'll look in what this team has written down and approved."


class Questions:
    """Answers in the thread of the question."""

    def __init__(
        self,
        database: Database,
        answerer: Answerer,
        delivery: Delivery,
        is_private: Callable[[str], bool],
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._answerer = answerer
        self._delivery = delivery
        self._is_private = is_private
        self._now = now

    def answer(self, asked: Asked) -> None:
        """Answer once, however often it is called for one question."""
        self._delivery.deliver(asked, lambda show: self._written(asked, show))

    def rate(self, answer_id: int, *, user_id: str, value: int) -> None:
        """Record a person's thumb, 1 or -1."""
        with self._database.writing() as session:
            set_feedback(session, answer_id, user_id=user_id, value=value, now=self._now())

    def _written(self, asked: Asked, show: Show) -> Answered:
        if not asked.text:
            return Answered(GREETING, "", (), 0)
        try:
            return self._answerer.answer(asked.text, self._place_of(asked), show=show)
        except PromptTooLongError:
            return Answered(TOO_LONG, "", (), 0)

    def _place_of(self, asked: Asked) -> Place:
        """Return what may be used in an answer there: everybody's knowledge, and in a private channel its own."""
        is_private = asked.channel_is_private
        if is_private is None:
            is_private = self._is_private(asked.channel_id)
        return Place(asked.team_id, (asked.channel_id,) if is_private else ())
