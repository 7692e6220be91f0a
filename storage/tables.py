"""The tables. Rows never leave storage/: the modules beside this one return frozen dataclasses."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime in every database: SQLite has no time zones, so they are put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime was given where an aware UTC one is wanted")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class StoredText(TypeDecorator[str]):
    """Text as every database takes it.

    PostgreSQL refuses NUL, SQLite's functions stop at one, and neither takes half a surrogate pair; people's messages
    and documents can hold all of these, and none of them is worth losing the rest for.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


def storable(text: str) -> str:
    """Return `text` as every database takes it."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


class Base(DeclarativeBase):
    """Names every constraint, because a migration can only drop what has a name."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar = {
        datetime: UtcDateTime,
        dict[str, Any]: JSON,
        list[dict[str, Any]]: JSON,
        str: StoredText,
    }


SlackId = String(64)
Word = String(32)


class WorkspaceRow(Base):
    """A Slack workspace that Timbre serves. Its id is the `team_id` of every other table."""

    __tablename__ = "workspaces"

    team_id: Mapped[str] = mapped_column(SlackId, primary_key=True)
    name: Mapped[str]
    first_seen_at: Mapped[datetime]


class PairRow(Base):
    """A question and its answer, as they may be learnt: already redacted.

    `source_hash`: of what Slack said when it was last read; a reviewer may have edited the text since. `answer_parts`:
    the ts of the messages that are the answer. `priority`: the smaller, the earlier in the review queue.
    `previous_*`: what was approved before the message was changed, until somebody decides anew.
    """

    __tablename__ = "pairs"
    __table_args__ = (
        UniqueConstraint("team_id", "channel_id", "answer_ts"),
        Index("ix_pairs_team_id_status_decided_at", "team_id", "status", "decided_at"),
        Index("ix_pairs_queue", "team_id", "status", "priority", "id", "channel_is_private", "channel_id"),
        Index("ix_pairs_thread", "team_id", "channel_id", "thread_ts"),
        Index("ix_pairs_compared_at", "compared_at"),
        Index("ix_pairs_replaced_by_id", "replaced_by_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[str] = mapped_column(SlackId)
    channel_id: Mapped[str] = mapped_column(SlackId)
    channel_is_private: Mapped[bool]
    thread_ts: Mapped[str] = mapped_column(SlackId)
    question_ts: Mapped[str] = mapped_column(SlackId)
    answer_ts: Mapped[str] = mapped_column(SlackId)
    answer_parts: Mapped[list[str]] = mapped_column(JSON)
    question: Mapped[str]
    answer: Mapped[str]
    asked_by: Mapped[str] = mapped_column(SlackId)
    answered_by: Mapped[str] = mapped_column(SlackId)
    permalink: Mapped[str]
    origin: Mapped[str] = mapped_column(Word)
    file_count: Mapped[int]
    redactions: Mapped[list[dict[str, Any]]]
    status: Mapped[str] = mapped_column(Word)
    priority: Mapped[int]
    source_hash: Mapped[str] = mapped_column(String(64))
    edited_by: Mapped[str | None] = mapped_column(SlackId)
    previous_question: Mapped[str | None]
    previous_answer: Mapped[str | None]
    replaced_by_id: Mapped[int | None]
    context: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    compared_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]


class ReviewRow(Base):
    """One person's word on one pair, given `via` a reaction or a click, on the text with `content_hash`.

    Taken back, it stays as history with `withdrawn_at` set.
    """

    __tablename__ = "reviews"
    __table_args__ = (UniqueConstraint("pair_id", "reviewer_id", "verdict", "via"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    pair_id: Mapped[int] = mapped_column(ForeignKey("pairs.id", ondelete="CASCADE"))
    reviewer_id: Mapped[str] = mapped_column(SlackId)
    verdict: Mapped[str] = mapped_column(Word)
    via: Mapped[str] = mapped_column(Word)
    content_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class TwinRow(Base):
    """Two pairs that answer nearly the same question. `pair_id` is the later one; `decision` empty: nobody chose yet.

    `disagrees`: their answers say different things.
    """

    __tablename__ = "twins"
    __table_args__ = (Index("ix_twins_other_id", "other_id"),)

    pair_id: Mapped[int] = mapped_column(ForeignKey("pairs.id", ondelete="CASCADE"), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("pairs.id", ondelete="CASCADE"), primary_key=True)
    similarity: Mapped[float] = mapped_column(Double)
    disagrees: Mapped[bool]
    decision: Mapped[str | None] = mapped_column(Word)
    decided_by: Mapped[str | None] = mapped_column(SlackId)
    decided_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class OptOutRow(Base):
    """Somebody whose messages are not collected."""

    __tablename__ = "opt_outs"

    team_id: Mapped[str] = mapped_column(SlackId, primary_key=True)
    user_id: Mapped[str] = mapped_column(SlackId, primary_key=True)
    by: Mapped[str] = mapped_column(SlackId)
    at: Mapped[datetime]


class DocumentRow(Base):
    """A source of facts. `channel_id` set: only for people in that private channel.

    `said_in`: the conversation it was said or shared in, which may be made private any day; empty where it came from
    elsewhere.
    `version`: what its origin calls this state of it, such as an ETag; empty where it says nothing.
    """

    __tablename__ = "documents"
    __table_args__ = (UniqueConstraint("team_id", "source"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[str] = mapped_column(SlackId)
    source: Mapped[str]
    title: Mapped[str]
    channel_id: Mapped[str | None] = mapped_column(SlackId)
    content_hash: Mapped[str] = mapped_column(String(64))
    version: Mapped[str]
    updated_at: Mapped[datetime]
    said_in: Mapped[str | None] = mapped_column(SlackId)


class DocumentPersonRow(Base):
    """Somebody whose words a document holds, where it was made of a conversation."""

    __tablename__ = "document_people"
    __table_args__ = (Index("ix_document_people_user_id", "user_id"),)

    document_id: Mapped[int] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(SlackId, primary_key=True)


class ChunkRow(Base):
    """A passage: of a document, or an approved pair. `indexed_at` empty: the vector index has not followed yet.

    A removed chunk loses its text at once; its row stays until the vector index has followed.
    """

    __tablename__ = "chunks"
    __table_args__ = (
        Index("ix_chunks_indexed_at", "indexed_at"),
        Index("ix_chunks_team_id_channel_id", "team_id", "channel_id"),
        Index("ix_chunks_document_id", "document_id"),
        # The vector index and answers' sources know a chunk by its id: a deleted one's must not become another's.
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[str] = mapped_column(SlackId)
    document_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id", ondelete="SET NULL"))
    pair_id: Mapped[int | None] = mapped_column(ForeignKey("pairs.id", ondelete="SET NULL"), unique=True)
    channel_id: Mapped[str | None] = mapped_column(SlackId)
    title: Mapped[str]
    text: Mapped[str]
    content_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    indexed_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]


class AnswerRow(Base):
    """What Timbre said. A question in Slack is answered once, however often its event arrives.

    `read_chunks`: the ids of every passage that was before the model, cited or not. `verified_pair_id`: the approved
    answer that was given as it stands. `note`: the small print above the answer. `is_private`: it was given where not
    the whole team reads.
    """

    __tablename__ = "answers"
    __table_args__ = (
        UniqueConstraint("team_id", "channel_id", "question_ts"),
        Index("ix_answers_thread", "team_id", "channel_id", "thread_ts"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[str] = mapped_column(SlackId)
    channel_id: Mapped[str] = mapped_column(SlackId)
    question_ts: Mapped[str] = mapped_column(SlackId)
    message_ts: Mapped[str | None] = mapped_column(SlackId)
    asked_by: Mapped[str] = mapped_column(SlackId)
    question: Mapped[str]
    text: Mapped[str]
    model: Mapped[str]
    sources: Mapped[list[dict[str, Any]]]
    latency_ms: Mapped[int]
    prompt_tokens: Mapped[int]
    completion_tokens: Mapped[int]
    kind: Mapped[str] = mapped_column(Word)
    thread_ts: Mapped[str] = mapped_column(SlackId)
    read_chunks: Mapped[list[int]] = mapped_column(JSON)
    verified_pair_id: Mapped[int | None]
    note: Mapped[str]
    is_private: Mapped[bool]
    created_at: Mapped[datetime]


class ChannelModeRow(Base):
    """When Timbre speaks in a channel, where an admin has said something else than the default."""

    __tablename__ = "channel_modes"

    team_id: Mapped[str] = mapped_column(SlackId, primary_key=True)
    channel_id: Mapped[str] = mapped_column(SlackId, primary_key=True)
    mode: Mapped[str] = mapped_column(Word)
    set_by: Mapped[str] = mapped_column(SlackId)
    set_at: Mapped[datetime]


class VerificationRow(Base):
    """That somebody looked at an approved answer again, and found the words with `content_hash` still right."""

    __tablename__ = "verifications"

    pair_id: Mapped[int] = mapped_column(ForeignKey("pairs.id", ondelete="CASCADE"), primary_key=True)
    content_hash: Mapped[str] = mapped_column(String(64))
    by: Mapped[str] = mapped_column(SlackId)
    at: Mapped[datetime]


class FeedbackRow(Base):
    """A thumb on an answer; the last press of a person wins."""

    __tablename__ = "feedback"
    __table_args__ = (UniqueConstraint("answer_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[int] = mapped_column(ForeignKey("answers.id", ondelete="CASCADE"))
    user_id: Mapped[str] = mapped_column(SlackId)
    value: Mapped[int]
    created_at: Mapped[datetime]


class RunRow(Base):
    """A training run, from the request to a decision."""

    __tablename__ = "training_runs"
    __table_args__ = (
        Index("ix_training_runs_status", "status"),
        # Two requests at the same moment must not become two runs over the same pairs.
        Index(
            "uq_training_runs_unfinished",
            "team_id",
            unique=True,
            sqlite_where=text("status IN ('queued', 'running', 'evaluating')"),
            postgresql_where=text("status IN ('queued', 'running', 'evaluating')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[str] = mapped_column(SlackId)
    requested_by: Mapped[str] = mapped_column(SlackId)
    channel_id: Mapped[str] = mapped_column(SlackId)
    status: Mapped[str] = mapped_column(Word)
    attempts: Mapped[int]
    worker: Mapped[str | None]
    heartbeat_at: Mapped[datetime | None]
    progress: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any]]
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class RunPairRow(Base):
    """Which pairs a run learnt from, and in which part of its dataset."""

    __tablename__ = "run_pairs"

    run_id: Mapped[int] = mapped_column(ForeignKey("training_runs.id", ondelete="CASCADE"), primary_key=True)
    pair_id: Mapped[int] = mapped_column(ForeignKey("pairs.id", ondelete="CASCADE"), primary_key=True)
    split: Mapped[str] = mapped_column(Word)


class AdapterRow(Base):
    """A voice. Its name carries its version and is never used again for other weights."""

    __tablename__ = "adapters"
    __table_args__ = (UniqueConstraint("team_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[str] = mapped_column(SlackId)
    name: Mapped[str] = mapped_column(SlackId)
    run_id: Mapped[int] = mapped_column(ForeignKey("training_runs.id"), unique=True)
    path: Mapped[str]
    sha256: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(Word)
    created_at: Mapped[datetime]


class LiveVoiceRow(Base):
    """The pointer to the voice in use. `adapter_id` empty: the base model. Moved by compare-and-swap on `version`."""

    __tablename__ = "live_voice"

    team_id: Mapped[str] = mapped_column(SlackId, primary_key=True)
    adapter_id: Mapped[int | None] = mapped_column(ForeignKey("adapters.id"))
    version: Mapped[int]
    changed_at: Mapped[datetime]

    adapter: Mapped[AdapterRow | None] = relationship()


class BallotRow(Base):
    """The question put to reviewers, bound by hashes to exactly what they were shown.

    `failed_gates`: what the candidate did not pass; then nobody can approve it without `override_reason`.
    """

    __tablename__ = "ballots"

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[str] = mapped_column(SlackId)
    adapter_id: Mapped[int] = mapped_column(ForeignKey("adapters.id"), unique=True)
    adapter_sha256: Mapped[str] = mapped_column(String(64))
    dataset_sha256: Mapped[str] = mapped_column(String(64))
    report_sha256: Mapped[str] = mapped_column(String(64))
    live_version: Mapped[int]
    status: Mapped[str] = mapped_column(Word)
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(SlackId)
    failed_gates: Mapped[list[str]] = mapped_column(JSON)
    override_by: Mapped[str | None] = mapped_column(SlackId)
    override_reason: Mapped[str | None]


class BallotVoteRow(Base):
    """What one person said on a ballot: an approval, or that one more person should look."""

    __tablename__ = "ballot_votes"

    ballot_id: Mapped[int] = mapped_column(ForeignKey("ballots.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(SlackId, primary_key=True)
    kind: Mapped[str] = mapped_column(Word, primary_key=True)
    at: Mapped[datetime]


class AuditRow(Base):
    """Who did what. Each entry's hash covers the one before it, so that none can be changed or dropped unseen."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_team_id", "team_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[str] = mapped_column(SlackId)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(SlackId)
    action: Mapped[str] = mapped_column(Word)
    details: Mapped[dict[str, Any]]
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64), unique=True)


class InboxRow(Base):
    """A Slack event, kept before it is acknowledged. The payload is dropped once it has been handled."""

    __tablename__ = "inbox"
    __table_args__ = (Index("ix_inbox_handled_at", "handled_at"),)

    event_id: Mapped[str] = mapped_column(SlackId, primary_key=True)
    payload: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    attempts: Mapped[int]
    received_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]


class OutboxRow(Base):
    """Something to post in Slack, once. A key that exists already is not posted again."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_posted_at", "posted_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[str] = mapped_column(SlackId)
    key: Mapped[str] = mapped_column(String(128), unique=True)
    kind: Mapped[str] = mapped_column(Word)
    payload: Mapped[dict[str, Any]]
    attempts: Mapped[int]
    due_at: Mapped[datetime]
    created_at: Mapped[datetime]
    posted_at: Mapped[datetime | None]
    channel_id: Mapped[str | None] = mapped_column(SlackId)
    message_ts: Mapped[str | None] = mapped_column(SlackId)
