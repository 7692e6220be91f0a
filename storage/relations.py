"""Pairs found by what they have to do with: a message, a thread, a person, another pair."""

from sqlalchemy import Text, cast, func, select
from sqlalchemy.orm import Session

from storage.pairs import Pair, PairStatus, pair_of
from storage.tables import PairRow


def pairs_of_thread(session: Session, *, team_id: str, channel_id: str, thread_ts: str) -> list[Pair]:
    """Return the pairs found in a thread, erased ones aside, earliest answer first."""
    place = (PairRow.team_id == team_id, PairRow.channel_id == channel_id, PairRow.thread_ts == thread_ts)
    rows = session.scalars(
        select(PairRow).where(*place, PairRow.status != PairStatus.ERASED).order_by(PairRow.answer_ts)
    )
    return [pair_of(row) for row in rows]


def pairs_with_message(session: Session, *, team_id: str, channel_id: str, ts: str) -> list[Pair]:
    """Return the pairs that a message asks, or is part of the answer of, erased ones aside."""
    place = (PairRow.team_id == team_id, PairRow.channel_id == channel_id, PairRow.status != PairStatus.ERASED)
    is_part = (PairRow.question_ts == ts) | cast(PairRow.answer_parts, Text).like(f'%"{ts}"%')
    return [pair_of(row) for row in session.scalars(select(PairRow).where(*place, is_part).order_by(PairRow.id))]


def replaced_by(session: Session, pair_id: int) -> list[Pair]:
    """Return the pairs in whose place this one stands."""
    return [pair_of(row) for row in session.scalars(select(PairRow).where(PairRow.replaced_by_id == pair_id))]


def pairs_beside(session: Session, pair: Pair) -> list[Pair]:
    """Return the approved pairs that have this one among their passages."""
    # The database narrows it down by the text of the JSON: 12 is in "pair_id": 123, too.
    named = cast(PairRow.context, Text).like(f'%"pair_id": {pair.id}%')
    rows = session.scalars(
        select(PairRow).where(PairRow.team_id == pair.team_id, PairRow.status == PairStatus.APPROVED, named)
    )
    found = [pair_of(row) for row in rows]
    return [one for one in found if any(passage.get("pair_id") == pair.id for passage in one.context or ())]


def pairs_of_person(session: Session, *, team_id: str, user_id: str) -> list[Pair]:
    """Return the pairs in which somebody asked or answered, erased ones aside."""
    theirs = (PairRow.asked_by == user_id) | (PairRow.answered_by == user_id)
    rows = session.scalars(
        select(PairRow).where(PairRow.team_id == team_id, theirs, PairRow.status != PairStatus.ERASED)
    )
    return [pair_of(row) for row in rows]


def count_of_person(session: Session, *, team_id: str, user_id: str) -> dict[PairStatus, int]:
    """Return how many of the pairs in which somebody asked or answered stand where."""
    theirs = (PairRow.asked_by == user_id) | (PairRow.answered_by == user_id)
    rows = session.execute(
        select(PairRow.status, func.count()).where(PairRow.team_id == team_id, theirs).group_by(PairRow.status)
    )
    return {PairStatus(status): count for status, count in rows}
