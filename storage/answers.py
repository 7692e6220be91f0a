"""What Timbre answered, and what people thought of it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from storage.database import find_or_add, row_count
from storage.pairs import Pair
from storage.tables import AnswerRow, ChunkRow, FeedbackRow

PRIVATE = "ask:"
"""How the keys of questions begin whose answers their askers alone see: they have no message."""

ERASED = "What I had found was erased meanwhile. Please ask again."
"""What an answer says that was not posted before what it rested on was erased."""

AT_ONCE = 500
"""Ids that one statement names."""


class AnswerKind(StrEnum):
    """What was said: an answer a model wrote, an approved answer as it stands, nothing for want of knowledge, or a
    word on how to ask."""

    ANSWER = "answer"
    VERIFIED = "verified"
    UNKNOWN = "unknown"
    NOTE = "note"


@dataclass(frozen=True)
class NewAnswer:
    """An answer, stored before it is posted: `message_ts` is empty until then.

    `sources`: `{"number", "chunk_id", "title", "permalink"}` each. `model` is empty where none was asked.
    `read_chunks`: every passage the model was given. `verified_pair_id`: the approved answer given as it stands.
    `is_private`: it is given where not the whole team reads.
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
    kind: AnswerKind = AnswerKind.ANSWER
    thread_ts: str = ""
    read_chunks: tuple[int, ...] = ()
    verified_pair_id: int | None = None
    note: str = ""
    is_private: bool = True


@dataclass(frozen=True, kw_only=True)
class Answer(NewAnswer):
    """A stored answer."""

    id: int
    created_at: datetime

    @property
    def is_for_asker(self) -> bool:
        """Whether only who asked could read it."""
        return self.question_ts.startswith(PRIVATE) or self.channel_id.startswith("D")


def add_answer(session: Session, answer: NewAnswer, *, now: datetime) -> Answer:
    """Store an answer. Raises `sqlalchemy.exc.IntegrityError` when the question has been answered already."""
    lists = {"sources": list(answer.sources), "read_chunks": list(answer.read_chunks)}
    row = AnswerRow(**{**vars(answer), **lists}, created_at=now)
    session.add(row)
    session.flush()
    return answer_of(row)


def answer_to(session: Session, *, team_id: str, channel_id: str, question_ts: str) -> Answer | None:
    """Return the answer to a question asked in Slack, if it was given."""
    row = session.scalar(
        select(AnswerRow).where(
            AnswerRow.team_id == team_id, AnswerRow.channel_id == channel_id, AnswerRow.question_ts == question_ts
        )
    )
    return answer_of(row) if row else None


def answers_posted_as(
    session: Session, message_ts: Collection[str], *, team_id: str, channel_id: str
) -> dict[str, Answer]:
    """Return the answers that stand in messages of a channel, by the message."""
    place = (AnswerRow.team_id == team_id, AnswerRow.channel_id == channel_id)
    rows = session.scalars(select(AnswerRow).where(*place, AnswerRow.message_ts.in_(message_ts)))
    return {row.message_ts: answer_of(row) for row in rows if row.message_ts is not None}


def get_answer(session: Session, answer_id: int) -> Answer | None:
    """Return an answer by its id."""
    row = session.get(AnswerRow, answer_id)
    return answer_of(row) if row else None


def askers_in_thread(session: Session, *, team_id: str, channel_id: str, thread_ts: str) -> frozenset[str]:
    """Return whom Timbre has answered in a thread, or is about to."""
    place = (AnswerRow.team_id == team_id, AnswerRow.channel_id == channel_id, AnswerRow.thread_ts == thread_ts)
    return frozenset(session.scalars(select(AnswerRow.asked_by).where(*place)))


def last_question(
    session: Session, *, team_id: str, channel_id: str, thread_ts: str, without: Collection[str] = ()
) -> str:
    """Return what Timbre was asked last in a thread, other than by `without`; empty where it was asked nothing."""
    place = (AnswerRow.team_id == team_id, AnswerRow.channel_id == channel_id, AnswerRow.thread_ts == thread_ts)
    others = (AnswerRow.question != "", AnswerRow.asked_by.not_in(without))
    query = select(AnswerRow.question).where(*place, *others).order_by(AnswerRow.id.desc()).limit(1)
    return session.scalar(query) or ""


def unanswered(session: Session, *, team_id: str, since: datetime, limit: int) -> list[Answer]:
    """Return the questions Timbre could not answer, latest first, without those of people it forgot."""
    gaps = (AnswerRow.team_id == team_id, AnswerRow.kind == AnswerKind.UNKNOWN, AnswerRow.question != "")
    rows = session.scalars(
        select(AnswerRow).where(*gaps, AnswerRow.created_at >= since).order_by(AnswerRow.id.desc()).limit(limit)
    )
    return [answer_of(row) for row in rows]


def replace_answer(session: Session, answer_id: int, *, text: str, kind: AnswerKind) -> Answer:
    """Have an answer say something else, resting on nothing. Raises `sqlalchemy.exc.NoResultFound`."""
    row = session.get_one(AnswerRow, answer_id)
    row.text, row.kind, row.sources, row.read_chunks, row.note = text, kind, [], [], ""
    row.verified_pair_id = None
    session.flush()
    return answer_of(row)


def set_message(
    session: Session, answer_id: int, *, message_ts: str, thread_ts: str | None = None, is_private: bool | None = None
) -> None:
    """Record that an answer was posted; `thread_ts` and `is_private`: where, if that was not known before."""
    row = session.get_one(AnswerRow, answer_id)
    row.message_ts = message_ts
    if thread_ts is not None:
        row.thread_ts = thread_ts
    if is_private is not None:
        row.is_private = is_private


def forget_questions_of(session: Session, *, team_id: str, user_id: str) -> int:
    """Let go of what somebody asked Timbre, and of what it answered them; returns how many questions."""
    is_kept = (AnswerRow.question != "") | (AnswerRow.text != "")
    theirs = (AnswerRow.team_id == team_id, AnswerRow.asked_by == user_id, is_kept)
    nothing: dict[str, Any] = {"question": "", "text": "", "sources": [], "read_chunks": [], "note": ""}
    return row_count(session.execute(update(AnswerRow).where(*theirs).values(nothing)))


def forget_question(session: Session, *, team_id: str, channel_id: str, question_ts: str) -> bool:
    """Let go of a question whose message was deleted; its answer stands. Returns whether there was one."""
    place = (AnswerRow.team_id == team_id, AnswerRow.channel_id == channel_id, AnswerRow.question_ts == question_ts)
    return row_count(session.execute(update(AnswerRow).where(*place, AnswerRow.question != "").values(question=""))) > 0


def reword_question(session: Session, answer_id: int, question: str) -> None:
    """Keep a question in other words; one that was let go of stays so."""
    session.execute(
        update(AnswerRow).where(AnswerRow.id == answer_id, AnswerRow.question != "").values(question=question)
    )


def forget_answers_from(
    session: Session, pairs: Collection[Pair] = (), *, team_id: str, chunk_ids: Collection[int] = ()
) -> int:
    """Let go of what Timbre answered out of pairs, or passages, that are erased; returns how many answers.

    Whatever had read one goes, cited or not. What was posted says nothing here any more; what was not, or only to its
    asker, and may still be posted or shared, says that it is gone.
    """
    erased = _Erased.of(session, pairs, chunk_ids)
    if not erased:
        return 0
    # Read once, however many pairs there are: nothing is known of a list inside SQL but its text.
    columns = (AnswerRow.verified_pair_id, AnswerRow.sources, AnswerRow.read_chunks)
    kept = select(AnswerRow.id, AnswerRow.message_ts, *columns).where(
        AnswerRow.team_id == team_id, AnswerRow.text != ""
    )
    found = [(id_, message_ts) for id_, message_ts, *rest in session.execute(kept) if erased.is_in(*rest)]
    nothing: dict[str, Any] = {"sources": [], "read_chunks": [], "note": ""}
    _set(session, [id_ for id_, message_ts in found if message_ts is not None], {**nothing, "text": ""})
    said = {"text": ERASED, "kind": AnswerKind.NOTE, "verified_pair_id": None}
    _set(session, [id_ for id_, message_ts in found if message_ts is None], {**nothing, **said})
    return len(found)


@dataclass(frozen=True)
class _Erased:
    """By what an answer is known to rest on something that is erased."""

    pair_ids: frozenset[int]
    links: frozenset[str]
    chunk_ids: frozenset[int]

    @classmethod
    def of(cls, session: Session, pairs: Collection[Pair], chunk_ids: Collection[int]) -> "_Erased":
        ids = [pair.id for pair in pairs]
        passages = set(chunk_ids)
        for start in range(0, len(ids), AT_ONCE):
            theirs = ChunkRow.pair_id.in_(ids[start : start + AT_ONCE])
            passages.update(session.scalars(select(ChunkRow.id).where(theirs)))
        # A pair that had been taken back before has no passage: what cited it names it by its permalink.
        links = frozenset(pair.permalink for pair in pairs) - {""}
        return cls(frozenset(ids), links, frozenset(passages))

    def __bool__(self) -> bool:
        return bool(self.pair_ids or self.chunk_ids)

    def is_in(self, verified: int | None, sources: list[dict[str, Any]], read: list[int]) -> bool:
        return (
            verified in self.pair_ids
            or not self.chunk_ids.isdisjoint(read)
            or any(
                source.get("chunk_id") in self.chunk_ids or source.get("permalink") in self.links for source in sources
            )
        )


def _set(session: Session, ids: Sequence[int], values: dict[str, Any]) -> None:
    for start in range(0, len(ids), AT_ONCE):
        session.execute(update(AnswerRow).where(AnswerRow.id.in_(ids[start : start + AT_ONCE])).values(values))


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


def answer_of(row: AnswerRow) -> Answer:
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
        kind=AnswerKind(row.kind),
        thread_ts=row.thread_ts,
        read_chunks=tuple(row.read_chunks),
        verified_pair_id=row.verified_pair_id,
        note=row.note,
        is_private=row.is_private,
        created_at=row.created_at,
    )
