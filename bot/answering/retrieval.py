"""Finds passages: by meaning (vectors) and by words (full text), fused by score, permission checked twice."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from bot.answering.codes import codes_in
from bot.answering.fusing import fuse
from storage.database import Database
from storage.knowledge import Chunk, readable_chunks
from storage.lexical import lexical_search

CANDIDATES = 20
CODE = 0.5
"""What a passage gains that alone has a question's code: common words beside a code may weigh more than it."""
MOST_USUAL = 0.95


class Index(Protocol):
    """The vector index, as far as searching goes."""

    def search(
        self, vector: Sequence[float], *, team_id: str, channel_ids: Collection[str], limit: int
    ) -> dict[int, float]: ...

    def usual(self, vector: Sequence[float], *, team_id: str) -> float: ...


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
    """What the two arms found, each with its own score by chunk id, best first.

    `usual`: the question's mean cosine with what is known. `codes`: those in the question.
    """

    dense: Mapping[int, float]
    lexical: Mapping[int, float]
    usual: float
    codes: frozenset[str]


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
        dense, usual = self._nearest(question, place)
        with self._database.reading() as session:
            lexical = lexical_search(
                session, question, team_id=place.team_id, channel_ids=place.channel_ids, limit=CANDIDATES
            )
        return Candidates(dense, lexical, usual, codes_in(question))

    def _nearest(self, question: str, place: Place) -> tuple[dict[int, float], float]:
        """Return the nearest chunks, and how near a question's vector is to any."""
        team_id, channel_ids = place.team_id, place.channel_ids
        if self._former:
            found = self._former.search(question, team_id=team_id, channel_ids=channel_ids, limit=CANDIDATES)
            if found is not None:
                return found, 0.0
        vector = self._embed([question])[0]
        nearest = self._index.search(vector, team_id=team_id, channel_ids=channel_ids, limit=CANDIDATES)
        return nearest, self._index.usual(vector, team_id=team_id)

    def rank(
        self, found: Candidates, place: Place, *, limit: int, without: Callable[[Chunk], bool] = lambda _: False
    ) -> list[Hit]:
        """Return the best of what was found, best first, of what SQL says may be read in this place."""
        fused = fuse(found.dense, found.lexical, usual=min(MOST_USUAL, max(0.0, found.usual)))
        with self._database.reading() as session:
            chunks = readable_chunks(session, fused, team_id=place.team_id, channel_ids=place.channel_ids)
        gains = code_gains(found.codes, chunks.values())
        hits = [
            Hit(chunks[id_], similarity, score + gains.get(id_, 0.0))
            for id_, (similarity, score) in fused.items()
            if id_ in chunks
        ]
        best_first = sorted(hits, key=lambda hit: (-hit.score, hit.chunk.id))
        # As few as needed are looked at: Slack may have to be asked about each.
        return list(islice((hit for hit in best_first if not without(hit.chunk)), limit))


def code_gains(codes: frozenset[str], chunks: Collection[Chunk]) -> dict[int, float]:
    """Return what passages gain by the codes they have, by chunk id: the less, the more of them have those."""
    shares = {chunk.id: len(codes & codes_in(f"{chunk.title} {chunk.text}")) for chunk in chunks} if codes else {}
    having = sum(share > 0 for share in shares.values())
    return {id_: CODE * share / len(codes) / having for id_, share in shares.items() if share}
