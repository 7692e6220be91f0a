"""What was said in a thread before a question, as far as whoever reads the answer may read it."""

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from bot.answering.citations import without_citations
from bot.collecting.redaction.redacting import redact_sources
from bot.slack.messages import SlackMessage
from bot.slack.mrkdwn import shorten
from bot.slack.payloads import Asked
from bot.slack.posting import TROUBLE
from storage.answers import Answer, AnswerKind, answers_posted_as, last_question
from storage.database import Database
from storage.people import opted_out
from training.prompt import Message

logger = logging.getLogger(__name__)

MOST_TURNS = 40
TURN_LIMIT = 1_000
"""Characters of one message that are kept: an answer may have had thirty thousand."""
SAID = (AnswerKind.ANSWER, AnswerKind.VERIFIED)

Allows = Callable[[Collection[int]], bool]
"""Says whether every one of some passages may be read by everybody who will read an answer."""


@dataclass(frozen=True)
class Turn:
    """Something that was said. `read`: the passages it rests on, where Timbre said it."""

    message: Message
    read: tuple[int, ...] = ()


@dataclass(frozen=True)
class Earlier:
    """What was said before, oldest first. `about`: what was asked, for a question that says little by itself."""

    turns: tuple[Turn, ...] = ()
    about: str = ""


NOTHING = Earlier()


class ThreadHistory:
    """Reads threads from Slack by `thread_of`: what was deleted or edited since is not what is remembered.

    People's words in a thread may be read by whoever reads the thread. Timbre's own rest on passages: one of its
    answers counts only where all of them may be read. What people say who opted out is left out, as everywhere.
    """

    def __init__(
        self,
        database: Database,
        thread_of: Callable[[str, str], Sequence[SlackMessage]],
        *,
        bot_user_id: str,
        phone_region: str,
    ) -> None:
        self._database = database
        self._thread_of = thread_of
        self._bot_user_id = bot_user_id
        self._phone_region = phone_region

    def before(self, asked: Asked, allows: Allows) -> Earlier:
        """Return what was said in a question's thread before it; nothing where Slack does not tell."""
        if asked.ts == asked.thread_ts:
            return NOTHING
        try:
            thread = self._thread_of(asked.channel_id, asked.thread_ts)
        except TROUBLE as err:
            logger.warning("thread %s in %s can't be read: %s", asked.thread_ts, asked.channel_id, type(err).__name__)
            thread = ()
        before = [message for message in thread if message.ts < asked.ts][-MOST_TURNS:]
        own = [message.ts for message in before if message.user_id == self._bot_user_id]
        place = {"team_id": asked.team_id, "channel_id": asked.channel_id}
        with self._database.reading() as session:
            silent = opted_out(session, team_id=asked.team_id)
            answers = answers_posted_as(session, own, **place)
            about = last_question(session, **place, thread_ts=asked.thread_ts, without=silent)
        turns = [
            _answered(answers[message.ts], allows) if message.ts in answers else self._said(message, silent)
            for message in before
        ]
        said = tuple(turn for turn in turns if turn is not None)
        return Earlier(said, about or _last_said(said))

    def _said(self, message: SlackMessage, silent: Collection[str]) -> Turn | None:
        if not message.is_said or message.user_id in silent:
            return None
        (said,) = redact_sources(message.text, region=self._phone_region)
        text = shorten(said.text, TURN_LIMIT)
        return Turn({"role": "user", "content": text}) if text else None


def _answered(answer: Answer, allows: Allows) -> Turn | None:
    """Return an answer of Timbre's, None where it is none, or rests on what can't be told or may not be read."""
    if answer.kind not in SAID or not answer.text or not answer.read_chunks or not allows(answer.read_chunks):
        return None
    # Its numbers are of other passages than the next answer's.
    text = shorten(without_citations(answer.text), TURN_LIMIT)
    return Turn({"role": "assistant", "content": text}, answer.read_chunks)


def _last_said(turns: Sequence[Turn]) -> str:
    return next((turn.message["content"] for turn in reversed(turns) if turn.message["role"] == "user"), "")
