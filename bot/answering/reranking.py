"""Searching by meaning without an index: what full-text search finds is embedded for the occasion."""

from collections.abc import Collection, Sequence

import numpy as np

from bot.answering.embedding import Embed, embed_chunks
from storage.database import Database
from storage.knowledge import readable_chunks
from storage.lexical import lexical_search

CANDIDATES = 50


class Reranked:
    """Stands in for a vector index that can't be asked: what the words find, ranked by meaning."""

    def __init__(self, database: Database, question: str, embed: Embed) -> None:
        self._database = database
        self._question = question
        self._embed = embed

    def search(
        self, vector: Sequence[float], *, team_id: str, channel_ids: Collection[str], limit: int
    ) -> dict[int, float]:
        """Return cosine similarity by chunk id, best first, among the chunks that share a word with the question."""
        with self._database.reading() as session:
            ids = lexical_search(session, self._question, team_id=team_id, channel_ids=channel_ids, limit=CANDIDATES)
            chunks = list(readable_chunks(session, ids, team_id=team_id, channel_ids=channel_ids).values())
        if not chunks:
            return {}
        rows = np.array(embed_chunks(chunks, self._embed))
        query = np.array(vector)
        cosines = rows @ query / np.linalg.norm(query)
        ranked = sorted(zip(chunks, cosines.tolist(), strict=True), key=lambda item: -item[1])
        return {chunk.id: cosine for chunk, cosine in ranked[:limit]}

    def usual(self, vector: Sequence[float], *, team_id: str) -> float:
        """Return 0: without an index nobody knows."""
        return 0.0
