"""A question from the command line, whether the bot runs beside it or not."""

from collections.abc import Callable, Collection, Sequence

import numpy as np

from bot.answering.answerer import Answered
from bot.answering.embedding import embed_chunks
from bot.answering.retrieval import Place, Retriever
from bot.bootstrap import answerer_of, models_of, open_knowledge
from bot.settings import Settings
from storage.database import Database
from storage.knowledge import readable_chunks
from storage.lexical import lexical_search
from storage.vectors import IndexInUseError

CANDIDATES = 50


class Reranked:
    """Stands in for the vector index while a running bot owns it: what the words find, ranked by meaning."""

    def __init__(self, database: Database, question: str, embed: Callable[[Sequence[str]], list[list[float]]]) -> None:
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


def ask_once(settings: Settings, database: Database, question: str, *, team_id: str) -> Answered:
    """Answer from what everybody in the workspace may know."""
    place = Place(team_id)
    try:
        knowledge = open_knowledge(settings, database)
    except IndexInUseError:
        models = models_of(settings)
        retriever = Retriever(database, Reranked(database, question, models.embed), models.embed)
        return answerer_of(settings, database, retriever, models).answer(question, place)
    try:
        knowledge.indexing.check()
        knowledge.indexing.follow()
        return knowledge.answerer.answer(question, place)
    finally:
        knowledge.index.close()
