"""Which documents a team has."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.tables import ChunkRow, DocumentRow


@dataclass(frozen=True)
class KnownDocument:
    """A document that is stored. `passages`: how many it has. `channel_id`: the private channel it is for, if any.

    `version`: what its origin calls this state of it, empty where it says nothing.
    """

    source: str
    title: str
    channel_id: str | None
    passages: int
    updated_at: datetime
    version: str = ""


def known_documents(session: Session, *, team_id: str) -> list[KnownDocument]:
    """Return a team's documents in order of their sources."""
    standing = (ChunkRow.document_id == DocumentRow.id) & ChunkRow.removed_at.is_(None)
    rows = session.execute(
        select(DocumentRow, func.count(ChunkRow.id))
        .outerjoin(ChunkRow, standing)
        .where(DocumentRow.team_id == team_id)
        .group_by(DocumentRow.id)
        .order_by(DocumentRow.source)
    )
    return [
        KnownDocument(row.source, row.title, row.channel_id, passages, row.updated_at, row.version)
        for row, passages in rows
    ]


def sources_beginning(session: Session, start: str, *, team_id: str) -> list[str]:
    """Return the sources of a team's documents that are `start`, or that and more after a colon."""
    matches = (DocumentRow.source == start) | DocumentRow.source.startswith(f"{start}:", autoescape=True)
    sources = select(DocumentRow.source).where(DocumentRow.team_id == team_id, matches)
    return list(session.scalars(sources.order_by(DocumentRow.source)))
