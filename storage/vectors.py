"""The vector index: Chroma, embedded in one process. It follows SQL and can be rebuilt from it at any time.

What everybody may see is in one collection, each private channel's passages in one of their own: permission chooses
which collections are asked, so what isn't asked can't leak.
"""

import re
from collections.abc import Collection, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

import chromadb
from chromadb.api.client import Client
from chromadb.config import Settings
from filelock import FileLock, Timeout

from storage.knowledge import Chunk


class IndexInUseError(RuntimeError):
    """Another process owns the index."""


class VectorIndex:
    """Owns the Chroma folder for as long as it lives: Chroma's embedded client is not safe for two processes."""

    def __init__(self, folder: Path, *, embedder: str) -> None:
        """Open the index of `embedder`'s vectors, letting go of any other embedder's.

        Raises `IndexInUseError` when another process has it open.
        """
        self._lock = _locked(folder)
        self._client = _open(folder)
        self._collections: dict[tuple[str, str | None], chromadb.Collection] = {}
        # Vectors of two embedders can't be compared: each has collections of its own.
        self._embedder = sha256(embedder.encode()).hexdigest()[:8]
        self._drop_other_embedders()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in the index: then SQL's marks say nothing of it."""
        return not any(collection.count() for collection in self._client.list_collections())

    def upsert(self, chunks: Sequence[Chunk], vectors: Sequence[Sequence[float]]) -> None:
        """Add or replace the vectors of `chunks`, as many rows as chunks."""
        for team_id, channel_id in dict.fromkeys((chunk.team_id, chunk.channel_id) for chunk in chunks):
            rows = [
                (str(chunk.id), vector)
                for chunk, vector in zip(chunks, vectors, strict=True)
                if (chunk.team_id, chunk.channel_id) == (team_id, channel_id)
            ]
            embeddings: Any = [list(vector) for _, vector in rows]
            self._collection(team_id, channel_id).upsert(ids=[id_ for id_, _ in rows], embeddings=embeddings)

    def remove(self, chunks: Collection[Chunk]) -> None:
        """Let go of `chunks`; those it does not hold are passed over."""
        for chunk in chunks:
            self._collection(chunk.team_id, chunk.channel_id).delete(ids=[str(chunk.id)])

    def search(
        self, vector: Sequence[float], *, team_id: str, channel_ids: Collection[str], limit: int
    ) -> dict[int, float]:
        """Return the nearest chunks: cosine similarity (1 is the same direction) by chunk id, best first."""
        found: dict[int, float] = {}
        for channel_id in (None, *channel_ids):
            collection = self._collection(team_id, channel_id)
            if count := collection.count():
                query: Any = [list(vector)]
                answer = collection.query(query_embeddings=query, n_results=min(limit, count), include=["distances"])
                distances = answer["distances"] or [[]]
                found |= {int(i): 1.0 - float(d) for i, d in zip(answer["ids"][0], distances[0], strict=True)}
        return dict(sorted(found.items(), key=lambda item: -item[1])[:limit])

    def close(self) -> None:
        """Give the folder up for another process."""
        self._client.close()
        self._lock.release()

    @staticmethod
    def check(folder: Path) -> None:
        """Open whatever index there is and close it again, changing nothing in it. Raises `IndexInUseError`."""
        lock = _locked(folder)
        try:
            _open(folder).close()
        finally:
            lock.release()

    def _drop_other_embedders(self) -> None:
        # SQL marks what one index holds. Another embedder's would miss what changed since, and keep what was erased.
        for collection in self._client.list_collections():
            if not collection.name.endswith(f".{self._embedder}"):
                self._client.delete_collection(collection.name)

    def _collection(self, team_id: str, channel_id: str | None) -> chromadb.Collection:
        if (known := self._collections.get((team_id, channel_id))) is not None:
            return known
        scope = channel_id or "everybody"
        name = re.sub(r"[^a-zA-Z0-9._-]", "-", f"{team_id}.{scope}.{self._embedder}")
        found = self._client.get_or_create_collection(
            name, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )
        return self._collections.setdefault((team_id, channel_id), found)


def _locked(folder: Path) -> FileLock:
    folder.mkdir(parents=True, exist_ok=True)
    # Not bound to a thread: whoever closes the index may be another one than who opened it.
    lock = FileLock(folder / "owner.lock", thread_local=False)
    try:
        lock.acquire(timeout=0)
    except Timeout as err:
        raise IndexInUseError(f"the index in {folder} is open in another process; stop the other bot first") from err
    return lock


def _open(folder: Path) -> Client:
    settings = Settings(anonymized_telemetry=False)
    return cast(Client, chromadb.PersistentClient(str(folder), settings=settings))
