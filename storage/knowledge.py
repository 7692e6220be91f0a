"""Documents and the passages cut from them; approved pairs are passages too.

SQL is the truth and the vector index follows: a chunk is written with `indexed_at` empty, and whoever owns the index
embeds it and marks it. A removed chunk loses its text at once and its row when the index has let go of it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Select, case, delete, func, select, update
from sqlalchemy.orm import Session

from storage.answers import forget_answers_from
from storage.database import find_or_add
from storage.pairs import NOT_SAID
from storage.tables import ChunkRow, DocumentPersonRow, DocumentRow, PairRow


@dataclass(frozen=True)
class Chunk:
    """A passage. `channel_id`: the private channel whose members alone may see it, None when everybody may.

    `said_in`: the conversation it was said or shared in, whoever could read that then; None for what came from
    elsewhere than Slack.
    """

    id: int
    team_id: str
    document_id: int | None
    pair_id: int | None
    channel_id: str | None
    title: str
    text: str
    removed: bool
    said_in: str | None = None


@dataclass(frozen=True)
class Section:
    """A passage that stands under headings of its own: `title` is the path to it, the document's title included."""

    title: str
    text: str


@dataclass(frozen=True)
class NewDocument:
    """A document to be stored. `chunks`: its passages; one that is only a text has the document's title.

    `source`: where it came from, unique in a team. `people`: whose words it holds, so that it can be removed when one
    of them wants to be forgotten. `version`: what its origin calls this state of it, such as an ETag. `said_in`: the
    conversation it was said or shared in, public or not.
    """

    team_id: str
    source: str
    title: str
    channel_id: str | None
    chunks: tuple[str | Section, ...]
    people: tuple[str, ...] = ()
    version: str = ""
    said_in: str | None = None

    @property
    def sections(self) -> tuple[Section, ...]:
        """The passages, each with its title."""
        return tuple(chunk if isinstance(chunk, Section) else Section(self.title, chunk) for chunk in self.chunks)

    @property
    def content_hash(self) -> str:
        chunks = (chunk if isinstance(chunk, str) else f"{chunk.title}\x02{chunk.text}" for chunk in self.chunks)
        said = "\x00".join([self.title, self.channel_id or "", *chunks])
        return sha256("\x01".join([said, *self.people]).encode()).hexdigest()


def put_document(session: Session, document: NewDocument, *, now: datetime) -> bool:
    """Store a document, replacing what its source said before; returns whether anything changed."""
    values = {"title": document.title, "channel_id": document.channel_id, "content_hash": document.content_hash}
    key = {"team_id": document.team_id, "source": document.source}
    row, added = find_or_add(session, DocumentRow, key, {**values, "version": "", "said_in": None, "updated_at": now})
    row.version, row.said_in = document.version, document.said_in
    if not added and row.content_hash == document.content_hash:
        return False
    row.title, row.channel_id, row.content_hash = document.title, document.channel_id, document.content_hash
    row.updated_at = now
    session.flush()
    _replace_chunks(session, row, document.sections, now=now)
    session.execute(delete(DocumentPersonRow).where(DocumentPersonRow.document_id == row.id))
    session.add_all(DocumentPersonRow(document_id=row.id, user_id=user_id) for user_id in set(document.people))
    session.flush()
    return True


def document_sources(session: Session, *, team_id: str) -> list[str]:
    """Return where a team's documents came from."""
    return list(session.scalars(select(DocumentRow.source).where(DocumentRow.team_id == team_id)))


def remove_document(session: Session, *, team_id: str, source: str, now: datetime) -> bool:
    """Stop retrieving a document and forget it; returns whether there was one."""
    return remove_documents(session, [source], team_id=team_id, now=now) > 0


def remove_documents(session: Session, sources: Collection[str], *, team_id: str, now: datetime) -> int:
    """Stop retrieving documents and forget them, and what was answered out of them; returns how many there were."""
    removed = [_remove_document(session, source, team_id=team_id, now=now) for source in sources]
    chunk_ids = [id_ for ids in removed if ids is not None for id_ in ids]
    forget_answers_from(session, team_id=team_id, chunk_ids=chunk_ids)
    return sum(ids is not None for ids in removed)


def remove_documents_of(session: Session, *, team_id: str, user_id: str, now: datetime) -> int:
    """Forget the documents that hold somebody's words, whoever else speaks in them; returns how many."""
    theirs = select(DocumentPersonRow.document_id).where(DocumentPersonRow.user_id == user_id)
    sources = session.scalars(
        select(DocumentRow.source).where(DocumentRow.team_id == team_id, DocumentRow.id.in_(theirs))
    ).all()
    return remove_documents(session, sources, team_id=team_id, now=now)


def _remove_document(session: Session, source: str, *, team_id: str, now: datetime) -> list[int] | None:
    """Return the ids of the passages that a document had; None where there is no such document."""
    row = session.scalar(select(DocumentRow).where(DocumentRow.team_id == team_id, DocumentRow.source == source))
    if row is None:
        return None
    chunks = session.scalars(select(ChunkRow).where(ChunkRow.document_id == row.id)).all()
    for chunk in chunks:
        if chunk.removed_at is None:
            _remove(chunk, now=now)
        chunk.document_id = None
    session.flush()
    session.delete(row)
    session.flush()
    return [chunk.id for chunk in chunks]


def _replace_chunks(session: Session, document: DocumentRow, sections: Sequence[Section], *, now: datetime) -> None:
    """Keep the chunks that say the same, remove the others, add the new ones."""
    wanted = {_chunk_hash(section.title, document.channel_id, section.text): section for section in sections}
    standing = session.scalars(
        select(ChunkRow).where(ChunkRow.document_id == document.id, ChunkRow.removed_at.is_(None))
    )
    for chunk in standing:
        if wanted.pop(chunk.content_hash, None) is None:
            _remove(chunk, now=now)
    session.add_all(
        ChunkRow(
            team_id=document.team_id,
            document_id=document.id,
            channel_id=document.channel_id,
            title=section.title,
            text=section.text,
            content_hash=content_hash,
            created_at=now,
        )
        for content_hash, section in wanted.items()
    )
    session.flush()


def put_pair_chunk(
    session: Session, *, team_id: str, pair_id: int, channel_id: str | None, title: str, text: str, now: datetime
) -> None:
    """Make an approved pair retrievable. `channel_id` is set when it came from a private channel."""
    content_hash = _chunk_hash(title, channel_id, text)
    values = {"team_id": team_id, "channel_id": channel_id, "title": title, "text": text, "content_hash": content_hash}
    row, added = find_or_add(session, ChunkRow, {"pair_id": pair_id}, {**values, "created_at": now})
    if added or (row.content_hash == content_hash and row.removed_at is None):
        return
    if row.channel_id == channel_id:
        row.title, row.text, row.content_hash = title, text, content_hash
        row.indexed_at = row.removed_at = None
    else:
        # The index has it among what the old channel may see: this row stays until it is gone from there.
        _remove(row, now=now)
        row.pair_id = None
        session.flush()
        session.add(ChunkRow(pair_id=pair_id, **values, created_at=now))
    session.flush()


def remove_pair_chunk(session: Session, pair_id: int, *, now: datetime) -> None:
    """Stop retrieving a pair."""
    row = session.scalar(select(ChunkRow).where(ChunkRow.pair_id == pair_id, ChunkRow.removed_at.is_(None)))
    if row is not None:
        _remove(row, now=now)
        session.flush()


def chunks_to_index(session: Session, *, limit: int) -> list[Chunk]:
    """Return chunks the vector index has yet to follow, removed ones first, then the oldest first."""
    waiting = _chunks().where(ChunkRow.indexed_at.is_(None))
    return _read(session, waiting.order_by(ChunkRow.removed_at.is_(None), ChunkRow.id).limit(limit))


def ids_to_index(session: Session) -> frozenset[int]:
    """Return the ids of all chunks the vector index has yet to follow, removed ones too."""
    return frozenset(session.scalars(select(ChunkRow.id).where(ChunkRow.indexed_at.is_(None))))


def standing_chunks(session: Session, *, after: int, limit: int) -> list[Chunk]:
    """Return chunks that stand and have an id above `after`, in order of their ids, whether indexed or not."""
    standing = _chunks().where(ChunkRow.id > after, ChunkRow.removed_at.is_(None))
    return _read(session, standing.order_by(ChunkRow.id).limit(limit))


def indexed_chunks(session: Session, *, limit: int) -> list[Chunk]:
    """Return chunks that stand and that the index has followed, in order of their ids."""
    indexed = _chunks().where(ChunkRow.indexed_at.is_not(None), ChunkRow.removed_at.is_(None))
    return _read(session, indexed.order_by(ChunkRow.id).limit(limit))


def mark_indexed(session: Session, chunks: Collection[Chunk], *, now: datetime) -> None:
    """Record that the index holds `chunks` as they were read; one that changed meanwhile stays to be indexed."""
    for chunk in chunks:
        # Team and channel, too: they decide where in the index a chunk is looked for.
        scope = (ChunkRow.team_id == chunk.team_id, ChunkRow.channel_id.is_not_distinct_from(chunk.channel_id))
        same = (ChunkRow.id == chunk.id, ChunkRow.text == chunk.text, ChunkRow.title == chunk.title, *scope)
        if chunk.removed:
            session.execute(delete(ChunkRow).where(ChunkRow.id == chunk.id, ChunkRow.removed_at.is_not(None)))
        else:
            session.execute(update(ChunkRow).where(*same, ChunkRow.removed_at.is_(None)).values(indexed_at=now))


def mark_all_unindexed(session: Session) -> int:
    """Have every chunk indexed again; returns how many. For an index that is new or was lost."""
    total = session.scalar(select(func.count()).select_from(ChunkRow)) or 0
    session.execute(update(ChunkRow).values(indexed_at=None))
    return total


def count_chunks(session: Session, *, team_id: str) -> tuple[int, int]:
    """Return how many passages stand, and how many of those the index has yet to follow."""
    standing = select(func.count()).where(ChunkRow.team_id == team_id, ChunkRow.removed_at.is_(None))
    return session.scalar(standing) or 0, session.scalar(standing.where(ChunkRow.indexed_at.is_(None))) or 0


def count_all_chunks(session: Session) -> tuple[int, int]:
    """Return what `count_chunks` does, of every team: there is one index for all."""
    standing = select(func.count()).where(ChunkRow.removed_at.is_(None))
    return session.scalar(standing) or 0, session.scalar(standing.where(ChunkRow.indexed_at.is_(None))) or 0


def count_documents(session: Session, *, team_id: str) -> int:
    """Return how many documents a team has."""
    return session.scalar(select(func.count()).where(DocumentRow.team_id == team_id)) or 0


def readable_chunks(
    session: Session, ids: Collection[int], *, team_id: str, channel_ids: Collection[str]
) -> dict[int, Chunk]:
    """Return those of `ids` that may be used where only members of all of `channel_ids` read along.

    This is the last word on permission: whatever an index proposed, a chunk of another private channel is not here.
    """
    # By their ids alone: SQLite would go by the team instead, and read all of its chunks.
    return {
        chunk.id: chunk
        for chunk in _read(session, _chunks().where(ChunkRow.id.in_(ids)))
        if chunk.team_id == team_id and not chunk.removed and chunk.channel_id in (None, *channel_ids)
    }


def chunks_by_id(session: Session, ids: Collection[int]) -> dict[int, Chunk]:
    """Return those of `ids` that stand, whoever may read them: not for answering."""
    standing = _chunks().where(ChunkRow.id.in_(ids), ChunkRow.removed_at.is_(None))
    return {chunk.id: chunk for chunk in _read(session, standing)}


def latest_pair_chunks(session: Session, *, team_id: str, channel_ids: Collection[str], limit: int) -> list[Chunk]:
    """Return the passages of approved pairs that may be used where `channel_ids` may be, the latest first."""
    latest = (
        _chunks()
        .where(
            ChunkRow.team_id == team_id,
            ChunkRow.pair_id.is_not(None),
            ChunkRow.removed_at.is_(None),
            ChunkRow.channel_id.is_(None) | ChunkRow.channel_id.in_(channel_ids),
        )
        .order_by(ChunkRow.id.desc())
        .limit(limit)
    )
    return _read(session, latest)


def _remove(row: ChunkRow, *, now: datetime) -> None:
    row.title = row.text = ""
    row.removed_at = now
    row.indexed_at = None


def _chunk_hash(title: str, channel_id: str | None, text: str) -> str:
    return sha256("\x00".join([title, channel_id or "", text]).encode()).hexdigest()


def _chunks() -> Select[ChunkRow, str]:
    """Return what reads passages, each with where it was said."""
    pairs_channel = case((PairRow.origin.not_in(NOT_SAID), PairRow.channel_id))
    said_in = func.coalesce(ChunkRow.channel_id, pairs_channel, DocumentRow.said_in)
    pairs, documents = PairRow.id == ChunkRow.pair_id, DocumentRow.id == ChunkRow.document_id
    return select(ChunkRow, said_in).outerjoin(PairRow, pairs).outerjoin(DocumentRow, documents)


def _read(session: Session, chunks: Select[ChunkRow, str]) -> list[Chunk]:
    return [_chunk(row, said_in) for row, said_in in session.execute(chunks)]


def _chunk(row: ChunkRow, said_in: str | None) -> Chunk:
    return Chunk(
        id=row.id,
        team_id=row.team_id,
        document_id=row.document_id,
        pair_id=row.pair_id,
        channel_id=row.channel_id,
        title=row.title,
        text=row.text,
        removed=row.removed_at is not None,
        said_in=said_in,
    )
