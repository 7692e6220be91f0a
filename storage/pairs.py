"""Pairs and the reviews that decide them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from storage.database import find_or_add
from storage.tables import PairRow, ReviewRow


class PairStatus(StrEnum):
    """Where a pair stands. Only approved ones are retrieved and learnt."""

    CANDIDATE = "candidate"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"


class Verdict(StrEnum):
    """A person's word on a pair."""

    APPROVE = "approve"
    REJECT = "reject"
    NOMINATE = "nominate"


@dataclass(frozen=True)
class Candidate:
    """A question and an answer found in Slack, not yet decided."""

    team_id: str
    channel_id: str
    channel_is_private: bool
    thread_ts: str
    question_ts: str
    answer_ts: str
    question: str
    answer: str
    asked_by: str
    answered_by: str
    permalink: str


@dataclass(frozen=True)
class Pair(Candidate):
    """A stored pair. `context`: the passages retrieved for its question, None until they have been looked up."""

    id: int
    status: PairStatus
    context: tuple[dict[str, Any], ...] | None
    created_at: datetime
    decided_at: datetime | None


def add_candidate(session: Session, candidate: Candidate, *, now: datetime) -> Pair:
    """Store a candidate, or return the pair that already stands for this answer.

    One that is not approved says from now on what the candidate says: a reviewer approves what they read. An approved
    one keeps what was approved, and an erased one stays empty.
    """
    values = dict(vars(candidate))
    key = {name: values.pop(name) for name in ("team_id", "channel_id", "answer_ts")}
    row, added = find_or_add(session, PairRow, key, {**values, "status": PairStatus.CANDIDATE, "created_at": now})
    if not added and row.status not in (PairStatus.APPROVED, PairStatus.ERASED):
        for name, value in values.items():
            setattr(row, name, value)
        row.context = None
        session.flush()
        session.refresh(row)  # the database may take less than it was given
    return _pair(row)


def pair_for_answer(session: Session, *, team_id: str, channel_id: str, answer_ts: str) -> Pair | None:
    """Return the pair that a Slack message answers, if it is known, locked until the transaction ends."""
    row = session.scalar(
        select(PairRow)
        .where(PairRow.team_id == team_id, PairRow.channel_id == channel_id, PairRow.answer_ts == answer_ts)
        .with_for_update()
    )
    return _pair(row) if row else None


def get_pair(session: Session, pair_id: int) -> Pair:
    """Return one pair. Raises `KeyError` when there is none."""
    row = session.get(PairRow, pair_id)
    if row is None:
        raise KeyError(f"there is no pair {pair_id}")
    return _pair(row)


def set_privacy(session: Session, pair_id: int, *, channel_is_private: bool) -> Pair:
    """Record who may read a pair's channel now. Its passages are looked up anew, among what those people may read.

    Raises `KeyError` when there is none.
    """
    row = session.get(PairRow, pair_id, with_for_update=True)
    if row is None:
        raise KeyError(f"there is no pair {pair_id}")
    row.channel_is_private, row.context = channel_is_private, None
    session.flush()
    return _pair(row)


def set_status(session: Session, pair_id: int, status: PairStatus, *, now: datetime) -> Pair:
    """Decide a pair. An erased one loses what it said and stays erased. Raises `KeyError` when there is none.

    Only an approved one keeps its passages: those of others are not looked after when what they say is erased.
    """
    row = session.get(PairRow, pair_id, with_for_update=True)
    if row is None:
        raise KeyError(f"there is no pair {pair_id}")
    if row.status != PairStatus.ERASED:
        row.status, row.decided_at = status, now
    if status is PairStatus.ERASED:
        row.question = row.answer = ""
    if status is not PairStatus.APPROVED:
        row.context = None
    session.flush()
    return _pair(row)


def record_review(session: Session, pair_id: int, *, reviewer_id: str, verdict: Verdict, now: datetime) -> None:
    """Record a person's word; one taken back earlier counts again."""
    _lock_pair(session, pair_id)
    key = {"pair_id": pair_id, "reviewer_id": reviewer_id, "verdict": verdict}
    row, _ = find_or_add(session, ReviewRow, key, {"created_at": now})
    row.withdrawn_at = None
    session.flush()


def withdraw_review(session: Session, pair_id: int, *, reviewer_id: str, verdict: Verdict, now: datetime) -> bool:
    """Take a person's word back; returns whether it stood."""
    _lock_pair(session, pair_id)
    row = session.scalar(
        select(ReviewRow).where(
            ReviewRow.pair_id == pair_id, ReviewRow.reviewer_id == reviewer_id, ReviewRow.verdict == verdict
        )
    )
    if row is None or row.withdrawn_at is not None:
        return False
    row.withdrawn_at = now
    session.flush()
    return True


def standing_reviewers(session: Session, pair_id: int, verdict: Verdict) -> list[str]:
    """Return who stands behind `verdict` on a pair, earliest first."""
    return list(
        session.scalars(
            select(ReviewRow.reviewer_id)
            .where(ReviewRow.pair_id == pair_id, ReviewRow.verdict == verdict, ReviewRow.withdrawn_at.is_(None))
            .order_by(ReviewRow.created_at, ReviewRow.id)
        )
    )


def approved_pairs(session: Session, *, team_id: str) -> list[Pair]:
    """Return the approved pairs, earliest approval first."""
    rows = session.scalars(
        select(PairRow)
        .where(PairRow.team_id == team_id, PairRow.status == PairStatus.APPROVED)
        .order_by(PairRow.decided_at, PairRow.id)
    )
    return [_pair(row) for row in rows]


def count_by_status(session: Session, *, team_id: str) -> dict[PairStatus, int]:
    """Return how many pairs stand where; a status nobody has is left out."""
    rows = session.execute(
        select(PairRow.status, func.count()).where(PairRow.team_id == team_id).group_by(PairRow.status)
    )
    return {PairStatus(status): count for status, count in rows}


def pairs_without_context(session: Session, *, limit: int) -> list[Pair]:
    """Return approved pairs whose passages have not been looked up, oldest first."""
    rows = session.scalars(
        select(PairRow)
        .where(PairRow.status == PairStatus.APPROVED, PairRow.context.is_(None))
        .order_by(PairRow.id)
        .limit(limit)
    )
    return [_pair(row) for row in rows]


def set_context(session: Session, pair_id: int, context: Sequence[dict[str, Any]]) -> None:
    """Keep the passages that were retrieved for a pair's question, unless it was taken back meanwhile."""
    row = session.get_one(PairRow, pair_id, with_for_update=True)
    if row.status == PairStatus.APPROVED:
        row.context = list(context)


def forget_contexts(session: Session, *, team_id: str) -> None:
    """Have the passages of every approved pair looked up again, because the knowledge changed."""
    approved = (PairRow.team_id == team_id, PairRow.status == PairStatus.APPROVED)
    session.execute(update(PairRow).where(*approved).values(context=None))


def _lock_pair(session: Session, pair_id: int) -> None:
    """Have reviews of one pair wait for each other: whoever counts them after voting has to see all of them."""
    session.execute(select(PairRow.id).where(PairRow.id == pair_id).with_for_update())


def _pair(row: PairRow) -> Pair:
    return Pair(
        id=row.id,
        team_id=row.team_id,
        channel_id=row.channel_id,
        channel_is_private=row.channel_is_private,
        thread_ts=row.thread_ts,
        question_ts=row.question_ts,
        answer_ts=row.answer_ts,
        question=row.question,
        answer=row.answer,
        asked_by=row.asked_by,
        answered_by=row.answered_by,
        permalink=row.permalink,
        status=PairStatus(row.status),
        context=None if row.context is None else tuple(row.context),
        created_at=row.created_at,
        decided_at=row.decided_at,
    )
