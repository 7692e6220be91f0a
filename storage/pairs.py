"""Pairs: a question and its answer, from the day somebody pointed at it. `storage.reviews` has who says what of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from storage.database import find_or_add
from storage.tables import PairRow, storable


class PairStatus(StrEnum):
    """Where a pair stands. Only approved ones are retrieved and learnt; candidates wait in the review queue."""

    CANDIDATE = "candidate"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"
    ERASED = "erased"


class Origin(StrEnum):
    """How a question and an answer were found to belong together."""

    THREAD = "thread"
    CHANNEL = "channel"
    EXPORT = "export"
    FILE = "file"
    CORRECTION = "correction"


NOT_SAID = (Origin.FILE, Origin.CORRECTION)
"""Whoever wrote these down put them together; no message stands behind them, so their channel is none of Slack's unless
they are private."""


class Priority(IntEnum):
    """What reviewers look at first."""

    CHANGED = 0
    NOMINATED = 1
    PROPOSED = 2


@dataclass(frozen=True)
class Candidate:
    """A question and an answer found in Slack, already redacted, not yet decided.

    `answer_parts`: the ts of the messages that are the answer. `redactions`: what was replaced, by kind, placeholder
    and count. `file_count`: files beside the answer, which are not learnt.
    """

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
    origin: Origin = Origin.THREAD
    answer_parts: tuple[str, ...] = ()
    redactions: tuple[dict[str, Any], ...] = ()
    file_count: int = 0

    @property
    def in_thread(self) -> bool:
        """Whether the answer was given below its question."""
        return self.thread_ts not in (self.answer_ts, *self.answer_parts)

    @property
    def content_hash(self) -> str:
        """What an approval is bound to: whoever approved other words approved something else."""
        return content_hash(self.question, self.answer)


@dataclass(frozen=True, kw_only=True)
class Pair(Candidate):
    """A stored pair. `context`: the passages retrieved for its question, None until they have been looked up."""

    id: int
    status: PairStatus
    priority: Priority = Priority.NOMINATED
    source_hash: str = ""
    edited_by: str | None = None
    previous_question: str | None = None
    previous_answer: str | None = None
    replaced_by: int | None = None
    context: tuple[dict[str, Any], ...] | None
    created_at: datetime
    decided_at: datetime | None

    @property
    def is_guess(self) -> bool:
        """Whether a rule put question and answer together, so that a reviewer must see both before it counts."""
        return self.origin is not Origin.THREAD


def content_hash(question: str, answer: str) -> str:
    """Return the SHA-256 of a question and an answer, in hexadecimal."""
    return sha256(f"{storable(question)}\x00{storable(answer)}".encode()).hexdigest()


def add_candidate(
    session: Session, candidate: Candidate, *, now: datetime, priority: Priority = Priority.NOMINATED
) -> Pair:
    """Store a candidate, or return the pair that already stands for this answer, with what it says left as it is."""
    return add_if_missing(session, candidate, now=now, priority=priority)[0]


def add_if_missing(
    session: Session, candidate: Candidate, *, now: datetime, priority: Priority = Priority.NOMINATED
) -> tuple[Pair, bool]:
    """Store a candidate unless a pair stands for this answer; returns the pair, and whether it is new."""
    values = _columns(candidate)
    key = {name: values.pop(name) for name in ("team_id", "channel_id", "answer_ts")}
    first = {"status": PairStatus.CANDIDATE, "priority": priority, "created_at": now}
    row, added = find_or_add(session, PairRow, key, {**values, **first})
    return pair_of(row), added


def follow_source(session: Session, pair_id: int, candidate: Candidate, *, keep_previous: bool = False) -> Pair:
    """Have a pair say what its messages say now; nobody's approval is of these words yet.

    With `keep_previous`, what was approved is kept for reviewers to compare, until somebody decides. An erased pair
    stays empty. Raises `KeyError` when there is none.
    """
    row = lock_row(session, pair_id)
    if row.status == PairStatus.ERASED:
        return pair_of(row)
    if not keep_previous:
        row.previous_question = row.previous_answer = None
    elif row.previous_question is None:
        row.previous_question, row.previous_answer = row.question, row.answer
    for name, value in _columns(candidate).items():
        setattr(row, name, value)
    row.edited_by = row.context = row.compared_at = None
    session.flush()
    session.refresh(row)  # the database may take less than it was given
    return pair_of(row)


def see_live(session: Session, pair_id: int, candidate: Candidate) -> Pair:
    """Record which messages in Slack say what a pair says. Raises `KeyError`."""
    row = lock_row(session, pair_id)
    row.origin, row.permalink, row.answer_parts = candidate.origin, candidate.permalink, list(candidate.answer_parts)
    session.flush()
    return pair_of(row)


def edit_pair(
    session: Session, pair_id: int, *, question: str, answer: str, redactions: Sequence[dict[str, Any]], by: str
) -> Pair:
    """Replace what a pair says by a reviewer's words. Raises `KeyError` when there is none."""
    row = lock_row(session, pair_id)
    if row.status != PairStatus.ERASED and (row.question, row.answer) != (question, answer):
        row.question, row.answer, row.redactions, row.edited_by = question, answer, list(redactions), by
        row.context = row.compared_at = None
    session.flush()
    session.refresh(row)
    return pair_of(row)


def pair_for_answer(session: Session, *, team_id: str, channel_id: str, answer_ts: str) -> Pair | None:
    """Return the pair that a Slack message answers, if it is known, locked until the transaction ends."""
    row = session.scalar(
        select(PairRow)
        .where(PairRow.team_id == team_id, PairRow.channel_id == channel_id, PairRow.answer_ts == answer_ts)
        .with_for_update()
    )
    return pair_of(row) if row else None


def get_pair(session: Session, pair_id: int, *, lock: bool = False) -> Pair:
    """Return one pair, with `lock` locked until the transaction ends. Raises `KeyError` when there is none."""
    return pair_of(lock_row(session, pair_id) if lock else _row(session, pair_id))


def set_privacy(session: Session, pair_id: int, *, channel_is_private: bool) -> Pair:
    """Record who may read a pair's channel now. Its passages are looked up anew, among what those people may read.

    Raises `KeyError` when there is none.
    """
    row = lock_row(session, pair_id)
    row.channel_is_private, row.context = channel_is_private, None
    session.flush()
    return pair_of(row)


def set_status(session: Session, pair_id: int, status: PairStatus, *, now: datetime) -> Pair:
    """Decide a pair. An erased one loses what it said and stays erased. Raises `KeyError` when there is none.

    Only an approved one keeps its passages: those of others are not looked after when what they say is erased.
    """
    row = lock_row(session, pair_id)
    if row.status != PairStatus.ERASED:
        row.status, row.decided_at = status, now
    if status is PairStatus.ERASED:
        row.question = row.answer = row.source_hash = ""
        row.redactions, row.file_count = [], 0
    if status is not PairStatus.CANDIDATE:
        row.previous_question = row.previous_answer = None
    if status is PairStatus.APPROVED:
        row.compared_at = None  # others may have been approved since it was compared as a candidate
    else:
        row.context = None
    session.flush()
    return pair_of(row)


def set_priority(session: Session, pair_id: int, priority: Priority) -> None:
    """Move a pair in the review queue. Raises `KeyError` when there is none."""
    lock_row(session, pair_id).priority = priority
    session.flush()


def set_replaced_by(session: Session, pair_id: int, other_id: int | None) -> Pair:
    """Record which pair stands in this one's place, None when none does. Raises `KeyError` when there is none."""
    row = lock_row(session, pair_id)
    row.replaced_by_id = other_id
    session.flush()
    return pair_of(row)


def approved_pairs(session: Session, *, team_id: str) -> list[Pair]:
    """Return the approved pairs, earliest approval first."""
    rows = session.scalars(
        select(PairRow)
        .where(PairRow.team_id == team_id, PairRow.status == PairStatus.APPROVED)
        .order_by(PairRow.decided_at, PairRow.id)
    )
    return [pair_of(row) for row in rows]


def count_by_status(session: Session, *, team_id: str) -> dict[PairStatus, int]:
    """Return how many pairs stand where; a status nobody has is left out."""
    rows = session.execute(
        select(PairRow.status, func.count()).where(PairRow.team_id == team_id).group_by(PairRow.status)
    )
    return {PairStatus(status): count for status, count in rows}


def set_context(session: Session, pair_id: int, context: Sequence[dict[str, Any]]) -> None:
    """Keep the passages that were retrieved for a pair's question, unless it was taken back meanwhile."""
    row = session.get_one(PairRow, pair_id, with_for_update=True)
    if row.status == PairStatus.APPROVED:
        row.context = list(context)


def forget_contexts(session: Session, *, team_id: str) -> None:
    """Have the passages of every approved pair looked up again, because the knowledge changed."""
    approved = (PairRow.team_id == team_id, PairRow.status == PairStatus.APPROVED)
    session.execute(update(PairRow).where(*approved).values(context=None))


def _columns(candidate: Candidate) -> dict[str, Any]:
    values = {name: getattr(candidate, name) for name in Candidate.__dataclass_fields__}
    for name in ("answer_parts", "redactions"):
        values[name] = list(values[name])
    return {**values, "source_hash": candidate.content_hash}


def _row(session: Session, pair_id: int) -> PairRow:
    row = session.get(PairRow, pair_id)
    if row is None:
        raise KeyError(f"there is no pair {pair_id}")
    return row


def lock_row(session: Session, pair_id: int) -> PairRow:
    """Return a row, locked until the transaction ends. Raises `KeyError` when there is none."""
    row = session.get(PairRow, pair_id, with_for_update=True)
    if row is None:
        raise KeyError(f"there is no pair {pair_id}")
    return row


def pair_of(row: PairRow) -> Pair:
    """Return a row as the value that leaves storage/."""
    copied = {name: getattr(row, name) for name in Candidate.__dataclass_fields__}
    copied |= {"origin": Origin(row.origin), "answer_parts": tuple(row.answer_parts)}
    return Pair(
        **{**copied, "redactions": tuple(row.redactions)},
        id=row.id,
        status=PairStatus(row.status),
        priority=Priority(row.priority),
        source_hash=row.source_hash,
        edited_by=row.edited_by,
        previous_question=row.previous_question,
        previous_answer=row.previous_answer,
        replaced_by=row.replaced_by_id,
        context=None if row.context is None else tuple(row.context),
        created_at=row.created_at,
        decided_at=row.decided_at,
    )
