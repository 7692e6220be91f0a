"""Private channels' vectors in memory: a question may ask a hundred channels that hold a few dozen passages each.

Chroma takes as long for such a channel as for everybody's passages. Each channel keeps rows of its own, so what isn't
asked still can't leak.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import chromadb
import numpy as np

from storage.usual import units

MOST_OF_A_CHANNEL = 2_000
"""Vectors of a channel up to which going through all of them is quicker than Chroma's graph."""
MOST_BYTES = 32 * 2**20
"""Of all channels together: some 20,000 vectors of 384 numbers."""
READ_AT_ONCE = 250


@dataclass(frozen=True)
class Matrix:
    """A collection's vectors. `ids`: of its chunks, `rows`: a unit vector of float32 for each."""

    ids: np.ndarray
    rows: np.ndarray


class Matrices:
    """Reads small collections when they are first asked; those that find no room are left to Chroma.

    Safe between threads as long as collections change only in `changing`.
    """

    def __init__(self) -> None:
        self._kept: dict[str, Matrix | None] = {}
        self._lock = threading.RLock()

    def of(self, collection: chromadb.Collection) -> Matrix | None:
        """Return a collection's vectors, None where they are too many."""
        try:
            return self._kept[collection.name]
        except KeyError:
            with self._lock:
                if collection.name not in self._kept:
                    self._kept[collection.name] = self._read(collection)
                return self._kept[collection.name]

    @contextmanager
    def changing(self, collection: chromadb.Collection) -> Iterator[None]:
        """Forget a collection's vectors, and have nobody read them until they are changed."""
        with self._lock:
            self._kept.pop(collection.name, None)
            yield

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()

    def _read(self, collection: chromadb.Collection) -> Matrix | None:
        room = MOST_BYTES - sum(kept.rows.nbytes for kept in self._kept.values() if kept)
        count = collection.count()
        if count > MOST_OF_A_CHANNEL:
            return None
        ids: list[int] = []
        parts = [np.empty((0, 0), dtype=np.float32)]
        for start in range(0, count, READ_AT_ONCE):
            found: Any = collection.get(include=["embeddings"], limit=READ_AT_ONCE, offset=start)
            ids += map(int, found["ids"])
            parts.append(units(np.asarray(found["embeddings"], dtype=np.float32)))
            if count * parts[-1][0].nbytes > room:
                return None
        return Matrix(np.asarray(ids, dtype=np.int64), np.concatenate(parts[1:] or parts))


def nearest(matrices: Sequence[Matrix], vector: Sequence[float], limit: int) -> dict[int, float]:
    """Return the nearest rows of all: cosine similarity by chunk id, in no order."""
    filled = [matrix for matrix in matrices if len(matrix.ids)]
    if not filled:
        return {}
    unit = units(np.asarray(vector, dtype=np.float32))
    cosines = np.concatenate([matrix.rows @ unit for matrix in filled])
    ids = np.concatenate([matrix.ids for matrix in filled])
    best = np.argpartition(-cosines, limit)[:limit] if len(cosines) > limit else np.arange(len(cosines))
    return dict(zip(ids[best].tolist(), cosines[best].tolist(), strict=True))
