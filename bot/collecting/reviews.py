"""Reactions decide pairs: ✅ by a reviewer approves an answer, taking it off takes the approval back, ❌ rejects.

An event only says that something changed. What stands is read from Slack each time, so that events which arrive twice,
late or out of order end in the same state.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from sqlalchemy.orm import Session

from bot.locks import Locks
from bot.slack.conversations import SlackMessage
from bot.slack.mrkdwn import plain_text
from storage.database import Database
from storage.knowledge import put_pair_chunk, remove_pair_chunk
from storage.pairs import (
    Candidate,
    Pair,
    PairStatus,
    Verdict,
    add_candidate,
    approved_pairs,
    pair_for_answer,
    record_review,
    set_context,
    set_privacy,
    set_status,
    standing_reviewers,
    withdraw_review,
)


class Outcome(StrEnum):
    """What a change of reactions did to a pair."""

    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"
    NOMINATED = "nominated"
    UNCHANGED = "unchanged"
    NOT_AN_ANSWER = "not_an_answer"


class Thread(Protocol):
    """Slack, as far as reviews look into it."""

    def message(self, channel_id: str, ts: str) -> SlackMessage | None: ...
    def reactors(self, channel_id: str, ts: str) -> dict[str, list[str]]: ...
    def permalink(self, channel_id: str, ts: str) -> str: ...
    def is_private(self, channel_id: str) -> bool: ...


@dataclass(frozen=True)
class ReviewPolicy:
    """Which reactions count and how many approvals are enough."""

    approve_emoji: str
    reject_emoji: str
    approvals_needed: int

    def concerns(self, emoji: str) -> bool:
        """Return whether a reaction is one that decides."""
        return emoji in (self.approve_emoji, self.reject_emoji)


class Reviews:
    """Brings a pair in line with the reactions on its answer."""

    def __init__(
        self,
        database: Database,
        threads: Thread,
        is_reviewer: Callable[[str], bool],
        policy: ReviewPolicy,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._threads = threads
        self._is_reviewer = is_reviewer
        self._policy = policy
        self._now = now
        # Two events of one message must not read in one order and write in the other.
        self._locks = Locks()

    def sync(self, *, team_id: str, channel_id: str, message_ts: str) -> Outcome:
        """Read the reactions that stand on a message and decide its pair by them."""
        with self._locks.of(channel_id, message_ts):
            answer = self._threads.message(channel_id, message_ts)
            if answer is None:
                return self._erase(team_id, channel_id, message_ts)
            if answer.is_from_bot or not answer.is_reply:
                return Outcome.NOT_AN_ANSWER
            votes = self._votes(answer, self._threads.reactors(channel_id, message_ts))
            candidate = self._candidate(team_id, channel_id, answer) if any(votes.values()) else None
            with self._database.writing() as session:
                pair = (
                    add_candidate(session, candidate, now=self._now())
                    if candidate
                    else pair_for_answer(session, team_id=team_id, channel_id=channel_id, answer_ts=message_ts)
                )
                if pair is None:
                    return Outcome.NOT_AN_ANSWER
                if candidate and pair.status is PairStatus.APPROVED:
                    pair = self._keep_where_it_may_be_read(session, pair, is_private=candidate.channel_is_private)
                if candidate is None and pair.status is not PairStatus.APPROVED:
                    # The question is gone, say: what stood there once is not what a reviewer reads now.
                    votes = {Verdict.REJECT: votes[Verdict.REJECT], Verdict.APPROVE: set(), Verdict.NOMINATE: set()}
                return self._decide(session, pair, votes)

    def _erase(self, team_id: str, channel_id: str, message_ts: str) -> Outcome:
        """Let go of what a deleted message said."""
        with self._database.writing() as session:
            pair = pair_for_answer(session, team_id=team_id, channel_id=channel_id, answer_ts=message_ts)
            return self._move(session, pair, PairStatus.ERASED) if pair else Outcome.NOT_AN_ANSWER

    def _votes(self, answer: SlackMessage, reactors: dict[str, list[str]]) -> dict[Verdict, set[str]]:
        """Sort those who reacted by what their reaction means. Nobody approves their own answer."""
        ticks = set(reactors.get(self._policy.approve_emoji, ())) - {answer.user_id}
        crosses = set(reactors.get(self._policy.reject_emoji, ()))
        approvals = {user_id for user_id in ticks if self._is_reviewer(user_id)}
        rejections = {user_id for user_id in crosses if self._is_reviewer(user_id)}
        return {Verdict.APPROVE: approvals, Verdict.REJECT: rejections, Verdict.NOMINATE: ticks - approvals}

    def _candidate(self, team_id: str, channel_id: str, answer: SlackMessage) -> Candidate | None:
        question = self._threads.message(channel_id, answer.thread_ts)
        if question is None or question.is_from_bot or question.user_id == answer.user_id:
            return None
        asked, said = plain_text(question.text), plain_text(answer.text)
        if not asked or not said:  # a picture alone, for one
            return None
        return Candidate(
            team_id=team_id,
            channel_id=channel_id,
            channel_is_private=self._threads.is_private(channel_id),
            thread_ts=answer.thread_ts,
            question_ts=question.ts,
            answer_ts=answer.ts,
            question=asked,
            answer=said,
            asked_by=question.user_id,
            answered_by=answer.user_id,
            permalink=self._threads.permalink(channel_id, answer.ts),
        )

    def _decide(self, session: Session, pair: Pair, votes: dict[Verdict, set[str]]) -> Outcome:
        for verdict, user_ids in votes.items():
            self._record(session, pair, verdict, user_ids)
        status = self._status(pair, votes)
        if status is pair.status:
            return Outcome.NOMINATED if votes[Verdict.NOMINATE] else Outcome.UNCHANGED
        return self._move(session, pair, status)

    def _move(self, session: Session, pair: Pair, status: PairStatus) -> Outcome:
        """Change where a pair stands, and whether it can be found."""
        set_status(session, pair.id, status, now=self._now())
        if status is PairStatus.APPROVED:
            self._put_chunk(session, pair)
        else:
            remove_pair_chunk(session, pair.id, now=self._now())
            self._take_out_of_contexts(session, pair)
        return Outcome(status.value)

    def _keep_where_it_may_be_read(self, session: Session, pair: Pair, *, is_private: bool) -> Pair:
        """Let an approved pair follow its channel, which may have been made private, or public, since."""
        if pair.channel_is_private == is_private:
            return pair
        moved = set_privacy(session, pair.id, channel_is_private=is_private)
        self._put_chunk(session, moved)
        self._take_out_of_contexts(session, moved)
        return moved

    def _put_chunk(self, session: Session, pair: Pair) -> None:
        put_pair_chunk(
            session,
            team_id=pair.team_id,
            pair_id=pair.id,
            channel_id=pair.channel_id if pair.channel_is_private else None,
            title=pair.question,
            text=pair.answer,
            now=self._now(),
        )

    def _take_out_of_contexts(self, session: Session, pair: Pair) -> None:
        """Nobody learns from an answer that does not stand, or not for them, not even as a passage beside another."""
        for other in approved_pairs(session, team_id=pair.team_id):
            kept = [passage for passage in other.context or () if passage.get("pair_id") != pair.id]
            if other.context is not None and len(kept) < len(other.context):
                set_context(session, other.id, kept)

    def _record(self, session: Session, pair: Pair, verdict: Verdict, user_ids: set[str]) -> None:
        standing = set(standing_reviewers(session, pair.id, verdict))
        for user_id in sorted(user_ids - standing):
            record_review(session, pair.id, reviewer_id=user_id, verdict=verdict, now=self._now())
        for user_id in sorted(standing - user_ids):
            withdraw_review(session, pair.id, reviewer_id=user_id, verdict=verdict, now=self._now())

    def _status(self, pair: Pair, votes: dict[Verdict, set[str]]) -> PairStatus:
        if pair.status is PairStatus.ERASED:
            return PairStatus.ERASED
        if votes[Verdict.REJECT]:
            return PairStatus.REJECTED
        if len(votes[Verdict.APPROVE]) >= self._policy.approvals_needed:
            return PairStatus.APPROVED
        return PairStatus.WITHDRAWN if pair.status is not PairStatus.CANDIDATE else PairStatus.CANDIDATE
