"""Finds passages: by meaning (vectors) and by words (full text), fused by score, permission checked twice."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from storage.database import Database
from storage.knowledge import Chunk, readable_chunks
from storage.lexical import lexical_search

CANDIDATES = 20
# Found on StackFAQ and two other sets: a fifth of the scaled BM25 score beside the cosine beats either arm alone,
# where fusing ranks was worse than the dense arm.
LEXICAL_WEIGHT = 0.2


class Index(Protocol):
    """The vector index, as far as searching goes."""

    def search(
        self, vector: Sequence[float], *, team_id: str, channel_ids: Collection[str], limit: int
    ) -> dict[int, float]: ...


@dataclass(frozen=True)
class Place:
    """Where an answer will be read. `channel_ids`: private channels whose members are the only ones who read along."""

    team_id: str
    channel_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hit:
    """A passage that was found. `similarity`: cosine with the question; `score`: what it was ranked by."""

    chunk: Chunk
    similarity: float
    score: float


class Retriever:
    """Searches the knowledge that may be used in a place."""

    def __init__(self, database: Database, index: Index, embed: Callable[[Sequence[str]], list[list[float]]]) -> None:
        self._database = database
        self._index = index
        self._embed = embed

    def search(
        self, question: str, place: Place, *, limit: int, without: Callable[[Chunk], bool] = lambda _: False
    ) -> list[Hit]:
        """Return the best passages for a question, best first, leaving out those of which `without` is true."""
        vector = self._embed([question])[0]
        dense = self._index.search(vector, team_id=place.team_id, channel_ids=place.channel_ids, limit=CANDIDATES)
        with self._database.reading() as session:
            lexical = lexical_search(
                session, question, team_id=place.team_id, channel_ids=place.channel_ids, limit=CANDIDATES
            )
            ids = dense.keys() | lexical.keys()
            chunks = readable_chunks(session, ids, team_id=place.team_id, channel_ids=place.channel_ids)
        hits = [
            Hit(chunks[id_], similarity, score)
            for id_, (similarity, score) in fuse(dense, lexical).items()
            if id_ in chunks and not without(chunks[id_])
        ]
        return sorted(hits, key=lambda hit: -hit.score)[:limit]


def fuse(dense: Mapping[int, float], lexical: Mapping[int, float]) -> dict[int, tuple[float, float]]:
    """Return similarity and fused score by id.

    What only the lexical arm found lies further away than everything the dense arm found: its similarity is taken to be
    the smallest of those.
    """
    floor = min(dense.values(), default=0.0)
    best = max(lexical.values(), default=0.0)
    return {
        id_: (
            dense.get(id_, floor),
            dense.get(id_, floor) + (LEXICAL_WEIGHT * lexical.get(id_, 0.0) / best if best > 0 else 0.0),
        )
        for id_ in dense.keys() | lexical.keys()
    }
