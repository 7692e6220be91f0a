"""Full-text search by the database itself: FTS5 on SQLite, tsvector on PostgreSQL."""

import re
from collections.abc import Collection

from sqlalchemy import Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

# A pasted log can have 20,000 different words, for which PostgreSQL's stack is too small; no question needs as many.
MOST_WORDS = 256
# Both rank by any of the question's words. FTS5's bm25() is lower for better, so it is turned round.
SQLITE_SEARCH = """
    SELECT chunks.id, -bm25(chunk_text) AS score
    FROM chunk_text JOIN chunks ON chunks.id = chunk_text.rowid
    WHERE chunk_text MATCH :query AND chunks.team_id = :team_id AND chunks.removed_at IS NULL
      AND (chunks.channel_id IS NULL OR chunks.channel_id IN :channel_ids)
    ORDER BY score DESC, chunks.id LIMIT :limit
"""
POSTGRESQL_SEARCH = """
    SELECT id, ts_rank(to_tsvector('english'::regconfig, title || ' ' || text), query) AS score
    FROM chunks, to_tsquery('english'::regconfig, :query) AS query
    WHERE to_tsvector('english'::regconfig, title || ' ' || text) @@ query AND team_id = :team_id
      AND removed_at IS NULL AND (channel_id IS NULL OR channel_id = ANY(:channel_ids))
    ORDER BY score DESC, id LIMIT :limit
"""


def lexical_search(
    session: Session, question: str, *, team_id: str, channel_ids: Collection[str], limit: int
) -> dict[int, float]:
    """Return the best chunks for a question's words: score by chunk id, best first, higher is better.

    Scores are BM25 on SQLite and ts_rank on PostgreSQL: compare them within one result only. Chunks of private
    channels outside `channel_ids` are never returned.
    """
    words = list(dict.fromkeys(re.findall(r"\w+", question.lower())))[:MOST_WORDS]
    if not words:
        return {}
    parameters = {"team_id": team_id, "channel_ids": list(channel_ids), "limit": limit}
    if session.get_bind().dialect.name == "sqlite":
        statement = text(SQLITE_SEARCH).bindparams(bindparam("channel_ids", expanding=True))
        query = " OR ".join(f'"{word}"' for word in words)
    else:
        statement = text(POSTGRESQL_SEARCH).bindparams(bindparam("channel_ids", type_=ARRAY(Text)))
        query = " | ".join(f"'{word}'" for word in words)
    rows = session.execute(statement, {"query": query, **parameters})
    return {row.id: float(row.score) for row in rows}
