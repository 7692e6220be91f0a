"""What becomes of a question whose message is edited or deleted: what was asked is kept as it reads now, or not."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from bot.collecting.redaction.redacting import redact_sources
from bot.slack.messages import SlackMessage
from bot.slack.mrkdwn import escape
from bot.slack.payloads import question_in
from storage.answers import answer_to, forget_question, reword_question
from storage.database import Database


class AskedMessages:
    """Follows the messages in which Timbre was asked. An answer that was given stands.

    `message_of` reads a message. `alone(channel, ts)` holds off until an answer that is being written is stored, and
    the question with it.
    """

    def __init__(
        self,
        database: Database,
        message_of: Callable[[str, str], SlackMessage | None],
        alone: Callable[[str, str], AbstractContextManager[None]],
        *,
        phone_region: str,
    ) -> None:
        self._database = database
        self._message_of = message_of
        self._alone = alone
        self._phone_region = phone_region

    def forget(self, *, team_id: str, channel_id: str, ts: str) -> None:
        """Let go of a question whose message was deleted."""
        with self._alone(channel_id, ts), self._database.writing() as session:
            forget_question(session, team_id=team_id, channel_id=channel_id, question_ts=ts)

    def follow(self, *, team_id: str, channel_id: str, ts: str) -> None:
        """Keep a question as its message reads now; what it said before may have been said by mistake."""
        place = {"team_id": team_id, "channel_id": channel_id, "question_ts": ts}
        with self._alone(channel_id, ts):
            with self._database.reading() as session:
                asked = answer_to(session, **place)
            if asked is None or not asked.question:
                return
            message = self._message_of(channel_id, ts)
            (said,) = redact_sources(message.text if message else "", region=self._phone_region)
            with self._database.writing() as session:
                reword_question(session, asked.id, question_in(escape(said.text)))
