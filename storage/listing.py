"""Pairs by what somebody looks for, a page at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from storage.pairs import Origin, Pair, PairStatus, content_hash, pair_of
from storage.tables import PairRow, ReviewRow

PAGE = 500


@dataclass(frozen=True)
class PairFilter:
    """Which pairs: what is None does not matter.

    `since` and `until` (exclusive) are about the decision, or, of a pair that waits for one, about when it was found.
    `reviewer`: somebody whose word on it stands.
    """

    status: PairStatus | None = None
    channel_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    reviewer: str | None = None
    with_private: bool = True


def list_pairs(
    session: Session, wanted: PairFilter, *, team_id: str, before: int | None = None, limit: int
) -> list[Pair]:
    """Return pairs that match, the newest first, from before pair `before` on."""
    # Numbers are put in order, not rows with all their text: of ten thousand pairs, in a fraction of the time.
    ids = select(PairRow.id).where(PairRow.team_id == team_id, *_conditions(wanted))
    if before is not None:
        ids = ids.where(PairRow.id < before)
    page = ids.order_by(PairRow.id.desc()).limit(limit)
    rows = session.scalars(select(PairRow).where(PairRow.id.in_(page)).order_by(PairRow.id.desc()))
    return [pair_of(row) for row in rows]


def every_pair(session: Session, wanted: PairFilter, *, team_id: str) -> Iterator[Pair]:
    """Yield all pairs that match, the newest first, holding a page of them at a time."""
    before = None
    while page := list_pairs(session, wanted, team_id=team_id, before=before, limit=PAGE):
        yield from page
        before = page[-1].id
        session.expunge_all()


def known_texts(session: Session, *, team_id: str) -> set[str]:
    """Return the content hash of every pair, whatever was decided about it."""
    texts = session.execute(select(PairRow.question, PairRow.answer).where(PairRow.team_id == team_id))
    return {content_hash(question, answer) for question, answer in texts}


def some_permalink(session: Session, *, team_id: str) -> str:
    """Return the address of some message of a workspace as Slack gave it, "" when none is known."""
    live = (PairRow.team_id == team_id, PairRow.permalink != "", PairRow.origin.in_((Origin.THREAD, Origin.CHANNEL)))
    return session.scalar(select(PairRow.permalink).where(*live).order_by(PairRow.id.desc()).limit(1)) or ""


def _conditions(wanted: PairFilter) -> Iterator[Any]:
    if wanted.status is not None:
        yield PairRow.status == wanted.status
    if wanted.channel_id is not None:
        yield PairRow.channel_id == wanted.channel_id
    if wanted.since is not None:
        yield _after(wanted.since)
    if wanted.until is not None:
        yield ~_after(wanted.until)
    if wanted.reviewer is not None:
        theirs = (ReviewRow.pair_id == PairRow.id, ReviewRow.reviewer_id == wanted.reviewer)
        yield exists().where(*theirs, ReviewRow.withdrawn_at.is_(None))
    if not wanted.with_private:
        yield PairRow.channel_is_private.is_(False)


def _after(moment: datetime) -> Any:
    waiting = PairRow.decided_at.is_(None) & (PairRow.created_at >= moment)
    return (PairRow.decided_at.is_not(None) & (PairRow.decided_at >= moment)) | waiting
