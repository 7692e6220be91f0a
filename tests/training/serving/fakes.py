"""An embedder without a model."""

import hashlib

import numpy as np

from training.serving.embedder import Embeddings


class HashEmbedder:
    """Gives every text its own vector of length 1, of 8 dimensions."""

    name = "hash"

    async def embed(self, texts: list[str]) -> Embeddings:
        """Return vectors made of the texts' hashes."""
        raw = np.stack([np.frombuffer(hashlib.sha256(text.encode()).digest(), dtype=np.int8)[:8] for text in texts])
        vectors = raw.astype(np.float32)
        return Embeddings(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), sum(map(len, texts)))
