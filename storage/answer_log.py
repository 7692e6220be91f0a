"""Answers by what somebody looks for, with the passages they rest on and what people thought of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.answers import Answer, answer_of
from storage.knowledge import Chunk, chunks_by_id
from storage.tables import AnswerRow, FeedbackRow

PAGE = 200


@dataclass(frozen=True)
class AnswerFilter:
    """Which answers: what is None does not matter. `until` is exclusive."""

    since: datetime | None = None
    until: datetime | None = None
    with_private: bool = False


@dataclass(frozen=True)
class Logged:
    """An answer. `passages`: what it rests on, as far as that is still known. `thumbs`: each person's, 1 or -1."""

    answer: Answer
    passages: tuple[Chunk, ...]
    thumbs: dict[str, int]


def every_answer(session: Session, wanted: AnswerFilter, *, team_id: str) -> Iterator[Logged]:
    """Yield all answers that match, the earliest first, holding a page of them at a time.

    Those that somebody had forgotten are not among them.
    """
    after = 0
    while page := _page(session, wanted, team_id, after):
        yield from _logged(session, page)
        after = page[-1].id
        session.expunge_all()


def _page(session: Session, wanted: AnswerFilter, team_id: str, after: int) -> list[Answer]:
    conditions = [AnswerRow.team_id == team_id, AnswerRow.id > after, AnswerRow.question != ""]
    if wanted.since is not None:
        conditions.append(AnswerRow.created_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(AnswerRow.created_at < wanted.until)
    if not wanted.with_private:
        conditions.append(AnswerRow.is_private.is_(False))
    rows = session.scalars(select(AnswerRow).where(*conditions).order_by(AnswerRow.id).limit(PAGE))
    return [answer_of(row) for row in rows]


def _logged(session: Session, page: Sequence[Answer]) -> Iterator[Logged]:
    chunks = chunks_by_id(session, {id_ for answer in page for id_ in answer.read_chunks})
    thumbs: dict[int, dict[str, int]] = {answer.id: {} for answer in page}
    for row in session.scalars(select(FeedbackRow).where(FeedbackRow.answer_id.in_(thumbs))):
        thumbs[row.answer_id][row.user_id] = row.value
    for answer in page:
        known = tuple(chunks[id_] for id_ in answer.read_chunks if id_ in chunks)
        yield Logged(answer, known, thumbs[answer.id])
