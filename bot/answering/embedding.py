"""What of a passage is embedded."""

from collections.abc import Callable, Sequence

import numpy as np

from storage.knowledge import Chunk

Embed = Callable[[Sequence[str]], list[list[float]]]
"""Returns one vector a text, in their order."""
ALIKE = 0.95
"""Mean cosine from which two servers' vectors are one model's, each with rounding of its own.

Of all-MiniLM-L6-v2, rounding to 16 bits leaves .9999, to 8 bits .94; its first token's vector has .44 with the mean.
"""


def embed_chunks(chunks: Sequence[Chunk], embed: Embed) -> list[list[float]]:
    """Return one vector of length 1 for each chunk.

    Of an approved pair it is the direction between its question and the two together: people ask in the words of the
    question, and about what only the answer says. A document's title is no question, and is only part of the text.
    """
    titles = list(dict.fromkeys(chunk.title for chunk in chunks if _asks(chunk)))
    vectors = _units(embed([*(f"{chunk.title}\n{chunk.text}" for chunk in chunks), *titles]))
    passages, asked = vectors[: len(chunks)], dict(zip(titles, vectors[len(chunks) :], strict=True))
    both = [
        vector + asked[chunk.title] if _asks(chunk) else vector for chunk, vector in zip(chunks, passages, strict=True)
    ]
    return [[float(number) for number in row] for row in _units(both)]


def are_alike(made: Sequence[Sequence[float]], held: Sequence[Sequence[float]]) -> bool:
    """Return whether vectors of the same texts are so near to each other that one model made both."""
    if not made:
        return True
    if {len(vector) for vector in made} != {len(vector) for vector in held}:
        return False
    cosines = (_units(made) * _units(held)).sum(axis=1)
    return float(cosines.mean()) >= ALIKE


def _asks(chunk: Chunk) -> bool:
    return chunk.pair_id is not None and bool(chunk.title.strip())


def _units(vectors: Sequence[Sequence[float]] | Sequence[np.ndarray]) -> np.ndarray:
    rows = np.asarray(vectors, dtype=np.float32)
    units: np.ndarray = rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-9)
    return units
