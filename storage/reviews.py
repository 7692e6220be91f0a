"""What people say of pairs. A word counts for the text it was given on, and for as long as it stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from storage.database import find_or_add
from storage.pairs import Pair, content_hash, lock_row, pair_of
from storage.tables import ReviewRow


class Verdict(StrEnum):
    """A person's word on a pair."""

    APPROVE = "approve"
    REJECT = "reject"
    NOMINATE = "nominate"


class Via(StrEnum):
    """How a word was given: a reaction stands while it is on the message, a click until it is taken back."""

    REACTION = "reaction"
    CLICK = "click"


@dataclass(frozen=True)
class Review:
    """One person's word. `content_hash`: of the text it was given on; empty where that is no longer known."""

    pair_id: int
    reviewer_id: str
    verdict: Verdict
    via: Via
    content_hash: str
    created_at: datetime
    withdrawn_at: datetime | None

    @property
    def stands(self) -> bool:
        return self.withdrawn_at is None


def record_review(
    session: Session,
    pair_id: int,
    *,
    reviewer_id: str,
    verdict: Verdict,
    now: datetime,
    via: Via = Via.REACTION,
    content_hash: str = "",
) -> None:
    """Record a person's word on a text; one that was taken back, or given on another text, counts anew."""
    lock_row(session, pair_id)
    key = {"pair_id": pair_id, "reviewer_id": reviewer_id, "verdict": verdict, "via": via}
    row, _ = find_or_add(session, ReviewRow, key, {"content_hash": content_hash, "created_at": now})
    if row.withdrawn_at is not None or row.content_hash != content_hash:
        row.content_hash, row.created_at = content_hash, now
    row.withdrawn_at = None
    session.flush()


def withdraw_review(
    session: Session, pair_id: int, *, reviewer_id: str, verdict: Verdict, now: datetime, via: Via = Via.REACTION
) -> bool:
    """Take a person's word back; returns whether it stood."""
    lock_row(session, pair_id)
    row = session.scalar(
        select(ReviewRow).where(
            ReviewRow.pair_id == pair_id,
            ReviewRow.reviewer_id == reviewer_id,
            ReviewRow.verdict == verdict,
            ReviewRow.via == via,
        )
    )
    if row is None or row.withdrawn_at is not None:
        return False
    row.withdrawn_at = now
    session.flush()
    return True


def withdraw_all(session: Session, pair_id: int, *, now: datetime) -> None:
    """Take back whatever stands on a pair."""
    lock_row(session, pair_id)
    standing = (ReviewRow.pair_id == pair_id, ReviewRow.withdrawn_at.is_(None))
    session.execute(update(ReviewRow).where(*standing).values(withdrawn_at=now))


def redact_with_words(
    session: Session, pair_id: int, *, question: str, answer: str, redactions: Sequence[dict[str, Any]]
) -> Pair:
    """Have a pair say the same without what is redacted by now; the words given on it stand for that.

    Raises `KeyError` when there is none.
    """
    row = lock_row(session, pair_id)
    before, after = content_hash(row.question, row.answer), content_hash(question, answer)
    row.question, row.answer, row.redactions = question, answer, list(redactions)
    if row.source_hash == before:
        row.source_hash = after
    row.context = row.compared_at = None
    given = (ReviewRow.pair_id == pair_id, ReviewRow.content_hash == before)
    session.execute(update(ReviewRow).where(*given).values(content_hash=after))
    session.flush()
    session.refresh(row)
    return pair_of(row)


def reviews_of(session: Session, pair_id: int) -> list[Review]:
    """Return every word ever given on a pair, earliest first."""
    rows = session.scalars(
        select(ReviewRow).where(ReviewRow.pair_id == pair_id).order_by(ReviewRow.created_at, ReviewRow.id)
    )
    return [
        Review(
            pair_id=row.pair_id,
            reviewer_id=row.reviewer_id,
            verdict=Verdict(row.verdict),
            via=Via(row.via),
            content_hash=row.content_hash,
            created_at=row.created_at,
            withdrawn_at=row.withdrawn_at,
        )
        for row in rows
    ]


def standing_reviewers(session: Session, pair_id: int, verdict: Verdict) -> list[str]:
    """Return who stands behind `verdict` on a pair, whatever it said then, earliest first."""
    found = [
        review.reviewer_id for review in reviews_of(session, pair_id) if review.stands and review.verdict is verdict
    ]
    return list(dict.fromkeys(found))
