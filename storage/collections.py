"""Chroma's collections: what everybody in a team may see is in one, each private channel's passages in their own.

Vectors of two embedders can't be compared, so each embedder has collections of its own.
"""

import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256

import chromadb
from chromadb.api.client import Client
from chromadb.errors import InternalError, NotFoundError

KEPT_UNSAVED = 1_000
"""Vectors of a collection that Chroma keeps in its log until it saves its graph anew, which is written as a whole."""
KEPT_UNSAVED_OF_A_CHANNEL = 50
"""For a private channel's, which is small: each addition reads the logs of all collections from end to end."""
MADE = 2
"""Which way vectors are made of passages: raised when it changes, so that an index made the old way is made anew."""

GONE = (NotFoundError, InternalError)
"""What Chroma raises for a collection that is no longer there, the latter when it goes while it is asked."""


class Collections:
    """Opens each collection once. What was opened before it was let go of raises one of `GONE`."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._opened: dict[tuple[str, str, str | None], chromadb.Collection] = {}
        self._lock = threading.RLock()

    def of(self, embedder: str, team_id: str, channel_id: str | None) -> chromadb.Collection:
        """Return a collection, made where there is none."""
        key = (embedder, team_id, channel_id)
        if (known := self._opened.get(key)) is not None:
            return known
        with self._lock:  # or one that is being let go of would be kept
            if key not in self._opened:
                self._opened[key] = self._open(*key)
            return self._opened[key]

    def all(self) -> list[chromadb.Collection]:
        """Return the collections that there are, of every embedder."""
        return list(self._client.list_collections())

    def all_of(self, embedder: str) -> list[chromadb.Collection]:
        """Return an embedder's collections."""
        return [one for one in self.all() if is_of(one, embedder)]

    def let_go(self, collections: Iterable[chromadb.Collection]) -> None:
        """Delete collections; nobody opens one meanwhile."""
        with self._lock:
            try:
                for collection in collections:
                    self._client.delete_collection(collection.name)
            finally:
                self._opened.clear()

    @contextmanager
    def staying(self) -> Iterator[None]:
        """Have none let go of meanwhile; what was is opened anew."""
        with self._lock:
            self._opened.clear()
            yield

    def former(self, embedder: str) -> str | None:
        """Return the embedder that has the most vectors, unless it is this one."""
        counts: dict[str, int] = {}
        for collection in self.all():
            # One made another way says nothing to a vector made this way, and says of itself no more than its name.
            owner = (collection.metadata or {}).get("embedder")
            if isinstance(owner, str) and is_of(collection, owner):
                counts[owner] = counts.get(owner, 0) + collection.count()
        fullest = max(counts, key=counts.__getitem__, default=embedder)
        return fullest if counts.get(fullest, 0) > counts.get(embedder, 0) else None

    def _open(self, embedder: str, team_id: str, channel_id: str | None) -> chromadb.Collection:
        scope = channel_id or "everybody"
        name = re.sub(r"[^a-zA-Z0-9._-]", "-", f"{team_id}.{scope}") + _suffix(embedder)
        about = {"embedder": embedder, "team_id": team_id} | ({"channel_id": channel_id} if channel_id else {})
        unsaved = KEPT_UNSAVED_OF_A_CHANNEL if channel_id else KEPT_UNSAVED
        found = self._client.get_or_create_collection(
            name,
            embedding_function=None,
            metadata=about,
            configuration={"hnsw": {"space": "cosine", "sync_threshold": unsaved}},
        )
        if (found.configuration_json.get("hnsw") or {}).get("sync_threshold") != unsaved:
            found.modify(configuration={"hnsw": {"sync_threshold": unsaved}})
        return found


def is_of(collection: chromadb.Collection, embedder: str) -> bool:
    """Return whether a collection is an embedder's, and made the way that vectors are made now."""
    return collection.name.endswith(_suffix(embedder))


def _suffix(embedder: str) -> str:
    return "." + sha256(f"{embedder}\x00{MADE}".encode()).hexdigest()[:8]
