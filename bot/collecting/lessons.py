"""What the modal teaches: an answer somebody points at, or one that waits, edited on the way to its approval."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime

from slack_sdk.errors import SlackApiError

from bot.blocks.card import Rival
from bot.blocks.modal import INPUT_LIMIT
from bot.blocks.pair_button import HASH_LENGTH, Key, PairButton
from bot.blocks.teaching import ANSWER, QUESTION, Lesson
from bot.collecting.cards import card_of, rival_of
from bot.collecting.decisions import Decisions, ReviewRefusedError, Shown
from bot.collecting.queue import readable_beside
from bot.collecting.readers import PairReaders
from bot.collecting.reading import NOT_THERE
from bot.collecting.reviews import Reviews
from storage.database import Database
from storage.pairs import Candidate, Pair, PairStatus, get_pair
from storage.twins import Twin
from training.voices import VoiceServerError

logger = logging.getLogger(__name__)

NO_QUESTION = "I can't tell which question this answers, or somebody in it is not learnt from."


class FieldRefusedError(Exception):
    """What was typed can't be taken; `errors` says why, by field."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = errors


@dataclass(frozen=True)
class Topic:
    """Which answer a modal is about, as it was shown: a stored pair, or the message of one that is not stored yet.

    `surface`, `after`, `response_url`: where it was opened from, which is drawn again when it is sent off.
    """

    content_hash: str
    pair_id: int = 0
    channel_id: str = ""
    message_ts: str = ""
    surface: str = ""
    after: Key | None = None
    response_url: str = ""

    @property
    def text(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> "Topic":
        """Read what `text` wrote."""
        fields = json.loads(text)
        after = fields.pop("after")
        return cls(**fields, after=tuple(after) if after else None)


class Lessons:
    """Finds what the modal shows, and does what it is sent off for."""

    def __init__(
        self,
        database: Database,
        reviews: Reviews,
        decisions: Decisions,
        readers: PairReaders,
        resembling: Callable[[Pair], list[Twin]],
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._reviews = reviews
        self._decisions = decisions
        self._readers = readers
        self._resembling = resembling
        self._now = now

    def about_message(self, *, team_id: str, channel_id: str, message_ts: str, by: str) -> tuple[Lesson, Topic]:
        """Return what a message teaches. Raises `ReviewRefusedError` when that is nothing, or nothing for `by`."""
        with _looking():
            found = self._reviews.look(team_id=team_id, channel_id=channel_id, message_ts=message_ts)
        if found is None:
            raise ReviewRefusedError(NO_QUESTION)
        may_decide = self._readers.is_reviewer(by)
        if found.answered_by == by:
            raise ReviewRefusedError(f"Nobody {'approves' if may_decide else 'nominates'} their own answer.")
        topic = Topic(found.content_hash[:HASH_LENGTH], channel_id=channel_id, message_ts=message_ts)
        return self._lesson(found, may_decide=may_decide), topic

    def about_pair(self, pressed: PairButton, *, by: str, surface: str, response_url: str) -> tuple[Lesson, Topic]:
        """Return what a stored pair teaches. Raises `ReviewRefusedError` as deciding about it would."""
        pair = self._decisions.may_decide(pressed.shown, by=by)
        topic = Topic(pressed.content_hash, pair.id, surface=surface, after=pressed.after, response_url=response_url)
        return self._lesson(pair, may_decide=True), topic

    def submit(self, topic: Topic, typed: dict[str, str], *, team_id: str, by: str) -> Pair:
        """Approve an answer as it was typed, or nominate it. Raises `FieldRefusedError` or `ReviewRefusedError`."""
        _check(typed)
        pair = self._pair(topic, team_id)
        shown = Shown(pair.id, topic.content_hash)
        if not self._readers.is_reviewer(by):
            return self._decisions.nominate(shown, by=by)
        question, answer = typed.get(QUESTION, pair.question), typed.get(ANSWER, pair.answer)
        if (question, answer) == (pair.question.strip(), pair.answer.strip()):
            return self._decisions.approve(shown, by=by)
        return self._decisions.edit_and_approve(shown, question=question, answer=answer, by=by)

    def _pair(self, topic: Topic, team_id: str) -> Pair:
        if topic.pair_id:
            with self._database.reading() as session:
                return get_pair(session, topic.pair_id)
        with _looking():
            pair = self._reviews.propose(team_id=team_id, channel_id=topic.channel_id, message_ts=topic.message_ts)
        if pair is None:
            raise ReviewRefusedError(NO_QUESTION)
        return pair

    def _lesson(self, candidate: Candidate, *, may_decide: bool) -> Lesson:
        if not isinstance(candidate, Pair):
            return Lesson(candidate, self._rivals(candidate), may_decide)
        with self._database.reading() as session:
            card = card_of(session, candidate, approvals_needed=1, may_read=readable_beside(candidate))
        return Lesson(candidate, card.rivals, may_decide)

    def _rivals(self, candidate: Candidate) -> tuple[Rival, ...]:
        """Return the approved answers that one which is not stored resembles; none while the models are away."""
        fields = {name: getattr(candidate, name) for name in Candidate.__dataclass_fields__}
        unstored = Pair(
            **fields, id=0, status=PairStatus.WITHDRAWN, context=None, created_at=self._now(), decided_at=None
        )
        try:
            twins = self._resembling(unstored)
        except VoiceServerError as err:
            logger.warning("an answer could not be compared with the approved ones: %s", type(err).__name__)
            return ()
        with self._database.reading() as session:
            return tuple(rival_of(session, twin) for twin in twins)


@contextmanager
def _looking() -> Iterator[None]:
    """Raise `ReviewRefusedError` where Timbre can't look."""
    try:
        yield
    except SlackApiError as err:
        if err.response["error"] in NOT_THERE:
            raise ReviewRefusedError("I am not in this conversation, so I can't read it. Invite me first.") from err
        raise


def _check(typed: dict[str, str]) -> None:
    """Raise `FieldRefusedError` for what no pair can hold."""
    errors = {field: f"Write the {field}." for field, text in typed.items() if not text}
    errors |= {
        field: f"Slack takes {INPUT_LIMIT:,} characters here; this has {len(text):,}."
        for field, text in typed.items()
        if len(text) > INPUT_LIMIT
    }
    if errors:
        raise FieldRefusedError(errors)
