"""Pairs that answer nearly the same question, and what reviewers decided about them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from storage.database import find_or_add
from storage.pairs import PairStatus
from storage.tables import PairRow, TwinRow


class TwinDecision(StrEnum):
    """What is done about two pairs that answer nearly the same question."""

    KEEP_BOTH = "keep_both"
    REPLACE = "replace"
    DISCARD = "discard"


@dataclass(frozen=True)
class Twin:
    """An earlier pair that answers nearly the same question as `pair_id`. `similarity`: 1 is the same."""

    pair_id: int
    other_id: int
    similarity: float
    disagrees: bool
    decision: TwinDecision | None = None


def put_twin(session: Session, twin: Twin, *, now: datetime) -> bool:
    """Record that two pairs are near-duplicates; returns False, keeping what was decided, when that is known."""
    if session.get(TwinRow, (twin.other_id, twin.pair_id)) is not None:  # found from the other side before
        return False
    key = {"pair_id": twin.pair_id, "other_id": twin.other_id}
    first = {"similarity": twin.similarity, "disagrees": twin.disagrees, "created_at": now}
    row, added = find_or_add(session, TwinRow, key, first)
    if not added and row.decision is None:
        row.similarity, row.disagrees = twin.similarity, twin.disagrees
        session.flush()
    return added


def decide_twin(
    session: Session, *, pair_id: int, other_id: int, decision: TwinDecision, by: str, now: datetime
) -> None:
    """Record what a reviewer decided. Raises `KeyError` when the two are not known as near-duplicates."""
    row = session.get(TwinRow, (pair_id, other_id), with_for_update=True)
    if row is None:
        raise KeyError(f"pairs {pair_id} and {other_id} are not known as near-duplicates")
    row.decision, row.decided_by, row.decided_at = decision, by, now
    session.flush()


def forget_twins(session: Session, pair_id: int) -> None:
    """Forget a pair's near-duplicates, and what was decided about them: it says something else now."""
    session.execute(delete(TwinRow).where((TwinRow.pair_id == pair_id) | (TwinRow.other_id == pair_id)))


def twins_of(session: Session, pair_id: int) -> list[Twin]:
    """Return the undecided near-duplicates of a pair that are approved now, the most similar first."""
    rows = session.scalars(
        select(TwinRow)
        .join(PairRow, PairRow.id == TwinRow.other_id)
        .where(TwinRow.pair_id == pair_id, TwinRow.decision.is_(None), PairRow.status == PairStatus.APPROVED)
        .order_by(TwinRow.similarity.desc(), TwinRow.other_id)
    )
    return [_twin(row) for row in rows]


def known_twins(session: Session, pair_id: int) -> list[Twin]:
    """Return a pair's near-duplicates, found from either side, decided or not, the most similar first."""
    either = (TwinRow.pair_id == pair_id) | (TwinRow.other_id == pair_id)
    rows = session.scalars(select(TwinRow).where(either).order_by(TwinRow.similarity.desc(), TwinRow.created_at))
    return [_twin(row) for row in rows]


def disagreeing(session: Session, *, team_id: str) -> list[Twin]:
    """Return the approved pairs whose answers say different things and about which nobody decided, newest first."""
    pair, other = PairRow.__table__.alias("pair"), PairRow.__table__.alias("other")
    rows = session.scalars(
        select(TwinRow)
        .join(pair, pair.c.id == TwinRow.pair_id)
        .join(other, other.c.id == TwinRow.other_id)
        .where(
            pair.c.team_id == team_id,
            pair.c.status == PairStatus.APPROVED,
            other.c.status == PairStatus.APPROVED,
            TwinRow.disagrees,
            TwinRow.decision.is_(None),
        )
        .order_by(TwinRow.pair_id.desc(), TwinRow.other_id)
    )
    return [_twin(row) for row in rows]


def _twin(row: TwinRow) -> Twin:
    decision = TwinDecision(row.decision) if row.decision else None
    return Twin(row.pair_id, row.other_id, row.similarity, row.disagrees, decision)
