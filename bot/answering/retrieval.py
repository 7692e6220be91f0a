"""Finds passages: by meaning (vectors) and by words (full text), fused by score, permission checked twice."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from storage.database import Database
from storage.knowledge import Chunk, readable_chunks
from storage.lexical import lexical_search

CANDIDATES = 20
LEXICAL_WEIGHT = 0.35
"""What a passage's words may add to its cosine, where they are all that was asked for (docs/experiments.md)."""
CERTAIN = 0.6
"""Cosine of the best passage from which the dense arm is taken to know what the question is about."""
UNCERTAIN_WEIGHT = 4.0
"""What words may add beyond `LEXICAL_WEIGHT` where nothing is near: an error code, say, has no meaning to go by."""


class Index(Protocol):
    """The vector index, as far as searching goes."""

    def search(
        self, vector: Sequence[float], *, team_id: str, channel_ids: Collection[str], limit: int
    ) -> dict[int, float]: ...


class Former(Protocol):
    """The index that answers while another embedder's is being made; returns None when none is."""

    def search(
        self, question: str, *, team_id: str, channel_ids: Collection[str], limit: int
    ) -> dict[int, float] | None: ...


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


@dataclass(frozen=True)
class Candidates:
    """What the two arms found, each with its own score by chunk id, best first."""

    dense: Mapping[int, float]
    lexical: Mapping[int, float]


class Retriever:
    """Searches the knowledge that may be used in a place."""

    def __init__(
        self,
        database: Database,
        index: Index,
        embed: Callable[[Sequence[str]], list[list[float]]],
        former: Former | None = None,
    ) -> None:
        self._database = database
        self._index = index
        self._embed = embed
        self._former = former

    def search(
        self, question: str, place: Place, *, limit: int, without: Callable[[Chunk], bool] = lambda _: False
    ) -> list[Hit]:
        """Return the best passages for a question, best first, leaving out those of which `without` is true."""
        return self.rank(self.candidates(question, place), place, limit=limit, without=without)

    def candidates(self, question: str, place: Place) -> Candidates:
        """Return what each arm finds for a question in a place, before they are fused."""
        dense = self._nearest(question, place)
        with self._database.reading() as session:
            lexical = lexical_search(
                session, question, team_id=place.team_id, channel_ids=place.channel_ids, limit=CANDIDATES
            )
        return Candidates(dense, lexical)

    def _nearest(self, question: str, place: Place) -> dict[int, float]:
        team_id, channel_ids = place.team_id, place.channel_ids
        if self._former:
            found = self._former.search(question, team_id=team_id, channel_ids=channel_ids, limit=CANDIDATES)
            if found is not None:
                return found
        vector = self._embed([question])[0]
        return self._index.search(vector, team_id=team_id, channel_ids=channel_ids, limit=CANDIDATES)

    def rank(
        self, found: Candidates, place: Place, *, limit: int, without: Callable[[Chunk], bool] = lambda _: False
    ) -> list[Hit]:
        """Return the best of what was found, best first, of what SQL says may be read in this place."""
        fused = fuse(found.dense, found.lexical)
        with self._database.reading() as session:
            chunks = readable_chunks(session, fused, team_id=place.team_id, channel_ids=place.channel_ids)
        hits = [
            Hit(chunks[id_], similarity, score)
            for id_, (similarity, score) in fused.items()
            if id_ in chunks and not without(chunks[id_])
        ]
        return sorted(hits, key=lambda hit: (-hit.score, hit.chunk.id))[:limit]


def fuse(dense: Mapping[int, float], lexical: Mapping[int, float]) -> dict[int, tuple[float, float]]:
    """Return similarity and fused score by id: the cosine, and so much for the share of the question its words hold.

    Neither is relative to what else was found, so that words which hold little of the question change little. What only
    the lexical arm found lies further away than everything the dense arm found: its similarity is taken to be the
    smallest of those.
    """
    floor = min(dense.values(), default=0.0)
    weight = lexical_weight(max(dense.values(), default=0.0))
    similarity = {id_: dense.get(id_, floor) for id_ in dense.keys() | lexical.keys()}
    return {id_: (near, near + weight * lexical.get(id_, 0.0)) for id_, near in similarity.items()}


def lexical_weight(best: float) -> float:
    """Return what the words are worth beside a cosine, where the best passage has this one."""
    return LEXICAL_WEIGHT + UNCERTAIN_WEIGHT * min(1.0, max(0.0, 1 - best / CERTAIN))
