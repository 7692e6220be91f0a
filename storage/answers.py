"""What Timbre answered, and what people thought of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from storage.database import find_or_add, row_count
from storage.tables import AnswerRow, FeedbackRow


@dataclass(frozen=True)
class NewAnswer:
    """An answer, stored before it is posted: `message_ts` is empty until then.

    `sources`: `{"number", "chunk_id", "title", "permalink"}` each. `model` is empty for a refusal.
    """

    team_id: str
    channel_id: str
    question_ts: str
    message_ts: str | None
    asked_by: str
    question: str
    text: str
    model: str
    sources: tuple[dict[str, Any], ...]
    latency_ms: int
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True)
class Answer(NewAnswer):
    """A stored answer."""

    id: int
    created_at: datetime


def add_answer(session: Session, answer: NewAnswer, *, now: datetime) -> Answer:
    """Store an answer. Raises `sqlalchemy.exc.IntegrityError` when the question has been answered already."""
    row = AnswerRow(**{**vars(answer), "sources": list(answer.sources)}, created_at=now)
    session.add(row)
    session.flush()
    return _answer(row)


def answer_to(session: Session, *, team_id: str, channel_id: str, question_ts: str) -> Answer | None:
    """Return the answer to a question asked in Slack, if it was given."""
    row = session.scalar(
        select(AnswerRow).where(
            AnswerRow.team_id == team_id, AnswerRow.channel_id == channel_id, AnswerRow.question_ts == question_ts
        )
    )
    return _answer(row) if row else None


def set_message(session: Session, answer_id: int, *, message_ts: str) -> None:
    """Record that an answer was posted."""
    session.get_one(AnswerRow, answer_id).message_ts = message_ts


def forget_questions_of(session: Session, *, team_id: str, user_id: str) -> int:
    """Let go of what somebody asked Timbre, and of what it answered them; returns how many questions."""
    theirs = (AnswerRow.team_id == team_id, AnswerRow.asked_by == user_id, AnswerRow.question != "")
    nothing: dict[str, Any] = {"question": "", "text": "", "sources": []}
    return row_count(session.execute(update(AnswerRow).where(*theirs).values(nothing)))


def set_feedback(session: Session, answer_id: int, *, user_id: str, value: int, now: datetime) -> None:
    """Record a thumb: 1 up, -1 down. The last press of a person wins."""
    key = {"answer_id": answer_id, "user_id": user_id}
    row, _ = find_or_add(session, FeedbackRow, key, {"value": value, "created_at": now})
    row.value, row.created_at = value, now
    session.flush()


def feedback_on(session: Session, answer_id: int) -> dict[str, int]:
    """Return each person's thumb on an answer."""
    rows = session.execute(select(FeedbackRow.user_id, FeedbackRow.value).where(FeedbackRow.answer_id == answer_id))
    return {row.user_id: row.value for row in rows}


def _answer(row: AnswerRow) -> Answer:
    return Answer(
        id=row.id,
        team_id=row.team_id,
        channel_id=row.channel_id,
        question_ts=row.question_ts,
        message_ts=row.message_ts,
        asked_by=row.asked_by,
        question=row.question,
        text=row.text,
        model=row.model,
        sources=tuple(row.sources),
        latency_ms=row.latency_ms,
        prompt_tokens=row.prompt_tokens,
        completion_tokens=row.completion_tokens,
        created_at=row.created_at,
    )
