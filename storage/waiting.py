"""Pairs that wait for something: a review, a comparison with others, another look at Slack, their passages."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from storage.pairs import Origin, Pair, PairStatus, Priority, content_hash, lock_row, pair_of
from storage.tables import PairRow


def queue_page(
    session: Session,
    *,
    team_id: str,
    channel_ids: Collection[str],
    after: tuple[int, int] | None = None,
    limit: int,
) -> list[Pair]:
    """Return pairs that wait for a review, most urgent first, from after `after` (priority and id) on.

    `channel_ids`: the private channels that the reader is in; what is said in others is not here.
    """
    query = select(PairRow).where(*_waiting(team_id, channel_ids)).order_by(PairRow.priority, PairRow.id).limit(limit)
    if after is not None:
        priority, id_ = after
        query = query.where((PairRow.priority > priority) | ((PairRow.priority == priority) & (PairRow.id > id_)))
    return [pair_of(row) for row in session.scalars(query)]


def page_before(
    session: Session, *, team_id: str, channel_ids: Collection[str], after: tuple[int, int], limit: int
) -> tuple[int, int] | None:
    """Return what the page before the one that follows `after` follows itself, None where it is the first page."""
    priority, id_ = after
    earlier = (PairRow.priority < priority) | ((PairRow.priority == priority) & (PairRow.id <= id_))
    key = session.execute(
        select(PairRow.priority, PairRow.id)
        .where(*_waiting(team_id, channel_ids), earlier)
        .order_by(PairRow.priority.desc(), PairRow.id.desc())
        .offset(limit)
        .limit(1)
    ).first()
    return (key.priority, key.id) if key else None


def count_queue(session: Session, *, team_id: str, channel_ids: Collection[str]) -> int:
    """Return how many pairs wait for a review of somebody who is in the private channels `channel_ids`."""
    return session.scalar(select(func.count()).where(*_waiting(team_id, channel_ids))) or 0


def private_channels_with_pairs(session: Session, *, team_id: str) -> list[str]:
    """Return the private channels from which pairs wait for a review."""
    waiting = (PairRow.team_id == team_id, PairRow.status == PairStatus.CANDIDATE, PairRow.channel_is_private)
    return list(session.scalars(select(PairRow.channel_id).where(*waiting).distinct()))


def pairs_to_compare(session: Session, *, limit: int) -> list[Pair]:
    """Return pairs that have not been compared with the approved ones, most urgent first.

    Of those an import proposed there may be thousands: they are compared when they are approved.
    """
    is_shown = (PairRow.status == PairStatus.CANDIDATE) & (PairRow.priority < Priority.PROPOSED)
    rows = session.scalars(
        select(PairRow)
        .where(PairRow.compared_at.is_(None), is_shown | (PairRow.status == PairStatus.APPROVED))
        .order_by(PairRow.priority, PairRow.id)
        .limit(limit)
    )
    return [pair_of(row) for row in rows]


def mark_compared(session: Session, pair: Pair, *, now: datetime) -> bool:
    """Record that a pair was compared as it was read; returns False when it says something else by now."""
    row = lock_row(session, pair.id)
    if content_hash(row.question, row.answer) != pair.content_hash or row.status != pair.status:
        return False
    row.compared_at = now
    session.flush()
    return True


def pairs_to_check(
    session: Session,
    *,
    team_id: str,
    checked_before: datetime,
    limit: int,
    statuses: Collection[PairStatus] = (PairStatus.CANDIDATE, PairStatus.APPROVED),
) -> list[Pair]:
    """Return pairs of live conversations whose messages were not read since `checked_before`, longest ago first."""
    rows = session.scalars(
        select(PairRow)
        .where(
            PairRow.team_id == team_id,
            PairRow.status.in_(statuses),
            PairRow.origin.in_((Origin.THREAD, Origin.CHANNEL)),
            PairRow.checked_at.is_(None) | (PairRow.checked_at < checked_before),
        )
        .order_by(PairRow.checked_at.nulls_first(), PairRow.id)
        .limit(limit)
    )
    return [pair_of(row) for row in rows]


def mark_checked(session: Session, pair_ids: Collection[int], *, now: datetime) -> None:
    """Record that the messages behind pairs were read."""
    session.execute(update(PairRow).where(PairRow.id.in_(pair_ids)).values(checked_at=now))


def pairs_without_context(session: Session, *, limit: int) -> list[Pair]:
    """Return approved pairs whose passages have not been looked up, oldest first."""
    rows = session.scalars(
        select(PairRow)
        .where(PairRow.status == PairStatus.APPROVED, PairRow.context.is_(None))
        .order_by(PairRow.id)
        .limit(limit)
    )
    return [pair_of(row) for row in rows]


def _waiting(team_id: str, channel_ids: Collection[str]) -> tuple[Any, ...]:
    readable = PairRow.channel_is_private.is_(False) | PairRow.channel_id.in_(channel_ids)
    return (PairRow.team_id == team_id, PairRow.status == PairStatus.CANDIDATE, readable)
