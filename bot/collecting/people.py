"""People who don't want to be learnt from, and those whose data an admin erases."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.collecting.policy import ReviewPolicy
from bot.collecting.standing import move
from storage import people
from storage.answers import forget_answers_from, forget_questions_of
from storage.audit import append
from storage.database import Database
from storage.knowledge import remove_documents_of
from storage.lineage import voices_that_learnt
from storage.pairs import Pair, PairStatus, forget_contexts
from storage.relations import pairs_of_person


@dataclass(frozen=True)
class Erased:
    """What was erased of a person: pairs, questions to Timbre, and documents made of conversations they were in.

    `voices`: those that had learnt from the pairs.
    """

    pairs: int
    questions: int
    voices: tuple[str, ...]
    documents: int = 0


class People:
    """Keeps to what people decide about their own words."""

    def __init__(
        self,
        database: Database,
        policy: ReviewPolicy,
        now: Callable[[], datetime],
        on_moved: Callable[[Pair], None] = lambda _: None,
    ) -> None:
        self._database = database
        self._policy = policy
        self._now = now
        self._on_moved = on_moved

    def opt_out(self, *, team_id: str, user_id: str) -> Erased:
        """Collect nothing of somebody from now on, and erase the pairs in which they asked or answered."""
        return self._erase(team_id, user_id, by=user_id, action="opt_out", with_questions=False)

    def opt_in(self, *, team_id: str, user_id: str) -> bool:
        """Collect somebody's messages again; what was erased stays erased. Returns whether they had refused."""
        with self._database.writing() as session:
            had_refused = people.opt_in(session, team_id=team_id, user_id=user_id)
            if had_refused:
                append(session, team_id=team_id, actor=user_id, action="opt_in", details={}, now=self._now())
        return had_refused

    def has_opted_out(self, *, team_id: str, user_id: str) -> bool:
        """Return whether nothing of somebody is collected."""
        with self._database.reading() as session:
            return user_id in people.opted_out(session, team_id=team_id)

    def forget(self, *, team_id: str, user_id: str, by: str) -> Erased:
        """Erase somebody's pairs and questions, and collect nothing of them from now on."""
        return self._erase(team_id, user_id, by=by, action="forget", with_questions=True)

    def _erase(self, team_id: str, user_id: str, *, by: str, action: str, with_questions: bool) -> Erased:
        now = self._now()
        with self._database.writing() as session:
            people.opt_out(session, team_id=team_id, user_id=user_id, by=by, now=now)
            theirs = pairs_of_person(session, team_id=team_id, user_id=user_id)
            voices = voices_that_learnt(session, [pair.id for pair in theirs])
            erased = [self._erase_pair(session, pair, now=now) for pair in theirs]
            forget_answers_from(session, theirs, team_id=team_id)
            questions = forget_questions_of(session, team_id=team_id, user_id=user_id) if with_questions else 0
            documents = remove_documents_of(session, team_id=team_id, user_id=user_id, now=now)
            if documents:
                forget_contexts(session, team_id=team_id)
            counts = {"pairs": len(erased), "questions": questions, "documents": documents}
            details = {"user": user_id, **counts, "voices": voices}
            append(session, team_id=team_id, actor=by, action=action, details=details, now=now)
        for pair in erased:
            self._on_moved(pair)
        return Erased(len(erased), questions, tuple(voices), documents)

    def _erase_pair(self, session: Session, pair: Pair, *, now: datetime) -> Pair:
        return move(session, pair, PairStatus.ERASED, approvals_needed=self._policy.approvals_needed, now=now)
