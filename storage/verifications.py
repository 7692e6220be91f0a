"""Approved answers are looked at again after a while: who did last, and which are due."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from storage.database import find_or_add
from storage.pairs import Pair, PairStatus, pair_of
from storage.reviews import Verdict, reviews_of
from storage.tables import PairRow, VerificationRow


@dataclass(frozen=True)
class Verified:
    """Who stands behind an approved answer, and since when. `by` is empty where nobody is known any more."""

    pair: Pair
    by: str
    at: datetime


@dataclass(frozen=True)
class Due:
    """An approved answer that was last found right a while ago."""

    pair: Pair
    since: datetime


def verified_of(session: Session, pair: Pair) -> Verified | None:
    """Return who last found an approved pair right as it reads now, None where it is not approved."""
    if pair.status is not PairStatus.APPROVED or pair.decided_at is None:
        return None
    row = session.get(VerificationRow, pair.id)
    if row is not None and row.content_hash == pair.content_hash and row.at >= pair.decided_at:
        return Verified(pair, row.by, row.at)
    words = [
        review
        for review in reviews_of(session, pair.id)
        if review.stands and review.verdict is Verdict.APPROVE and review.content_hash == pair.content_hash
    ]
    return Verified(pair, words[-1].reviewer_id if words else "", pair.decided_at)


def verify(session: Session, pair: Pair, *, by: str, now: datetime) -> None:
    """Record that somebody found a pair right as it reads now."""
    values = {"content_hash": pair.content_hash, "by": by, "at": now}
    row, _ = find_or_add(session, VerificationRow, {"pair_id": pair.id}, values)
    row.content_hash, row.by, row.at = pair.content_hash, by, now
    session.flush()


def verified_before(
    session: Session, *, team_id: str, before: datetime, limit: int, after: tuple[datetime, int] | None = None
) -> list[Due]:
    """Return approved pairs that nobody found right since `before`, the longest first.

    `after`: since when and the id of the pair that they follow. Those from private channels are not among them.
    """
    since = case((VerificationRow.at > PairRow.decided_at, VerificationRow.at), else_=PairRow.decided_at)
    query = (
        select(PairRow, since)
        .outerjoin(VerificationRow, VerificationRow.pair_id == PairRow.id)
        .where(PairRow.team_id == team_id, PairRow.status == PairStatus.APPROVED, since < before)
        .where(~PairRow.channel_is_private)
        .order_by(since, PairRow.id)
        .limit(limit)
    )
    if after is not None:
        at, id_ = after
        query = query.where((since > at) | ((since == at) & (PairRow.id > id_)))
    return [Due(pair_of(row), at) for row, at in session.execute(query)]
