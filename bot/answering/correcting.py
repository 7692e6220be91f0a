"""What Timbre should have said: a correction becomes a proposed answer, which waits for a review."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy.orm import Session

from bot.answering.leaning import stands_alone
from bot.answering.places import Places
from bot.collecting.candidates import edited_text
from bot.collecting.decisions import ReviewRefusedError
from bot.collecting.policy import ReviewPolicy
from bot.collecting.standing import settle
from storage.answers import Answer, AnswerKind, get_answer
from storage.audit import append
from storage.database import Database
from storage.pairs import Candidate, Origin, Pair, add_candidate
from storage.people import opted_out
from storage.reviews import Verdict, Via, record_review

CHANNEL = "answer"
"""What stands in place of a channel for corrections that everybody may read."""
GONE = "This answer, or what it rests on, is no longer kept. Ask again, and correct what I say then."
SEVERAL = (
    "This answer rests on several private channels, so I can't tell who may read a correction. "
    "Answer in one of those channels, and have it approved there."
)
LEANS = (
    "Write the question so that it can be understood without what was said before it: the answer is given to whoever "
    "asks that."
)
OPTED_OUT = "You opted out, so I learn nothing from you. `/timbre opt-in` undoes that."


@dataclass(frozen=True)
class Correction:
    """An answer of Timbre's in the modal; `answer` is empty where it did not know one.

    `readers`: who may read it.
    """

    answer_id: int
    question: str
    answer: str
    readers: str


class Corrections:
    """A correction may be read by whoever may read what it corrects. `on_moved` is told of the pair it becomes."""

    def __init__(
        self,
        database: Database,
        places: Places,
        policy: ReviewPolicy,
        now: Callable[[], datetime],
        on_moved: Callable[[Pair], None] = lambda _: None,
    ) -> None:
        self._database = database
        self._places = places
        self._policy = policy
        self._now = now
        self._on_moved = on_moved

    def about(self, answer_id: int, *, by: str) -> Correction:
        """Return an answer to be corrected. Raises `ReviewRefusedError` when that is not for `by`."""
        answer = self._answer(answer_id, by)
        is_private = self._private_channel(answer) is not None
        said = "Only who may read this answer may read it." if is_private else "Everybody in the team may read it."
        text = "" if answer.kind is AnswerKind.UNKNOWN else answer.text
        return Correction(answer.id, answer.question, text, said)

    def submit(self, answer_id: int, *, question: str, answer: str, by: str) -> Pair:
        """Propose a correction to the reviewers. Raises `ReviewRefusedError`.

        A reviewer's own is proposed like anybody's: nobody approves their own answer.
        """
        corrected = self._answer(answer_id, by)
        candidate = self._candidate(corrected, question, answer, by)
        with self._database.writing() as session:
            silent = opted_out(session, team_id=corrected.team_id)
            if {by, corrected.asked_by} & silent:
                raise ReviewRefusedError(OPTED_OUT if by in silent else "Who asked this is not learnt from.")
            pair = self._record(session, add_candidate(session, candidate, now=self._now()), by)
        self._on_moved(pair)
        return pair

    def _candidate(self, corrected: Answer, question: str, answer: str, by: str) -> Candidate:
        asked, said, redactions = edited_text(question, answer, region=self._policy.phone_region)
        if not asked or not said:
            raise ReviewRefusedError("A correction needs a question and an answer.")
        if not stands_alone(asked):
            raise ReviewRefusedError(LEANS)
        channel_id = self._private_channel(corrected)
        # No message in Slack says this: the key is one that none has.
        key = f"{corrected.id}.{uuid4().hex}"
        return Candidate(
            team_id=corrected.team_id,
            channel_id=channel_id or CHANNEL,
            channel_is_private=channel_id is not None,
            thread_ts=key,
            question_ts=key,
            answer_ts=key,
            question=asked,
            answer=said,
            asked_by=corrected.asked_by,
            answered_by=by,
            permalink="",
            origin=Origin.CORRECTION,
            answer_parts=(key,),
            redactions=redactions,
        )

    def _record(self, session: Session, pair: Pair, by: str) -> Pair:
        now, said = self._now(), pair.content_hash
        record_review(
            session, pair.id, reviewer_id=by, verdict=Verdict.NOMINATE, via=Via.CLICK, content_hash=said, now=now
        )
        pair = settle(session, pair, approvals_needed=self._policy.approvals_needed, now=now)
        details = {"pair": pair.id, "status": pair.status.value, "content": said}
        append(session, team_id=pair.team_id, actor=by, action="pair", details=details, now=now)
        return pair

    def _answer(self, answer_id: int, by: str) -> Answer:
        with self._database.reading() as session:
            answer = get_answer(session, answer_id)
        if answer is None or not answer.question:
            raise ReviewRefusedError(GONE)
        if answer.asked_by != by and (answer.is_for_asker or not self._places.may_see(by, answer.channel_id)):
            raise ReviewRefusedError("Only who can read an answer can correct it.")
        return answer

    def _private_channel(self, answer: Answer) -> str | None:
        """Return the private channel whose members alone may read a correction, None where everybody may.

        Raises `ReviewRefusedError` where no one channel holds those who may.
        """
        if not answer.is_for_asker and self._places.is_private(answer.channel_id):
            return answer.channel_id
        private = self._places.private_channels_of(answer.team_id, answer.read_chunks)
        if private is None:
            raise ReviewRefusedError(GONE)
        if len(private) > 1:
            raise ReviewRefusedError(SEVERAL)
        return next(iter(private), None)
