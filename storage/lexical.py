"""Full-text search by the database itself: FTS5 on SQLite, tsvector on PostgreSQL.

Only the words that tell passages apart are searched for: one found in every twentieth passage costs a hundred times as
much as a rare one and says next to nothing. How often a word occurs is counted for each question, and only as far as it
matters, so that there are no figures that could fall behind the passages.
"""

import json
import math
import re
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Double, Text, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from storage.tables import storable

# A pasted log can have 20,000 different words; no question needs as many, and the rarest of them say the most.
MOST_WORDS = 128
MOST_SEARCHED = 32
# A word is common when it is in more than one of `COMMON_SHARE` passages, and in more than `COMMON_AT_LEAST`: below
# that even all words together are quick.
COMMON_SHARE = 50
COMMON_AT_LEAST = 1000
# BM25's, as in FTS5: a word that fills a passage counts K1 + 1 times as much as one that is there once.
K1, B = 1.2, 0.75
COUNT_CHUNKS = text("SELECT count(*) FROM chunks")
SQLITE_COUNTS = text("""
    SELECT value AS word, (
      SELECT count(*) FROM (SELECT 1 FROM chunk_text WHERE chunk_text MATCH '"' || word.value || '"' LIMIT :most)
    ) AS chunks
    FROM json_each(:words) AS word
""")
# FTS5's bm25() is lower for better, so it is turned round.
SQLITE_SEARCH = text("""
    SELECT chunks.id, -bm25(chunk_text) AS score
    FROM chunk_text JOIN chunks ON chunks.id = chunk_text.rowid
    WHERE chunk_text MATCH :query AND chunks.team_id = :team_id AND chunks.removed_at IS NULL
      AND (chunks.channel_id IS NULL OR chunks.channel_id IN :channel_ids)
    ORDER BY score DESC, chunks.id LIMIT :limit
""").bindparams(bindparam("channel_ids", expanding=True))
# Once as it was typed, and once word by word: PostgreSQL keeps an address together, of which one may ask for a part.
POSTGRESQL_COUNTS = text("""
    SELECT word, (
      SELECT count(*)
      FROM (SELECT 1 FROM chunks WHERE full_text @@ CAST(quote_literal(word) AS tsquery) LIMIT :most) AS found
    ) AS chunks
    FROM unnest(tsvector_to_array(
      to_tsvector('english'::regconfig, :question) || to_tsvector('english'::regconfig, :words)
    )) AS word
    LIMIT :words_at_most
""")
# ts_rank of one word is 1 + 1/4 + … + 1/n² over its limit, for n times: between those steps n is read off.
POSTGRESQL_SEARCH = text("""
    WITH found AS (
      SELECT id, full_text, length(full_text) / avg(length(full_text)) OVER () AS size
      FROM chunks
      WHERE full_text @@ CAST(:query AS tsquery) AND team_id = :team_id
        AND removed_at IS NULL AND (channel_id IS NULL OR channel_id = ANY(:channel_ids))
    )
    SELECT id, sum(weight * (:k1 + 1) * times / (times + :k1 * (1 - :b + :b * size))) AS score
    FROM found, unnest(:words, :weights) AS asked(word, weight), LATERAL (
      SELECT width_bucket(
        ts_rank('{1,1,1,1}', full_text, CAST(quote_literal(word) AS tsquery)) * 1.644934,
        CAST('{0.5,1.125,1.305,1.392,1.443,1.477}' AS float[])
      ) AS times
    ) AS counted
    WHERE times > 0
    GROUP BY id ORDER BY score DESC, id LIMIT :limit
""").bindparams(
    bindparam("channel_ids", type_=ARRAY(Text)),
    bindparam("words", type_=ARRAY(Text)),
    bindparam("weights", type_=ARRAY(Double)),
)


def lexical_search(
    session: Session, question: str, *, team_id: str, channel_ids: Collection[str], limit: int
) -> dict[int, float]:
    """Return the best chunks for a question's words: score by chunk id, best first.

    The score is BM25 over what it could be at most: 1 would be a passage that is nothing but the question's words. So
    scores of different questions can be compared, and a question with words that no passage has gets low ones. Chunks
    of private channels outside `channel_ids` are never returned.
    """
    words = [word for word in re.findall(r"\w+", question.lower()) if word.strip("_")]
    words = list(dict.fromkeys(words))[:MOST_WORDS]
    if not words:
        return {}
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    total = session.execute(COUNT_CHUNKS).scalar_one()
    most = max(COMMON_AT_LEAST, total // COMMON_SHARE)
    counted = (_count_on_sqlite if is_sqlite else _count_on_postgresql)(session, question, words, most=most + 1)
    weights = {word: _weight(count, total) for word, count in counted.items() if count <= most}
    rarest = sorted((word for word in weights if counted[word]), key=lambda word: (counted[word], word))
    known = {word: weights[word] for word in rarest[:MOST_SEARCHED]}
    if not known:
        return {}
    scope = {"team_id": team_id, "channel_ids": list(channel_ids), "limit": limit}
    scores = (_search_sqlite if is_sqlite else _search_postgresql)(session, known, scope)
    most_possible = (K1 + 1) * sum(weights.values())
    return {id_: score / most_possible for id_, score in scores.items()}


def _weight(count: int, total: int) -> float:
    """Return what it says of a passage that a word is in it which `count` of `total` have: BM25's, as FTS5 has it."""
    return max(1e-6, math.log((total - count + 0.5) / (count + 0.5)))


def _count_on_sqlite(session: Session, _question: str, words: list[str], *, most: int) -> dict[str, int]:
    rows = session.execute(SQLITE_COUNTS, {"words": json.dumps(words), "most": most})
    return {row.word: row.chunks for row in rows}


def _count_on_postgresql(session: Session, question: str, words: list[str], *, most: int) -> dict[str, int]:
    # Not the whole of a pasted log: a text of a megabyte is more than PostgreSQL takes.
    asked = {"question": storable(question[: 64 * MOST_WORDS]), "words": storable(" ".join(words)[: 64 * MOST_WORDS])}
    rows = session.execute(POSTGRESQL_COUNTS, {**asked, "most": most, "words_at_most": MOST_WORDS})
    return {row.word: row.chunks for row in rows}


def _search_sqlite(session: Session, words: Mapping[str, float], scope: dict[str, Any]) -> dict[int, float]:
    query = " OR ".join(f'"{word}"' for word in words)
    return {row.id: float(row.score) for row in session.execute(SQLITE_SEARCH, {"query": query, **scope})}


def _search_postgresql(session: Session, words: Mapping[str, float], scope: dict[str, Any]) -> dict[int, float]:
    # A lexeme is the database's own, so it is quoted and not read again.
    query = " | ".join("'" + word.replace("\\", "\\\\").replace("'", "''") + "'" for word in words)
    asked = {"query": query, "words": list(words), "weights": list(words.values()), "k1": K1, "b": B}
    return {row.id: float(row.score) for row in session.execute(POSTGRESQL_SEARCH, {**asked, **scope})}
