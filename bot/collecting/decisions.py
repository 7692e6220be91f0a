"""What reviewers decide by clicking: on what they were shown, as those who may, once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.orm import Session

from bot.collecting.candidates import edited_text
from bot.collecting.policy import ReviewPolicy
from bot.collecting.standing import move, settle
from storage.audit import append
from storage.database import Database
from storage.pairs import Pair, PairStatus, edit_pair, get_pair, set_replaced_by
from storage.reviews import Verdict, Via, record_review, withdraw_review
from storage.twins import TwinDecision, decide_twin, twins_of


class ReviewRefusedError(Exception):
    """A decision can't be taken; the message says why, and what to do."""


class Readers(Protocol):
    """Who may review, and what they may read."""

    def is_reviewer(self, user_id: str) -> bool: ...
    def may_read(self, user_id: str, pair: Pair) -> bool: ...


@dataclass(frozen=True)
class Shown:
    """A pair as somebody was shown it: a decision is about these words and no others."""

    pair_id: int
    content_hash: str


class Decisions:
    """Each method decides in one transaction and returns the pair as it stands then. `on_moved` is told of it."""

    def __init__(
        self,
        database: Database,
        readers: Readers,
        policy: ReviewPolicy,
        now: Callable[[], datetime],
        on_moved: Callable[[Pair], None] = lambda _: None,
    ) -> None:
        self._database = database
        self._readers = readers
        self._policy = policy
        self._now = now
        self._on_moved = on_moved

    def may_decide(self, shown: Shown, *, by: str) -> Pair:
        """Return a pair that somebody may decide about, as it was shown. Raises `ReviewRefusedError`."""
        is_reviewer = self._readers.is_reviewer(by)
        with self._database.reading() as session:
            pair = _found(session, shown.pair_id)
        may_read = self._readers.may_read(by, pair)
        if refusal := _refusal(pair, shown, is_reviewer=is_reviewer, may_read=may_read):
            raise ReviewRefusedError(refusal)
        return pair

    def approve(self, shown: Shown, *, by: str) -> Pair:
        """Approve a pair. Raises `ReviewRefusedError`."""
        return self._decided(shown, by, lambda session, pair: self._say(session, pair, Verdict.APPROVE, by))

    def reject(self, shown: Shown, *, by: str) -> Pair:
        """Reject a pair; it is kept as an answer not to give. Raises `ReviewRefusedError`."""
        return self._decided(shown, by, lambda session, pair: self._say(session, pair, Verdict.REJECT, by))

    def edit_and_approve(self, shown: Shown, *, question: str, answer: str, by: str) -> Pair:
        """Replace what a pair says by a reviewer's words, redacted, and approve that. Raises `ReviewRefusedError`."""
        asked, said, redactions = edited_text(question, answer, region=self._policy.phone_region)
        if not asked or not said:
            raise ReviewRefusedError("A pair needs a question and an answer. Write both, or reject it.")

        def edit(session: Session, pair: Pair) -> Pair:
            if pair.status is PairStatus.APPROVED and (asked, said) != (pair.question, pair.answer):
                # What was approved must not be found while its other words are not.
                pair = self._move(session, pair, PairStatus.CANDIDATE)
            pair = edit_pair(session, pair.id, question=asked, answer=said, redactions=redactions, by=by)
            return self._say(session, pair, Verdict.APPROVE, by)

        return self._decided(shown, by, edit)

    def nominate(self, shown: Shown, *, by: str) -> Pair:
        """Propose a pair to the reviewers, as everybody may who can read it. Raises `ReviewRefusedError`."""

        def say(session: Session, pair: Pair) -> Pair:
            if by == pair.answered_by:
                raise ReviewRefusedError("Nobody nominates their own answer. Somebody else has to.")
            text = pair.content_hash
            record_review(
                session,
                pair.id,
                reviewer_id=by,
                verdict=Verdict.NOMINATE,
                via=Via.CLICK,
                content_hash=text,
                now=self._now(),
            )
            return self._settle(session, pair)

        return self._decided(shown, by, say, only_reviewers=False)

    def take_back(self, pair_id: int, *, by: str) -> Pair:
        """Take back what somebody clicked on a pair. Raises `ReviewRefusedError` when they had clicked nothing."""

        def withdraw(session: Session, pair: Pair) -> Pair:
            words = [
                withdraw_review(session, pair.id, reviewer_id=by, verdict=verdict, via=Via.CLICK, now=self._now())
                for verdict in (Verdict.APPROVE, Verdict.REJECT)
            ]
            if not any(words):
                raise ReviewRefusedError("You decided nothing here. Only who did can take it back.")
            return self._settle(session, pair)

        return self._decided(Shown(pair_id, ""), by, withdraw)

    def choose(self, shown: Shown, other_id: int, decision: TwinDecision, *, by: str) -> Pair:
        """Decide between a pair and an approved one that answers nearly the same. Raises `ReviewRefusedError`."""
        moved: list[Pair] = []

        def decide(session: Session, pair: Pair) -> Pair:
            # Of two who choose at once, whoever comes second finds it decided.
            if other_id not in [twin.other_id for twin in twins_of(session, pair.id)]:
                raise ReviewRefusedError("These two answers are no longer compared. Nothing was changed.")
            if decision is not TwinDecision.DISCARD and pair.status is not PairStatus.APPROVED:
                pair = self._say(session, pair, Verdict.APPROVE, by)
                if pair.status is not PairStatus.APPROVED:  # others have to approve it first, and choose then
                    return pair
            decide_twin(session, pair_id=pair.id, other_id=other_id, decision=decision, by=by, now=self._now())
            other = get_pair(session, other_id, lock=True)
            if decision is TwinDecision.DISCARD:
                return self._settle(session, set_replaced_by(session, pair.id, other.id))
            if decision is TwinDecision.REPLACE:
                moved.append(self._settle(session, set_replaced_by(session, other.id, pair.id)))
            return pair

        pair = self._decided(shown, by, decide)
        for other in moved:
            self._on_moved(other)
        return pair

    def _decided(
        self, shown: Shown, by: str, act: Callable[[Session, Pair], Pair], *, only_reviewers: bool = True
    ) -> Pair:
        """Check who decides about what, act, and tell. Roles are asked for before the transaction."""
        is_reviewer = not only_reviewers or self._readers.is_reviewer(by)
        with self._database.reading() as session:
            pair = _found(session, shown.pair_id)
        may_read = self._readers.may_read(by, pair)
        with self._database.writing() as session:
            pair = _found(session, shown.pair_id)
            if refusal := _refusal(pair, shown, is_reviewer=is_reviewer, may_read=may_read):
                raise ReviewRefusedError(refusal)
            pair = act(session, pair)
            details = {"pair": pair.id, "status": pair.status.value, "content": pair.content_hash}
            append(session, team_id=pair.team_id, actor=by, action="pair", details=details, now=self._now())
        self._on_moved(pair)
        return pair

    def _say(self, session: Session, pair: Pair, verdict: Verdict, by: str) -> Pair:
        if verdict is Verdict.APPROVE and by == pair.answered_by:
            raise ReviewRefusedError("Nobody approves their own answer. Ask another reviewer.")
        other = Verdict.REJECT if verdict is Verdict.APPROVE else Verdict.APPROVE
        now, text = self._now(), pair.content_hash
        withdraw_review(session, pair.id, reviewer_id=by, verdict=other, via=Via.CLICK, now=now)
        record_review(session, pair.id, reviewer_id=by, verdict=verdict, via=Via.CLICK, content_hash=text, now=now)
        return self._settle(session, pair)

    def _settle(self, session: Session, pair: Pair) -> Pair:
        return settle(session, pair, approvals_needed=self._policy.approvals_needed, now=self._now())

    def _move(self, session: Session, pair: Pair, status: PairStatus) -> Pair:
        return move(session, pair, status, approvals_needed=self._policy.approvals_needed, now=self._now())


def _found(session: Session, pair_id: int) -> Pair:
    try:
        return get_pair(session, pair_id, lock=True)
    except KeyError as err:
        raise ReviewRefusedError("There is no such answer any more.") from err


def _refusal(pair: Pair, shown: Shown, *, is_reviewer: bool, may_read: bool) -> str | None:
    """Return why somebody can't decide about a pair, None when they can."""
    if not is_reviewer:
        return "Only reviewers decide about answers. You can nominate one by reacting with ✅."
    if not may_read:
        return "This was said in a private channel that you are not in."
    if pair.status is PairStatus.ERASED:
        return "This answer was deleted, or its author is not learnt from. Nothing is left of it."
    # Without a hash, what was shown does not matter, as when somebody takes their own word back.
    if shown.content_hash and not pair.content_hash.startswith(shown.content_hash):
        return "This answer has changed since you were shown it. Open it again, and decide on what it says now."
    return None
