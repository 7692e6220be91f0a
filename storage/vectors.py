"""The vector index: Chroma, embedded in one process. It follows SQL and can be rebuilt from it at any time.

Vectors of two embedders can't be compared, so each has collections of its own. When another embedder is set, the former
one's stay and answer until its own hold everything.

What everybody may see is in one collection, each private channel's passages in one of their own: permission chooses
which collections are asked, so what isn't asked can't leak. Small channels' vectors are asked in memory.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

import chromadb
from chromadb.api.client import Client
from chromadb.config import Settings

from storage.collections import GONE, Collections, is_of
from storage.index_folder import IndexFolder
from storage.knowledge import Chunk
from storage.matrices import Matrices, Matrix, nearest
from storage.usual import Usual

READ_AT_ONCE = 5_000

Found = TypeVar("Found")


@dataclass(frozen=True)
class Held:
    """A vector in the index: of which chunk it is, and where it is looked for."""

    chunk_id: int
    team_id: str
    channel_id: str | None


class VectorIndex:
    """Owns the Chroma folder for as long as it lives: Chroma's embedded client is not safe for two processes."""

    def __init__(self, folder: Path, *, embedder: str) -> None:
        """Open the index of `embedder`'s vectors. Raises `IndexInUseError` when another process has it open."""
        self._folder = IndexFolder(folder)
        self._client = _open(folder)
        self._collections = Collections(self._client)
        self._usual: dict[str, Usual] = {}
        self._usual_lock = threading.RLock()
        self._matrices = Matrices()
        self._embedder = embedder
        if not self._collections.all():
            self.mark()
        self.former = self._collections.former(embedder)
        """The embedder whose vectors answer until `finish`, None when there is none that has more than this one."""

    @property
    def is_empty(self) -> bool:
        """Whether it has no vector of its embedder: then SQL's marks say nothing of it."""
        return not any(collection.count() for collection in self._collections.all_of(self._embedder))

    @property
    def is_marked(self) -> bool:
        """Whether SQL's marks are about this embedder's vectors, and not another's."""
        return self._folder.marked == self._embedder

    @property
    def is_whole(self) -> bool:
        """Whether it is not being made from nothing: then what it has not got yet would not be found by it."""
        return self._folder.is_whole

    def mark(self) -> None:
        """Have SQL's marks be about this embedder's vectors from now on."""
        self._folder.mark(self._embedder)

    @property
    def is_cut_short(self) -> bool:
        """Whether a new beginning did not come to its end: its vectors may be there still, or SQL's marks be wrong."""
        return self._folder.is_cut_short

    def begin(self) -> None:
        """Remember, over a crash, too, that all is made from nothing; `empty` or `clear` is next, `finish` ends it."""
        self._folder.begin()

    def empty(self) -> None:
        """Let go of this embedder's vectors, to make all of them from nothing."""
        self._folder.begin()
        self._let_go(self._collections.all_of(self._embedder))
        self._folder.begun()

    def clear(self) -> None:
        """Let go of everything, to make it from nothing."""
        self._folder.begin()
        self.former = None
        self._let_go(self._collections.all())
        self._folder.begun()

    def finish(self) -> None:
        """Let go of every other embedder's vectors: this one's are complete."""
        self.former = None  # first, so that whoever is asking it now learns why its vectors are gone
        self._let_go([one for one in self._collections.all() if not is_of(one, self._embedder)])
        self._folder.finish()

    def vectors(self, chunks: Collection[Chunk]) -> dict[int, list[float]]:
        """Return the vectors of those of `chunks` that it holds as they read now, by their ids."""
        found: dict[int, list[float]] = {}
        for chunk in chunks:
            collection = self._collections.of(self._embedder, chunk.team_id, chunk.channel_id)
            part: Any = collection.get(ids=[str(chunk.id)], include=["embeddings", "metadatas"])
            if part["ids"] and part["metadatas"][0].get("made_of") == fingerprint(chunk):
                found[chunk.id] = part["embeddings"][0].tolist()
        return found

    def contents(self) -> dict[Held, str]:
        """Return what its embedder's collections hold, with the fingerprint of the text each vector was made of."""
        held: dict[Held, str] = {}
        for collection in self._collections.all_of(self._embedder):
            scope = collection.metadata or {}
            for start in range(0, collection.count(), READ_AT_ONCE):
                part = collection.get(include=["metadatas"], limit=READ_AT_ONCE, offset=start)
                for id_, made_of in zip(part["ids"], part["metadatas"] or [], strict=True):
                    where = Held(int(id_), str(scope.get("team_id")), cast("str | None", scope.get("channel_id")))
                    held[where] = str((made_of or {}).get("made_of"))
        return held

    def upsert(self, chunks: Sequence[Chunk], vectors: Sequence[Sequence[float]]) -> None:
        """Add or replace the vectors of `chunks`, as many rows as chunks."""
        for team_id, channel_id in dict.fromkeys((chunk.team_id, chunk.channel_id) for chunk in chunks):
            rows = [
                (str(chunk.id), vector, {"made_of": fingerprint(chunk)})
                for chunk, vector in zip(chunks, vectors, strict=True)
                if (chunk.team_id, chunk.channel_id) == (team_id, channel_id)
            ]
            embeddings: Any = [list(vector) for _, vector, _ in rows]
            collection = self._collections.of(self._embedder, team_id, channel_id)
            with self._matrices.changing(collection):
                collection.upsert(
                    ids=[id_ for id_, _, _ in rows],
                    embeddings=embeddings,
                    metadatas=[made_of for _, _, made_of in rows],
                )
            with self._usual_lock:
                if channel_id is None and team_id in self._usual:
                    self._usual[team_id].add(embeddings)

    def remove(self, chunks: Collection[Chunk]) -> None:
        """Let go of `chunks`; those it does not hold are passed over."""
        for embedder in filter(None, (self._embedder, self.former)):
            for chunk in chunks:
                collection = self._collections.of(embedder, chunk.team_id, chunk.channel_id)
                with self._matrices.changing(collection):
                    collection.delete(ids=[str(chunk.id)])

    def search(
        self, vector: Sequence[float], *, team_id: str, channel_ids: Collection[str], limit: int
    ) -> dict[int, float]:
        """Return the nearest chunks: cosine similarity (1 is the same direction) by chunk id, best first."""
        return self._asking(lambda: self._search(self._embedder, vector, team_id, channel_ids, limit))

    def search_former(
        self, vector: Sequence[float], *, team_id: str, channel_ids: Collection[str], limit: int
    ) -> dict[int, float] | None:
        """Return the nearest chunks to a vector of the former embedder's, None when it answers no longer."""
        if (former := self.former) is None:
            return None
        try:
            found = self._search(former, vector, team_id, channel_ids, limit)
        except GONE:
            if self.former == former:
                raise
            return None
        return found if self.former == former else None

    def _search(
        self, embedder: str, vector: Sequence[float], team_id: str, channel_ids: Collection[str], limit: int
    ) -> dict[int, float]:
        found: dict[int, float] = {}
        small: list[Matrix] = []
        for channel_id in (None, *channel_ids):
            collection = self._collections.of(embedder, team_id, channel_id)
            if channel_id and (matrix := self._matrices.of(collection)):
                small.append(matrix)
            else:
                found |= _ask(collection, vector, limit)
        found |= nearest(small, vector, limit)
        return dict(sorted(found.items(), key=lambda item: -item[1])[:limit])

    def usual(self, vector: Sequence[float], *, team_id: str) -> float:
        """Return the mean cosine of a vector with what everybody in a team may see, so that a cosine can be judged."""
        return self._asking(lambda: self._usual_of(team_id)).cosine(vector)

    def close(self) -> None:
        """Give the folder up for another process."""
        self._client.close()
        self._folder.release()

    @staticmethod
    def check(folder: Path) -> None:
        """Open whatever index there is and close it again, changing nothing in it. Raises `IndexInUseError`."""
        owned = IndexFolder(folder)
        try:
            _open(folder).close()
        finally:
            owned.release()

    def _asking(self, ask: Callable[[], Found]) -> Found:
        """Return what `ask` does, asked once more where a collection was let go of under it."""
        try:
            return ask()
        except GONE:
            with self._collections.staying():
                return ask()

    def _usual_of(self, team_id: str) -> Usual:
        collection = self._collections.of(self._embedder, team_id, None)
        with self._usual_lock:
            if team_id not in self._usual:
                self._usual[team_id] = Usual(collection)
            return self._usual[team_id]

    def _let_go(self, collections: Iterable[chromadb.Collection]) -> None:
        try:
            self._collections.let_go(collections)
        finally:  # not before: who asks meanwhile would have what goes remembered
            with self._usual_lock:
                self._usual.clear()
            self._matrices.clear()


def fingerprint(chunk: Chunk) -> str:
    """Return what changes when a chunk's vector has to be made anew."""
    return sha256(f"{chunk.pair_id is not None}\x00{chunk.title}\x00{chunk.text}".encode()).hexdigest()[:16]


def _ask(collection: chromadb.Collection, vector: Sequence[float], limit: int) -> dict[int, float]:
    query: Any = [list(vector)]
    answer = collection.query(query_embeddings=query, n_results=limit, include=["distances"])
    distances = answer["distances"] or [[]]
    return {int(i): 1.0 - float(d) for i, d in zip(answer["ids"][0], distances[0], strict=True)}


def _open(folder: Path) -> Client:
    settings = Settings(anonymized_telemetry=False)
    return cast(Client, chromadb.PersistentClient(str(folder), settings=settings))
