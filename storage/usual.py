"""How near a question usually is to what is known: embedders differ in that, and so do subjects and languages."""

from collections.abc import Iterable, Sequence
from typing import Any

import chromadb
import numpy as np

SAMPLES = 8
SAMPLED_AT_ONCE = 64
FEW = 20
"""As many vectors that are like nothing are counted in: a handful of passages does not say what is usual."""


class Usual:
    """The mean direction of a collection's vectors, of a sample of them and of what was added since."""

    def __init__(self, collection: chromadb.Collection) -> None:
        self._sum: np.ndarray | float = 0.0
        self._count = 0
        for start in _starts(collection.count()):
            found: Any = collection.get(include=["embeddings"], limit=SAMPLED_AT_ONCE, offset=start)
            self.add(found["embeddings"])

    def add(self, vectors: Iterable[Sequence[float]]) -> None:
        """Count vectors that the collection has now."""
        rows = np.asarray([*vectors], dtype=np.float32)
        if len(rows):
            self._sum = self._sum + units(rows).sum(axis=0)
            self._count += len(rows)

    def cosine(self, vector: Sequence[float]) -> float:
        """Return the mean cosine of a vector with those of the collection."""
        return float(np.sum(units(np.asarray(vector, dtype=np.float32)) * self._sum)) / (self._count + FEW)


def _starts(count: int) -> Iterable[int]:
    """Return where the samples of so many begin: spread out, or one after the other where they hold all."""
    if count <= SAMPLES * SAMPLED_AT_ONCE:
        return range(0, count, SAMPLED_AT_ONCE)
    last = count - SAMPLED_AT_ONCE
    return [last * part // (SAMPLES - 1) for part in range(SAMPLES)]


def units(rows: np.ndarray) -> np.ndarray:
    """Return vectors of length 1 in the directions of `rows`; one of length 0 stays so."""
    found: np.ndarray = rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9)
    return found
